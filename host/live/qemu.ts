// A board in QEMU: its image (boards/bare/device.c), in a folder of its own that holds its flash.
//
//   FOLDER/flash     what it remembers (boards/bare/filed.c)
//   FOLDER/entropy   its randomness: a link to this machine's source, unless something else lies there
//   serial line ──▶ stdin, stdout of the emulator      Ethernet ──▶ a socket, a frame at a time (mps2 alone)
//
// A board's clock is this machine's, and one at rest takes no CPU. (Not -icount: there an idle machine now and then sleeps on although its timer
// is due, until something comes in, in QEMU 7.2.) Rule: an emulator never outlives the process that started it.

import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hex } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";
import type { Open, Wire, WireHooks } from "./board.ts";
import * as ethernet from "./ethernet.ts";

interface Machine {
  readonly qemu: string;
  readonly machine: readonly string[];
  /** Its radio is Ethernet; without, its frames go over the line. */
  readonly ethernet: boolean;
  /** Bytes of its flash regions 1, 2, ..., one after the other in its file. */
  readonly flash: readonly number[];
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MACHINES = JSON.parse(readFileSync(join(ROOT, "boards/machines.json"), "utf8")) as Record<string, Machine>;

/** Boards that live in an emulator. */
export const BOARDS: readonly string[] = Object.keys(MACHINES);

const run = promisify(execFile);

/** Where the image of a board around the module of this SHA-256 is kept. */
export const imageOf = (board: string, sha: Uint8Array): string =>
  join(ROOT, "build", `${board}-${hex(sha, 0, 8)}.elf`);

/** The image of a board around a module, at `output`; it is built when it is not there or anything changed. Throws Refused. */
export async function image(board: string, wasm: string, output: string): Promise<string> {
  if (!existsSync(join(ROOT, "tools/images.mjs")))
    throw new refusal.Refused(refusal.TARGET_ABSENT, "images of boards are built in a clone of the project only");
  try {
    await run(process.execPath, ["tools/images.mjs", board, resolve(wasm), resolve(output)], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "" },
    });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new refusal.Refused(refusal.TARGET_ABSENT, `no image for ${board}: ${(stderr || String(error)).trim()}`);
  }
  return output;
}

let leash: readonly string[] | null = null;

/** What kills a program as soon as this process is gone, however it ended. */
function onLeash(): readonly string[] {
  leash ??=
    spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0 ? ["setpriv", "--pdeathsig", "KILL"] : [];
  return leash;
}

/** Bytes of the flash regions 1, 2, ... of a board. */
export const regionsOf = (board: string): readonly number[] => MACHINES[board].flash;

/** Where an emulated board's flash lies. */
export const flashOf = (folder: string): string => join(folder, "flash");

/** The socket that an emulated Ethernet is plugged into: frames with their length before them, u32 big-endian. */
class Cable {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "synod-"));
  readonly #server: Server;
  readonly #hear: (frame: Uint8Array) => void;
  #socket: Socket | null = null;
  #rest = Buffer.alloc(0);

  constructor(hear: (frame: Uint8Array) => void) {
    this.#hear = hear;
    this.path = join(this.#folder, "cable");
    this.#server = createServer((socket) => {
      this.#socket ??= socket; // the board's; nobody else has business here
      if (this.#socket !== socket) socket.destroy();
      socket.on("error", () => {});
      socket.on("data", (chunk) => this.#read(chunk));
    }).listen(this.path);
  }

  #read(chunk: Buffer): void {
    let rest = Buffer.concat([this.#rest, chunk]);
    for (
      ;
      rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0);
      rest = rest.subarray(4 + rest.readUInt32BE(0))
    ) {
      const frame = ethernet.open(new Uint8Array(rest.subarray(4, 4 + rest.readUInt32BE(0))));
      if (frame !== null) this.#hear(frame);
    }
    this.#rest = rest;
  }

  /** Puts a frame of ours on it. */
  send(frame: Uint8Array): void {
    this.raw(ethernet.wrap(frame));
  }

  /** Puts any bytes on it as one Ethernet frame. */
  raw(bytes: Uint8Array): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    this.#socket?.write(Buffer.concat([length, bytes]));
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Program and arguments that run a board's image; its line is their stdin and stdout. */
export function command(board: string, elf: string, cable = ""): string[] {
  const { qemu, machine, ethernet: wired } = MACHINES[board];
  return [
    qemu,
    ...machine,
    ...["-kernel", elf, "-display", "none", "-monitor", "none"],
    ...["-semihosting-config", "enable=on,target=native"],
    ...["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"],
    ...(wired && cable !== ""
      ? ["-netdev", `stream,id=cable,server=off,addr.type=unix,addr.path=${cable}`, "-net", "nic,netdev=cable"]
      : ["-net", "none"]),
  ];
}

class Emulator implements Wire {
  readonly pid: number;
  readonly deliver?: (frame: Uint8Array) => void;
  readonly #child: ChildProcess;
  readonly #cable: Cable | null;

  constructor(board: string, elf: string, folder: string, hooks: WireHooks) {
    const cable = MACHINES[board].ethernet ? new Cable((frame) => hooks.frame(frame)) : null;
    this.#cable = cable;
    if (cable !== null) this.deliver = (frame) => cable.send(frame);
    const [program, ...args] = [...onLeash(), ...command(board, elf, cable?.path)];
    const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#child = child;
    this.pid = child.pid ?? -1;
    child.stdin.on("error", () => {}); // it ended; `ended` tells
    child.stdout.on("data", (chunk: Buffer) => hooks.bytes(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => hooks.tell(text.replace(/^error /, "")));
    child.on("error", (error) => (hooks.tell(error.message), this.#end(hooks, null, null)));
    child.on("close", (status, signal) => this.#end(hooks, status, signal));
  }

  #end(hooks: WireHooks, status: number | null, signal: string | null): void {
    this.#cable?.close();
    hooks.ended(status, signal, status === 0);
  }

  write(bytes: Uint8Array): void {
    if (this.#child.stdin!.writable) this.#child.stdin!.write(bytes);
  }

  cut(): void {
    this.#child.kill("SIGKILL");
  }

  /** Puts any bytes on its Ethernet, as a neighbour who means harm would. */
  raw(bytes: Uint8Array): void {
    this.#cable?.raw(bytes);
  }
}

/** Opens a board in QEMU. Throws Refused when there is no such board, or no emulator. */
export function emulated(board: string, elf: string, folder: string): Open {
  const machine = MACHINES[board];
  if (machine === undefined)
    throw new refusal.Refused(refusal.TARGET_SHAPE, `no board ${board} in an emulator; there is ${BOARDS.join(", ")}`);
  if (spawnSync(machine.qemu, ["--version"]).error)
    throw new refusal.Refused(refusal.TARGET_ABSENT, `${machine.qemu} is not installed; npx synod doctor says how`);
  mkdirSync(folder, { recursive: true });
  const entropy = join(folder, "entropy");
  if (!existsSync(entropy)) symlinkSync("/dev/urandom", entropy);
  return (hooks) => new Emulator(board, resolve(elf), folder, hooks);
}

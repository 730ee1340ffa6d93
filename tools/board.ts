// A module on an emulated board: build/BOARD-NAME-jobs.elf in QEMU, called export by export.
//
//   const board = await Board.open({ board: "stm32f405", wasm: "build/debug.wasm", hal });
//   board.write(p, bytes); board.call("crypto_ed25519_verify", key, message, 32, signature); board.bytes(p, n);
//   board.instructions, board.stack          what the last call took: instructions, bytes of native stack
//
//   this process ──orders──▶ QEMU      named pipes; both sides wait for each other, so a call is an ordinary,
//                ◀─answers──           synchronous one. The messages: boards/bare/jobs.c
//
// Rule: the emulator never outlives this process (it ends with the pipe, and is killed at exit) nor runs for ever (it has
// so many seconds of CPU). Counts are exact: two runs give the same.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { Trap, type Hal } from "../host/device/device.ts";
import { paths } from "./boards.mjs";
import { buildImage, emulator, type BoardName } from "./images.mjs";

const CPU_SECONDS = 1800;
const START_MS = 60_000;
const HEAD = 21; // a kind and five words

interface Answer {
  kind: string;
  words: number[];
}

interface Opening {
  board: BoardName;
  wasm: string;
  hal: Hal;
  name?: string;
  /** File that lies in flash as the region of stored modules. */
  contracts?: string | null;
  /** Bytes of native stack, if not as many as the board's linker script says. */
  stack?: number | null;
}

const running = new Set<Board>();
process.once("exit", () => running.forEach((b) => b.close()));

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export class Board {
  readonly engine: BoardName;
  /** Who answers the module's questions; may be replaced at any time. */
  hal: Hal;
  /** Instructions of the last call, also when it trapped. */
  instructions = 0;
  /** Bytes of native stack in the last call, from the stack's top. */
  stack = 0;
  /** Bytes of linear memory. */
  readonly memory: number = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), "synod-board-"));
  readonly #child: ChildProcess;
  readonly #orders: number;
  #answers: number;

  /** Process id of the emulator. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Builds build/BOARD-NAME.elf around the module, starts it. Throws when that is not possible here. */
  static async open(options: Opening): Promise<Board> {
    const { board, wasm, hal, name = `${basename(wasm, ".wasm")}-jobs`, contracts = null, stack = null } = options;
    await buildImage({ board, wasm: resolve(wasm), main: "jobs", name, contracts, stack });
    const opened = new Board(board, paths.image(board, name), hal);
    await opened.#ready();
    return opened;
  }

  private constructor(board: BoardName, elf: string, hal: Hal) {
    this.engine = board;
    this.hal = hal;
    const [orders, answers] = ["orders", "answers"].map((n) => join(this.#folder, n));
    execFileSync("mkfifo", [orders, answers]);
    this.#orders = openSync(orders, constants.O_RDWR); // does not wait for a reader
    this.#answers = openSync(answers, constants.O_RDONLY | constants.O_NONBLOCK); // nor this for a writer
    const log = openSync(join(this.#folder, "log"), "w");
    const bounded = `ulimit -t ${CPU_SECONDS}; exec "$@"`;
    this.#child = spawn("sh", ["-c", bounded, "sh", ...emulator(board, elf)], {
      cwd: this.#folder,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child.unref();
    running.add(this);
  }

  /** Waits for the first answer; from then on reading blocks until there is something, or the emulator is gone. */
  async #ready(): Promise<void> {
    const ended = new Promise<boolean>((done) => this.#child.once("close", () => done(true)));
    const buffer = Buffer.alloc(HEAD);
    for (const end = performance.now() + START_MS; performance.now() < end;) {
      let n = 0;
      try {
        n = readSync(this.#answers, buffer);
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== "EAGAIN") throw e;
      }
      if (n === HEAD) {
        const blocking = openSync(join(this.#folder, "answers"), "r");
        closeSync(this.#answers);
        this.#answers = blocking;
        (this as { memory: number }).memory = buffer.readUInt32LE(1);
        return;
      }
      if (await Promise.race([ended, pause(10)])) break;
    }
    throw this.#gone();
  }

  #gone(): Error {
    const said = readFileSync(join(this.#folder, "log"), "utf8").trim();
    this.close();
    return new Error(`the emulated board stopped${said ? `: ${said}` : ""}`);
  }

  // ---- messages ----

  #send(kind: string, a: number, b: number, ...more: Uint8Array[]): void {
    const head = Buffer.alloc(9);
    head.write(kind, 0, "latin1");
    head.writeUInt32LE(a >>> 0, 1);
    head.writeUInt32LE(b >>> 0, 5);
    const all = Buffer.concat([head, ...more]);
    for (let at = 0; at < all.length;) at += writeSync(this.#orders, all, at);
  }

  #take(n: number): Buffer {
    const buffer = Buffer.alloc(n);
    for (let at = 0; at < n;) {
      const got = readSync(this.#answers, buffer, at, n - at, null);
      if (got === 0) throw this.#gone();
      at += got;
    }
    return buffer;
  }

  #answer(): Answer {
    const head = this.#take(HEAD);
    return { kind: head.toString("latin1", 0, 1), words: [1, 5, 9, 13, 17].map((at) => head.readUInt32LE(at)) };
  }

  /** Answers one question of the module; what the host itself threw, or null. */
  #reply({ kind, words: [a, b, c] }: Answer): unknown {
    try {
      if (kind === "S") {
        const value = BigInt.asUintN(64, this.hal.sense(a));
        this.#send("A", Number(value & 0xffff_ffffn), Number(value >> 32n));
        return null;
      }
      const found = kind === "E" ? this.hal.entropy(a) : this.hal.read(a, b, c);
      const expected = kind === "E" ? a : c;
      if (found && found.length !== expected) throw new Error(`${found.length} bytes where ${expected} were asked for`);
      this.#send(found ? "A" : "N", 0, 0, found ?? new Uint8Array());
      return null;
    } catch (e) {
      this.#send("X", 0, 0);
      return e;
    }
  }

  // ---- the module ----

  /** Calls an export. Throws on a trap and on an unknown name. */
  call(name: string, ...args: (number | bigint)[]): number | bigint {
    const bytes = Buffer.from(name, "latin1");
    const values = Buffer.alloc(8 * args.length);
    args.forEach((v, i) => values.writeBigUInt64LE(BigInt.asUintN(64, BigInt(v)), 8 * i));
    this.#send("C", bytes.length, args.length, bytes, values);
    let thrown: unknown = null;
    for (let a = this.#answer(); ; a = this.#answer()) {
      const [low, high, size, instructions, stack] = a.words;
      if (a.kind !== "D" && a.kind !== "T") {
        thrown = this.#reply(a) ?? thrown;
        continue;
      }
      [this.instructions, this.stack] = [instructions, stack];
      const why = a.kind === "T" ? this.#take(low).toString("latin1") : null;
      if (thrown !== null) throw thrown;
      if (why?.startsWith("[trap]")) throw new Trap(`${name}: ${why}`);
      if (why !== null) throw new Error(`${name}: ${why}`);
      if (size === 8) return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
      return size === 4 ? low | 0 : 0;
    }
  }

  /** A copy of n bytes at p. */
  bytes(p: number, n: number): Uint8Array {
    this.#inside(p, n);
    this.#send("R", p, n);
    return new Uint8Array(this.#take(HEAD + n).subarray(HEAD));
  }

  write(p: number, bytes: Uint8Array): void {
    this.#inside(p, bytes.length);
    this.#send("W", p, bytes.length, bytes);
  }

  /** Bytes of heap ever taken. */
  heap(): number {
    this.#send("H", 0, 0);
    return this.#answer().words[0];
  }

  #inside(p: number, n: number): void {
    if (p < 0 || n < 0 || p + n > this.memory) throw new RangeError(`${n} bytes at ${p} lie outside memory`);
  }

  /** Ends the emulator. */
  close(): void {
    if (!running.delete(this)) return;
    this.#child.kill("SIGKILL");
    closeSync(this.#orders);
    closeSync(this.#answers);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

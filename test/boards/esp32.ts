// What the tests of boards/esp32 share: a flash file with this project's partition table, and a fake ESP32 (test/boards/idf) that boots it.

import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as event from "../../host/device/event.ts";
import * as partition from "../../host/flash/partition.ts";
import * as slot from "../../host/flash/slot.ts";
import { u32 } from "../../host/device/bytes.ts";
import { Decoder, encode, type Record } from "../../host/live/line.ts";
import * as line from "../../firmware/wire/line.ts";
import { buildTool, paths } from "../../tools/boards.mjs";
import { lacking, root, scratch } from "./board.ts";
import { until } from "./posix.ts";

export const FLASH_SIZE = 0x400000;
export const KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const RESTARTED = 3;

export const table = partition.parse(new Uint8Array(readFileSync(join(root, "boards/esp32/example/partitions.csv"))));

/** Path of the fake, compiled first; null when there is no compiler. */
export async function fakeEsp32(): Promise<string | null> {
  if (lacking("cc")) return null;
  await buildTool("fake-esp32");
  return paths.tool("fake-esp32");
}

let made = 0;

/** A flash file as idf.py's image leaves it, with a module or without. */
export function flashFile(module: Uint8Array | null, list: readonly partition.Partition[] = table): string {
  const cells = new Uint8Array(FLASH_SIZE).fill(0xff);
  cells.set(partition.encode(list), partition.TABLE_OFFSET);
  if (module !== null) {
    const place = partition.slot(list);
    cells.set(slot.pack(module, place.size), place.offset);
  }
  const path = join(scratch, `${made++}.chip`);
  writeFileSync(path, cells);
  return path;
}

/** A UDP port that nobody holds. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A fake ESP32, and what it said on its line. It starts again when the port restarts the chip. */
export class Fake {
  readonly said: Record[] = [];
  /** What a fake complains of, and what its pins do. */
  words = "";
  starts = 0;
  #child: ChildProcess;
  #over = false;
  readonly #program: string;
  readonly #args: string[];

  constructor(program: string, flash: string, ...more: string[]) {
    this.#program = program;
    this.#args = [flash, `key=${KEY}`, ...more];
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    const child = spawn(this.#program, this.#args, { stdio: ["pipe", "pipe", "pipe"] });
    const decoder = new Decoder((record) => void this.said.push(record));
    this.starts++;
    running.add(child);
    child.stdout.on("data", (bytes: Buffer) => decoder.push(new Uint8Array(bytes)));
    child.stderr.on("data", (bytes: Buffer) => (this.words += bytes.toString()));
    child.stdin.on("error", () => undefined);
    child.on("close", (code) => {
      running.delete(child);
      if (code === RESTARTED && !this.#over) this.#child = this.#start();
    });
    return child;
  }

  send(kind: number, a = 0, bytes: Uint8Array = new Uint8Array()): void {
    this.#child.stdin!.write(encode(kind, a, bytes));
  }

  all(kind: number): Record[] {
    return this.said.filter((record) => record.kind === kind);
  }

  events<K extends event.DeviceEvent["kind"]>(kind: K): Extract<event.DeviceEvent, { kind: K }>[] {
    return this.all(line.EVENT)
      .map(({ a, bytes }) => event.decode(a, bytes))
      .filter((e): e is Extract<event.DeviceEvent, { kind: K }> => e.kind === kind);
  }

  notices(): string[] {
    return this.all(line.NOTICE).map(({ bytes }) => Buffer.from(bytes).toString());
  }

  /** Waits for one more record of a kind than there was. */
  async next(kind: number, what: string): Promise<Record> {
    const before = this.all(kind).length;
    await until(() => this.all(kind).length > before || this.words.includes("fake:"), what, 30_000);
    const record = this.all(kind)[before];
    if (record === undefined) throw new Error(`${what}: ${this.words}`);
    return record;
  }

  /** A request's reason. */
  async request(...bytes: number[]): Promise<number> {
    const reply = this.next(line.REPLY, "a reply");
    this.send(line.REQUEST, 0, Uint8Array.from(bytes));
    return u32((await reply).bytes, 0) | 0;
  }

  /** Cuts its power. */
  async kill(): Promise<void> {
    this.#over = true;
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "close");
    }
  }
}

/** The module that a HERE names. */
export const moduleOf = (here: Record): string => Buffer.from(here.bytes.subarray(0, 32)).toString("hex");

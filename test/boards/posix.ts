// What the tests of boards/posix share: the program, built under sanitizers where the compiler has them, a device of it with what it
// said, and sockets to stand beside it.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { Process, type Message, type Start } from "../../host/live/process.ts";
import { buildPosix, paths } from "../../tools/boards.mjs";
import { lacking, scratch } from "./board.ts";

/** Path of synod-node, under sanitizers if it can be; null when there is no compiler. */
export async function program(): Promise<string | null> {
  if (lacking("cc")) return null;
  try {
    await buildPosix({ sanitize: true });
    return paths.posixSan;
  } catch (e) {
    if (process.env.CI === "true" || !/sanitize|asan|ubsan/i.test(String(e))) throw e;
  }
  console.log("note: this compiler has no sanitizers");
  await buildPosix();
  return paths.posix;
}

let made = 0;

/** A path of its own in the scratch folder. */
export const file = (name: string): string => join(scratch, `${made++}.${name}`);

/** A device, and all that it said. */
export class Told {
  readonly said: Message[] = [];
  readonly process: Process;
  readonly flash: string;

  constructor(start: Omit<Start, "flash"> & { flash?: string }) {
    this.flash = start.flash ?? file("flash");
    this.process = new Process({ ...start, flash: this.flash }, (message) => void this.said.push(message));
    running.add(this.process);
    void this.process.ended.then(({ words }) => {
      running.delete(this.process);
      assert.not.match(words, /Sanitizer|runtime error/, words);
    });
  }

  /** The messages of one kind. */
  all<W extends Message["what"]>(what: W): Extract<Message, { what: W }>[] {
    return this.said.filter((m): m is Extract<Message, { what: W }> => m.what === what);
  }

  /** Waits until something holds; fails after `limitMs`, which no slow machine reaches. */
  async until(holds: () => boolean, what: string, limitMs = 60_000): Promise<void> {
    await until(() => holds() || this.process.over, what, limitMs);
    assert.ok(holds(), `the process ended before: ${what}`);
  }
}

const running = new Set<Process>();
process.once("exit", () => running.forEach(({ pid }) => process.kill(pid, "SIGKILL")));

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string, limitMs = 60_000): Promise<void> {
  for (const end = performance.now() + limitMs; !holds(); await sleep(2))
    if (performance.now() > end) assert.unreachable(`not within ${limitMs / 1000} s: ${what}`);
}

/** True while a process with this id exists. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A socket on loopback, and what it heard. */
export class Ear {
  readonly heard: { from: number; bytes: Uint8Array }[] = [];
  readonly socket: Socket = createSocket("udp4");
  port = 0;

  static async open(hear: (from: number, bytes: Uint8Array) => void = () => {}): Promise<Ear> {
    const ear = new Ear();
    ear.socket.on("message", (bytes, { port }) => {
      ear.heard.push({ from: port, bytes: new Uint8Array(bytes) });
      hear(port, bytes);
    });
    ear.socket.bind(0, "127.0.0.1");
    await once(ear.socket, "listening");
    ear.port = ear.socket.address().port;
    ear.socket.unref();
    return ear;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  send(bytes: Uint8Array, port: number): Promise<void> {
    return new Promise((done, fail) =>
      this.socket.send(bytes, port, "127.0.0.1", (error) => (error ? fail(error) : done())),
    );
  }

  close(): void {
    this.socket.close();
  }
}

/** Removes a file that a test is done with. */
export const away = (path: string): void => rmSync(path, { force: true });

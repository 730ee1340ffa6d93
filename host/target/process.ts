// One device as a process: boards/posix, spoken to at its console, a line each way per message (boards/posix/console.h).
//
//   request, peers, sense, page, quit ──stdin──> synod-node ──stdout──> Message: port, boot, event, reply, act, reset, trap ...
//
// The process ends when its input does, so none outlives whoever started it, not even by a SIGKILL.
//
// Rule: what a process says is data. A line that is none of its messages is an `error` message, never an exception.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as event from "../../firmware/wire/event.ts";
import { fromHex, hex } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";
import type { Reply } from "./target.ts";

export type Message =
  | { readonly what: "port"; readonly port: number }
  | { readonly what: "boot"; readonly reason: number }
  | { readonly what: "event"; readonly kind: number; readonly bytes: Uint8Array }
  | { readonly what: "asked"; readonly length: number }
  | { readonly what: "reply"; readonly reason: number }
  | { readonly what: "act"; readonly channel: number; readonly value: bigint }
  | { readonly what: "reset"; readonly reason: number }
  | { readonly what: "trap"; readonly words: string }
  | { readonly what: "error"; readonly words: string }
  | { readonly what: "page"; readonly bytes: Uint8Array }
  | { readonly what: "sent"; readonly bytes: Uint8Array }
  /** A frame from this port: its first 32 bytes, and its length. */
  | { readonly what: "heard"; readonly port: number; readonly bytes: Uint8Array; readonly length: number };

export interface Start {
  /** The module's file, and the flash file; the latter is made where there is none. */
  readonly wasm: string;
  readonly flash: string;
  /** UDP port; 0: any. */
  readonly port?: number;
  readonly peers?: readonly string[];
  /** A multicast group ADDRESS:PORT in place of peers. */
  readonly group?: string;
  /** `sent` and `heard` for each frame. */
  readonly watch?: boolean;
  /** Wait for the disk after each write; true unless said otherwise. */
  readonly sync?: boolean;
  /** Let libsodium do what it can in the device's stead; the program ends when it was built without. */
  readonly accelerate?: boolean;
  /** Where all that goes in is recorded. */
  readonly tape?: string;
  /** The program, if it is not build/synod-node. */
  readonly program?: string;
}

/** How a process ended. */
export interface End {
  /** Exit status; null after a signal. */
  readonly status: number | null;
  readonly signal: string | null;
  /** What it told on stderr, or its last `trap` or `error`. */
  readonly words: string;
}

/** Where `npm run build` puts the program. */
export const PROGRAM = fileURLToPath(new URL("../../build/synod-node", import.meta.url));
/** Time in which a device answers a request, however busy the machine. */
const ANSWER_MS = 20_000;
/** Time in which it ends after `quit`. */
const QUIT_MS = 3_000;
const REQUEST_MAX = 1536;
const WORDS_MAX = 4096;

/** A line of a device's console as a message. */
export function parse(line: string): Message {
  const [what, a = "", b = "", c = ""] = line.split(" ");
  const rest = line.slice(what.length + 1);
  switch (what) {
    case "port":
      return { what, port: Number(a) };
    case "boot":
    case "reply":
    case "reset":
      return { what, reason: Number(a) };
    case "event":
      return { what, kind: Number(a), bytes: fromHex(b) };
    case "asked":
      return { what, length: Number(a) };
    case "act":
      if (/^-?\d+$/.test(b)) return { what, channel: Number(a), value: BigInt(b) };
      break;
    case "trap":
    case "error":
      return { what, words: rest };
    case "page":
    case "sent":
      return { what, bytes: fromHex(a) };
    case "heard":
      return { what, port: Number(a), bytes: fromHex(b), length: Number(c) };
  }
  return { what: "error", words: `unknown line: ${line.slice(0, 80)}` };
}

interface Pending {
  answer: Uint8Array | null;
  submitted: string | null;
  readonly done: (reply: Reply) => void;
  readonly fail: (error: Error) => void;
}

/** A promise, and what settles it. */
function later<T>(): { promise: Promise<T>; done: (value: T) => void; fail: (error: Error) => void } {
  let done!: (value: T) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => ((done = yes), (fail = no)));
  promise.catch(() => {}); // whoever waits for it hears of it
  return { promise, done, fail };
}

export class Process {
  readonly pid: number;
  /** Its UDP port; 0 as long as it did not say. */
  port = 0;
  /** Settles once it has booted: the reason that boot returned. Fails when it ends before. */
  readonly booted: Promise<number>;
  /** Settles when it is over and all that it said was heard. */
  readonly ended: Promise<End>;
  over = false;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #hear: (message: Message) => void;
  readonly #boot = later<number>();
  readonly #requests: Pending[] = [];
  readonly #pages: { done: (page: Uint8Array | null) => void }[] = [];
  #rest = "";
  #asked = false;
  #words = "";

  /** Starts a device. `hear` is told each message in order. Throws Refused TARGET_ABSENT when the program is not built. */
  constructor(start: Start, hear: (message: Message) => void) {
    const { wasm, flash, port = 0, peers, group, watch, sync = true, accelerate, tape, program = PROGRAM } = start;
    if (!existsSync(program))
      throw new refusal.Refused(refusal.TARGET_ABSENT, `${program} is not built; run node tools/build.mjs posix`);
    const words = ["--wasm", wasm, "--flash", flash, "--port", String(port)];
    if (peers) words.push("--peers", peers.join(","));
    if (group !== undefined) words.push("--multicast", group);
    if (watch) words.push("--watch");
    if (!sync) words.push("--no-sync");
    if (accelerate) words.push("--accelerate");
    if (tape !== undefined) words.push("--tape", tape);
    // A group of its own: Ctrl-C at our terminal is ours to handle.
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#child = child;
    this.#hear = hear;
    this.pid = child.pid ?? -1;
    this.booted = this.#boot.promise;
    child.stdin.on("error", () => {}); // it ended; `ended` tells
    child.stdout.setEncoding("latin1").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#tell(text));
    this.ended = new Promise((done) => {
      child.on("error", (error) => (this.#tell(error.message), done(this.#end(null, null))));
      child.on("close", (status, signal) => done(this.#end(status, signal)));
    });
  }

  /** Sends a line of the console. */
  say(line: string): void {
    if (!this.over) this.#child.stdin.write(`${line}\n`);
  }

  /** Replaces its peers: HOST:PORT each. */
  peers(list: readonly string[]): void {
    this.say(`peers ${list.join(" ")}`);
  }

  /** Asks it (firmware/wire/request.ts). Throws Refused: DEVICE_DOWN when it ends before it answers, NO_ANSWER, DEED_FIELD. */
  async request(bytes: Uint8Array, timeoutMs = ANSWER_MS): Promise<Reply> {
    if (bytes.length === 0 || bytes.length > REQUEST_MAX)
      throw new refusal.Refused(refusal.DEED_FIELD, `a request has 1 to ${REQUEST_MAX} bytes, not ${bytes.length}`);
    if (this.over) throw new refusal.Refused(refusal.DEVICE_DOWN, "the process has ended");
    const { promise, done, fail } = later<Reply>();
    const late = setTimeout(
      () => fail(new refusal.Refused(refusal.NO_ANSWER, `no reply within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    this.#requests.push({ answer: null, submitted: null, done, fail });
    this.say(`request ${hex(bytes)}`);
    return promise.finally(() => clearTimeout(late));
  }

  /** Its linear memory; null when it ends before it answers. */
  page(): Promise<Uint8Array | null> {
    if (this.over) return Promise.resolve(null);
    return new Promise((done) => {
      this.#pages.push({ done });
      this.say("page");
    });
  }

  /** Pulls the plug: SIGKILL. */
  kill(): Promise<End> {
    if (!this.over) this.#child.kill("SIGKILL");
    return this.ended;
  }

  /** Ends it in order; one that does not end is killed. */
  async quit(): Promise<End> {
    this.say("quit");
    this.#child.stdin.end();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), QUIT_MS);
    return this.ended.finally(() => clearTimeout(late));
  }

  // ---- what it says ----

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!; // a line that a kill cut short is never whole
    for (const line of lines) this.#take(parse(line));
  }

  #tell(text: string): void {
    if (this.#words.length < WORDS_MAX) this.#words += text;
  }

  #take(message: Message): void {
    if (message.what === "port") this.port = message.port;
    else if (message.what === "boot") this.#boot.done(message.reason);
    else if (message.what === "asked") this.#asked = true;
    else if (message.what === "event") this.#event(message.kind, message.bytes);
    else if (message.what === "reply") this.#reply(message.reason);
    else if (message.what === "page") this.#pages.shift()?.done(message.bytes);
    else if (message.what === "trap" || message.what === "error") this.#words = message.words;
    this.#hear(message);
  }

  /** A device may answer and submit of its own accord too; between `asked` and `reply` it does so for whoever asked. */
  #event(kind: number, bytes: Uint8Array): void {
    const pending = this.#requests[0];
    if (!this.#asked || pending === undefined) return;
    if (kind === event.ANSWER) pending.answer ??= bytes;
    else if (kind === event.SUBMITTED) pending.submitted ??= hex(bytes, 0, 8);
  }

  #reply(reason: number): void {
    this.#asked = false;
    const pending = this.#requests.shift();
    pending?.done({ reason, answer: pending.answer, submitted: pending.submitted });
  }

  #end(status: number | null, signal: string | null): End {
    this.over = true;
    const words = this.#words.trim();
    const down = new refusal.Refused(refusal.DEVICE_DOWN, `the process has ended${words ? `: ${words}` : ""}`);
    this.#boot.fail(down);
    for (const { fail } of this.#requests.splice(0)) fail(down);
    for (const { done } of this.#pages.splice(0)) done(null);
    return { status, signal, words };
  }
}

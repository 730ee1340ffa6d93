// A device as a process: boards/posix, spoken to at its console, a line each way per message (boards/posix/console.h).
//
//   request, peers, sense, page, quit ──stdin──> synod-node ──stdout──> Message: port, boot, event, reply, act, reset, trap ...
//
// The process ends when its input does, so none outlives whoever started it, not even by a SIGKILL.
//
// Rule: what a process says is data. A line that is none of its messages is an `error` message, never an exception.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromHex, hex } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";
import { Life, type Body, type Command, type Hooks, type Message } from "./life.ts";

export type { End, Message } from "./life.ts";

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
  /** Where the tape of a call that traps goes. */
  readonly crash?: string;
  /** The program, if it is not build/synod-node. */
  readonly program?: string;
}

/** Where `npm run build` puts the program. */
export const PROGRAM = fileURLToPath(new URL("../../build/synod-node", import.meta.url));

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
    case "crash":
      return { what, path: rest };
    case "page":
    case "sent":
      return { what, bytes: fromHex(a) };
    case "heard":
      return { what, port: Number(a), bytes: fromHex(b), length: Number(c) };
  }
  return { what: "error", words: `unknown line: ${line.slice(0, 80)}` };
}

/** A command as a line of the console. */
function lineOf(command: Command): string {
  if (command.what === "request") return `request ${hex(command.bytes)}`;
  if (command.what === "sense") return `sense ${command.channel} ${command.value}`;
  return command.what === "peers" ? `peers ${command.list.join(" ")}` : "page";
}

/** The program's command line. */
function words({ wasm, flash, port = 0, peers, group, watch, sync = true, accelerate, tape, crash }: Start): string[] {
  const list = ["--wasm", wasm, "--flash", flash, "--port", String(port)];
  if (peers) list.push("--peers", peers.join(","));
  if (group !== undefined) list.push("--multicast", group);
  if (watch) list.push("--watch");
  if (!sync) list.push("--no-sync");
  if (accelerate) list.push("--accelerate");
  if (tape !== undefined) list.push("--tape", tape);
  if (crash !== undefined) list.push("--crash", crash);
  return list;
}

class Program implements Body {
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #hooks: Hooks;
  #rest = "";

  constructor(start: Start, hooks: Hooks) {
    const { program = PROGRAM } = start;
    if (!existsSync(program))
      throw new refusal.Refused(refusal.TARGET_ABSENT, `${program} is not built; run node tools/build.mjs posix`);
    // A group of its own: Ctrl-C at our terminal is ours to handle.
    const child = spawn(program, words(start), { stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#child = child;
    this.#hooks = hooks;
    this.pid = child.pid ?? -1;
    child.stdin.on("error", () => {}); // it ended; `ended` tells
    child.stdout.setEncoding("latin1").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => hooks.tell(text));
    child.on("error", (error) => (hooks.tell(error.message), hooks.ended(null, null)));
    child.on("close", (status, signal) => hooks.ended(status, signal));
  }

  say(line: string): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(`${line}\n`);
  }

  do(command: Command): void {
    this.say(lineOf(command));
  }

  quit(): void {
    this.say("quit");
    this.#child.stdin.end();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!; // a line that a kill cut short is never whole
    for (const line of lines) this.#hooks.hear(parse(line));
  }
}

export class Process extends Life {
  /** Starts a device. `hear` is told each message in order. Throws Refused TARGET_ABSENT when the program is not built. */
  constructor(start: Start, hear: (message: Message) => void) {
    super((hooks) => new Program(start, hooks), hear);
  }

  /** Sends a line of the console. */
  say(line: string): void {
    if (!this.over) (this.body as Program).say(line);
  }
}

// A board at the other end of a line (firmware/wire/line.ts): in an emulator (qemu.ts) or on a desk (serial.ts).
//
//   Command ──records──▶ wire ──▶ board ──▶ wire ──records──▶ Message
//                     modem ◀──frames──┘         a board with a radio on the wire's other side (Ethernet) has frames there
//
// A board that resets itself starts again here too, within the same life. Rule: a board that runs another module than it was started for is no
// part of the fleet: it is refused before it is asked anything.

import { writeFileSync } from "node:fs";
import * as line from "../../firmware/wire/line.ts";
import { hex, putU64, u32, u64 } from "../device/bytes.ts";
import { Life, type Body, type Command, type Hooks, type Message } from "./life.ts";
import { Decoder, encode, type Record } from "./line.ts";
import { Modem } from "./modem.ts";

/** What a wire tells. */
export interface WireHooks {
  /** Bytes of the line. */
  bytes(chunk: Uint8Array): void;
  /** A frame of the board's own radio. */
  frame(frame: Uint8Array): void;
  tell(words: string): void;
  /** The board is gone. `again`: it asked for a restart. */
  ended(status: number | null, signal: string | null, again: boolean): void;
}

/** What connects us to a board. */
export interface Wire {
  readonly pid: number;
  write(bytes: Uint8Array): void;
  /** Hands a frame to the board's own radio; undefined when frames go over the line. */
  readonly deliver?: (frame: Uint8Array) => void;
  /** Cuts it: an emulator is killed, a line closed. */
  cut(): void;
}

export type Open = (hooks: WireHooks) => Wire;

export interface Start {
  readonly open: Open;
  /** SHA-256 of the module that it must run; any when not given. */
  readonly module?: Uint8Array;
  /** `sent` and `heard` for each frame. */
  readonly watch?: boolean;
  /** Where the tape of a call that traps goes. */
  readonly crash?: string;
}

const HEARD = 32; // bytes of a frame that `heard` tells
const RETRY_MS = 1_000; // between two HELLOs to a board that does not answer
const LOST_MS = 1_000; // without GOT for so long, what was sent is lost
const AHEAD = 1600; // bytes on the line that are not GOT yet, beyond which no more is sent: the longest record, or several short ones
const TAPE = 1 << 20; // bytes of a crash tape, beyond which no more is taken
const QUEUE = 12; // frames that wait for the line; of more the oldest are dropped, as a radio that is late would

/** What waits for the line: records that the board confirms, a few at a time, so that it is never behind by more than it can hold. It is shut as long
 * as the board did not say that it is there: what a line carries before its board listens is lost. */
class Queue {
  readonly #write: (bytes: Uint8Array) => void;
  #waiting: { readonly bytes: Uint8Array; readonly must: boolean }[] = [];
  #ahead: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #shut = true;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** `must`: it is not dropped when others come. */
  push(bytes: Uint8Array, must: boolean): void {
    this.#waiting.push({ bytes, must });
    if (this.#waiting.length > QUEUE) {
      const oldest = this.#waiting.findIndex((one) => !one.must);
      if (oldest >= 0) this.#waiting.splice(oldest, 1);
    }
    this.#go();
  }

  /** The board took the oldest that is on the line. */
  got(): void {
    this.#ahead.shift();
    this.#go();
  }

  open(): void {
    this.#shut = false;
    this.#go();
  }

  /** The board is about to start anew. */
  shut(): void {
    clearTimeout(this.#timer);
    this.#shut = true;
  }

  clear(): void {
    this.shut();
    [this.#waiting, this.#ahead] = [[], []];
  }

  #go(): void {
    clearTimeout(this.#timer);
    if (this.#shut) return;
    for (let ahead = this.#ahead.reduce((sum, n) => sum + n, 0); this.#waiting.length > 0;) {
      const { bytes } = this.#waiting[0];
      if (ahead > 0 && ahead + bytes.length > AHEAD) break;
      this.#waiting.shift();
      this.#ahead.push(bytes.length);
      ahead += bytes.length;
      this.#write(bytes);
    }
    if (this.#ahead.length === 0) return;
    this.#timer = setTimeout(() => ((this.#ahead = []), this.#go()), LOST_MS);
    this.#timer.unref();
  }
}

const words = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

class Wired implements Body {
  readonly #start: Start;
  readonly #hooks: Hooks;
  readonly #modem: Modem;
  readonly #decoder = new Decoder((record) => this.#take(record));
  readonly #queue = new Queue((bytes) => this.#wire.write(bytes));
  #wire!: Wire;
  #quit = false;
  #over = false;
  /** It said who it is. */
  #here = false;
  #known = false;
  /** It said that it starts anew: its next HERE is another life's. */
  #anew = false;
  #page: { bytes: Uint8Array; filled: number } | null = null;
  /** The tape of what trapped, as far as it came. */
  #tape: { bytes: Uint8Array; filled: number } | null = null;
  readonly #hello: NodeJS.Timeout;

  constructor(start: Start, hooks: Hooks) {
    this.#start = start;
    this.#hooks = hooks;
    this.#modem = new Modem((frame, port) => this.#deliver(frame, port));
    this.#open();
    this.#modem.port.catch((error: Error) => (hooks.tell(error.message), this.kill()));
    this.#hello = setInterval(() => !this.#here && this.#wire.write(encode(line.HELLO)), RETRY_MS);
    this.#hello.unref();
  }

  get pid(): number {
    return this.#wire.pid;
  }

  #open(): void {
    this.#here = this.#anew = false;
    this.#queue.clear();
    this.#wire = this.#start.open({
      bytes: (chunk) => this.#decoder.push(chunk),
      frame: (frame) => this.#sent(frame),
      tell: (said) => this.#hooks.tell(said),
      ended: (status, signal, again) => {
        if (again && !this.#quit && !this.#over) {
          this.#open();
          this.#hooks.again();
        } else this.#end(this.#quit ? 0 : status, signal);
      },
    });
  }

  #end(status: number | null, signal: string | null): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#hello);
    this.#queue.clear();
    this.#modem.close();
    this.#hooks.ended(status, signal);
  }

  // ---- to the board ----

  do(command: Command): void {
    if (command.what === "peers") this.#modem.peers(command.list);
    else if (command.what === "request") this.#queue.push(encode(line.REQUEST, command.number, command.bytes), true);
    else if (command.what === "page") this.#queue.push(encode(line.PAGE), true);
    else {
      const value = new Uint8Array(8);
      putU64(value, 0, BigInt.asUintN(64, command.value));
      this.#wire.write(encode(line.SENSE, command.channel, value));
    }
  }

  #deliver(frame: Uint8Array, port: number): void {
    if (this.#wire.deliver !== undefined) this.#wire.deliver(frame);
    else this.#queue.push(encode(line.FRAME, 0, frame), false);
    if (!this.#start.watch) return;
    this.#hooks.hear({ what: "heard", port, bytes: frame.slice(0, HEARD), length: frame.length });
  }

  /** What is written is in its flash: there is nothing to wait for. */
  quit(): void {
    this.#quit = true;
    this.#wire.cut();
  }

  kill(): void {
    this.#wire.cut();
  }

  // ---- from the board ----

  #sent(frame: Uint8Array): void {
    this.#modem.send(frame);
    if (this.#start.watch) this.#hooks.hear({ what: "sent", bytes: frame });
  }

  #take({ kind, a, bytes }: Record): void {
    const { hear } = this.#hooks;
    const number = bytes.length >= 4 ? u32(bytes, 0) | 0 : 0;
    if (kind === line.FRAME) this.#sent(bytes.slice());
    else if (kind === line.EVENT) hear({ what: "event", kind: a, bytes: bytes.slice() });
    else if (kind === line.GOT) this.#queue.got();
    else if (kind === line.HERE) this.#greet(a, bytes);
    else if (kind === line.BOOT) hear({ what: "boot", reason: number });
    else if (kind === line.ASKED) hear({ what: "asked", length: number, number: a });
    else if (kind === line.REPLY) hear({ what: "reply", reason: number, number: a });
    else if (kind === line.RESET) (this.#anewSoon(), hear({ what: "reset", reason: number }));
    else if (kind === line.ACT && bytes.length === 8)
      hear({ what: "act", channel: a, value: BigInt.asIntN(64, u64(bytes, 0)) });
    else if (kind === line.TRAP) (this.#anewSoon(), hear({ what: "trap", words: words(bytes) }));
    else if (kind === line.NOTICE) hear({ what: "error", words: words(bytes) });
    else if (kind === line.PAGE) this.#part(bytes);
    else if (kind === line.CRASH) this.#crash(a === 1, bytes);
  }

  /** A board on a desk starts anew within the same wire. */
  #anewSoon(): void {
    this.#anew = true;
    this.#here = false;
    this.#queue.shut();
  }

  /** The board says who it is; it is part of the fleet, and has a port, from then on. */
  #greet(version: number, bytes: Uint8Array): void {
    const { module } = this.#start;
    const runs = hex(bytes, line.HERE_MODULE, Math.min(bytes.length, 32));
    if (version !== line.VERSION) return this.#refuse(`speaks version ${version} of the line, not ${line.VERSION}`);
    if (module !== undefined && runs !== hex(module))
      return this.#refuse(`runs the module ${runs.slice(0, 16)}..., not ${hex(module, 0, 8)}...`);
    if (this.#anew) {
      this.#queue.clear();
      this.#hooks.again();
    }
    this.#anew = false;
    this.#here = true;
    this.#queue.open();
    if (this.#known) return;
    this.#known = true;
    void this.#modem.port.then((port) => this.#hooks.hear({ what: "port", port }));
  }

  #refuse(why: string): void {
    this.#hooks.hear({ what: "error", words: `the board ${why}` });
    this.#wire.cut();
  }

  /** A part of its memory; parts come in order. */
  #part(bytes: Uint8Array): void {
    if (bytes.length < line.PAGE_PART) return;
    const [offset, size] = [u32(bytes, line.PAGE_OFFSET), u32(bytes, line.PAGE_SIZE)];
    const part = bytes.subarray(line.PAGE_PART);
    if (offset === 0 && size <= 1 << 20) this.#page = { bytes: new Uint8Array(size), filled: 0 };
    const page = this.#page;
    if (page === null || offset !== page.filled || offset + part.length > page.bytes.length) return;
    page.bytes.set(part, offset);
    page.filled += part.length;
    if (page.filled < page.bytes.length) return;
    this.#page = null;
    this.#hooks.hear({ what: "page", bytes: page.bytes });
  }

  /** A part of the tape of what trapped; a tape with a part missing is none. */
  #crash(last: boolean, bytes: Uint8Array): void {
    if (bytes.length < line.CRASH_PART) return;
    const [offset, part] = [u32(bytes, line.CRASH_OFFSET), bytes.subarray(line.CRASH_PART)];
    if (offset === 0) this.#tape = { bytes: this.#tape?.bytes ?? new Uint8Array(TAPE), filled: 0 };
    const [tape, { crash }] = [this.#tape, this.#start];
    if (tape === null || offset !== tape.filled || offset + part.length > TAPE) return;
    tape.bytes.set(part, offset);
    tape.filled += part.length;
    if (!last || tape.filled === 0 || crash === undefined) return;
    this.#tape = null;
    writeFileSync(crash, tape.bytes.subarray(0, tape.filled));
    this.#hooks.hear({ what: "crash", path: crash });
  }
}

export class Board extends Life {
  constructor(start: Start, hear: (message: Message) => void) {
    super((hooks) => new Wired(start, hooks), hear);
  }
}

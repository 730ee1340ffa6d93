// A device that lives in real time, spoken to in messages, whatever it is: a process, a simulated device, a board in an emulator or on a desk.
//
//   Command ──▶ body ──▶ Message                a body is one kind of device: process.ts, inside.ts, board.ts
//   Life: booted · request() · page() · ended   what all of them have in common
//
// Rule: what a device says is data. Nothing that it says is an exception here, and whoever waits for an answer gets one, or hears that
// the device ended.

import * as event from "../../firmware/wire/event.ts";
import { hex } from "../device/bytes.ts";
import * as refusal from "../wire/refusal.ts";

export type Message =
  | { readonly what: "port"; readonly port: number }
  | { readonly what: "boot"; readonly reason: number }
  | { readonly what: "event"; readonly kind: number; readonly bytes: Uint8Array }
  /** `number`: which request it is about, from a body whose line can lose one. */
  | { readonly what: "asked"; readonly length: number; readonly number?: number }
  | { readonly what: "reply"; readonly reason: number; readonly number?: number }
  | { readonly what: "act"; readonly channel: number; readonly value: bigint }
  | { readonly what: "reset"; readonly reason: number }
  | { readonly what: "trap"; readonly words: string }
  /** The tape of the call that trapped is in this file. */
  | { readonly what: "crash"; readonly path: string }
  | { readonly what: "error"; readonly words: string }
  | { readonly what: "page"; readonly bytes: Uint8Array }
  | { readonly what: "sent"; readonly bytes: Uint8Array }
  /** A frame from this port: its first 32 bytes, and its length. */
  | { readonly what: "heard"; readonly port: number; readonly bytes: Uint8Array; readonly length: number };

export type Command =
  /** `number`: 0 to 255, for the body to say again in `asked` and `reply`, if it can. */
  | { readonly what: "request"; readonly bytes: Uint8Array; readonly number: number }
  | { readonly what: "sense"; readonly channel: number; readonly value: bigint }
  /** Who hears it, and whom it hears: HOST:PORT each. */
  | { readonly what: "peers"; readonly list: readonly string[] }
  | { readonly what: "page" };

/** What a device answered to a request (firmware/wire/request.ts). */
export interface Reply {
  /** 0, or the reason of its refusal (firmware/wire/reason.ts). */
  readonly reason: number;
  /** Contents of its ANSWER event; null when the request has none. */
  readonly answer: Uint8Array | null;
  /** Id of the transaction that it submitted, 16 hex digits; null when it did not. */
  readonly submitted: string | null;
}

/** How a device ended. */
export interface End {
  /** Exit status; null after a signal. 70: it trapped. */
  readonly status: number | null;
  readonly signal: string | null;
  /** What it told on the way, or its last `trap` or `error`. */
  readonly words: string;
}

/** What a body tells its life. */
export interface Hooks {
  hear(message: Message): void;
  /** Words that are no message: what a program says on its way out. */
  tell(words: string): void;
  /** It started anew, by itself: what it was asked before is lost. */
  again(): void;
  ended(status: number | null, signal: string | null): void;
}

/** One kind of device. */
export interface Body {
  /** Process id; -1 when it has none of its own. */
  readonly pid: number;
  do(command: Command): void;
  /** Ends in order; `ended` follows. */
  quit(): void;
  /** Pulls the plug; `ended` follows. */
  kill(): void;
}

/** Time in which a device answers a request, however busy the machine. */
const ANSWER_MS = 20_000;
/** Time in which it ends after `quit`. */
const QUIT_MS = 3_000;
const REQUEST_MAX = 1536;
const WORDS_MAX = 4096;

interface Pending {
  readonly number: number;
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

export class Life {
  /** Its UDP port; 0 as long as it did not say. */
  port = 0;
  /** Settles once it has booted: the reason that boot returned. Fails when it ends before. */
  readonly booted: Promise<number>;
  /** Settles when it is over and all that it said was heard. */
  readonly ended: Promise<End>;
  over = false;
  protected readonly body: Body;
  readonly #hear: (message: Message) => void;
  readonly #boot = later<number>();
  readonly #end = later<End>();
  readonly #requests: Pending[] = [];
  readonly #pages: { done: (page: Uint8Array | null) => void }[] = [];
  /** The request whose events are heard now. */
  #current: Pending | null = null;
  #count = 0;
  #words = "";

  /** `hear` is told each message in order. */
  constructor(make: (hooks: Hooks) => Body, hear: (message: Message) => void) {
    this.#hear = hear;
    this.booted = this.#boot.promise;
    this.ended = this.#end.promise;
    this.body = make({
      hear: (message) => this.#take(message),
      tell: (words) => void (this.#words.length < WORDS_MAX && (this.#words += words)),
      again: () => this.#lose("the device started anew before it answered"),
      ended: (status, signal) => this.#over(status, signal),
    });
  }

  get pid(): number {
    return this.body.pid;
  }

  /** Replaces its peers: HOST:PORT each. */
  peers(list: readonly string[]): void {
    if (!this.over) this.body.do({ what: "peers", list });
  }

  /** What a channel measures from now on, until the device asked for it; thousandths. */
  sense(channel: number, value: bigint): void {
    if (!this.over) this.body.do({ what: "sense", channel, value });
  }

  /** Asks it (firmware/wire/request.ts). Throws Refused: DEVICE_DOWN when it ends or starts anew before it answers, NO_ANSWER, DEED_FIELD. */
  async request(bytes: Uint8Array, timeoutMs = ANSWER_MS): Promise<Reply> {
    if (bytes.length === 0 || bytes.length > REQUEST_MAX)
      throw new refusal.Refused(refusal.DEED_FIELD, `a request has 1 to ${REQUEST_MAX} bytes, not ${bytes.length}`);
    if (this.over) throw new refusal.Refused(refusal.DEVICE_DOWN, "the device has ended");
    const { promise, done, fail } = later<Reply>();
    const late = setTimeout(
      () => fail(new refusal.Refused(refusal.NO_ANSWER, `no reply within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const number = this.#count++ % 256;
    this.#requests.push({ number, answer: null, submitted: null, done, fail });
    this.body.do({ what: "request", bytes, number });
    return promise.finally(() => clearTimeout(late));
  }

  /** Its linear memory; null when it ends or starts anew before it answers. */
  page(): Promise<Uint8Array | null> {
    if (this.over) return Promise.resolve(null);
    return new Promise((done) => {
      this.#pages.push({ done });
      this.body.do({ what: "page" });
    });
  }

  /** Pulls the plug. */
  kill(): Promise<End> {
    if (!this.over) this.body.kill();
    return this.ended;
  }

  /** Ends it in order; one that does not end is killed. */
  async quit(): Promise<End> {
    if (!this.over) this.body.quit();
    const late = setTimeout(() => this.body.kill(), QUIT_MS);
    return this.ended.finally(() => clearTimeout(late));
  }

  // ---- what it says ----

  #take(message: Message): void {
    if (message.what === "port") this.port = message.port;
    else if (message.what === "boot") this.#boot.done(message.reason);
    else if (message.what === "asked") this.#current = this.#find(message.number);
    else if (message.what === "event") this.#event(message.kind, message.bytes);
    else if (message.what === "reply") this.#reply(this.#find(message.number), message.reason);
    else if (message.what === "page") this.#pages.shift()?.done(message.bytes);
    else if (message.what === "trap" || message.what === "error") this.#words = message.words;
    this.#hear(message);
  }

  /** A device may answer and submit of its own accord too; between `asked` and `reply` it does so for whoever asked. */
  #event(kind: number, bytes: Uint8Array): void {
    const pending = this.#current;
    if (pending === null) return;
    if (kind === event.ANSWER) pending.answer ??= bytes;
    else if (kind === event.SUBMITTED) pending.submitted ??= hex(bytes, 0, 8);
  }

  /** The request of this number; the oldest, from a body that loses none; null when somebody else asked. */
  #find(number: number | undefined): Pending | null {
    return this.#requests.find((one) => number === undefined || one.number === number) ?? null;
  }

  /** Requests are answered in order: those before this one were lost on the way. */
  #reply(pending: Pending | null, reason: number): void {
    this.#current = null;
    if (pending === null) return;
    const lost = this.#requests.splice(0, this.#requests.indexOf(pending) + 1).slice(0, -1);
    for (const { fail } of lost) fail(new refusal.Refused(refusal.NO_ANSWER, "the request was lost on the line"));
    pending.done({ reason, answer: pending.answer, submitted: pending.submitted });
  }

  #over(status: number | null, signal: string | null): void {
    if (this.over) return;
    this.over = true;
    const words = this.#words.trim();
    this.#boot.fail(this.#lose(`the device has ended${words ? `: ${words}` : ""}`));
    this.#end.done({ status, signal, words });
  }

  /** Nothing that it was asked will be answered. */
  #lose(why: string): refusal.Refused {
    const down = new refusal.Refused(refusal.DEVICE_DOWN, why);
    this.#current = null;
    for (const { fail } of this.#requests.splice(0)) fail(down);
    for (const { done } of this.#pages.splice(0)) done(null);
    return down;
  }
}

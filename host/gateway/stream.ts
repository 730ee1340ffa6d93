// The tape as a stream: a log's bytes so far, then each record as it comes, to one reader.
//
//   Log ── follow ──> waiting ── 64 KiB at a time, as the reader takes them ──> response
//                        └─ more than `backlogBytes` behind, or nothing taken for `stalledMs` ──> cut off
//
// Rule: a reader gets the bytes of the file, or its connection is broken; what waits for all readers together is bounded.

import type { ServerResponse } from "node:http";
import type { Log } from "../tape/log.ts";

const CHUNK = 64 * 1024;

export interface Bounds {
  /** Bytes of new records that may wait for one reader. */
  readonly backlogBytes: number;
  /** Longest time in which a reader takes nothing while bytes wait, ms. */
  readonly stalledMs: number;
}

/** Counts the bytes of the current log from its beginning, so that a client knows when its stream has brought all of them. */
export class Meter {
  #at = 0;
  #stop: () => void = () => {};

  get at(): number {
    return this.#at;
  }

  follow(log: Log): void {
    this.stop();
    this.#at = 0;
    this.#stop = log.follow((bytes) => (this.#at += bytes.length));
  }

  stop(): void {
    this.#stop();
  }
}

export class Stream {
  readonly #response: ServerResponse;
  readonly #log: Log;
  readonly #bounds: Bounds;
  /** Called once, when it is over: null, or why it was cut off. */
  readonly #over: (why: string | null) => void;
  readonly #stop: () => void;
  #queue: Uint8Array[] = [];
  #waiting = 0;
  /** What of the tape as it was at the beginning still waits. */
  #past = 0;
  #blocked = false;
  #planned = false;
  #ending = false;
  #closed = false;
  #stalled: NodeJS.Timeout | undefined;

  /** Begins to follow; the response's head must be written by the time this turn of the event loop ends. */
  constructor(response: ServerResponse, log: Log, bounds: Bounds, over: (why: string | null) => void) {
    this.#response = response;
    this.#log = log;
    this.#bounds = bounds;
    this.#over = over;
    response.on("drain", () => this.#drained());
    this.#stop = log.follow((bytes) => this.#add(bytes));
    this.#past = this.#waiting;
  }

  /** Bytes that wait for the reader. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Ends it when all that waits was taken. */
  end(): void {
    this.#stop?.();
    this.#ending = true;
    this.#plan();
  }

  /** Its reader has gone. */
  gone(): void {
    this.#close(null);
  }

  #add(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    if (this.#blocked && this.#waiting - this.#past > this.#bounds.backlogBytes) this.#cut("it reads too slowly");
    this.#plan();
  }

  /** All records of this turn go out together. */
  #plan(): void {
    if (this.#planned || this.#blocked || this.#closed) return;
    this.#planned = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#planned = false;
    while (!this.#closed && !this.#blocked && this.#waiting > 0) {
      if (this.#response.write(this.#take())) continue;
      this.#blocked = true;
      this.#stalled = setTimeout(() => this.#cut("it takes nothing"), this.#bounds.stalledMs);
    }
    if (this.#closed || this.#waiting > 0) return;
    if (!this.#ending && !this.#log.ended) return;
    this.#response.end();
    this.#close(null);
  }

  /** The next bytes, at most CHUNK. */
  #take(): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    let used = 0;
    while (used < this.#queue.length && length < CHUNK) {
      const part = this.#queue[used].subarray(0, CHUNK - length);
      parts.push(part);
      length += part.length;
      if (part.length < this.#queue[used].length) this.#queue[used] = this.#queue[used].subarray(part.length);
      else used++;
    }
    this.#queue.splice(0, used);
    this.#waiting -= length;
    this.#past = Math.max(0, this.#past - length);
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  #drained(): void {
    clearTimeout(this.#stalled);
    this.#blocked = false;
    this.#plan();
  }

  #cut(why: string): void {
    if (this.#closed) return;
    this.#close(why);
    this.#response.destroy();
  }

  #close(why: string | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop?.();
    clearTimeout(this.#stalled);
    this.#queue = [];
    this.#waiting = 0;
    this.#over(why);
  }
}

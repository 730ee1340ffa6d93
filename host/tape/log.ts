// The log of a running fleet: its fleet tape as it grows. All that watches a fleet watches this.
//
//   fleet, processes ── add(fact) ──> Log ──> listeners, each fact once          terminal view, scenarios, counts
//                                      └───> bytes(), follow()                   a file, a stream over HTTP, the dashboard
//
// Bounded: when the records outgrow `limit`, the oldest ones go, but never FLEET, MODULE, DEED, NOTE; a GAP stands where they were, and
// whoever fills the log is asked for whole pages (`onGap`).
//
// Rule: a follower gets the same bytes as a file: head, all that is kept, then every new record, none twice, none left out.

import { u64 } from "../device/bytes.ts";
import * as fleet from "./fleet.ts";
import * as tape from "./tape.ts";

export type Listener = (fact: fleet.Fact) => void;
export type Follower = (bytes: Uint8Array) => void;

/** Bytes of records that a log keeps, unless told otherwise. */
export const LIMIT = 96 * 1024 * 1024;

const LASTING: ReadonlySet<number> = new Set([fleet.FLEET, fleet.MODULE, fleet.DEED, fleet.NOTE]);

export class Log {
  /** Called after records were dropped: the next pages must be whole ones. */
  onGap: () => void = () => {};
  readonly #limit: number;
  readonly #listeners = new Set<Listener>();
  readonly #followers = new Set<Follower>();
  /** Records that are never dropped, and the others, each with its place in the order of all. */
  #lasting: { order: number; bytes: Uint8Array }[] = [];
  #passing: { order: number; bytes: Uint8Array }[] = [];
  #order = 0;
  #size = 0;
  #gap: Uint8Array | null = null;
  #ended = false;
  #header: fleet.Header | null = null;
  #atUs = 0;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /** The FLEET record; null before it was added. */
  get header(): fleet.Header | null {
    return this.#header;
  }

  /** Time of the newest fact, microseconds. */
  get atUs(): number {
    return this.#atUs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Calls `listener` with each fact from now on; returns what ends that. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hands all bytes so far to `follower`, now, and every new record as it comes; returns what ends that. */
  follow(follower: Follower): () => void {
    follower(this.bytes());
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  add(fact: fleet.Fact): void {
    if (this.#ended) return;
    if (fact.type === fleet.FLEET) this.#header = fact.header;
    else if (fact.type !== fleet.MODULE) this.#atUs = Math.max(this.#atUs, fact.atUs);
    const lasting = LASTING.has(fact.type);
    this.#keep(tape.record(fact.type, fleet.encode(fact)), lasting);
    for (const listener of this.#listeners) listener(fact);
    if (this.#size > this.#limit) this.#drop();
  }

  /** Closes the log with a trace hash (32 B). */
  end(digest: Uint8Array): void {
    if (this.#ended) return;
    this.#keep(tape.record(tape.END, digest), true);
    this.#ended = true;
  }

  /** The tape so far. */
  bytes(): Uint8Array {
    const parts: Uint8Array[] = [tape.head()];
    let l = 0;
    let gap = this.#gap;
    for (const { order, bytes } of this.#passing) {
      for (; l < this.#lasting.length && this.#lasting[l].order < order; l++) parts.push(this.#lasting[l].bytes);
      if (gap !== null) parts.push(gap);
      gap = null;
      parts.push(bytes);
    }
    for (; l < this.#lasting.length; l++) parts.push(this.#lasting[l].bytes);
    return joined(parts);
  }

  #keep(bytes: Uint8Array, lasting: boolean): void {
    (lasting ? this.#lasting : this.#passing).push({ order: this.#order++, bytes });
    if (!lasting) this.#size += bytes.length;
    for (const follower of this.#followers) follower(bytes);
  }

  /** Drops the older half. */
  #drop(): void {
    let at = 0;
    for (; at < this.#passing.length && this.#size > this.#limit / 2; at++)
      this.#size -= this.#passing[at].bytes.length;
    // Every record that passes begins with its time (fleet.ts), behind the head of eight bytes.
    const atUs = at < this.#passing.length ? Number(u64(this.#passing[at].bytes, 8)) : this.#atUs;
    this.#passing = this.#passing.slice(at);
    this.#gap = tape.record(fleet.GAP, fleet.encode({ type: fleet.GAP, atUs }));
    this.onGap();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

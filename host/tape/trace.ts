// The trace hash: what a device did, in 32 bytes. Two runs are the same when their trace hashes are.
//
// SHA-256 over, for each call in order:
//   0 call code u8 · 1 return value i32 (receive: 0) · 5 length u32 · 9 the records of the effect ring, without terminator
// A call that trapped counts with the value TRAPPED and no records.
//
// Rule: every engine and every board computes the same hash for the same tape.

import { createHash, type Hash } from "node:crypto";
import { putU32 } from "../device/bytes.ts";

export const BOOT = 1;
export const RECEIVE = 2;
export const REQUEST = 3;
export const TICK = 4;
/** What a trapped call returns to the trace. */
export const TRAPPED = -0x80000000;
export const NO_RECORDS = new Uint8Array(0);
export const CALLS = ["", "boot", "receive", "request", "tick"] as const;

export class Trace {
  readonly #hash: Hash = createHash("sha256");
  readonly #head = new Uint8Array(11);

  /** Adds a call: its code, what it returned, and the ring's records (effects.records). */
  call(code: number, returned: number, records: Uint8Array): void {
    const head = this.#head;
    head[2] = code;
    putU32(head, 3, returned);
    putU32(head, 7, records.length);
    this.#hash.update(head.subarray(2));
    if (records.length !== 0) this.#hash.update(records);
  }

  /** The same for a fleet: the station's number (u16) goes before each call. */
  callOf(station: number, code: number, returned: number, records: Uint8Array): void {
    this.#head[0] = station;
    this.#head[1] = station >>> 8;
    this.#hash.update(this.#head.subarray(0, 2));
    this.call(code, returned, records);
  }

  /** The hash so far. */
  digest(): Uint8Array {
    return new Uint8Array(this.#hash.copy().digest());
  }
}

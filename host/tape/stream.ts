// A tape that arrives in pieces of any size, as from a socket: each record is handed on when its last byte is there.
//
//   push(piece) ──> head checked once ──> whole records ──> sink(type, payload)      the rest waits for the next piece
//
// Rule: the records are those that tape.ts finds in the same bytes, in their order, however the bytes were cut. A payload is a
// view that is valid during the call alone.

import { u32 } from "../device/bytes.ts";
import * as tape from "./tape.ts";

/** No record of a tape is longer than this; a length above it means damage. */
export const RECORD_MAX = 64 * 1024 * 1024;

export type Sink = (type: number, payload: Uint8Array) => void;

export class Stream {
  readonly #sink: Sink;
  #rest = new Uint8Array(4096);
  #held = 0;
  #headed = false;
  /** Bytes of finished records and head so far. */
  taken = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Bytes that wait for the end of their record; 0 after a whole tape. */
  get waiting(): number {
    return this.#held;
  }

  /** Takes the next piece. Throws TapeError when this is no tape, of another version or damaged; the stream is over then. */
  push(piece: Uint8Array): void {
    if (this.#held === 0) {
      const used = this.#take(piece);
      this.#keep(piece.subarray(used));
      return;
    }
    this.#keep(piece);
    const used = this.#take(this.#rest.subarray(0, this.#held));
    this.#rest.copyWithin(0, used, this.#held);
    this.#held -= used;
  }

  #keep(piece: Uint8Array): void {
    if (this.#held + piece.length > this.#rest.length) {
      const larger = new Uint8Array(Math.max(2 * this.#rest.length, this.#held + piece.length));
      larger.set(this.#rest.subarray(0, this.#held));
      this.#rest = larger;
    }
    this.#rest.set(piece, this.#held);
    this.#held += piece.length;
  }

  /** Hands on the whole records of these bytes; how many bytes they took. */
  #take(bytes: Uint8Array): number {
    let p = 0;
    if (!this.#headed) {
      const head = tape.head();
      const n = Math.min(bytes.length, 12); // magic and version
      for (let i = 0; i < n; i++)
        if (bytes[i] !== head[i])
          throw new tape.TapeError(
            i < 8 ? "this is no tape: it does not begin with SYNODTAP" : "this tape has another version",
          );
      if (bytes.length < tape.HEAD) return 0;
      this.#headed = true;
      p = tape.HEAD;
    }
    while (p + 8 <= bytes.length) {
      const length = u32(bytes, p + 4);
      if (length > RECORD_MAX) throw new tape.TapeError(`a record of ${length} bytes: the tape is damaged`);
      const end = p + 8 + length;
      const next = p + 8 + ((length + 3) & ~3);
      if (next > bytes.length) break;
      this.#sink(bytes[p], bytes.subarray(p + 8, end));
      p = next;
    }
    this.taken += p;
    return p;
  }
}

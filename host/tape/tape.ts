// A tape: all that went into one device, from which everything it did follows.
//
//   file:    0 magic "SYNODTAP" · 8 version u32 (1) · 12 zero u32 · 16 records
//   record:  0 type u8 · 1 zero 3 B · 4 length u32 · 8 payload, padded with zeros to a multiple of 4
//
//   type            payload
//   1 CALL          0 call code u8 (1 boot, 2 receive, 3 request, 4 tick) · 1 zero 3 B · 4 link u32, or 0 · 8 now u64 · 16 input
//   2 ENTROPY       the bytes given
//   3 READ          0 result i32 · 4 the bytes, when the result is 0
//   4 SENSE         0 value i64
//   5 END           the trace hash (trace.ts), 32 B
//   6 NOTE          JSON: what happened around the device (power cut, chaos); replay skips it
//   7 KEYFRAME      the device's memory between two calls: 0 calls before it u32 · 4 whole u8 (1: from zeros, 0: from the keyframe
//                   before) · 5 zero 3 B · 8 runs (page.ts)
//   8 MODULE        the stored contract that a call ran: its bytes
//   16..26          records of a fleet tape (fleet.ts)
//
// Answers (2, 3, 4, 8) follow the CALL that asked for them, in the order of the questions. A CALL of boot is a power-up: a
// fresh device. A tape that begins with a KEYFRAME begins there: that of a crash holds the last calls before it.
// A device that wants to run a contract which is not there gets an answer too, which is not on the tape: no MODULE stands in its place.
// Rule: one tape is one device, and holds everything that it heard from the beginning of the tape on.

import { crc32, putU32, putU64, u32, u64 } from "../device/bytes.ts";

export const CALL = 1;
export const ENTROPY = 2;
export const READ = 3;
export const SENSE = 4;
export const END = 5;
export const NOTE = 6;
export const KEYFRAME = 7;
export const MODULE = 8;
/** Highest type that any tape has. */
export const LAST = 26;

export const HEAD = 16;
export const CALL_HEAD = 16;
/** Bytes of a KEYFRAME before its runs. */
export const KEYFRAME_HEAD = 8;
const MAGIC = new TextEncoder().encode("SYNODTAP");
const VERSION = 1;

export interface Record {
  readonly type: number;
  readonly payload: Uint8Array;
}

export interface Call {
  readonly code: number;
  readonly link: number;
  readonly now: bigint;
  readonly input: Uint8Array;
}

/** What is wrong with bytes that should be a tape. */
export class TapeError extends Error {
  override name = "TapeError";
}

/** What a tape holds; `cut` says where it broke off, null when it is whole. */
export interface Taken {
  readonly records: Record[];
  readonly cut: string | null;
}

const known = (type: number): boolean => (type >= CALL && type <= MODULE) || (type >= 16 && type <= LAST);

/**
 * Takes a tape apart as far as it goes: one that was cut short, like a stream whose reader was stopped, gives its whole records.
 * Throws TapeError when it is no tape, of another version or damaged.
 */
export function take(bytes: Uint8Array): Taken {
  if (bytes.length < HEAD || MAGIC.some((b, i) => bytes[i] !== b))
    throw new TapeError("this is no tape: it does not begin with SYNODTAP");
  if (u32(bytes, 8) !== VERSION) throw new TapeError(`this tape has version ${u32(bytes, 8)}, expected ${VERSION}`);
  const records: Record[] = [];
  for (let p = HEAD; p < bytes.length;) {
    if (p + 8 > bytes.length) return { records, cut: `the tape ends inside the head of record ${records.length}` };
    const type = bytes[p];
    const length = u32(bytes, p + 4);
    if (!known(type)) throw new TapeError(`record ${records.length} has the unknown type ${type}`);
    if (p + 8 + length > bytes.length) return { records, cut: `the tape ends inside record ${records.length}` };
    if (type === CALL && length < CALL_HEAD)
      throw new TapeError(`record ${records.length} is a CALL of ${length} bytes`);
    records.push({ type, payload: bytes.subarray(p + 8, p + 8 + length) });
    p += 8 + ((length + 3) & ~3);
  }
  return { records, cut: null };
}

/** Takes a whole tape apart. Throws TapeError when it is no tape, cut short, of another version or damaged. */
export function parse(bytes: Uint8Array): Record[] {
  const { records, cut } = take(bytes);
  if (cut !== null) throw new TapeError(cut);
  return records;
}

export function call(payload: Uint8Array): Call {
  return { code: payload[0], link: u32(payload, 4), now: u64(payload, 8), input: payload.subarray(CALL_HEAD) };
}

/** The head of every tape. */
export function head(): Uint8Array {
  const bytes = new Uint8Array(HEAD);
  bytes.set(MAGIC);
  putU32(bytes, 8, VERSION);
  return bytes;
}

/** One record: its head, its payload, padding. */
export function record(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + ((payload.length + 3) & ~3));
  bytes[0] = type;
  putU32(bytes, 4, payload.length);
  bytes.set(payload, 8);
  return bytes;
}

export const note = (payload: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(payload));

/** Writes records one after the other; `bytes()` is the tape so far. */
export class Writer {
  #bytes = new Uint8Array(64 * 1024);
  #length = HEAD;

  constructor() {
    this.#bytes.set(MAGIC);
    putU32(this.#bytes, 8, VERSION);
  }

  call(code: number, link: number, now: bigint, input: Uint8Array): void {
    const payload = this.#record(CALL, CALL_HEAD + input.length);
    putU32(payload, 0, code);
    putU32(payload, 4, link);
    putU64(payload, 8, now);
    payload.set(input, CALL_HEAD);
  }

  entropy(bytes: Uint8Array): void {
    this.#record(ENTROPY, bytes.length).set(bytes);
  }

  read(bytes: Uint8Array | null): void {
    const payload = this.#record(READ, 4 + (bytes?.length ?? 0));
    putU32(payload, 0, bytes === null ? 0xffffffff : 0);
    if (bytes !== null) payload.set(bytes, 4);
  }

  sense(value: bigint): void {
    putU64(this.#record(SENSE, 8), 0, BigInt.asUintN(64, value));
  }

  module(bytes: Uint8Array): void {
    this.#record(MODULE, bytes.length).set(bytes);
  }

  note(what: object): void {
    const text = new TextEncoder().encode(JSON.stringify(what));
    this.#record(NOTE, text.length).set(text);
  }

  end(digest: Uint8Array): void {
    this.#record(END, 32).set(digest);
  }

  /** The memory between two calls, as runs (page.ts). */
  keyframe(calls: number, whole: boolean, runs: Uint8Array): void {
    const payload = this.#record(KEYFRAME, KEYFRAME_HEAD + runs.length);
    putU32(payload, 0, calls);
    putU32(payload, 4, whole ? 1 : 0);
    payload.set(runs, KEYFRAME_HEAD);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets all records: a new tape, in the same room. */
  clear(): void {
    this.#length = HEAD;
  }

  /** A copy of the tape. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Room for the payload of a new record. Whoever asks fills all of it. */
  #record(type: number, length: number): Uint8Array {
    const at = this.#length;
    const next = at + 8 + ((length + 3) & ~3);
    if (next > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, next));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.fill(0, at, at + 8);
    this.#bytes[at] = type;
    putU32(this.#bytes, at + 4, length);
    this.#bytes.fill(0, at + 8 + length, next); // its padding
    this.#length = next;
    return this.#bytes.subarray(at + 8, at + 8 + length);
  }
}

/** A short name for a tape's content, for people. */
export const label = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, "0");

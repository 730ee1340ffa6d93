// The line to a board, seen from its host: COBS framing and CRC-32 of the records that firmware/wire/line.ts draws.
//
//   encode(kind, a, bytes) ──▶ bytes on the line            Decoder.push(bytes) ──▶ records, whole ones only
//
// Rule: total over all bytes, as boards/runtime/line.c is: what is damaged or too long is dropped and counted, and the next 00 begins anew.

import * as line from "../../firmware/wire/line.ts";
import { crc32, putU32, u32 } from "../device/bytes.ts";

export interface Record {
  readonly kind: number;
  readonly a: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a record to us, at most: a board's longest is an event or a part of its memory. */
const LONGEST = 1 << 16;
const BLOCK = 255;
const NOTHING = new Uint8Array();

/** COBS of these bytes, with the ending 00. */
export function stuff(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / (BLOCK - 1)) + 2);
  let code = 0;
  let at = 1;
  for (const byte of bytes) {
    if (byte !== 0) out[at++] = byte;
    if (byte === 0 || at - code === BLOCK) {
      out[code] = at - code;
      code = at++;
    }
  }
  out[code] = at - code;
  return out.subarray(0, at + 1);
}

/** The bytes that a block sequence without its ending 00 stands for; null when there are none. */
export function unstuff(bytes: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(bytes.length);
  let n = 0;
  for (let at = 0; at < bytes.length;) {
    const code = bytes[at++];
    const end = at + code - 1;
    if (code === 0 || end > bytes.length) return null;
    for (; at < end; at++) out[n++] = bytes[at];
    if (code !== BLOCK && at < bytes.length) out[n++] = 0;
  }
  return out.subarray(0, n);
}

/** A record as it goes over the line. */
export function encode(kind: number, a = 0, bytes: Uint8Array = NOTHING): Uint8Array {
  const whole = new Uint8Array(line.BYTES + bytes.length + line.CHECK);
  whole[line.KIND] = kind;
  whole[line.A] = a;
  whole.set(bytes, line.BYTES);
  putU32(whole, whole.length - line.CHECK, crc32(whole.subarray(0, -line.CHECK)));
  return stuff(whole);
}

/** Takes a line's bytes as they come. */
export class Decoder {
  /** Records that did not arrive whole. */
  dropped = 0;
  #parts: Uint8Array[] = [];
  #length = 0;
  readonly #take: (record: Record) => void;

  constructor(take: (record: Record) => void) {
    this.#take = take;
  }

  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const end = bytes.indexOf(0, from);
      this.#keep(bytes.slice(from, end < 0 ? undefined : end));
      if (end < 0) return;
      this.#end();
      from = end + 1;
    }
  }

  /** Of a record without an end no more than LONGEST is kept: it is dropped when the end comes. */
  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length <= LONGEST) this.#parts.push(part);
    else this.#parts = [];
  }

  #end(): void {
    const length = this.#length;
    const whole = length > LONGEST ? null : unstuff(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#length = 0;
    const end = (whole?.length ?? 0) - line.CHECK;
    if (whole !== null && end >= line.BYTES && u32(whole, end) === crc32(whole.subarray(0, end)))
      this.#take({ kind: whole[line.KIND], a: whole[line.A], bytes: whole.subarray(line.BYTES, end) });
    else if (length > 0) this.dropped++;
  }
}

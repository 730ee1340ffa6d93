// Deterministic CBOR (RFC 8949 4.2.1) for applications: the values that transactions are made of, and nothing else.
//
//   encode(v)        number | bigint -> integer, Uint8Array -> byte string, string -> text, array, Map -> map
//   decode(bytes)    the same back; integers are bigint
//
// Rule: decode accepts exactly what encode can write. Indefinite or longer forms, floats, simple values, unsorted or
// repeated keys and trailing bytes are errors, as they are on a device.

import { concatBytes } from "@noble/hashes/utils.js";

export type Value = number | bigint | string | Uint8Array | Value[] | Map<Value, Value> | Tagged;

export class Tagged {
  constructor(
    readonly tag: bigint,
    readonly value: Value,
  ) {}
}

/** Nesting that a device follows. */
const DEPTH = 8;

function head(major: number, v: bigint): Uint8Array {
  const more = v < 24n ? 0 : v < 0x100n ? 1 : v < 0x10000n ? 2 : v < 0x100000000n ? 4 : 8;
  if (v >= 1n << 64n) throw new RangeError(`${v} does not fit 64 bits`);
  const out = new Uint8Array(1 + more);
  out[0] = (major << 5) | (more ? 24 + Math.log2(more) : Number(v));
  for (let i = more; i > 0; i--, v >>= 8n) out[i] = Number(v & 0xffn);
  return out;
}

/** Bytewise order, a prefix first. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

export function encode(v: Value): Uint8Array {
  if (typeof v === "number" && !Number.isSafeInteger(v)) throw new RangeError(`${v} is no integer that can be encoded`);
  if (typeof v === "number" || typeof v === "bigint") {
    const n = BigInt(v);
    return n < 0n ? head(1, ~n) : head(0, n);
  }
  if (typeof v === "string") {
    const text = new TextEncoder().encode(v);
    return concatBytes(head(3, BigInt(text.length)), text);
  }
  if (v instanceof Uint8Array) return concatBytes(head(2, BigInt(v.length)), v);
  if (v instanceof Tagged) return concatBytes(head(6, v.tag), encode(v.value));
  if (Array.isArray(v)) return concatBytes(head(4, BigInt(v.length)), ...v.map(encode));
  const pairs = [...v].map(([k, x]) => [encode(k), encode(x)]).sort(([a], [b]) => compare(a, b));
  if (pairs.some(([k], i) => i > 0 && compare(k, pairs[i - 1][0]) === 0))
    throw new Error("a map key stands there twice");
  return concatBytes(head(5, BigInt(pairs.length)), ...pairs.flat());
}

export function decode(bytes: Uint8Array): Value {
  let at = 0;
  const take = (n: number): Uint8Array => {
    if (n > bytes.length - at) throw new Error(`CBOR ends early: ${n} bytes wanted at ${at} of ${bytes.length}`);
    at += n;
    return bytes.subarray(at - n, at);
  };
  const item = (depth: number): Value => {
    const first = take(1)[0];
    const major = first >> 5;
    const info = first & 31;
    if (major === 7 || info > 27)
      throw new Error(`CBOR byte ${first} at ${at - 1}: nothing that a transaction may hold`);
    let v = BigInt(info);
    if (info >= 24) v = take(1 << (info - 24)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const n = v < 1n << 32n ? Number(v) : Infinity;
    if (major === 0) return v;
    if (major === 1) return ~v;
    if (major === 2) return take(n).slice();
    if (major === 3) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(take(n));
    if (depth === 0) throw new Error(`CBOR is nested deeper than ${DEPTH}`);
    if (major === 6) return new Tagged(v, item(depth - 1));
    if (n > bytes.length - at) throw new Error(`CBOR ends early: ${v} items wanted at ${at} of ${bytes.length}`);
    if (major === 4) return Array.from({ length: n }, () => item(depth - 1));
    return new Map(Array.from({ length: n }, () => [item(depth - 1), item(depth - 1)]));
  };
  const value = item(DEPTH);
  if (compare(encode(value), bytes) !== 0) throw new Error("CBOR is not in its deterministic form (RFC 8949 4.2.1)");
  return value;
}

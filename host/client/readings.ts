// Sensor readings as a SenML pack (RFC 8428 6, integers only) under a Merkle root (RFC 6962 2.1).
//
//   record = {0: name, 1: unit, 2: value in thousandths, 6: seconds}      the first one of a device gives -3 (base time)
//   leaf   = SHA-256(0, encoded record)     node = SHA-256(1, left, right)
//
// Rule: unpack(pack(readings)) gives the readings back, with absolute times.

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { decode, encode, type Value } from "./cbor.ts";

export interface Reading {
  name: string;
  /** Unit of the value as it stands: "mCel" for thousandths of a degree. */
  unit: string;
  value: bigint;
  /** Seconds; Unix time when the device knows it. */
  time: bigint;
}

const N = 0n;
const U = 1n;
const V = 2n;
const T = 6n;
const BN = -2n;
const BT = -3n;

const maps = (batch: Reading[]): Map<bigint, Value>[] =>
  batch.map(({ name, unit, value, time }, i) => {
    const record = new Map<bigint, Value>([[N, name], [U, unit], [V, value]]); // prettier-ignore
    return i === 0 ? record.set(BT, time) : record.set(T, time - batch[0].time);
  });

/** The encoded records of a pack: the leaves of its Merkle tree. */
export function records(batch: Reading[]): Uint8Array[] {
  if (batch.length < 1 || batch.length > 8) throw new RangeError(`a pack holds 1 to 8 readings, not ${batch.length}`);
  return maps(batch).map(encode);
}

/** The pack: a CBOR array of these records. */
export function pack(batch: Reading[]): Uint8Array {
  return encode(maps(batch));
}

/** The readings of a pack, base name and base time applied (RFC 8428 4.6). Throws when a record has no value or unknown labels. */
export function unpack(bytes: Uint8Array): Reading[] {
  const array = decode(bytes);
  if (!Array.isArray(array) || array.length < 1 || array.length > 8)
    throw new Error("a pack is an array of 1 to 8 records");
  let baseName = "";
  let baseTime = 0n;
  return array.map((record) => {
    if (!(record instanceof Map)) throw new Error("a record is a map");
    const text = (label: bigint): string | undefined => typed(record, label, "string") as string | undefined;
    const int = (label: bigint): bigint | undefined => typed(record, label, "bigint") as bigint | undefined;
    for (const label of record.keys())
      if (![N, U, V, T, BN, BT].includes(label as bigint)) throw new Error(`label ${label}`);
    baseName = text(BN) ?? baseName;
    baseTime = int(BT) ?? baseTime;
    const value = int(V);
    if (value === undefined) throw new Error("a record has no value");
    return { name: baseName + (text(N) ?? ""), unit: text(U) ?? "", value, time: baseTime + (int(T) ?? 0n) };
  });
}

function typed(record: Map<Value, Value>, label: bigint, type: string): Value | undefined {
  const v = record.get(label);
  if (v !== undefined && typeof v !== type) throw new Error(`label ${label} is no ${type}`);
  if (typeof v === "bigint" && BigInt.asIntN(64, v) !== v) throw new Error(`label ${label} exceeds 64 bits`);
  return v;
}

/** Merkle tree hash of RFC 6962 over any data. */
export function merkleRoot(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(concatBytes(Uint8Array.of(0), leaves[0]));
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(concatBytes(Uint8Array.of(1), merkleRoot(leaves.slice(0, k)), merkleRoot(leaves.slice(k))));
}

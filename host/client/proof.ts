// Proofs from a device's state tree (firmware/core/tree.ts): a value, or its absence, under a state root.
//
//   proof   0 salt 32 B · 32 siblings 6 x 32 B, lowest first · 224 all entries of the key's bucket
//   entry   0 key length u8 · 1 value length u8 · 2 key · value
//
//   bucket = SHA-256(salt, key)[0] & 63      leaf = SHA-256(0, entries)      node = SHA-256(1, left, right)
//   root   = SHA-256(2, salt, top)
//
// Rule: the answer follows from root, key and proof alone; whoever hands over the proof cannot choose it.

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { compare } from "./cbor.ts";

const DEPTH = 6;
const HEAD = 32 + 32 * DEPTH;

const tagged = (tag: number, ...parts: Uint8Array[]): Uint8Array => sha256(concatBytes(Uint8Array.of(tag), ...parts));

/** The value that `key` has in the state with this root, or null when it has none. Throws when the proof proves nothing. */
export function verifyProof(root: Uint8Array, key: Uint8Array, proof: Uint8Array): Uint8Array | null {
  if (proof.length < HEAD) throw new Error(`a proof has at least ${HEAD} bytes, this one ${proof.length}`);
  const salt = proof.subarray(0, 32);
  const bucket = sha256(concatBytes(salt, key))[0] & 63;
  let hash = tagged(0, proof.subarray(HEAD));
  for (let level = 0; level < DEPTH; level++) {
    const sibling = proof.subarray(32 + 32 * level, 64 + 32 * level);
    hash = (bucket >> level) & 1 ? tagged(1, sibling, hash) : tagged(1, hash, sibling);
  }
  if (compare(tagged(2, salt, hash), root) !== 0) throw new Error("the proof does not lead to this state root");
  for (let at = HEAD; at < proof.length;) {
    const [keyLength, valueLength] = proof.subarray(at, at + 2);
    const value = at + 2 + keyLength;
    if (compare(proof.subarray(at + 2, value), key) === 0) return proof.slice(value, value + valueLength);
    at = value + valueLength;
  }
  return null;
}

const keyOf = (prefix: string, kid: Uint8Array): Uint8Array => concatBytes(new TextEncoder().encode(prefix), kid);

/** Keys of the state: an account, a registered public key, the newest batch of readings, the supply. */
export const accountKey = (kid: Uint8Array): Uint8Array => keyOf("a", kid);
export const publicKey = (kid: Uint8Array): Uint8Array => keyOf("k", kid);
export const readingsKey = (kid: Uint8Array): Uint8Array => keyOf("r", kid);
export const supplyKey = (): Uint8Array => keyOf("s", new Uint8Array(0));

const view = (value: Uint8Array): DataView => new DataView(value.buffer, value.byteOffset, value.byteLength);

/** Balance and nonce out of an account's value. */
export function account(value: Uint8Array): { balance: bigint; nonce: bigint } {
  return { balance: view(value).getBigUint64(0, true), nonce: view(value).getBigUint64(8, true) };
}

/** Merkle root, number and height of the newest batch of readings out of its value. */
export function batch(value: Uint8Array): { root: Uint8Array; readings: number; height: number } {
  return {
    root: value.slice(0, 32),
    readings: view(value).getUint32(32, true),
    height: view(value).getUint32(36, true),
  };
}

// The cell: who the validators of this epoch are, who leads which view, and the ctx that stands in every signed byte.
//
//   +0 n · +4 f · +8 q · +12 me (255: no validator) · +16 epoch · +20 views per leader · +24 delta ms · +28 mtu · +32 window s
//   +36 heartbeat ms · +40 kid last asked for 8 B · +64 ctx 32 B · +96 genesis hash 32 B
//   +128 keys, a head of crypto/cached.ts each, 40 B: public key, and where its table lies in flash once there is one (core/keys.ts)
//
// Rule: everything that depends on the set of validators asks here, so that an epoch change has one place to happen.

import { CONSENSUS, CONSENSUS_END } from "../layout";
import * as genesis from "../wire/genesis";
import * as header from "../wire/header";
import * as sha256 from "../crypto/sha256";
import * as cached from "../crypto/cached";
import * as cose from "../cose/key";
import * as identity from "../core/identity";

export const CELL: usize = CONSENSUS;
export const STATE: usize = CONSENSUS + 1408; // replica.ts
export const STATEMENTS: usize = CONSENSUS + 1680; // two signed messages of 48 bytes, while a batch runs; a hash under way from 16 before
/** Where a digest is put while the object that it belongs to is judged. */
export const DIGEST: usize = STATEMENTS + 96;
export const NULLS: usize = CONSENSUS + 1808; // nulls.ts
export const SAFETY: usize = CONSENSUS + 4304; // safety.ts
export const BLOCKS: usize = CONSENSUS + 4608; // block.ts
export const INDEX: usize = CONSENSUS + 6912; // block.ts
export const ROOTS: usize = CONSENSUS + 7424; // block.ts
export const SETS: usize = CONSENSUS + 8192; // votes.ts
export const KEYS: usize = CELL + 128;
const KID: usize = CELL + 40;
export const NOBODY: u32 = 255;

// @ts-ignore: decorator
@inline export function n(): u32 {
  return load<u32>(CELL);
}
// @ts-ignore: decorator
@inline export function faults(): u32 {
  return load<u32>(CELL + 4);
}
// @ts-ignore: decorator
@inline export function quorum(): u32 {
  return load<u32>(CELL + 8);
}
// @ts-ignore: decorator
@inline export function me(): u32 {
  return load<u32>(CELL + 12);
}
// @ts-ignore: decorator
@inline export function epoch(): u32 {
  return load<u32>(CELL + 16);
}
// @ts-ignore: decorator
@inline export function viewsPerLeader(): u32 {
  return load<u32>(CELL + 20);
}
// @ts-ignore: decorator
@inline export function delta(): u32 {
  return load<u32>(CELL + 24);
}
// @ts-ignore: decorator
@inline export function mtu(): u32 {
  return load<u32>(CELL + 28);
}
// @ts-ignore: decorator
@inline export function window(): u32 {
  return load<u32>(CELL + 32);
}
// @ts-ignore: decorator
@inline export function heartbeat(): u32 {
  return load<u32>(CELL + 36);
}
// @ts-ignore: decorator
@inline export function ctx(): usize {
  return CELL + 64;
}
// @ts-ignore: decorator
@inline export function hash(): usize {
  return CELL + 96;
}
/** The head of validator i's key, which begins with the public key. */
// @ts-ignore: decorator
@inline export function key(i: u32): usize {
  return KEYS + i * cached.HEAD;
}

/** The head of the public key at pub when it is a validator's, else 0. */
export function known(pub: usize): usize {
  for (let i: u32 = 0; i < n(); i++) if (same32(key(i), pub)) return key(i);
  return 0;
}

/** Validator i's kid, in place until the next call. */
export function kid(i: u32): usize {
  cose.kid(key(i), KID);
  return KID;
}

/** Index of the validator that leads `view`. */
export function leader(view: u32): u32 {
  return (view / viewsPerLeader()) % n();
}

/** Opens the cell that the genesis of `length` bytes at p describes. */
export function open(p: usize, length: u32): void {
  const count: u32 = load<u8>(p + genesis.N);
  const f = (count - 1) / 3;
  store<u32>(CELL, count);
  store<u32>(CELL + 4, f);
  store<u32>(CELL + 8, (2 * count) / 3 + 1);
  store<u32>(CELL + 12, NOBODY);
  store<u32>(CELL + 16, 0);
  store<u32>(CELL + 20, load<u8>(p + genesis.VIEWS_PER_LEADER));
  store<u32>(CELL + 24, load<u32>(p + genesis.DELTA));
  store<u32>(CELL + 28, load<u16>(p + genesis.MTU));
  store<u32>(CELL + 32, load<u16>(p + genesis.WINDOW));
  store<u32>(CELL + 36, load<u32>(p + genesis.HEARTBEAT));
  sha256.hash(p, length, hash());
  for (let i: u32 = 0; i < count; i++) {
    const from = p + genesis.VALIDATORS + i * genesis.STRIDE;
    memory.copy(key(i), from, 32);
    store<u64>(key(i), 0, cached.WHERE); // and no halves
    if (same32(from, identity.pub())) store<u32>(CELL + 12, i);
  }
  bind();
}

/** ctx = SHA-256("synod/ctx", genesis hash, epoch, set root); set root = SHA-256 of the public keys in order. */
function bind(): void {
  sha256.init(STATEMENTS);
  for (let i: u32 = 0; i < n(); i++) sha256.update(STATEMENTS, key(i), 32);
  sha256.final(STATEMENTS, ctx());
  const p = STATEMENTS;
  store<u64>(p, 0x74632f646f6e7973); // "synod/ct"
  store<u8>(p + 8, 0x78); // "x"
  memory.copy(p + 9, hash(), 32);
  store<u32>(p + 41, epoch());
  memory.copy(p + 45, ctx(), 32);
  sha256.hash(p, 77, ctx());
}

/** digest d = SHA-256(ctx, header), to DIGEST. */
export function digest(head: usize): void {
  sha256.init(STATEMENTS - 16);
  sha256.update(STATEMENTS - 16, ctx(), 32);
  sha256.update(STATEMENTS - 16, head, header.SIZE);
  sha256.final(STATEMENTS - 16, DIGEST);
}

/** True when the 32 bytes at a and b are equal. Not for secrets. */
export function same32(a: usize, b: usize): bool {
  return (
    load<u64>(a) == load<u64>(b) &&
    load<u64>(a, 8) == load<u64>(b, 8) &&
    load<u64>(a, 16) == load<u64>(b, 16) &&
    load<u64>(a, 24) == load<u64>(b, 24)
  );
}

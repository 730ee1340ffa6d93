// The cofactored signature equation of ZIP-215, for one signature or for several at once (Straus's interleaved multiplication):
//
//   8 (sum z_i S_i B  -  sum z_i k_i A_i  -  sum z_i R_i)  =  0,     k_i = SHA-512(R_i, A_i, M_i) mod L
//
// Multiplying by 8 kills whatever torsion A_i and R_i carry, so z_i k_i may be reduced mod L for every A_i that decodes. With 128-bit z_i
// from a transcript hash a sum with a bad member vanishes once in 2^128; for a single one z = 1, or any z but 0, is exact.
//
//   slot  0 multiples of -R, 2 entries · 288 digits 254 B · 542 address of the signature u16 · 544 k, then z, 32 B · 576 multiples of -A
//
// A digit byte holds a wNAF digit of z k mod L in its low 5 bits and one of z in its high 3. A batch's slot has 4 multiples of A (digits of
// width 4); a single signature has 8 (width 5), past the end of its slot, and one of R. Rule: all of it is public, nothing is constant time.

import * as point from "./point";
import * as scalar from "./scalar";
import * as sha512 from "./sha512";
import { BYTES, HASH, RECODED, SLOTS } from "./scratch";

/** Bytes of a slot, and how many there are. */
export const SLOT: u32 = 1152;
export const CAPACITY: u32 = 7;
/** Where a slot keeps k until it is weighed, and its coefficient z after. */
export const FACTOR: usize = 544;
const DIGITS: usize = 288;
const SIGNATURE: usize = 542;
const A_TABLE: usize = 576;

if (SLOTS + 7 * 1152 > BYTES) ERROR("slots run past their room");

/**
 * Fills the slot at s with points and challenge of one signature. False when it is none at all: S not below L, or A or R not a point.
 * `count` multiples of A are made, 4 or 8; with 8, for a single signature, one of R.
 */
export function prepare(s: usize, pub: usize, p: usize, n: u32, sig: usize, count: u32): bool {
  if (!scalar.canonical(sig + 32)) return false;
  if (!point.decode(pub)) return false;
  point.multiples(s + A_TABLE, count);
  if (!point.decode(sig)) return false;
  point.multiples(s, count == 8 ? 1 : 2);
  sha512.init(HASH);
  sha512.update(HASH, sig, 32);
  sha512.update(HASH, pub, 32);
  sha512.update(HASH, p, n);
  sha512.final(HASH, s + DIGITS);
  scalar.reduce(s + FACTOR, s + DIGITS);
  store<u16>(s + SIGNATURE, <u16>sig);
  return true;
}

/** The address of the signature in a prepared slot. */
// @ts-ignore: decorator
@inline export function signature(s: usize): usize {
  return load<u16>(s + SIGNATURE);
}

/** Gives the prepared slot at s its coefficient z (32 bytes at z, below 2^128), in digits of width w for A. */
export function weigh(s: usize, z: usize, w: u32): void {
  memory.fill(s + DIGITS, 0, 254);
  memory.fill(RECODED, 0, 40);
  scalar.multiplyAdd(RECODED, z, s + FACTOR, RECODED);
  scalar.digits(s + DIGITS, RECODED, w, 31, 0);
  memory.copy(RECODED, z, 32);
  scalar.digits(s + DIGITS, RECODED, 3, 7, 5);
  memory.copy(s + FACTOR, RECODED, 32);
}

/** Adds the multiple d, odd and signed, of the point with this table. */
// @ts-ignore: decorator
@inline function add(table: usize, d: i32): void {
  const q = table + ((<usize>abs(d)) >> 1) * point.ENTRY;
  point.add(q, q + 108, d < 0);
}

/** True when the equation holds for the weighed slots from `first` up to `end` (addresses). */
export function holds(first: usize, end: usize): bool {
  memory.fill(RECODED, 0, 40);
  for (let s = first; s < end; s += SLOT) {
    scalar.multiplyAdd(RECODED, s + FACTOR, signature(s) + 32, RECODED);
  }
  scalar.recode(RECODED, RECODED);
  point.neutral();
  for (let i: u32 = 254; i != 0;) {
    i--;
    point.double();
    for (let s = first; s < end; s += SLOT) {
      const both: i32 = load<i8>(s + DIGITS + i);
      if (both == 0) continue;
      const a = (both << 27) >> 27;
      if (a != 0) add(s + A_TABLE, a);
      const r = both >> 5;
      if (r != 0) add(s, r);
    }
    if (i < 26) point.column(i);
  }
  return point.small();
}

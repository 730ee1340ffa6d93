// The cofactored signature equation of ZIP-215, for one signature or for several at once (Straus's interleaved multiplication):
//
//   8 (sum z_i S_i B  -  sum z_i k_i A_i  -  sum z_i R_i)  =  0,     k_i = SHA-512(R_i, A_i, M_i) mod L
//
// Multiplying by 8 kills whatever torsion A_i and R_i carry, so z_i k_i may be reduced mod L for every A_i that decodes.
//
// For one signature any z that is not 0 mod L is exact, so z and z k mod L are chosen short, 127 bits each: half the doublings (Pornin, "Optimized
// lattice basis reduction and fast verification", 2020). For several they are drawn from a transcript hash, so that a sum with a bad
// member vanishes with probability 2^-131: z = 24 terms +-2^j, j <= 250, no two neighbours. Such sums differ as integers (they are
// non-adjacent forms) and mod L, being below L / 2 in size, and there are C(228, 24) 2^24 > 2^131 of them (sparse exponents: Cheon and Lee 2006).
//
//   slot   0 digits 254 B: z k mod L in the low four bits, z in the high four; until weighed, k 32 B · 254 address of the entry u16
//        256 -R, halved · 364 -A, halved · 472 more multiples of -A: 3, 5 in a NARROW slot, 3, 5, 7 in a WIDE one
//        364 of a prepared key (cached.ts): z k mod L recoded, 33 B: it needs no more in a CACHED slot
//        904 of a single signature: 3, 5, 7 times -R
//
// Counted, field products a signature: 24 additions of 8 for z R, where 128 random bits take 32 and a table of two. Lost against these: buckets
// (Pippenger), 63 additions for 21 signatures; lattices that shorten z k in a batch: 128 random bits are 128 random bits, in z or in z k.
// Rule: all of it is public, nothing is constant time.

import * as layout from "../layout";
import * as comb from "./comb";
import * as native from "./native";
import * as point from "./point";
import * as scalar from "./scalar";
import * as sha512 from "./sha512";
import { FACTOR, HALVES, HASH, RANDOM, RECODED, SLOTS } from "./scratch";

/** Bytes of a slot. Those of CACHED hold prepared keys only, the others any. */
export const WIDE: u32 = 904; // 9 slots
export const NARROW: u32 = 760; // 11
export const CACHED: u32 = 397; // 21
/** Where a slot has the address of its entry, u16. */
export const ENTRY: usize = 254;
const R: usize = 256;
const KEY: usize = 364;
const KEY_MORE: usize = 472;
const R_MORE: usize = 904;

/** Room for slots. */
export const ROOM: u32 = <u32>(layout.SCRATCH_END - SLOTS);
if (SLOTS + 904 + 3 * 144 > layout.SCRATCH_END) ERROR("a single signature runs past scratch");

/** An entry at e: 0 key u16 · 2 message u16 · 4 length u16, its highest bit set for a prepared key's head · 6 signature u16. */
export function enter(e: usize, pub: usize, p: usize, n: u32, sig: usize): void {
  store<u16>(e, <u16>pub, 0);
  store<u16>(e, <u16>p, 2);
  store<u16>(e, <u16>n, 4);
  store<u16>(e, <u16>sig, 6);
}

/** Is the entry's key a prepared one? */
// @ts-ignore: decorator
@inline export function isCached(e: usize): bool {
  return load<i16>(e, 4) < 0;
}

/** The entry of a prepared slot. */
// @ts-ignore: decorator
@inline export function entry(s: usize): usize {
  return load<u16>(s + ENTRY);
}

/** The address of the signature in a prepared slot. */
// @ts-ignore: decorator
@inline export function signature(s: usize): usize {
  return load<u16>(entry(s), 6);
}

/**
 * Fills the slot at s with points and challenge of the entry at e, which must stay: 3 or 4 multiples of a key that is not prepared, 1 or 4 of
 * R. False when it is no signature at all: S not below L, or A or R not a point.
 */
export function prepare(s: usize, e: usize, ofKey: u32, ofR: u32): bool {
  const pub: usize = load<u16>(e);
  const sig: usize = load<u16>(e, 6);
  if (!scalar.canonical(sig + 32)) return false;
  if (!isCached(e)) {
    if (!point.decode(pub)) return false;
    point.multiples(s + KEY, s + KEY_MORE, ofKey);
  }
  if (!point.decode(sig)) return false;
  point.multiples(s + R, s + R_MORE, ofR);
  sha512.init(HASH);
  sha512.update(HASH, sig, 32);
  sha512.update(HASH, pub, 32);
  sha512.update(HASH, load<u16>(e, 2), load<u16>(e, 4) & 0x7fff);
  sha512.final(HASH, s);
  scalar.reduce(s, s);
  store<u16>(s + ENTRY, <u16>e);
  return true;
}

/** Puts 24 digits of 1 or -1, drawn evenly from all such, into the high bits of the empty bytes at d, from the 64 random bytes at RANDOM. */
export function draw(d: usize): void {
  let i: usize = 0;
  for (let left: u32 = 24; left != 0; i++) {
    if (i == 61) {
      sha512.hash(RANDOM, 64, RANDOM);
      i = 0;
    }
    const place: usize = load<u8>(RANDOM + i);
    if (place >= 228 || load<u8>(d + place) != 0) continue;
    left--;
    store<u8>(d + place, (load<u8>(RANDOM + 61 + (left >> 3)) >> (left & 7)) & 1 ? 0x10 : 0xf0);
  }
  // 24 of 228 places, spread by one each: 24 of 251 of which no two are neighbours
  let below: u32 = 24;
  for (let q = d + 228; q != d;) {
    q--;
    const digit = load<u8>(q);
    if (digit == 0) continue;
    below--;
    store<u8>(q, 0);
    store<u8>(q + below, digit);
  }
}

/** Keeps the recoded multiplier of a prepared key, z k mod L at RECODED, in its slot. */
function recode(s: usize): void {
  scalar.recode(RECODED, RECODED);
  memory.copy(s + KEY, RECODED, 33);
}

/** Gives the prepared slot at s a coefficient from the 64 random bytes at RANDOM. `most`: 7 in a wide slot, else 5. */
export function weigh(s: usize, most: u32): void {
  memory.copy(FACTOR, s, 32);
  memory.fill(s, 0, 254);
  draw(s);
  scalar.gather(HASH, s);
  memory.fill(RECODED, 0, 40);
  scalar.multiplyAdd(RECODED, HASH, FACTOR, RECODED);
  if (isCached(entry(s))) recode(s);
  else scalar.digits(s, RECODED, most, 0, 0);
}

/** Adds the multiple d, odd and signed, of the point with this halved entry and these multiples from 3 on. */
function add(one: usize, more: usize, d: i32): void {
  const m = (<usize>abs(d)) >> 1;
  const q = more + m * point.ENTRY;
  if (m == 0) point.add(one, 0, d < 0);
  else point.add(q - point.ENTRY, q - 36, d < 0);
}

/** True when the equation holds for the weighed slots from `first` up to `end`, `size` bytes apart, whose digits end below place `top`. */
export function holds(first: usize, end: usize, size: u32, top: u32): bool {
  memory.fill(RECODED, 0, 40);
  for (let s = first; s < end; s += size) {
    scalar.gather(HASH, s);
    scalar.multiplyAdd(RECODED, HASH, signature(s) + 32, RECODED);
  }
  scalar.recode(RECODED, RECODED);
  point.neutral();
  let some = false; // while nothing was added, nothing is doubled
  for (let i = top; i != 0;) {
    i--;
    if (some) point.double();
    if (i < 52) some = true;
    for (let s = first; s < end; s += size) {
      if (i < 52 && isCached(entry(s))) {
        const head: usize = load<u16>(entry(s));
        const halves = load<u32>(head, 36);
        if (i * halves < 52) point.column(s + KEY, i, load<u32>(head, 32), halves);
      }
      const both: i32 = load<i8>(s + i);
      if (both == 0) continue;
      some = true;
      const a = (both << 28) >> 28;
      if (a != 0) add(s + KEY, s + KEY_MORE, a);
      const r = both >> 4;
      if (r != 0) add(s + R, s + R_MORE, r);
    }
    if (i < 26) point.column(RECODED, i, comb.TABLE, 2);
  }
  return point.small();
}

/** What a table called bad, asked again without it: true when the entry at e is a signature after all; then its head gives the table up. */
export function appeal(e: usize): bool {
  if (!isCached(e)) return false;
  layout.count(layout.VERIFIED, 1);
  store<u16>(e, load<u16>(e, 4) & 0x7fff, 4);
  if (!single(e)) return false;
  store<u32>(load<u16>(e), 0, 36);
  return true;
}

/** True when the entry at e is a signature. */
export function single(e: usize): bool {
  const s = SLOTS;
  const cached = isCached(e);
  layout.count(layout.BATCHES, 1);
  layout.count(layout.ALONE, 1);
  layout.count(layout.PREPARED_ALONE, <u32>cached);
  if (native.good(e, e + 8)) return true;
  if (!prepare(s, e, 4, cached ? 1 : 4)) return false;
  if (cached) {
    memory.copy(RECODED, s, 32);
    recode(s);
    memory.fill(s, 0, 254);
    store<u8>(s, 0x10); // z = 1
    return holds(s, s + CACHED, CACHED, 52 / load<u32>(load<u16>(e), 36));
  }
  const flip = scalar.halve(s);
  memory.fill(s, 0, 254);
  scalar.digits(s, HALVES + 72, 7, 0, flip);
  scalar.digits(s, HALVES + 104, 7, 4, 0);
  return holds(s, s + WIDE, WIDE, 129);
}

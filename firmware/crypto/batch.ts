// Many signatures at once: begin, add up to 32, run. The verdict on each is that of ed25519.verify.
//
//   entry at PENDING + 8 i: straus.enter's, all addresses: what they name stays in place till run
//
// run takes the entries in chunks of up to eleven, as many as have room for their tables; where nine are enough, tables are larger; where all
// keys are prepared, 21 have room. A chunk that is cheaper so is verified one by one: one signature, six prepared keys with two halves, four
// with one. Of the others, those that are no signature at all are named at once; the rest share one equation with coefficients z_i drawn from
// SHA-512(t, address of the entry), t = SHA-512 over all R_i, S_i, k_i of the chunk (k_i binds A_i and M_i). When it fails, halves are tried until every culprit stands alone; a half that must be bad, since the whole was and
// the other half is not, is not tried again. Rule: between begin and run nothing else may touch the pending list.

import * as layout from "../layout";
import * as native from "./native";
import * as sha512 from "./sha512";
import * as straus from "./straus";
import { COUNT, HASH, PENDING, RANDOM, SEED, SLOTS } from "./scratch";

export const CAPACITY: u32 = 32;
// What an equation costs, and what a signature costs less in one than alone, by the halves of its key: 10,000 instructions of x86-64, counted:
// 3.77 M, and 4.03 for 1.95 M, 2.56 for 1.62 M, 2.24 for 1.62 M
const EQUATION: u32 = 377;
const LESS: usize = memory.data<u8>([208, 94, 62]);

/** The bit of a pending entry. */
// @ts-ignore: decorator
@inline function bit(e: usize): u32 {
  return 1 << ((<u32>(e - PENDING)) >> 3);
}

/** Forgets all pending entries. */
export function begin(): void {
  store<u32>(COUNT, 0);
}

/** Adds one signature; returns its index, which is its bit in the result of run. At most 32, of messages below 2^15 bytes. */
export function add(pub: usize, p: usize, n: u32, sig: usize): u32 {
  assert(n < 0x8000);
  return pend(pub, p, n, sig);
}

function pend(pub: usize, p: usize, n: u32, sig: usize): u32 {
  const i = load<u32>(COUNT);
  assert(i < CAPACITY);
  straus.enter(PENDING + ((<usize>i) << 3), pub, p, n, sig);
  store<u32>(COUNT, i + 1);
  return i;
}

/** The same by a key's head (cached.ts), with its table if it has one. */
export function addCached(head: usize, p: usize, n: u32, sig: usize): u32 {
  assert(n < 0x8000);
  return pend(head, p, load<u32>(head, 36) != 0 ? n | 0x8000 : n, sig);
}

/** Coefficients for the n prepared slots, `size` bytes apart. */
function weigh(n: u32, size: u32): void {
  sha512.init(HASH);
  for (let i: u32 = 0; i < n; i++) {
    const s = SLOTS + i * size;
    sha512.update(HASH, straus.signature(s), 64);
    sha512.update(HASH, s, 32);
  }
  sha512.final(HASH, SEED);
  for (let i: u32 = 0; i < n; i++) {
    const s = SLOTS + i * size;
    sha512.init(HASH);
    sha512.update(HASH, SEED, 64);
    sha512.update(HASH, s + straus.ENTRY, 2);
    sha512.final(HASH, RANDOM);
    straus.weigh(s, size == straus.WIDE ? 7 : 5);
  }
}

/** The culprits among slots from..to, as bits of their entries. `bad`: it is known already that there is one. */
function search(from: u32, to: u32, size: u32, bad: bool): u32 {
  if (!bad) {
    layout.count(layout.BATCHES, 1);
    if (straus.holds(SLOTS + from * size, SLOTS + to * size, size, 254)) return 0;
  }
  if (to - from == 1) return bit(straus.entry(SLOTS + from * size));
  const middle = (from + to) >> 1;
  const left = search(from, middle, size, false);
  return left | search(middle, to, size, left == 0);
}

/** Verifies all pending entries and forgets them: a bitmap of the bad ones, 0 when all are good. */
export function run(): u32 {
  const count = load<u32>(COUNT);
  begin();
  const end = PENDING + ((<usize>count) << 3);
  let bad = judge(count, end);
  for (let e = PENDING; e != end; e += 8) if ((bad & bit(e)) != 0 && straus.appeal(e)) bad &= ~bit(e);
  return bad;
}

/** Does the chunk from..stop cost less with one equation than with one for each? */
function worth(from: usize, stop: usize): bool {
  let less: u32 = 0;
  for (let e = from; e != stop; e += 8) less += load<u8>(LESS + (straus.isCached(e) ? load<u32>(load<u16>(e), 36) : 0));
  return less > EQUATION;
}

/** The bitmap of the bad ones, as far as tables of keys can be trusted. */
function judge(count: u32, end: usize): u32 {
  layout.count(layout.VERIFIED, count);
  let cold: u32 = 0;
  for (let e = PENDING; e != end; e += 8) if (!straus.isCached(e)) cold++;
  layout.count(layout.PREPARED, count - cold);
  let bad: u32 = 0;
  const size = cold == 0 ? straus.CACHED : count * straus.WIDE <= straus.ROOM ? straus.WIDE : straus.NARROW;
  for (let e = PENDING; e != end;) {
    const stop = min(end, e + ((straus.ROOM / size) << 3));
    if (!worth(e, stop)) {
      for (; e != stop; e += 8) if (!straus.single(e)) bad |= bit(e);
      continue;
    }
    const good = native.good(e, stop); // says the port: then all that is left is to count what was not done
    let n: u32 = 0;
    for (; e != stop; e += 8) {
      if (good || straus.prepare(SLOTS + n * size, e, size == straus.WIDE ? 4 : 3, 1)) n++;
      else bad |= bit(e);
    }
    if (n == 0) continue;
    if (good) {
      layout.count(layout.BATCHES, 1);
      layout.count(layout.SHA512_BLOCKS, sha512.blocks(96 * n) + n);
      continue;
    }
    weigh(n, size);
    bad |= search(0, n, size, false);
  }
  return bad;
}

// Many signatures at once: begin, add up to 32, run. The verdict on each is that of ed25519.verify.
//
//   entry at PENDING + 8 i:  0 key u16 · 2 message u16 · 4 its length u16 · 6 signature u16     (addresses: all of it stays in place till run)
//
// run takes the entries in chunks of up to eleven, as many as have room for their tables; where nine are enough, tables are larger; one alone
// is verified alone. Those that are no signature at all are named at once; the rest share one equation with coefficients z_i drawn from
// SHA-512(t, i), t = SHA-512 over all R_i, S_i, k_i of the chunk (k_i binds A_i and M_i). When it fails, halves are tried until every culprit stands alone; a half that must be bad, since the whole was and
// the other half is not, is not tried again. Rule: between begin and run nothing else may touch the pending list.

import * as layout from "../layout";
import * as sha512 from "./sha512";
import * as straus from "./straus";
import { COUNT, HASH, ORDER, PENDING, RANDOM, SEED, SLOTS } from "./scratch";

export const CAPACITY: u32 = 32;

/** Forgets all pending entries. */
export function begin(): void {
  store<u32>(COUNT, 0);
}

/** Adds one signature; returns its index, which is its bit in the result of run. At most 32. */
export function add(pub: usize, p: usize, n: u32, sig: usize): u32 {
  const i = load<u32>(COUNT);
  assert(i < CAPACITY);
  const e = PENDING + ((<usize>i) << 3);
  store<u16>(e, <u16>pub, 0);
  store<u16>(e, <u16>p, 2);
  store<u16>(e, <u16>n, 4);
  store<u16>(e, <u16>sig, 6);
  store<u32>(COUNT, i + 1);
  return i;
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
    sha512.update(HASH, ORDER + i, 1);
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
  if (to - from == 1) return 1 << load<u8>(ORDER + from);
  const middle = (from + to) >> 1;
  const left = search(from, middle, size, false);
  return left | search(middle, to, size, left == 0);
}

/** Verifies all pending entries and forgets them: a bitmap of the bad ones, 0 when all are good. */
export function run(): u32 {
  const count = load<u32>(COUNT);
  layout.count(layout.VERIFIED, count);
  begin();
  if (count == 1) {
    layout.count(layout.BATCHES, 1);
    const e = PENDING;
    return <u32>!straus.single(load<u16>(e, 0), load<u16>(e, 2), load<u16>(e, 4), load<u16>(e, 6));
  }
  const wide = count <= straus.WIDES;
  const size = wide ? straus.WIDE : straus.NARROW;
  let bad: u32 = 0;
  for (let i: u32 = 0; i < count;) {
    let n: u32 = 0;
    for (; i < count && n < straus.NARROWS; i++) {
      const e = PENDING + ((<usize>i) << 3);
      const s = SLOTS + n * size;
      if (straus.prepare(s, load<u16>(e, 0), load<u16>(e, 2), load<u16>(e, 4), load<u16>(e, 6), wide ? 4 : 3, 1)) {
        store<u8>(ORDER + n, <u8>i);
        n++;
      } else {
        bad |= 1 << i;
      }
    }
    if (n == 0) continue;
    weigh(n, size);
    bad |= search(0, n, size, false);
  }
  return bad;
}

// Arithmetic mod p = 2^255 - 19 on nine signed limbs of 28 1/3 bits on average, each an i32 in memory, an i64 in the works.
//
//   value = sum of l_i * 2^e_i      i     0   1   2   3    4    5    6    7    8
//                                  e_i   0  29  57  85  114  142  170  199  227      e_i = ceil(255 i / 9)
//                                  w_i  29  28  28  29   28   28   29   28   28      w_i = e_(i+1) - e_i, e_9 = 255
//
// Nine limbs give 81 products, as 9 x 29 bits would, but the last carry leaves at 2^255 exactly, where it weighs 19, and a limb is
// small enough that sums need no carry of their own. Since e_i is rounded up, l_i * m_j belongs at 2^(e_(i+j)) once or twice:
// twice when (i mod 3, j mod 3) is (1,1), (1,2) or (2,1).
//
// Bounds. Unit: a limb "of size s" is at most s * 2^w_i * (1 + 2^-17) in absolute value.
//   N  results of mul and sq: limbs 0 and 2..8 in [0, 2^w_i), limb 1 in (-2^11, 2^28 + 2^11): size 1
//   sums and differences of sizes s and t have size s + t; a difference of two N has size 1
//   mul takes sizes s, t with s*t <= 6; sq takes s with s*s <= 6.
// Proof: a product counted twice or once is at most 2^57 s t, or 2^58 s t when i = j = 0 mod 3. A column has at most 9 products with
// 9 * 2^57, or, columns 6 and 9, 10 * 2^57 in sum: 60 * 2^57 for s*t = 6. The carry in is below 2^36 and 19 h below 2^35, so |t| <
// 60.1 * 2^57 < 2^63. The last carry (t >> 28) is below 2^35, times 19 below 2^39.3: it moves limb 1 by less than 2^10.4.
// A stored limb is below 3.1 * 2^29 < 2^31. test/crypto/field.test.ts recomputes the column sums and drives limbs to these extremes.
//
// Rule: no branch and no address depends on a value.

import * as scratch from "./scratch";

const M29: i64 = 0x1fffffff;
const M28: i64 = 0x0fffffff;

/** o = a * b; o may be a or b. Sizes s*t <= 6 in, N out. */
// prettier-ignore
export function mul(o: usize, a: usize, b: usize): void {
  const a0: i64 = load<i32>(a, 0);
  const a1: i64 = load<i32>(a, 4);
  const a2: i64 = load<i32>(a, 8);
  const a3: i64 = load<i32>(a, 12);
  const a4: i64 = load<i32>(a, 16);
  const a5: i64 = load<i32>(a, 20);
  const a6: i64 = load<i32>(a, 24);
  const a7: i64 = load<i32>(a, 28);
  const a8: i64 = load<i32>(a, 32);
  const b0: i64 = load<i32>(b, 0);
  const b1: i64 = load<i32>(b, 4);
  const b2: i64 = load<i32>(b, 8);
  const b3: i64 = load<i32>(b, 12);
  const b4: i64 = load<i32>(b, 16);
  const b5: i64 = load<i32>(b, 20);
  const b6: i64 = load<i32>(b, 24);
  const b7: i64 = load<i32>(b, 28);
  const b8: i64 = load<i32>(b, 32);
  const d1 = a1 + a1;
  const d2 = a2 + a2;
  const d4 = a4 + a4;
  const d5 = a5 + a5;
  const d7 = a7 + a7;
  const d8 = a8 + a8;
  let t: i64 = d1 * b8 + d2 * b7 + a3 * b6 + d4 * b5 + d5 * b4 + a6 * b3 + d7 * b2 + d8 * b1;
  const h0 = t & M29;
  t = (t >> 29) + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  const h1 = t & M28;
  t = (t >> 28) + a3 * b8 + d4 * b7 + a5 * b6 + a6 * b5 + d7 * b4 + a8 * b3;
  const h2 = t & M28;
  t = (t >> 28) + d4 * b8 + d5 * b7 + a6 * b6 + d7 * b5 + d8 * b4;
  const h3 = t & M29;
  t = (t >> 29) + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  const h4 = t & M28;
  t = (t >> 28) + a6 * b8 + d7 * b7 + a8 * b6;
  const h5 = t & M28;
  t = (t >> 28) + d7 * b8 + d8 * b7;
  const h6 = t & M29;
  t = (t >> 29) + a8 * b8;
  const h7 = t & M28;
  const h8 = t >> 28;
  t = h0 * 19 + a0 * b0;
  const r0 = t & M29;
  t = (t >> 29) + h1 * 19 + a0 * b1 + a1 * b0;
  const r1 = t & M28;
  t = (t >> 28) + h2 * 19 + a0 * b2 + d1 * b1 + a2 * b0;
  store<i32>(o, t & M28, 8);
  t = (t >> 28) + h3 * 19 + a0 * b3 + d1 * b2 + d2 * b1 + a3 * b0;
  store<i32>(o, t & M29, 12);
  t = (t >> 29) + h4 * 19 + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  store<i32>(o, t & M28, 16);
  t = (t >> 28) + h5 * 19 + a0 * b5 + d1 * b4 + a2 * b3 + a3 * b2 + d4 * b1 + a5 * b0;
  store<i32>(o, t & M28, 20);
  t = (t >> 28) + h6 * 19 + a0 * b6 + d1 * b5 + d2 * b4 + a3 * b3 + d4 * b2 + d5 * b1 + a6 * b0;
  store<i32>(o, t & M29, 24);
  t = (t >> 29) + h7 * 19 + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  store<i32>(o, t & M28, 28);
  t = (t >> 28) + h8 * 19 + a0 * b8 + d1 * b7 + a2 * b6 + a3 * b5 + d4 * b4 + a5 * b3 + a6 * b2 + d7 * b1 + a8 * b0;
  store<i32>(o, t & M28, 32);
  t = (t >> 28) * 19 + r0;
  store<i32>(o, t & M29, 0);
  store<i32>(o, (t >> 29) + r1, 4);
}

/** o = a^(2^n), n >= 1: n squarings; o may be a. Size s with s*s <= 6 in, N out. */
// prettier-ignore
export function sq(o: usize, a: usize, n: u32): void {
  do {
    const a0: i64 = load<i32>(a, 0);
    const a1: i64 = load<i32>(a, 4);
    const a2: i64 = load<i32>(a, 8);
    const a3: i64 = load<i32>(a, 12);
    const a4: i64 = load<i32>(a, 16);
    const a5: i64 = load<i32>(a, 20);
    const a6: i64 = load<i32>(a, 24);
    const a7: i64 = load<i32>(a, 28);
    const a8: i64 = load<i32>(a, 32);
    const d0 = a0 + a0;
    const d1 = a1 + a1;
    const d2 = a2 + a2;
    const d3 = a3 + a3;
    const d4 = a4 + a4;
    const d5 = a5 + a5;
    const d6 = a6 + a6;
    const d7 = a7 + a7;
    const d8 = a8 + a8;
    let t: i64 = d1 * d8 + d2 * d7 + d3 * a6 + d4 * d5;
    const h0 = t & M29;
    t = (t >> 29) + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5;
    const h1 = t & M28;
    t = (t >> 28) + d3 * a8 + d4 * d7 + d5 * a6;
    const h2 = t & M28;
    t = (t >> 28) + d4 * d8 + d5 * d7 + a6 * a6;
    const h3 = t & M29;
    t = (t >> 29) + d5 * a8 + d6 * a7;
    const h4 = t & M28;
    t = (t >> 28) + d6 * a8 + d7 * a7;
    const h5 = t & M28;
    t = (t >> 28) + d7 * d8;
    const h6 = t & M29;
    t = (t >> 29) + a8 * a8;
    const h7 = t & M28;
    const h8 = t >> 28;
    t = h0 * 19 + a0 * a0;
    const r0 = t & M29;
    t = (t >> 29) + h1 * 19 + d0 * a1;
    const r1 = t & M28;
    t = (t >> 28) + h2 * 19 + d0 * a2 + d1 * a1;
    store<i32>(o, t & M28, 8);
    t = (t >> 28) + h3 * 19 + d0 * a3 + d1 * d2;
    store<i32>(o, t & M29, 12);
    t = (t >> 29) + h4 * 19 + d0 * a4 + d1 * a3 + a2 * a2;
    store<i32>(o, t & M28, 16);
    t = (t >> 28) + h5 * 19 + d0 * a5 + d1 * d4 + d2 * a3;
    store<i32>(o, t & M28, 20);
    t = (t >> 28) + h6 * 19 + d0 * a6 + d1 * d5 + d2 * d4 + a3 * a3;
    store<i32>(o, t & M29, 24);
    t = (t >> 29) + h7 * 19 + d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4;
    store<i32>(o, t & M28, 28);
    t = (t >> 28) + h8 * 19 + d0 * a8 + d1 * d7 + d2 * a6 + d3 * a5 + d4 * a4;
    store<i32>(o, t & M28, 32);
    t = (t >> 28) * 19 + r0;
    store<i32>(o, t & M29, 0);
    store<i32>(o, (t >> 29) + r1, 4);
    a = o;
  } while (--n != 0);
}

/**
 * o = a + b, where both have no negative limb but limb 1 (N, or a sum of N): limbs are added in pairs, and no carry leaves the low one
 * of a pair, which is limb 0, 2, 4 or 6.
 */
export function add(o: usize, a: usize, b: usize): void {
  store<u64>(o, load<u64>(a, 0) + load<u64>(b, 0), 0);
  store<u64>(o, load<u64>(a, 8) + load<u64>(b, 8), 8);
  store<u64>(o, load<u64>(a, 16) + load<u64>(b, 16), 16);
  store<u64>(o, load<u64>(a, 24) + load<u64>(b, 24), 24);
  store<u32>(o, load<u32>(a, 32) + load<u32>(b, 32), 32);
}

/** sum = a + b, difference = a - b; either may be a or b. Three limbs a pass. */
export function both(sum: usize, difference: usize, a: usize, b: usize): void {
  for (const end = a + 36; a != end; a += 12, b += 12, sum += 12, difference += 12) {
    const a0 = load<i32>(a, 0);
    const a1 = load<i32>(a, 4);
    const a2 = load<i32>(a, 8);
    const b0 = load<i32>(b, 0);
    const b1 = load<i32>(b, 4);
    const b2 = load<i32>(b, 8);
    store<i32>(sum, a0 + b0, 0);
    store<i32>(sum, a1 + b1, 4);
    store<i32>(sum, a2 + b2, 8);
    store<i32>(difference, a0 - b0, 0);
    store<i32>(difference, a1 - b1, 4);
    store<i32>(difference, a2 - b2, 8);
  }
}

/** o = the small number x, below 2^28. */
export function small(o: usize, x: i32): void {
  memory.fill(o, 0, 36);
  store<i32>(o, x);
}

/** Reads 32 little-endian bytes; bit 255 is left out, a value of p or more is taken as it is (reduced by later products). */
export function decode(o: usize, p: usize): void {
  const w0 = load<u64>(p, 0);
  const w1 = load<u64>(p, 8);
  const w2 = load<u64>(p, 16);
  const w3 = load<u64>(p, 24);
  store<i32>(o, w0 & M29, 0);
  store<i32>(o, (w0 >> 29) & M28, 4);
  store<i32>(o, ((w0 >> 57) | (w1 << 7)) & M28, 8);
  store<i32>(o, (w1 >> 21) & M29, 12);
  store<i32>(o, ((w1 >> 50) | (w2 << 14)) & M28, 16);
  store<i32>(o, (w2 >> 14) & M28, 20);
  store<i32>(o, ((w2 >> 42) | (w3 << 22)) & M29, 24);
  store<i32>(o, (w3 >> 7) & M28, 28);
  store<i32>(o, (w3 >> 35) & M28, 32);
}

/** Adds t to the nine limbs at p and carries through once: leaves each in [0, 2^w_i), returns what is carried out at 2^255. */
function carry(p: usize, t: i64): i64 {
  for (const end = p + 36; p != end; p += 12) {
    t += <i64>load<i32>(p, 0);
    store<i32>(p, t & M29, 0);
    t = (t >> 29) + <i64>load<i32>(p, 4);
    store<i32>(p, t & M28, 4);
    t = (t >> 28) + <i64>load<i32>(p, 8);
    store<i32>(p, t & M28, 8);
    t >>= 28;
  }
  return t;
}

/**
 * Writes the canonical 32 bytes of a, whose value v is above -2p and below 2^258: N, or a difference or sum of two or three N.
 * w = v + 2p >= 0 leaves c = floor(w / 2^255) <= 9, so w' = w - c p = (w mod 2^255) + 19 c is in [0, 2^255 + 171]. w' + 19 carries
 * q = 1 out iff w' >= p, leaving w' - p, which is the result; else 19 is taken off again.
 */
export function encode(out: usize, a: usize): void {
  const l = scratch.LIMBS;
  memory.copy(l, a, 36);
  store<i32>(l, load<i32>(l, 32) + 0x20000000, 32); // 2^29 * 2^227 = 2^256 = 2p + 38
  const c = carry(l, -38);
  const q = carry(l, 19 * c + 19);
  carry(l, 19 * (q - 1));
  const l2: u64 = load<u32>(l, 8);
  const l4: u64 = load<u32>(l, 16);
  const l6: u64 = load<u32>(l, 24);
  store<u64>(out, (<u64>load<u32>(l, 0)) | ((<u64>load<u32>(l, 4)) << 29) | (l2 << 57), 0);
  store<u64>(out, (l2 >> 7) | ((<u64>load<u32>(l, 12)) << 21) | (l4 << 50), 8);
  store<u64>(out, (l4 >> 14) | ((<u64>load<u32>(l, 20)) << 14) | (l6 << 42), 16);
  store<u64>(out, (l6 >> 22) | ((<u64>load<u32>(l, 28)) << 7) | ((<u64>load<u32>(l, 32)) << 35), 24);
}

/** True when a (as encode takes it) is 0 mod p. */
export function isZero(a: usize): bool {
  encode(scratch.BYTES, a);
  const p = scratch.BYTES;
  return (load<u64>(p, 0) | load<u64>(p, 8) | load<u64>(p, 16) | load<u64>(p, 24)) == 0;
}

/**
 * o = a^(2^252 - 3) (invert = false), the power that decompression needs, or o = a^(p - 2) = 1/a (invert = true; 0 gives 0).
 * o and a lie outside TWICE and are distinct. 252 or 254 squarings, 11 products; xK below is a^(2^K - 1).
 */
export function power(o: usize, a: usize, invert: bool): void {
  const s = scratch.TWICE;
  const t = scratch.TWICE + 36;
  const u = scratch.TWICE + 72;
  const eleven = scratch.TWICE + 108;
  sq(s, a, 1); // a^2
  sq(t, s, 2); // a^8
  mul(t, t, a); // a^9
  mul(eleven, s, t); // a^11
  sq(s, eleven, 1); // a^22
  mul(s, s, t); // x5
  sq(t, s, 5);
  mul(s, t, s); // x10
  sq(t, s, 10);
  mul(t, t, s); // x20
  sq(u, t, 20);
  mul(t, u, t); // x40
  sq(t, t, 10);
  mul(s, t, s); // x50
  sq(t, s, 50);
  mul(t, t, s); // x100
  sq(u, t, 100);
  mul(t, u, t); // x200
  sq(t, t, 50);
  mul(t, t, s); // x250
  if (invert) {
    sq(t, t, 5);
    mul(o, t, eleven); // 2^255 - 32 + 11 = p - 2
  } else {
    sq(t, t, 2);
    mul(o, t, a); // 2^252 - 4 + 1
  }
}

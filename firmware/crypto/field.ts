// Arithmetic mod p = 2^255 - 19 on nine signed limbs of 29 bits, the last of 23: value = sum of l_i 2^(29 i). Each is an i32 in memory, an i64
// in the works.
//
// Bounds. Unit: 2^29 for limbs 0..7, 2^23 for limb 8. Classes of operands, by even limbs | odd limbs, up to 2^-12 of a unit more:
//   N  [0, 1)  | [0, 1)    what mul and sq leave; limb 1 in (-2^16, 2^29 + 2^16)
//   S  [0, 2)  | (-1, 1)   sum of two N       D  (0, 2) | (-1, 1)   difference of two N
// Sums and differences move one unit between neighbours (a limb gains 1 where the one below lost 2^29), which leaves their value as it is
// and even limbs without sign, so that two limbs travel in one 64-bit addition. Limb 8 has no neighbour: 2 units in S, (-1, 1) in D.
//   mul  takes operands for which no column exceeds 31 units squared: any two of N, S, D (at most 16: in columns of even index even limbs
//        meet even ones, 5 pairs of 4 less the small limb 8, in the others even meet odd, 8 pairs of 2); anything in (-2, 2) with (-1, 1) in
//        all limbs (8 pairs of 2), so N with all that fits in 30 bits; and what point.double proves of its own.
//   sq   takes N, S or D.
// Proof: column 7 is the largest, 8 products of 2^58 per unit squared. The carry in is below 2^35, 1216 h_k below 2^40 for k < 7; h_7
// holds only a_8 b_8 < 4 * 2^46 and a carry, so 1216 h_7 < 2^59.3. With 31 units: |t| < 31 * 2^58 + 2^59.4 < 2^63. The last
// carry (t >> 23) is below 2^40, as a_i b_(8-i) is small for i = 0, 8, times 19 below 2^44.3: limb 1 moves by less than 2^15.3.
// test/crypto/field.test.ts recomputes the columns and drives limbs to these extremes.
//
// mul, by operations of wasm3: 369 as here; 387 by rows of nine products and 9 x 29 bits with a 19 that is shifted; 395 by 9 x 28 1/3
// bits; 431 by 10 x 25.5. Three blocks of three limbs need 6 x 9 products instead of 81 (Karatsuba): x_i y_j + x_j y_i = x_i y_i +
// x_j y_j + (x_i - x_j)(y_j - y_i). A product costs wasm3 three operations (multiply, add, put the sum aside), the 45 sums of what is
// known already one each. All of it is mod 2^64, and only the sums of columns have to fit. For squares it gains nothing (180 for 149).
// sq, 244 in a chain: limbs stay in locals from one squaring to the next.
//
// Rule: no branch and no address depends on a value.

import * as scratch from "./scratch";

const M29: i64 = 0x1fffffff;
const M23: i64 = 0x7fffff;
const FOLD: i64 = 1216; // 2^261 mod p

/** o = a * b; o may be a or b. N out. */
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
  // each block with itself, columns 0 to 4
  const p0 = a0 * b0;
  const p1 = a0 * b1 + a1 * b0;
  const p2 = a0 * b2 + a1 * b1 + a2 * b0;
  const p3 = a1 * b2 + a2 * b1;
  const p4 = a2 * b2;
  const q0 = a3 * b3;
  const q1 = a3 * b4 + a4 * b3;
  const q2 = a3 * b5 + a4 * b4 + a5 * b3;
  const q3 = a4 * b5 + a5 * b4;
  const q4 = a5 * b5;
  const s0 = a6 * b6;
  const s1 = a6 * b7 + a7 * b6;
  const s2 = a6 * b8 + a7 * b7 + a8 * b6;
  const s3 = a7 * b8 + a8 * b7;
  const s4 = a8 * b8;
  // differences of blocks: first and second, first and third, second and third
  const u0 = a0 - a3;
  const u1 = a1 - a4;
  const u2 = a2 - a5;
  const U0 = b3 - b0;
  const U1 = b4 - b1;
  const U2 = b5 - b2;
  const v0 = a0 - a6;
  const v1 = a1 - a7;
  const v2 = a2 - a8;
  const V0 = b6 - b0;
  const V1 = b7 - b1;
  const V2 = b8 - b2;
  const w0 = a3 - a6;
  const w1 = a4 - a7;
  const w2 = a5 - a8;
  const W0 = b6 - b3;
  const W1 = b7 - b4;
  const W2 = b8 - b5;
  // columns 9 to 16, which weigh 2^261 = 1216 (mod p) times those from 0 to 7
  let t: i64 = p3 + q3 + q0 + s3 + s0 + v1 * V2 + v2 * V1 + w0 * W0;
  const h0 = t & M29;
  t = (t >> 29) + p4 + q4 + q1 + s4 + s1 + v2 * V2 + w0 * W1 + w1 * W0;
  const h1 = t & M29;
  t = (t >> 29) + q2 + s2 + w0 * W2 + w1 * W1 + w2 * W0;
  const h2 = t & M29;
  t = (t >> 29) + q3 + s3 + s0 + w1 * W2 + w2 * W1;
  const h3 = t & M29;
  t = (t >> 29) + q4 + s4 + s1 + w2 * W2;
  const h4 = t & M29;
  t = (t >> 29) + s2;
  const h5 = t & M29;
  t = (t >> 29) + s3;
  const h6 = t & M29;
  const h7 = (t >> 29) + s4;
  t = h0 * FOLD + p0;
  const r0 = t & M29;
  t = (t >> 29) + h1 * FOLD + p1;
  const r1 = t & M29;
  t = (t >> 29) + h2 * FOLD + p2;
  store<i32>(o, t & M29, 8);
  t = (t >> 29) + h3 * FOLD + p3 + p0 + q0 + u0 * U0;
  store<i32>(o, t & M29, 12);
  t = (t >> 29) + h4 * FOLD + p4 + p1 + q1 + u0 * U1 + u1 * U0;
  store<i32>(o, t & M29, 16);
  t = (t >> 29) + h5 * FOLD + p2 + q2 + u0 * U2 + u1 * U1 + u2 * U0;
  store<i32>(o, t & M29, 20);
  t = (t >> 29) + h6 * FOLD + p3 + p0 + q3 + q0 + s0 + u1 * U2 + u2 * U1 + v0 * V0;
  store<i32>(o, t & M29, 24);
  t = (t >> 29) + h7 * FOLD + p4 + p1 + q4 + q1 + s1 + u2 * U2 + v0 * V1 + v1 * V0;
  store<i32>(o, t & M29, 28);
  t = (t >> 29) + p2 + q2 + s2 + v0 * V2 + v1 * V1 + v2 * V0;
  store<i32>(o, t & M23, 32);
  t = (t >> 23) * 19 + r0;
  store<i32>(o, t & M29, 0);
  store<i32>(o, (t >> 29) + r1, 4);
}

/** o = a^(2^n), n >= 1: n squarings; o may be a. N, S or D in, N out. */
// prettier-ignore
export function sq(o: usize, a: usize, n: u32): void {
  let a0: i64 = load<i32>(a, 0);
  let a1: i64 = load<i32>(a, 4);
  let a2: i64 = load<i32>(a, 8);
  let a3: i64 = load<i32>(a, 12);
  let a4: i64 = load<i32>(a, 16);
  let a5: i64 = load<i32>(a, 20);
  let a6: i64 = load<i32>(a, 24);
  let a7: i64 = load<i32>(a, 28);
  let a8: i64 = load<i32>(a, 32);
  let r2: i64, r3: i64, r4: i64, r5: i64, r6: i64, r7: i64, r8: i64;
  for (;;) {
    const d0 = a0 + a0;
    const d1 = a1 + a1;
    const d2 = a2 + a2;
    const d3 = a3 + a3;
    const d4 = a4 + a4;
    const d5 = a5 + a5;
    const d6 = a6 + a6;
    const d7 = a7 + a7;
    let t: i64 = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5;
    const h0 = t & M29;
    t = (t >> 29) + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5;
    const h1 = t & M29;
    t = (t >> 29) + d3 * a8 + d4 * a7 + d5 * a6;
    const h2 = t & M29;
    t = (t >> 29) + d4 * a8 + d5 * a7 + a6 * a6;
    const h3 = t & M29;
    t = (t >> 29) + d5 * a8 + d6 * a7;
    const h4 = t & M29;
    t = (t >> 29) + d6 * a8 + a7 * a7;
    const h5 = t & M29;
    t = (t >> 29) + d7 * a8;
    const h6 = t & M29;
    const h7 = (t >> 29) + a8 * a8;
    t = h0 * FOLD + a0 * a0;
    a0 = t & M29;
    t = (t >> 29) + h1 * FOLD + d0 * a1;
    const r1 = t & M29;
    t = (t >> 29) + h2 * FOLD + d0 * a2 + a1 * a1;
    r2 = t & M29;
    t = (t >> 29) + h3 * FOLD + d0 * a3 + d1 * a2;
    r3 = t & M29;
    t = (t >> 29) + h4 * FOLD + d0 * a4 + d1 * a3 + a2 * a2;
    r4 = t & M29;
    t = (t >> 29) + h5 * FOLD + d0 * a5 + d1 * a4 + d2 * a3;
    r5 = t & M29;
    t = (t >> 29) + h6 * FOLD + d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3;
    r6 = t & M29;
    t = (t >> 29) + h7 * FOLD + d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4;
    r7 = t & M29;
    t = (t >> 29) + d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4;
    r8 = t & M23;
    t = (t >> 23) * 19 + a0;
    a0 = t & M29;
    a1 = (t >> 29) + r1;
    if (--n == 0) break;
    a2 = r2; a3 = r3; a4 = r4; a5 = r5; a6 = r6; a7 = r7; a8 = r8;
  }
  store<i32>(o, a0, 0);
  store<i32>(o, a1, 4);
  store<i32>(o, r2, 8);
  store<i32>(o, r3, 12);
  store<i32>(o, r4, 16);
  store<i32>(o, r5, 20);
  store<i32>(o, r6, 24);
  store<i32>(o, r7, 28);
  store<i32>(o, r8, 32);
}

// What a sum of pairs (even limb, odd limb) gains to be S, first pair and others; what a difference gains to be D.
export const S0: u64 = 0xe000000000000000; // odd limb - 2^29
export const S1: u64 = 0xe000000000000001; // even limb + 1, odd limb - 2^29
export const D1: u64 = 0xffffffff20000000; // even limb + 2^29, odd limb - 1

/** o = a + b, S, for a and b in N. */
export function add(o: usize, a: usize, b: usize): void {
  store<u64>(o, load<u64>(a, 0) + load<u64>(b, 0) + S0, 0);
  store<u64>(o, load<u64>(a, 8) + load<u64>(b, 8) + S1, 8);
  store<u64>(o, load<u64>(a, 16) + load<u64>(b, 16) + S1, 16);
  store<u64>(o, load<u64>(a, 24) + load<u64>(b, 24) + S1, 24);
  store<u32>(o, load<u32>(a, 32) + load<u32>(b, 32) + 1, 32);
}

/** sum = a + b, S; difference = a - b, D; for a and b in N. Either may be a or b. */
export function both(sum: usize, difference: usize, a: usize, b: usize): void {
  let x = load<u64>(a, 0);
  let y = load<u64>(b, 0);
  store<u64>(sum, x + y + S0, 0);
  store<u64>(difference, x - y + D1, 0);
  x = load<u64>(a, 8);
  y = load<u64>(b, 8);
  store<u64>(sum, x + y + S1, 8);
  store<u64>(difference, x - y + D1, 8);
  x = load<u64>(a, 16);
  y = load<u64>(b, 16);
  store<u64>(sum, x + y + S1, 16);
  store<u64>(difference, x - y + D1, 16);
  x = load<u64>(a, 24);
  y = load<u64>(b, 24);
  store<u64>(sum, x + y + S1, 24);
  store<u64>(difference, x - y + D1, 24);
  const u = load<u32>(a, 32);
  const v = load<u32>(b, 32);
  store<u32>(sum, u + v + 1, 32);
  store<u32>(difference, u - v, 32);
}

/** o = the small number x, below 2^29. */
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
  store<i32>(o, (w0 >> 29) & M29, 4);
  store<i32>(o, ((w0 >> 58) | (w1 << 6)) & M29, 8);
  store<i32>(o, (w1 >> 23) & M29, 12);
  store<i32>(o, ((w1 >> 52) | (w2 << 12)) & M29, 16);
  store<i32>(o, (w2 >> 17) & M29, 20);
  store<i32>(o, ((w2 >> 46) | (w3 << 18)) & M29, 24);
  store<i32>(o, (w3 >> 11) & M29, 28);
  store<i32>(o, (w3 >> 40) & M23, 32);
}

/** Adds t to the nine limbs at p and carries through once: leaves no limb negative or too wide, returns what is carried out at 2^255. */
function carry(p: usize, t: i64): i64 {
  for (const end = p + 32; p != end; p += 4) {
    t += <i64>load<i32>(p);
    store<i32>(p, t & M29);
    t >>= 29;
  }
  t += <i64>load<i32>(p);
  store<i32>(p, t & M23);
  return t >> 23;
}

/**
 * Writes the canonical 32 bytes of a, whose value v is above -2p and below 2^258: N, S, D, or a sum of a few.
 * w = v + 2p >= 0 leaves c = floor(w / 2^255) <= 9, so w' = w - c p = (w mod 2^255) + 19 c is in [0, 2^255 + 171]. w' + 19 carries
 * q = 1 out iff w' >= p, leaving w' - p, which is the result; else 19 is taken off again.
 */
export function encode(out: usize, a: usize): void {
  const l = scratch.LIMBS;
  memory.copy(l, a, 36);
  store<i32>(l, load<i32>(l, 32) + 0x1000000, 32); // 2^24 * 2^232 = 2^256 = 2p + 38
  const c = carry(l, -38);
  const q = carry(l, 19 * c + 19);
  carry(l, 19 * (q - 1));
  const l2: u64 = load<u32>(l, 8);
  const l4: u64 = load<u32>(l, 16);
  const l6: u64 = load<u32>(l, 24);
  store<u64>(out, (<u64>load<u32>(l, 0)) | ((<u64>load<u32>(l, 4)) << 29) | (l2 << 58), 0);
  store<u64>(out, (l2 >> 6) | ((<u64>load<u32>(l, 12)) << 23) | (l4 << 52), 8);
  store<u64>(out, (l4 >> 12) | ((<u64>load<u32>(l, 20)) << 17) | (l6 << 46), 16);
  store<u64>(out, (l6 >> 18) | ((<u64>load<u32>(l, 28)) << 11) | ((<u64>load<u32>(l, 32)) << 40), 24);
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

// Arithmetic mod L = 2^252 + 27742317777372353535851937790883648493, the order of the base point. Scalars are 32 little-endian bytes.
//
// Reduction is Barrett's with 32-bit words: x < 2^512, mu = floor(2^512 / L), q = floor(x mu / 2^512), r = x - q L.
//   x/L - 2 < q <= x/L, since x mu / 2^512 > x/L - x/2^512 > x/L - 1 and the floor takes off less than 1 more; so 0 <= r < 2L < 2^254,
//   r is exact in 8 words, and one subtraction of L, kept or not by a mask, ends it. Products: u32 * u32 + u32 + u32 < 2^64.
//
// Rule: no branch and no address depends on a value, but in canonical, whose input is public.

import * as scratch from "./scratch";

// prettier-ignore
const L: usize = memory.data<u32>([
  0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0x00000000, 0x00000000, 0x00000000, 0x10000000,
]);
// prettier-ignore
const MU: usize = memory.data<u32>([
  0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb, 0xffffffff, 0xffffffff, 0xffffffff, 0x0000000f,
]);
// 1/2 and (2^260 - 1)/2 mod L
// prettier-ignore
const HALF: usize = memory.data<u32>([
  0x2e7ae9f7, 0x2c09318d, 0x517bce6b, 0x0a6f7cef, 0x00000000, 0x00000000, 0x00000000, 0x08000000,
]);
// prettier-ignore
const OFFSET: usize = memory.data<u32>([
  0xb390f376, 0x22d7a45e, 0xd5ad633f, 0x9af28d9d, 0xfffffff5, 0xffffffff, 0xffffffff, 0x07ffffff,
]);

/** o = a * b, of na and nb words, in na + nb words; o is neither. */
function product(o: usize, a: usize, na: u32, b: usize, nb: u32): void {
  memory.fill(o, 0, (na + nb) << 2);
  for (const end = a + (na << 2); a != end; a += 4, o += 4) {
    const x: u64 = load<u32>(a);
    let t: u64 = 0;
    let j: usize = 0;
    for (; j != nb << 2; j += 4) {
      t = x * load<u32>(b + j) + load<u32>(o + j) + (t >> 32);
      store<u32>(o + j, <u32>t);
    }
    store<u32>(o + j, <u32>(t >> 32));
  }
}

/** out = x mod L for the 64 bytes at x; out may be x. */
export function reduce(out: usize, x: usize): void {
  product(scratch.PRODUCT, x, 16, MU, 9);
  product(scratch.MULTIPLE, scratch.PRODUCT + 64, 9, L, 8);
  let r: i64 = 0;
  let s: i64 = 0;
  for (let i: usize = 0; i != 32; i += 4) {
    r = (r >> 32) + <i64>load<u32>(x + i) - <i64>load<u32>(scratch.MULTIPLE + i);
    store<u32>(out + i, <u32>r);
    s = (s >> 32) + <i64>(<u32>r) - <i64>load<u32>(L + i);
    store<u32>(scratch.PRODUCT + i, <u32>s);
  }
  const keep = <u32>(s >> 32); // all ones when r < L
  for (let i: usize = 0; i != 32; i += 4) {
    const d = load<u32>(scratch.PRODUCT + i);
    store<u32>(out + i, d ^ ((d ^ load<u32>(out + i)) & keep));
  }
}

/** out = a * b + c mod L for any 256-bit a, b and c; out may be any of them. */
export function multiplyAdd(out: usize, a: usize, b: usize, c: usize): void {
  const x = scratch.WIDE;
  product(x, a, 8, b, 8);
  let t: u64 = 0; // (2^256 - 1)^2 + 2^256 - 1 < 2^512: nothing is carried out at the top
  for (let i: usize = 0; i != 64; i += 4) {
    t = (t >> 32) + load<u32>(x + i);
    if (i < 32) t += load<u32>(c + i);
    store<u32>(x + i, <u32>t);
  }
  reduce(out, x);
}

/** True when the 32 bytes at p are below L. */
export function canonical(p: usize): bool {
  let t: i64 = 0;
  for (let i: usize = 0; i != 32; i += 4) t = (t >> 32) + <i64>load<u32>(p + i) - <i64>load<u32>(L + i);
  return t < 0;
}

/**
 * Writes to out (40 bytes, the last eight zero) the b in [0, L) with s = sum over i < 260 of (2 b_i - 1) 2^i mod L, which is
 * (s + 2^260 - 1) / 2. Its bits are the signs of digits none of which is 0, so that each column of the comb adds one entry.
 */
export function recode(out: usize, s: usize): void {
  multiplyAdd(out, s, HALF, OFFSET);
  store<u64>(out, 0, 32);
}

/**
 * wNAF: ORs the odd signed digits of width w (|d| < 2^(w-1), at most one nonzero in any w places, none past place 253) of the scalar below
 * 2^253 at s (40 B, the last eight zero) into the bytes at out: d & mask, shifted up by `shift`. Not constant time.
 */
export function digits(out: usize, s: usize, w: u32, mask: u32, shift: u32): void {
  let carry: u32 = 0;
  for (let i: u32 = 0; i < 254;) {
    const bits = load<u32>(s + (i >> 3)) >> (i & 7);
    if ((bits & 1) == carry) {
      i++;
      continue;
    }
    const d = (bits & ((1 << w) - 1)) + carry;
    carry = (d >> (w - 1)) & 1;
    store<u8>(out + i, load<u8>(out + i) | (((d - (carry << w)) & mask) << shift));
    i += w;
  }
}

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
  0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb, 0xffffffff, 0xffffffff, 0xffffffff, 0x0000000f, 0,
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

/** o = a * b, of na and nb words, nb even, in na + nb words; o is neither. */
function product(o: usize, a: usize, na: u32, b: usize, nb: u32): void {
  memory.fill(o, 0, (na + nb) << 2);
  for (const end = a + (na << 2); a != end; a += 4, o += 4) {
    const x: u64 = load<u32>(a);
    let t: u64 = 0;
    let q = o;
    for (let p = b; p != b + (nb << 2); p += 8, q += 8) {
      t = x * load<u32>(p) + load<u32>(q) + (t >> 32);
      store<u32>(q, <u32>t);
      t = x * load<u32>(p, 4) + load<u32>(q, 4) + (t >> 32);
      store<u32>(q, <u32>t, 4);
    }
    store<u32>(q, <u32>(t >> 32));
  }
}

/** out = x mod L for the 64 bytes at x; out may be x. */
export function reduce(out: usize, x: usize): void {
  product(scratch.PRODUCT, x, 16, MU, 10);
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
 * ORs odd signed digits, |d| <= most, of the scalar below 2^253 at s (40 B, the last eight zero) into the bytes at out, in four bits each from
 * bit `shift` on: wNAF of width 4 for most = 7, 50.6 of 253 not zero; for most = 5, where 7 is taken as 8 - 1, 56.2 of 253. None is past
 * place 253. With flip = -1 they are those of -s. Not constant time.
 */
export function digits(out: usize, s: usize, most: u32, shift: u32, flip: u32): void {
  let carry: u32 = 0;
  for (let i: u32 = 0; i < 254;) {
    const bits = load<u32>(s + (i >> 3)) >> (i & 7);
    if ((bits & 1) == carry) {
      i++;
      continue;
    }
    let d = (bits & 15) + carry; // 1 to 15, odd; past 8 it stands for d - 16
    let w: u32 = 4;
    if (most == 5 && (d == 7 || d == 9)) {
      d &= 7; // three bits of it: 8 - 1 or 1
      w = 3;
    }
    carry = d >> (w - 1);
    d -= carry << w;
    store<u8>(out + i, load<u8>(out + i) | ((((d ^ flip) - flip) & 15) << shift));
    i += w;
  }
}

/** out (32 B) = 8 L + the sum over i < 254 of d_i 2^i, for the signed digits in the high four bits of the bytes at d. */
export function gather(out: usize, d: usize): void {
  let t: i32 = 0;
  let l = L;
  for (const end = d + 254; l != L + 32; l++, out++) {
    t += (<i32>load<u8>(l)) << 3;
    for (let j: u32 = 0; j != 8 && d != end; j++, d++) t += (load<i8>(d) >> 4) << j;
    store<u8>(out, <u8>t);
    t >>= 8;
  }
}

/**
 * Two halves of k < L: u and v below 2^127 with v k = u or -u mod L and v > 0. Writes u to HALVES + 72 and v to HALVES + 104, each followed by
 * zeros enough for digits, and returns 0, or -1 when it is -u. Not constant time.
 *
 *   two rows r, t: 32 + 16 B and 24 of zero, 72 apart. At first L, 0 and k, 1; always t_i k = r_i with alternating signs (mod L), r_0 >= r_1
 *
 * Euclid's algorithm, left as soon as r_1 < 2^127 <= r_0. As t_1 r_0 + t_0 r_1 = L at all times, t_1 <= L / r_0 < 2^126 then. A quotient is
 * estimated from below, by the leading two words of both, or of r_0 and one of r_1, at a shift of whole words; where it falls short, the
 * step is taken again. |r - q r'| < 2^63 for each word, as q < 2^31.
 */
export function halve(k: usize): u32 {
  const r0 = scratch.HALVES;
  const r1 = scratch.HALVES + 72;
  memory.fill(r0, 0, 144);
  memory.copy(r0, L, 32);
  memory.copy(r1, k, 32);
  store<u32>(r1, 1, 32);
  let sign: u32 = 0;
  let top: usize = 28; // the highest word of r0 that is not zero
  while ((load<u64>(r1, 16) | load<u64>(r1, 24)) != 0 || load<i32>(r1, 12) < 0) {
    while (load<u32>(r0 + top) == 0) top -= 4;
    let shift: usize = 0; // in bytes
    while (load<u32>(r1 + top - shift) == 0) shift += 4;
    const x = load<u64>(r0 + top - 4) >> 1;
    const y = load<u64>(r1 + top - shift - 4) >> 1;
    let q = <i64>(x / (y + 1));
    if (q == 0 && shift != 0) {
      shift -= 4;
      q = <i64>(x / ((y >> 32) + 1));
    }
    q = max<i64>(min<i64>(q, 0x7fffffff), 1);
    let t: i64 = 0;
    let i: usize = shift;
    for (; i < 32; i += 4) {
      t = (t >> 32) + <i64>load<u32>(r0 + i) - q * <i64>load<u32>(r1 + i - shift);
      store<u32>(r0 + i, <u32>t);
    }
    t = 0;
    for (i += shift; i < 48; i += 4) {
      t = (t >> 32) + <i64>load<u32>(r0 + i) + q * <i64>load<u32>(r1 + i - shift);
      store<u32>(r0 + i, <u32>t);
    }
    i = top;
    while (i != 0 && load<u32>(r0 + i) == load<u32>(r1 + i)) i -= 4;
    if (load<u32>(r0 + i) >= load<u32>(r1 + i)) continue;
    for (i = 0; i != 48; i += 8) {
      const w = load<u64>(r0 + i);
      store<u64>(r0 + i, load<u64>(r1 + i));
      store<u64>(r1 + i, w);
    }
    sign = ~sign;
  }
  return sign;
}

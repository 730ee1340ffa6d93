// SHA-512 (FIPS 180-4): whole messages by hash, long ones by init, update, final.
//
//   state:  0 chaining value 8 x u64 · 64 bytes seen u64 · 72 unfinished block 128 B
//
// The block function keeps the 16 schedule words and 8 registers in locals and does 16 rounds a pass: the registers are
// renamed instead of moved, the three rotations of a sigma are nested (rotr(rotr(rotr(x, c-b) ^ x, b-a) ^ x, a)), and
// Maj(a, b, c) = ((a^b) & (b^c)) ^ b shares a^b with the next round. The chaining value stays in locals over all blocks of
// a call (207 instructions a byte without, 199 with it and two words a pass of swap; words swapped in place would take 197 and 600 bytes more). Rule: no branch and no address depends on the data.

import { ROLLED } from "#profile";
import * as layout from "../layout";
import * as scratch from "./scratch";

/** Size of a state in bytes, in the caller's memory, 8-byte aligned. */
export const STATE: u32 = 200;

// Fractional parts of the square roots of the first 8 primes, of the cube roots of the first 80.
// prettier-ignore
const IV: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);
// prettier-ignore
const K: usize = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);

/** The word at p, big-endian: neighbouring bytes change places, then their pairs. */
// @ts-ignore: decorator
@inline function word(p: usize, offset: usize): u64 {
  let x = load<u64>(p + offset);
  x = ((x >> 8) & 0x00ff00ff00ff00ff) | ((x & 0x00ff00ff00ff00ff) << 8);
  return rotl<u64>(x & 0x0000ffff0000ffff, 48) | rotl<u64>(x & 0xffff0000ffff0000, 16);
}

/** Copies n bytes of big-endian words, an even number of them, two a pass. */
function swap(to: usize, from: usize, n: u32): void {
  for (const end = from + n; from != end; from += 16, to += 16) {
    store<u64>(to, word(from, 0), 0);
    store<u64>(to, word(from, 8), 8);
  }
}

/** Sixteen rounds a pass; the chaining value stays in locals meanwhile. */
// prettier-ignore
function unrolled(st: usize, p: usize, n: u32): void {
  let aa = load<u64>(st, 0);
  let bb = load<u64>(st, 8);
  let cc = load<u64>(st, 16);
  let dd = load<u64>(st, 24);
  let ee = load<u64>(st, 32);
  let ff = load<u64>(st, 40);
  let gg = load<u64>(st, 48);
  let hh = load<u64>(st, 56);
  do {
    swap(scratch.WORDS, p, 128);
    let w0 = load<u64>(scratch.WORDS, 0);
    let w1 = load<u64>(scratch.WORDS, 8);
    let w2 = load<u64>(scratch.WORDS, 16);
    let w3 = load<u64>(scratch.WORDS, 24);
    let w4 = load<u64>(scratch.WORDS, 32);
    let w5 = load<u64>(scratch.WORDS, 40);
    let w6 = load<u64>(scratch.WORDS, 48);
    let w7 = load<u64>(scratch.WORDS, 56);
    let w8 = load<u64>(scratch.WORDS, 64);
    let w9 = load<u64>(scratch.WORDS, 72);
    let w10 = load<u64>(scratch.WORDS, 80);
    let w11 = load<u64>(scratch.WORDS, 88);
    let w12 = load<u64>(scratch.WORDS, 96);
    let w13 = load<u64>(scratch.WORDS, 104);
    let w14 = load<u64>(scratch.WORDS, 112);
    let w15 = load<u64>(scratch.WORDS, 120);
    let a = aa;
    let b = bb;
    let c = cc;
    let d = dd;
    let e = ee;
    let f = ff;
    let g = gg;
    let h = hh;
    let k: usize = K;
    let x: u64;
    let y: u64 = b ^ c;
    for (;;) {
      h = load<u64>(k, 0) + w0 + h + rotr<u64>(rotr<u64>(rotr<u64>(e, 23) ^ e, 4) ^ e, 14) + (((f ^ g) & e) ^ g); d += h;
      x = a ^ b; h = rotr<u64>(rotr<u64>(rotr<u64>(a, 5) ^ a, 6) ^ a, 28) + ((x & y) ^ b) + h;
      g = load<u64>(k, 8) + w1 + g + rotr<u64>(rotr<u64>(rotr<u64>(d, 23) ^ d, 4) ^ d, 14) + (((e ^ f) & d) ^ f); c += g;
      y = h ^ a; g = rotr<u64>(rotr<u64>(rotr<u64>(h, 5) ^ h, 6) ^ h, 28) + ((y & x) ^ a) + g;
      f = load<u64>(k, 16) + w2 + f + rotr<u64>(rotr<u64>(rotr<u64>(c, 23) ^ c, 4) ^ c, 14) + (((d ^ e) & c) ^ e); b += f;
      x = g ^ h; f = rotr<u64>(rotr<u64>(rotr<u64>(g, 5) ^ g, 6) ^ g, 28) + ((x & y) ^ h) + f;
      e = load<u64>(k, 24) + w3 + e + rotr<u64>(rotr<u64>(rotr<u64>(b, 23) ^ b, 4) ^ b, 14) + (((c ^ d) & b) ^ d); a += e;
      y = f ^ g; e = rotr<u64>(rotr<u64>(rotr<u64>(f, 5) ^ f, 6) ^ f, 28) + ((y & x) ^ g) + e;
      d = load<u64>(k, 32) + w4 + d + rotr<u64>(rotr<u64>(rotr<u64>(a, 23) ^ a, 4) ^ a, 14) + (((b ^ c) & a) ^ c); h += d;
      x = e ^ f; d = rotr<u64>(rotr<u64>(rotr<u64>(e, 5) ^ e, 6) ^ e, 28) + ((x & y) ^ f) + d;
      c = load<u64>(k, 40) + w5 + c + rotr<u64>(rotr<u64>(rotr<u64>(h, 23) ^ h, 4) ^ h, 14) + (((a ^ b) & h) ^ b); g += c;
      y = d ^ e; c = rotr<u64>(rotr<u64>(rotr<u64>(d, 5) ^ d, 6) ^ d, 28) + ((y & x) ^ e) + c;
      b = load<u64>(k, 48) + w6 + b + rotr<u64>(rotr<u64>(rotr<u64>(g, 23) ^ g, 4) ^ g, 14) + (((h ^ a) & g) ^ a); f += b;
      x = c ^ d; b = rotr<u64>(rotr<u64>(rotr<u64>(c, 5) ^ c, 6) ^ c, 28) + ((x & y) ^ d) + b;
      a = load<u64>(k, 56) + w7 + a + rotr<u64>(rotr<u64>(rotr<u64>(f, 23) ^ f, 4) ^ f, 14) + (((g ^ h) & f) ^ h); e += a;
      y = b ^ c; a = rotr<u64>(rotr<u64>(rotr<u64>(b, 5) ^ b, 6) ^ b, 28) + ((y & x) ^ c) + a;
      h = load<u64>(k, 64) + w8 + h + rotr<u64>(rotr<u64>(rotr<u64>(e, 23) ^ e, 4) ^ e, 14) + (((f ^ g) & e) ^ g); d += h;
      x = a ^ b; h = rotr<u64>(rotr<u64>(rotr<u64>(a, 5) ^ a, 6) ^ a, 28) + ((x & y) ^ b) + h;
      g = load<u64>(k, 72) + w9 + g + rotr<u64>(rotr<u64>(rotr<u64>(d, 23) ^ d, 4) ^ d, 14) + (((e ^ f) & d) ^ f); c += g;
      y = h ^ a; g = rotr<u64>(rotr<u64>(rotr<u64>(h, 5) ^ h, 6) ^ h, 28) + ((y & x) ^ a) + g;
      f = load<u64>(k, 80) + w10 + f + rotr<u64>(rotr<u64>(rotr<u64>(c, 23) ^ c, 4) ^ c, 14) + (((d ^ e) & c) ^ e); b += f;
      x = g ^ h; f = rotr<u64>(rotr<u64>(rotr<u64>(g, 5) ^ g, 6) ^ g, 28) + ((x & y) ^ h) + f;
      e = load<u64>(k, 88) + w11 + e + rotr<u64>(rotr<u64>(rotr<u64>(b, 23) ^ b, 4) ^ b, 14) + (((c ^ d) & b) ^ d); a += e;
      y = f ^ g; e = rotr<u64>(rotr<u64>(rotr<u64>(f, 5) ^ f, 6) ^ f, 28) + ((y & x) ^ g) + e;
      d = load<u64>(k, 96) + w12 + d + rotr<u64>(rotr<u64>(rotr<u64>(a, 23) ^ a, 4) ^ a, 14) + (((b ^ c) & a) ^ c); h += d;
      x = e ^ f; d = rotr<u64>(rotr<u64>(rotr<u64>(e, 5) ^ e, 6) ^ e, 28) + ((x & y) ^ f) + d;
      c = load<u64>(k, 104) + w13 + c + rotr<u64>(rotr<u64>(rotr<u64>(h, 23) ^ h, 4) ^ h, 14) + (((a ^ b) & h) ^ b); g += c;
      y = d ^ e; c = rotr<u64>(rotr<u64>(rotr<u64>(d, 5) ^ d, 6) ^ d, 28) + ((y & x) ^ e) + c;
      b = load<u64>(k, 112) + w14 + b + rotr<u64>(rotr<u64>(rotr<u64>(g, 23) ^ g, 4) ^ g, 14) + (((h ^ a) & g) ^ a); f += b;
      x = c ^ d; b = rotr<u64>(rotr<u64>(rotr<u64>(c, 5) ^ c, 6) ^ c, 28) + ((x & y) ^ d) + b;
      a = load<u64>(k, 120) + w15 + a + rotr<u64>(rotr<u64>(rotr<u64>(f, 23) ^ f, 4) ^ f, 14) + (((g ^ h) & f) ^ h); e += a;
      y = b ^ c; a = rotr<u64>(rotr<u64>(rotr<u64>(b, 5) ^ b, 6) ^ b, 28) + ((y & x) ^ c) + a;
      k += 128;
      if (k == K + 640) break;
      w0 += (rotr<u64>(rotr<u64>(w14, 42) ^ w14, 19) ^ (w14 >> 6)) + w9 + (rotr<u64>(rotr<u64>(w1, 7) ^ w1, 1) ^ (w1 >> 7));
      w1 += (rotr<u64>(rotr<u64>(w15, 42) ^ w15, 19) ^ (w15 >> 6)) + w10 + (rotr<u64>(rotr<u64>(w2, 7) ^ w2, 1) ^ (w2 >> 7));
      w2 += (rotr<u64>(rotr<u64>(w0, 42) ^ w0, 19) ^ (w0 >> 6)) + w11 + (rotr<u64>(rotr<u64>(w3, 7) ^ w3, 1) ^ (w3 >> 7));
      w3 += (rotr<u64>(rotr<u64>(w1, 42) ^ w1, 19) ^ (w1 >> 6)) + w12 + (rotr<u64>(rotr<u64>(w4, 7) ^ w4, 1) ^ (w4 >> 7));
      w4 += (rotr<u64>(rotr<u64>(w2, 42) ^ w2, 19) ^ (w2 >> 6)) + w13 + (rotr<u64>(rotr<u64>(w5, 7) ^ w5, 1) ^ (w5 >> 7));
      w5 += (rotr<u64>(rotr<u64>(w3, 42) ^ w3, 19) ^ (w3 >> 6)) + w14 + (rotr<u64>(rotr<u64>(w6, 7) ^ w6, 1) ^ (w6 >> 7));
      w6 += (rotr<u64>(rotr<u64>(w4, 42) ^ w4, 19) ^ (w4 >> 6)) + w15 + (rotr<u64>(rotr<u64>(w7, 7) ^ w7, 1) ^ (w7 >> 7));
      w7 += (rotr<u64>(rotr<u64>(w5, 42) ^ w5, 19) ^ (w5 >> 6)) + w0 + (rotr<u64>(rotr<u64>(w8, 7) ^ w8, 1) ^ (w8 >> 7));
      w8 += (rotr<u64>(rotr<u64>(w6, 42) ^ w6, 19) ^ (w6 >> 6)) + w1 + (rotr<u64>(rotr<u64>(w9, 7) ^ w9, 1) ^ (w9 >> 7));
      w9 += (rotr<u64>(rotr<u64>(w7, 42) ^ w7, 19) ^ (w7 >> 6)) + w2 + (rotr<u64>(rotr<u64>(w10, 7) ^ w10, 1) ^ (w10 >> 7));
      w10 += (rotr<u64>(rotr<u64>(w8, 42) ^ w8, 19) ^ (w8 >> 6)) + w3 + (rotr<u64>(rotr<u64>(w11, 7) ^ w11, 1) ^ (w11 >> 7));
      w11 += (rotr<u64>(rotr<u64>(w9, 42) ^ w9, 19) ^ (w9 >> 6)) + w4 + (rotr<u64>(rotr<u64>(w12, 7) ^ w12, 1) ^ (w12 >> 7));
      w12 += (rotr<u64>(rotr<u64>(w10, 42) ^ w10, 19) ^ (w10 >> 6)) + w5 + (rotr<u64>(rotr<u64>(w13, 7) ^ w13, 1) ^ (w13 >> 7));
      w13 += (rotr<u64>(rotr<u64>(w11, 42) ^ w11, 19) ^ (w11 >> 6)) + w6 + (rotr<u64>(rotr<u64>(w14, 7) ^ w14, 1) ^ (w14 >> 7));
      w14 += (rotr<u64>(rotr<u64>(w12, 42) ^ w12, 19) ^ (w12 >> 6)) + w7 + (rotr<u64>(rotr<u64>(w15, 7) ^ w15, 1) ^ (w15 >> 7));
      w15 += (rotr<u64>(rotr<u64>(w13, 42) ^ w13, 19) ^ (w13 >> 6)) + w8 + (rotr<u64>(rotr<u64>(w0, 7) ^ w0, 1) ^ (w0 >> 7));
    }
    aa += a; bb += b; cc += c; dd += d; ee += e; ff += f; gg += g; hh += h;
    p += 128;
  } while (--n != 0);
  store<u64>(st, aa, 0);
  store<u64>(st, bb, 8);
  store<u64>(st, cc, 16);
  store<u64>(st, dd, 24);
  store<u64>(st, ee, 32);
  store<u64>(st, ff, 40);
  store<u64>(st, gg, 48);
  store<u64>(st, hh, 56);
}

/** The word after the 16 at w, and the one behind that, put there. */
// prettier-ignore
// @ts-ignore: decorator
@inline function extend(w: usize): void {
  const w1 = load<u64>(w, 8);
  const w2 = load<u64>(w, 16);
  let x = load<u64>(w, 112);
  store<u64>(w, (rotr<u64>(rotr<u64>(x, 42) ^ x, 19) ^ (x >> 6)) + load<u64>(w, 72) + (rotr<u64>(rotr<u64>(w1, 7) ^ w1, 1) ^ (w1 >> 7)) + load<u64>(w, 0), 128);
  x = load<u64>(w, 120);
  store<u64>(w, (rotr<u64>(rotr<u64>(x, 42) ^ x, 19) ^ (x >> 6)) + load<u64>(w, 80) + (rotr<u64>(rotr<u64>(w2, 7) ^ w2, 1) ^ (w2 >> 7)) + w1, 136);
}

/** The same, eight rounds a pass: a third of the code, 58 instructions a byte more. */
// prettier-ignore
function rolled(st: usize, p: usize, n: u32): void {
  let aa = load<u64>(st, 0);
  let bb = load<u64>(st, 8);
  let cc = load<u64>(st, 16);
  let dd = load<u64>(st, 24);
  let ee = load<u64>(st, 32);
  let ff = load<u64>(st, 40);
  let gg = load<u64>(st, 48);
  let hh = load<u64>(st, 56);
  do {
    swap(scratch.WORDS, p, 128);
    let a = aa;
    let b = bb;
    let c = cc;
    let d = dd;
    let e = ee;
    let f = ff;
    let g = gg;
    let h = hh;
    let k: usize = K;
    let x: u64;
    let y: u64 = b ^ c;
    for (;;) {
      h = load<u64>(k, 0) + load<u64>(scratch.WORDS, 0) + h + rotr<u64>(rotr<u64>(rotr<u64>(e, 23) ^ e, 4) ^ e, 14) + (((f ^ g) & e) ^ g); d += h;
      x = a ^ b; h = rotr<u64>(rotr<u64>(rotr<u64>(a, 5) ^ a, 6) ^ a, 28) + ((x & y) ^ b) + h;
      g = load<u64>(k, 8) + load<u64>(scratch.WORDS, 8) + g + rotr<u64>(rotr<u64>(rotr<u64>(d, 23) ^ d, 4) ^ d, 14) + (((e ^ f) & d) ^ f); c += g;
      y = h ^ a; g = rotr<u64>(rotr<u64>(rotr<u64>(h, 5) ^ h, 6) ^ h, 28) + ((y & x) ^ a) + g;
      f = load<u64>(k, 16) + load<u64>(scratch.WORDS, 16) + f + rotr<u64>(rotr<u64>(rotr<u64>(c, 23) ^ c, 4) ^ c, 14) + (((d ^ e) & c) ^ e); b += f;
      x = g ^ h; f = rotr<u64>(rotr<u64>(rotr<u64>(g, 5) ^ g, 6) ^ g, 28) + ((x & y) ^ h) + f;
      e = load<u64>(k, 24) + load<u64>(scratch.WORDS, 24) + e + rotr<u64>(rotr<u64>(rotr<u64>(b, 23) ^ b, 4) ^ b, 14) + (((c ^ d) & b) ^ d); a += e;
      y = f ^ g; e = rotr<u64>(rotr<u64>(rotr<u64>(f, 5) ^ f, 6) ^ f, 28) + ((y & x) ^ g) + e;
      d = load<u64>(k, 32) + load<u64>(scratch.WORDS, 32) + d + rotr<u64>(rotr<u64>(rotr<u64>(a, 23) ^ a, 4) ^ a, 14) + (((b ^ c) & a) ^ c); h += d;
      x = e ^ f; d = rotr<u64>(rotr<u64>(rotr<u64>(e, 5) ^ e, 6) ^ e, 28) + ((x & y) ^ f) + d;
      c = load<u64>(k, 40) + load<u64>(scratch.WORDS, 40) + c + rotr<u64>(rotr<u64>(rotr<u64>(h, 23) ^ h, 4) ^ h, 14) + (((a ^ b) & h) ^ b); g += c;
      y = d ^ e; c = rotr<u64>(rotr<u64>(rotr<u64>(d, 5) ^ d, 6) ^ d, 28) + ((y & x) ^ e) + c;
      b = load<u64>(k, 48) + load<u64>(scratch.WORDS, 48) + b + rotr<u64>(rotr<u64>(rotr<u64>(g, 23) ^ g, 4) ^ g, 14) + (((h ^ a) & g) ^ a); f += b;
      x = c ^ d; b = rotr<u64>(rotr<u64>(rotr<u64>(c, 5) ^ c, 6) ^ c, 28) + ((x & y) ^ d) + b;
      a = load<u64>(k, 56) + load<u64>(scratch.WORDS, 56) + a + rotr<u64>(rotr<u64>(rotr<u64>(f, 23) ^ f, 4) ^ f, 14) + (((g ^ h) & f) ^ h); e += a;
      y = b ^ c; a = rotr<u64>(rotr<u64>(rotr<u64>(b, 5) ^ b, 6) ^ b, 28) + ((y & x) ^ c) + a;
      k += 64;
      if (k == K + 640) break;
      for (let w = scratch.WORDS; w != scratch.WORDS + 64; w += 16) extend(w);
      memory.copy(scratch.WORDS, scratch.WORDS + 64, 128);
    }
    aa += a; bb += b; cc += c; dd += d; ee += e; ff += f; gg += g; hh += h;
    p += 128;
  } while (--n != 0);
  store<u64>(st, aa, 0);
  store<u64>(st, bb, 8);
  store<u64>(st, cc, 16);
  store<u64>(st, dd, 24);
  store<u64>(st, ee, 32);
  store<u64>(st, ff, 40);
  store<u64>(st, gg, 48);
  store<u64>(st, hh, 56);
}

/** Compresses n >= 1 blocks of 128 bytes at p into the chaining value at st. */
function block(st: usize, p: usize, n: u32): void {
  layout.count(layout.SHA512_BLOCKS, n);
  if (ROLLED) rolled(st, p, n);
  else unrolled(st, p, n);
}

/** Begins a message. */
export function init(st: usize): void {
  memory.copy(st, IV, 64);
  store<u64>(st, 0, 64);
}

/** Blocks that a message of n bytes has, its end included. */
// @ts-ignore: decorator
@inline export function blocks(n: u32): u32 {
  return (n + 144) >> 7;
}

/** Takes in n more bytes at p. */
export function update(st: usize, p: usize, n: u32): void {
  const seen = load<u64>(st, 64);
  const fill = (<u32>seen) & 127;
  store<u64>(st, seen + n, 64);
  if (fill != 0) {
    const take = min<u32>(128 - fill, n);
    memory.copy(st + 72 + fill, p, take);
    if (fill + take < 128) return;
    block(st, st + 72, 1);
    p += take;
    n -= take;
  }
  const whole = n >> 7;
  if (whole != 0) block(st, p, whole);
  memory.copy(st + 72, p + (whole << 7), n & 127);
}

/** Ends the message and writes its 64 bytes to out; the state is spent. */
export function final(st: usize, out: usize): void {
  const seen = load<u64>(st, 64);
  let fill = (<u32>seen) & 127;
  store<u8>(st + 72 + fill, 0x80);
  fill++;
  if (fill > 112) {
    memory.fill(st + 72 + fill, 0, 128 - fill);
    block(st, st + 72, 1);
    fill = 0;
  }
  memory.fill(st + 72 + fill, 0, 120 - fill);
  store<u64>(st + 192, bswap<u64>(seen << 3));
  block(st, st + 72, 1);
  swap(out, st, 64);
}

/** SHA-512 of the n bytes at p, written to out (64 bytes, which may overlap the message). */
export function hash(p: usize, n: u32, out: usize): void {
  init(scratch.HASH);
  update(scratch.HASH, p, n);
  final(scratch.HASH, out);
}

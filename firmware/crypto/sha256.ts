// SHA-256 (FIPS 180-4): whole messages by hash, long ones by init, update, final.
//
//   state:  0 chaining value 8 x u32 · 32 bytes seen u64 · 40 unfinished block 64 B
//
// The block function keeps the 16 schedule words and 8 registers in locals and does 16 rounds a pass: the registers are
// renamed instead of moved, the three rotations of a sigma are nested (rotr(rotr(rotr(x, c-b) ^ x, b-a) ^ x, a)), and
// Maj(a, b, c) = ((a^b) & (b^c)) ^ b shares a^b with the next round. Rule: no branch and no address depends on the data.

import { ROLLED } from "#profile";
import * as layout from "../layout";
import * as native from "./native";
import * as scratch from "./scratch";

/** Size of a state in bytes, in the caller's memory, 8-byte aligned. */
export const STATE: u32 = 104;

// Fractional parts of the square roots of the first 8 primes, of the cube roots of the first 64.
// prettier-ignore
const IV: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
// prettier-ignore
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/** The bytes of x in reverse. */
// @ts-ignore: decorator
@inline function swap(x: u32): u32 {
  return rotr<u32>(x & 0x00ff00ff, 8) | (rotl<u32>(x, 8) & 0x00ff00ff);
}

/** Sixteen rounds a pass. */
// prettier-ignore
function unrolled(st: usize, p: usize): void {
  let w0 = swap(load<u32>(p, 0));
  let w1 = swap(load<u32>(p, 4));
  let w2 = swap(load<u32>(p, 8));
  let w3 = swap(load<u32>(p, 12));
  let w4 = swap(load<u32>(p, 16));
  let w5 = swap(load<u32>(p, 20));
  let w6 = swap(load<u32>(p, 24));
  let w7 = swap(load<u32>(p, 28));
  let w8 = swap(load<u32>(p, 32));
  let w9 = swap(load<u32>(p, 36));
  let w10 = swap(load<u32>(p, 40));
  let w11 = swap(load<u32>(p, 44));
  let w12 = swap(load<u32>(p, 48));
  let w13 = swap(load<u32>(p, 52));
  let w14 = swap(load<u32>(p, 56));
  let w15 = swap(load<u32>(p, 60));
  let a = load<u32>(st, 0);
  let b = load<u32>(st, 4);
  let c = load<u32>(st, 8);
  let d = load<u32>(st, 12);
  let e = load<u32>(st, 16);
  let f = load<u32>(st, 20);
  let g = load<u32>(st, 24);
  let h = load<u32>(st, 28);
  let k: usize = K;
  let x: u32;
  let y: u32 = b ^ c;
  for (;;) {
    h = load<u32>(k, 0) + w0 + h + rotr<u32>(rotr<u32>(rotr<u32>(e, 14) ^ e, 5) ^ e, 6) + (((f ^ g) & e) ^ g); d += h;
    x = a ^ b; h += rotr<u32>(rotr<u32>(rotr<u32>(a, 9) ^ a, 11) ^ a, 2) + ((x & y) ^ b);
    g = load<u32>(k, 4) + w1 + g + rotr<u32>(rotr<u32>(rotr<u32>(d, 14) ^ d, 5) ^ d, 6) + (((e ^ f) & d) ^ f); c += g;
    y = h ^ a; g += rotr<u32>(rotr<u32>(rotr<u32>(h, 9) ^ h, 11) ^ h, 2) + ((y & x) ^ a);
    f = load<u32>(k, 8) + w2 + f + rotr<u32>(rotr<u32>(rotr<u32>(c, 14) ^ c, 5) ^ c, 6) + (((d ^ e) & c) ^ e); b += f;
    x = g ^ h; f += rotr<u32>(rotr<u32>(rotr<u32>(g, 9) ^ g, 11) ^ g, 2) + ((x & y) ^ h);
    e = load<u32>(k, 12) + w3 + e + rotr<u32>(rotr<u32>(rotr<u32>(b, 14) ^ b, 5) ^ b, 6) + (((c ^ d) & b) ^ d); a += e;
    y = f ^ g; e += rotr<u32>(rotr<u32>(rotr<u32>(f, 9) ^ f, 11) ^ f, 2) + ((y & x) ^ g);
    d = load<u32>(k, 16) + w4 + d + rotr<u32>(rotr<u32>(rotr<u32>(a, 14) ^ a, 5) ^ a, 6) + (((b ^ c) & a) ^ c); h += d;
    x = e ^ f; d += rotr<u32>(rotr<u32>(rotr<u32>(e, 9) ^ e, 11) ^ e, 2) + ((x & y) ^ f);
    c = load<u32>(k, 20) + w5 + c + rotr<u32>(rotr<u32>(rotr<u32>(h, 14) ^ h, 5) ^ h, 6) + (((a ^ b) & h) ^ b); g += c;
    y = d ^ e; c += rotr<u32>(rotr<u32>(rotr<u32>(d, 9) ^ d, 11) ^ d, 2) + ((y & x) ^ e);
    b = load<u32>(k, 24) + w6 + b + rotr<u32>(rotr<u32>(rotr<u32>(g, 14) ^ g, 5) ^ g, 6) + (((h ^ a) & g) ^ a); f += b;
    x = c ^ d; b += rotr<u32>(rotr<u32>(rotr<u32>(c, 9) ^ c, 11) ^ c, 2) + ((x & y) ^ d);
    a = load<u32>(k, 28) + w7 + a + rotr<u32>(rotr<u32>(rotr<u32>(f, 14) ^ f, 5) ^ f, 6) + (((g ^ h) & f) ^ h); e += a;
    y = b ^ c; a += rotr<u32>(rotr<u32>(rotr<u32>(b, 9) ^ b, 11) ^ b, 2) + ((y & x) ^ c);
    h = load<u32>(k, 32) + w8 + h + rotr<u32>(rotr<u32>(rotr<u32>(e, 14) ^ e, 5) ^ e, 6) + (((f ^ g) & e) ^ g); d += h;
    x = a ^ b; h += rotr<u32>(rotr<u32>(rotr<u32>(a, 9) ^ a, 11) ^ a, 2) + ((x & y) ^ b);
    g = load<u32>(k, 36) + w9 + g + rotr<u32>(rotr<u32>(rotr<u32>(d, 14) ^ d, 5) ^ d, 6) + (((e ^ f) & d) ^ f); c += g;
    y = h ^ a; g += rotr<u32>(rotr<u32>(rotr<u32>(h, 9) ^ h, 11) ^ h, 2) + ((y & x) ^ a);
    f = load<u32>(k, 40) + w10 + f + rotr<u32>(rotr<u32>(rotr<u32>(c, 14) ^ c, 5) ^ c, 6) + (((d ^ e) & c) ^ e); b += f;
    x = g ^ h; f += rotr<u32>(rotr<u32>(rotr<u32>(g, 9) ^ g, 11) ^ g, 2) + ((x & y) ^ h);
    e = load<u32>(k, 44) + w11 + e + rotr<u32>(rotr<u32>(rotr<u32>(b, 14) ^ b, 5) ^ b, 6) + (((c ^ d) & b) ^ d); a += e;
    y = f ^ g; e += rotr<u32>(rotr<u32>(rotr<u32>(f, 9) ^ f, 11) ^ f, 2) + ((y & x) ^ g);
    d = load<u32>(k, 48) + w12 + d + rotr<u32>(rotr<u32>(rotr<u32>(a, 14) ^ a, 5) ^ a, 6) + (((b ^ c) & a) ^ c); h += d;
    x = e ^ f; d += rotr<u32>(rotr<u32>(rotr<u32>(e, 9) ^ e, 11) ^ e, 2) + ((x & y) ^ f);
    c = load<u32>(k, 52) + w13 + c + rotr<u32>(rotr<u32>(rotr<u32>(h, 14) ^ h, 5) ^ h, 6) + (((a ^ b) & h) ^ b); g += c;
    y = d ^ e; c += rotr<u32>(rotr<u32>(rotr<u32>(d, 9) ^ d, 11) ^ d, 2) + ((y & x) ^ e);
    b = load<u32>(k, 56) + w14 + b + rotr<u32>(rotr<u32>(rotr<u32>(g, 14) ^ g, 5) ^ g, 6) + (((h ^ a) & g) ^ a); f += b;
    x = c ^ d; b += rotr<u32>(rotr<u32>(rotr<u32>(c, 9) ^ c, 11) ^ c, 2) + ((x & y) ^ d);
    a = load<u32>(k, 60) + w15 + a + rotr<u32>(rotr<u32>(rotr<u32>(f, 14) ^ f, 5) ^ f, 6) + (((g ^ h) & f) ^ h); e += a;
    y = b ^ c; a += rotr<u32>(rotr<u32>(rotr<u32>(b, 9) ^ b, 11) ^ b, 2) + ((y & x) ^ c);
    k += 64;
    if (k == K + 256) break;
    w0 += (rotr<u32>(rotr<u32>(w14, 2) ^ w14, 17) ^ (w14 >> 10)) + w9 + (rotr<u32>(rotr<u32>(w1, 11) ^ w1, 7) ^ (w1 >> 3));
    w1 += (rotr<u32>(rotr<u32>(w15, 2) ^ w15, 17) ^ (w15 >> 10)) + w10 + (rotr<u32>(rotr<u32>(w2, 11) ^ w2, 7) ^ (w2 >> 3));
    w2 += (rotr<u32>(rotr<u32>(w0, 2) ^ w0, 17) ^ (w0 >> 10)) + w11 + (rotr<u32>(rotr<u32>(w3, 11) ^ w3, 7) ^ (w3 >> 3));
    w3 += (rotr<u32>(rotr<u32>(w1, 2) ^ w1, 17) ^ (w1 >> 10)) + w12 + (rotr<u32>(rotr<u32>(w4, 11) ^ w4, 7) ^ (w4 >> 3));
    w4 += (rotr<u32>(rotr<u32>(w2, 2) ^ w2, 17) ^ (w2 >> 10)) + w13 + (rotr<u32>(rotr<u32>(w5, 11) ^ w5, 7) ^ (w5 >> 3));
    w5 += (rotr<u32>(rotr<u32>(w3, 2) ^ w3, 17) ^ (w3 >> 10)) + w14 + (rotr<u32>(rotr<u32>(w6, 11) ^ w6, 7) ^ (w6 >> 3));
    w6 += (rotr<u32>(rotr<u32>(w4, 2) ^ w4, 17) ^ (w4 >> 10)) + w15 + (rotr<u32>(rotr<u32>(w7, 11) ^ w7, 7) ^ (w7 >> 3));
    w7 += (rotr<u32>(rotr<u32>(w5, 2) ^ w5, 17) ^ (w5 >> 10)) + w0 + (rotr<u32>(rotr<u32>(w8, 11) ^ w8, 7) ^ (w8 >> 3));
    w8 += (rotr<u32>(rotr<u32>(w6, 2) ^ w6, 17) ^ (w6 >> 10)) + w1 + (rotr<u32>(rotr<u32>(w9, 11) ^ w9, 7) ^ (w9 >> 3));
    w9 += (rotr<u32>(rotr<u32>(w7, 2) ^ w7, 17) ^ (w7 >> 10)) + w2 + (rotr<u32>(rotr<u32>(w10, 11) ^ w10, 7) ^ (w10 >> 3));
    w10 += (rotr<u32>(rotr<u32>(w8, 2) ^ w8, 17) ^ (w8 >> 10)) + w3 + (rotr<u32>(rotr<u32>(w11, 11) ^ w11, 7) ^ (w11 >> 3));
    w11 += (rotr<u32>(rotr<u32>(w9, 2) ^ w9, 17) ^ (w9 >> 10)) + w4 + (rotr<u32>(rotr<u32>(w12, 11) ^ w12, 7) ^ (w12 >> 3));
    w12 += (rotr<u32>(rotr<u32>(w10, 2) ^ w10, 17) ^ (w10 >> 10)) + w5 + (rotr<u32>(rotr<u32>(w13, 11) ^ w13, 7) ^ (w13 >> 3));
    w13 += (rotr<u32>(rotr<u32>(w11, 2) ^ w11, 17) ^ (w11 >> 10)) + w6 + (rotr<u32>(rotr<u32>(w14, 11) ^ w14, 7) ^ (w14 >> 3));
    w14 += (rotr<u32>(rotr<u32>(w12, 2) ^ w12, 17) ^ (w12 >> 10)) + w7 + (rotr<u32>(rotr<u32>(w15, 11) ^ w15, 7) ^ (w15 >> 3));
    w15 += (rotr<u32>(rotr<u32>(w13, 2) ^ w13, 17) ^ (w13 >> 10)) + w8 + (rotr<u32>(rotr<u32>(w0, 11) ^ w0, 7) ^ (w0 >> 3));
  }
  store<u32>(st, load<u32>(st, 0) + a, 0);
  store<u32>(st, load<u32>(st, 4) + b, 4);
  store<u32>(st, load<u32>(st, 8) + c, 8);
  store<u32>(st, load<u32>(st, 12) + d, 12);
  store<u32>(st, load<u32>(st, 16) + e, 16);
  store<u32>(st, load<u32>(st, 20) + f, 20);
  store<u32>(st, load<u32>(st, 24) + g, 24);
  store<u32>(st, load<u32>(st, 28) + h, 28);
}

/** The two words after the 16 at w, put there. */
// prettier-ignore
// @ts-ignore: decorator
@inline function extend(w: usize): void {
  const w1 = load<u32>(w, 4);
  const w2 = load<u32>(w, 8);
  let x = load<u32>(w, 56);
  store<u32>(w, (rotr<u32>(rotr<u32>(x, 2) ^ x, 17) ^ (x >> 10)) + load<u32>(w, 36) + (rotr<u32>(rotr<u32>(w1, 11) ^ w1, 7) ^ (w1 >> 3)) + load<u32>(w, 0), 64);
  x = load<u32>(w, 60);
  store<u32>(w, (rotr<u32>(rotr<u32>(x, 2) ^ x, 17) ^ (x >> 10)) + load<u32>(w, 40) + (rotr<u32>(rotr<u32>(w2, 11) ^ w2, 7) ^ (w2 >> 3)) + w1, 68);
}

/** The same, eight rounds a pass. */
// prettier-ignore
function rolled(st: usize, p: usize): void {
  for (let w = scratch.WORDS; w != scratch.WORDS + 64; w += 4, p += 4) store<u32>(w, swap(load<u32>(p)));
  let a = load<u32>(st, 0);
  let b = load<u32>(st, 4);
  let c = load<u32>(st, 8);
  let d = load<u32>(st, 12);
  let e = load<u32>(st, 16);
  let f = load<u32>(st, 20);
  let g = load<u32>(st, 24);
  let h = load<u32>(st, 28);
  let k: usize = K;
  let x: u32;
  let y: u32 = b ^ c;
  for (;;) {
    h = load<u32>(k, 0) + load<u32>(scratch.WORDS, 0) + h + rotr<u32>(rotr<u32>(rotr<u32>(e, 14) ^ e, 5) ^ e, 6) + (((f ^ g) & e) ^ g); d += h;
    x = a ^ b; h += rotr<u32>(rotr<u32>(rotr<u32>(a, 9) ^ a, 11) ^ a, 2) + ((x & y) ^ b);
    g = load<u32>(k, 4) + load<u32>(scratch.WORDS, 4) + g + rotr<u32>(rotr<u32>(rotr<u32>(d, 14) ^ d, 5) ^ d, 6) + (((e ^ f) & d) ^ f); c += g;
    y = h ^ a; g += rotr<u32>(rotr<u32>(rotr<u32>(h, 9) ^ h, 11) ^ h, 2) + ((y & x) ^ a);
    f = load<u32>(k, 8) + load<u32>(scratch.WORDS, 8) + f + rotr<u32>(rotr<u32>(rotr<u32>(c, 14) ^ c, 5) ^ c, 6) + (((d ^ e) & c) ^ e); b += f;
    x = g ^ h; f += rotr<u32>(rotr<u32>(rotr<u32>(g, 9) ^ g, 11) ^ g, 2) + ((x & y) ^ h);
    e = load<u32>(k, 12) + load<u32>(scratch.WORDS, 12) + e + rotr<u32>(rotr<u32>(rotr<u32>(b, 14) ^ b, 5) ^ b, 6) + (((c ^ d) & b) ^ d); a += e;
    y = f ^ g; e += rotr<u32>(rotr<u32>(rotr<u32>(f, 9) ^ f, 11) ^ f, 2) + ((y & x) ^ g);
    d = load<u32>(k, 16) + load<u32>(scratch.WORDS, 16) + d + rotr<u32>(rotr<u32>(rotr<u32>(a, 14) ^ a, 5) ^ a, 6) + (((b ^ c) & a) ^ c); h += d;
    x = e ^ f; d += rotr<u32>(rotr<u32>(rotr<u32>(e, 9) ^ e, 11) ^ e, 2) + ((x & y) ^ f);
    c = load<u32>(k, 20) + load<u32>(scratch.WORDS, 20) + c + rotr<u32>(rotr<u32>(rotr<u32>(h, 14) ^ h, 5) ^ h, 6) + (((a ^ b) & h) ^ b); g += c;
    y = d ^ e; c += rotr<u32>(rotr<u32>(rotr<u32>(d, 9) ^ d, 11) ^ d, 2) + ((y & x) ^ e);
    b = load<u32>(k, 24) + load<u32>(scratch.WORDS, 24) + b + rotr<u32>(rotr<u32>(rotr<u32>(g, 14) ^ g, 5) ^ g, 6) + (((h ^ a) & g) ^ a); f += b;
    x = c ^ d; b += rotr<u32>(rotr<u32>(rotr<u32>(c, 9) ^ c, 11) ^ c, 2) + ((x & y) ^ d);
    a = load<u32>(k, 28) + load<u32>(scratch.WORDS, 28) + a + rotr<u32>(rotr<u32>(rotr<u32>(f, 14) ^ f, 5) ^ f, 6) + (((g ^ h) & f) ^ h); e += a;
    y = b ^ c; a += rotr<u32>(rotr<u32>(rotr<u32>(b, 9) ^ b, 11) ^ b, 2) + ((y & x) ^ c);
    k += 32;
    if (k == K + 256) break;
    for (let w = scratch.WORDS; w != scratch.WORDS + 32; w += 8) extend(w);
    memory.copy(scratch.WORDS, scratch.WORDS + 32, 64);
  }
  store<u32>(st, load<u32>(st, 0) + a, 0);
  store<u32>(st, load<u32>(st, 4) + b, 4);
  store<u32>(st, load<u32>(st, 8) + c, 8);
  store<u32>(st, load<u32>(st, 12) + d, 12);
  store<u32>(st, load<u32>(st, 16) + e, 16);
  store<u32>(st, load<u32>(st, 20) + f, 20);
  store<u32>(st, load<u32>(st, 24) + g, 24);
  store<u32>(st, load<u32>(st, 28) + h, 28);
}

/** One compression of the 64-byte block at p into the chaining value at st. */
function block(st: usize, p: usize): void {
  layout.count(layout.SHA256_BLOCKS, 1);
  if (ROLLED) rolled(st, p);
  else unrolled(st, p);
}

/** Begins a message. */
export function init(st: usize): void {
  memory.copy(st, IV, 32);
  store<u64>(st, 0, 32);
}

/** Compresses n >= 1 blocks at p, here or in the port. */
function blocks(st: usize, p: usize, n: u32): void {
  if (native.sha256(st, p, n << 6)) return;
  do {
    block(st, p);
    p += 64;
  } while (--n != 0);
}

/** Takes in n more bytes at p. */
export function update(st: usize, p: usize, n: u32): void {
  const seen = load<u64>(st, 32);
  const fill = (<u32>seen) & 63;
  store<u64>(st, seen + n, 32);
  if (fill != 0) {
    const take = min<u32>(64 - fill, n);
    memory.copy(st + 40 + fill, p, take);
    if (fill + take < 64) return;
    blocks(st, st + 40, 1);
    p += take;
    n -= take;
  }
  const whole = n >> 6;
  if (whole != 0) blocks(st, p, whole);
  memory.copy(st + 40, p + (whole << 6), n & 63);
}

/** Ends the message and writes its 32 bytes to out; the state is spent. */
export function final(st: usize, out: usize): void {
  const seen = load<u64>(st, 32);
  let fill = (<u32>seen) & 63;
  store<u8>(st + 40 + fill, 0x80);
  fill++;
  if (fill > 56) {
    memory.fill(st + 40 + fill, 0, 64 - fill);
    blocks(st, st + 40, 1);
    fill = 0;
  }
  memory.fill(st + 40 + fill, 0, 56 - fill);
  store<u32>(st, swap(<u32>(seen >> 29)), 96);
  store<u32>(st, swap((<u32>seen) << 3), 100);
  blocks(st, st + 40, 1);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, swap(load<u32>(st + i)));
}

/** SHA-256 of the n bytes at p, written to out (32 bytes, which may overlap the message). */
export function hash(p: usize, n: u32, out: usize): void {
  init(scratch.HASH);
  update(scratch.HASH, p, n);
  final(scratch.HASH, out);
}

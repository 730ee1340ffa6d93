// ChaCha20-Poly1305 (RFC 8439): seals a text in place and authenticates it together with associated data.
//
//   key 32 B · nonce 12 B, never twice under a key      block 0 -> r, s of Poly1305      blocks 1 ... -> xored into the text
//   tag 16 B = s + sum over blocks b_i of (b_i + 2^128) r^(n - i)  mod 2^130 - 5: associated data, zeros to 16 · text, zeros to 16 · two lengths u64
//
//   CHACHA:  0 "expand 32-byte k" · 16 key · 48 counter u32 · 52 nonce      STREAM: a block of the stream, or a last one of text
//   POLY:    0 r clamped, 4 x u32 · 16 s · 32 sum h0 .. h4, 5 x u64         all of it wiped
//
// Counted in wasm3: 227 x86 instructions a byte, both parts (SHA-256: 313). A block of the stream keeps its 16 words in locals, two rounds
// a pass. Poly1305 has four limbs of 32 bits and one of two or three:
// clamping leaves the limbs of r 28 bits, so that 16 products and four small ones make a block, and limb 0 takes what is carried
// around (5 / 4 of 2^31.4) without a carry of its own:  h0 < 2^32 + 2^31.8, plus text < 2^33.5; h1 .. h3 plus text < 2^33; h4 <= 4;
// r_i < 2^28, 5/4 r_i < 1.25 * 2^28: a column is below (1.42 + 3 * 1.25) 2^61 + 2^34 < 2^63.4.
//
// Rule: no branch and no address depends on key, text or tag, but for the verdict. `open` touches no text before the tag is found right.

import { CHACHA, POLY, STREAM } from "./scratch";

/** Begins a stream: the next block is number `counter`. */
export function begin(key: usize, nonce: usize, counter: u32): void {
  store<u64>(CHACHA, 0x3320646e61707865, 0);
  store<u64>(CHACHA, 0x6b20657479622d32, 8);
  memory.copy(CHACHA + 16, key, 32);
  store<u32>(CHACHA, counter, 48);
  memory.copy(CHACHA + 52, nonce, 12);
}

/** The next block of the stream begun at s is xored into the 64 bytes at p. */
// prettier-ignore
function block(s: usize, p: usize): void {
  let a0 = load<u32>(s, 0);
  let a1 = load<u32>(s, 4);
  let a2 = load<u32>(s, 8);
  let a3 = load<u32>(s, 12);
  let b0 = load<u32>(s, 16);
  let b1 = load<u32>(s, 20);
  let b2 = load<u32>(s, 24);
  let b3 = load<u32>(s, 28);
  let c0 = load<u32>(s, 32);
  let c1 = load<u32>(s, 36);
  let c2 = load<u32>(s, 40);
  let c3 = load<u32>(s, 44);
  let d0 = load<u32>(s, 48);
  let d1 = load<u32>(s, 52);
  let d2 = load<u32>(s, 56);
  let d3 = load<u32>(s, 60);
  for (let i: u32 = 10; i != 0; i--) {
    // columns
    a0 += b0; d0 = rotl<u32>(d0 ^ a0, 16); c0 += d0; b0 = rotl<u32>(b0 ^ c0, 12); a0 += b0; d0 = rotl<u32>(d0 ^ a0, 8); c0 += d0; b0 = rotl<u32>(b0 ^ c0, 7);
    a1 += b1; d1 = rotl<u32>(d1 ^ a1, 16); c1 += d1; b1 = rotl<u32>(b1 ^ c1, 12); a1 += b1; d1 = rotl<u32>(d1 ^ a1, 8); c1 += d1; b1 = rotl<u32>(b1 ^ c1, 7);
    a2 += b2; d2 = rotl<u32>(d2 ^ a2, 16); c2 += d2; b2 = rotl<u32>(b2 ^ c2, 12); a2 += b2; d2 = rotl<u32>(d2 ^ a2, 8); c2 += d2; b2 = rotl<u32>(b2 ^ c2, 7);
    a3 += b3; d3 = rotl<u32>(d3 ^ a3, 16); c3 += d3; b3 = rotl<u32>(b3 ^ c3, 12); a3 += b3; d3 = rotl<u32>(d3 ^ a3, 8); c3 += d3; b3 = rotl<u32>(b3 ^ c3, 7);
    // diagonals
    a0 += b1; d3 = rotl<u32>(d3 ^ a0, 16); c2 += d3; b1 = rotl<u32>(b1 ^ c2, 12); a0 += b1; d3 = rotl<u32>(d3 ^ a0, 8); c2 += d3; b1 = rotl<u32>(b1 ^ c2, 7);
    a1 += b2; d0 = rotl<u32>(d0 ^ a1, 16); c3 += d0; b2 = rotl<u32>(b2 ^ c3, 12); a1 += b2; d0 = rotl<u32>(d0 ^ a1, 8); c3 += d0; b2 = rotl<u32>(b2 ^ c3, 7);
    a2 += b3; d1 = rotl<u32>(d1 ^ a2, 16); c0 += d1; b3 = rotl<u32>(b3 ^ c0, 12); a2 += b3; d1 = rotl<u32>(d1 ^ a2, 8); c0 += d1; b3 = rotl<u32>(b3 ^ c0, 7);
    a3 += b0; d2 = rotl<u32>(d2 ^ a3, 16); c1 += d2; b0 = rotl<u32>(b0 ^ c1, 12); a3 += b0; d2 = rotl<u32>(d2 ^ a3, 8); c1 += d2; b0 = rotl<u32>(b0 ^ c1, 7);
  }
  store<u32>(p, (load<u32>(s, 0) + a0) ^ load<u32>(p, 0), 0);
  store<u32>(p, (load<u32>(s, 4) + a1) ^ load<u32>(p, 4), 4);
  store<u32>(p, (load<u32>(s, 8) + a2) ^ load<u32>(p, 8), 8);
  store<u32>(p, (load<u32>(s, 12) + a3) ^ load<u32>(p, 12), 12);
  store<u32>(p, (load<u32>(s, 16) + b0) ^ load<u32>(p, 16), 16);
  store<u32>(p, (load<u32>(s, 20) + b1) ^ load<u32>(p, 20), 20);
  store<u32>(p, (load<u32>(s, 24) + b2) ^ load<u32>(p, 24), 24);
  store<u32>(p, (load<u32>(s, 28) + b3) ^ load<u32>(p, 28), 28);
  store<u32>(p, (load<u32>(s, 32) + c0) ^ load<u32>(p, 32), 32);
  store<u32>(p, (load<u32>(s, 36) + c1) ^ load<u32>(p, 36), 36);
  store<u32>(p, (load<u32>(s, 40) + c2) ^ load<u32>(p, 40), 40);
  store<u32>(p, (load<u32>(s, 44) + c3) ^ load<u32>(p, 44), 44);
  const counter = load<u32>(s, 48);
  store<u32>(p, (counter + d0) ^ load<u32>(p, 48), 48);
  store<u32>(p, (load<u32>(s, 52) + d1) ^ load<u32>(p, 52), 52);
  store<u32>(p, (load<u32>(s, 56) + d2) ^ load<u32>(p, 56), 56);
  store<u32>(p, (load<u32>(s, 60) + d3) ^ load<u32>(p, 60), 60);
  store<u32>(s, counter + 1, 48);
}

/** The stream is xored into the n bytes at p. */
export function crypt(p: usize, n: u32): void {
  for (; n >= 64; n -= 64, p += 64) block(CHACHA, p);
  if (n == 0) return;
  memory.copy(STREAM, p, n);
  block(CHACHA, STREAM);
  memory.copy(p, STREAM, n);
}

/** Begins a sum under the one-time key at `key` (32 B: r, s). */
export function key(key: usize): void {
  store<u64>(POLY, load<u64>(key, 0) & 0x0ffffffc0fffffff, 0);
  store<u64>(POLY, load<u64>(key, 8) & 0x0ffffffc0ffffffc, 8);
  memory.copy(POLY + 16, key + 16, 16);
  memory.fill(POLY + 32, 0, 40);
}

/** Takes in `count` blocks of 16 bytes at p, `top` (1, or 0 where the end of the message is in the block) above each. */
export function blocks(st: usize, p: usize, count: u32, top: u64): void {
  if (count == 0) return;
  const r0: u64 = load<u32>(st, 0);
  const r1: u64 = load<u32>(st, 4);
  const r2: u64 = load<u32>(st, 8);
  const r3: u64 = load<u32>(st, 12);
  const low = r0 & 3;
  const q0 = (r0 >> 2) * 5; // 2^130 = 5
  const q1 = (r1 >> 2) + r1;
  const q2 = (r2 >> 2) + r2;
  const q3 = (r3 >> 2) + r3;
  let h0 = load<u64>(st, 32);
  let h1 = load<u64>(st, 40);
  let h2 = load<u64>(st, 48);
  let h3 = load<u64>(st, 56);
  let h4 = load<u64>(st, 64);
  do {
    h0 += <u64>load<u32>(p, 0);
    h1 += <u64>load<u32>(p, 4);
    h2 += <u64>load<u32>(p, 8);
    h3 += <u64>load<u32>(p, 12);
    h4 += top;
    let t = h0 * r0 + h1 * q3 + h2 * q2 + h3 * q1 + h4 * q0;
    const x0 = t & 0xffffffff;
    t = (t >> 32) + h0 * r1 + h1 * r0 + h2 * q3 + h3 * q2 + h4 * q1;
    const x1 = t & 0xffffffff;
    t = (t >> 32) + h0 * r2 + h1 * r1 + h2 * r0 + h3 * q3 + h4 * q2;
    const x2 = t & 0xffffffff;
    t = (t >> 32) + h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * q3;
    h3 = t & 0xffffffff;
    t = (t >> 32) + h4 * low;
    h4 = t & 3;
    h0 = (t >> 2) * 5 + x0;
    h1 = x1;
    h2 = x2;
    p += 16;
  } while (--count != 0);
  store<u64>(st, h0, 32);
  store<u64>(st, h1, 40);
  store<u64>(st, h2, 48);
  store<u64>(st, h3, 56);
  store<u64>(st, h4, 64);
}

/** Takes in the n bytes at p and zeros up to a whole block. */
function padded(p: usize, n: u32): void {
  blocks(POLY, p, n >> 4, 1);
  const rest = n & 15;
  if (rest == 0) return;
  store<u64>(STREAM, 0, 0);
  store<u64>(STREAM, 0, 8);
  memory.copy(STREAM, p + (n - rest), rest);
  blocks(POLY, STREAM, 1, 1);
}

/** Ends the sum and writes the tag, 16 B. h < 2^130 + 2^33, so h or h - p, p = 2^130 - 5, is the rest mod p: the latter when h + 5 reaches 2^130. */
export function end(out: usize): void {
  let t = load<u64>(POLY, 32);
  const h0 = t & 0xffffffff;
  t = (t >> 32) + load<u64>(POLY, 40);
  const h1 = t & 0xffffffff;
  t = (t >> 32) + load<u64>(POLY, 48);
  const h2 = t & 0xffffffff;
  t = (t >> 32) + load<u64>(POLY, 56);
  const h3 = t & 0xffffffff;
  const h4 = (t >> 32) + load<u64>(POLY, 64);
  const over = ((((((((h0 + 5) >> 32) + h1) >> 32) + h2) >> 32) + h3) >> 32) + h4;
  t = (over >> 2) * 5 + h0 + load<u32>(POLY, 16);
  store<u32>(out, <u32>t, 0);
  t = (t >> 32) + h1 + load<u32>(POLY, 20);
  store<u32>(out, <u32>t, 4);
  t = (t >> 32) + h2 + load<u32>(POLY, 24);
  store<u32>(out, <u32>t, 8);
  t = (t >> 32) + h3 + load<u32>(POLY, 28);
  store<u32>(out, <u32>t, 12);
}

/** Begins stream and sum under key and nonce. */
function enter(secret: usize, nonce: usize): void {
  begin(secret, nonce, 0);
  memory.fill(STREAM, 0, 64);
  block(CHACHA, STREAM);
  key(STREAM);
}

/** Ends the sum over associated data and sealed text; the tag is written to out. */
function authenticate(ad: usize, an: u32, p: usize, n: u32, out: usize): void {
  padded(ad, an);
  padded(p, n);
  store<u64>(STREAM, an, 0);
  store<u64>(STREAM, n, 8);
  blocks(POLY, STREAM, 1, 1);
  end(out);
}

/** Clears stream and sum. */
function wipe(): void {
  memory.fill(CHACHA, 0, <u32>(POLY - CHACHA) + 72);
}

/** Seals the n bytes at p in place and writes the 16-byte tag over them and the an bytes of associated data at ad. */
export function seal(key: usize, nonce: usize, ad: usize, an: u32, p: usize, n: u32, tag: usize): void {
  enter(key, nonce);
  crypt(p, n);
  authenticate(ad, an, p, n, tag);
  wipe();
}

/** Opens what seal made, in place: true when the 16 bytes at tag are right; else false, and the n bytes at p are as they were. */
export function open(key: usize, nonce: usize, ad: usize, an: u32, p: usize, n: u32, tag: usize): bool {
  enter(key, nonce);
  authenticate(ad, an, p, n, STREAM);
  const right = ((load<u64>(STREAM, 0) ^ load<u64>(tag, 0)) | (load<u64>(STREAM, 8) ^ load<u64>(tag, 8))) == 0;
  if (right) crypt(p, n);
  wipe();
  return right;
}

// HMAC (RFC 2104) with SHA-256 and SHA-512: H(key ^ opad, H(key ^ ipad, message)), the key zero-padded to a block, hashed first when longer.
//
// begin, add and end take a message in pieces, for SHA-256 only; the state lies in scratch (HASH, PAD), so pieces must follow one another
// with no other call of crypto between. Rule: no branch and no address depends on key or message; the padded key is wiped.

import * as sha256 from "./sha256";
import * as sha512 from "./sha512";
import { DIGEST, HASH, PAD } from "./scratch";

/** PAD ^= x in each of its n bytes, x a byte repeated eight times. */
function mask(n: u32, x: u64): void {
  for (let i: usize = 0; i < n; i += 8) store<u64>(PAD + i, load<u64>(PAD + i) ^ x);
}

/** Begins a message under the kn bytes of key. */
export function begin(key: usize, kn: u32): void {
  memory.fill(PAD, 0, 64);
  if (kn > 64) sha256.hash(key, kn, PAD);
  else memory.copy(PAD, key, kn);
  mask(64, 0x3636363636363636);
  sha256.init(HASH);
  sha256.update(HASH, PAD, 64);
}

/** Takes in n more bytes at p. */
export function add(p: usize, n: u32): void {
  sha256.update(HASH, p, n);
}

/** Ends the message and writes its 32-byte HMAC-SHA-256. */
export function end(out: usize): void {
  sha256.final(HASH, DIGEST);
  mask(64, 0x6a6a6a6a6a6a6a6a); // 0x36 ^ 0x5c
  sha256.init(HASH);
  sha256.update(HASH, PAD, 64);
  sha256.update(HASH, DIGEST, 32);
  sha256.final(HASH, out);
  memory.fill(PAD, 0, 64);
}

/** HMAC-SHA-256 of the n bytes at p, 32 bytes to out. */
export function sha256_(key: usize, kn: u32, p: usize, n: u32, out: usize): void {
  begin(key, kn);
  add(p, n);
  end(out);
}

/** HMAC-SHA-512 of the n bytes at p, 64 bytes to out. */
export function sha512_(key: usize, kn: u32, p: usize, n: u32, out: usize): void {
  memory.fill(PAD, 0, 128);
  if (kn > 128) sha512.hash(key, kn, PAD);
  else memory.copy(PAD, key, kn);
  mask(128, 0x3636363636363636);
  sha512.init(HASH);
  sha512.update(HASH, PAD, 128);
  sha512.update(HASH, p, n);
  sha512.final(HASH, DIGEST);
  mask(128, 0x6a6a6a6a6a6a6a6a);
  sha512.init(HASH);
  sha512.update(HASH, PAD, 128);
  sha512.update(HASH, DIGEST, 64);
  sha512.final(HASH, out);
  memory.fill(PAD, 0, 128);
}

export { sha256_ as sha256, sha512_ as sha512 };

// Ed25519 (RFC 8032): keys, signatures, and the verification rule of ZIP-215, which is cofactored and takes every encoding that names a
// point, so that single and batch verification always agree.
//
//   seed 32 B -> SHA-512 -> a (clamped), prefix      A = a B, 32 B      signature: R = r B 32 B · S = r + k a mod L 32 B
//   r = SHA-512(prefix, M)      k = SHA-512(R, A, M)      8 S B = 8 R + 8 k A
//
// A is checked once, when a key is registered (checkKey): canonical and not of small order.
// Rule: signing and key generation take the same steps through the same addresses whatever the seed is, and wipe what they leave.

import * as layout from "../layout";
import * as reason from "../wire/reason";
import * as native from "./native";
import * as point from "./point";
import * as scalar from "./scalar";
import * as sha512 from "./sha512";
import * as straus from "./straus";
import { ALONE, CHALLENGE, FIELD, HASH, NONCE, SECRET, SLOTS } from "./scratch";

/** SECRET = a clamped, prefix. */
function expand(seed: usize): void {
  sha512.hash(seed, 32, SECRET);
  store<u8>(SECRET, load<u8>(SECRET) & 248);
  store<u8>(SECRET, (load<u8>(SECRET, 31) & 63) | 64, 31);
}

/** Clears hash state, temporaries and secrets: everything between the pending list and the slots, and the first of these. */
function wipe(): void {
  memory.fill(FIELD, 0, <u32>(SLOTS - FIELD) + 256);
}

/** Writes the 32-byte public key of the seed (32 secret random bytes). */
export function publicKey(seed: usize, out: usize): void {
  if (native.publicKey(seed, out)) return;
  expand(seed);
  point.base(SECRET);
  point.encode(out);
  wipe();
}

/** Writes the 64-byte signature of the n bytes at p to out, which overlaps no input. pub must be the seed's own public key. */
export function sign(seed: usize, pub: usize, p: usize, n: u32, out: usize): void {
  layout.count(layout.SIGNED, 1);
  if (native.sign(seed, pub, p, n, out)) return;
  expand(seed);
  sha512.init(HASH);
  sha512.update(HASH, SECRET + 32, 32);
  sha512.update(HASH, p, n);
  sha512.final(HASH, CHALLENGE);
  scalar.reduce(NONCE, CHALLENGE);
  point.base(NONCE);
  point.encode(out);
  sha512.init(HASH);
  sha512.update(HASH, out, 32);
  sha512.update(HASH, pub, 32);
  sha512.update(HASH, p, n);
  sha512.final(HASH, CHALLENGE);
  scalar.reduce(CHALLENGE, CHALLENGE);
  scalar.multiplyAdd(out + 32, CHALLENGE, SECRET, NONCE);
  wipe();
}

function check(pub: usize, p: usize, n: u32, sig: usize): bool {
  layout.count(layout.VERIFIED, 1);
  straus.enter(ALONE, pub, p, n, sig);
  return straus.single(ALONE) || straus.appeal(ALONE);
}

/** True when sig (64 B) is a signature of the n bytes at p, below 2^15, under pub, by ZIP-215. */
export function verify(pub: usize, p: usize, n: u32, sig: usize): bool {
  assert(n < 0x8000);
  return check(pub, p, n, sig);
}

/** The same by a key's head (cached.ts), with its table if it has one. */
export function verifyCached(head: usize, p: usize, n: u32, sig: usize): bool {
  assert(n < 0x8000);
  if (load<u32>(head, 36) == 0) return check(head, p, n, sig);
  layout.count(layout.PREPARED, 1);
  return check(head, p, n | 0x8000, sig);
}

/** 0 for a key that may be registered; else KEY_NOT_CANONICAL, KEY_NOT_ON_CURVE or KEY_SMALL_ORDER. */
export function checkKey(pub: usize): u32 {
  const ones = load<u64>(pub, 8) & load<u64>(pub, 16) & (load<u64>(pub, 24) | 0x8000000000000000);
  if (ones == 0xffffffffffffffff && load<u64>(pub) >= 0xffffffffffffffed) return reason.KEY_NOT_CANONICAL; // y >= p
  if (!point.decode(pub)) return reason.KEY_NOT_ON_CURVE;
  return point.small() ? reason.KEY_SMALL_ORDER : 0;
}

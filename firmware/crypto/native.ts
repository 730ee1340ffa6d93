// What the port does in the device's stead, where it offers that: the import `accelerate` (wire/accelerate.ts).
//
//   boot ── OFFER ──> bitmap at layout.OFFERED         verify, sign ... ── offered? ──> port ── DONE ──> counted as if done here
//                                                                  └─ no, or not DONE ──> the device's own code
//
// A verdict from outside only ever says yes. Verifiers elsewhere are stricter than ZIP-215 (cofactorless, no small order, canonical
// encodings): what S B = R + k A holds for, 8 S B = 8 R + 8 k A holds for; where they say no, the device looks itself. So all devices agree,
// whoever checks. What is done outside leaves SCRATCH as it was; all else in memory, counters included, is as without.
//
// SHA-512 is not offered: it hashes the seed and the nonce's prefix, and beside a native verification nothing is left for it.
// Rule: a secret goes out only for an operation that needs it and that the port offers.

import * as hal from "../hal";
import * as layout from "../layout";
import * as accelerate from "../wire/accelerate";
import * as sha512 from "./sha512";
import { OPERANDS } from "./scratch";

/** Asks the port what it offers; once, at boot. */
export function open(): void {
  const bits = hal.accelerate(accelerate.OFFER, 0);
  store<u32>(layout.OFFERED, bits > 0 ? bits : 0);
}

/** Does the port offer this? */
// @ts-ignore: decorator
@inline function offers(op: u32): bool {
  return (load<u32>(layout.OFFERED) & (1 << op)) != 0;
}

/** Hands an operation over; true when it is done. */
function ask(op: u32, a: usize, b: usize, c: usize, bytes: usize, n: u32): bool {
  store<u32>(OPERANDS, <u32>a, accelerate.A);
  store<u32>(OPERANDS, <u32>b, accelerate.B);
  store<u32>(OPERANDS, <u32>c, accelerate.C);
  store<u32>(OPERANDS, <u32>bytes, accelerate.BYTES);
  store<u32>(OPERANDS, n, accelerate.N);
  return hal.accelerate(op, OPERANDS) == accelerate.DONE;
}

/** True when the port calls all entries from..end good (straus.enter); false when it does not, or was not asked. */
// @ts-ignore: decorator
@inline export function good(from: usize, end: usize): bool {
  return offers(accelerate.VERIFY) && verified(from, end);
}

function verified(from: usize, end: usize): bool {
  let blocks: u32 = 0;
  for (let e = from; e != end; e += 8) {
    const n: u32 = load<u16>(e, 4) & 0x7fff;
    if (!ask(accelerate.VERIFY, load<u16>(e, 0), load<u16>(e, 6), 0, load<u16>(e, 2), n)) return false;
    blocks += sha512.blocks(64 + n);
  }
  layout.count(layout.SHA512_BLOCKS, blocks);
  return true;
}

/** ed25519.sign, when the port does it. */
// @ts-ignore: decorator
@inline export function sign(seed: usize, pub: usize, p: usize, n: u32, out: usize): bool {
  if (!offers(accelerate.SIGN) || !ask(accelerate.SIGN, seed, pub, out, p, n)) return false;
  layout.count(layout.SHA512_BLOCKS, 1 + sha512.blocks(32 + n) + sha512.blocks(64 + n));
  return true;
}

/** ed25519.publicKey, when the port does it. */
// @ts-ignore: decorator
@inline export function publicKey(seed: usize, out: usize): bool {
  if (!offers(accelerate.PUBLIC_KEY) || !ask(accelerate.PUBLIC_KEY, seed, out, 0, 0, 0)) return false;
  layout.count(layout.SHA512_BLOCKS, 1);
  return true;
}

/** x25519.shared, when the port does it. */
// @ts-ignore: decorator
@inline export function shared(secret: usize, peer: usize, out: usize): bool {
  return offers(accelerate.X25519) && ask(accelerate.X25519, secret, peer, out, 0, 0);
}

/** x25519.publicKey, when the port does it. */
// @ts-ignore: decorator
@inline export function sharedKey(secret: usize, out: usize): bool {
  return offers(accelerate.X25519_PUBLIC) && ask(accelerate.X25519_PUBLIC, secret, out, 0, 0, 0);
}

/** Compression of n bytes, whole blocks, at p into the chaining value at st, when the port does it. */
// @ts-ignore: decorator
@inline export function sha256(st: usize, p: usize, n: u32): bool {
  if (!offers(accelerate.SHA256) || !ask(accelerate.SHA256, st, 0, 0, p, n)) return false;
  layout.count(layout.SHA256_BLOCKS, n >> 6);
  return true;
}

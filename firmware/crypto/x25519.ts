// X25519 (RFC 7748): a secret that two devices share, from the secret scalar of one (32 B) and the public u-coordinate of the other (32 B).
//
//   shared     Montgomery's ladder on v^2 = u^3 + 486662 u^2 + u. A step knows points Q2 = (X2 : Z2) and Q3 = (X3 : Z3) with difference u;
//              one of them is doubled into Q2, their sum goes to Q3:
//                A = X2 + Z2   B = X2 - Z2   C = X3 + Z3   D = X3 - Z3         P, R = A, B or C, D: of the point that is doubled
//                X2 = P^2 R^2   Z2 = E (P^2 + 121665 E), E = P^2 - R^2         X3 = (D A + C B)^2   Z3 = u (D A - C B)^2
//              DA + CB is the same and DA - CB changes its sign when Q2 and Q3 change places, so nothing is swapped: two values are chosen.
//              Bit 254 of a clamped scalar is 1: the ladder begins with 2 u and u. Bits 2, 1, 0 are 0: they double only.
//   publicKey  the comb of Ed25519 and the map to Montgomery's curve, u = (Z + Y) / (Z - Y): less than half of a ladder.
//
// Counted in wasm3: shared 6.10 M x86 instructions, 0.90 M operations, 3290 a step, of which 2917 are the nine products; publicKey 2.34 M.
//
// Rule: neither branches on nor indexes by the scalar or a coordinate; what is left in SCRATCH is wiped.

import * as field from "./field";
import * as native from "./native";
import * as point from "./point";
import { A, B, C, D, E, F, FIELD, G, H, SECRET, SLOTS, X, Y, Z } from "./scratch";

const X2 = X;
const Z2 = Y;
const X3 = Z;
const Z3 = E;
const U = H;
const P = F;
const R = G;

/** SECRET = the clamped scalar. */
function clamp(secret: usize): void {
  memory.copy(SECRET, secret, 32);
  store<u8>(SECRET, load<u8>(SECRET) & 248);
  store<u8>(SECRET, (load<u8>(SECRET, 31) & 63) | 64, 31);
}

/** Clears temporaries and the scalar. */
function wipe(): void {
  memory.fill(FIELD, 0, <u32>(SLOTS - FIELD) + 32);
}

/** Two limbs at p (those of X2) and of the other coordinates; s as field.add adds it. */
// @ts-ignore: decorator
@inline function pair(p: usize, s: u64, mask: u64): void {
  let x = load<u64>(p, X2 - X);
  let z = load<u64>(p, Z2 - X);
  const a = x + z + s;
  store<u64>(p, a, A - X);
  const b = x - z + field.D1;
  store<u64>(p, b, B - X);
  x = load<u64>(p, X3 - X);
  z = load<u64>(p, Z3 - X);
  const c = x + z + s;
  store<u64>(p, c, C - X);
  store<u64>(p, ((c ^ a) & mask) ^ a, P - X);
  const d = x - z + field.D1;
  store<u64>(p, d, D - X);
  store<u64>(p, ((d ^ b) & mask) ^ b, R - X);
}

/** A, B, C, D, and P, R = A, B where mask is 0, C, D where it is all ones. A, C, P: S. B, D, R: D (field.ts). Passes of a loop cost more. */
function sums(mask: u64): void {
  pair(X, field.S0, mask);
  pair(X + 8, field.S1, mask);
  pair(X + 16, field.S1, mask);
  pair(X + 24, field.S1, mask);
  const few = <u32>mask;
  let x = load<u32>(X2, 32);
  let z = load<u32>(Z2, 32);
  const a = x + z + 1;
  store<u32>(A, a, 32);
  const b = x - z;
  store<u32>(B, b, 32);
  x = load<u32>(X3, 32);
  z = load<u32>(Z3, 32);
  const c = x + z + 1;
  store<u32>(C, c, 32);
  store<u32>(P, ((c ^ a) & few) ^ a, 32);
  const d = x - z;
  store<u32>(D, d, 32);
  store<u32>(R, ((d ^ b) & few) ^ b, 32);
}

const M29: i64 = 0x1fffffff;
const M23: i64 = 0x7fffff;

/** Limb of E at p; 121665 E + P for it and what was carried. */
// @ts-ignore: decorator
@inline function limb(p: usize, at: usize, t: i64): i64 {
  const a: i64 = load<i32>(p + at, P - A);
  const e = a - <i64>load<i32>(p + at, R - A);
  store<i32>(p + at, e);
  return e * 121665 + a + t;
}

/**
 * For P and R that hold squares, N: A = E = P - R, (-1, 1) in all limbs, which mul takes with N; B = P + 121665 E, N: no sum exceeds 2^47, the
 * last carry (t >> 23) 2^24, 19 of which move limb 0 by less than 2^29, so limb 1 gets -1, 0 or 1.
 */
function scale(): void {
  let t = limb(A, 0, 0);
  const r0 = t & M29;
  t = limb(A, 4, t >> 29);
  const r1 = t & M29;
  t = limb(A, 8, t >> 29);
  store<i32>(B, t & M29, 8);
  t = limb(A, 12, t >> 29);
  store<i32>(B, t & M29, 12);
  t = limb(A, 16, t >> 29);
  store<i32>(B, t & M29, 16);
  t = limb(A, 20, t >> 29);
  store<i32>(B, t & M29, 20);
  t = limb(A, 24, t >> 29);
  store<i32>(B, t & M29, 24);
  t = limb(A, 28, t >> 29);
  store<i32>(B, t & M29, 28);
  t = limb(A, 32, t >> 29);
  store<i32>(B, t & M23, 32);
  t = (t >> 23) * 19 + r0;
  store<i32>(B, t & M29);
  store<i32>(B, (t >> 29) + r1, 4);
}

/** A step: Q2, or Q3 where mask is all ones, is doubled into Q2; Q3 becomes their sum if that is wanted. 2M + 2S, 5M + 4S. */
function step(mask: u64, sum: bool): void {
  sums(mask);
  field.sq(P, P, 1);
  field.sq(R, R, 1);
  if (sum) {
    field.mul(D, D, A); // D * S
    field.mul(C, C, B);
    field.both(X3, Z3, D, C);
    field.sq(X3, X3, 1);
    field.sq(Z3, Z3, 1);
    field.mul(Z3, Z3, U);
  }
  scale();
  field.mul(X2, P, R);
  field.mul(Z2, A, B); // (-1, 1) * N
}

/** Writes the public key, 32 bytes, of 32 secret random bytes; out may be the same place. */
export function publicKey(secret: usize, out: usize): void {
  if (native.sharedKey(secret, out)) return;
  clamp(secret);
  point.base(SECRET); // not the neutral element: a clamped scalar is 8 m with 0 < m < 2^252 < L
  field.both(A, B, Z, Y);
  field.power(C, B, true);
  field.mul(A, A, C);
  field.encode(out, A);
  wipe();
}

/**
 * Writes the secret shared with the owner of the public key `peer` (any 32 bytes; bit 255 is left out), 32 bytes to out, which may be either
 * input. False, and 32 zeros, when peer is a point of small order (RFC 7748, 6.1): then nothing is shared, and the handshake must stop.
 */
export function shared(secret: usize, peer: usize, out: usize): bool {
  if (native.shared(secret, peer, out)) return true;
  clamp(secret);
  field.decode(U, peer);
  memory.copy(X2, U, 36);
  memory.copy(X3, U, 36);
  field.small(Z2, 1);
  field.small(Z3, 1);
  step(0, false); // Q2 = 2 u, Q3 = u
  let last: u32 = 1;
  for (let i: u32 = 253; i != 2; i--) {
    const bit = (load<u8>(SECRET + (i >> 3)) >> (<u8>(i & 7))) & 1;
    step(0 - <u64>(last ^ bit), true);
    last = bit;
  }
  step(0 - <u64>last, false);
  step(0, false);
  step(0, false);
  field.power(A, Z2, true); // 1 / 0 is 0
  field.mul(A, A, X2);
  field.encode(out, A);
  wipe();
  return (load<u64>(out, 0) | load<u64>(out, 8) | load<u64>(out, 16) | load<u64>(out, 24)) != 0;
}

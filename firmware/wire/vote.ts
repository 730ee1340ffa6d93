// Votes: what is signed, and what is on the air.
//
// signed, 37 B (NOTARIZE, FINALIZE):  0 kind u8 · 1 view u32 · 5 digest 32 B
// signed, 41 B (NULLIFY):             0 kind u8 · 1 from u32 · 5 to u32 · 9 ctx 32 B
// on air, 106 B:                      0 kind u8 · 1 signer u8 · 2 epoch u32 · 6 view u32 · 10 digest 32 B · 42 signature 64 B
// on air, 78 B (NULLIFY):             0 kind u8 · 1 signer u8 · 2 epoch u32 · 6 from u32 · 10 to u32 · 14 signature 64 B
//
// The message signed stays below 48 bytes, so that R, A and M fit one SHA-512 block. NOTARIZE comes in two kinds: with
// F = 1 it also finalizes the parent of the block it names.

import * as mem from "#mem";
import * as kind from "./kind";

export const KIND: u32 = 0;
export const SIGNER: u32 = 1;
export const EPOCH: u32 = 2;
export const VIEW: u32 = 6;
export const DIGEST: u32 = 10;
export const SIGNATURE: u32 = 42;
export const SIZE: u32 = 106;

export const FROM: u32 = 6;
export const TO: u32 = 10;
export const NULLIFY_SIGNATURE: u32 = 14;
export const NULLIFY_SIZE: u32 = 78;

export const SIGNED_VIEW: u32 = 1;
export const SIGNED_DIGEST: u32 = 5;
export const SIGNED_SIZE: u32 = 37;
export const SIGNED_FROM: u32 = 1;
export const SIGNED_TO: u32 = 5;
export const SIGNED_CTX: u32 = 9;
export const SIGNED_NULLIFY_SIZE: u32 = 41;

/** True when n bytes at p have the shape of a vote on air: a known kind, its exact size, a signer below 32. */
export function check(p: u32, n: u32): bool {
  if (n < NULLIFY_SIZE) return false;
  const k = mem.load8(p + KIND);
  if (k == 0 || k > kind.NULLIFY) return false;
  if (mem.load8(p + SIGNER) > 31) return false;
  if (k == kind.NULLIFY) {
    const from = mem.load32(p + FROM);
    const to = mem.load32(p + TO);
    return n == NULLIFY_SIZE && from != 0 && (from < to || from == to);
  }
  return n == SIZE;
}

/** Writes what a NOTARIZE or FINALIZE signs to p: 37 bytes. */
export function statement(p: u32, k: u32, view: u32, digest: u32): void {
  mem.store8(p, k);
  mem.store32(p + SIGNED_VIEW, view);
  mem.copy(p + SIGNED_DIGEST, digest, 32);
}

/** Writes what a NULLIFY signs to p: 41 bytes. */
export function nullification(p: u32, from: u32, to: u32, ctx: u32): void {
  mem.store8(p, kind.NULLIFY);
  mem.store32(p + SIGNED_FROM, from);
  mem.store32(p + SIGNED_TO, to);
  mem.copy(p + SIGNED_CTX, ctx, 32);
}

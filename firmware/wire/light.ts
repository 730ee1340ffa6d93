// What members and validators say to each other. A member follows what is final and asks for state; a validator shows and proves.
//
//   FINAL_HEADER   0 kind u8 · 1 zero 3 B · 4 header 128 B · 132 its FINAL certificate (a), see certificate.ts
//   ASK            0 kind u8 · 1 signer u8, who shall answer · 2 zero u16 · 4 key 1..32 B
//   PROOF          0 kind u8 · 1 key length u8 · 2 zero u16 · 4 executedHeight u32 · 8 key · then the proof under the root after executedHeight
//
// FINAL (b) carries a header, the child's, and needs no other. The proof is that of core/tree.ts: salt 32 B · siblings 192 B · entries.

import * as mem from "#mem";

export const HEADER: u32 = 4;
export const CERTIFICATE: u32 = 132;

export const TO: u32 = 1;
export const ASK_KEY: u32 = 4;

export const KEY_LENGTH: u32 = 1;
export const EXECUTED_HEIGHT: u32 = 4;
export const PROOF_KEY: u32 = 8;
export const PROOF_HEAD: u32 = 224;

/** True when n bytes have the length of an ASK. */
export function checkAsk(n: u32): bool {
  return n > ASK_KEY && n < ASK_KEY + 33;
}

/** Where the proof begins in the n bytes of a PROOF at p; 0 when they are none. */
export function proofAt(p: u32, n: u32): u32 {
  if (n < PROOF_KEY + 1 + PROOF_HEAD) return 0;
  const length = mem.load8(p + KEY_LENGTH);
  if (length == 0 || length > 32) return 0;
  const at = PROOF_KEY + length;
  if (n < at + PROOF_HEAD) return 0;
  return at;
}

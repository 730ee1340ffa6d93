// Where crypto works: the sub-addresses of layout's SCRATCH region. Nothing here is kept between calls but the pending list
// of a batch, which lives from batch.begin to batch.run and which no other function touches.
//
//      0 ┌──────────────┐ PENDING   32 entries of 8 B: key, message, length, signature (u16 addresses)
//    256 │ batch        │ COUNT u32 · ALONE an entry of 8 B, for a signature that is not pending
//    272 ├──────────────┤ X Y Z E H the point under work, 5 field elements (point.ts)
//        │ field        │ A B C D F G, TWICE: temporaries of point formulas
//    816 ├──────────────┤ RECODED   scalar whose digits are wanted, 40 B, the last eight zero
//    856 ├──────────────┤ SLOTS     9, 11 or 21 slots of 904, 760 or 397 B (straus.ts); one signature takes one and a half
//   9216 └──────────────┘
//
// Rooms used in turn: products of scalars, hashes and a batch's coefficients lie in the field part, HMAC's pads and the secrets of signing in
// SLOTS. Rule: what is secret here is wiped before the call that made it returns.

import * as layout from "../layout";

export const PENDING: usize = layout.SCRATCH;
export const COUNT: usize = layout.SCRATCH + 256;
export const ALONE: usize = layout.SCRATCH + 264;

export const FIELD: usize = layout.SCRATCH + 272;
export const X: usize = FIELD;
export const Y: usize = FIELD + 36;
export const Z: usize = FIELD + 72;
export const E: usize = FIELD + 108;
export const H: usize = FIELD + 144;
export const A: usize = FIELD + 180;
export const B: usize = FIELD + 216;
export const C: usize = FIELD + 252;
export const D: usize = FIELD + 288;
export const F: usize = FIELD + 324;
export const G: usize = FIELD + 360;
export const TWICE: usize = FIELD + 396; // 144 B

// in TWICE, while no multiple and no power is under work
export const BYTES: usize = TWICE; // 32 B: an encoding under test
export const LIMBS: usize = TWICE + 32; // 36 B: the limbs it is made from

// while nothing is under work: what is handed to the port (native.ts)
export const OPERANDS: usize = FIELD; // 20 B

// while no point is under work: hashes
export const WORDS: usize = FIELD; // 128 B: a SHA-512 block in the machine's byte order
export const RANDOM: usize = FIELD + 128; // 64 B: where a coefficient is drawn from
export const SEED: usize = FIELD + 232; // 64 B: a batch's transcript digest
export const FACTOR: usize = FIELD + 296; // 32 B: a challenge k
export const HASH: usize = FIELD + 344; // 200 B: state of the hash under way; HMAC's inner state too; then a coefficient z
// scalars: a 512-bit input, its product with mu, and that quotient times L
export const WIDE: usize = FIELD; // 64 B
export const PRODUCT: usize = FIELD + 64; // 100 B, and four of zero that are not used
export const MULTIPLE: usize = FIELD + 164; // 68 B
export const HALVES: usize = FIELD; // 144 B: scalar.halve

export const RECODED: usize = layout.SCRATCH + 816;
export const SLOTS: usize = layout.SCRATCH + 856;

// hmac.ts
export const PAD: usize = SLOTS; // 128 B
export const DIGEST: usize = SLOTS + 128; // 64 B
// ed25519.ts: SHA-512 of the seed (x25519.ts: the scalar), the nonce r, the challenge k
export const SECRET: usize = SLOTS; // 64 B
export const NONCE: usize = SLOTS + 64; // 32 B
export const CHALLENGE: usize = SLOTS + 96; // 64 B
// chacha20poly1305.ts, while no point is under work
export const CHACHA: usize = FIELD; // 64 B: a stream's first words, key, counter, nonce
export const STREAM: usize = FIELD + 64; // 64 B: a block of it
export const POLY: usize = FIELD + 128; // 72 B: the authenticator's key and sum

if (TWICE + 144 > RECODED) ERROR("field temporaries run into the recoded scalar");
if (HASH + 200 > RECODED) ERROR("the hash runs into the recoded scalar");
if (RECODED + 40 > SLOTS) ERROR("the recoded scalar runs into the slots");

// Where the files of light keep a member's state, all in the LIGHT region.
//
//   +0    trust      final height u32 · view u32 · time u32 · height of the newest record in flash u32 · digest 32 B
//   +48   roots      4 x: height u32 · 1 when used u32 · state root 32 B
//   +208  trust      next beacon u64 · highest final view told u32 · slot of the newest root u32
//   +224  question   who asked u32 · key length u32 · key 32 B · floor u32 · tries u32 · due u64 · validator asked u32
//                    · length of the proof that waits u32 · its height u32 · zero u32 · its root 32 B
//   +336  wallet     1 when the account is known u32 · zero u32 · balance u64 · nonce u64 · next refresh u64
//                    · height of the state when it was asked u32
//   +376  awaited    height whose state root a proof waits for u32 · zero u32
//   +384  hash       48 B, while something is judged
//   +432  member     when the application wants its next tick u64 · length of the object that waits for the next tick u32
//                    · 1 when what follows from the last one is still to be done u32
//   +448  proof      the PROOF that waits for a certificate of its root, OBJECT_MAX bytes
//
// Rule: a zero page is a valid start: nothing is trusted, nothing asked.

import * as layout from "../layout";

export const TRUST: usize = layout.LIGHT;
export const ROOTS: usize = layout.LIGHT + 48;
export const BEACON: usize = layout.LIGHT + 208;
export const QUESTION: usize = layout.LIGHT + 224;
export const WALLET: usize = layout.LIGHT + 336;
export const AWAITED: usize = layout.LIGHT + 376;
export const HASH: usize = layout.LIGHT + 384;
export const MEMBER: usize = layout.LIGHT + 432;
export const PROOF: usize = layout.LIGHT + 448;
const END: usize = PROOF + layout.OBJECT_MAX;

if (layout.MEMBER && END > layout.LIGHT_END) ERROR("what a member keeps outgrows its region");

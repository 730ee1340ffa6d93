// Events: what a device tells whoever watches. Kind in the effect record, bytes as below.
//
//   IDENTITY   0 public key 32 B · 32 kid 8 B
//   COMMIT     0 height u32 · 4 view u32 · 8 time u32 · 12 txCount u16 · 14 proposer u8 · 15 zero u8 · 16 digest 32 B
//   EXECUTED   0 height u32 · 4 zero u32 · 8 state root 32 B · 40 sum of all balances u64
//   RESULT     0 height u32 · 4 index u16 · 6 reason u16 · 8 transaction id 8 B · 16 type u8 · 17 zero 7 B · 24 kid 8 B
//   VOTED      the own vote, as on air (vote.ts)
//   VIEW       0 view u32 · 4 leader u8 · 5 zero 3 B · 8 highest notarized view u32
//   REFUSED    0 reason u16 · 2 context u16 · 4 detail u32
//   EVIDENCE   0 signer u8 · 1 zero 3 B · 4 view u32: two signed votes that no honest device sends
//   ANSWER     the answer to a request, see request.ts
//   READING    0 channel u32 · 4 zero u32 · 8 value i64
//   RECOVERED  0 finalHeight u32 · 4 executedHeight u32 · 8 lowest view it may be in u32 · 12 flags u32 (bit 0: observer only, bit 1: a member)
//   NOTARIZED  0 view u32 · 4 height u32 · 8 digest 32 B
//   SUBMITTED  0 SHA-256 of the transaction 32 B; its first 8 bytes are the id
//   TRUSTED    0 finalHeight u32 · 4 finalView u32 · 8 executedHeight u32 · 12 time u32 · 16 digest 32 B · 48 state root 32 B: what a member
//              verified by a certificate; the root is the state after executedHeight
//   SETTLED    0 id of an own transaction 8 B · 8 height u32 · 12 zero u32: the state after that height proves that its nonce is spent

export const IDENTITY: u32 = 1;
export const COMMIT: u32 = 2;
export const EXECUTED: u32 = 3;
export const RESULT: u32 = 4;
export const VOTED: u32 = 5;
export const VIEW: u32 = 6;
export const REFUSED: u32 = 7;
export const EVIDENCE: u32 = 8;
export const ANSWER: u32 = 9;
export const READING: u32 = 10;
export const RECOVERED: u32 = 11;
export const NOTARIZED: u32 = 12;
export const SUBMITTED: u32 = 13;
export const TRUSTED: u32 = 14;
export const SETTLED: u32 = 15;

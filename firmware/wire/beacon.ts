// The beacon: what a device has, so that neighbours can fill exactly what it lacks. Sent on a timer, 88 bytes.
//
//   0 kind u8 · 1 signer u8 (255: no validator) · 2 flags u16 (bit 0: transactions pending, bit 1: still executing, bit 2: a member, see light.ts)
//   4 epoch u32 · 8 view u32 · 12 finalHeight u32 · 16 finalView u32 · 20 final digest 8 B · 28 highest notarized view u32
//   32 have NOTARIZE of `view` u32 · 36 have NULLIFY reaching `view` u32 · 40 have FINALIZE of the highest notarized view u32
//   44 digest of the proposal in `view` 8 B (zero: none) · 52 executedHeight u32 · 56 root at executedHeight 8 B
//   64 object under reassembly 8 B (zero: none) · 72 fragments of it held u32 · 76 digest that the device waits for 8 B; a member: the
//   height whose state root it waits for u32
//   84 radio time since boot u32

export const SIGNER: u32 = 1;
export const FLAGS: u32 = 2;
export const EPOCH: u32 = 4;
export const VIEW: u32 = 8;
export const FINAL_HEIGHT: u32 = 12;
export const FINAL_VIEW: u32 = 16;
export const FINAL_DIGEST: u32 = 20;
export const NOTAR_VIEW: u32 = 28;
export const HAVE_NOTARIZE: u32 = 32;
export const HAVE_NULLIFY: u32 = 36;
export const HAVE_FINALIZE: u32 = 40;
export const PROPOSAL: u32 = 44;
export const EXECUTED_HEIGHT: u32 = 52;
export const EXECUTED_ROOT: u32 = 56;
export const OBJECT: u32 = 64;
export const FRAGMENTS: u32 = 72;
export const WANTED: u32 = 76;
export const CLOCK: u32 = 84;
export const SIZE: u32 = 88;

export const PENDING: u32 = 1;
export const EXECUTING: u32 = 2;
export const LIGHT: u32 = 4;

// The block header: 128 bytes, little-endian. Its digest is SHA-256(ctx, header).
//
//   0 version u8 · 1 proposer u8 · 2 txCount u16 · 4 epoch u32 · 8 view u32 · 12 height u32 · 16 time u32 (s since genesis)
//   20 parentView u32 · 24 executedHeight u32 · 28 bodyLength u32 · 32 parent 32 B · 64 bodyRoot 32 B · 96 executedRoot 32 B

export const VERSION: u32 = 0;
export const PROPOSER: u32 = 1;
export const TX_COUNT: u32 = 2;
export const EPOCH: u32 = 4;
export const VIEW: u32 = 8;
export const HEIGHT: u32 = 12;
export const TIME: u32 = 16;
export const PARENT_VIEW: u32 = 20;
export const EXECUTED_HEIGHT: u32 = 24;
export const BODY_LENGTH: u32 = 28;
export const PARENT: u32 = 32;
export const BODY_ROOT: u32 = 64;
export const EXECUTED_ROOT: u32 = 96;
export const SIZE: u32 = 128;

/** The only header version there is. */
export const VERSION_1: u32 = 1;

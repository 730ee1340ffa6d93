// A radio frame: one hop, authenticated under the cell key, never relayed unchanged.
//
//   0 magic u8 (0x53) · 1 type u8 (1 whole object, 2 fragment) · 2 source u8 · 3 zero u8 · 4 session u32 · 8 sequence u32
//   12 payload · n-8 hop MAC 8 B = HMAC-SHA-256(cell key, bytes 0..n-8), truncated
//
// fragment payload: 0 object id 8 B · 8 total u16 · 10 index u8 · 11 count u8 · 12 bytes
// Every fragment but the last carries ceil(total / count) bytes; an object travels in at most 32.

import * as mem from "#mem";

export const MAGIC: u32 = 0;
export const TYPE: u32 = 1;
export const SOURCE: u32 = 2;
export const SESSION: u32 = 4;
export const SEQUENCE: u32 = 8;
export const PAYLOAD: u32 = 12;
export const MAC_SIZE: u32 = 8;
export const OVERHEAD: u32 = 20;

export const MAGIC_1: u32 = 0x53;
export const WHOLE: u32 = 1;
export const FRAGMENT: u32 = 2;

export const FRAGMENT_ID: u32 = 12;
export const FRAGMENT_TOTAL: u32 = 20;
export const FRAGMENT_INDEX: u32 = 22;
export const FRAGMENT_COUNT: u32 = 23;
export const FRAGMENT_BYTES: u32 = 24;
export const FRAGMENT_OVERHEAD: u32 = 32;

/** True when n bytes at p have the shape of a frame; the MAC is checked elsewhere. */
export function check(p: u32, n: u32): bool {
  if (n < OVERHEAD + 1) return false;
  if (mem.load8(p + MAGIC) != MAGIC_1) return false;
  const type = mem.load8(p + TYPE);
  return type == WHOLE || (type == FRAGMENT && n > FRAGMENT_OVERHEAD);
}

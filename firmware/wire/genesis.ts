// The genesis of a cell: what its devices agreed on before the first block. genesisHash = SHA-256 of all of it.
//
//   0 version u8 · 1 n u8 · 2 views per leader u8 · 3 zero u8 · 4 time u32 (Unix seconds) · 8 delta u32 (ms, the bound on one
//   message and its check) · 12 mtu u16 · 14 clock window u16 (s) · 16 heartbeat u32 (ms, 0: none) · 20 zero u32
//   24 per validator: public key 32 B · opening balance u64
//
// A PROVISION request carries the cell's 32-byte hop key in front of it; that key is no part of the genesis.

import * as mem from "#mem";

export const VERSION: u32 = 0;
export const N: u32 = 1;
export const VIEWS_PER_LEADER: u32 = 2;
export const TIME: u32 = 4;
export const DELTA: u32 = 8;
export const MTU: u32 = 12;
export const WINDOW: u32 = 14;
export const HEARTBEAT: u32 = 16;
export const VALIDATORS: u32 = 24;
export const STRIDE: u32 = 40;
export const BALANCE: u32 = 32;
export const VERSION_1: u32 = 1;

/** True when n bytes at p have the shape of a genesis: 1..32 validators, an MTU of 128..1500, leaders that last 1..64 views. */
export function check(p: u32, n: u32): bool {
  if (n < VALIDATORS + STRIDE) return false;
  if (mem.load8(p + VERSION) != VERSION_1) return false;
  const mtu = mem.load16(p + MTU);
  if (mtu < 128 || mtu > 1500) return false;
  const views = mem.load8(p + VIEWS_PER_LEADER);
  if (views == 0 || views > 64) return false;
  if (mem.load32(p + DELTA) == 0) return false;
  let count = mem.load8(p + N);
  if (count == 0 || count > 32) return false;
  let size = VALIDATORS;
  while (count != 0) {
    size += STRIDE;
    count -= 1;
  }
  return n == size;
}

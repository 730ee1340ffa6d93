// The effect ring: what a device decided in one call, in the order in which the port must do it.
//
//   0 op u8 · 1 a u8 · 2 length u16 · 4 b u32 · 8 bytes, padded to a multiple of 4; op 0 ends the ring
//
//   op      a        b              bytes
//   STORE   region   offset         what to program there
//   ERASE   region   sector index   -
//   SEND    link     peer           the frame (peer 0xffffffff: everybody in reach)
//   ACT     channel  0              value i64
//   EVENT   kind     0              see event.ts
//   RESET   0        reason         -
//
// Ring order is the durability rule: a port that stops at the first STORE that fails can never send what it may forget.

export const OP: u32 = 0;
export const A: u32 = 1;
export const LENGTH: u32 = 2;
export const B: u32 = 4;
export const BYTES: u32 = 8;

export const END: u32 = 0;
export const STORE: u32 = 1;
export const ERASE: u32 = 2;
export const SEND: u32 = 3;
export const ACT: u32 = 4;
export const EVENT: u32 = 5;
export const RESET: u32 = 6;

export const EVERYBODY: u32 = 0xffffffff;

/** Bytes that a record with n bytes of content takes in the ring. */
export function span(n: u32): u32 {
  return BYTES + ((n + 3) & 0xfffffffc);
}

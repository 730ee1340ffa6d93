// The effect ring: everything that a call decided, in the order in which the port must do it (wire/effect.ts draws a record).
//
//   RING ┌────────┬──────────────┬────────┬───┬───┐
//        │ STORE  │ bytes, pad   │ SEND   │ … │ 0 │  op 0 ends it, after every call of this file
//        └────────┴──────────────┴────────┴───┴───┘
//
// Rule: ring order is the durability rule. What a SEND promises stands in a STORE in front of it. So a STORE that found no
// room must not be skipped: it traps, and the device reboots with its promises intact. A SEND or an EVENT without room is
// dropped and counted; protocols above resend.

import * as layout from "../layout";
import * as effect from "../wire/effect";
import * as map from "./map";

/** Empties the ring: first thing in every call of the ABI. */
export function begin(): void {
  store<u32>(map.RING, <u32>layout.RING);
  store<u32>(layout.RING, effect.END);
}

/** Content bytes that one more record may have. */
export function room(): u32 {
  const left = <u32>layout.RING_END - load<u32>(map.RING) - 4; // the terminator stays
  return left < effect.BYTES ? 0 : left - effect.BYTES;
}

/** Appends a record with n zero bytes of content to be filled in; their address, or 0 when there is no room. */
function put(op: u32, a: u32, b: u32, n: u32): usize {
  const p = load<u32>(map.RING);
  const end = p + effect.span(n);
  if (end > <u32>layout.RING_END - 4) return 0;
  store<u32>(map.RING, end);
  store<u32>(end, effect.END);
  memory.fill(p, 0, end - p); // nothing of an earlier call, a seed even, may leave in bytes that the caller forgets to fill
  store<u32>(p, op | (a << 8) | (n << 16));
  store<u32>(p, b, effect.B);
  return p + effect.BYTES;
}

/** STORE of n bytes yet to be filled in, at the address returned. Offset and n are multiples of 8 (program unit). */
export function program(region: u32, offset: u32, n: u32): usize {
  const p = put(effect.STORE, region, offset, n);
  assert(p != 0 && ((offset | n) & 7) == 0);
  layout.count(layout.FLASH_RECORDS, 1);
  layout.count(layout.FLASH_BYTES, n);
  return p;
}

/** STORE of the n bytes at p. Traps when there is no room. */
function programFrom(region: u32, offset: u32, p: usize, n: u32): void {
  memory.copy(program(region, offset, n), p, n);
}
export { programFrom as store }; // `store` inside this file is the instruction

/** ERASE of one sector of a region. Traps when there is no room. */
export function erase(region: u32, sector: u32): void {
  assert(put(effect.ERASE, region, sector, 0) != 0);
  layout.count(layout.FLASH_ERASES, 1);
}

/** RESET: the port restarts the device once it has drained the ring. Traps when there is no room. */
export function reset(reason: u32): void {
  assert(put(effect.RESET, 0, reason, 0) != 0);
}

/** SEND of an n-byte frame to a peer on a link: where to write the frame, or 0 when there is no room. */
export function send(link: u32, peer: u32, n: u32): usize {
  const p = put(effect.SEND, link, peer, n);
  if (p == 0) {
    layout.count(layout.DROPPED, 1);
    return 0;
  }
  layout.count(layout.FRAMES_OUT, 1);
  layout.count(layout.BYTES_OUT, n);
  return p;
}

/** EVENT of n bytes: where to write them, or 0 when there is no room. Nothing may depend on an event. */
export function event(kind: u32, n: u32): usize {
  const p = put(effect.EVENT, kind, 0, n);
  if (p == 0) layout.count(layout.DROPPED, 1);
  return p;
}

/** ACT: drives an actuator. Traps when there is no room. */
export function act(channel: u32, value: i64): void {
  const p = put(effect.ACT, channel, 0, 8);
  assert(p != 0);
  store<i64>(p, value);
}

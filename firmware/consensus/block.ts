// The blocks that may still matter: a table of twelve between the final one and the newest, an index of where the last 256 final
// blocks lie in flash, and the state roots of the last 24 heights.
//
//   slot at BLOCKS + 192 i:  0 digest 32 B · 32 header 128 B · 160 flags u32 · 164 view u32 (0 with flags 0: free) · 168 record of the
//                            block in flash u32 · 172 record of its NOTAR certificate u32 · 176 when it was notarized u32 (ms)
//   index at INDEX + 2 (height mod 256): offset of the block's record, in units of 8 bytes
//   root at ROOTS + 32 (height mod 24)
//
// Rule: BODY means durable; CERTIFICATE means that the NOTAR certificate with its signatures is durable.

import * as header from "../wire/header";
import * as cell from "./cell";
import { BLOCKS, INDEX, ROOTS } from "./cell";

const SLOTS: usize = 12;
const STRIDE: usize = 192;
const END: usize = BLOCKS + SLOTS * STRIDE;

export const HEADER: u32 = 1; // the header is known
export const BODY: u32 = 2; // header and body are durable
export const CHECKED: u32 = 4; // the transactions verified: it may be voted for
export const INVALID: u32 = 8; // no honest device may vote for it
export const NOTAR: u32 = 16; // a quorum notarized it
export const CERTIFICATE: u32 = 32; // and the certificate is durable
export const SIGNED: u32 = 64; // its leader's signature verified
export const FINAL: u32 = 128; // the highest final block
export const TWICE: u32 = 256; // its leader signed another one in this view

/** Heights whose state root is kept; a header may cite no older one. */
export const ROOT_COUNT: u32 = 24;
/** Final blocks that can be served to a neighbour. */
export const KEPT: u32 = 256;

// @ts-ignore: decorator
@inline export function head(s: usize): usize {
  return s + 32;
}
// @ts-ignore: decorator
@inline export function flags(s: usize): u32 {
  return load<u32>(s, 160);
}
// @ts-ignore: decorator
@inline export function flag(s: usize, bits: u32): void {
  store<u32>(s, load<u32>(s, 160) | bits, 160);
}
// @ts-ignore: decorator
@inline export function is(s: usize, bits: u32): bool {
  return (load<u32>(s, 160) & bits) == bits;
}
// @ts-ignore: decorator
@inline export function view(s: usize): u32 {
  return load<u32>(s, 164);
}
// @ts-ignore: decorator
@inline export function record(s: usize): u32 {
  return load<u32>(s, 168);
}
// @ts-ignore: decorator
@inline export function certificate(s: usize): u32 {
  return load<u32>(s, 172);
}
// @ts-ignore: decorator
@inline export function since(s: usize): u32 {
  return load<u32>(s, 176);
}
// @ts-ignore: decorator
@inline export function height(s: usize): u32 {
  return load<u32>(s, 32 + header.HEIGHT);
}
// @ts-ignore: decorator
@inline export function parentView(s: usize): u32 {
  return load<u32>(s, 32 + header.PARENT_VIEW);
}
// @ts-ignore: decorator
@inline export function executedHeight(s: usize): u32 {
  return load<u32>(s, 32 + header.EXECUTED_HEIGHT);
}
// @ts-ignore: decorator
@inline export function time(s: usize): u32 {
  return load<u32>(s, 32 + header.TIME);
}
// @ts-ignore: decorator
@inline export function txCount(s: usize): u32 {
  return load<u16>(s, 32 + header.TX_COUNT);
}
// @ts-ignore: decorator
@inline export function bodyLength(s: usize): u32 {
  return load<u32>(s, 32 + header.BODY_LENGTH);
}
// @ts-ignore: decorator
@inline export function parent(s: usize): usize {
  return s + 32 + header.PARENT;
}
// @ts-ignore: decorator
@inline export function setRecord(s: usize, offset: u32): void {
  store<u32>(s, offset, 168);
}
// @ts-ignore: decorator
@inline export function setCertificate(s: usize, offset: u32): void {
  store<u32>(s, offset, 172);
}
// @ts-ignore: decorator
@inline export function setSince(s: usize, now: u32): void {
  store<u32>(s, now, 176);
}

// @ts-ignore: decorator
@inline export function first(): usize {
  return BLOCKS;
}
// @ts-ignore: decorator
@inline export function next(s: usize): usize {
  return s + STRIDE < END ? s + STRIDE : 0;
}

/** The slot of the block with this digest, or 0. */
export function find(digest: usize): usize {
  for (let s = first(); s != 0; s = next(s)) if (flags(s) != 0 && cell.same32(s, digest)) return s;
  return 0;
}

/** The notarized slot of `v`, or 0. */
export function notarized(v: u32): usize {
  for (let s = first(); s != 0; s = next(s)) if (is(s, NOTAR) && view(s) == v) return s;
  return 0;
}

/** The slot of the highest final block. */
export function final(): usize {
  for (let s = first(); s != 0; s = next(s)) if (is(s, FINAL)) return s;
  return 0;
}

/** True when a slot is free, or held by a block that no certificate names. */
export function spare(): bool {
  for (let s = first(); s != 0; s = next(s)) if (!is(s, NOTAR)) return true;
  return false;
}

/** The slot of this digest, made if need be; 0 when it is worth none. A slot that no certificate names goes first, the furthest ahead of them.
 *  Then one that can be read back from flash: for a newcomer above all others the lowest, else the second highest; so the highest
 *  notarized block always stays. */
export function obtain(digest: usize, v: u32): usize {
  const known = find(digest);
  if (known != 0) return known;
  let top: u32 = 0;
  for (let s = first(); s != 0; s = next(s)) if (is(s, NOTAR)) top = max(top, view(s));
  let room: usize = 0;
  for (let s = first(); s != 0; s = next(s)) {
    if (flags(s) == 0) {
      room = s;
      break;
    }
    if (is(s, FINAL) || (is(s, NOTAR) && view(s) == top)) continue;
    if (room == 0) room = s;
    else if (is(room, NOTAR) != is(s, NOTAR)) room = is(room, NOTAR) ? s : room;
    else if (!is(s, NOTAR) || v < top ? view(s) > view(room) : view(s) < view(room)) room = s;
  }
  if (room == 0) return 0;
  memory.fill(room, 0, STRIDE);
  memory.copy(room, digest, 32);
  store<u32>(room, v, 164);
  return room;
}

/** Frees the proposals of views before v that no certificate names: should one be needed after all, the log has it. */
export function stale(v: u32): void {
  for (let s = first(); s != 0; s = next(s)) if (view(s) < v && !is(s, NOTAR)) store<u32>(s, 0, 160);
}

/** True when its leader is known to have signed another block in the view of s. */
export function rivalled(s: usize): bool {
  for (let o = first(); o != 0; o = next(o)) if (o != s && view(o) == view(s) && is(o, SIGNED)) return true;
  return is(s, TWICE);
}

/** Frees every slot at or below view v but the one that is final. */
export function prune(v: u32): void {
  for (let s = first(); s != 0; s = next(s)) if (view(s) <= v && !is(s, FINAL)) store<u32>(s, 0, 160);
}

// @ts-ignore: decorator
@inline export function recordAt(h: u32): u32 {
  return (<u32>load<u16>(INDEX + ((h & (KEPT - 1)) << 1))) << 3;
}
// @ts-ignore: decorator
@inline export function setRecordAt(h: u32, offset: u32): void {
  store<u16>(INDEX + ((h & (KEPT - 1)) << 1), offset >> 3);
}
// @ts-ignore: decorator
@inline export function root(h: u32): usize {
  return ROOTS + ((h % ROOT_COUNT) << 5);
}

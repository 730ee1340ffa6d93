// Deterministic CBOR (RFC 8949 4.2.1), read and written through one cursor in linear memory.
//
//   cursor:  0 next byte u32 · 4 end u32 · 8 first error u32 · 12 string last read, or where writing began u32
//
// Reading: open, then one call per item in the order in which they stand, then close. The first error sticks, moves the
// cursor to the end and is what close() answers, so that a reader asks once, at the end:
//
//   cbor.open(p, n); const count = cbor.array(); const fee = cbor.uint(); const why = cbor.close();
//
// Accepted are integers, byte strings, text (UTF-8), arrays, maps with ascending keys, and tags, all in shortest form.
// Rule: total. Whatever the bytes are, nothing outside [p, p+n) is read, nothing traps, and every refusal has its number.

import * as layout from "../layout";
import * as reason from "../wire/reason";

/** 64 bytes at the end of the core region: this cursor, then the parsed fields of sign1.ts. */
export const CURSOR: usize = layout.CORE_END - 64;
const NEXT: usize = CURSOR;
const END: usize = CURSOR + 4;
const ERROR: usize = CURSOR + 8;
const AT: usize = CURSOR + 12;

/** Arrays, maps and tags that may stand around one item. */
const DEPTH: u32 = 8;

/** Starts reading the n bytes at p. */
export function open(p: usize, n: u32): void {
  store<usize>(NEXT, p);
  store<usize>(END, p + n);
  store<u32>(ERROR, 0);
}

/** Records `why`, unless an error came first; nothing more is read. Returns 0, the value of an item that is not there. */
export function refuse(why: u32): u64 {
  store<usize>(NEXT, load<usize>(END));
  if (load<u32>(ERROR) == 0) store<u32>(ERROR, why);
  return 0;
}

/** The first error since open, CBOR_TRAILING when bytes are left over, or 0. */
export function close(): u32 {
  if (load<usize>(NEXT) != load<usize>(END)) refuse(reason.CBOR_TRAILING);
  return load<u32>(ERROR);
}

/** Address of the next item. */
// @ts-ignore: decorator
@inline export function next(): usize {
  return load<usize>(NEXT);
}

/** Address of the string last read. */
// @ts-ignore: decorator
@inline export function at(): usize {
  return load<usize>(AT);
}

/** Major type of the next item: 0 uint, 1 negative, 2 bytes, 3 text, 4 array, 5 map, 6 tag, 7 simple; 8 when there is none. */
export function peek(): u32 {
  const p = load<usize>(NEXT);
  return p < load<usize>(END) ? load<u8>(p) >> 5 : 8;
}

/** Reads the head of an item of type `major`: its argument in 1, 2, 3, 5 or 9 bytes, of which only the shortest is legal. */
export function head(major: u32): u64 {
  const p = load<usize>(NEXT);
  const room = load<usize>(END) - p;
  const first: u32 = room ? load<u8>(p) : 0;
  if (room && first >> 5 != major) return refuse(reason.CBOR_TYPE);
  const info = first & 31;
  if (info > 27) return refuse(info == 31 ? reason.CBOR_INDEFINITE : reason.CBOR_RESERVED);
  const more: usize = info < 24 ? 0 : 1 << (info - 24);
  let v: u64 = info;
  if (more && more < room) {
    v = 0;
    for (let i: usize = 1; i <= more; i++) v = (v << 8) | load<u8>(p + i);
    if (v < 24 || v >> (more << 2) == 0) return refuse(reason.CBOR_LONG_FORM);
  }
  // strings, arrays and maps (2..5) count bytes or items, and each item takes a byte at least
  if (more >= room || (major - 2 < 4 && v > room - 1 - more)) return refuse(reason.CBOR_END);
  store<usize>(NEXT, p + 1 + more);
  return v;
}

function bounded(major: u32, max: u64): u64 {
  const v = head(major);
  return v <= max ? v : refuse(reason.CBOR_RANGE);
}

/** An unsigned integer below 2^64. */
// @ts-ignore: decorator
@inline export function uint(): u64 {
  return head(0);
}

/** An unsigned integer below 2^32. */
// @ts-ignore: decorator
@inline export function uint32(): u32 {
  return <u32>bounded(0, 0xffffffff);
}

/** An integer in -2^63 .. 2^63-1. The argument of a negative one is -1 - v, which is ~v. */
export function int(): i64 {
  const negative = peek() == 1;
  const v = bounded(u32(negative), i64.MAX_VALUE);
  return negative ? ~v : v;
}

/** A string of type 2 or 3: its length; at() is its address. */
export function string(major: u32): u32 {
  const n = <u32>head(major);
  const p = load<usize>(NEXT);
  store<usize>(AT, p);
  store<usize>(NEXT, p + n);
  if (major == 3 && !utf8(p, n)) refuse(reason.CBOR_TEXT);
  return n;
}

/** A byte string: its length; at() is its address. */
// @ts-ignore: decorator
@inline export function bytes(): u32 {
  return string(2);
}

/** An array: how many items follow. */
// @ts-ignore: decorator
@inline export function array(): u32 {
  return <u32>head(4);
}

/** A map: how many pairs follow. The order of its keys is checked by skip alone: skip first, then open again and read. */
// @ts-ignore: decorator
@inline export function map(): u32 {
  return <u32>head(5);
}

/** UTF-8 as RFC 3629 has it: shortest form, no surrogates, nothing above U+10FFFF. */
function utf8(p: usize, n: u32): bool {
  const end = p + n;
  while (p < end) {
    const first: u32 = load<u8>(p++);
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const more: u32 = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (end - p < more) return false;
    let v: u32 = first & (0x3f >> more);
    for (let i: u32 = 0; i < more; i++) {
      const c: u32 = load<u8>(p++);
      if ((c & 0xc0) != 0x80) return false;
      v = (v << 6) | (c & 0x3f);
    }
    // two bytes start at 0x80 (first >= 0xc2), three at 0x800, four at 0x10000 = 0x40 << 5 * (more - 1)
    if (v < <u32>(0x40 << (5 * more - 5)) || v >> 11 == 27 || v > 0x10ffff) return false;
  }
  return true;
}

function item(depth: u32): void {
  const major = peek();
  if (major == 7) {
    refuse(reason.CBOR_SIMPLE);
    return;
  }
  if ((major & 6) == 2) {
    string(major);
    return;
  }
  let count = head(major);
  if (major < 4) return;
  if (depth == 0) {
    refuse(reason.CBOR_DEPTH);
    return;
  }
  if (major == 6) count = 1;
  let last: usize = 0; // the key before this one, and its length
  let lastLength: usize = 0;
  for (; count && load<u32>(ERROR) == 0; count--) {
    if (major == 5) {
      const key = load<usize>(NEXT);
      item(depth - 1);
      const length = load<usize>(NEXT) - key;
      // no item is a prefix of another, so the shorter length decides
      const order = last ? memory.compare(last, key, min(lastLength, length)) : -1;
      if (order >= 0) refuse(order ? reason.CBOR_ORDER : reason.CBOR_DUPLICATE);
      last = key;
      lastLength = length;
    }
    item(depth - 1);
  }
}

/** Passes over one item of any type, checking all of it. */
export function skip(): void {
  item(DEPTH);
}

/** Starts writing at p, up to `end`. */
export function begin(p: usize, end: usize): void {
  open(p, <u32>(end - p));
  store<usize>(AT, p);
}

/** Writes the head of an item of type `major`, shortest form, and leaves `extra` bytes after it: their address, or 0 when there is no room. */
export function put(major: u32, v: u64, extra: u32): usize {
  const p = load<usize>(NEXT);
  const more: usize = v < 24 ? 0 : v < 0x100 ? 1 : v < 0x10000 ? 2 : v >> 32 == 0 ? 4 : 8;
  const content = p + 1 + more;
  if (content + extra > load<usize>(END)) {
    store<usize>(END, 0); // from here on nothing fits
    return 0;
  }
  store<usize>(NEXT, content + extra);
  const info = more ? 24 + ctz<u32>(<u32>more) : <u32>v;
  for (let q = content; more && q > p + 1; v >>= 8) store<u8>(--q, <u8>v);
  store<u8>(p, (major << 5) | info);
  return content;
}

// @ts-ignore: decorator
@inline export function putUint(v: u64): void {
  put(0, v, 0);
}
// @ts-ignore: decorator
@inline export function putInt(v: i64): void {
  put(u32(v < 0), v ^ (v >> 63), 0);
}
// @ts-ignore: decorator
@inline export function putArray(n: u32): void {
  put(4, n, 0);
}
// @ts-ignore: decorator
@inline export function putMap(n: u32): void {
  put(5, n, 0);
}

/** A string of type 2 or 3 from the n bytes at p, which may lie where it goes or behind that. */
export function putString(major: u32, p: usize, n: u32): void {
  const to = put(major, n, n);
  if (to) memory.copy(to, p, n);
}

// @ts-ignore: decorator
@inline export function putBytes(p: usize, n: u32): void {
  putString(2, p, n);
}

/** Bytes written since begin; 0 when they did not fit. */
export function length(): u32 {
  return load<usize>(END) ? <u32>(load<usize>(NEXT) - load<usize>(AT)) : 0;
}

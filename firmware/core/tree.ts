// The replicated state: keys (0..32 B) to values (0..255 B) in 64 buckets under one Merkle root.
//
//   nodes    128 x 32 B   1 top of the tree · i: children 2i, 2i+1 · 64 + b: bucket b · 0: the root
//   image     0 salt 32 B · 32 end of each bucket 64 x u16 · 160 entries, at most 8 KiB
//   entry     0 key length u8 · 1 value length u8 · 2 key · value; sorted by bucket, then key (bytewise, a prefix first)
//
//   bucket of a key = SHA-256(salt, key)[0] & 63      bucket hash = SHA-256(0, its entries)
//   inner node = SHA-256(1, left, right)              root = SHA-256(2, salt, top)
//   proof     0 salt 32 B · 32 siblings 6 x 32 B, lowest first · 224 all entries of the bucket
//
// A put or remove marks its bucket; root() hashes marked buckets and the nodes above them only.
// Rule: image and root are functions of the salt and the set of (key, value) alone, never of the order of changes.

import * as layout from "../layout";
import * as merkle from "../crypto/merkle";
import * as reason from "../wire/reason";
import * as sha256 from "../crypto/sha256";

const BUCKETS: u32 = 64;
const KEY_MAX: u32 = 32;
const CAPACITY: u32 = 8192;

const NODES: usize = layout.TREE;
const IMAGE: usize = NODES + 64 * BUCKETS;
const ENDS: usize = IMAGE + 32;
const ENTRIES: usize = ENDS + 2 * BUCKETS;
const TEMP: usize = ENTRIES + CAPACITY; // 72 B: salt and key, or tag and two hashes
const MARKS: usize = TEMP + 72; // a bit per node: to be hashed

if (layout.TREE != layout.TREE_END && MARKS + 16 > layout.TREE_END) ERROR("the state tree outgrows its region");

/** Bytes of a proof in front of the bucket's entries. */
export const PROOF_HEAD: u32 = 224;

/** Empties the tree and gives it its salt (32 bytes at p). */
export function reset(p: usize): void {
  memory.fill(IMAGE, 0, 160);
  memory.copy(IMAGE, p, 32);
  restore();
}

/** The image at image() was put there from outside: all hashes are to be made anew. */
export function restore(): void {
  memory.fill(MARKS, 0xff, 16);
}

/** Address of the image: salt, ends, entries; canonical and contiguous. Its first 32 bytes are the salt. */
// @ts-ignore: decorator
@inline export function image(): usize {
  return IMAGE;
}

/** Length of the image in bytes. */
export function imageLength(): u32 {
  return 160 + end(BUCKETS - 1);
}

// @ts-ignore: decorator
@inline function end(bucket: u32): u32 {
  return load<u16>(ENDS + 2 * bucket);
}

// @ts-ignore: decorator
@inline function size(entry: usize): u32 {
  return 2 + <u32>load<u8>(entry) + <u32>load<u8>(entry, 1);
}

/** Where a key is, or belongs: offset of the entry u16 · bucket << 16 · found << 31. */
function seek(k: usize, kn: u32): u32 {
  if (kn > KEY_MAX) return 0;
  memory.copy(TEMP, IMAGE, 32);
  memory.copy(TEMP + 32, k, kn);
  sha256.hash(TEMP, 32 + kn, TEMP);
  const bucket: u32 = load<u8>(TEMP) & 63;
  const last = end(bucket);
  let at = bucket ? end(bucket - 1) : 0;
  while (at < last) {
    const entry = ENTRIES + at;
    const n: u32 = load<u8>(entry);
    let order = memory.compare(entry + 2, k, min(n, kn));
    if (order == 0) order = n - kn;
    if (order == 0) return at | (bucket << 16) | (1 << 31);
    if (order > 0) break;
    at += size(entry);
  }
  return at | (bucket << 16);
}

/** Gives the entry that seek found `now` bytes instead of `old`. False when they do not fit. */
function resize(seat: u32, old: u32, now: u32): bool {
  const used = end(BUCKETS - 1);
  if (used - old + now > CAPACITY) return false;
  const at = seat & 0xffff;
  const entry = ENTRIES + at;
  memory.copy(entry + now, entry + old, used - at - old);
  const bucket = (seat >> 16) & 63;
  for (let p = ENDS + 2 * bucket; p < ENTRIES; p += 2) store<u16>(p, load<u16>(p) + now - old);
  const mark = MARKS + 8 + (bucket >> 3);
  store<u8>(mark, (<u32>load<u8>(mark)) | (1 << (bucket & 7)));
  return true;
}

/** Address of the value of a key, 0 when absent; its length is the byte at (address - kn - 1). Valid until the next put or remove. */
export function find(k: usize, kn: u32): usize {
  const seat = seek(k, kn);
  return seat >> 31 ? ENTRIES + (seat & 0xffff) + 2 + kn : 0;
}

/** Copies the value of a key to `out` (255 bytes of room). Returns its length, or -1 when absent. */
export function get(k: usize, kn: u32, out: usize): i32 {
  const p = find(k, kn);
  if (p == 0) return -1;
  const n: u32 = load<u8>(p - kn - 1);
  memory.copy(out, p, n);
  return n;
}

/** Sets a key's value. Key and value lie outside the tree. Returns 0, or STATE_FULL and nothing has changed. */
export function put(k: usize, kn: u32, v: usize, vn: u32): u32 {
  assert(kn <= KEY_MAX && vn < 256);
  const seat = seek(k, kn);
  const entry = ENTRIES + (seat & 0xffff);
  if (!resize(seat, seat >> 31 ? size(entry) : 0, 2 + kn + vn)) return reason.STATE_FULL;
  store<u8>(entry, <u8>kn);
  store<u8>(entry, <u8>vn, 1);
  memory.copy(entry + 2, k, kn);
  memory.copy(entry + 2 + kn, v, vn);
  return 0;
}

/** Removes a key. False when it was absent. */
export function remove(k: usize, kn: u32): bool {
  const seat = seek(k, kn);
  return seat >> 31 ? resize(seat, size(ENTRIES + (seat & 0xffff)), 0) : false;
}

/** The entry after `entry`, the first one after 0, or 0 at the end. */
export function next(entry: usize): usize {
  const p = entry ? entry + size(entry) : ENTRIES;
  return p < ENTRIES + end(BUCKETS - 1) ? p : 0;
}

/** Hashes what is marked, children before parents; the root ends in node 0. */
function refresh(): void {
  if (load<u64>(MARKS, 8) == 0) return;
  for (let i: i32 = 127; i >= 0; i--) {
    if ((load<u8>(MARKS + (i >> 3)) & (1 << (i & 7))) == 0) continue;
    const node = NODES + 32 * i;
    if (i > 63) {
      const first = i > 64 ? end(i - 65) : 0;
      merkle.leaf(ENTRIES + first, end(i - 64) - first, node);
    } else {
      store<u8>(TEMP, i ? 1 : 2);
      memory.copy(TEMP + 1, i ? NODES + 64 * i : IMAGE, 32);
      memory.copy(TEMP + 33, i ? NODES + 64 * i + 32 : NODES + 32, 32);
      sha256.hash(TEMP, 65, node);
    }
    const parent = MARKS + (i >> 4);
    store<u8>(parent, (<u32>load<u8>(parent)) | (1 << ((i >> 1) & 7)));
  }
  memory.fill(MARKS, 0, 16);
}

/** Writes the root to `out`: 32 bytes. */
export function root(out: usize): void {
  refresh();
  memory.copy(out, NODES, 32);
}

/** Writes a proof of a key's value, or of its absence, to `out`. Returns its length, or 0 when it needs more than `room` bytes. */
export function prove(k: usize, kn: u32, out: usize, room: u32): u32 {
  refresh();
  const bucket = (seek(k, kn) >> 16) & 63;
  const first = bucket ? end(bucket - 1) : 0;
  const n = end(bucket) - first;
  if (PROOF_HEAD + n > room) return 0;
  memory.copy(out, IMAGE, 32);
  for (let i = BUCKETS + bucket, p = out; i > 1; i >>= 1) memory.copy((p += 32), NODES + 32 * (i ^ 1), 32);
  memory.copy(out + PROOF_HEAD, ENTRIES + first, n);
  return PROOF_HEAD + n;
}

// Snapshots: two copies of the state in flash, so that boot need not execute every block again.
//
//   REGION_SNAPSHOTS  ┌──────┬───────────────┬───┐┌──────┬───────────────┬───┐
//                     │ head │ tree image    │   ││ head │ tree image    │   │   half 0, half 1
//                     └──────┴───────────────┴───┘└──────┴───────────────┴───┘
//   head: 0 magic u32 · 4 sequence u32 · 8 image length u32 · 12 CRC-32 of the image u32 · 16 meta 64 B · 80 CRC-32 of 0..80 · 84 0xffffffff
//   meta: the caller's 64 bytes: height, view, time, zero u32 each, block digest 32 B, zero 16 B. The image starts at 128.
//
// A copy is written in steps, one sector erased or 2 KiB stored in each, its head last. It goes to the half that does not hold the
// copy in use, so a cut anywhere leaves that one whole. The state must rest from begin() to the last step(): if it moved, the CRC of
// what was stored differs from that of the image at begin(), the copy gets no head, and the older copy stays in use.
//
// Rule: the copy that load() found, or that was completed since, is never erased.

import * as layout from "../layout";
import * as record from "../wire/record";
import * as crc from "./crc";
import * as flash from "./flash";
import * as map from "./map";
import * as ring from "./ring";
import * as tree from "./tree";

const IN_USE: usize = map.SNAPSHOT; // 1 + half of the copy in use, 0: none
const SEQUENCE: usize = map.SNAPSHOT + 4; // the highest of both copies
const BUSY: usize = map.SNAPSHOT + 8;
const ERASED: usize = map.SNAPSHOT + 12; // bytes of the half erased
const WRITTEN: usize = map.SNAPSHOT + 16; // bytes of the image stored
const LENGTH: usize = map.SNAPSHOT + 20;
const EXPECTED: usize = map.SNAPSHOT + 24; // CRC-32 of the image when it began
const STORED: usize = map.SNAPSHOT + 28; // CRC-32 of the bytes stored so far
const META: usize = map.SNAPSHOT + 64;

const MAGIC: u32 = 0x504e5353; // "SSNP"
const HEAD_META: u32 = 16;
const META_SIZE: u32 = 64;
const HEAD_CRC: u32 = 80;
const HEAD_SIZE: u32 = 88;
const IMAGE: u32 = 128;
const STEP: u32 = 2048;

/** Offset of a half. */
function base(half: u32): u32 {
  const sector = flash.sector(record.REGION_SNAPSHOTS);
  return half != 0 ? (flash.size(record.REGION_SNAPSHOTS) / sector / 2) * sector : 0;
}

/** Begins a copy of the state under the 64 bytes of meta at p. Only when !busy(). */
export function begin(meta: usize): void {
  memory.copy(META, meta, META_SIZE);
  const n = tree.imageLength();
  store<u32>(LENGTH, n);
  store<u32>(EXPECTED, crc.crc32(0, tree.image(), n));
  store<u32>(ERASED, 0);
  store<u32>(WRITTEN, 0);
  store<u32>(STORED, 0);
  store<u32>(BUSY, 1);
}

/** True between begin() and the step() that returned true. */
export function busy(): bool {
  return load<u32>(BUSY) != 0;
}

/** Does the next piece; true when nothing is left to do. Needs ring room for 2 KiB. */
export function step(): bool {
  if (load<u32>(BUSY) == 0) return true;
  const half = u32(load<u32>(IN_USE) == 1);
  const start = base(half);
  const n = load<u32>(LENGTH);
  const erased = load<u32>(ERASED);
  const written = load<u32>(WRITTEN);
  if (erased < IMAGE + n) {
    const sector = flash.sector(record.REGION_SNAPSHOTS);
    ring.erase(record.REGION_SNAPSHOTS, (start + erased) / sector);
    store<u32>(ERASED, erased + sector);
    return false;
  }
  if (written < n) {
    const part = min(n - written, STEP);
    const size = (part + 7) & ~7;
    const q = ring.program(record.REGION_SNAPSHOTS, start + IMAGE + written, size);
    store<u64>(q + size - 8, u64.MAX_VALUE);
    memory.copy(q, tree.image() + written, part);
    store<u32>(STORED, crc.crc32(load<u32>(STORED), q, part));
    store<u32>(WRITTEN, written + part);
    return false;
  }
  store<u32>(BUSY, 0);
  if (load<u32>(STORED) != load<u32>(EXPECTED)) return true;
  const sequence = load<u32>(SEQUENCE) + 1;
  const q = ring.program(record.REGION_SNAPSHOTS, start, HEAD_SIZE);
  store<u32>(q, MAGIC);
  store<u32>(q, sequence, 4);
  store<u32>(q, n, 8);
  store<u32>(q, load<u32>(EXPECTED), 12);
  memory.copy(q + HEAD_META, META, META_SIZE);
  store<u32>(q, crc.crc32(0, q, HEAD_CRC), HEAD_CRC);
  store<u32>(q, 0xffffffff, HEAD_CRC + 4);
  store<u32>(SEQUENCE, sequence);
  store<u32>(IN_USE, half + 1);
  return true;
}

/** Reads the head of a half into the buffer: its sequence, 0 when it is not whole. */
function sequenceOf(half: u32): u32 {
  const p = map.BUFFER;
  if (!flash.read(record.REGION_SNAPSHOTS, base(half), p, HEAD_SIZE)) return 0;
  if (load<u32>(p) != MAGIC || crc.crc32(0, p, HEAD_CRC) != load<u32>(p, HEAD_CRC)) return 0;
  return load<u32>(p, 4);
}

/** Reads the copy of a half into the tree; true when it is whole. */
function restore(half: u32, meta: usize): bool {
  if (sequenceOf(half) == 0) return false;
  const n = load<u32>(map.BUFFER, 8);
  const expected = load<u32>(map.BUFFER, 12);
  memory.copy(meta, map.BUFFER + HEAD_META, META_SIZE);
  const image = base(half) + IMAGE;
  if (n > <u32>(layout.TREE_END - tree.image())) return false;
  if (flash.check(0, record.REGION_SNAPSHOTS, image, n) != expected) return false;
  if (!flash.read(record.REGION_SNAPSHOTS, image, tree.image(), n)) return false;
  store<u32>(IN_USE, half + 1);
  tree.restore();
  return true;
}

/** Loads the newest whole copy into the tree, its 64 bytes of meta to `meta`. False: none, the tree is as it was. */
function loadNewest(meta: usize): bool {
  const a = sequenceOf(0);
  const b = sequenceOf(1);
  const newest = u32(b > a);
  store<u32>(SEQUENCE, max(a, b));
  store<u32>(IN_USE, 0);
  store<u32>(BUSY, 0);
  return restore(newest, meta) || restore(newest ^ 1, meta);
}
export { loadNewest as load }; // `load` inside this file is the instruction

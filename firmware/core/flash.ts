// The flash as the board describes it (region 0, see wire/record.ts), and what journal and log share.
//
//   sector head, 16 B: 0 magic u32 · 4 sequence u32 · 8 zero u32 · 12 CRC-32 of bytes 0..12
//
// The model is NOR: programming clears bits, erasing a sector sets them all. Power may go at any byte of a STORE and anywhere
// inside an ERASE, which then leaves any garbage in that sector. Sectors of journal and log form a ring, and the sector of a
// sequence number s >= 1 is always (s - 1) mod sectors: a head found anywhere else is garbage.
//
// Rule: every STORE starts and ends at a multiple of 8 and no byte is programmed twice between two erases, so program units of
// 1, 2, 4 and 8 bytes serve, with or without error correction. What was stored in this call cannot be read in this call.

import * as hal from "../hal";
import * as layout from "../layout";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as crc from "./crc";
import * as map from "./map";
import * as ring from "./ring";

const SECTOR_MIN: u32 = 2048; // a sector holds any one record of the log
export const HEAD_SIZE: u32 = 16;
const MOST: u32 = 0x80000; // an offset in units of 8 bytes fits 16 bits

/** Reads region 0. 0, or the reason why this board's flash cannot carry a device. */
export function open(): u32 {
  if (hal.read(0, 0, map.FLASH, record.REGIONS * record.ABOUT_STRIDE) != 0) return reason.FLASH_ABSENT;
  for (let region: u32 = 1; region <= record.REGIONS; region++) {
    if (region == record.REGION_KEYS && size(region) == 0) continue; // the one that a device can do without
    const unit = load<u32>(about(region), record.ABOUT_UNIT);
    if (unit == 0 || unit > 8 || (unit & (unit - 1)) != 0) return reason.FLASH_UNIT;
    const n = sector(region);
    let least: u32 = 2 * n;
    if (region == record.REGION_KEYS) least = n;
    if (region == record.REGION_JOURNAL) least = 3 * n; // see journal.ts
    if (region == record.REGION_SNAPSHOTS) least = n + 2 * (<u32>(layout.TREE_END - layout.TREE) + 128); // half of its sectors hold any state
    if (n < SECTOR_MIN || (n & 63) != 0 || size(region) % n != 0 || size(region) < least || size(region) > MOST)
      return reason.FLASH_GEOMETRY;
  }
  return 0;
}

// @ts-ignore: decorator
@inline function about(region: u32): usize {
  return map.FLASH + (region - 1) * record.ABOUT_STRIDE;
}

/** Bytes of a region. */
// @ts-ignore: decorator
@inline export function size(region: u32): u32 {
  return load<u32>(about(region), record.ABOUT_SIZE);
}

/** Bytes of a sector of a region. */
// @ts-ignore: decorator
@inline export function sector(region: u32): u32 {
  return load<u32>(about(region), record.ABOUT_SECTOR);
}

/** Offset of the sector that carries sequence number `sequence`. */
export function place(region: u32, sequence: u32): u32 {
  const n = sector(region);
  return ((sequence - 1) % (size(region) / n)) * n;
}

/** Reads n bytes; false when the range is not there. */
export function read(region: u32, offset: u32, p: usize, n: u32): bool {
  return hal.read(region, offset, p, n) == 0;
}

/** CRC-32, continued from `seed`, of n bytes of flash. */
export function check(seed: u32, region: u32, offset: u32, n: u32): u32 {
  layout.count(layout.FLASH_CHECKED, n);
  while (n != 0) {
    const part = min(n, map.BUFFER_SIZE);
    if (!read(region, offset, map.BUFFER, part)) return ~seed;
    seed = crc.crc32(seed, map.BUFFER, part);
    offset += part;
    n -= part;
  }
  return seed;
}

/** True when n bytes of flash (a multiple of 8) are erased. */
export function blank(region: u32, offset: u32, n: u32): bool {
  while (n != 0) {
    const part = min(n, map.BUFFER_SIZE);
    if (!read(region, offset, map.BUFFER, part)) return false;
    for (let p = map.BUFFER; p < map.BUFFER + part; p += 8) if (load<u64>(p) != u64.MAX_VALUE) return false;
    offset += part;
    n -= part;
  }
  return true;
}

/** Sequence number of the sector head at offset; 0 when there is none, or one that does not belong there. */
export function head(region: u32, offset: u32, magic: u32): u32 {
  if (!read(region, offset, map.BUFFER, HEAD_SIZE)) return 0;
  const sequence = load<u32>(map.BUFFER, 4);
  if (load<u32>(map.BUFFER) != magic || crc.crc32(0, map.BUFFER, 12) != load<u32>(map.BUFFER, 12)) return 0;
  return place(region, sequence) == offset - (offset % sector(region)) ? sequence : 0;
}

/** STOREs a sector head. */
export function putHead(region: u32, offset: u32, magic: u32, sequence: u32): void {
  const p = ring.program(region, offset, HEAD_SIZE);
  store<u32>(p, magic);
  store<u32>(p, sequence, 4);
  store<u32>(p, 0, 8);
  store<u32>(p, crc.crc32(0, p, 12), 12);
}

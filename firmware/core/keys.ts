// Tables of the validators' keys (crypto/cached.ts) in flash, which the device makes itself, one a call, when it has nothing else to do.
//
//   REGION_KEYS   key 0: head 40 B │ table │ CRC-32 · 0xffffffff │ blank ║ key 1 ...      as wire/record.ts draws it
//
//   region      each key                            n = 4     7        16       32
//   n x 4 KiB   two halves, 26 doublings each       16 KiB    28 KiB   64 KiB   128 KiB
//   n x 2 KiB   one half, 52 doublings each         8 KiB     14 KiB   32 KiB   64 KiB
//   less        one half as far as it goes, the other keys none; none at all where the region has size 0
//
// A table is used once it was read back: key, place, halves and CRC are right. So a cut STORE, a cut ERASE, rot, a table of another cell and one
// of another geometry are all one case: what is there is no table, and one is made. Heads in memory, by `halves` and `where`:
//
//   0, 0        what flash holds is not known        ── right ──> 1 or 2, where      ── not ──> made: ERASE unless blank, STORE ──> 0, STORED
//   0, STORED   made since boot, yet to be read back ── right ──> 1 or 2, where      ── not ──> 0, COLD: this flash does not keep it
//   0, COLD     without a table until the next boot
//   0, where    crypto found the table wrong         ──> made anew
//   1 or 2, where   in use
//
// Rule: a key whose table is not known to be whole is verified without, so nothing waits for a table and nothing depends on one.

import * as record from "../wire/record";
import * as cached from "../crypto/cached";
import * as crc from "./crc";
import * as flash from "./flash";
import * as map from "./map";
import * as ring from "./ring";

const STORED: u32 = 1;
const COLD: u32 = 2;
/** Bytes that must be free in the effect ring: a table of two halves and an ERASE for each of the sectors that it touches. */
const ROOM: u32 = 3504 + 64;

if (record.KEY_WHERE != cached.WHERE || record.KEY_HALVES != cached.HALVES || record.KEY_TABLE != cached.HEAD) ERROR("a key record begins with a head");

/** Halves that a table has where n keys share this flash. */
function halvesFor(n: u32): u32 {
  return (n << 1) * record.KEY_SPAN <= flash.size(record.REGION_KEYS) ? 2 : 1;
}

/** Sees to the first of the n heads at `heads` (40 B each) that needs it: reads back its table, or makes one. False when none does. */
export function tend(heads: usize, n: u32): bool {
  const halves = halvesFor(n);
  const span = halves * record.KEY_SPAN;
  const most = min(n, flash.size(record.REGION_KEYS) / span);
  for (let i: u32 = 0; i < most; i++) {
    const head = heads + i * cached.HEAD;
    const where = load<u32>(head, cached.WHERE);
    if (load<u32>(head, cached.HALVES) != 0 || where == COLD) continue;
    if (where <= STORED && whole(head, i * span, halves)) {
      store<u32>(head, place(i * span), cached.WHERE);
      store<u32>(head, halves, cached.HALVES);
    } else if (where == STORED) store<u32>(head, COLD, cached.WHERE);
    else if (ring.room() >= ROOM) make(heads, most, i, span, halves);
    else continue;
    return true;
  }
  return false;
}

/** `where` of the table whose record lies at `offset`. */
// @ts-ignore: decorator
@inline function place(offset: u32): u32 {
  return (record.REGION_KEYS << 24) | (offset + record.KEY_TABLE);
}

/** True when the record at `offset` is a whole one of this head's key. */
function whole(head: usize, offset: u32, halves: u32): bool {
  const p = map.BUFFER;
  if (!flash.read(record.REGION_KEYS, offset, p, cached.HEAD)) return false;
  if (load<u32>(p, cached.WHERE) != place(offset) || load<u32>(p, cached.HALVES) != halves) return false;
  if (memory.compare(p, head, 32) != 0) return false;
  const n = cached.HEAD + cached.size(halves);
  const found = flash.check(0, record.REGION_KEYS, offset, n);
  return flash.read(record.REGION_KEYS, offset + n, p, 4) && load<u32>(p) == found;
}

/** Makes the table of key i in the effect ring. Keys whose tables go with an erased sector have none until they are looked at again. */
function make(heads: usize, n: u32, i: u32, span: u32, halves: u32): void {
  const offset = i * span;
  if (!flash.blank(record.REGION_KEYS, offset, span)) {
    const sector = flash.sector(record.REGION_KEYS);
    const first = offset / sector;
    const last = (offset + span - 1) / sector;
    for (let s = first; s <= last; s++) ring.erase(record.REGION_KEYS, s);
    for (let j: u32 = 0; j < n; j++) {
      const other = heads + j * cached.HEAD;
      if (j * span >= (last + 1) * sector || (j + 1) * span <= first * sector) continue;
      store<u32>(other, 0, cached.HALVES);
      if (load<u32>(other, cached.WHERE) != COLD) store<u32>(other, 0, cached.WHERE);
    }
  }
  const size = cached.HEAD + cached.size(halves);
  const q = ring.program(record.REGION_KEYS, offset, size + 8);
  cached.prepare(q, heads + i * cached.HEAD, q + cached.HEAD, halves);
  store<u32>(q, place(offset), cached.WHERE);
  store<u32>(q + size, crc.crc32(0, q, size));
  store<u32>(q + size, 0xffffffff, 4);
  store<u32>(heads + i * cached.HEAD, STORED, cached.WHERE);
}

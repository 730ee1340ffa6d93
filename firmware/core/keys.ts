// Tables of the validators' keys (crypto/cached.ts) in flash, which the device makes itself, one a call, when it has nothing else to do.
//
//   REGION_KEYS   sector: key 0: head 40 B │ table │ CRC-32 · 0xffffffff ║ key 1 ... as many as fit ║ sector ...    (wire/record.ts)
//
//   region      each key                            n = 4     7        16       32
//   n x 4 KiB   two halves, 26 doublings each       16 KiB    28 KiB   64 KiB   128 KiB
//   n x 2 KiB   one half, 52 doublings each         8 KiB     14 KiB   32 KiB   64 KiB
//   less        one half as far as it goes, the other keys none; none at all where the region has size 0
//
// A table is used once it was read back: key, place, halves and CRC are right. So a cut STORE, a cut ERASE, rot, a table of another cell and one
// of another geometry are all one case: no table is there, and one is made. Heads in memory, by `halves` and `where`:
//
//   0, UNKNOWN   not looked at since boot             ── right ──> in use     ── not ──> its sectors erased, all keys in them CLEAN; stored
//   0, CLEAN     erased since boot                    ──> stored
//   0, STORED    stored since boot                    ── right ──> in use     ── not ──> COLD: this flash does not keep it
//   0, COLD      without a table until the next boot
//   0, a place   crypto found that table wrong        ──> erased and stored, as UNKNOWN
//   1 or 2, a place   in use
//
// What looks blank after a boot may be half erased, so nothing is stored where nothing was erased since. Rule: a key whose table is not known
// to be whole is verified without, so nothing waits for a table and nothing depends on one.

import * as record from "../wire/record";
import * as cached from "../crypto/cached";
import * as crc from "./crc";
import * as flash from "./flash";
import * as map from "./map";
import * as ring from "./ring";

const UNKNOWN: u32 = 0;
const STORED: u32 = 1;
const CLEAN: u32 = 2;
const COLD: u32 = 3;
/** Bytes that must be free in the effect ring: a table of two halves and an ERASE for each of the sectors that it takes. */
const ROOM: u32 = 3504 + 64;

if (record.KEY_WHERE != cached.WHERE || record.KEY_HALVES != cached.HALVES || record.KEY_TABLE != cached.HEAD)
  ERROR("a key record begins with a head");

/** Bytes of the sectors that are erased together: one with as many keys as it holds, or as many as one key takes. */
function group(halves: u32): u32 {
  const sector = flash.sector(record.REGION_KEYS);
  return ((halves * record.KEY_SPAN + sector - 1) / sector) * sector;
}

/** Keys in such a group. */
function share(halves: u32): u32 {
  return group(halves) / (halves * record.KEY_SPAN);
}

/** Keys that have room for a table of so many halves. */
function capacity(halves: u32): u32 {
  return (flash.size(record.REGION_KEYS) / group(halves)) * share(halves);
}

/** Sees to the first of the n heads at `heads` (40 B each) that needs it: reads back its table, or makes one. False when none does. */
export function tend(heads: usize, n: u32): bool {
  if (flash.size(record.REGION_KEYS) == 0) return false;
  const halves: u32 = n <= capacity(2) ? 2 : 1;
  const most = min(n, capacity(halves));
  for (let i: u32 = 0; i < most; i++) {
    const head = heads + i * cached.HEAD;
    const where = load<u32>(head, cached.WHERE);
    if (load<u32>(head, cached.HALVES) != 0 || where == COLD) continue;
    if ((where == UNKNOWN || where == STORED) && whole(head, i, halves)) {
      store<u32>(head, place(i, halves), cached.WHERE);
      store<u32>(head, halves, cached.HALVES);
    } else if (where == STORED) store<u32>(head, COLD, cached.WHERE);
    else if (ring.room() < ROOM) continue;
    else {
      if (where != CLEAN) clean(heads, most, i, halves);
      make(head, i, halves);
    }
    return true;
  }
  return false;
}

/** Offset of the record of key i. */
function offset(i: u32, halves: u32): u32 {
  const n = share(halves);
  return (i / n) * group(halves) + (i % n) * halves * record.KEY_SPAN;
}

/** `where` of the table of key i. */
function place(i: u32, halves: u32): u32 {
  return (record.REGION_KEYS << 24) | (offset(i, halves) + record.KEY_TABLE);
}

/** True when flash holds the whole record of this head's key. */
function whole(head: usize, i: u32, halves: u32): bool {
  const p = map.BUFFER;
  const at = offset(i, halves);
  if (!flash.read(record.REGION_KEYS, at, p, cached.HEAD)) return false;
  if (load<u32>(p, cached.WHERE) != place(i, halves) || load<u32>(p, cached.HALVES) != halves) return false;
  if (memory.compare(p, head, 32) != 0) return false;
  const n = cached.HEAD + cached.size(halves);
  const found = flash.check(0, record.REGION_KEYS, at, n);
  return flash.read(record.REGION_KEYS, at + n, p, 4) && load<u32>(p) == found;
}

/** Erases the sectors of key i. Keys that share them have no table any more. */
function clean(heads: usize, n: u32, i: u32, halves: u32): void {
  const sector = flash.sector(record.REGION_KEYS);
  const first = ((i / share(halves)) * group(halves)) / sector;
  for (let s = first; s < first + group(halves) / sector; s++) ring.erase(record.REGION_KEYS, s);
  for (let j: u32 = 0; j < n; j++) {
    const head = heads + j * cached.HEAD;
    if (j / share(halves) != i / share(halves) || load<u32>(head, cached.WHERE) == COLD) continue;
    store<u32>(head, CLEAN, cached.WHERE);
    store<u32>(head, 0, cached.HALVES);
  }
}

/** STOREs the table of key i, made in the effect ring. A key that is no point gets none, and no CRC. */
function make(head: usize, i: u32, halves: u32): void {
  const n = cached.HEAD + cached.size(halves);
  const q = ring.program(record.REGION_KEYS, offset(i, halves), n + 8);
  store<u32>(head, STORED, cached.WHERE);
  if (!cached.prepare(q, head, q + cached.HEAD, halves)) return;
  store<u32>(q, place(i, halves), cached.WHERE);
  store<u32>(q + n, crc.crc32(0, q, n));
  store<u32>(q + n, 0xffffffff, 4);
}

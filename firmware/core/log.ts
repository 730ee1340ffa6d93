// The log: blocks and certificates in flash, the write-ahead log of the state. A ring that overwrites its oldest sector.
//
//   REGION_BLOCKS   sector: head 16 B │ record │ record │ torn? │ blank        record: head 56 B · payload · 0xff up to 8 n
//
// A record is named by its region offset, never 0. It is one STORE, its head (with its own CRC) first, its payload (CRC in the
// head) behind, so a cut leaves it torn at the end of its sector and nothing follows there: open() ends a sector whose tail is
// not blank. Hence next() needs the payload's CRC only for the last record of a sector, and for those of the oldest sector, which
// a cut ERASE may have half eaten. Rot elsewhere is the reader's to find: a block is verified by its digest anyway.
//
// Rule: first() and next() name no torn record. What this call appended can be read in the next.

import * as layout from "../layout";
import * as record from "../wire/record";
import * as crc from "./crc";
import * as flash from "./flash";
import * as map from "./map";
import * as ring from "./ring";

const NEWEST: usize = map.LOG; // sequence of the newest sector, 0: none
const TAIL: usize = map.LOG + 4; // where in it the next record goes; at its end: the next record opens another sector

const MAGIC: u32 = 0x474f4c53; // "SLOG"

// @ts-ignore: decorator
@inline function span(payload: u32): u32 {
  return (record.LOG_SIZE + payload + 7) & ~7;
}

/** Where the place of the block with this digest is kept: one of 32, each 0 bytes 1 and 2 of its digest · 2 offset u16 in units of 8. */
// @ts-ignore: decorator
@inline function lately(digest: usize): usize {
  return map.LATELY + ((load<u8>(digest) & 31) << 2);
}

/** Remembers that the block with this digest lies at `offset`, until another one takes its place. */
export function remember(digest: usize, offset: u32): void {
  store<u16>(lately(digest), load<u16>(digest, 1));
  store<u16>(lately(digest), offset >> 3, 2);
}

/** Where the block with this digest may lie, without a look at flash; 0: not known. */
export function remembered(digest: usize): u32 {
  return load<u16>(lately(digest)) == load<u16>(digest, 1) ? (<u32>load<u16>(lately(digest), 2)) << 3 : 0;
}

/** Reads the head of the record at `offset` to out (56 B); false when no record begins there. Any offset may be asked. */
export function head(offset: u32, out: usize): bool {
  const sector = flash.sector(record.REGION_BLOCKS);
  const at = offset % sector;
  if (at < flash.HEAD_SIZE || (at & 7) != 0 || at > sector - record.LOG_SIZE) return false;
  if (!flash.read(record.REGION_BLOCKS, offset, out, record.LOG_SIZE)) return false;
  if (load<u16>(out) != record.LOG_MAGIC_1) return false;
  if (crc.crc32(0, out, record.LOG_CRC) != load<u32>(out, record.LOG_CRC)) return false;
  return load<u32>(out, record.LOG_LENGTH) <= sector - record.LOG_SIZE - at;
}

/** True when the record at `offset` is whole: head and payload match their CRCs. */
export function check(offset: u32): bool {
  if (!head(offset, map.HEAD)) return false;
  const length = load<u32>(map.HEAD, record.LOG_LENGTH);
  const found = flash.check(0, record.REGION_BLOCKS, offset + record.LOG_SIZE, length);
  return found == load<u32>(map.HEAD, record.LOG_PAYLOAD_CRC);
}

/** Reads n bytes of a record's payload, from its byte `at` on, to p. */
export function read(offset: u32, at: u32, p: usize, n: u32): bool {
  return flash.read(record.REGION_BLOCKS, offset + record.LOG_SIZE + at, p, n);
}

/** Recovers the log: finds the newest sector and its tail. */
export function open(): u32 {
  const sector = flash.sector(record.REGION_BLOCKS);
  let newest: u32 = 0;
  for (let base: u32 = 0; base < flash.size(record.REGION_BLOCKS); base += sector) {
    newest = max(newest, flash.head(record.REGION_BLOCKS, base, MAGIC));
  }
  let tail = sector;
  if (newest != 0) {
    const base = flash.place(record.REGION_BLOCKS, newest);
    let end = flash.HEAD_SIZE; // behind the last whole record
    tail = end; // behind the last record that was begun
    while (head(base + tail, map.HEAD)) {
      end = tail;
      tail += span(load<u32>(map.HEAD, record.LOG_LENGTH));
    }
    if (tail == flash.HEAD_SIZE || check(base + end)) end = tail;
    if (end != tail || !flash.blank(record.REGION_BLOCKS, base + tail, sector - tail)) {
      if (end == flash.HEAD_SIZE) newest--; // nothing whole in it: the same sector is erased and used anew
      tail = sector;
    }
  }
  store<u32>(NEWEST, newest);
  store<u32>(TAIL, tail);
  return 0;
}

/** The first record at or behind byte `at` of the sector with this sequence, or in a later one; 0 when there is none. */
function find(sequence: u32, at: u32): u32 {
  const newest = load<u32>(NEWEST);
  const oldest = newest + 1 - flash.size(record.REGION_BLOCKS) / flash.sector(record.REGION_BLOCKS);
  for (; sequence <= newest; sequence++) {
    const offset = flash.place(record.REGION_BLOCKS, sequence) + at;
    if (at != flash.HEAD_SIZE || flash.head(record.REGION_BLOCKS, offset - at, MAGIC) == sequence) {
      if (head(offset, map.HEAD)) {
        const end = offset + span(load<u32>(map.HEAD, record.LOG_LENGTH));
        if ((sequence != oldest && head(end, map.HEAD)) || check(offset)) return offset;
      }
    }
    at = flash.HEAD_SIZE;
  }
  return 0;
}

/** Offset of the oldest record, 0 when the log is empty. */
export function first(): u32 {
  const newest = load<u32>(NEWEST);
  const sectors = flash.size(record.REGION_BLOCKS) / flash.sector(record.REGION_BLOCKS);
  return find(newest > sectors ? newest - sectors + 1 : 1, flash.HEAD_SIZE);
}

/** Offset of the oldest record in the newest sector, 0 when the log is empty. */
export function latest(): u32 {
  const newest = load<u32>(NEWEST);
  return newest != 0 ? find(newest, flash.HEAD_SIZE) : 0;
}

/** Offset of the record behind the one at `offset`, 0 at the end. */
export function next(offset: u32): u32 {
  const sector = flash.sector(record.REGION_BLOCKS);
  const sectors = flash.size(record.REGION_BLOCKS) / sector;
  const newest = load<u32>(NEWEST);
  const age = (((newest - 1) % sectors) + sectors - offset / sector) % sectors; // sectors begun since
  if (age >= newest) return 0;
  if (!head(offset, map.HEAD)) return find(newest - age + 1, flash.HEAD_SIZE);
  return find(newest - age, (offset % sector) + span(load<u32>(map.HEAD, record.LOG_LENGTH)));
}

/**
 * STOREs a record whose payload is n1 bytes at p1 and n2 bytes at p2; its offset. May ERASE the oldest sector first.
 * Needs ring room for 56 + n1 + n2 bytes and 40 more; traps without, or when no sector could hold it.
 */
export function append(kind: u32, view: u32, height: u32, digest: usize, p1: usize, n1: u32, p2: usize, n2: u32): u32 {
  const sector = flash.sector(record.REGION_BLOCKS);
  const n = span(n1 + n2);
  assert(n <= sector - flash.HEAD_SIZE);
  let sequence = load<u32>(NEWEST);
  let tail = load<u32>(TAIL);
  if (tail + n > sector) {
    store<u32>(NEWEST, ++sequence);
    tail = flash.HEAD_SIZE;
    const base = flash.place(record.REGION_BLOCKS, sequence);
    ring.erase(record.REGION_BLOCKS, base / sector);
    flash.putHead(record.REGION_BLOCKS, base, MAGIC, sequence);
  }
  const offset = flash.place(record.REGION_BLOCKS, sequence) + tail;
  const q = ring.program(record.REGION_BLOCKS, offset, n);
  store<u64>(q + n - 8, u64.MAX_VALUE); // the padding stays erased
  store<u32>(q, record.LOG_MAGIC_1 | (kind << 16));
  store<u32>(q, n1 + n2, record.LOG_LENGTH);
  store<u32>(q, view, record.LOG_VIEW);
  store<u32>(q, height, record.LOG_HEIGHT);
  memory.copy(q + record.LOG_DIGEST, digest, 32);
  memory.copy(q + record.LOG_SIZE, p1, n1);
  memory.copy(q + record.LOG_SIZE + n1, p2, n2);
  store<u32>(q, crc.crc32(0, q + record.LOG_SIZE, n1 + n2), record.LOG_PAYLOAD_CRC);
  store<u32>(q, crc.crc32(0, q, record.LOG_CRC), record.LOG_CRC);
  store<u32>(TAIL, tail + n);
  if (kind == record.LOG_BLOCK) remember(digest, offset);
  return offset;
}

// The journal: what this device promised, in the order in which it promised. A vote is sent only after its record stands here;
// a device that forgot a vote could cast another, and f+1 such devices break the cell.
//
//   REGION_JOURNAL, a ring of sectors       a sector of 64-byte slots           a slot
//   ┌────────┬────────┬────────┬───┐        ┌──────┬─────┬─────┬──────┬─────┐   0 safety record 52 B (wire/record.ts)
//   │ M-1    │ M      │ oldest │ … │        │ head │ old │ old │ seal │ new │…  52 sequence of the sector u32
//   │ marked │ sealed │        │   │        └──────┴─────┴─────┴──────┴─────┘   56 promise u32: 0 before the seal, else 1
//   └────────┴────────┴────────┴───┘         mark    prefix          promises   60 CRC-32 of bytes 0..60
//
// The newest sealed sector M is the whole truth. To change sectors: turn() erases sector M+1, the oldest, and writes its head; the
// caller appends every record that still binds it; seal() writes the seal and then, into the free part of the head slot of M, the
// mark that M is superseded. New promises go behind the seal until the sector is full.
//
// Why any cut is survived. Flash is programmed in ring order, so a cut leaves a prefix of the effects, the last one torn.
//   - in ERASE, head, prefix or seal of M+1: M+1 has no whole seal, and nothing in it is a promise (slots say so: promise = 0), so
//     whatever a cut erase left of it means nothing. M is untouched and still the truth; the next turn() erases M+1 again.
//   - between seal and mark, or in the mark: M+1 is sealed and holds all that M held. The mark only matters to the check below.
//   - in a promise: the slot fails its CRC and all behind it is blank. Nothing followed it in the ring, so that vote was never sent.
//   - again during recovery: open() writes nothing, and turn() touches M+1 alone. Any number of cuts ends in one of these states.
//   - after a cut, bits at the tail may be weak: read as whole now, as torn later. So open() leaves no sector to append to, and the
//     caller must restate its records in a new sector before it sends anything: either reading is then true for good, for nobody has
//     seen the other. A weak seal of M+1, trusted once, makes the next turn() erase M+2, and M must still be there when the seal
//     reads as torn afterwards: hence three sectors at least.
//
// Why a damaged journal is noticed. One of these shows that promises were made that cannot be read (open() = 2, observer):
//   - in M, which is the newest sector with a whole seal or promise, a bad slot (the head, a prefix, the seal) with something behind
//     it: a cut cannot leave that, since nothing is appended behind a torn slot, nor can a cut erase: what it works on is older;
//   - a mark that speaks of a later sector than M: so the loss of all of M (rot, an erase that did nothing) is seen in M-1;
//   - no seal at all, but something beyond the first sector, where the first turn() works.
// What no journal can notice: the loss of the last slot only, or of everything to the last bit. Against the latter index.ts makes the
// journal before the identity: an identity with a blank journal is a lost journal.
//
// Rule: the newest sealed sector is never erased.

import * as layout from "../layout";
import * as record from "../wire/record";
import * as crc from "./crc";
import * as flash from "./flash";
import * as map from "./map";
import * as ring from "./ring";

const SEALED: usize = map.JOURNAL; // sequence M of the newest sealed sector, 0: none
const TAIL: usize = map.JOURNAL + 4; // slots of M that hold something, its head included; 0: nothing that can be trusted
const WRITING: usize = map.JOURNAL + 8; // sequence of the sector under the pen: M, or M+1 between turn() and seal()
const POSITION: usize = map.JOURNAL + 12; // its next free slot; 0: none, turn() comes next

const MAGIC: u32 = 0x4c4e4a53; // "SJNL"
const MARK: u32 = 0x4b524d53; // "SMRK"
const MARK_AT: u32 = 32; // in the head slot
const SLOT_SEQUENCE: usize = 52;
const SLOT_PROMISE: usize = 56;
const SLOT_CRC: usize = 60;
const SEAL: u32 = 255; // kind of the seal

/** State of the journal, as open() found it. */
export const READY: u32 = 0;
export const BLANK: u32 = 1;
export const UNREADABLE: u32 = 2;

// @ts-ignore: decorator
@inline function slots(): u32 {
  return flash.sector(record.REGION_JOURNAL) / record.SLOT;
}

/** Reads the slot at a region offset into the buffer: the sequence it was written under, or 0 when it is not whole. */
function whole(offset: u32): u32 {
  const base = offset - (offset % flash.sector(record.REGION_JOURNAL));
  if (offset == base) return flash.head(record.REGION_JOURNAL, offset, MAGIC);
  if (!flash.read(record.REGION_JOURNAL, offset, map.BUFFER, record.SLOT)) return 0;
  const sequence = load<u32>(map.BUFFER, SLOT_SEQUENCE);
  if (flash.place(record.REGION_JOURNAL, sequence) != base) return 0;
  return crc.crc32(0, map.BUFFER, <u32>SLOT_CRC) == load<u32>(map.BUFFER, SLOT_CRC) ? sequence : 0;
}

/** Recovers the journal from flash: READY, BLANK (nothing was ever promised) or UNREADABLE (see above). */
export function open(): u32 {
  const size = flash.size(record.REGION_JOURNAL);
  const sector = flash.sector(record.REGION_JOURNAL);
  let sealed: u32 = 0; // the newest sector with a seal, or a promise behind one
  let top: u32 = 0; // the newest that a mark speaks of
  for (let offset: u32 = 0; offset < size; offset += record.SLOT) {
    const sequence = whole(offset);
    if (offset % sector == 0) {
      const mark = flash.head(record.REGION_JOURNAL, offset + MARK_AT, MARK);
      if (mark != 0) top = max(top, mark + 1);
    } else if (sequence != 0 && load<u32>(map.BUFFER, SLOT_PROMISE) != 0) sealed = max(sealed, sequence);
  }
  top = max(top, sealed);
  store<u32>(SEALED, top);
  store<u32>(WRITING, top);
  store<u32>(POSITION, 0);
  store<u32>(TAIL, 0);
  if (top != sealed) return UNREADABLE;
  if (top == 0) return flash.blank(record.REGION_JOURNAL, sector, size - sector) ? BLANK : UNREADABLE;
  const base = flash.place(record.REGION_JOURNAL, sealed);
  let offset = base;
  while (offset < base + sector && whole(offset) == sealed) offset += record.SLOT;
  const rest = base + sector - offset; // the slot that failed, and what must be blank behind it
  if (rest > record.SLOT && !flash.blank(record.REGION_JOURNAL, offset + record.SLOT, rest - record.SLOT))
    return UNREADABLE;
  store<u32>(TAIL, (offset - base) / record.SLOT);
  return READY;
}

/** Walks the records that stood when this call began, oldest first: 52 B to out. Starts with cursor 0; returns the next, 0 at the end. */
export function next(cursor: u32, out: usize): u32 {
  const base = flash.place(record.REGION_JOURNAL, load<u32>(SEALED));
  while (++cursor < load<u32>(TAIL)) {
    if (whole(base + cursor * record.SLOT) != load<u32>(SEALED) || load<u8>(map.BUFFER) == SEAL) continue;
    memory.copy(out, map.BUFFER, record.SIZE);
    return cursor;
  }
  return 0;
}

/** Records that still fit the current sector; 0 also after open(): then turn(), restate, seal(). */
export function room(): u32 {
  const position = load<u32>(POSITION);
  if (position == 0) return 0;
  return slots() - position - u32(load<u32>(WRITING) != load<u32>(SEALED)); // one slot is kept for the seal
}

/** Starts the next sector. Until seal() the old one remains the truth: append all that still binds, send nothing. */
export function turn(): void {
  const sequence = load<u32>(SEALED) + 1;
  const base = flash.place(record.REGION_JOURNAL, sequence);
  ring.erase(record.REGION_JOURNAL, base / flash.sector(record.REGION_JOURNAL));
  flash.putHead(record.REGION_JOURNAL, base, MAGIC, sequence);
  store<u32>(WRITING, sequence);
  store<u32>(POSITION, 1);
}

/** STOREs one slot behind the last: a record's first 48 bytes from p, or the seal. */
function write(p: usize, promise: u32): void {
  const position = load<u32>(POSITION);
  const sequence = load<u32>(WRITING);
  const offset = flash.place(record.REGION_JOURNAL, sequence) + position * record.SLOT;
  const q = ring.program(record.REGION_JOURNAL, offset, record.SLOT);
  if (p != 0) {
    memory.copy(q, p, record.CRC);
  } else {
    memory.fill(q, 0, record.CRC);
    store<u8>(q, SEAL);
  }
  store<u32>(q, crc.crc32(0, q, record.CRC), record.CRC);
  store<u32>(q, sequence, SLOT_SEQUENCE);
  store<u32>(q, promise, SLOT_PROMISE);
  store<u32>(q, crc.crc32(0, q, <u32>SLOT_CRC), SLOT_CRC);
  store<u32>(POSITION, position + 1);
}

/** STOREs the safety record at p (52 B, its CRC is computed here). Needs room(). What it allows may be sent behind it in the ring. */
export function append(p: usize): void {
  assert(room() != 0);
  const promise = u32(load<u32>(WRITING) == load<u32>(SEALED));
  write(p, promise);
  if (promise != 0) store<u32>(TAIL, load<u32>(POSITION));
}

/** Ends the prefix that turn() began: from here on this sector is the truth, and the old one is marked as superseded. */
export function seal(): void {
  const old = load<u32>(SEALED);
  assert(load<u32>(WRITING) == old + 1);
  write(0, 1);
  const offset = flash.place(record.REGION_JOURNAL, old) + MARK_AT;
  if (load<u32>(TAIL) != 0) flash.putHead(record.REGION_JOURNAL, offset, MARK, old);
  store<u32>(SEALED, old + 1);
  store<u32>(TAIL, load<u32>(POSITION));
}

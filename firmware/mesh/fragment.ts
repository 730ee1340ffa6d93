// Fragmentation: large objects in pieces (wire/frame.ts draws the frame), and two or three slots in which pieces become objects again.
//
//   slot: 0 id 8 B · 8 bitmap of pieces held u32 · 12 total u16 · 14 count u8 (0: free) · 15 zero u8 · 16 last touched u32 (ms)
//         20 zero 12 B · 32 the object, OBJECT_MAX bytes
//   done: the last 8 ids delivered; pieces of these are late copies
//
// Piece i of an object in k pieces starts at i * ceil(total / k) and its length follows, so a piece from any neighbour fits, in
// any order, and nothing is moved when the last one arrives.
//
// Rule: strangers' bytes take these slots and no more. One object more costs the slot that was quiet for longest.

import * as layout from "../layout";
import * as frame from "../wire/frame";
import * as reason from "../wire/reason";

const SLOTS: usize = layout.MESH;
const STRIDE: usize = layout.OBJECT_MAX + 32;
const SLOTS_END: usize = SLOTS + layout.OBJECTS * STRIDE;
const DONE: usize = SLOTS_END;
const DONE_SIZE: u32 = 64;
const DONE_AT: usize = DONE + DONE_SIZE; // u32 where in done the last id stands
const LATEST: usize = DONE_AT + 4; // u32 time of the newest piece, ms
export const END: usize = DONE_AT + 8;

const BITMAP: usize = 8;
const TOTAL: usize = 12;
const COUNT: usize = 14;
const TOUCHED: usize = 16;
export const BYTES: usize = 32;

/** Bytes of piece `index` of an object of `total` bytes in `count` pieces; 0 when there is no such piece. */
export function pieceLength(total: u32, count: u32, index: u32): u32 {
  if (index >= count || count > 32 || total > layout.OBJECT_MAX) return 0;
  const chunk = (total + count - 1) / count;
  const last = total - chunk * (count - 1);
  if (last - 1 >= chunk) return 0; // nothing left for the last piece
  return index + 1 == count ? last : chunk;
}

/** The slot that carries `id`, or one for a new object: free, or the one quiet for longest. */
function find(id: u64, now: u32): usize {
  let best = SLOTS;
  let most: u32 = 0;
  for (let slot = SLOTS; slot < SLOTS_END; slot += STRIDE) {
    const used = load<u8>(slot, COUNT) != 0;
    if (used && load<u64>(slot) == id) return slot;
    const quiet = used ? now - load<u32>(slot, TOUCHED) : 0xffffffff;
    if (quiet >= most) {
      most = quiet;
      best = slot;
    }
  }
  store<u8>(best, 0, COUNT);
  return best;
}

/** Takes a fragment, n bytes of frame at p without the MAC: the slot it completed, 0 for nothing yet, or minus a reason. */
export function accept(p: usize, n: u32, now: u32): i32 {
  const id = load<u64>(p, frame.FRAGMENT_ID);
  const total: u32 = load<u16>(p, frame.FRAGMENT_TOTAL);
  const index: u32 = load<u8>(p, frame.FRAGMENT_INDEX);
  const count: u32 = load<u8>(p, frame.FRAGMENT_COUNT);
  const length = pieceLength(total, count, index);
  if (length != n - frame.FRAGMENT_BYTES) return -(<i32>reason.FRAGMENT_SHAPE);
  for (let at: usize = 0; at < DONE_SIZE; at += 8) if (load<u64>(DONE + at) == id) return 0;
  const slot = find(id, now);
  if (load<u8>(slot, COUNT) == 0) {
    store<u64>(slot, id);
    store<u32>(slot, 0, BITMAP);
    store<u32>(slot, total | (count << 16), TOTAL);
  } else if (load<u32>(slot, TOTAL) != (total | (count << 16))) {
    return -(<i32>reason.FRAGMENT_CLASH);
  }
  store<u32>(slot, now, TOUCHED);
  store<u32>(LATEST, now);
  const held = load<u32>(slot, BITMAP) | (1 << index);
  store<u32>(slot, held, BITMAP);
  const start = index + 1 == count ? total - length : index * length;
  memory.copy(slot + BYTES + start, p + frame.FRAGMENT_BYTES, length);
  if (<u32>popcnt(held) != count) return 0;
  store<u8>(slot, 0, COUNT);
  const at = (load<u32>(DONE_AT) + 8) & (DONE_SIZE - 1);
  store<u32>(DONE_AT, at);
  store<u64>(DONE + at, id);
  return <i32>slot;
}

/** Length of the object that accept completed in this slot. */
// @ts-ignore: decorator
@inline export function total(slot: usize): u32 {
  return load<u16>(slot, TOTAL);
}

/** Forgets that the last object was delivered: its pieces are welcome again. */
export function reject(): void {
  store<u64>(DONE + load<u32>(DONE_AT), 0);
}

/** The incomplete object touched last: its id (8 B) to out and the bitmap of its pieces held. Zeros when there is none. */
export function partial(out: usize): u32 {
  store<u64>(out, 0);
  let bitmap: u32 = 0;
  let least: u32 = 0xffffffff;
  for (let slot = SLOTS; slot < SLOTS_END; slot += STRIDE) {
    const quiet = load<u32>(LATEST) - load<u32>(slot, TOUCHED);
    if (load<u8>(slot, COUNT) == 0 || quiet >= least) continue;
    least = quiet;
    bitmap = load<u32>(slot, BITMAP);
    store<u64>(out, load<u64>(slot));
  }
  return bitmap;
}

/** Forgets what was delivered: who still sends it does so because it is wanted again. */
export function forget(): void {
  memory.fill(DONE, 0, DONE_SIZE);
}

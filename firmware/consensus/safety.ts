// What this device has promised, and may therefore never contradict: its own votes, in memory and in the journal.
//
//   SAFETY  +0 last NOTARIZE: view u32 · F u32 · parentView u32 · zero · digest 32 B
//          +48 last FINALIZE in any form: view u32 · written as a record of its own u32 · zero 8 B · digest 32 B (zero: unknown)
//          +96 observer u32 · +100 number of ranges u32 · +104 ranges given up: 16 x (from u32 · to u32) · +240 record buffer
//
// NOTARIZE and FINALIZE are made for ever higher views only, so one of each is enough to remember; of NULLIFY, all ranges above the
// final view. A seventeenth range merges the two oldest, which forbids more than was promised, never less.
// Rule: record first, then send. Each record* function leaves its STORE in the effect ring before the caller's SEND.

import * as kind from "../wire/kind";
import * as record from "../wire/record";
import * as journal from "../core/journal";
import * as cell from "./cell";
import { SAFETY } from "./cell";

const F_VIEW: usize = SAFETY + 48;
const F_WRITTEN: usize = SAFETY + 52;
const F_DIGEST: usize = SAFETY + 64;
const OBSERVER: usize = SAFETY + 96;
const COUNT: usize = SAFETY + 100;
const RANGES: usize = SAFETY + 104;
const BUFFER: usize = SAFETY + 240;
const MOST: u32 = 16;

// @ts-ignore: decorator
@inline export function notarizedView(): u32 {
  return load<u32>(SAFETY);
}
// @ts-ignore: decorator
@inline export function notarizedF(): bool {
  return load<u32>(SAFETY + 4) != 0;
}
// @ts-ignore: decorator
@inline export function notarizedParentView(): u32 {
  return load<u32>(SAFETY + 8);
}
// @ts-ignore: decorator
@inline export function notarizedDigest(): usize {
  return SAFETY + 16;
}
// @ts-ignore: decorator
@inline export function finalizedView(): u32 {
  return load<u32>(F_VIEW);
}
// @ts-ignore: decorator
@inline export function finalizedDigest(): usize {
  return F_DIGEST;
}
// @ts-ignore: decorator
@inline export function observer(): bool {
  return load<u32>(OBSERVER) != 0;
}
/** The latest range given up above the final view: its `to`, 0 if none. */
export function nullifiedTo(): u32 {
  return load<u32>(COUNT) == 0 ? 0 : load<u32>(rangeAt(load<u32>(COUNT) - 1), 4);
}
/** The latest range's `from`. */
export function nullifiedFrom(): u32 {
  return load<u32>(COUNT) == 0 ? 0 : load<u32>(rangeAt(load<u32>(COUNT) - 1));
}
// @ts-ignore: decorator
@inline function rangeAt(i: u32): usize {
  return RANGES + (i << 3);
}

/** Reads the journal back. An unreadable one, or none at all beside an identity, makes this device an observer. */
export function open(): void {
  store<u32>(OBSERVER, <u32>(journal.open() != journal.READY));
  let at = journal.next(0, BUFFER);
  while (at != 0) {
    if (load<u32>(BUFFER + record.EPOCH) == cell.epoch()) recall();
    at = journal.next(at, BUFFER);
  }
}

/** Takes the record in the buffer into memory. */
function recall(): void {
  const k: u32 = load<u8>(BUFFER + record.KIND);
  const view = load<u32>(BUFFER + record.VIEW);
  const second = load<u32>(BUFFER + record.PARENT_VIEW);
  if (k == kind.NULLIFY) addRange(view, second);
  else if (k == kind.FINALIZE) keepFinalize(view, BUFFER + record.DIGEST, true);
  else if (k == kind.NOTARIZE) {
    const f: u32 = load<u8>(BUFFER + record.F);
    if (view > notarizedView()) keepNotarize(f, view, second, BUFFER + record.DIGEST);
    if (f != 0 && second > finalizedView()) keepFinalize(second, 0, false);
  }
}

function keepNotarize(f: u32, view: u32, parentView: u32, digest: usize): void {
  store<u32>(SAFETY, view);
  store<u32>(SAFETY + 4, f);
  store<u32>(SAFETY + 8, parentView);
  memory.copy(notarizedDigest(), digest, 32);
}

function keepFinalize(view: u32, digest: usize, written: bool): void {
  if (view < finalizedView()) return;
  store<u32>(F_WRITTEN, <u32>(written || (view == finalizedView() && load<u32>(F_WRITTEN) != 0)));
  store<u32>(F_VIEW, view);
  if (digest != 0) memory.copy(F_DIGEST, digest, 32);
  else memory.fill(F_DIGEST, 0, 32);
}

/** After a restart: the digest behind an F whose record only names the child's. */
export function learnFinalized(digest: usize): void {
  if (load<u64>(F_DIGEST) == 0) memory.copy(F_DIGEST, digest, 32);
}

function addRange(from: u32, to: u32): void {
  let n = load<u32>(COUNT);
  if (n != 0 && load<u32>(rangeAt(n - 1)) == from) {
    if (to > load<u32>(rangeAt(n - 1), 4)) store<u32>(rangeAt(n - 1), to, 4);
    return;
  }
  if (n == MOST) {
    store<u32>(rangeAt(0), max(load<u32>(rangeAt(0), 4), load<u32>(rangeAt(1), 4)), 4);
    memory.copy(rangeAt(1), rangeAt(2), (MOST - 2) << 3);
    n--;
  }
  store<u32>(rangeAt(n), from);
  store<u32>(rangeAt(n), to, 4);
  store<u32>(COUNT, n + 1);
}

/** True when a NULLIFY of ours covers `view`. */
export function nullified(view: u32): bool {
  for (let i: u32 = 0; i < load<u32>(COUNT); i++) {
    if (load<u32>(rangeAt(i)) <= view && view <= load<u32>(rangeAt(i), 4)) return true;
  }
  return false;
}

/** True when FINALIZE(view, digest) contradicts no promise (R4, its last two conditions). */
export function mayFinalize(view: u32, digest: usize): bool {
  if (nullified(view)) return false;
  return view > finalizedView() || (view == finalizedView() && cell.same32(digest, F_DIGEST));
}

/** First view that a NULLIFY may give up when `notarized` is the highest NOTAR or FINAL held (R6). */
export function nullifyFrom(notarized: u32): u32 {
  return max(notarized, finalizedView()) + 1;
}

/** Records NOTARIZE(view, digest); with f it also promises FINALIZE(parentView, parent). */
export function recordNotarize(f: bool, view: u32, parentView: u32, digest: usize, parent: usize): void {
  keepNotarize(<u32>f, view, parentView, digest);
  if (f) keepFinalize(parentView, parent, false);
  write(kind.NOTARIZE, <u32>f, view, parentView, digest);
}

/** Records a lone FINALIZE, unless it stands in the journal already. */
export function recordFinalize(view: u32, digest: usize): void {
  if (view == finalizedView() && load<u32>(F_WRITTEN) != 0) return;
  keepFinalize(view, digest, true);
  write(kind.FINALIZE, 0, view, 0, digest);
}

/** Records NULLIFY(from..to). */
export function recordNullify(from: u32, to: u32): void {
  addRange(from, to);
  write(kind.NULLIFY, 0, from, to, cell.ctx());
}

/** After a restart, before anything is sent: what was read back is written once more, since the journal's tail may be weak. */
export function restate(): void {
  turn();
}

function write(k: u32, f: u32, view: u32, second: u32, digest: usize): void {
  if (journal.room() == 0) turn();
  else append(k, f, view, second, digest);
}

function append(k: u32, f: u32, view: u32, second: u32, digest: usize): void {
  memory.fill(BUFFER, 0, record.SIZE);
  store<u8>(BUFFER + record.KIND, k);
  store<u8>(BUFFER + record.F, f);
  store<u8>(BUFFER + record.SIGNER, cell.me());
  store<u32>(BUFFER + record.EPOCH, cell.epoch());
  store<u32>(BUFFER + record.VIEW, view);
  store<u32>(BUFFER + record.PARENT_VIEW, second);
  memory.copy(BUFFER + record.DIGEST, digest, 32);
  journal.append(BUFFER);
}

/** Starts a new sector with every promise that still binds, the newest among them. */
function turn(): void {
  journal.turn();
  for (let i: u32 = 0; i < load<u32>(COUNT); i++) {
    append(kind.NULLIFY, 0, load<u32>(rangeAt(i)), load<u32>(rangeAt(i), 4), cell.ctx());
  }
  if (notarizedView() != 0)
    append(kind.NOTARIZE, load<u32>(SAFETY + 4), notarizedView(), notarizedParentView(), notarizedDigest());
  if (finalizedView() != 0) {
    // an unknown digest is written as zeros: it still forbids every other one
    store<u32>(F_WRITTEN, <u32>(load<u64>(F_DIGEST) != 0));
    append(kind.FINALIZE, 0, finalizedView(), 0, F_DIGEST);
  }
  journal.seal();
}

/** Forgets ranges below the final view. One that covers it still binds: F in a NOTARIZE may name the final block as parent. */
export function prune(view: u32): void {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < load<u32>(COUNT); i++) {
    if (load<u32>(rangeAt(i), 4) < view) continue;
    store<u64>(rangeAt(kept), load<u64>(rangeAt(i)));
    kept++;
  }
  store<u32>(COUNT, kept);
}

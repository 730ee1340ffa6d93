// Vote sets: for one statement, who signed it and with which signature. NOTARIZE and FINALIZE live here; NULLIFY in nulls.ts.
//
//   set at SETS + i * stride:  0 view u32 · 4 kind u32 (0: free) · 8 digest 32 B · 40 have u32 · 44 verified u32 · 48 F u32
//                              52 record of its certificate in flash u32 (0: none) · 56 signature 64 B per validator
//
// Signatures arrive unverified and are checked together, only when they could make a quorum. A set of NOTARIZE holds both
// kinds (bit in F: the signer also finalizes the parent).
// Rule: a bit in `verified` means that this device checked or made that signature.

import { CONSENSUS_END, VOTES_VERIFIED, count } from "../layout";
import * as kind from "../wire/kind";
import * as vote from "../wire/vote";
import * as reason from "../wire/reason";
import * as batch from "../crypto/batch";
import { refuse } from "../core/refusal";
import * as block from "./block";
import * as cell from "./cell";
import { SETS, STATEMENTS } from "./cell";

const KIND: usize = 4;
const DIGEST: usize = 8;
const HAVE: usize = 40;
const VERIFIED: usize = 44;
const F: usize = 48;
const CERTIFICATE: usize = 52;
const SIGNATURES: usize = 56;

// @ts-ignore: decorator
@inline export function viewOf(set: usize): u32 {
  return load<u32>(set);
}
// @ts-ignore: decorator
@inline export function kindOf(set: usize): u32 {
  return load<u32>(set, KIND);
}
// @ts-ignore: decorator
@inline export function digest(set: usize): usize {
  return set + DIGEST;
}
// @ts-ignore: decorator
@inline export function have(set: usize): u32 {
  return load<u32>(set, HAVE);
}
// @ts-ignore: decorator
@inline export function verified(set: usize): u32 {
  return load<u32>(set, VERIFIED);
}
// @ts-ignore: decorator
@inline export function finalizing(set: usize): u32 {
  return load<u32>(set, F);
}
// @ts-ignore: decorator
@inline export function signature(set: usize, signer: u32): usize {
  return set + SIGNATURES + (signer << 6);
}

/** Where the certificate of these votes lies in flash; 0: nowhere yet. */
// @ts-ignore: decorator
@inline export function certificate(set: usize): u32 {
  return load<u32>(set, CERTIFICATE);
}
// @ts-ignore: decorator
@inline export function setCertificate(set: usize, offset: u32): void {
  store<u32>(set, offset, CERTIFICATE);
}

/** Bytes that one set takes; the region holds as many as fit. */
// @ts-ignore: decorator
@inline export function stride(): usize {
  return SIGNATURES + (cell.n() << 6);
}
/** First set; walk with next() until 0. */
// @ts-ignore: decorator
@inline export function first(): usize {
  return SETS;
}
/** The set after `set`, or 0. */
export function next(set: usize): usize {
  const s = set + stride();
  return s + stride() <= CONSENSUS_END ? s : 0;
}

/** The set for this statement, or 0. */
export function find(k: u32, view: u32, d: usize): usize {
  for (let s = first(); s != 0; s = next(s)) {
    if (kindOf(s) == k && viewOf(s) == view && cell.same32(digest(s), d)) return s;
  }
  return 0;
}

/** How little a set matters: 0 for the current and the highest notarized view, else the distance to the current one. Within the views that
 *  matter, a block that nobody has seen may give way to one that is known. */
function unworth(view: u32, d: usize, current: u32, top: u32): u32 {
  if (view == current || view == top) return block.find(d) != 0 ? 0 : 1;
  return 1 + (view < current ? current - view : view - current);
}

/** The set for this statement, made if need be in place of the one that matters least; 0 when all others matter more. `current` is the
 *  view under way, `top` the highest notarized one. */
export function obtain(k: u32, view: u32, d: usize, current: u32, top: u32): usize {
  const known = find(k, view, d);
  if (known != 0) return known;
  let room: usize = 0;
  let worst = unworth(view, d, current, top);
  for (let s = first(); s != 0; s = next(s)) {
    const score = kindOf(s) == 0 ? 0xffffffff : unworth(viewOf(s), digest(s), current, top);
    if (score > worst) {
      worst = score;
      room = s;
    }
  }
  if (room == 0) return 0;
  memory.fill(room, 0, SIGNATURES);
  store<u32>(room, view);
  store<u32>(room, k, KIND);
  memory.copy(room + DIGEST, d, 32);
  return room;
}

/** Adds a signature; `own` (made or checked by this device) counts as verified at once. Another signature already in this place is
 *  checked first, so that a forgery cannot keep the true one out. */
export function add(set: usize, signer: u32, f: bool, sig: usize, own: bool): void {
  const bit: u32 = 1 << signer;
  const at = signature(set, signer);
  if ((have(set) & bit) != 0) {
    const same = memory.compare(at, sig, 64) == 0 && ((finalizing(set) & bit) != 0) == f;
    if (same && own) store<u32>(set, verified(set) | bit, VERIFIED);
    if (same || (verified(set) & bit) != 0) return;
    verify(set, bit);
    if ((have(set) & bit) != 0) return;
  }
  memory.copy(at, sig, 64);
  store<u32>(set, have(set) | bit, HAVE);
  store<u32>(set, f ? finalizing(set) | bit : finalizing(set) & ~bit, F);
  if (own) store<u32>(set, verified(set) | bit, VERIFIED);
}

/** Verifies the signatures of `mask` that are not yet, in one batch; those that fail are refused and forgotten. */
export function verify(set: usize, mask: u32): void {
  const todo = mask & have(set) & ~verified(set);
  if (todo == 0) return;
  const finalize = kindOf(set) == kind.FINALIZE;
  vote.statement(<u32>STATEMENTS, finalize ? kind.FINALIZE : kind.NOTARIZE, viewOf(set), <u32>digest(set));
  vote.statement(<u32>STATEMENTS + 48, kind.NOTARIZE_F, viewOf(set), <u32>digest(set));
  batch.begin();
  for (let rest = todo; rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    const message = STATEMENTS + ((finalizing(set) >> i) & 1) * 48;
    batch.addCached(cell.key(i), message, vote.SIGNED_SIZE, signature(set, i));
  }
  count(VOTES_VERIFIED, popcnt(todo));
  drop(set, todo, batch.run());
}

/** Keeps of `todo` what the batch found good; `bad` counts in the order of the set bits of `todo`. */
function drop(set: usize, todo: u32, bad: u32): void {
  let good = todo;
  let at: u32 = 0;
  for (let rest = todo; rest != 0; rest &= rest - 1) {
    if (((bad >> at) & 1) != 0) {
      good &= ~(rest & (0 - rest));
      forged(ctz(rest));
    }
    at++;
  }
  store<u32>(set, verified(set) | good, VERIFIED);
  store<u32>(set, have(set) & ~(todo & ~good), HAVE);
}

/** Reports a signature in the name of `signer` that does not verify. */
export function forged(signer: u32): void {
  refuse(reason.VOTE_SIGNATURE, signer);
}

/** Verifies just enough of `mask` for `need` signers; returns the verified part of `mask` if that many stand, else 0. */
export function settle(set: usize, mask: u32, need: u32): u32 {
  while (true) {
    const good = verified(set) & mask;
    const open = have(set) & mask & ~good;
    const stand: u32 = popcnt(good);
    if (stand >= need) return good;
    if (stand + popcnt(open) < need) return 0;
    verify(set, lowest(open, need - stand));
  }
  return 0;
}

/** The lowest k set bits of `mask`. */
export function lowest(mask: u32, k: u32): u32 {
  let rest = mask;
  while (popcnt(rest) > k) rest &= ~(0x80000000 >> clz(rest));
  return rest;
}

/** True when a quorum of checked NOTARIZE votes for one block of view v is held. */
export function notarized(v: u32): bool {
  for (let s = first(); s != 0; s = next(s)) {
    if (kindOf(s) == kind.NOTARIZE && viewOf(s) == v && <u32>popcnt(verified(s)) >= cell.quorum()) return true;
  }
  return false;
}

/** Forgets the sets of views up to and including `view`. */
export function prune(view: u32): void {
  for (let s = first(); s != 0; s = next(s)) {
    if (kindOf(s) != 0 && viewOf(s) <= view) store<u32>(s, 0, KIND);
  }
}

// Nullifications: the latest range that each validator gave up, and which views are proven empty by a quorum of them.
//
//   per signer at NULLS + 76 i:  0 from u32 · 4 to u32 (0: none) · 8 signature 64 B · 72 verified u32
//   proven at NULLS + 2432 + 8 i, eight of them:  0 from u32 · 4 to u32 (0: free)
//
// One signer's ranges grow with its view, so the latest is enough; what older ones proved stays in the proven list.
// Rule (R6): a range counts only when this device holds NOTAR or FINAL at from - 1.

import { VOTES_VERIFIED, count } from "../layout";
import * as vote from "../wire/vote";
import * as batch from "../crypto/batch";
import * as cell from "./cell";
import * as block from "./block";
import * as votes from "./votes";
import { NULLS, STATEMENTS } from "./cell";

const STRIDE: usize = 76;
const PROVEN: usize = NULLS + 2432;
const PROVEN_END: usize = PROVEN + 64;

// @ts-ignore: decorator
@inline function at(i: u32): usize {
  return NULLS + <usize>i * STRIDE;
}
// @ts-ignore: decorator
@inline export function fromOf(i: u32): u32 {
  return load<u32>(at(i));
}
// @ts-ignore: decorator
@inline export function toOf(i: u32): u32 {
  return load<u32>(at(i), 4);
}
// @ts-ignore: decorator
@inline export function signature(i: u32): usize {
  return at(i) + 8;
}
// @ts-ignore: decorator
@inline function isVerified(i: u32): bool {
  return load<u32>(at(i), 72) != 0;
}

/** Adds a range; `own` means that this device made or checked it. Only a range that reaches further replaces one that still counts. */
export function add(i: u32, from: u32, to: u32, sig: usize, own: bool, current: u32): void {
  const p = at(i);
  const old = toOf(i);
  if (old >= current || own) {
    if (old == to && fromOf(i) == from && !isVerified(i) && !own && memory.compare(p + 8, sig, 64) != 0) check(1 << i);
    if (toOf(i) > to || (toOf(i) == to && fromOf(i) <= from)) return;
    // it replaces one that still counts: a forgery must not
    if (!own && !holds(i, from, to, sig)) return votes.forged(i);
    own = true;
  }
  store<u32>(p, from);
  store<u32>(p, to, 4);
  memory.copy(p + 8, sig, 64);
  store<u32>(p, <u32>own, 72);
}

/** True when `sig` is signer i's NULLIFY of from..to. */
function holds(i: u32, from: u32, to: u32, sig: usize): bool {
  vote.nullification(<u32>STATEMENTS, from, to, <u32>cell.ctx());
  batch.begin();
  batch.addCached(cell.key(i), STATEMENTS, vote.SIGNED_NULLIFY_SIZE, sig);
  count(VOTES_VERIFIED, 1);
  return batch.run() == 0;
}

/** Verifies the ranges of the signers in `mask`; forgets those that fail. Messages differ, so each stands alone. */
export function check(mask: u32): void {
  for (let rest = mask; rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    if (isVerified(i)) continue;
    if (holds(i, fromOf(i), toOf(i), signature(i))) store<u32>(at(i), 1, 72);
    else {
      store<u32>(at(i), 0, 4);
      votes.forged(i);
    }
  }
}

/** True when NOTAR or FINAL of `v` is held, or v lies at or below the final view. */
function anchored(v: u32): bool {
  return v <= block.view(block.final()) || block.notarized(v) != 0 || votes.notarized(v);
}

/** Signers whose range covers `view` and is anchored. */
export function covering(view: u32): u32 {
  let mask: u32 = 0;
  for (let i: u32 = 0; i < cell.n(); i++) {
    if (toOf(i) >= view && fromOf(i) <= view && anchored(fromOf(i) - 1)) mask |= 1 << i;
  }
  return mask;
}

/** Signers whose range reaches `view` or beyond, anchored or not. */
export function reaching(view: u32): u32 {
  let mask: u32 = 0;
  for (let i: u32 = 0; i < cell.n(); i++) if (toOf(i) >= view) mask |= 1 << i;
  return mask;
}

/** Verifies just enough of `mask` for `need` signers; returns what stands of it, or 0 if fewer do. */
export function settle(mask: u32, need: u32): u32 {
  while (true) {
    let good: u32 = 0;
    let open: u32 = 0;
    for (let rest = mask; rest != 0; rest &= rest - 1) {
      const i: u32 = ctz(rest);
      if (toOf(i) == 0) continue;
      if (isVerified(i)) good |= 1 << i;
      else open |= 1 << i;
    }
    if (<u32>popcnt(good) >= need) return good;
    if (<u32>popcnt(good | open) < need) return 0;
    check(open & (0 - open));
  }
  return 0;
}

/** If a quorum gave up `view`: remembers the views that it covers together and returns the last of them, else 0. */
export function proven(view: u32): u32 {
  const signers = settle(covering(view), cell.quorum());
  if (signers == 0) return 0;
  let from: u32 = 0;
  let to: u32 = 0xffffffff;
  for (let rest = signers; rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    if (fromOf(i) > from) from = fromOf(i);
    if (toOf(i) < to) to = toOf(i);
  }
  remember(from, to);
  return to;
}

/** Puts a proven range in the list, in place of a free one, of one that it extends, or of the oldest. */
function remember(from: u32, to: u32): void {
  let oldest: usize = PROVEN;
  for (let p = PROVEN; p < PROVEN_END; p += 8) {
    if (load<u32>(p, 4) != 0 && from <= load<u32>(p, 4) + 1 && load<u32>(p) <= from) {
      if (to > load<u32>(p, 4)) store<u32>(p, to, 4);
      return;
    }
    if (load<u32>(p, 4) < load<u32>(oldest, 4)) oldest = p;
  }
  store<u32>(oldest, from);
  store<u32>(oldest, to, 4);
}

/** True when each view in from..to is proven empty; an empty range is. */
export function gap(from: u32, to: u32): bool {
  let v = from;
  while (v <= to) {
    const before = v;
    for (let p = PROVEN; p < PROVEN_END; p += 8) {
      if (load<u32>(p) <= v && v <= load<u32>(p, 4)) v = load<u32>(p, 4) + 1;
    }
    if (v == before) return false;
  }
  return true;
}

/** Forgets what lies at or below the final view. */
export function prune(view: u32): void {
  for (let i: u32 = 0; i < cell.n(); i++) if (toOf(i) <= view) store<u32>(at(i), 0, 4);
  for (let p = PROVEN; p < PROVEN_END; p += 8) if (load<u32>(p, 4) <= view) store<u32>(p, 0, 4);
}

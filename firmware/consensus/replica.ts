// The replica: one device's part in the agreement of its cell. A Simplex-family protocol (Chan and Pass, TCC 2023).
//
// A view has one leader (cell.leader). NOTAR(v,d), NULL(a..b), FINAL(v,d) are q distinct signers of that statement; FINAL counts as
// NOTAR everywhere. f of n = 3f + 1 may lie, be silent or be down.
//
//   R1  current view = 1 + the highest view with NOTAR or FINAL, then past every view that NULL certificates cover without a gap
//   R2  the leader proposes once, on the highest notarized block, when the views between are nullified         propose
//   R3  NOTARIZE once a view, if NOTAR(parent) is held, the gap is nullified, the body is durable and valid     vote
//   R4  FINALIZE iff NOTAR with its signatures and the body are durable, no NULLIFY of mine covers the view and
//       I know no second proposal of its leader                                                                 finalizable
//   R5  NULLIFY when the view's time is up; at once if its leader gave up, signed twice or proposed something
//       invalid. Missing is not invalid                                                                         nullify
//   R6  its range: to = current view, from = 1 + max(highest NOTAR or FINAL, any view I finalized)              safety.nullifyFrom
//   R7  F in NOTARIZE finalizes the parent; a NOTAR not finalized in T_fin gets a lone FINALIZE                 finalizeAlone
//   R8  certificates go to who shows in a beacon that it lacks them                                             sync.ts
//   R9  what is not yet final recurs for ever: beacons say what is missing, neighbours fill it                  sync.ts
//   R10 timers run while something is pending, or when f + 1 give up my view                                    pending, nullify
//   R11 commit = the highest FINAL and its ancestors in order; execution only then                              chain.ts
//
// Durable before sent: a vote's record, and for NOTARIZE the block, for FINALIZE the NOTAR certificate, stand before the vote in the
// effect ring. Timers: T_lead = 2 delta for a proposal, T_advance = 3 delta for a NOTAR, times 1.5^k (k = leader windows since the
// last FINAL), at most 100 s.
//
//   STATE +20 view given up · +24 view whose leader is at fault · +36 timer runs u32 · +48 when the view began u64 · +128 includable u32
//        +132 fresh u32; the rest is chain.ts's

import { WORK } from "../layout";
import * as event from "../wire/event";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as vote from "../wire/vote";
import * as identity from "../core/identity";
import * as log from "../core/log";
import * as ring from "../core/ring";
import { refuse } from "../core/refusal";
import * as link from "../mesh/link";
import * as cell from "./cell";
import * as chain from "./chain";
import * as block from "./block";
import * as votes from "./votes";
import * as nulls from "./nulls";
import * as safety from "./safety";
import * as certificate from "./certificate";
import { STATE, STATEMENTS } from "./cell";

const WANTED: usize = STATE + 96;
/** Bytes that must be free in the effect ring before a rule may act: a block, a certificate and their sends. */
const ROOM: u32 = 3600;
const CAP_MS: u64 = 100000;

/** What the application's ledger knows of the pool: something could go into a block; something is in no block yet. */
export function offer(includable: bool, fresh: bool): void {
  store<u32>(STATE, <u32>includable, 128);
  store<u32>(STATE, <u32>fresh, 132);
}

/** The leader of v signed twice or proposed what nobody may accept. */
export function blame(v: u32): void {
  if (v > load<u32>(STATE, 24)) store<u32>(STATE, v, 24);
}

// @ts-ignore: decorator
@inline export function voting(): bool {
  return cell.me() != cell.NOBODY && !safety.observer();
}

/** Applies the first rule that has something to do; true when one had. Call until false. */
export function advance(now: u64): bool {
  if (ring.room() < ROOM) return false;
  if (notarize(now) || chain.finalize() || chain.commit(now)) return true;
  enter(now);
  want();
  if (!voting()) return false;
  return cast(now) || finalizeAlone(now) || nullify(now);
}

/** R1's first half: a set of NOTARIZE votes that reaches the quorum becomes NOTAR, durable with its signatures. */
function notarize(now: u64): bool {
  for (let set = votes.first(); set != 0; set = votes.next(set)) {
    const v = votes.viewOf(set);
    if (votes.kindOf(set) != kind.NOTARIZE || v <= chain.finalView()) continue;
    let s = block.find(votes.digest(set));
    if (votes.certificate(set) != 0) {
      if (s == 0) continue;
      block.setCertificate(s, votes.certificate(set)); // it left the table and came back
      block.flag(s, block.CERTIFICATE);
    }
    if (s != 0 ? block.is(s, block.CERTIFICATE) : v < chain.highest() && !block.spare()) continue;
    const signers = votes.settle(set, votes.have(set), cell.quorum());
    if (signers == 0) continue;
    if (s == 0) s = block.obtain(votes.digest(set), v);
    if (s == 0) {
      refuse(reason.WINDOW_FULL, v);
      continue;
    }
    const n = certificate.notar(WORK, set, votes.lowest(signers, cell.quorum()));
    votes.setCertificate(set, log.append(record.LOG_NOTAR, v, 0, s, WORK, n, 0, 0));
    block.setCertificate(s, votes.certificate(set));
    if (!block.is(s, block.NOTAR)) block.setSince(s, <u32>now);
    block.flag(s, block.NOTAR | block.CERTIFICATE);
    chain.raise(v);
    const p = ring.event(event.NOTARIZED, 40);
    if (p != 0) {
      store<u32>(p, v);
      store<u32>(p, block.is(s, block.HEADER) ? block.height(s) : 0, 4);
      memory.copy(p + 8, s, 32);
    }
    return true;
  }
  return false;
}

/** R1: the view that certificates put this device in. */
function enter(now: u64): void {
  let v = chain.highest() + 1;
  for (;;) {
    if (nulls.gap(v, v)) {
      v++;
      continue;
    }
    const to = nulls.proven(v);
    if (to == 0) break;
    v = to + 1;
  }
  if (v == chain.view()) return;
  store<u32>(STATE, v);
  store<u64>(STATE, now, 48);
  store<u32>(STATE, 0, 36);
  block.stale(v);
  const p = ring.event(event.VIEW, 12);
  if (p == 0) return;
  store<u32>(p, v);
  store<u32>(p, cell.leader(v), 4);
  store<u32>(p, chain.highest(), 8);
}

/** Names the block that this device waits for: on the way to the target (commit did), else the highest notarized one. */
function want(): void {
  const s: usize = chain.wantedView() == 0 ? 0 : block.find(WANTED);
  if (s != 0 && !block.is(s, block.BODY) && block.view(s) > chain.finalView()) return;
  store<u32>(STATE, 0, 136);
  const top = block.notarized(chain.highest());
  if (top == 0 || chain.stands(top)) return;
  memory.copy(WANTED, top, 32);
  store<u32>(STATE, chain.highest(), 136);
}

/** R10: something waits for finality. */
export function pending(): bool {
  if (load<u32>(STATE, 128) != 0) return true;
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.is(s, block.BODY) && block.view(s) > chain.finalView() && block.txCount(s) != 0) return true;
  }
  return unsettled(block.notarized(chain.highest()));
}

/** True when the effect of some transaction at or below the tip is not yet under the executed root that the tip cites: then the chain
 *  has to grow by another, perhaps empty, block. */
function unsettled(top: usize): bool {
  if (top == 0 || !block.is(top, block.HEADER)) return false;
  let last = load<u32>(STATE, 28);
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.is(s, block.NOTAR | block.HEADER) && block.txCount(s) != 0) last = max(last, block.height(s));
  }
  return block.executedHeight(top) < last;
}

/** R2's conditions: true when this device should make a block of the current view now. Then index calls propose(). */
export function shouldPropose(now: u64): bool {
  const v = chain.view();
  if (!voting() || cell.leader(v) != cell.me() || v <= safety.notarizedView() || chain.executing()) return false;
  const top = block.notarized(chain.highest());
  if (
    top == 0 ||
    !block.is(top, block.HEADER | block.BODY) ||
    ring.room() < ROOM + 1800 ||
    !nulls.gap(chain.highest() + 1, v - 1)
  )
    return false;
  if (block.height(top) - max(chain.executedHeight(), block.executedHeight(top)) >= block.ROOT_COUNT) return false;
  if (load<u32>(STATE, 132) != 0) return true;
  if (unsettled(top)) return true;
  return overdue(now);
}

/** R10's heartbeat: everything is final, and has been for that long. */
function overdue(now: u64): bool {
  if (cell.heartbeat() == 0 || now - load<u64>(STATE, 56) < cell.heartbeat()) return false;
  return block.view(block.final()) == chain.highest();
}

/** R3: NOTARIZE the one acceptable block of the current view. */
function cast(now: u64): bool {
  const v = chain.view();
  if (v <= safety.notarizedView()) return false;
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.view(s) != v || !block.is(s, block.HEADER | block.BODY | block.CHECKED) || block.is(s, block.INVALID))
      continue;
    const parent = block.find(block.parent(s));
    if (parent == 0 || !block.is(parent, block.NOTAR | block.HEADER) || block.view(parent) != block.parentView(s))
      continue;
    if (!nulls.gap(block.parentView(s) + 1, v - 1)) continue;
    const why = follows(s, parent, now);
    if (why == WAIT) continue;
    if (why != 0) {
      refuse(why, v);
      block.flag(s, block.INVALID);
      blame(v);
      continue;
    }
    notarizeBlock(s, parent);
    return true;
  }
  return false;
}

/** Records, signs and sends NOTARIZE of s; true when it finalizes the parent along (R7). */
export function notarizeBlock(s: usize, parent: usize): bool {
  const f = finalizable(parent);
  safety.recordNotarize(f, block.view(s), block.view(parent), s, parent);
  sign(f ? kind.NOTARIZE_F : kind.NOTARIZE, block.view(s), s);
  return f;
}

const WAIT: u32 = 0xffffffff;

/** Whether s may follow its parent: 0, a reason why never, or WAIT for what this device does not know yet. */
function follows(s: usize, parent: usize, now: u64): u32 {
  const executedAt = block.executedHeight(s);
  const next = block.height(s) == block.height(parent) + 1 && block.time(s) > block.time(parent);
  const ordered = executedAt >= block.executedHeight(parent) && executedAt <= block.height(parent);
  if (!next || !ordered || block.height(s) - executedAt > block.ROOT_COUNT) return reason.PROPOSAL_PARENT;
  if (block.time(s) > chain.clock(now) + cell.window() || executedAt > chain.executedHeight()) return WAIT;
  if (chain.executedHeight() - executedAt >= block.ROOT_COUNT || load<u64>(block.root(executedAt)) == 0) return WAIT;
  return cell.same32(block.head(s) + header.EXECUTED_ROOT, block.root(executedAt)) ? 0 : reason.PROPOSAL_ROOT;
}

/** R4, with R7's question whether the parent may be finalized along. */
function finalizable(s: usize): bool {
  if (!block.is(s, block.NOTAR | block.CERTIFICATE | block.BODY) || block.rivalled(s)) return false;
  return safety.mayFinalize(block.view(s), s);
}

/** R7: a lone FINALIZE for the highest notarized block, when no F of ours went out in time. Restated later if it did (R9). */
function finalizeAlone(now: u64): bool {
  const s = block.notarized(chain.highest());
  if (s == 0 || block.is(s, block.FINAL) || !finalizable(s)) return false;
  if (<u32>now - block.since(s) < finalDelay(block.view(s))) return false;
  const set = votes.obtain(kind.FINALIZE, block.view(s), s, chain.view(), chain.highest());
  if (set == 0 || ((votes.have(set) >> cell.me()) & 1) != 0) return false;
  safety.recordFinalize(block.view(s), s);
  sign(kind.FINALIZE, block.view(s), s);
  return true;
}

/** T_fin: one message delay after NOTAR; three if F went out already and did not suffice. */
function finalDelay(v: u32): u32 {
  return safety.finalizedView() == v ? 3 * cell.delta() : cell.delta();
}

/** R5, R6, R10: gives the current view up when its time is over, or its leader is at fault, or f + 1 others did. */
function nullify(now: u64): bool {
  const v = chain.view();
  if (load<u32>(STATE, 20) >= v) return false;
  const join = nulls.settle(nulls.reaching(v) & ~((<u32>1) << cell.me()), cell.faults() + 1) != 0;
  if (!join && !expired(now) && load<u32>(STATE, 24) != v && !leaderGaveUp(v)) return false;
  const from = safety.nullifyFrom(chain.highest());
  store<u32>(STATE, v, 20);
  if (from > v) return false;
  safety.recordNullify(from, v);
  giveUp(from, v);
  return true;
}

/** After a restart: the latest NULLIFY in the journal, signed and sent once more. */
export function giveUpAgain(): void {
  store<u32>(STATE, safety.nullifiedTo(), 20);
  giveUp(safety.nullifiedFrom(), safety.nullifiedTo());
}

/** Signs NULLIFY(from..to), whose record is already in the ring, and sends it. */
export function giveUp(from: u32, to: u32): void {
  vote.nullification(<u32>STATEMENTS, from, to, <u32>cell.ctx());
  const p = WORK;
  store<u8>(p, kind.NULLIFY);
  store<u8>(p, cell.me(), vote.SIGNER);
  store<u32>(p + vote.EPOCH, cell.epoch());
  store<u32>(p + vote.FROM, from);
  store<u32>(p + vote.TO, to);
  identity.sign(STATEMENTS, vote.SIGNED_NULLIFY_SIZE, p + vote.NULLIFY_SIGNATURE);
  nulls.add(cell.me(), from, to, p + vote.NULLIFY_SIGNATURE, true, chain.view());
  emit(p, vote.NULLIFY_SIZE);
}

/** The leader itself gave up this view. */
function leaderGaveUp(v: u32): bool {
  const i = cell.leader(v);
  return nulls.toOf(i) >= v && nulls.fromOf(i) <= v && nulls.settle(1 << i, 1) != 0;
}

/** The view's time: 2 delta without a proposal, 3 delta with one, times 1.5 per leader window without a FINAL. */
function expired(now: u64): bool {
  if (!pending() && !overdue(now)) {
    store<u32>(STATE, 0, 36);
    return false;
  }
  if (load<u32>(STATE, 36) == 0) {
    store<u32>(STATE, 1, 36);
    store<u64>(STATE, now, 48);
  }
  return now >= deadline();
}

/** When the current view's time is over. */
export function deadline(): u64 {
  const v = chain.view();
  let seen = false;
  for (let s = block.first(); s != 0; s = block.next(s)) if (block.view(s) == v && block.is(s, block.BODY)) seen = true;
  let wait: u64 = <u64>cell.delta() * (seen ? 3 : 2);
  let k = v / cell.viewsPerLeader() - chain.finalView() / cell.viewsPerLeader();
  while (k > 1 && wait < CAP_MS) {
    wait += wait >> 1;
    k--;
  }
  return load<u64>(STATE, 48) + min<u64>(wait, CAP_MS);
}

/** Milliseconds until a rule may have something to do by itself. */
export function wake(now: u64): u32 {
  let at: u64 = u64.MAX_VALUE;
  if (voting() && load<u32>(STATE, 36) != 0 && load<u32>(STATE, 20) < chain.view()) at = deadline();
  const s = block.notarized(chain.highest());
  if (s != 0 && voting() && !block.is(s, block.FINAL) && finalizable(s)) {
    const age = <u32>now - block.since(s);
    const due = finalDelay(block.view(s));
    const known = votes.find(kind.FINALIZE, block.view(s), s);
    if (known == 0 || ((votes.have(known) >> cell.me()) & 1) == 0) at = min<u64>(at, now + (age < due ? due - age : 0));
  }
  if (voting() && cell.heartbeat() != 0) {
    const beat = load<u64>(STATE, 56) + cell.heartbeat();
    if (beat > now) at = min<u64>(at, beat);
  }
  if (at <= now) return 1;
  return at - now > 60000 ? 60000 : <u32>(at - now);
}

/** Signs NOTARIZE or FINALIZE, whose record is already in the ring, counts it and sends it. */
export function sign(k: u32, v: u32, digest: usize): void {
  const p = WORK;
  vote.statement(<u32>STATEMENTS, k, v, <u32>digest);
  store<u8>(p, k);
  store<u8>(p, cell.me(), vote.SIGNER);
  store<u32>(p + vote.EPOCH, cell.epoch());
  store<u32>(p + vote.VIEW, v);
  memory.copy(p + vote.DIGEST, digest, 32);
  identity.sign(STATEMENTS, vote.SIGNED_SIZE, p + vote.SIGNATURE);
  const set = votes.obtain(
    k == kind.FINALIZE ? kind.FINALIZE : kind.NOTARIZE,
    v,
    digest,
    chain.view(),
    chain.highest(),
  );
  if (set != 0) votes.add(set, cell.me(), k == kind.NOTARIZE_F, p + vote.SIGNATURE, true);
  emit(p, vote.SIZE);
}

/** Tells whoever watches, then the air. */
function emit(p: usize, n: u32): void {
  const e = ring.event(event.VOTED, n);
  if (e != 0) memory.copy(e, p, n);
  link.send(0, p, n, 0xffffffff);
}

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
//   R11 commit = the highest FINAL and its ancestors in order; execution only then                              commit
//
// Durable before sent: a vote's record, and for NOTARIZE the block, for FINALIZE the NOTAR certificate, stand before the vote in the
// effect ring. Timers: T_lead = 2 delta for a proposal, T_advance = 3 delta for a NOTAR, times 1.5^k (k = leader windows since the
// last FINAL), at most 100 s.
//
//   STATE +0 view · +4 highest notarized view · +8 finalHeight · +12 executedHeight · +16 target view (0: none) · +20 view given up
//        +24 view whose leader is at fault · +28 height of the last block with transactions · +32 block time u32 · +36 timer runs u32
//        +40 when that time was u64 · +48 when the view began u64 · +56 last FINAL u64 · +96 wanted digest 32 B · +128 includable u32
//        +132 fresh u32 · +136 wanted view u32 · +144 sync.ts · +216 cursor digest 32 B · +248 cursor view u32 · +252 chain is whole u32

import { BLOCKS_DONE, WORK, count } from "../layout";
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
import * as block from "./block";
import * as votes from "./votes";
import * as nulls from "./nulls";
import * as safety from "./safety";
import * as certificate from "./certificate";
import { STATE, STATEMENTS } from "./cell";

const WANTED: usize = STATE + 96;
const CURSOR: usize = STATE + 216;
/** Bytes that must be free in the effect ring before a rule may act: a block, a certificate and their sends. */
const ROOM: u32 = 3600;
const CAP_MS: u64 = 100000;

// @ts-ignore: decorator
@inline export function view(): u32 { return load<u32>(STATE); }
// @ts-ignore: decorator
@inline export function highest(): u32 { return load<u32>(STATE, 4); }
// @ts-ignore: decorator
@inline export function finalHeight(): u32 { return load<u32>(STATE, 8); }
// @ts-ignore: decorator
@inline export function executedHeight(): u32 { return load<u32>(STATE, 12); }
// @ts-ignore: decorator
@inline export function finalView(): u32 { return block.view(block.final()); }
// @ts-ignore: decorator
@inline export function finalDigest(): usize { return block.final(); }
/** Digest of the block that this device cannot go on without; wantedView() is 0 when there is none. */
// @ts-ignore: decorator
@inline export function wanted(): usize { return WANTED; }
// @ts-ignore: decorator
@inline export function wantedView(): u32 { return load<u32>(STATE, 136); }
// @ts-ignore: decorator
@inline export function executing(): bool { return executedHeight() < finalHeight(); }
/** What the application's ledger knows of the pool: something could go into a block; something is in no block yet. */
export function offer(includable: bool, fresh: bool): void {
  store<u32>(STATE, <u32>includable, 128);
  store<u32>(STATE, <u32>fresh, 132);
}

/** Puts the block before the first one in place: height 0, view 0, digest = genesis hash, executed by definition. */
export function open(root: usize, now: u64): void {
  const s = block.obtain(cell.hash(), 0);
  block.flag(s, block.HEADER | block.BODY | block.NOTAR | block.FINAL);
  memory.copy(block.root(0), root, 32);
  store<u64>(STATE, now, 40);
  store<u64>(STATE, now, 56);
  store<u32>(STATE, 0xffffffff); // so that the first derivation of the view counts as a change
}

/** The state is that of height h (a snapshot's), whose block has this digest and view. */
export function rebase(h: u32, v: u32, time: u32, digest: usize, root: usize): void {
  const s = block.final();
  memory.copy(s, digest, 32);
  store<u32>(s, v, 164);
  store<u32>(block.head(s), h, header.HEIGHT);
  store<u32>(block.head(s), time, header.TIME);
  store<u32>(STATE, h, 8);
  store<u32>(STATE, h, 12);
  store<u32>(STATE, time, 32);
  memory.copy(block.root(h), root, 32);
  raise(v);
}

/** Raises the highest view known to be notarized. */
export function raise(v: u32): void {
  if (v > highest()) store<u32>(STATE, v, 4);
}

/** A FINAL certificate for (v, d) is held. While blocks on the way to an earlier target are missing, the lower one is served first. */
export function aim(v: u32, digest: usize): void {
  raise(v);
  const target = load<u32>(STATE, 16);
  if (v <= finalView() || (target != 0 && target <= v)) return;
  store<u32>(STATE, v, 16);
  store<u32>(STATE, v, 248);
  store<u32>(STATE, 0, 252);
  memory.copy(CURSOR, digest, 32);
}

/** True when FINAL of v is already the next one to be reached. */
export function aimsAt(v: u32): bool {
  return load<u32>(STATE, 16) == v;
}

/** The leader of v signed twice or proposed what nobody may accept. */
export function blame(v: u32): void {
  if (v > load<u32>(STATE, 24)) store<u32>(STATE, v, 24);
}

// @ts-ignore: decorator
@inline export function voting(): bool { return cell.me() != cell.NOBODY && !safety.observer(); }

/** When this device last learned the block time, ms since boot. */
// @ts-ignore: decorator
@inline export function since(): u64 { return load<u64>(STATE, 40); }

/** Block time now, by this device's clock, in seconds since genesis. */
export function clock(now: u64): u32 {
  return load<u32>(STATE, 32) + <u32>((now - load<u64>(STATE, 40)) / 1000);
}

/** Time of the highest final block, in seconds since genesis. */
export function blockTime(): u32 {
  return block.time(block.final());
}

/** Applies the first rule that has something to do; true when one had. Call until false. */
export function advance(now: u64): bool {
  if (ring.room() < ROOM) return false;
  if (notarize(now) || finalize() || commit(now)) return true;
  enter(now);
  want();
  if (!voting()) return false;
  return cast(now) || finalizeAlone(now) || nullify(now);
}

/** R1's first half: a set of NOTARIZE votes that reaches the quorum becomes NOTAR, durable with its signatures. */
function notarize(now: u64): bool {
  for (let set = votes.first(); set != 0; set = votes.next(set)) {
    const v = votes.viewOf(set);
    if (votes.kindOf(set) != kind.NOTARIZE || v <= finalView()) continue;
    let s = block.find(votes.digest(set));
    if (votes.certificate(set) != 0) {
      if (s == 0) continue;
      block.setCertificate(s, votes.certificate(set)); // it left the table and came back
      block.flag(s, block.CERTIFICATE);
    }
    if (s != 0 ? block.is(s, block.CERTIFICATE) : v < highest() && !block.spare()) continue;
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
    raise(v);
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

/** Who is known to finalize block s in any form: lone FINALIZE, or F in a NOTARIZE of one of its children. */
function finalizers(s: usize, checked: bool): u32 {
  let mask: u32 = 0;
  for (let set = votes.first(); set != 0; set = votes.next(set)) {
    mask |= (checked ? votes.verified(set) : votes.have(set)) & relevant(set, s);
  }
  return mask;
}

/** The signers in a set whose vote, if true, finalizes block s. */
function relevant(set: usize, s: usize): u32 {
  if (votes.kindOf(set) == kind.FINALIZE) {
    return votes.viewOf(set) == block.view(s) && cell.same32(votes.digest(set), s) ? 0xffffffff : 0;
  }
  if (votes.kindOf(set) != kind.NOTARIZE || votes.finalizing(set) == 0) return 0;
  const child = block.find(votes.digest(set));
  if (child == 0 || !block.is(child, block.HEADER)) return 0;
  return block.parentView(child) == block.view(s) && cell.same32(block.parent(child), s) ? votes.finalizing(set) : 0;
}

/** FINAL(s): a quorum in any form. Signatures are checked one set at a time, only while they could still suffice. */
function finalize(): bool {
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.flags(s) == 0 || block.view(s) <= finalView()) continue;
    if (<u32>popcnt(finalizers(s, false)) < cell.quorum()) continue;
    for (let set = votes.first(); set != 0; set = votes.next(set)) {
      const missing = cell.quorum() - min<u32>(popcnt(finalizers(s, true)), cell.quorum());
      if (missing == 0) break;
      votes.verify(set, votes.lowest(votes.have(set) & relevant(set, s) & ~finalizers(s, true), missing));
    }
    if (<u32>popcnt(finalizers(s, true)) < cell.quorum()) continue;
    const target = load<u32>(STATE, 16);
    aim(block.view(s), s);
    block.flag(s, block.NOTAR);
    if (load<u32>(STATE, 16) != target) return true;
  }
  return false;
}

/** R11: the blocks from the target down to the final one are looked for, newest first; once the chain is whole and durable, they become
 *  final one by one, oldest first. The index of records holds the chain in between, so its length needs no slots. */
function commit(now: u64): bool {
  const target = load<u32>(STATE, 16);
  if (target == 0) return false;
  if (target <= finalView()) {
    store<u32>(STATE, 0, 16);
    return false;
  }
  if (load<u32>(STATE, 252) == 0 && !descend(target)) return false;
  const at = block.recordAt(finalHeight() + 1);
  const known = log.head(at, WORK);
  const s = known ? block.obtain(WORK + record.LOG_DIGEST, load<u32>(WORK, record.LOG_VIEW)) : 0;
  if (s != 0) block.flag(s, block.NOTAR); // an ancestor of a final block was notarized
  if (s == 0 || !stands(s) || !cell.same32(block.parent(s), finalDigest())) {
    store<u32>(STATE, 0, 16);
    return false;
  }
  settleFinal(s, now);
  return true;
}

/** Follows parents from the cursor down to the final block; true once it is reached. Else the block that is missing is wanted. */
function descend(target: u32): bool {
  while (true) {
    const s = block.obtain(CURSOR, load<u32>(STATE, 248));
    if (s == 0) return false;
    block.flag(s, block.NOTAR);
    if (!stands(s)) {
      memory.copy(WANTED, CURSOR, 32);
      store<u32>(STATE, load<u32>(STATE, 248), 136);
      return false;
    }
    block.setRecordAt(block.height(s), block.record(s));
    if (cell.same32(block.parent(s), finalDigest())) break;
    if (block.parentView(s) <= finalView()) {
      refuse(reason.FINAL_CONFLICT, target);
      store<u32>(STATE, 0, 16);
      return false;
    }
    memory.copy(CURSOR, block.parent(s), 32);
    store<u32>(STATE, block.parentView(s), 248);
  }
  store<u32>(STATE, 1, 252);
  return true;
}

/** True when header and body of s are durable; a block that had to leave the table is read back from the log. */
function stands(s: usize): bool {
  if (block.is(s, block.BODY)) return true;
  if (block.is(s, block.SOUGHT)) return false;
  block.flag(s, block.SOUGHT);
  for (let at = log.first(); at != 0; at = log.next(at)) {
    if (!log.head(at, WORK) || load<u8>(WORK + record.LOG_KIND) != record.LOG_BLOCK) continue;
    if (!cell.same32(WORK + record.LOG_DIGEST, s) || !log.check(at)) continue;
    log.read(at, 0, block.head(s), header.SIZE);
    block.setRecord(s, at);
    block.flag(s, block.HEADER | block.BODY);
    return true;
  }
  return false;
}

/** Makes s, a durable child of the final block on the way to the target, the final block. */
function settleFinal(s: usize, now: u64): void {
  const old = block.final();
  const v = block.view(s);
  const n = certificate.final(WORK, s);
  if (n != 0) log.append(record.LOG_FINAL, v, block.height(s), s, WORK, n, 0, 0);
  store<u32>(STATEMENTS, block.record(s));
  log.append(record.LOG_COMMIT, v, block.height(s), s, STATEMENTS, 4, 0, 0);
  store<u32>(old, block.flags(old) & ~block.FINAL, 160);
  block.flag(s, block.FINAL);
  adopt(s, now);
  store<u64>(STATE, now, 56);
  count(BLOCKS_DONE, 1);
  const p = ring.event(event.COMMIT, 48);
  if (p == 0) return;
  store<u32>(p, block.height(s));
  store<u32>(p, v, 4);
  store<u32>(p, block.time(s), 8);
  store<u16>(p, block.txCount(s), 12);
  store<u8>(p, load<u8>(block.head(s) + header.PROPOSER), 14);
  memory.copy(p + 16, s, 32);
}

/** Bookkeeping for a block that became final, now or before a restart. */
export function adopt(s: usize, now: u64): void {
  const v = block.view(s);
  store<u32>(STATE, block.height(s), 8);
  block.setRecordAt(block.height(s), block.record(s));
  raise(v);
  if (block.txCount(s) != 0 && block.height(s) > load<u32>(STATE, 28)) store<u32>(STATE, block.height(s), 28);
  if (block.time(s) > clock(now)) {
    store<u32>(STATE, block.time(s), 32);
    store<u64>(STATE, now, 40);
  }
  block.prune(v);
  votes.prune(v);
  nulls.prune(v);
  safety.prune(v);
}

/** The block at executedHeight + 1 ran; `root` is the state after it. */
export function executed(root: usize): void {
  const h = executedHeight() + 1;
  store<u32>(STATE, h, 12);
  memory.copy(block.root(h), root, 32);
}

/** R1: the view that certificates put this device in. */
function enter(now: u64): void {
  let v = highest() + 1;
  for (;;) {
    if (nulls.gap(v, v)) {
      v++;
      continue;
    }
    const to = nulls.proven(v);
    if (to == 0) break;
    v = to + 1;
  }
  if (v == view()) return;
  store<u32>(STATE, v);
  store<u64>(STATE, now, 48);
  store<u32>(STATE, 0, 36);
  const p = ring.event(event.VIEW, 12);
  if (p == 0) return;
  store<u32>(p, v);
  store<u32>(p, cell.leader(v), 4);
  store<u32>(p, highest(), 8);
}

/** Names the block that this device waits for: on the way to the target (commit did), else the highest notarized one. */
function want(): void {
  const s: usize = wantedView() == 0 ? 0 : block.find(WANTED);
  if (s != 0 && !block.is(s, block.BODY) && block.view(s) > finalView()) return;
  store<u32>(STATE, 0, 136);
  const top = block.notarized(highest());
  if (top == 0 || stands(top)) return;
  memory.copy(WANTED, top, 32);
  store<u32>(STATE, highest(), 136);
}

/** R10: something waits for finality. */
export function pending(): bool {
  if (load<u32>(STATE, 128) != 0) return true;
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.is(s, block.BODY) && block.view(s) > finalView() && block.txCount(s) != 0) return true;
  }
  return unsettled(block.notarized(highest()));
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
  const v = view();
  if (!voting() || cell.leader(v) != cell.me() || v <= safety.notarizedView() || executing()) return false;
  const top = block.notarized(highest());
  if (top == 0 || !block.is(top, block.HEADER | block.BODY) || ring.room() < ROOM + 1800 || !nulls.gap(highest() + 1, v - 1)) return false;
  if (block.height(top) - max(executedHeight(), block.executedHeight(top)) >= block.ROOT_COUNT) return false;
  if (load<u32>(STATE, 132) != 0) return true;
  if (unsettled(top)) return true;
  return cell.heartbeat() != 0 && now - load<u64>(STATE, 56) >= cell.heartbeat();
}

/** R3: NOTARIZE the one acceptable block of the current view. */
function cast(now: u64): bool {
  const v = view();
  if (v <= safety.notarizedView()) return false;
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.view(s) != v || !block.is(s, block.HEADER | block.BODY | block.CHECKED) || block.is(s, block.INVALID)) continue;
    const parent = block.find(block.parent(s));
    if (parent == 0 || !block.is(parent, block.NOTAR | block.HEADER) || block.view(parent) != block.parentView(s)) continue;
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
  if (block.time(s) > clock(now) + cell.window() || executedAt > executedHeight()) return WAIT;
  if (executedHeight() - executedAt >= block.ROOT_COUNT || load<u64>(block.root(executedAt)) == 0) return WAIT;
  return cell.same32(block.head(s) + header.EXECUTED_ROOT, block.root(executedAt)) ? 0 : reason.PROPOSAL_ROOT;
}

/** R4, with R7's question whether the parent may be finalized along. */
function finalizable(s: usize): bool {
  if (!block.is(s, block.NOTAR | block.CERTIFICATE | block.BODY) || block.is(s, block.TWICE)) return false;
  return safety.mayFinalize(block.view(s), s);
}

/** R7: a lone FINALIZE for the highest notarized block, when no F of ours went out in time. Restated later if it did (R9). */
function finalizeAlone(now: u64): bool {
  const s = block.notarized(highest());
  if (s == 0 || block.is(s, block.FINAL) || !finalizable(s)) return false;
  if (<u32>now - block.since(s) < finalDelay(block.view(s))) return false;
  const set = votes.obtain(kind.FINALIZE, block.view(s), s, view(), highest());
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
  const v = view();
  if (load<u32>(STATE, 20) >= v) return false;
  const join = nulls.settle(nulls.reaching(v) & ~(<u32>1 << cell.me()), cell.faults() + 1) != 0;
  if (!join && !expired(now) && load<u32>(STATE, 24) != v && !leaderGaveUp(v)) return false;
  const from = safety.nullifyFrom(highest());
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
  nulls.add(cell.me(), from, to, p + vote.NULLIFY_SIGNATURE, true, view());
  emit(p, vote.NULLIFY_SIZE);
}

/** The leader itself gave up this view. */
function leaderGaveUp(v: u32): bool {
  const i = cell.leader(v);
  return nulls.toOf(i) >= v && nulls.fromOf(i) <= v && nulls.settle(1 << i, 1) != 0;
}

/** The view's time: 2 delta without a proposal, 3 delta with one, times 1.5 per leader window without a FINAL. */
function expired(now: u64): bool {
  if (!pending()) {
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
  const v = view();
  let seen = false;
  for (let s = block.first(); s != 0; s = block.next(s)) if (block.view(s) == v && block.is(s, block.BODY)) seen = true;
  let wait: u64 = <u64>cell.delta() * (seen ? 3 : 2);
  let k = v / cell.viewsPerLeader() - finalView() / cell.viewsPerLeader();
  while (k > 1 && wait < CAP_MS) {
    wait += wait >> 1;
    k--;
  }
  return load<u64>(STATE, 48) + min<u64>(wait, CAP_MS);
}

/** Milliseconds until a rule may have something to do by itself. */
export function wake(now: u64): u32 {
  let at: u64 = u64.MAX_VALUE;
  if (voting() && load<u32>(STATE, 36) != 0 && load<u32>(STATE, 20) < view()) at = deadline();
  const s = block.notarized(highest());
  if (s != 0 && voting() && !block.is(s, block.FINAL) && finalizable(s)) {
    const age = <u32>now - block.since(s);
    const due = finalDelay(block.view(s));
    const known = votes.find(kind.FINALIZE, block.view(s), s);
    if (known == 0 || ((votes.have(known) >> cell.me()) & 1) == 0) at = min<u64>(at, now + (age < due ? due - age : 0));
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
  const set = votes.obtain(k == kind.FINALIZE ? kind.FINALIZE : kind.NOTARIZE, v, digest, view(), highest());
  if (set != 0) votes.add(set, cell.me(), k == kind.NOTARIZE_F, p + vote.SIGNATURE, true);
  emit(p, vote.SIZE);
}

/** Tells whoever watches, then the air. */
function emit(p: usize, n: u32): void {
  const e = ring.event(event.VOTED, n);
  if (e != 0) memory.copy(e, p, n);
  link.send(0, p, n, 0xffffffff);
}

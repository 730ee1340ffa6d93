// The chain: which block is final, which is to become final next, and where the views stand. The replica decides what to sign; here is
// what follows from what was signed.
//
//   STATE +0 view · +4 highest notarized view · +8 finalHeight · +12 executedHeight · +16 target view (0: none) · +20, +24 replica.ts
//        +28 height of the last block with transactions · +32 block time u32 · +36 replica.ts · +40 when that time was u64
//        +48 replica.ts · +56 last FINAL u64 · +64 first 8 B of what beacons asked for · +72 how often u32 (3: searched) · +96 wanted digest 32 B · +128, +132 replica.ts · +136 wanted view u32 · +144 sync.ts
//        +216 cursor digest 32 B · +248 cursor view u32 · +252 chain is whole u32
//
//      final ── h+1 ── h+2 ── ... ── target          the cursor walks down from the target; when it meets the final block, the
//        │◄──────── cursor ◄──────────┘               blocks become final one by one, upwards
//
// Rule (R11): only a quorum of FINALIZE in any form makes a target; only a whole, durable chain to it makes blocks final.

import { BLOCKS_DONE, WORK, count } from "../layout";
import * as event from "../wire/event";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as log from "../core/log";
import * as ring from "../core/ring";
import { refuse } from "../core/refusal";
import * as cell from "./cell";
import * as block from "./block";
import * as votes from "./votes";
import * as nulls from "./nulls";
import * as safety from "./safety";
import * as certificate from "./certificate";
import { STATE, STATEMENTS } from "./cell";

const ASKED: usize = STATE + 64;
const WANTED: usize = STATE + 96;
const CURSOR: usize = STATE + 216;

// @ts-ignore: decorator
@inline export function view(): u32 {
  return load<u32>(STATE);
}
// @ts-ignore: decorator
@inline export function highest(): u32 {
  return load<u32>(STATE, 4);
}
// @ts-ignore: decorator
@inline export function finalHeight(): u32 {
  return load<u32>(STATE, 8);
}
// @ts-ignore: decorator
@inline export function executedHeight(): u32 {
  return load<u32>(STATE, 12);
}
// @ts-ignore: decorator
@inline export function finalView(): u32 {
  return block.view(block.final());
}
// @ts-ignore: decorator
@inline export function finalDigest(): usize {
  return block.final();
}
/** Digest of the block that this device cannot go on without; wantedView() is 0 when there is none. */
// @ts-ignore: decorator
@inline export function wanted(): usize {
  return WANTED;
}
// @ts-ignore: decorator
@inline export function wantedView(): u32 {
  return load<u32>(STATE, 136);
}
// @ts-ignore: decorator
@inline export function executing(): bool {
  return executedHeight() < finalHeight();
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

/** When this device last learned the block time, ms since boot. */
// @ts-ignore: decorator
@inline export function since(): u64 {
  return load<u64>(STATE, 40);
}

/** Block time now, by this device's clock, in seconds since genesis. */
export function clock(now: u64): u32 {
  return load<u32>(STATE, 32) + <u32>((now - load<u64>(STATE, 40)) / 1000);
}

/** Time of the highest final block, in seconds since genesis. */
export function blockTime(): u32 {
  return block.time(block.final());
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
export function finalize(): bool {
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
export function commit(now: u64): bool {
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
  if (s == 0 || !(block.is(s, block.BODY) || readBack(s, at)) || !cell.same32(block.parent(s), finalDigest())) {
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

/** True when header and body of s are durable. A block that had to leave the table is read back from where the log remembers it; only one
 *  that two beacons asked for in vain is looked for in all of the log, once. */
export function stands(s: usize): bool {
  if (block.is(s, block.BODY)) return true;
  const at = log.remembered(s);
  if (at != 0 && readBack(s, at)) return true;
  if (load<u32>(STATE, 72) != 2 || load<u64>(s) != load<u64>(ASKED)) return false;
  store<u32>(STATE, 3, 72);
  for (let at = log.first(); at != 0; at = log.next(at)) if (readBack(s, at)) return true;
  return false;
}

/** Fills s from the log record at `at`, if that is its block. */
function readBack(s: usize, at: u32): bool {
  if (!log.head(at, WORK) || load<u8>(WORK + record.LOG_KIND) != record.LOG_BLOCK) return false;
  if (!cell.same32(WORK + record.LOG_DIGEST, s) || !log.check(at)) return false;
  log.read(at, 0, block.head(s), header.SIZE);
  block.setRecord(s, at);
  block.flag(s, block.HEADER | block.BODY);
  return true;
}

/** A beacon asks for the block that is wanted. */
export function asked(): void {
  if (load<u64>(ASKED) != load<u64>(WANTED)) {
    store<u64>(ASKED, load<u64>(WANTED));
    store<u32>(STATE, 0, 72);
  }
  if (load<u32>(STATE, 72) < 2) store<u32>(STATE, load<u32>(STATE, 72) + 1, 72);
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

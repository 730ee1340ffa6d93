// A block's body: transactions one behind the other, each with its length in front, under a Merkle root.
//
//   length u16 · transaction · length u16 · transaction ...      leaf = SHA-256(0x00, transaction), tree of RFC 6962
//
// Rule: whether a body is acceptable depends on its bytes and on keys, which are only ever added; so no two honest devices disagree
// for longer than one of them is behind.

import { BODY_MAX, WORK, WORK_END } from "../layout";
import * as event from "../wire/event";
import * as reason from "../wire/reason";
import * as identity from "../core/identity";
import * as ring from "../core/ring";
import * as sha256 from "../crypto/sha256";
import * as merkle from "../crypto/merkle";
import * as cell from "../consensus/cell";
import * as chain from "../consensus/chain";
import * as replica from "../consensus/replica";
import * as block from "../consensus/block";
import * as pool from "../mesh/pool";
import * as ledger from "./ledger";
import * as transaction from "./transaction";

/** Most transactions in a block. */
export const MOST: u32 = 8;
/** Leaf hashes while a root is made: the last 256 bytes of WORK. */
export const ROOT: usize = WORK_END - 256;
const ID: usize = WORK_END - 32; // a transaction's hash, whose first 8 bytes are its id; never at the same time as leaves

/** 0 when the n bytes at p are `count` transactions under the Merkle root at `root`, else a reason. */
export function check(p: usize, n: u32, count: u32, root: usize): u32 {
  let at: u32 = 0;
  let k: u32 = 0;
  if (count <= MOST) {
    while (at + 2 < n && k < count) {
      const length: u32 = load<u16>(p + at);
      if (length == 0 || at + 2 + length > n) break;
      merkle.leaf(p + at + 2, length, ROOT + (k << 5));
      at += 2 + length;
      k++;
    }
  }
  if (count > MOST || k != count || at != n) return reason.BODY_SHAPE;
  merkle.root(ROOT, count, ROOT);
  return cell.same32(ROOT, root) ? 0 : reason.PROPOSAL_BODY;
}

/** Enlists the signatures of all transactions that this device has not checked before in the batch under way, their signed structures
 *  at `out`. 0, or the reason why one of them cannot be judged. */
export function enlist(p: usize, n: u32, out: usize): u32 {
  let free = out;
  for (let at: u32 = 0; at < n;) {
    const length: u32 = load<u16>(p + at);
    sha256.hash(p + at + 2, length, ID);
    if (!pool.has(ID)) {
      const used = transaction.enlist(p + at + 2, length, free);
      if (used < 0) return <u32>-used;
      free += used;
    }
    at += 2 + length;
  }
  return 0;
}

/** Notes in the pool that the transactions of a body stand in the block of view v. */
export function mark(p: usize, n: u32, v: u32): void {
  for (let at: u32 = 0; at < n;) {
    const length: u32 = load<u16>(p + at);
    sha256.hash(p + at + 2, length, ID);
    pool.mark(ID, v);
    at += 2 + length;
  }
}

/** Puts the transactions of a body whose signatures were checked in the pool, so that a block that fails does not lose them. */
export function learn(p: usize, n: u32, now: u64): void {
  for (let at: u32 = 0; at < n; at += 2 + <u32>load<u16>(p + at)) pool.add(p + at + 2, load<u16>(p + at), false, now);
}

/** Puts a checked transaction in the pool. A full pool first gives up what cannot go into a block now and is not this device's own: so
 *  nobody can fill it for long with nonces far ahead. 0, or why not. */
export function enqueue(p: usize, n: u32, own: bool, now: u64): u32 {
  let why = pool.add(p, n, own, now);
  let e = pool.first();
  while (why != 0 && e != 0) {
    const mine =
      transaction.check(pool.bytes(e), pool.length(e)) == 0 &&
      load<u64>(transaction.kid()) == load<u64>(identity.kid());
    if (mine || ready(e)) {
      e = pool.next(e);
      continue;
    }
    pool.drop(pool.id(e));
    why = pool.add(p, n, own, now);
    e = pool.first();
  }
  return why;
}

/** Executes a body in a block of `height`: each transaction's result leaves as an event, and none stays in the pool. */
export function execute(p: usize, n: u32, height: u32, proposer: usize): void {
  let i: u32 = 0;
  for (let at: u32 = 0; at < n; i++) {
    const length: u32 = load<u16>(p + at);
    const why = ledger.execute(p + at + 2, length, height, proposer);
    sha256.hash(p + at + 2, length, ID);
    pool.drop(ID);
    const e = ring.event(event.RESULT, 32);
    if (e != 0) {
      store<u32>(e, height);
      store<u32>(e, i | (why << 16), 4);
      store<u64>(e, load<u64>(ID), 8);
      store<u64>(e, 0, 16);
      store<u64>(e, 0, 24);
      if (transaction.check(p + at + 2, length) == 0) {
        store<u8>(e, transaction.type(), 16);
        store<u64>(e, load<u64>(transaction.kid()), 24);
      }
    }
    at += 2 + length;
  }
  sweep(height);
}

/** Drops what can never stand in a block any more: expired, or overtaken by another with its nonce. */
function sweep(height: u32): void {
  let e = pool.first();
  while (e != 0) {
    transaction.admit(pool.bytes(e), pool.length(e), height + 1);
    if (transaction.late(height + 1) != 0) {
      pool.drop(pool.id(e));
      e = pool.first();
    } else e = pool.next(e);
  }
}

/** True when entry e of the pool stands in a block that may still become final. */
function placed(e: usize): bool {
  const v = pool.marked(e);
  return v > chain.finalView() && block.notarized(v) != 0;
}

/** True when the pool's entry e can go into a block now: valid, its sender's next nonce. That follows from the final height and the
 *  executed state, so the verdict is kept with the entry (final height u32 · blocks not yet executed u16 · 1 no, 2 yes u8) until one moves:
 *  judging takes a walk in the state tree, and is asked for at every tick. */
function ready(e: usize): bool {
  const kept = pool.verdict(e);
  const final = chain.finalHeight();
  const open = <u16>(final - chain.executedHeight());
  if (load<u8>(kept, 6) == 0 || load<u32>(kept) != final || load<u16>(kept, 4) != open) {
    const yes = transaction.admit(pool.bytes(e), pool.length(e), final + 1) == 0 && ledger.isNext();
    store<u32>(kept, final);
    store<u16>(kept, open, 4);
    store<u8>(kept, yes ? 2 : 1, 6);
  }
  return load<u8>(kept, 6) == 2;
}

/** True when no transaction of the same sender stands in a block above the final one. Leaves e as the transaction under way. */
function alone(e: usize): bool {
  for (let o = pool.first(); o != 0; o = pool.next(o)) {
    if (o == e || !placed(o) || transaction.check(pool.bytes(o), pool.length(o)) != 0) continue;
    store<u64>(ID, load<u64>(transaction.kid()));
    transaction.check(pool.bytes(e), pool.length(e));
    if (load<u64>(ID) == load<u64>(transaction.kid())) return false;
  }
  return true;
}

/** Tells the replica what the pool holds: anything includable, and anything includable that is in no block yet. */
export function survey(): void {
  let includable = false;
  let fresh = false;
  for (let e = pool.first(); e != 0; e = pool.next(e)) {
    if (!ready(e)) continue;
    includable = true;
    if (!placed(e) && alone(e)) fresh = true;
  }
  replica.offer(includable, fresh);
}

/** Fills a body at `out` from the pool, oldest first, one transaction of each sender; returns its length. The count is at ROOT - 4, the
 *  Merkle root at ROOT. */
export function collect(out: usize): u32 {
  let n: u32 = 0;
  let k: u32 = 0;
  for (let e = pool.first(); e != 0 && k < MOST; e = pool.next(e)) {
    const length = pool.length(e);
    if (n + 2 + length > BODY_MAX || placed(e) || !ready(e) || !alone(e) || taken(out, n, e)) continue;
    store<u16>(out + n, length);
    memory.copy(out + n + 2, pool.bytes(e), length);
    n += 2 + length;
    k++;
  }
  for (let at: u32 = 0, i: u32 = 0; at < n; i++) {
    const length: u32 = load<u16>(out + at);
    merkle.leaf(out + at + 2, length, ROOT + (i << 5));
    at += 2 + length;
  }
  merkle.root(ROOT, k, ROOT);
  store<u32>(ROOT - 4, k);
  return n;
}

/** True when a transaction by the sender of entry e is already among the n bytes at out. */
function taken(out: usize, n: u32, e: usize): bool {
  transaction.check(pool.bytes(e), pool.length(e));
  store<u64>(ID, load<u64>(transaction.kid()));
  for (let at: u32 = 0; at < n; at += 2 + <u32>load<u16>(out + at)) {
    transaction.check(out + at + 2, load<u16>(out + at));
    if (load<u64>(transaction.kid()) == load<u64>(ID)) return true;
  }
  return false;
}

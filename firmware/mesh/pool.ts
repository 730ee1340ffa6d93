// The pool: transactions that are not final yet, gossiped until they are. 3 KiB, entries one behind the other in order of arrival.
//
//   entry: 0 id 8 B (SHA-256 prefix) · 8 due u64 (ms) · 16 length u16 · 18 interval u16 (ms) · 20 mark u32 · 24 verdict 7 B
//          31 kind u8 (TRANSACTION) · 32 the transaction, padded to a multiple of 8
//
// An own transaction is due at once and again after 1 s, another's after 4 to 8 s; each resend stretches the interval by half, up to
// 30 s. Who hears a transaction that it holds puts its own resend off: in a neighbourhood one voice is enough.
//
// Rule: what lies here is opaque and unverified; it leaves by drop() alone, and a full pool refuses instead of forgetting.

import * as layout from "../layout";
import * as kind from "../wire/kind";
import * as reason from "../wire/reason";
import * as sha256 from "../crypto/sha256";
import * as rng from "../core/rng";
import * as link from "./link";

const USED: usize = link.END; // u32 bytes of entries · u32 zero
const ENTRIES: usize = link.END + 8;
const HASH: usize = layout.MESH_END - 32; // of the transaction that add() looks at
const CAPACITY: u32 = <u32>(HASH - ENTRIES);

const DUE: usize = 8;
const LENGTH: usize = 16;
const INTERVAL: usize = 18;
const MARK: usize = 20;
const VERDICT: usize = 24;
const KIND: usize = 31;
const BYTES: usize = 32;

const OWN_MS: u32 = 1000;
const OTHERS_MS: u32 = 4000; // and up to as much again
const MOST_MS: u32 = 30000;

if (ENTRIES + 2 * (BYTES + layout.TX_MAX) > HASH) ERROR("the pool holds less than two transactions");

// @ts-ignore: decorator
@inline function end(): usize {
  return ENTRIES + load<u32>(USED);
}

// @ts-ignore: decorator
@inline function span(n: u32): u32 {
  return (<u32>BYTES + n + 7) & ~7;
}

/** The oldest entry; 0 when the pool is empty. */
export function first(): usize {
  return load<u32>(USED) != 0 ? ENTRIES : 0;
}

/** The entry that came after e; 0 at the end. */
export function next(e: usize): usize {
  e += span(load<u16>(e, LENGTH));
  return e < end() ? e : 0;
}

/** Address of an entry's 8-byte id. */
// @ts-ignore: decorator
@inline export function id(e: usize): usize {
  return e;
}

/** Address of an entry's transaction. */
// @ts-ignore: decorator
@inline export function bytes(e: usize): usize {
  return e + BYTES;
}

/** Length of an entry's transaction. */
// @ts-ignore: decorator
@inline export function length(e: usize): u32 {
  return load<u16>(e, LENGTH);
}

/** The entry with this 8-byte id, 0 when there is none. */
function find(id8: usize): usize {
  for (let e = first(); e != 0; e = next(e)) if (load<u64>(e) == load<u64>(id8)) return e;
  return 0;
}

/** True when the pool holds the transaction with this 8-byte id. */
export function has(id8: usize): bool {
  return find(id8) != 0;
}

/** Notes `mark` (the view of a block that holds it; 0: none) on the transaction with this 8-byte id, if it is here. */
export function mark(id8: usize, view: u32): void {
  const e = find(id8);
  if (e != 0) store<u32>(e, view, MARK);
}

/** What was noted on entry e last. */
// @ts-ignore: decorator
@inline export function marked(e: usize): u32 {
  return load<u32>(e, MARK);
}

/** Address of 7 bytes where who judges entry e may note its verdict; zero at first. */
// @ts-ignore: decorator
@inline export function verdict(e: usize): usize {
  return e + VERDICT;
}

/** Transactions held. */
export function count(): u32 {
  let n: u32 = 0;
  for (let e = first(); e != 0; e = next(e)) n++;
  return n;
}

/** Takes a transaction of n bytes at p, own or heard. 0: held now (or already, then its resend is put off); else a reason. */
export function add(p: usize, n: u32, own: bool, now: u64): u32 {
  sha256.hash(p, n, HASH);
  let e = find(HASH);
  if (e != 0) {
    if (!own) store<u64>(e, max(load<u64>(e, DUE), now + load<u16>(e, INTERVAL)), DUE);
    return 0;
  }
  if (n > layout.TX_MAX || load<u32>(USED) + span(n) > CAPACITY) return reason.POOL_FULL;
  const wait = own ? OWN_MS : OTHERS_MS + (rng.next() % OTHERS_MS);
  e = end();
  store<u64>(e, load<u64>(HASH));
  store<u64>(e, own ? now : now + wait, DUE);
  store<u32>(e, n | (wait << 16), LENGTH);
  store<u32>(e, 0, MARK);
  store<u32>(e, 0, VERDICT);
  store<u32>(e, kind.TRANSACTION << 24, KIND - 3);
  memory.copy(e + BYTES, p, n);
  store<u32>(USED, load<u32>(USED) + span(n));
  return 0;
}

/** Forgets the transaction with this 8-byte id, if it is here. Entry addresses behind it change. */
export function drop(id8: usize): void {
  const e = find(id8);
  if (e == 0) return;
  const behind = e + span(load<u16>(e, LENGTH));
  memory.copy(e, behind, end() - behind);
  store<u32>(USED, load<u32>(USED) - <u32>(behind - e));
}

/** Sends one transaction that is due, the most overdue first; milliseconds until the next is (0xffffffff: none). */
export function gossip(now: u64): u32 {
  const due = earliest();
  if (due == 0 || load<u64>(due, DUE) > now) return wait(due, now);
  if (!link.send(0, due + KIND, load<u16>(due, LENGTH) + 1, 0xffffffff)) return 0;
  const interval: u32 = load<u16>(due, INTERVAL);
  store<u64>(due, now + interval, DUE);
  store<u16>(due, <u16>min(interval + (interval >> 1), MOST_MS), INTERVAL);
  return wait(earliest(), now);
}

/** The entry whose resend comes next; 0 when the pool is empty. */
function earliest(): usize {
  let best: usize = 0;
  for (let e = first(); e != 0; e = next(e)) if (best == 0 || load<u64>(e, DUE) < load<u64>(best, DUE)) best = e;
  return best;
}

/** Milliseconds from now until entry e is due. */
function wait(e: usize, now: u64): u32 {
  if (e == 0) return 0xffffffff;
  const due = load<u64>(e, DUE);
  return due <= now ? 0 : <u32>(due - now);
}

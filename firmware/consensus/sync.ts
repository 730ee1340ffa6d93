// Reconciliation: every device says on a timer what it has (wire/beacon.ts); neighbours that hold what it lacks send just that.
// With n <= 32 a bitmap is exact, so nothing is repeated that nobody misses, and nothing missing is ever given up (R8, R9).
//
//   behind in finality   -> the lowest FINAL certificate above its final view and the blocks below it, newest first; then those it wants
//   behind in NOTAR      -> the NOTAR certificate of the highest view
//   behind by a gap      -> a NULL certificate that covers its view
//   in the same view     -> the proposal, or just its missing fragments; votes whose bits it lacks
//
// About two neighbours answer each beacon, chosen by chance; a device always repeats its own votes.
// Rule: a beacon is a wish, not a proof: whatever it says, it only makes this device send what it already holds.

import { OBJECT_MAX, WORK } from "../layout";
import * as beacon from "../wire/beacon";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as proposal from "../wire/proposal";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as vote from "../wire/vote";
import * as log from "../core/log";
import * as rng from "../core/rng";
import { refuse } from "../core/refusal";
import * as link from "../mesh/link";
import * as cell from "./cell";
import * as block from "./block";
import * as certificate from "./certificate";
import * as votes from "./votes";
import * as nulls from "./nulls";
import * as chain from "./chain";
import * as replica from "./replica";
import * as safety from "./safety";
import { STATE } from "./cell";

const NEXT: usize = STATE + 144; // when the next beacon is due, u64
const BEST: usize = STATE + 152; // highest final height that a neighbour claimed, u32
const HEAD: usize = STATE + 160; // a log record's head while it is looked at, 56 B
const ALL: u32 = 0xffffffff;
/** Votes of one kind that answer one beacon. */
const VOTES: u32 = 3;
/** Blocks that answer one beacon of a device that is behind. */
const BURST: u32 = 4;
/** Heights by which a device may be behind and still be served blocks above the final one. */
const NEAR: u32 = 12;

/** Milliseconds between beacons: two message delays while something is open, six when all is quiet; a quarter of it by chance. */
function interval(): u32 {
  const open = replica.pending() || chain.wantedView() != 0 || chain.finalHeight() < load<u32>(BEST);
  const base = cell.delta() * (open ? 2 : 6);
  return base - (base >> 3) + (rng.next() % ((base >> 2) + 1));
}

/** Makes the next beacon due soon: something came that lets this device ask for the next thing. */
export function hurry(now: u64): void {
  const soon = now + (cell.delta() >> 2) + 1;
  if (load<u64>(NEXT) > soon) store<u64>(NEXT, soon);
}

/** True while a neighbour is known to have final blocks that this device lacks. */
export function behind(): bool {
  return chain.finalHeight() < load<u32>(BEST) || chain.wantedView() != 0;
}

/** Milliseconds until the next beacon. */
export function wake(now: u64): u32 {
  return load<u64>(NEXT) <= now ? 0 : <u32>(load<u64>(NEXT) - now);
}

/** Sends a beacon if one is due. */
export function tick(now: u64): void {
  if (load<u64>(NEXT) > now) return;
  store<u64>(NEXT, now + interval());
  const b = WORK;
  const v = chain.view();
  memory.fill(b, 0, beacon.SIZE);
  store<u8>(b, kind.BEACON);
  store<u8>(b + beacon.SIGNER, cell.me());
  store<u16>(b + beacon.FLAGS, (replica.pending() ? beacon.PENDING : 0) | (chain.executing() ? beacon.EXECUTING : 0));
  store<u32>(b + beacon.EPOCH, cell.epoch());
  store<u32>(b + beacon.VIEW, v);
  store<u32>(b + beacon.FINAL_HEIGHT, chain.finalHeight());
  store<u32>(b + beacon.FINAL_VIEW, chain.finalView());
  store<u64>(b + beacon.FINAL_DIGEST, load<u64>(chain.finalDigest()));
  store<u32>(b + beacon.NOTAR_VIEW, chain.highest());
  store<u32>(b + beacon.HAVE_NULLIFY, nulls.reaching(v));
  const s = current();
  if (s != 0) {
    store<u64>(b + beacon.PROPOSAL, load<u64>(s));
    store<u32>(b + beacon.HAVE_NOTARIZE, haveOf(kind.NOTARIZE, s));
  }
  const top = block.notarized(chain.highest());
  if (top != 0) store<u32>(b + beacon.HAVE_FINALIZE, haveOf(kind.FINALIZE, top));
  store<u32>(b + beacon.EXECUTED_HEIGHT, chain.executedHeight());
  store<u64>(b + beacon.EXECUTED_ROOT, load<u64>(block.root(chain.executedHeight())));
  store<u32>(b + beacon.FRAGMENTS, link.partial(b + beacon.OBJECT));
  if (chain.wantedView() != 0) {
    if (chain.finalHeight() + NEAR > load<u32>(BEST)) chain.asked(); // else it is not the next block that is wanted
    store<u64>(b + beacon.WANTED, load<u64>(chain.wanted()));
  }
  store<u32>(b + beacon.CLOCK, <u32>now);
  link.send(0, b, beacon.SIZE, ALL);
  link.forget(); // what neighbours send now answers this beacon, even if it came before
}

/** The proposal of the current view that this device holds, or 0. */
function current(): usize {
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.view(s) == chain.view() && block.is(s, block.BODY | block.SIGNED)) return s;
  }
  return 0;
}

/** Signers whose vote of kind k for block s is held. */
function haveOf(k: u32, s: usize): u32 {
  const set = votes.find(k, block.view(s), s);
  return set == 0 ? 0 : votes.have(set);
}

/** A neighbour's beacon of n bytes at b: answers it from what is held. */
export function hear(b: usize, n: u32): u32 {
  if (n != beacon.SIZE || load<u32>(b + beacon.EPOCH) != cell.epoch() || load<u8>(b + beacon.SIGNER) == cell.me())
    return reason.BEACON_SHAPE;
  const height = load<u32>(b + beacon.FINAL_HEIGHT);
  if (height > load<u32>(BEST)) store<u32>(BEST, height);
  const chosen = cell.n() < 4 || rng.next() % (cell.n() - 1) < 2;
  if (chosen) {
    if (load<u64>(b + beacon.WANTED) != 0 && serve(b)) return 0;
    // without a certificate of its own to show, finality is shown by what led to it
    if (load<u32>(b + beacon.FINAL_VIEW) < chain.finalView() && finality(b)) return 0;
    if (load<u32>(b + beacon.NOTAR_VIEW) < chain.highest()) sendRecord(block.notarized(chain.highest()));
    else if (load<u32>(b + beacon.VIEW) < chain.view()) {
      const length = certificate.nullified(WORK, load<u32>(b + beacon.VIEW));
      if (length != 0) link.send(0, WORK, length, ALL);
    }
  }
  if (load<u32>(b + beacon.VIEW) == chain.view()) fill(b, chosen);
  return 0;
}

/** Sends the NOTAR certificate of slot s as it lies in flash. */
function sendRecord(s: usize): void {
  if (s != 0 && block.is(s, block.CERTIFICATE)) sendLogged(block.certificate(s));
}

/** Sends the payload of a log record as an object. */
function sendLogged(offset: u32): bool {
  if (!log.head(offset, HEAD)) return false;
  const n = load<u32>(HEAD + record.LOG_LENGTH);
  if (n > OBJECT_MAX || !log.read(offset, 0, WORK, n)) return false;
  return link.send(0, WORK, n, ALL);
}

/** Sends the lowest FINAL certificate above the neighbour's final view; false when there is none, or the blocks are no longer kept. */
function finality(b: usize): bool {
  const after = load<u32>(b + beacon.FINAL_VIEW);
  const h = load<u32>(b + beacon.FINAL_HEIGHT) + 1;
  if (h + block.KEPT <= chain.finalHeight()) {
    refuse(reason.BEYOND_WINDOW, h);
    return false;
  }
  let best: u32 = 0;
  let at = block.recordAt(h);
  for (let steps = 0; at != 0 && steps < 64; steps++) {
    if (!log.head(at, HEAD)) break;
    if (load<u8>(HEAD + record.LOG_KIND) == record.LOG_FINAL && load<u32>(HEAD + record.LOG_VIEW) > after) {
      if (best != 0 && load<u32>(HEAD + record.LOG_HEIGHT) - h >= BURST) break;
      best = at;
    } else if (best != 0 && load<u32>(HEAD + record.LOG_HEIGHT) >= h + BURST) break;
    at = log.next(at);
  }
  if (best != 0 && log.head(best, HEAD)) {
    const height = load<u32>(HEAD + record.LOG_HEIGHT);
    if (!sendLogged(best)) return false;
    sendDown(height, b); // it will want them next
    return true;
  }
  // finality known from mixed evidence only: restate what this device itself promised
  const v = safety.finalizedView();
  if (!replica.voting() || v <= after || load<u64>(safety.finalizedDigest()) == 0) return false;
  safety.recordFinalize(v, safety.finalizedDigest());
  replica.sign(kind.FINALIZE, v, safety.finalizedDigest());
  return false;
}

/** Sends the block that the neighbour waits for, or just the fragments it lacks of it. True when it is final, and those below it went too;
 *  a newer one is of no use to who is far behind. */
function serve(b: usize): bool {
  const prefix = load<u64>(b + beacon.WANTED);
  const from = load<u32>(b + beacon.FINAL_HEIGHT) + 1;
  for (let h = from; h < from + NEAR && h <= chain.finalHeight(); h++) {
    if (!log.head(block.recordAt(h), HEAD) || load<u64>(HEAD + record.LOG_DIGEST) != prefix) continue;
    sendDown(h, b);
    return true;
  }
  if (from + NEAR <= chain.finalHeight()) return false;
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.is(s, block.BODY) && load<u64>(s) == prefix) sendBlock(block.record(s), b);
  }
  return false;
}

/** Sends the final blocks from height h down to what the neighbour has, a few at most: it takes them newest first. */
function sendDown(h: u32, b: usize): void {
  const least = max(load<u32>(b + beacon.FINAL_HEIGHT), h > BURST ? h - BURST : 0);
  for (; h > least; h--) sendBlock(block.recordAt(h), b);
}

/** Sends the block whose record lies at `offset`. A block's object id is the second eighth of its digest. */
function sendBlock(offset: u32, b: usize): void {
  if (!log.head(offset, HEAD)) return;
  const n = load<u32>(HEAD + record.LOG_LENGTH);
  store<u32>(WORK, kind.BLOCK);
  if (n > OBJECT_MAX - proposal.HEADER || !log.read(offset, 0, WORK + proposal.HEADER, n)) return;
  link.send(HEAD + record.LOG_DIGEST + 8, WORK, n + proposal.HEADER, missing(b, HEAD + record.LOG_DIGEST + 8));
}

/** Fragments of object `id` that the neighbour lacks: all of them unless it is the one it is putting together. */
function missing(b: usize, id: usize): u32 {
  return load<u64>(b + beacon.OBJECT) == load<u64>(id) ? ~load<u32>(b + beacon.FRAGMENTS) : ALL;
}

/** The neighbour is in our view: sends the proposal and the votes that it lacks. */
function fill(b: usize, chosen: bool): void {
  const s = current();
  if (s != 0) {
    if (load<u64>(b + beacon.PROPOSAL) != load<u64>(s)) {
      if (chosen) repropose(s, missing(b, s));
    } else sendVotes(votes.find(kind.NOTARIZE, chain.view(), s), load<u32>(b + beacon.HAVE_NOTARIZE), chosen);
  }
  const gaveUp = pick(nulls.reaching(chain.view()) & ~load<u32>(b + beacon.HAVE_NULLIFY), chosen);
  for (let rest = gaveUp; rest != 0; rest &= rest - 1) sendNullify(ctz(rest));
  const top = block.notarized(chain.highest());
  if (top == 0 || block.is(top, block.FINAL) || load<u32>(b + beacon.NOTAR_VIEW) != chain.highest()) return;
  sendVotes(votes.find(kind.FINALIZE, chain.highest(), top), load<u32>(b + beacon.HAVE_FINALIZE), chosen);
}

/** Of the signers in `lacks`: always this device itself, and a few others if it was chosen to answer. */
function pick(lacks: u32, chosen: bool): u32 {
  const own = cell.me() == cell.NOBODY ? 0 : lacks & (1 << cell.me());
  if (!chosen) return own;
  const turn = rng.next() & 31;
  return own | rotl(votes.lowest(rotr(lacks & ~own, turn), VOTES), turn);
}

function sendVotes(set: usize, has: u32, chosen: bool): void {
  if (set == 0) return;
  for (let rest = pick(votes.have(set) & ~has, chosen); rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    const f = ((votes.finalizing(set) >> i) & 1) != 0;
    store<u8>(WORK, votes.kindOf(set) == kind.FINALIZE ? kind.FINALIZE : f ? kind.NOTARIZE_F : kind.NOTARIZE);
    store<u8>(WORK, i, vote.SIGNER);
    store<u32>(WORK + vote.EPOCH, cell.epoch());
    store<u32>(WORK + vote.VIEW, votes.viewOf(set));
    memory.copy(WORK + vote.DIGEST, votes.digest(set), 32);
    memory.copy(WORK + vote.SIGNATURE, votes.signature(set, i), 64);
    link.send(0, WORK, vote.SIZE, ALL);
  }
}

function sendNullify(i: u32): void {
  store<u8>(WORK, kind.NULLIFY);
  store<u8>(WORK, i, vote.SIGNER);
  store<u32>(WORK + vote.EPOCH, cell.epoch());
  store<u32>(WORK + vote.FROM, nulls.fromOf(i));
  store<u32>(WORK + vote.TO, nulls.toOf(i));
  memory.copy(WORK + vote.NULLIFY_SIGNATURE, nulls.signature(i), 64);
  link.send(0, WORK, vote.NULLIFY_SIZE, ALL);
}

/** Sends the proposal of slot s with its leader's vote: the fragments in `mask`. A proposal's object id is the first eighth of its digest. */
function repropose(s: usize, mask: u32): void {
  const set = votes.find(kind.NOTARIZE, block.view(s), s);
  const leader = cell.leader(block.view(s));
  const n = block.bodyLength(s);
  if (
    set == 0 ||
    ((votes.have(set) >> leader) & 1) == 0 ||
    !log.read(block.record(s), header.SIZE, WORK + proposal.BODY, n)
  )
    return;
  propose(s, ((votes.finalizing(set) >> leader) & 1) != 0, votes.signature(set, leader), mask);
}

/** Sends the proposal whose body already stands in WORK. */
export function propose(s: usize, f: bool, signature: usize, mask: u32): void {
  store<u32>(WORK, kind.PROPOSAL);
  store<u8>(WORK, <u8>f, proposal.F);
  memory.copy(WORK + proposal.HEADER, block.head(s), header.SIZE);
  memory.copy(WORK + proposal.SIGNATURE, signature, 64);
  link.send(s, WORK, proposal.BODY + block.bodyLength(s), mask);
}

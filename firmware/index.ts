// The conductor: every export of the device, and the only place where layers meet that may not know each other.
//
//   receive -> link -> what kind of object -> hear / ledger -> tables          (nothing is decided here)
//   tick    -> execute one block -> rules of the replica, until none applies -> beacon, table of a key, gossip, application
//
// A call that took something in asks to be ticked at once (tick returns 0 while more is due), so each call stays short.
// Rule: consensus and ledger hand each other values here, never calls.

import { INPUT, INPUT_MAX, RING, WORK, FRAMES_IN, count } from "./layout";
import * as event from "./wire/event";
import * as header from "./wire/header";
import * as kind from "./wire/kind";
import * as proposal from "./wire/proposal";
import * as reason from "./wire/reason";
import * as record from "./wire/record";
import * as batch from "./crypto/batch";
import * as native from "./crypto/native";
import * as flash from "./core/flash";
import * as identity from "./core/identity";
import * as journal from "./core/journal";
import * as keys from "./core/keys";
import * as log from "./core/log";
import * as ring from "./core/ring";
import * as rng from "./core/rng";
import * as snapshot from "./core/snapshot";
import * as tree from "./core/tree";
import { refuse } from "./core/refusal";
import * as link from "./mesh/link";
import * as pool from "./mesh/pool";
import * as block from "./consensus/block";
import * as cell from "./consensus/cell";
import * as hear from "./consensus/hear";
import * as propose from "./consensus/propose";
import * as chain from "./consensus/chain";
import * as replica from "./consensus/replica";
import * as safety from "./consensus/safety";
import * as sync from "./consensus/sync";
import * as body from "./ledger/body";
import * as ledger from "./ledger/ledger";
import * as app from "./apps/app";
import * as console from "./console";

/** Heights between two snapshots of the state. */
const SNAPSHOT_EVERY: u32 = 32;
/** The 64 bytes that a snapshot says about itself; and where its like is read back. */
const META: usize = WORK;
/** Version of the ABI: major in the upper half; 1.1 has the import accelerate, 1.2 the import call; both are optional. */
const ABI: u32 = 0x00010002;

/** Version of this table of exports. */
export function abi(): u32 {
  return ABI;
}

/** Where the host copies the next input, INPUT_MAX bytes at most. */
export function input(): usize {
  return INPUT;
}

/** Start of the effect ring that the last call filled. */
export function output(): usize {
  return RING;
}

/** Starts the device: recovers what flash holds, makes a key if there is none. 0, or the reason why it cannot run. */
export function boot(now: u64): i32 {
  ring.begin();
  native.open();
  rng.seed();
  const why = flash.open();
  if (why != 0) return why;
  if (!identity.load()) {
    // a provisioned device whose seed cannot be read must not lose its promises too
    if (identity.genesis() != 0) return identity.make();
    // the journal first: an identity beside a blank journal would mean a lost one
    journal.open();
    journal.turn();
    journal.seal();
    identity.make();
  }
  console.introduce();
  const n = identity.readGenesis();
  if (n != 0) start(n, now);
  app.boot();
  return 0;
}

/** Joins the cell whose genesis of n bytes lies in WORK, and takes back what flash remembers of it. */
function start(n: u32, now: u64): void {
  const root = ring.event(event.RECOVERED, 16);
  cell.open(WORK, n);
  link.open(identity.cellKey(), cell.mtu(), cell.me());
  ledger.open(WORK, n, cell.hash());
  tree.root(WORK);
  chain.open(WORK, now);
  if (snapshot.load(META)) {
    const h = load<u32>(META);
    memory.copy(META + 64, META + 16, 32);
    tree.root(META + 96);
    chain.rebase(h, load<u32>(META + 4), load<u32>(META + 8), META + 64, META + 96);
  }
  safety.open();
  if (safety.observer()) refuse(reason.JOURNAL_UNREADABLE, 0);
  log.open();
  for (let at = log.first(); at != 0; at = log.next(at)) {
    const head = WORK + 64;
    if (log.head(at, head) && log.check(at)) propose.recall(at, head);
  }
  propose.resume();
  if (root == 0) return;
  store<u32>(root, chain.finalHeight());
  store<u32>(root, chain.executedHeight(), 4);
  store<u32>(root, chain.highest() + 1, 8);
  store<u32>(root, <u32>safety.observer(), 12);
}

/** A frame of n bytes came in on a link and stands in the input. */
export function receive(link_: u32, n: u32, now: u64): void {
  ring.begin();
  count(FRAMES_IN, 1);
  if (!ready() || n > INPUT_MAX) return;
  const length = link.receive(INPUT, n, now);
  if (length < 0) refuse(<u32>-length, n);
  if (length <= 0) return;
  const p = link.object();
  const why = take(p, <u32>length, now);
  if (why == 0) return;
  link.reject(); // what came in pieces may come again
  refuse(why, load<u8>(p));
}

/** True once the device belongs to a cell. */
function ready(): bool {
  return cell.n() != 0;
}

/** Takes in one object from a neighbour: 0, or why it was refused. */
function take(p: usize, n: u32, now: u64): u32 {
  const k: u32 = load<u8>(p);
  if (k <= kind.NULLIFY) return hear.voted(p, n);
  if (k == kind.PROPOSAL) return proposed(p, n, now);
  if (k <= kind.NULL_CERTIFICATE) {
    const why = hear.certified(p, n, now);
    sync.hurry(now);
    return why;
  }
  if (k == kind.BLOCK) return served(p, n, now);
  if (k == kind.BEACON) return sync.hear(p, n);
  return console.admit(p + 1, n - 1, false, now); // mesh let no other kind through
}

/** A proposal: its head is the replica's matter, its body the ledger's, and both sets of signatures share one batch. */
function proposed(p: usize, n: u32, now: u64): u32 {
  const verdict = hear.proposed(p, n);
  const h = p + proposal.HEADER;
  if (verdict > hear.JUDGE) return verdict;
  if (verdict == hear.IGNORE) {
    if (load<u32>(h + header.VIEW) > chain.view()) link.reject(); // too early: it is welcome later
    return 0;
  }
  const b = p + proposal.BODY;
  const length = n - proposal.BODY;
  const why = body.check(b, length, load<u16>(h + header.TX_COUNT), h + header.BODY_ROOT);
  if (why != 0) return why;
  if (verdict == hear.STORE) {
    hear.keep(h, b, false);
    return 0;
  }
  batch.begin();
  hear.enlistLeader(p);
  const unknown = body.enlist(b, length, WORK);
  if (unknown != 0) return unknown;
  const bad = batch.run();
  if ((bad & 1) != 0) return reason.PROPOSAL_SIGNATURE;
  if (bad != 0) {
    replica.blame(load<u32>(h + header.VIEW));
    return reason.PROPOSAL_TRANSACTION;
  }
  body.learn(b, length, now);
  body.mark(b, length, load<u32>(h + header.VIEW));
  return hear.accept(p);
}

/** A block that was asked for. */
function served(p: usize, n: u32, now: u64): u32 {
  const verdict = hear.served(p, n);
  if (verdict != hear.STORE) return verdict;
  const h = p + proposal.HEADER;
  const b = p + proposal.BLOCK_BODY;
  const why = body.check(b, n - proposal.BLOCK_BODY, load<u16>(h + header.TX_COUNT), h + header.BODY_ROOT);
  if (why == 0) hear.keep(h, b, false);
  sync.hurry(now);
  return why;
}

/** A local request of n bytes stands in the input. 0, or the reason of its refusal. */
export function request(n: u32, now: u64): i32 {
  ring.begin();
  const why = n == 0 || n > INPUT_MAX ? reason.REQUEST_SHAPE : console.request(INPUT, n, now);
  if (why != 0) refuse(why, load<u8>(INPUT));
  return why;
}

/** Where the runtime puts what a contract hands over, and finds the answer to it. */
export function hostBuffer(): usize {
  return WORK;
}

/** A contract's host call `op` with n bytes in hostBuffer(): its result, or -(reason). There are no contracts yet, so none is known. */
export function host(op: u32, n: u32): i64 {
  return -(<i64>reason.HOST_CALL);
}

/** Time passed. Returns milliseconds until the device next wants to be called; 0: more is due now. */
export function tick(now: u64): u32 {
  ring.begin();
  if (!ready()) return 60000;
  if (work()) return 0;
  let wait = app.tick(now);
  if (pool.count() != 0) body.survey();
  else replica.offer(false, false);
  let steps = 0;
  while (steps < 12 && replica.advance(now)) steps++;
  if (replica.shouldPropose(now)) {
    const length = body.collect(WORK + proposal.BODY);
    body.mark(WORK + proposal.BODY, length, chain.view());
    if (propose.propose(length, load<u32>(body.ROOT - 4), body.ROOT, now)) steps = 1;
  }
  if (steps != 0) return 0;
  sync.tick(now);
  if (chain.executing() || keys.tend(cell.KEYS, cell.n())) return 0;
  wait = min(wait, pool.gossip(now));
  wait = min(wait, sync.wake(now));
  return min(wait, replica.wake(now));
}

/** One piece of work on final blocks: a step of a snapshot, or the execution of one block. True when there was one. */
function work(): bool {
  if (snapshot.busy()) {
    snapshot.step();
    return true;
  }
  if (!chain.executing()) return false;
  const h = chain.executedHeight() + 1;
  const at = block.recordAt(h);
  const head = WORK + 1700;
  if (!log.head(at, head)) return false;
  log.read(at, 0, WORK, load<u32>(head + record.LOG_LENGTH));
  const view = load<u32>(WORK + header.VIEW);
  const time = load<u32>(WORK + header.TIME);
  const digest = head + 56;
  memory.copy(digest, head + record.LOG_DIGEST, 32);
  body.execute(WORK + header.SIZE, load<u32>(WORK + header.BODY_LENGTH), h, cell.kid(load<u8>(WORK + header.PROPOSER)));
  tree.root(META + 64);
  chain.executed(META + 64);
  const p = ring.event(event.EXECUTED, 48);
  if (p != 0) {
    store<u32>(p, h);
    memory.copy(p + 8, META + 64, 32);
    store<u64>(p, ledger.supply(), 40);
  }
  app.commit(h);
  if (h % SNAPSHOT_EVERY == 0) {
    memory.fill(META, 0, 64);
    store<u32>(META, h);
    store<u32>(META, view, 4);
    store<u32>(META, time, 8);
    memory.copy(META + 16, digest, 32);
    snapshot.begin(META);
  }
  return true;
}

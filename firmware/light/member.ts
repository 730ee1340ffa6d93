// A member: a device that belongs to a cell without voting. It verifies certificates and proofs, and signs nothing but its own transactions.
//
//   hear   FINAL (b), FINAL_HEADER -> trust      PROOF -> ask      BEACON of a validator -> trust      all else: not for it
//   tick   what was heard │ what follows: the proof that waited, own transactions that settled │ application │ beacon │ own account, question │ gossip
//
// A call does one of these and asks to be called again, and what comes in is only put together: on a board that drops code between calls, the
// dearest of them decides how much RAM the code of a member takes.
// Rule: it has no part in the agreement; the module of a member holds no code that votes.

import { WORK } from "../layout";
import * as event from "../wire/event";
import * as kind from "../wire/kind";
import * as wire from "../wire/request";
import * as identity from "../core/identity";
import * as ring from "../core/ring";
import * as link from "../mesh/link";
import * as pool from "../mesh/pool";
import * as cell from "../consensus/cell";
import * as ask from "./ask";
import * as map from "./map";
import * as purse from "./purse";
import * as trust from "./trust";

const APP: usize = map.MEMBER;
const HEARD: usize = map.MEMBER + 8;
const MOVED: usize = map.MEMBER + 12;

/** Flag of RECOVERED and STATUS. */
const MEMBER: u8 = 2;

/** An object of n bytes stands at link.object(), until the next input: the next tick takes it in. 0: none does. */
// @ts-ignore: decorator
@inline export function note(n: u32): void {
  store<u32>(HEARD, n);
}

/** Its length; it is not noted any more. */
export function heard(): u32 {
  const n = load<u32>(HEARD);
  store<u32>(HEARD, 0);
  return n;
}

/** True when the application wants its tick. */
export function calls(now: u64): bool {
  return load<u64>(APP) <= now;
}

/** The application was called, and wants to be again after `wait` ms. */
export function called(now: u64, wait: u32): void {
  store<u64>(APP, now + max(wait, 1));
}

/** Joins the cell whose genesis of n bytes lies in WORK, and takes back what flash remembers of it. */
export function start(n: u32): void {
  const e = ring.event(event.RECOVERED, 16);
  cell.open(WORK, n);
  store<u32>(cell.CELL, cell.NOBODY, 12); // even with a validator's key: this module cannot vote
  link.open(identity.cellKey(), cell.mtu(), cell.NOBODY);
  trust.open();
  if (e == 0) return;
  store<u32>(e, trust.finalHeight());
  store<u32>(e, trust.executedHeight(), 4);
  store<u32>(e, trust.finalView(), 8);
  store<u32>(e, MEMBER, 12);
}

/** Takes in one object from a neighbour: 0, or why it was refused. */
export function take(p: usize, n: u32, now: u64): u32 {
  const k: u32 = load<u8>(p);
  if (k == kind.FINAL_BY_CHILD || k == kind.FINAL_HEADER) {
    store<u32>(MOVED, 1);
    return trust.hear(p, n);
  }
  if (k == kind.PROOF) {
    store<u32>(MOVED, 1);
    return ask.hear(p, n, now);
  }
  if (k == kind.BEACON) trust.noticed(p, n, now);
  return 0;
}

/** What follows from what was heard. 0, or why the proof that waited is refused. */
export function follow(now: u64): u32 {
  const why = ask.judge(now);
  purse.sweep();
  return why;
}

/** True when there is something to follow; it is not any more. */
export function moved(): bool {
  const was = load<u32>(MOVED) != 0;
  store<u32>(MOVED, 0);
  return was;
}

/** Time passed; milliseconds until the next tick. */
export function tick(now: u64): u32 {
  if (trust.tick(now)) return 0;
  purse.tick(now);
  if (ask.tick(now)) return 0;
  let wait = min(<u32>(load<u64>(APP) - now), pool.gossip(now));
  wait = min(wait, trust.wake(now));
  wait = min(wait, ask.wake(now));
  return min(wait, purse.wake(now));
}

/** Asks for the account of the kid at p. */
export function account(kid: usize, now: u64): u32 {
  store<u8>(map.HASH, 0x61); // "a"
  memory.copy(map.HASH + 1, kid, 8);
  return ask.ask(wire.ACCOUNT, map.HASH, 9, now);
}

/** Fills the 88 bytes of a STATUS answer at p. */
export function status(p: usize): void {
  store<u8>(p, cell.n(), 1);
  store<u8>(p, <u8>cell.NOBODY, 2);
  store<u8>(p, MEMBER, 3);
  store<u32>(p, cell.epoch(), 4);
  store<u32>(p, trust.finalView(), 8);
  store<u32>(p, trust.finalHeight(), 12);
  store<u32>(p, trust.executedHeight(), 16);
  store<u32>(p, trust.finalView(), 20);
  memory.copy(p + 24, trust.root(), 32);
  memory.copy(p + 56, trust.finalDigest(), 32);
}

// Questions: what is the value at this key? A validator answers with a proof, the certificates say what the proof is worth.
//
//   idle ── ask ──> ASK to one validator after the other ── PROOF ──> root certified, not older than the question? ──> answer
//                     │ 24 in vain: UNANSWERED                 │ its height is not certified yet: it waits for that certificate
//                     └──────<──────────<──────────<───────────┘ forged, old, passed: refused by number, and asked again
//
// One question at a time; what the wallet asks for itself gives way to what somebody asks.
// Rule: an answer is told only when its root was signed by a quorum, in flash, and no older than what was trusted when the question came.

import * as event from "../wire/event";
import * as kind from "../wire/kind";
import * as light from "../wire/light";
import * as reason from "../wire/reason";
import * as request from "../wire/request";
import * as proof from "../core/proof";
import * as ring from "../core/ring";
import * as rng from "../core/rng";
import { refuse } from "../core/refusal";
import * as link from "../mesh/link";
import * as cell from "../consensus/cell";
import { WORK } from "../layout";
import * as map from "./map";
import * as trust from "./trust";

const WHO: usize = map.QUESTION; // op of the request, or OWN; 0: nothing is asked
const LENGTH: usize = map.QUESTION + 4;
const KEY: usize = map.QUESTION + 8;
const FLOOR: usize = map.QUESTION + 40;
const TRIES: usize = map.QUESTION + 44;
const DUE: usize = map.QUESTION + 48;
const TO: usize = map.QUESTION + 56;
const HELD: usize = map.QUESTION + 60; // bytes of the proof that waits
const HEIGHT: usize = map.QUESTION + 64;
const ROOT: usize = map.QUESTION + 72;

/** The wallet asks. */
export const OWN: u32 = 255;
/** Questions until it is given up. */
const MOST: u32 = 24;

/** Asks for the value at the key of n bytes. 0, or why not. */
export function ask(who: u32, key: usize, n: u32, now: u64): u32 {
  const busy = load<u32>(WHO);
  if (busy != 0 && (busy != OWN || who == OWN)) return reason.ASKING;
  store<u32>(WHO, who);
  store<u32>(LENGTH, n);
  memory.copy(KEY, key, n);
  store<u32>(FLOOR, trust.executedHeight());
  store<u32>(TRIES, 0);
  store<u64>(DUE, now);
  store<u32>(TO, rng.next() % cell.n());
  store<u32>(HELD, 0);
  return 0;
}

/** No proof waits any more. */
function release(): void {
  store<u32>(HELD, 0);
  trust.expect(0, 0);
}

/** Is anything asked? */
export function busy(): bool {
  return load<u32>(WHO) != 0;
}

/** Milliseconds until the question is repeated. */
export function wake(now: u64): u32 {
  if (!busy()) return 0xffffffff;
  return load<u64>(DUE) <= now ? 0 : <u32>(load<u64>(DUE) - now);
}

/** Sends the question if it is due, or gives it up; true when it did. */
export function tick(now: u64): bool {
  if (!busy() || load<u64>(DUE) > now) return false;
  const tries = load<u32>(TRIES);
  if (tries == MOST) {
    refuse(reason.UNANSWERED, load<u32>(WHO));
    store<u32>(WHO, 0);
    return true;
  }
  release();
  store<u32>(TRIES, tries + 1);
  store<u64>(DUE, now + 3 * cell.delta() + (rng.next() % cell.delta()));
  store<u32>(TO, (load<u32>(TO) + 1) % cell.n());
  const n = load<u32>(LENGTH);
  store<u32>(WORK, kind.ASK | (load<u32>(TO) << 8));
  memory.copy(WORK + light.ASK_KEY, KEY, n);
  link.send(0, WORK, light.ASK_KEY + n, 0xffffffff);
  return true;
}

/** A PROOF of n bytes at p. 0, or why it is refused. What nobody here asked for is no refusal. */
export function hear(p: usize, n: u32, now: u64): u32 {
  const at = light.proofAt(<u32>p, n);
  if (at == 0) return reason.PROOF_SHAPE;
  const kn = load<u32>(LENGTH);
  const key = p + light.PROOF_KEY;
  if (!busy() || <u32>load<u8>(p + light.KEY_LENGTH) != kn || memory.compare(key, KEY, kn) != 0) return 0;
  proof.root(key, kn, p + at, n - at, ROOT);
  store<u32>(HEIGHT, load<u32>(p + light.EXECUTED_HEIGHT));
  const why = trust.judge(ROOT, load<u32>(HEIGHT), load<u32>(FLOOR));
  if (why > 0) return why;
  if (why == 0) return answer(p, n);
  store<u32>(HELD, n);
  trust.expect(load<u32>(HEIGHT), now);
  memory.copy(map.PROOF, p, n);
  store<u64>(DUE, now + 8 * cell.delta());
  return 0;
}

/** Something new is trusted: the proof that waits is judged again. 0, or why it is refused. */
export function judge(now: u64): u32 {
  if (load<u32>(HELD) == 0) return 0;
  const why = trust.judge(ROOT, load<u32>(HEIGHT), load<u32>(FLOOR));
  if (why < 0) return 0;
  const n = load<u32>(HELD);
  if (why == 0) return answer(map.PROOF, n);
  release();
  store<u64>(DUE, now);
  return why;
}

/** The PROOF of n bytes at p holds: says what it proves. */
function answer(p: usize, n: u32): u32 {
  trust.keep();
  const who = load<u32>(WHO);
  const kn = load<u32>(LENGTH);
  const from = p + light.PROOF_KEY + kn;
  const length = <u32>(p + n - from);
  const value = proof.value(KEY, kn, from, length);
  const vn: u32 = value != 0 ? load<u8>(value - kn - 1) : 0;
  store<u32>(WHO, 0);
  release();
  if (who == OWN) return found(value, vn);
  const plain = who == request.ACCOUNT;
  const e = ring.event(event.ANSWER, plain ? 24 : 4 + vn + length);
  if (e == 0) return 0;
  store<u8>(e, who);
  store<u8>(e, <u8>(value != 0), 1);
  if (plain) {
    memory.copy(e + 8, value, vn == 16 ? 16 : 0);
    return 0;
  }
  store<u16>(e, vn, 2);
  memory.copy(e + 4, value, vn);
  memory.copy(e + 4 + vn, from, length);
  return 0;
}

/** The wallet's own account was found, or its absence. */
function found(value: usize, n: u32): u32 {
  store<u32>(map.WALLET, u32(n == 16));
  if (n == 16) memory.copy(map.WALLET + 8, value, 16);
  return 0;
}

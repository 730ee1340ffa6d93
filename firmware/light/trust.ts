// What a member trusts: the newest block that a quorum signed as final, and the state roots that such headers cite. Nothing is executed,
// no block is kept: each certificate stands for all before it, so one that was missed is no gap.
//
//   FINAL_HEADER   header, FINALIZE of a quorum                      -> the header's block is final
//   FINAL (b)      child's header, NOTARIZE F=1 of a quorum          -> the child's parent is final
//                                   both headers were notarized: the state root that they cite is that of f+1 honest devices
//
//   member ── beacon: what it trusts ──> validators ── the newest certificate above ──> one batch of q signatures ──> TRUSTED
//
// In flash, a record of the log: LOG_TRUST. It is written before anything is told that rests on it, and every 16 heights otherwise: so after
// a restart the member is never behind what it once told. Rule: heights and views only rise; what does not verify changes nothing.

import { WORK } from "../layout";
import * as beacon from "../wire/beacon";
import * as event from "../wire/event";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as light from "../wire/light";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as wire from "../wire/certificate";
import * as log from "../core/log";
import * as ring from "../core/ring";
import * as rng from "../core/rng";
import * as link from "../mesh/link";
import * as cell from "../consensus/cell";
import * as certificate from "../consensus/certificate";
import * as map from "./map";

const VIEW: usize = 4;
const TIME: usize = 8;
const STORED: usize = 12;
const DIGEST: usize = map.TRUST + 16;
const BEST: usize = map.BEACON + 8;
const NEWEST: usize = map.BEACON + 12; // address of the newest root; 0: none

const ROOT_STRIDE: usize = 40;
const ROOTS_END: usize = map.ROOTS + 4 * ROOT_STRIDE;
const ROOT: usize = 8;

/** Heights that a member may trust without a record in flash. */
const EVERY: u32 = 16;

/** What judge() says beside reasons: no certificate that was heard cites the state after that height. */
const WAIT: i32 = -1;

// @ts-ignore: decorator
@inline export function finalHeight(): u32 {
  return load<u32>(map.TRUST);
}
// @ts-ignore: decorator
@inline export function finalView(): u32 {
  return load<u32>(map.TRUST, VIEW);
}
// @ts-ignore: decorator
@inline export function finalDigest(): usize {
  return DIGEST;
}
/** Time of the newest header, in seconds since genesis. */
// @ts-ignore: decorator
@inline export function time(): u32 {
  return load<u32>(map.TRUST, TIME);
}
/** Height of the newest state whose root is certified. */
export function executedHeight(): u32 {
  const newest: usize = load<u32>(NEWEST);
  return newest != 0 ? load<u32>(newest) : 0;
}
/** Its root, 32 B; zeros when none is. */
export function root(): usize {
  const newest: usize = load<u32>(NEWEST);
  return (newest != 0 ? newest : map.ROOTS) + ROOT;
}

/** Takes back what flash remembers. */
export function open(): void {
  log.open();
  for (let at = log.latest(); at != 0; at = log.next(at)) {
    const head = WORK;
    const p = WORK + record.LOG_SIZE;
    if (!log.head(at, head) || load<u8>(head, record.LOG_KIND) != record.LOG_TRUST || !log.check(at)) continue;
    log.read(at, 0, p, 40);
    advance(load<u32>(head, record.LOG_HEIGHT), load<u32>(head, record.LOG_VIEW), head + record.LOG_DIGEST);
    store<u32>(map.TRUST, load<u32>(p), TIME);
    learn(load<u32>(p, 4), p + 8);
    store<u32>(map.TRUST, finalHeight(), STORED);
  }
}

function advance(height: u32, view: u32, digest: usize): void {
  store<u32>(map.TRUST, height);
  store<u32>(map.TRUST, view, VIEW);
  memory.copy(DIGEST, digest, 32);
}

/** Notes the certified root after height h, unless it is known; in place of the oldest. */
function learn(h: u32, from: usize): void {
  const newest: usize = load<u32>(NEWEST);
  if (newest != 0 && load<u32>(newest) == h) return;
  const slot = newest == 0 || newest + ROOT_STRIDE == ROOTS_END ? map.ROOTS : newest + ROOT_STRIDE;
  const rises = newest == 0 || h > load<u32>(newest);
  store<u32>(slot, h);
  store<u32>(slot, 1, 4);
  memory.copy(slot + ROOT, from, 32);
  if (rises) store<u32>(NEWEST, <u32>slot);
}

/** Certificates that cite the state after height h are welcome, old as they may be; 0: none is awaited. */
export function expect(h: u32, now: u64): void {
  store<u32>(map.AWAITED, h);
  const soon = now + (cell.delta() >> 1);
  if (h != 0 && load<u64>(map.BEACON) > soon) store<u64>(map.BEACON, soon);
}

/** A FINAL_HEADER or FINAL (b) of n bytes at p. 0, or why it is refused; nothing new is no refusal. */
export function hear(p: usize, n: u32): u32 {
  const alone = load<u8>(p) == kind.FINAL_HEADER;
  const skip = alone ? light.CERTIFICATE : 0;
  const c = p + skip;
  const h = p + (alone ? light.HEADER : wire.CHILD);
  if (n <= skip || !certificate.check(c, n - skip) || (alone && load<u8>(c) != kind.FINAL_CERTIFICATE))
    return malformed();
  const view = load<u32>(h + (alone ? header.VIEW : header.PARENT_VIEW));
  const height = load<u32>(h + header.HEIGHT) - u32(!alone);
  const executed = load<u32>(h + header.EXECUTED_HEIGHT);
  const late = view <= finalView();
  if (late && (executed != load<u32>(map.AWAITED) || executed == 0)) return 0;
  cell.digest(h);
  const digest = alone ? cell.DIGEST : h + header.PARENT;
  if (alone && (load<u32>(c + wire.VIEW) != view || !cell.same32(c + wire.DIGEST, digest))) return malformed();
  if (!certificate.finalHolds(c, cell.DIGEST)) return reason.TRUST_SIGNATURE;
  const r = h + header.EXECUTED_ROOT;
  if (height <= finalHeight() != late || conflicts(executed, r, late)) return reason.TRUST_CONFLICT;
  if (late) {
    learn(executed, r);
    return 0;
  }
  advance(height, view, digest);
  store<u32>(map.TRUST, max(time(), load<u32>(h + header.TIME)), TIME);
  learn(executed, r);
  if (height - load<u32>(map.TRUST, STORED) >= EVERY) keep();
  tell();
  return 0;
}

function malformed(): u32 {
  return reason.TRUST_SHAPE;
}

/** Can the root after height h not stand beside what is trusted? A header that is no late one does not cite less than one before it. */
function conflicts(h: u32, from: usize, late: bool): bool {
  for (let slot = map.ROOTS; slot < ROOTS_END; slot += ROOT_STRIDE) {
    if (load<u32>(slot, 4) != 0 && load<u32>(slot) == h && !cell.same32(slot + ROOT, from)) return true;
  }
  return !late && load<u32>(NEWEST) != 0 && h < executedHeight();
}

/** What is trusted is in flash from here on. */
export function keep(): void {
  if (load<u32>(map.TRUST, STORED) == finalHeight()) return;
  store<u32>(map.TRUST, finalHeight(), STORED);
  store<u32>(map.HASH, time());
  store<u32>(map.HASH, executedHeight(), 4);
  log.append(record.LOG_TRUST, finalView(), finalHeight(), DIGEST, map.HASH, 8, root(), 32);
}

function tell(): void {
  const e = ring.event(event.TRUSTED, 80);
  if (e == 0) return;
  store<u32>(e, finalHeight());
  store<u32>(e, finalView(), 4);
  store<u32>(e, executedHeight(), 8);
  store<u32>(e, time(), 12);
  memory.copy(e + 16, DIGEST, 32);
  memory.copy(e + 48, root(), 32);
}

/** What the state root at `r`, said to be that after height h, is worth to a question asked when `floor` was the newest: 0 it is certified,
 *  below 0 it has to wait for its certificate, else a reason. */
export function judge(r: usize, h: u32, floor: u32): i32 {
  let why = WAIT;
  let old = h < floor;
  for (let slot = map.ROOTS; slot < ROOTS_END; slot += ROOT_STRIDE) {
    if (load<u32>(slot, 4) == 0) continue;
    if (cell.same32(slot + ROOT, r)) {
      if (load<u32>(slot) >= floor) return 0;
      old = true;
    } else if (load<u32>(slot) == h) why = reason.PROOF_ROOT;
  }
  return old ? reason.PROOF_OLD : why;
}

// ---- beacons ----

/** True while a validator is known to have a final block above. */
function behind(): bool {
  return load<u32>(BEST) > finalView();
}

/** A validator's beacon of n bytes at b. */
export function noticed(b: usize, n: u32, now: u64): void {
  if (n != beacon.SIZE || load<u32>(b + beacon.EPOCH) != cell.epoch() || <u32>load<u8>(b + beacon.SIGNER) >= cell.n())
    return;
  const was = behind();
  store<u32>(BEST, max(load<u32>(BEST), load<u32>(b + beacon.FINAL_VIEW)));
  if (behind() && !was) store<u64>(map.BEACON, min(load<u64>(map.BEACON), now + (rng.next() % cell.delta())));
}

/** Milliseconds until the next beacon. */
export function wake(now: u64): u32 {
  return load<u64>(map.BEACON) <= now ? 0 : <u32>(load<u64>(map.BEACON) - now);
}

/** Sends a beacon if one is due, and says so: two message delays apart while behind, twelve else. What liars told of views is forgotten with it. */
export function tick(now: u64): bool {
  if (load<u64>(map.BEACON) > now) return false;
  const base = cell.delta() * (behind() ? 2 : 12);
  store<u64>(map.BEACON, now + base + (rng.next() % (base >> 2)));
  store<u32>(BEST, 0);
  const b = WORK;
  memory.fill(b, 0, beacon.SIZE);
  store<u8>(b, kind.BEACON);
  store<u8>(b + beacon.SIGNER, <u8>cell.NOBODY);
  store<u16>(b + beacon.FLAGS, <u16>beacon.LIGHT);
  store<u32>(b + beacon.EPOCH, cell.epoch());
  store<u32>(b + beacon.VIEW, finalView());
  store<u32>(b + beacon.FINAL_HEIGHT, finalHeight());
  store<u32>(b + beacon.FINAL_VIEW, finalView());
  store<u64>(b + beacon.FINAL_DIGEST, load<u64>(DIGEST));
  store<u32>(b + beacon.NOTAR_VIEW, finalView());
  store<u32>(b + beacon.EXECUTED_HEIGHT, executedHeight());
  store<u64>(b + beacon.EXECUTED_ROOT, load<u64>(root()));
  store<u32>(b + beacon.WANTED, load<u32>(map.AWAITED));
  store<u32>(b + beacon.CLOCK, <u32>now);
  link.send(0, b, beacon.SIZE, 0xffffffff);
  link.forget(); // what validators send now answers this beacon, even if it came before
  return true;
}

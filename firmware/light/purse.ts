// A member's own transactions: signed with its key, sent until the certified state says that their nonce is spent.
//
//   account by proof ──> nonce ──> sign ──> pool ── gossip ──> a block, somewhere ──> account by proof: nonce spent ──> SETTLED
//
// Rule: nothing is signed before a proof said which nonce comes next; nothing is called settled but by such a proof.

import { WORK } from "../layout";
import * as event from "../wire/event";
import * as reason from "../wire/reason";
import * as identity from "../core/identity";
import * as ring from "../core/ring";
import * as sha256 from "../crypto/sha256";
import * as pool from "../mesh/pool";
import * as cell from "../consensus/cell";
import * as transaction from "../ledger/transaction";
import * as ask from "./ask";
import * as map from "./map";
import * as trust from "./trust";

const KNOWN: usize = map.WALLET;
const BALANCE: usize = map.WALLET + 8;
const NONCE: usize = map.WALLET + 16;
const DUE: usize = map.WALLET + 24;
const SEEN: usize = map.WALLET + 32; // height of the state when the account was last asked for, u32

/** Heights after which an own transaction is void. */
const LIFETIME: u32 = 256;
/** Heights for which another's transaction is sent. */
const CARRIED: u32 = 16;
/** Own transactions that may wait at once, as for a validator. */
const MOST: u64 = 4;

/** True when entry e is a transaction of this device; its fields are then those of transaction.ts. */
function own(e: usize): bool {
  return (
    transaction.check(pool.bytes(e), pool.length(e)) == 0 && load<u64>(transaction.kid()) == load<u64>(identity.kid())
  );
}

function nextNonce(): u64 {
  let nonce = load<u64>(NONCE);
  for (let e = pool.first(); e != 0; e = pool.next(e)) if (own(e)) nonce = max(nonce, transaction.nonce() + 1);
  return nonce;
}

// @ts-ignore: decorator
@inline function expiry(): u32 {
  return trust.finalHeight() + LIFETIME;
}

/** Why nothing can be signed now; 0 when something can. */
function unready(): u32 {
  if (load<u32>(KNOWN) == 0) return reason.ACCOUNT_UNKNOWN;
  return nextNonce() - load<u64>(NONCE) < MOST ? 0 : reason.NONCE_AHEAD;
}

/** Puts the transaction of n bytes at p into the pool until block `until`. 0, or why not. */
function enter(p: usize, n: u32, until: u32, now: u64): u32 {
  let why = transaction.check(p, n);
  if (why == 0) why = pool.add(p, n, true, now);
  if (why != 0) return why;
  sha256.hash(p, n, map.HASH);
  pool.mark(map.HASH, until);
  const e = ring.event(event.SUBMITTED, 32);
  if (e != 0) memory.copy(e, map.HASH, 32);
  return 0;
}

/** Sends on a transaction that somebody else signed; whether it holds is for validators to say. */
export function carry(p: usize, n: u32, now: u64): u32 {
  return enter(p, n, trust.finalHeight() + CARRIED, now);
}

/** Pays `amount` to the account with the kid at `to`. 0, or why not; what it is said to lack may have come since it last asked, so it asks again. */
export function pay(to: usize, amount: u64, fee: u64, now: u64): u32 {
  const why = unready();
  if (why == 0 && fee > load<u64>(BALANCE)) {
    store<u32>(KNOWN, 0);
    return reason.FEE_ABOVE;
  }
  return why ? why : enter(WORK, transaction.transfer(nextNonce(), fee, expiry(), to, amount, WORK), expiry(), now);
}

/** Registers another key, of 32 bytes at `pub`. 0, or why not. */
export function register(pub: usize, now: u64): u32 {
  const why = unready();
  return why ? why : enter(WORK, transaction.register(nextNonce(), 0, expiry(), pub, WORK), expiry(), now);
}

/** Publishes a pack of n bytes of readings under its Merkle root. 0, or why not. */
export function report(root: usize, pack: usize, n: u32, now: u64): u32 {
  const why = unready();
  return why ? why : enter(WORK, transaction.readings(nextNonce(), 0, expiry(), root, pack, n, WORK), expiry(), now);
}

/** Drops what is settled, and what can never be: expired, or carried long enough. */
export function sweep(): void {
  let e = pool.first();
  while (e != 0) {
    const spent = load<u32>(KNOWN) != 0 && own(e) && transaction.nonce() < load<u64>(NONCE);
    if (!spent && trust.executedHeight() <= pool.marked(e)) {
      e = pool.next(e);
      continue;
    }
    if (spent) {
      const p = ring.event(event.SETTLED, 16);
      if (p != 0) {
        store<u64>(p, load<u64>(pool.id(e)));
        store<u32>(p, trust.executedHeight(), 8);
      }
    }
    pool.drop(pool.id(e));
    e = pool.first();
  }
}

/** Asks for the own account: while it is unknown, now and then; while something waits, whenever the state moved. */
export function tick(now: u64): void {
  if (ask.busy() || load<u64>(DUE) > now) return;
  if (load<u32>(KNOWN) != 0 && (pool.first() == 0 || load<u32>(SEEN) == trust.executedHeight())) return;
  store<u8>(map.HASH, 0x61); // "a"
  memory.copy(map.HASH + 1, identity.kid(), 8);
  store<u64>(DUE, now + (load<u32>(KNOWN) != 0 ? 4 : 12) * cell.delta());
  store<u32>(SEEN, trust.executedHeight());
  ask.ask(ask.OWN, map.HASH, 9, now);
}

/** Milliseconds until tick() has something to do. */
export function wake(now: u64): u32 {
  if (load<u32>(KNOWN) != 0 && (pool.first() == 0 || load<u32>(SEEN) == trust.executedHeight())) return 0xffffffff;
  return load<u64>(DUE) <= now ? 60000 : <u32>(load<u64>(DUE) - now);
}

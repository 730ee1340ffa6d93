// The wallet: the device's own transactions, signed with its own key and put in its pool.
//
// Rule: one place gives nonces: the account's, past those of own transactions that still wait.

import { WORK } from "../layout";
import * as event from "../wire/event";
import * as reason from "../wire/reason";
import * as sha256 from "../crypto/sha256";
import * as identity from "../core/identity";
import * as ring from "../core/ring";
import * as pool from "../mesh/pool";
import * as chain from "../consensus/chain";
import * as body from "./body";
import * as state from "./state";
import * as transaction from "./transaction";

/** Heights after which an own transaction is void. */
const LIFETIME: u32 = 512;
/** Own transactions that may wait at once: the pool belongs to all. */
const MOST: u64 = 4;

/** The nonce that the next own transaction takes. */
function nextNonce(): u64 {
  const account = state.lookup(state.ACCOUNT, identity.kid());
  let nonce: u64 = account == 0 ? 0 : load<u64>(account, 8);
  for (let e = pool.first(); e != 0; e = pool.next(e)) {
    if (transaction.check(pool.bytes(e), pool.length(e)) != 0) continue;
    if (load<u64>(transaction.kid()) == load<u64>(identity.kid())) nonce = max(nonce, transaction.nonce() + 1);
  }
  return nonce;
}

// @ts-ignore: decorator
@inline function expiry(): u32 {
  return chain.executedHeight() + LIFETIME;
}

/** Puts the transaction of n bytes in WORK into the pool, as own, if the state admits it. */
function publish(n: u32, now: u64): u32 {
  if (n == 0) return reason.PACK_LONG;
  let why = transaction.admit(WORK, n, chain.executedHeight());
  if (why == 0 && transaction.nonce() - load<u64>(state.lookup(state.ACCOUNT, identity.kid()), 8) >= MOST)
    return reason.BACKLOG;
  if (why == 0) why = body.enqueue(WORK, n, true, now);
  if (why == 0) announce(WORK, n);
  return why;
}

/** Tells whoever watches that the transaction of n bytes at p waits for a block. */
export function announce(p: usize, n: u32): void {
  const e = ring.event(event.SUBMITTED, 32);
  if (e == 0) return;
  sha256.hash(p, n, e);
}

/** Pays `amount` to the account with the kid at `to`. 0, or why not. */
export function pay(to: usize, amount: u64, fee: u64, now: u64): u32 {
  return publish(transaction.transfer(nextNonce(), fee, expiry(), to, amount, WORK), now);
}

/** Registers another key, of 32 bytes at `pub`. 0, or why not. */
export function register(pub: usize, now: u64): u32 {
  return publish(transaction.register(nextNonce(), 0, expiry(), pub, WORK), now);
}

/** Publishes a pack of n bytes of readings under its Merkle root. 0, or why not. */
export function report(root: usize, pack: usize, n: u32, now: u64): u32 {
  return publish(transaction.readings(nextNonce(), 0, expiry(), root, pack, n, WORK), now);
}

// Local requests (wire/request.ts): what the console, the host or the application asks of its own device. Answers leave as events.
//
// Rule: a request can ask and submit; it cannot change state but through a transaction, nor show a private key.

import { MEMBER, WORK } from "./layout";
import * as event from "./wire/event";
import * as reason from "./wire/reason";
import * as wire from "./wire/request";
import * as batch from "./crypto/batch";
import * as identity from "./core/identity";
import * as ring from "./core/ring";
import * as tree from "./core/tree";
import * as pool from "./mesh/pool";
import * as block from "./consensus/block";
import * as cell from "./consensus/cell";
import * as chain from "./consensus/chain";
import * as safety from "./consensus/safety";
import * as body from "./ledger/body";
import * as transaction from "./ledger/transaction";
import * as wallet from "./ledger/wallet";
import * as ask from "./light/ask";
import * as member from "./light/member";
import * as purse from "./light/purse";
import * as app from "./apps/app";

/** Says who this device is: public key and key id. */
export function introduce(): void {
  const p = ring.event(event.IDENTITY, 40);
  if (p == 0) return;
  memory.copy(p, identity.pub(), 32);
  memory.copy(p + 32, identity.kid(), 8);
}

/** Admits a transaction of n bytes at p to the pool once its signature verifies; `own` marks those of this device. */
export function admit(p: usize, n: u32, own: bool, now: u64): u32 {
  const why = transaction.admit(p, n, chain.executedHeight());
  if (why != 0) return why;
  transaction.id(WORK);
  if (!pool.has(WORK)) {
    batch.begin();
    transaction.enlist(p, n, WORK);
    if (batch.run() != 0) return reason.SIGNATURE_INVALID;
  }
  return body.enqueue(p, n, own, now);
}

/** Handles the request of n bytes at p: 0, or the reason of its refusal. */
export function request(p: usize, n: u32, now: u64): u32 {
  const op: u32 = load<u8>(p);
  if (op == wire.IDENTITY) {
    introduce();
    return 0;
  }
  if (op == wire.PROVISION) {
    const why = identity.provision(p + 1, n - 1);
    if (why == 0) ring.reset(0);
    return why;
  }
  if (op == wire.COMMAND) return app.command(p + 1, n - 1);
  if (op > wire.ACCOUNT || op == 0) return reason.REQUEST_UNKNOWN;
  if (cell.n() == 0) return reason.NOT_PROVISIONED;
  if (op == wire.STATUS) return status();
  if (op == wire.SUBMIT) return submitted(p + 1, n - 1, now);
  if (op == wire.QUERY) return query(p + 1, n - 1, now);
  if (n != (op == wire.PAY ? 25 : op == wire.REGISTER ? 33 : 9)) return reason.REQUEST_SIZE;
  if (MEMBER) {
    if (op == wire.PAY) return purse.pay(p + 1, load<u64>(p + 9), load<u64>(p + 17), now);
    return op == wire.REGISTER ? purse.register(p + 1, now) : member.account(p + 1, now);
  }
  if (op == wire.PAY) return wallet.pay(p + 1, load<u64>(p + 9), load<u64>(p + 17), now);
  return op == wire.REGISTER ? wallet.register(p + 1, now) : account(p + 1);
}

function submitted(p: usize, n: u32, now: u64): u32 {
  if (MEMBER) return purse.carry(p, n, now);
  const why = admit(p, n, true, now);
  if (why == 0) wallet.announce(p, n);
  return why;
}

function status(): u32 {
  const p = ring.event(event.ANSWER, 88);
  if (p == 0) return 0;
  store<u8>(p, wire.STATUS);
  if (MEMBER) {
    member.status(p);
    return 0;
  }
  store<u8>(p, cell.n(), 1);
  store<u8>(p, cell.me(), 2);
  store<u8>(p, <u8>safety.observer(), 3);
  store<u32>(p, cell.epoch(), 4);
  store<u32>(p, chain.view(), 8);
  store<u32>(p, chain.finalHeight(), 12);
  store<u32>(p, chain.executedHeight(), 16);
  store<u32>(p, chain.finalView(), 20);
  memory.copy(p + 24, block.root(chain.executedHeight()), 32);
  memory.copy(p + 56, chain.finalDigest(), 32);
  return 0;
}

/** The value at a key of n bytes with its proof against the state root; a member has to ask for it, and answers later. */
function query(key: usize, n: u32, now: u64): u32 {
  if (n == 0 || n > 32) return reason.REQUEST_KEY;
  if (MEMBER) return ask.ask(wire.QUERY, key, n, now);
  const length = tree.get(key, n, WORK + 4);
  const value: u32 = length < 0 ? 0 : <u32>length;
  const proof = tree.prove(key, n, WORK + 4 + value, 2048 - 4 - value);
  store<u8>(WORK, wire.QUERY);
  store<u8>(WORK, <u8>(length >= 0), 1);
  store<u16>(WORK, value, 2);
  const p = ring.event(event.ANSWER, 4 + value + proof);
  if (p != 0) memory.copy(p, WORK, 4 + value + proof);
  return 0;
}

/** Balance and nonce of the account with this kid. */
function account(kid: usize): u32 {
  store<u8>(WORK, 0x61); // "a"
  memory.copy(WORK + 1, kid, 8);
  const found = tree.get(WORK, 9, WORK + 24) == 16;
  const p = ring.event(event.ANSWER, 24);
  if (p == 0) return 0;
  store<u8>(p, wire.ACCOUNT);
  store<u8>(p, <u8>found, 1);
  memory.copy(p + 8, WORK + 24, found ? 16 : 0);
  return 0;
}

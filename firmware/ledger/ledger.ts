// The ledger: what transactions do to the state.
//
//   admit ──no──► reason, nothing changes
//     │ yes
//   nonce is the account's? ──no──► TX_NONCE_AHEAD, nothing changes
//     │ yes
//   nonce + 1, fee to the proposer (no fee when it has no account)
//     │
//   transfer · register · readings ──no──► reason; nonce and fee stay consumed
//     │ yes
//   0
//
// Rule: deterministic. The result depends on the state, the bytes, the height and the proposer, and on nothing else; every
// signature was checked before, by whoever voted for the block.

import * as ed25519 from "../crypto/ed25519";
import * as genesis from "../wire/genesis";
import * as key from "../cose/key";
import * as readings from "./readings";
import * as reason from "../wire/reason";
import * as state from "./state";
import * as transaction from "./transaction";
import * as tree from "../core/tree";

/** Registers a public key, which must be sound and new, with an account. Returns 0, or a reason and nothing has changed. */
function enrol(pub: usize, balance: u64): u32 {
  let why = ed25519.checkKey(pub);
  if (why) return why;
  key.kid(pub, state.VALUE);
  if (state.lookup(state.PUBLIC, state.VALUE)) return reason.KEY_KNOWN;
  why = tree.put(state.KEY, 9, pub, 32);
  if (why) return why;
  store<u8>(state.KEY, state.ACCOUNT);
  store<u64>(state.VALUE, balance);
  store<u64>(state.VALUE, 0, 8);
  why = tree.put(state.KEY, 9, state.VALUE, 16);
  if (why) {
    store<u8>(state.KEY, state.PUBLIC);
    tree.remove(state.KEY, 9);
  }
  return why;
}

/** Writes the opening state of the n-byte genesis at p, whose hash is at `hash`, into an emptied tree. Returns 0 or a reason. */
export function open(p: usize, n: u32, hash: usize): u32 {
  tree.reset(hash);
  let supply: u64 = 0;
  for (let v = p + genesis.VALIDATORS; v < p + n; v += genesis.STRIDE) {
    const balance = load<u64>(v, genesis.BALANCE);
    supply += balance;
    if (supply < balance) return reason.GENESIS_SUPPLY;
    const why = enrol(v, balance);
    if (why) return why;
  }
  store<u8>(state.KEY, state.SUPPLY);
  store<u64>(state.VALUE, supply);
  return tree.put(state.KEY, 1, state.VALUE, 8);
}

/** Is the transaction last admitted the next one of its account? */
export function isNext(): bool {
  return transaction.nonce() == load<u64>(state.lookup(state.ACCOUNT, transaction.kid()), 8);
}

/** Executes the n-byte transaction at p in a block of `height` by the validator whose kid is at `proposer`. Returns 0 or a reason. */
export function execute(p: usize, n: u32, height: u32, proposer: usize): u32 {
  const why = transaction.admit(p, n, height);
  if (why) return why;
  if (!isNext()) return reason.TX_NONCE_AHEAD;
  const kid = transaction.kid();
  const fee = state.lookup(state.ACCOUNT, proposer) ? transaction.fee() : 0;
  state.settle(kid, 0 - fee, 1);
  state.settle(proposer, fee, 0);
  const subject = load<usize>(state.SUBJECT);
  if (transaction.type() == transaction.TRANSFER) return transfer(kid, subject, load<u64>(state.AMOUNT));
  if (transaction.type() == transaction.REGISTER) return enrol(subject + key.X, 0);
  return record(kid, subject, height);
}

function transfer(from: usize, to: usize, amount: u64): u32 {
  if (state.lookup(state.ACCOUNT, to) == 0) return reason.TX_PAYEE;
  if (load<u64>(state.lookup(state.ACCOUNT, from)) < amount) return reason.TX_BALANCE;
  state.settle(from, 0 - amount, 0);
  state.settle(to, amount, 0);
  return 0;
}

function record(kid: usize, root: usize, height: u32): u32 {
  const pack = load<usize>(state.PACK);
  const why = readings.check(pack, load<u32>(state.PACK_LENGTH), root);
  if (why) return why;
  state.lookup(state.READINGS, kid);
  memory.copy(state.VALUE, root, 32);
  store<u32>(state.VALUE, load<u8>(pack) & 15, 32); // the head of an array of 1..8 is 0x81..0x88
  store<u32>(state.VALUE, height, 36);
  return tree.put(state.KEY, 9, state.VALUE, 40);
}

/** The sum of all balances. Equal to the entry 's' for ever, or the ledger is broken. */
export function supply(): u64 {
  let sum: u64 = 0;
  for (let e = tree.next(0); e; e = tree.next(e)) {
    if (load<u8>(e) == 9 && load<u8>(e, 2) == state.ACCOUNT) sum += load<u64>(e, 11);
  }
  return sum;
}

// Test hooks of ledger/.

import * as cell from "../consensus/cell";
import * as ledger from "../ledger/ledger";
import * as readings from "../ledger/readings";
import * as transaction from "../ledger/transaction";

export function ledger_ledger_open(p: usize, n: u32, hash: usize): u32 {
  memory.copy(cell.hash(), hash, 32); // which transactions name
  return ledger.open(p, n, hash);
}
export function ledger_ledger_execute(p: usize, n: u32, height: u32, proposer: usize): u32 {
  return ledger.execute(p, n, height, proposer);
}
export function ledger_ledger_isNext(): bool {
  return ledger.isNext();
}
export function ledger_ledger_supply(): u64 {
  return ledger.supply();
}
export function ledger_transaction_check(p: usize, n: u32): u32 {
  return transaction.check(p, n);
}
export function ledger_transaction_kid(): usize {
  return transaction.kid();
}
export function ledger_transaction_nonce(): u64 {
  return transaction.nonce();
}
export function ledger_transaction_fee(): u64 {
  return transaction.fee();
}
export function ledger_transaction_expiry(): u32 {
  return transaction.expiry();
}
export function ledger_transaction_type(): u32 {
  return transaction.type();
}
export function ledger_transaction_id(out: usize): void {
  transaction.id(out);
}
export function ledger_transaction_admit(p: usize, n: u32, height: u32): u32 {
  return transaction.admit(p, n, height);
}
export function ledger_transaction_enlist(p: usize, n: u32, out: usize): i32 {
  return transaction.enlist(p, n, out);
}
export function ledger_transaction_transfer(
  nonce: u64,
  fee: u64,
  expiry: u32,
  to: usize,
  amount: u64,
  out: usize,
): u32 {
  return transaction.transfer(nonce, fee, expiry, to, amount, out);
}
export function ledger_transaction_register(nonce: u64, fee: u64, expiry: u32, pub: usize, out: usize): u32 {
  return transaction.register(nonce, fee, expiry, pub, out);
}
export function ledger_transaction_readings(
  nonce: u64,
  fee: u64,
  expiry: u32,
  root: usize,
  pack: usize,
  n: u32,
  out: usize,
): u32 {
  return transaction.readings(nonce, fee, expiry, root, pack, n, out);
}
export function ledger_readings_check(pack: usize, n: u32, root: usize): u32 {
  return readings.check(pack, n, root);
}
export function ledger_readings_add(name: u64, unit: u32, value: i64, time: u32): u32 {
  return readings.add(name, unit, value, time);
}
export function ledger_readings_pack(out: usize, root: usize): u32 {
  return readings.pack(out, root);
}

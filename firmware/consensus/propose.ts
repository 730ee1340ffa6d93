// Making a block (R2), and coming back after the power was gone: what a leader and a restarted device do with the replica's state.
//
//   WORK while a block is made: the PROPOSAL object of wire/proposal.ts, its body already filled in by the conductor
//
// Rule: block record, then the vote's record, then the air.

import { WORK } from "../layout";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as proposal from "../wire/proposal";
import * as record from "../wire/record";
import * as log from "../core/log";
import * as cell from "./cell";
import * as block from "./block";
import * as hear from "./hear";
import * as chain from "./chain";
import * as replica from "./replica";
import * as safety from "./safety";
import * as votes from "./votes";
import * as sync from "./sync";

/** Proposes a block of `count` transactions in n bytes at WORK + proposal.BODY, with their Merkle root at `root`. False when no slot is
 *  to be had for it. */
export function propose(n: u32, count: u32, root: usize, now: u64): bool {
  const v = chain.view();
  const parent = block.notarized(chain.highest());
  const h = WORK + proposal.HEADER;
  // a parent may cite a height that this device has yet to execute: then it cites the same
  const behind = block.executedHeight(parent) > chain.executedHeight();
  const executed = behind ? block.executedHeight(parent) : chain.executedHeight();
  memory.fill(h, 0, header.SIZE);
  store<u8>(h, header.VERSION_1);
  store<u8>(h + header.PROPOSER, cell.me());
  store<u16>(h + header.TX_COUNT, count);
  store<u32>(h + header.EPOCH, cell.epoch());
  store<u32>(h + header.VIEW, v);
  store<u32>(h + header.HEIGHT, block.height(parent) + 1);
  store<u32>(h + header.TIME, max(block.time(parent) + 1, chain.clock(now)));
  store<u32>(h + header.PARENT_VIEW, block.view(parent));
  store<u32>(h + header.EXECUTED_HEIGHT, executed);
  store<u32>(h + header.BODY_LENGTH, n);
  memory.copy(h + header.PARENT, parent, 32);
  memory.copy(h + header.BODY_ROOT, root, 32);
  memory.copy(h + header.EXECUTED_ROOT, behind ? block.head(parent) + header.EXECUTED_ROOT : block.root(executed), 32);
  cell.digest(h);
  const s = hear.keep(h, WORK + proposal.BODY, true);
  if (s == 0) return false;
  block.flag(s, block.SIGNED);
  const f = replica.notarizeBlock(s, parent);
  const set = votes.find(kind.NOTARIZE, v, s);
  if (set != 0) sync.propose(s, f, votes.signature(set, cell.me()), 0xffffffff);
  return true;
}

/** Takes one log record, oldest first, into the tables: blocks, certificates, and which blocks were final. */
export function recall(offset: u32, head: usize): void {
  const k: u32 = load<u8>(head + record.LOG_KIND);
  const v = load<u32>(head + record.LOG_VIEW);
  if (k == record.LOG_COMMIT) return recallCommit(offset, head);
  if (v <= chain.finalView()) return;
  if (k == record.LOG_FINAL) return chain.aim(v, head + record.LOG_DIGEST);
  const s = block.obtain(head + record.LOG_DIGEST, v);
  if (s == 0) return;
  if (k == record.LOG_NOTAR) {
    block.setCertificate(s, offset);
    block.flag(s, block.NOTAR | block.CERTIFICATE);
    chain.raise(v);
    return;
  }
  log.remember(s, offset);
  log.read(offset, 0, block.head(s), header.SIZE);
  block.setRecord(s, offset);
  block.flag(s, block.HEADER | block.BODY | block.CHECKED);
}

/** The block of a COMMIT record was final: its slot, filled from flash, becomes the final one. */
function recallCommit(offset: u32, head: usize): void {
  const v = load<u32>(head + record.LOG_VIEW);
  const at = WORK;
  if (!log.read(offset, 0, at, 4)) return;
  const where = load<u32>(at);
  if (v <= chain.finalView()) {
    block.setRecordAt(load<u32>(head + record.LOG_HEIGHT), where);
    if (v == chain.finalView()) {
      log.read(where, 0, block.head(block.final()), header.SIZE);
      block.setRecord(block.final(), where); // a neighbour may ask for it
    }
    return;
  }
  if (load<u32>(head + record.LOG_HEIGHT) != chain.finalHeight() + 1) return;
  const s = block.obtain(head + record.LOG_DIGEST, v);
  if (s == 0) return;
  log.read(where, 0, block.head(s), header.SIZE);
  block.setRecord(s, where);
  const old = block.final();
  store<u32>(old, block.flags(old) & ~block.FINAL, 160);
  block.flag(s, block.HEADER | block.BODY | block.NOTAR | block.FINAL);
  chain.adopt(s, chain.since());
}

/** After the log and the journal were read: signs own votes again, byte for byte, so that beacons can show and neighbours fill them. */
export function resume(): void {
  if (!replica.voting()) return;
  safety.restate();
  const v = safety.notarizedView();
  const s = v > chain.finalView() ? block.find(safety.notarizedDigest()) : 0;
  if (s != 0) {
    if (safety.notarizedF()) safety.learnFinalized(block.parent(s));
    if (cell.leader(v) == cell.me()) block.flag(s, block.SIGNED);
    replica.sign(safety.notarizedF() ? kind.NOTARIZE_F : kind.NOTARIZE, v, s);
  }
  if (safety.nullifiedTo() > chain.finalView()) replica.giveUpAgain();
}

// What a validator does for members: it shows what is final, and proves what the state says. wire/light.ts draws both.
//
// Rule: whatever a member says, it only makes this device send what it holds: one certificate a beacon, one proof a question.

import { OBJECT_MAX, WORK } from "../layout";
import * as beacon from "../wire/beacon";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as light from "../wire/light";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as wire from "../wire/certificate";
import * as log from "../core/log";
import * as rng from "../core/rng";
import * as tree from "../core/tree";
import * as link from "../mesh/link";
import * as block from "../consensus/block";
import * as cell from "../consensus/cell";
import * as chain from "../consensus/chain";

const HEAD: usize = WORK + 76; // 56 B: head of the record that is looked at; what is read of it stands behind
const BLOCK: usize = WORK + 16; // 56 B: head of its block's record
const CITED: usize = WORK + 8; // u32
/** Records of the log that are looked at for a certificate. */
const STEPS: u32 = 48;
/** Heights below the final one at which the look begins. */
const BACK: u32 = 3;

/** Record of the block that the FINAL record in HEAD names, 0 when it is not here. */
function blockOf(): u32 {
  const digest = HEAD + record.LOG_DIGEST;
  let at = log.remembered(digest);
  if (at == 0) at = block.recordAt(load<u32>(HEAD + record.LOG_HEIGHT)); // 0 where it was heard before its block
  return log.head(at, BLOCK) && cell.same32(BLOCK + record.LOG_DIGEST, digest) ? at : 0;
}

/** The height whose state root is cited by the header that goes with the FINAL record at `at`, in HEAD; -1 when there is none. */
function cited(at: u32): u32 {
  if (!log.read(at, 0, CITED, 1)) return 0xffffffff;
  const child = load<u8>(CITED) == kind.FINAL_BY_CHILD;
  const from = child ? at : blockOf();
  const offset = child ? wire.CHILD + header.EXECUTED_HEIGHT : header.EXECUTED_HEIGHT;
  return from != 0 && log.read(from, offset, CITED, 4) ? load<u32>(CITED) : 0xffffffff;
}

/** Answers a member's beacon at b, by about two of the cell: the certificate that cites the state it waits for, else the newest above what
 *  it trusts. */
export function show(b: usize): u32 {
  if (cell.n() > 3 && rng.next() % (cell.n() - 1) > 1) return 0;
  const h = chain.finalHeight();
  const wanted = load<u32>(b + beacon.WANTED);
  let best: u32 = 0;
  let after = load<u32>(b + beacon.FINAL_VIEW);
  let at = block.recordAt(wanted != 0 && wanted <= h && wanted + block.KEPT > h ? wanted : h > BACK ? h - BACK : 1);
  for (let i: u32 = 0; i < STEPS && at != 0 && log.head(at, HEAD); i++) {
    if (load<u8>(HEAD + record.LOG_KIND) == record.LOG_FINAL) {
      const v = load<u32>(HEAD + record.LOG_VIEW);
      const height = cited(at);
      if (height != 0xffffffff && v > after) {
        after = v;
        best = at;
      }
      if (wanted != 0 && height == wanted) {
        best = at;
        break;
      }
    }
    at = log.next(at);
  }
  if (best != 0 && log.head(best, HEAD)) send(best);
  return 0;
}

/** Sends the FINAL certificate at `at`, whose head is in HEAD, with the header that it needs. */
function send(at: u32): void {
  let p = WORK + light.CERTIFICATE;
  let n = load<u32>(HEAD + record.LOG_LENGTH);
  if (n > OBJECT_MAX - light.CERTIFICATE || !log.read(at, 0, p, n)) return;
  if (load<u8>(p) == kind.FINAL_CERTIFICATE) {
    const from = blockOf();
    p = WORK;
    n += light.CERTIFICATE;
    if (from == 0 || !log.read(from, 0, p + light.HEADER, header.SIZE)) return;
    store<u32>(p, kind.FINAL_HEADER);
  }
  link.send(0, p, n, 0xffffffff);
}

/** Answers the question of n bytes at p, if it is this device that shall. 0, or why not. */
export function prove(p: usize, n: u32): u32 {
  if (!light.checkAsk(n)) return reason.ASK_SHAPE;
  if (<u32>load<u8>(p + light.TO) != cell.me()) return 0;
  const kn = n - light.ASK_KEY;
  const head = light.PROOF_KEY + kn;
  store<u32>(WORK, kind.PROOF | (kn << 8));
  store<u32>(WORK, chain.executedHeight(), light.EXECUTED_HEIGHT);
  memory.copy(WORK + light.PROOF_KEY, p + light.ASK_KEY, kn);
  const length = tree.prove(WORK + light.PROOF_KEY, kn, WORK + head, OBJECT_MAX - head);
  if (length == 0) return reason.PROOF_LONG;
  link.send(0, WORK, head + length, 0xffffffff);
  return 0;
}

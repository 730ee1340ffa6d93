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
import * as log from "../core/log";
import * as rng from "../core/rng";
import * as tree from "../core/tree";
import * as link from "../mesh/link";
import * as block from "../consensus/block";
import * as cell from "../consensus/cell";
import * as chain from "../consensus/chain";

const HEAD: usize = WORK + light.CERTIFICATE - record.LOG_SIZE; // so that what is read behind it stands where it is sent
/** Records of the log that are looked at for a certificate. */
const STEPS: u32 = 24;
/** Heights below the final one at which the look begins. */
const BACK: u32 = 3;

/** Answers a member's beacon at b: the newest FINAL certificate above what it trusts, by about two of the cell. */
export function show(b: usize): u32 {
  if (cell.n() > 3 && rng.next() % (cell.n() - 1) > 1) return 0;
  const h = chain.finalHeight();
  let best: u32 = 0;
  let after = load<u32>(b + beacon.FINAL_VIEW);
  let at = block.recordAt(h > BACK ? h - BACK : 1);
  for (let i: u32 = 0; i < STEPS && at != 0 && log.head(at, HEAD); i++) {
    if (load<u8>(HEAD + record.LOG_KIND) == record.LOG_FINAL && load<u32>(HEAD + record.LOG_VIEW) > after) {
      after = load<u32>(HEAD + record.LOG_VIEW);
      best = at;
    }
    at = log.next(at);
  }
  if (best == 0 || !log.head(best, HEAD)) return 0;
  let p = WORK + light.CERTIFICATE;
  const s = block.find(HEAD + record.LOG_DIGEST);
  let n = load<u32>(HEAD + record.LOG_LENGTH);
  if (n > OBJECT_MAX - light.CERTIFICATE || !log.read(best, 0, p, n)) return 0;
  if (load<u8>(p) == kind.FINAL_CERTIFICATE) {
    if (s == 0 || !block.is(s, block.HEADER)) return 0;
    p = WORK;
    n += light.CERTIFICATE;
    store<u32>(p, kind.FINAL_HEADER);
    memory.copy(p + light.HEADER, block.head(s), header.SIZE);
  }
  link.send(0, p, n, 0xffffffff);
  return 0;
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

// What arrives from neighbours: each kind of object is checked for shape, then against what this device already knows, then - only if
// it could still matter - its signatures. Returns 0 or the reason of a refusal. Deciding is replica.ts's part.
//
// Rule: nothing heard changes a promise; nothing unverified reaches flash.

import { BODY_MAX, VOTES_VERIFIED, count } from "../layout";
import * as header from "../wire/header";
import * as kind from "../wire/kind";
import * as proposal from "../wire/proposal";
import * as reason from "../wire/reason";
import * as record from "../wire/record";
import * as vote from "../wire/vote";
import * as wire from "../wire/certificate";
import * as event from "../wire/event";
import * as batch from "../crypto/batch";
import * as log from "../core/log";
import * as ring from "../core/ring";
import * as cell from "./cell";
import * as block from "./block";
import * as certificate from "./certificate";
import * as votes from "./votes";
import * as nulls from "./nulls";
import * as chain from "./chain";
import * as replica from "./replica";
import { DIGEST, STATEMENTS } from "./cell";

/** How far ahead of the current view a vote or proposal may lie. Certificates may lie anywhere. */
const AHEAD: u32 = 64;
/** How far ahead a proposal may lie to be kept; what comes earlier comes again. */
const NEAR: u32 = 4;

/** A vote on air. */
export function voted(p: usize, n: u32): u32 {
  if (!vote.check(<u32>p, n)) return reason.VOTE_SHAPE;
  if (load<u32>(p + vote.EPOCH) != cell.epoch()) return reason.VOTE_EPOCH;
  const signer: u32 = load<u8>(p + vote.SIGNER);
  if (signer >= cell.n()) return reason.VOTE_SIGNER;
  if (signer == cell.me()) return 0;
  const k: u32 = load<u8>(p);
  const current = chain.view();
  if (k == kind.NULLIFY) {
    const to = load<u32>(p + vote.TO);
    if (to > chain.finalView())
      nulls.add(signer, load<u32>(p + vote.FROM), to, p + vote.NULLIFY_SIGNATURE, false, current);
    return 0;
  }
  const v = load<u32>(p + vote.VIEW);
  if (v > current + AHEAD) return reason.VOTE_VIEW;
  if (v <= chain.finalView()) return 0;
  const set = votes.obtain(
    k == kind.FINALIZE ? kind.FINALIZE : kind.NOTARIZE,
    v,
    p + vote.DIGEST,
    current,
    chain.highest(),
  );
  if (set != 0) votes.add(set, signer, k == kind.NOTARIZE_F, p + vote.SIGNATURE, false);
  return 0;
}

/** A certificate on air. */
export function certified(p: usize, n: u32, now: u64): u32 {
  if (!certificate.check(p, n)) return reason.CERTIFICATE_SHAPE;
  const k: u32 = load<u8>(p);
  if (k == kind.NULL_CERTIFICATE) nullCertified(p);
  else if (k == kind.NOTAR_CERTIFICATE) return notarCertified(p, n, now);
  else return finalCertified(p, n);
  return 0;
}

function nullCertified(p: usize): void {
  let at = p + wire.NULL_VOTES;
  for (let rest = load<u32>(p + wire.NULL_SIGNERS); rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    const from = load<u32>(at);
    const to = load<u32>(at, 4);
    if (i != cell.me() && from != 0 && from <= to && to >= chain.view())
      nulls.add(i, from, to, at + 8, false, chain.view());
    at += wire.NULL_STRIDE;
  }
}

function notarCertified(p: usize, n: u32, now: u64): u32 {
  const v = load<u32>(p + wire.VIEW);
  if (v <= chain.finalView()) return 0;
  const known = block.find(p + wire.DIGEST);
  if (known != 0 && block.is(known, block.CERTIFICATE)) return 0;
  if (!certificate.notarHolds(p, chain.view(), chain.highest())) return reason.CERTIFICATE_SIGNATURE;
  const s = block.obtain(p + wire.DIGEST, v);
  if (s == 0) return 0;
  block.setCertificate(s, log.append(record.LOG_NOTAR, v, 0, s, p, n, 0, 0));
  if (!block.is(s, block.NOTAR)) block.setSince(s, <u32>now);
  block.flag(s, block.NOTAR | block.CERTIFICATE);
  chain.raise(v);
  return 0;
}

function finalCertified(p: usize, n: u32): u32 {
  const child = load<u8>(p) == kind.FINAL_BY_CHILD;
  const v = load<u32>(child ? p + wire.CHILD + header.PARENT_VIEW : p + wire.VIEW);
  const d = child ? p + wire.CHILD + header.PARENT : p + wire.DIGEST;
  if (v <= chain.finalView() || chain.aimsAt(v)) return 0;
  if (child) cell.digest(p + wire.CHILD);
  if (!certificate.finalHolds(p, DIGEST)) return reason.FINAL_SIGNATURE;
  log.append(record.LOG_FINAL, v, 0, d, p, n, 0, 0);
  chain.aim(v, d);
  return 0;
}

/** What there is to do with a proposal or block at p, whose digest is then at DIGEST. */
export const IGNORE: u32 = 0; // known, stale, or of no use
export const STORE: u32 = 1; // a certificate names it: keep it without further questions
export const JUDGE: u32 = 2; // a proposal that may be voted for: check the leader's signature and the transactions

/** Judges the head of a proposal: IGNORE, STORE or JUDGE; or a reason above 2. The body is the ledger's matter. */
export function proposed(p: usize, n: u32): u32 {
  const h = p + proposal.HEADER;
  if (n < proposal.BODY || !wellFormed(h, n - proposal.BODY)) return reason.PROPOSAL_SHAPE;
  const v = load<u32>(h + header.VIEW);
  if (load<u8>(h + header.PROPOSER) != cell.leader(v) || v > chain.view() + AHEAD) return reason.PROPOSAL_LEADER;
  cell.digest(h);
  const known = block.find(DIGEST);
  if (known != 0 && block.is(known, block.NOTAR)) return block.is(known, block.BODY) ? IGNORE : STORE;
  if (
    v > chain.view() + NEAR ||
    v < chain.view() ||
    (known != 0 && block.is(known, block.BODY | block.CHECKED | block.SIGNED))
  )
    return IGNORE;
  return JUDGE;
}

/** Judges a block that travels without its leader's vote: of use only when a certificate names it. */
export function served(p: usize, n: u32): u32 {
  const h = p + proposal.HEADER;
  if (n < proposal.BLOCK_BODY || !wellFormed(h, n - proposal.BLOCK_BODY)) return reason.BLOCK_SHAPE;
  cell.digest(h);
  const known = block.find(DIGEST);
  if (load<u32>(h + header.VIEW) <= chain.finalView() || (known != 0 && block.is(known, block.BODY))) return IGNORE;
  return known != 0 && block.is(known, block.NOTAR) ? STORE : reason.BLOCK_UNWANTED;
}

function wellFormed(h: usize, bodyLength: u32): bool {
  return (
    load<u8>(h) == header.VERSION_1 &&
    load<u32>(h + header.EPOCH) == cell.epoch() &&
    load<u32>(h + header.BODY_LENGTH) == bodyLength &&
    bodyLength <= BODY_MAX &&
    load<u32>(h + header.VIEW) > load<u32>(h + header.PARENT_VIEW)
  );
}

/** Enlists the leader's signature of the proposal at p in the batch under way; it is the batch's first. */
export function enlistLeader(p: usize): void {
  const h = p + proposal.HEADER;
  const k = load<u8>(p + proposal.F) != 0 ? kind.NOTARIZE_F : kind.NOTARIZE;
  vote.statement(<u32>STATEMENTS, k, load<u32>(h + header.VIEW), <u32>DIGEST);
  batch.addCached(cell.key(load<u8>(h + header.PROPOSER)), STATEMENTS, vote.SIGNED_SIZE, p + proposal.SIGNATURE);
  count(VOTES_VERIFIED, 1);
}

/** Keeps the block whose header is at h and body at b, durable from here on. `checked`: its leader and transactions verified. */
export function keep(h: usize, b: usize, checked: bool): usize {
  const v = load<u32>(h + header.VIEW);
  const s = block.obtain(DIGEST, v);
  if (s == 0) return 0;
  memory.copy(block.head(s), h, header.SIZE);
  if (!block.is(s, block.BODY)) {
    const n = load<u32>(h + header.BODY_LENGTH);
    block.setRecord(s, log.append(record.LOG_BLOCK, v, load<u32>(h + header.HEIGHT), s, h, header.SIZE, b, n));
  }
  block.flag(s, block.HEADER | block.BODY | (checked ? block.CHECKED : 0));
  return s;
}

/** The proposal at p verified, leader and transactions: keeps it and counts the leader's vote. A second one in its view is evidence. */
export function accept(p: usize): u32 {
  const h = p + proposal.HEADER;
  const v = load<u32>(h + header.VIEW);
  for (let s = block.first(); s != 0; s = block.next(s)) {
    if (block.view(s) != v || !block.is(s, block.SIGNED) || cell.same32(s, DIGEST)) continue;
    block.flag(s, block.TWICE);
    replica.blame(v);
    const e = ring.event(event.EVIDENCE, 8);
    if (e != 0) store<u64>(e, ((<u64>v) << 32) | cell.leader(v));
    return reason.PROPOSAL_TWICE;
  }
  const s = keep(h, p + proposal.BODY, true);
  if (s == 0) return 0;
  block.flag(s, block.SIGNED);
  const set = votes.obtain(kind.NOTARIZE, v, s, chain.view(), chain.highest());
  if (set != 0) votes.add(set, cell.leader(v), load<u8>(p + proposal.F) != 0, p + proposal.SIGNATURE, true);
  return 0;
}

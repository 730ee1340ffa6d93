// Certificates: written from vote sets, heard from neighbours, kept in flash as they travel. Layouts: wire/certificate.ts.
//
// Rule: what is heard counts only after every signature in it was checked, in one batch; a certificate with one forged signature
// is refused whole.

import { VOTES_VERIFIED, count } from "../layout";
import * as wire from "../wire/certificate";
import * as kind from "../wire/kind";
import * as vote from "../wire/vote";
import * as header from "../wire/header";
import * as batch from "../crypto/batch";
import * as cell from "./cell";
import * as block from "./block";
import * as votes from "./votes";
import * as nulls from "./nulls";
import { STATEMENTS } from "./cell";

/** Copies the signatures of `mask` from a set to `out`, in signer order; returns their bytes. */
function signatures(out: usize, set: usize, mask: u32): u32 {
  let p = out;
  for (let rest = mask; rest != 0; rest &= rest - 1) {
    memory.copy(p, votes.signature(set, ctz(rest)), 64);
    p += 64;
  }
  return <u32>(p - out);
}

function start(out: usize, k: u32): void {
  store<u8>(out, k);
  store<u32>(out + wire.EPOCH, cell.epoch());
}

/** Writes NOTAR of a set, signed by `mask`; returns its length. */
export function notar(out: usize, set: usize, mask: u32): u32 {
  start(out, kind.NOTAR_CERTIFICATE);
  store<u32>(out + wire.VIEW, votes.viewOf(set));
  memory.copy(out + wire.DIGEST, votes.digest(set), 32);
  store<u32>(out + wire.SIGNERS, mask);
  store<u32>(out + wire.NOTAR_F, mask & votes.finalizing(set));
  return wire.NOTAR_SIGNATURES + signatures(out + wire.NOTAR_SIGNATURES, set, mask);
}

/** Writes FINAL of block s if one set alone proves it, form (a) or (b); returns its length, or 0. */
export function final(out: usize, s: usize): u32 {
  for (let set = votes.first(); set != 0; set = votes.next(set)) {
    const k = votes.kindOf(set);
    if (k == kind.FINALIZE && votes.viewOf(set) == block.view(s) && cell.same32(votes.digest(set), s)) {
      if (<u32>popcnt(votes.verified(set)) < cell.quorum()) continue;
      const mask = votes.lowest(votes.verified(set), cell.quorum());
      start(out, kind.FINAL_CERTIFICATE);
      store<u32>(out + wire.VIEW, block.view(s));
      memory.copy(out + wire.DIGEST, s, 32);
      store<u32>(out + wire.SIGNERS, mask);
      return wire.FINAL_SIGNATURES + signatures(out + wire.FINAL_SIGNATURES, set, mask);
    }
    const good = votes.verified(set) & votes.finalizing(set);
    if (k != kind.NOTARIZE || <u32>popcnt(good) < cell.quorum()) continue;
    const child = block.find(votes.digest(set));
    if (child == 0 || !block.is(child, block.HEADER) || !cell.same32(block.parent(child), s)) continue;
    const mask = votes.lowest(good, cell.quorum());
    start(out, kind.FINAL_BY_CHILD);
    memory.copy(out + wire.CHILD, block.head(child), header.SIZE);
    store<u32>(out + wire.CHILD_SIGNERS, mask);
    return wire.CHILD_SIGNATURES + signatures(out + wire.CHILD_SIGNATURES, set, mask);
  }
  return 0;
}

/** Writes a NULL certificate that covers `view`; returns its length, or 0 when the votes held prove none. */
export function nullified(out: usize, view: u32): u32 {
  const mask = votes.lowest(nulls.settle(nulls.covering(view), cell.quorum()), cell.quorum());
  if (mask == 0) return 0;
  start(out, kind.NULL_CERTIFICATE);
  store<u32>(out + wire.NULL_SIGNERS, mask);
  let p = out + wire.NULL_VOTES;
  for (let rest = mask; rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    store<u32>(p, nulls.fromOf(i));
    store<u32>(p, nulls.toOf(i), 4);
    memory.copy(p + 8, nulls.signature(i), 64);
    p += wire.NULL_STRIDE;
  }
  return <u32>(p - out);
}

/** Where the bitmap of signers stands in a certificate of kind k. */
function signersAt(k: u32): u32 {
  return k == kind.NULL_CERTIFICATE ? wire.NULL_SIGNERS : k == kind.FINAL_BY_CHILD ? wire.CHILD_SIGNERS : wire.SIGNERS;
}

/** Where the signatures of a certificate of kind k begin. */
function signaturesAt(k: u32): u32 {
  if (k == kind.NULL_CERTIFICATE) return wire.NULL_VOTES;
  if (k == kind.FINAL_BY_CHILD) return wire.CHILD_SIGNATURES;
  return k == kind.NOTAR_CERTIFICATE ? wire.NOTAR_SIGNATURES : wire.FINAL_SIGNATURES;
}

/** True when n bytes at p have the shape of a certificate of this cell and epoch: a quorum of known signers, and just their bytes. */
export function check(p: usize, n: u32): bool {
  const k: u32 = load<u8>(p);
  const first = signaturesAt(k);
  if (n < first || load<u32>(p + wire.EPOCH) != cell.epoch()) return false;
  const mask = load<u32>(p + signersAt(k));
  const signers: u32 = popcnt(mask);
  const each: u32 = k == kind.NULL_CERTIFICATE ? wire.NULL_STRIDE : 64;
  return signers >= cell.quorum() && <u32>32 - <u32>clz(mask) <= cell.n() && n == first + signers * each;
}

/** Checks all signatures of a certificate of one statement: `plain` is what signers without F signed, `f` what those with F did. */
function holds(p: usize, plain: u32, f: u32, view: u32, digest: usize): bool {
  const k: u32 = load<u8>(p);
  const withF = k == kind.NOTAR_CERTIFICATE ? load<u32>(p + wire.NOTAR_F) : 0;
  let sig = p + signaturesAt(k);
  vote.statement(<u32>STATEMENTS, plain, view, <u32>digest);
  vote.statement(<u32>STATEMENTS + 48, f, view, <u32>digest);
  const mask = load<u32>(p + signersAt(k));
  batch.begin();
  for (let rest = mask; rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    batch.addCached(cell.key(i), STATEMENTS + ((withF >> i) & 1) * 48, vote.SIGNED_SIZE, sig);
    sig += 64;
  }
  count(VOTES_VERIFIED, popcnt(mask));
  return batch.run() == 0;
}

/** True when every signature of the NOTAR certificate at p verifies. Its votes then join their set, if there is room for it. */
export function notarHolds(p: usize, current: u32, top: u32): bool {
  const v = load<u32>(p + wire.VIEW);
  if (!holds(p, kind.NOTARIZE, kind.NOTARIZE_F, v, p + wire.DIGEST)) return false;
  const set = votes.obtain(kind.NOTARIZE, v, p + wire.DIGEST, current, top);
  let sig = p + wire.NOTAR_SIGNATURES;
  if (set == 0) return true;
  for (let rest = load<u32>(p + wire.SIGNERS); rest != 0; rest &= rest - 1) {
    const i: u32 = ctz(rest);
    votes.add(set, i, ((load<u32>(p + wire.NOTAR_F) >> i) & 1) != 0, sig, true);
    sig += 64;
  }
  return true;
}

/** True when every signature of the FINAL certificate (a) or (b) at p verifies; for (b), `child` is the digest of its child header. */
export function finalHolds(p: usize, child: usize): bool {
  if (load<u8>(p) == kind.FINAL_CERTIFICATE)
    return holds(p, kind.FINALIZE, kind.FINALIZE, load<u32>(p + wire.VIEW), p + wire.DIGEST);
  return holds(p, kind.NOTARIZE_F, kind.NOTARIZE_F, load<u32>(p + wire.CHILD + header.VIEW), child);
}

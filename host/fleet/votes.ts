// Votes of the whole fleet, added up: which block has a quorum of notarizations, which of finalizations, and whether the
// blocks that have one form a chain.
//
//   vote (view, digest, signer) ──> tally ── q signers ──> notarized ──┐
//   NOTARIZE_F of a child ──> finalization of its parent ── q ──> final ┴──> every notarized block above a final one
//                                                                          descends from it
//
// A vote counts when its signer made it durable or sent it, whoever heard it: what a quorum said could become a
// certificate at any time. Rule: blocks are known by (view, digest); headers only join them, in whatever order they come.

import { fromLatin1, hex as hexOf, u32 } from "../device/bytes.ts";
import * as header from "../../firmware/wire/header.ts";

export interface Block {
  readonly view: number;
  readonly digest: string;
}

export interface Header extends Block {
  readonly height: number;
  readonly proposer: number;
  readonly parentView: number;
  readonly parent: string;
}

/** A header (latin1 string of 128) as an object. */
export function readHeader(digest: string, bytes: string): Header {
  const b = fromLatin1(bytes);
  return {
    view: u32(b, header.VIEW),
    digest,
    height: u32(b, header.HEIGHT),
    proposer: b[header.PROPOSER],
    parentView: u32(b, header.PARENT_VIEW),
    parent: bytes.slice(header.PARENT, header.PARENT + 32),
  };
}

export const idOf = (view: number, digest: string): string => `${view} ${digest}`;

const bits = (x: number): number => {
  let n = 0;
  for (; x !== 0; x &= x - 1) n++;
  return n;
};

export class Votes {
  readonly #quorum: number;
  readonly #broken: (sentence: string) => void;
  readonly #notarize = new Map<string, number>(); // id -> bitmap of signers
  readonly #finalize = new Map<string, number>();
  readonly #childF = new Map<string, number>(); // id of a child -> signers of NOTARIZE_F for it
  readonly #nullify = new Map<string, readonly [from: number, to: number, signer: number]>();
  readonly #headers = new Map<string, Header>(); // digest -> header
  readonly #digests = new Map<string, string>(); // header bytes -> digest
  #notarized: Block[] = []; // those above the highest final but a margin
  readonly #notarizedIn = new Map<number, string>(); // view -> digest
  #finals: Block[] = []; // by view
  readonly #isFinal = new Set<string>(); // ids
  #unjoined: [Block, Block][] = []; // [final, above]: headers missing between them

  /** `broken` is told each conflict once, in a sentence. */
  constructor(quorum: number, broken: (sentence: string) => void) {
    this.#quorum = quorum;
    this.#broken = broken;
  }

  header(digest: string): Header | undefined {
    return this.#headers.get(digest);
  }

  /** Digest of the block with this header; undefined as long as no device has stored it. */
  digestOf(headerBytes: string): string | undefined {
    return this.#digests.get(headerBytes);
  }

  notarizers(view: number, digest: string): number {
    return this.#notarize.get(idOf(view, digest)) ?? 0;
  }

  finalizers(view: number, digest: string): number {
    return this.#finalize.get(idOf(view, digest)) ?? 0;
  }

  /** Signers whose vote for this child finalized its parent. */
  childFinalizers(view: number, digest: string): number {
    return this.#childF.get(idOf(view, digest)) ?? 0;
  }

  /** A device stored a block: its header is known from now on. */
  learn(digest: string, bytes: string): void {
    const known = this.#digests.get(bytes);
    if (known !== undefined) {
      if (known !== digest) this.#broken(`one header has two digests, ${hex(known)} and ${hex(digest)}`);
      return;
    }
    const head = readHeader(digest, bytes);
    this.#digests.set(bytes, digest);
    this.#headers.set(digest, head);
    const signers = this.#childF.get(idOf(head.view, digest));
    if (signers !== undefined) this.#addFinalize(head.parentView, head.parent, signers);
    if (this.#unjoined.length !== 0) {
      const again = this.#unjoined;
      this.#unjoined = [];
      for (const [final, above] of again) this.#join(final, above);
    }
  }

  /** `signer` voted NOTARIZE for (view, digest); with `f` it finalized the parent too. */
  notarize(signer: number, view: number, digest: string, f: boolean): void {
    const id = idOf(view, digest);
    const before = this.#notarize.get(id) ?? 0;
    const after = before | (1 << signer);
    if (after !== before) {
      this.#notarize.set(id, after);
      if (bits(after) >= this.#quorum && bits(before) < this.#quorum) this.#becomesNotarized({ view, digest });
    }
    if (!f) return;
    const finalizers = (this.#childF.get(id) ?? 0) | (1 << signer);
    this.#childF.set(id, finalizers);
    const head = this.#headers.get(digest);
    if (head !== undefined) this.#addFinalize(head.parentView, head.parent, finalizers);
  }

  finalize(signer: number, view: number, digest: string): void {
    this.#addFinalize(view, digest, 1 << signer);
  }

  /** `signer` gave up the views from..to. */
  nullify(signer: number, from: number, to: number): void {
    this.#nullify.set(`${signer} ${from} ${to}`, [from, to, signer]);
  }

  /** The first view between two (both left out) that no quorum gave up; 0 when there is none. */
  notGivenUp(below: number, above: number): number {
    for (let view = below + 1; view < above; view++) {
      let signers = 0;
      for (const [from, to, signer] of this.#nullify.values()) if (from <= view && view <= to) signers |= 1 << signer;
      if (bits(signers) < this.#quorum) return view;
    }
    return 0;
  }

  /** True when a quorum finalized this block or a descendant of it. */
  isFinal(view: number, digest: string): boolean {
    if (this.#isFinal.has(idOf(view, digest))) return true;
    for (let i = this.#finals.length - 1; i >= 0 && this.#finals[i].view > view; i--) {
      const above = this.#ancestorAt(this.#finals[i], view);
      if (above !== null && above.view === view && above.digest === digest) return true;
    }
    return false;
  }

  /** Forgets what lies below `view`. */
  prune(view: number): void {
    for (const map of [this.#notarize, this.#finalize, this.#childF]) {
      for (const id of map.keys()) if (Number.parseInt(id, 10) < view) map.delete(id);
    }
    for (const [name, [, to]] of this.#nullify) if (to < view) this.#nullify.delete(name);
    for (const [bytes, digest] of this.#digests) {
      if ((this.#headers.get(digest)?.view ?? 0) >= view) continue;
      this.#headers.delete(digest);
      this.#digests.delete(bytes);
    }
    for (const v of this.#notarizedIn.keys()) if (v < view) this.#notarizedIn.delete(v);
    this.#notarized = this.#notarized.filter((block) => block.view >= view);
    this.#finals = this.#finals.filter((block) => block.view >= view);
    this.#unjoined = this.#unjoined.filter(([final]) => final.view >= view);
    for (const id of this.#isFinal) if (Number.parseInt(id, 10) < view) this.#isFinal.delete(id);
  }

  #addFinalize(view: number, digest: string, signers: number): void {
    if (view === 0) return; // the genesis is final by itself
    const id = idOf(view, digest);
    const before = this.#finalize.get(id) ?? 0;
    const after = before | signers;
    if (after === before) return;
    this.#finalize.set(id, after);
    if (bits(after) < this.#quorum || this.#isFinal.has(id)) return;
    const block = { view, digest };
    this.#isFinal.add(id);
    for (const above of this.#notarized) if (above.view >= view) this.#join(block, above);
    for (const other of this.#finals) {
      if (other.view >= view) this.#join(block, other);
      else this.#join(other, block);
    }
    let at = this.#finals.length;
    while (at > 0 && this.#finals[at - 1].view > view) at--;
    this.#finals.splice(at, 0, block);
    // Older finals are ancestors of this one: the chain above them hangs on it. A margin for votes that come late.
    if (this.#finals.length > 8) this.#finals.shift();
    const low = this.#finals[0].view;
    if (this.#notarized.length > 64) this.#notarized = this.#notarized.filter((b) => b.view >= low);
  }

  #becomesNotarized(block: Block): void {
    const other = this.#notarizedIn.get(block.view);
    if (other !== undefined && other !== block.digest) {
      this.#broken(`view ${block.view} has two notarized blocks, ${hex(other)} and ${hex(block.digest)}`);
    }
    this.#notarizedIn.set(block.view, block.digest);
    this.#notarized.push(block);
    for (const final of this.#finals) if (final.view <= block.view) this.#join(final, block);
  }

  /** Checks that `above` descends from `final`, or keeps the question until the headers between are known. */
  #join(final: Block, above: Block): void {
    const ancestor = this.#ancestorAt(above, final.view);
    if (ancestor === null) this.#unjoined.push([final, above]);
    else if (ancestor.view !== final.view || ancestor.digest !== final.digest) {
      this.#broken(
        `block ${hex(above.digest)} of view ${above.view} has a quorum but does not descend from block ` +
          `${hex(final.digest)}, which a quorum finalized in view ${final.view}`,
      );
    }
  }

  /** The lowest ancestor of `block`, itself included, whose child lies above `view`; null when a header is missing. */
  #ancestorAt(block: Block, view: number): Block | null {
    let at = block;
    while (at.view > view) {
      const head = this.#headers.get(at.digest);
      if (head === undefined) return null;
      if (head.parentView >= at.view) return { view: -1, digest: "" }; // no honest device stores such a header
      at = { view: head.parentView, digest: head.parent };
    }
    return at;
  }
}

/** The first four bytes of a digest, for people. */
export function hex(digest: string): string {
  return hexOf(fromLatin1(digest.slice(0, 4)));
}

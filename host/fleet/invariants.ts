// What must hold in every run, checked after every event from what devices do: program flash, send frames, report commits.
//
//   STORE, ERASE ──> Durable (per device) ─┐
//   SEND ──> air.voteIn ───────────────────┼──> Invariants ──> violations: rule, seed, time, sentence
//   EVENT (COMMIT, NOTARIZED, EXECUTED) ───┘         └─ Votes: tallies of the whole fleet
//
// Only honest devices can break a rule; what villains do counts in the tallies. Rule: a check reads what this event
// changed, never the whole flash, so that checking costs less than the devices do.

import { latin1, u32, u64 } from "../device/bytes.ts";
import * as air from "./air.ts";
import { Book } from "./book.ts";
import { Durable, headerOf, type Log, type Safety } from "./durable.ts";
import type { Flash } from "./flash.ts";
import { hex, Votes } from "./votes.ts";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as event from "../../firmware/wire/event.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as record from "../../firmware/wire/record.ts";

/** The rules, each with what it says. */
export const RULES = {
  agreement: "no two honest devices commit different blocks at one height",
  chain: "a block with a quorum of votes descends from every block that a quorum finalized below it",
  quorum: "a certificate, and every commit, rests on votes of a quorum of distinct signers",
  gap: "a vote for a block skips only views that a quorum gave up",
  journal: "a vote is sent only when its safety record is in flash",
  body: "a vote for a block is sent only when the block's body is in flash; a final body is in flash at f+1 honest devices",
  certificate: "a vote that finalizes is sent only when the certificate of that view is in flash",
  contradiction: "no honest device ever sends two votes that contradict each other, restarts included",
  root: "all honest devices have the same state root after the same block",
  supply: "the sum of all balances never changes",
  flash: "flash holds what was stored: a device never programs over what is not erased",
  trap: "no input makes an honest device trap",
  recovery: "an honest device recovers from every power cut as a voter",
  rest: "an honest device comes to rest when nothing happens",
  member: "a member never sends a vote, and trusts only what a quorum finalized and validators executed",
} as const;

export type Rule = keyof typeof RULES;

export interface Violation {
  readonly rule: Rule;
  readonly seed: number;
  readonly timeMs: number;
  readonly device: number;
  readonly sentence: string;
}

export interface Options {
  readonly n: number;
  readonly seed: number;
  /** Sum of the opening balances. */
  readonly supply: bigint;
  readonly honest: readonly boolean[];
  /** Told when a villain sends a vote that contradicts an earlier vote of its own. */
  readonly contradicted?: (device: number) => void;
  /** Told of each violation as it is found. */
  readonly told?: (violation: Violation) => void;
}

/** The digest of a record that only says that its view is taken. */
const UNKNOWN = "\0".repeat(32);

export class Invariants {
  readonly violations: Violation[] = [];
  readonly votes: Votes;
  readonly watched: Watched[] = [];
  readonly books: Book[] = [];
  /** Virtual time of the event under way. */
  nowMs = 0;
  readonly quorum: number;
  readonly f: number;
  readonly #options: Options;
  /** Honest devices that hold a final body at least: f + 1, fewer where more than f lie. */
  #holders: number;
  readonly #honest: boolean[];
  readonly #committed = new Map<number, { digest: string; device: number }>();
  readonly #roots = new Map<number, { root: string; device: number }>();

  constructor(options: Options) {
    const { n } = options;
    this.#options = options;
    this.f = Math.floor((n - 1) / 3);
    this.quorum = Math.floor((2 * n) / 3) + 1;
    this.#honest = [...options.honest];
    this.#holders = this.#holdersNow();
    this.votes = new Votes(this.quorum, (sentence) => this.broken("chain", -1, sentence));
    for (let i = 0; i < options.honest.length; i++) this.books.push(new Book());
  }

  /** Starts watching a running copy of device `index`. */
  watch(index: number, flash: Flash): Watched {
    const watched = new Watched(this, index, this.#honest[index] === true, index >= this.#options.n, flash);
    this.watched.push(watched);
    return watched;
  }

  /** A device keeps the rules no more: what it does from now on counts as a villain's. */
  turned(device: number): void {
    this.#honest[device] = false;
    for (const watched of this.watched) if (watched.index === device) watched.honest = false;
    this.#holders = this.#holdersNow();
  }

  contradicted(device: number): void {
    this.#options.contradicted?.(device);
  }

  broken(rule: Rule, device: number, sentence: string): void {
    if (this.violations.length >= 32) return;
    const who = device < 0 ? "" : `device ${device} `;
    const violation = { rule, seed: this.#options.seed, timeMs: this.nowMs, device, sentence: who + sentence };
    this.violations.push(violation);
    this.#options.told?.(violation);
  }

  #holdersNow(): number {
    const villains = this.#honest.filter((honest) => !honest).length;
    return Math.min(this.f + 1, Math.max(0, this.quorum - villains));
  }

  /** An honest device calls the block final. */
  committed(device: number, height: number, view: number, digest: string): void {
    const known = this.#committed.get(height);
    if (known !== undefined) {
      if (known.digest === digest) return;
      const other = `where device ${known.device} committed ${hex(known.digest)}`;
      return this.broken("agreement", device, `committed block ${hex(digest)} at height ${height}, ${other}`);
    }
    this.#committed.set(height, { digest, device });
    if (!this.votes.isFinal(view, digest)) {
      this.broken("quorum", device, `committed block ${hex(digest)} of view ${view}, which no quorum finalized`);
    }
    const holders = new Set(this.watched.filter((w) => w.honest && w.durable.hasBody(digest)).map((w) => w.index));
    if (holders.size < this.#holders) {
      const held = `its body is in flash at ${holders.size} honest devices, at least ${this.#holders} must hold it`;
      this.broken("body", device, `committed block ${hex(digest)} of height ${height}, but ${held}`);
    }
    if (this.#committed.size % 256 === 0) this.#prune();
  }

  /** An honest device executed a block. */
  executed(device: number, height: number, root: string, supply: bigint): void {
    const known = this.#roots.get(height);
    if (known === undefined) this.#roots.set(height, { root, device });
    else if (known.root !== root) {
      const other = `device ${known.device} has ${hex(known.root)}`;
      this.broken("root", device, `has state root ${hex(root)} after height ${height}; ${other}`);
    }
    if (supply !== this.#options.supply) {
      const sum = `the balances sum to ${supply}, they began with ${this.#options.supply}`;
      this.broken("supply", device, `after height ${height}: ${sum}`);
    }
  }

  /** An honest member trusts this. */
  trusted(device: number, height: number, view: number, digest: string, executed: number, root: string): void {
    const known = this.#committed.get(height);
    if (known !== undefined && known.digest !== digest) {
      const other = `where device ${known.device} committed ${hex(known.digest)}`;
      return this.broken("agreement", device, `trusts block ${hex(digest)} at height ${height}, ${other}`);
    }
    if (known === undefined && !this.votes.isFinal(view, digest))
      this.broken("member", device, `trusts block ${hex(digest)} of view ${view}, which no quorum finalized`);
    const state = this.#roots.get(executed);
    if (executed !== 0 && state?.root !== root) {
      const other = state === undefined ? "nobody executed it" : `device ${state.device} has ${hex(state.root)}`;
      this.broken("member", device, `trusts state root ${hex(root)} after height ${executed}; ${other}`);
    }
  }

  /** Votes and roots far below what every honest device calls final cannot matter any more. */
  #prune(): void {
    const finals = this.watched.filter((w) => w.honest && !w.member).map((w) => w.durable.finalView);
    const view = Math.min(...finals) - 256;
    if (view <= 0) return;
    this.votes.prune(view);
    for (const book of this.books) book.prune(view);
    for (const watched of this.watched) watched.prune(view);
    const low = Math.max(...this.#committed.keys()) - 4096;
    for (const map of [this.#committed, this.#roots])
      for (const height of map.keys()) if (height < low) map.delete(height);
  }
}

/** One running copy of a device: its flash and what it says. A twin has two of them. */
export class Watched {
  readonly durable: Durable;
  readonly index: number;
  honest: boolean;
  /** It belongs to the cell without voting. */
  readonly member: boolean;
  readonly #all: Invariants;
  /** Votes that were durable once, and their views: their records may be gone when the view is final. */
  readonly #once = new Map<string, number>();

  constructor(all: Invariants, index: number, honest: boolean, member: boolean, flash: Flash) {
    this.#all = all;
    this.member = member;
    this.index = index;
    this.honest = honest;
    this.durable = new Durable(flash, { safety: (r) => this.#safety(r), log: (r) => this.#log(r) });
  }

  /** n bytes were programmed; `kept`: the flash now holds what was asked. */
  stored(region: number, offset: number, n: number, kept: boolean): void {
    if (!kept && this.honest) {
      const where = `${n} bytes at offset ${offset} of region ${region}`;
      this.#all.broken("flash", this.index, `stored ${where}, where the flash is not erased or does not exist`);
    }
    this.durable.stored(region, offset, n);
  }

  erased(region: number, sector: number): void {
    this.durable.erased(region, sector);
  }

  /** A frame left the device. */
  sent(frame: Uint8Array): void {
    const vote = air.voteIn(frame);
    if (vote !== null && this.member)
      return this.#all.broken("member", this.index, `sent a vote of validator ${vote.signer} in view ${vote.view}`);
    if (vote === null || vote.signer !== this.index) return; // relayed votes are their signers'
    const { kind: k, view, to } = vote;
    if (k === kind.NULLIFY) return this.#nullify(view, to);
    const digest = vote.header === "" ? vote.digest : this.#all.votes.digestOf(vote.header);
    if (digest === undefined) {
      if (this.honest)
        this.#all.broken("body", this.index, `proposed in view ${view} a block that nobody has in flash`);
      return;
    }
    if (k === kind.FINALIZE) {
      this.#all.votes.finalize(this.index, view, digest);
      this.#finalize(view, digest, this.honest && !this.#finalizeRecorded(view, digest));
    } else {
      this.#all.votes.notarize(this.index, view, digest, k === kind.NOTARIZE_F);
      this.#notarize(view, digest, k === kind.NOTARIZE_F);
    }
  }

  event(number: number, b: Uint8Array): void {
    if (!this.honest) return;
    if (number === event.COMMIT && b.length >= 48) {
      this.#all.committed(this.index, u32(b, 0), u32(b, 4), latin1(b, 16, 48));
    } else if (number === event.TRUSTED && b.length >= 80) {
      this.#all.trusted(this.index, u32(b, 0), u32(b, 4), latin1(b, 16, 48), u32(b, 8), latin1(b, 48, 80));
    } else if (number === event.EXECUTED && b.length >= 48) {
      this.#all.executed(this.index, u32(b, 0), latin1(b, 8, 40), u64(b, 40));
    } else if (number === event.NOTARIZED && b.length >= 40) {
      this.#quorum("calls notarized", u32(b, 0), latin1(b, 8, 40));
    }
  }

  prune(view: number): void {
    for (const [name, of] of this.#once) if (of < view) this.#once.delete(name);
  }

  /** True when the vote's record was durable once and what stands in flash now says more: a final block, a later vote. */
  #past(name: string, view: number, k: number): boolean {
    if (!this.#once.has(name)) return false;
    return this.durable.finalView >= view || (k !== kind.NULLIFY && this.durable.highest(k) >= view);
  }

  #contradicts(sentence: string | null): void {
    if (sentence === null) return;
    if (this.honest) this.#all.broken("contradiction", this.index, sentence);
    else this.#all.contradicted(this.index);
  }

  #notarize(view: number, digest: string, f: boolean): void {
    const { durable } = this;
    this.#contradicts(this.#all.books[this.index].notarize(view, digest));
    const head = this.#all.votes.header(digest);
    if (this.honest) {
      const what = `sent NOTARIZE${f ? " F=1" : ""} for block ${hex(digest)} of view ${view}`;
      if (
        !durable.hasNotarize(view, digest, f) &&
        !this.#past(`N${f ? "F" : ""}${view} ${digest}`, view, kind.NOTARIZE)
      ) {
        this.#all.broken("journal", this.index, `${what} without a record of it in flash`);
      }
      if (!durable.hasBody(digest) && durable.finalView < view) {
        this.#all.broken("body", this.index, `${what} without its body in flash`);
      }
      const skipped = head === undefined ? 0 : this.#all.votes.notGivenUp(head.parentView, view);
      if (skipped !== 0) {
        const gap = `whose parent is of view ${head!.parentView}; no quorum gave up view ${skipped}`;
        this.#all.broken("gap", this.index, `${what}, ${gap}`);
      }
    }
    if (f && head !== undefined && head.parentView !== 0) this.#finalize(head.parentView, head.parent, false);
  }

  #finalize(view: number, digest: string, unrecorded: boolean): void {
    const { durable } = this;
    this.#contradicts(this.#all.books[this.index].finalize(view, digest));
    const what = `finalized block ${hex(digest)} of view ${view}`;
    if (unrecorded) this.#all.broken("journal", this.index, `${what} without a record of it in flash`);
    if (!this.honest || this.durable.finalView >= view) return;
    if (!durable.hasBody(digest)) this.#all.broken("body", this.index, `${what} without its body in flash`);
    if (!durable.hasCertificate(view)) {
      this.#all.broken("certificate", this.index, `${what} without a certificate of that view in flash`);
    }
  }

  #finalizeRecorded(view: number, digest: string): boolean {
    if (this.durable.hasFinalize(view, digest)) return true;
    for (const child of this.durable.finalizing(view)) {
      const head = this.#all.votes.header(child.digest);
      if (head === undefined || head.parent === digest) return true;
    }
    return this.#past(`F${view} ${digest}`, view, kind.FINALIZE) || this.#past(`P${view}`, view, kind.FINALIZE);
  }

  #nullify(from: number, to: number): void {
    this.#all.votes.nullify(this.index, from, to);
    this.#contradicts(this.#all.books[this.index].nullify(from, to));
    if (!this.honest || this.durable.hasNullify(from, to) || this.#past(`S${from} ${to}`, to, kind.NULLIFY)) return;
    this.#all.broken("journal", this.index, `sent NULLIFY ${from}..${to} without a record of it in flash`);
  }

  /** A safety record became durable: its signer may use that vote from now on, whatever else happens. */
  #safety({ kind: k, f, view, to, digest }: Safety): void {
    const { votes } = this.#all;
    if (k === kind.NULLIFY) {
      votes.nullify(this.index, view, to);
      this.#once.set(`S${view} ${to}`, to);
    } else if (k === kind.FINALIZE) {
      if (digest === UNKNOWN) return; // after a restart: "something was finalized in this view"
      votes.finalize(this.index, view, digest);
      this.#once.set(`F${view} ${digest}`, view);
    } else {
      votes.notarize(this.index, view, digest, f);
      this.#once.set(`N${view} ${digest}`, view);
      if (!f) return;
      this.#once.set(`NF${view} ${digest}`, view);
      this.#once.set(`P${to}`, to);
    }
  }

  #log({ kind: k, view, height, digest, payload }: Log): void {
    if (k === record.LOG_BLOCK) {
      const head = headerOf(payload);
      if (head !== "") this.#all.votes.learn(digest, head);
    } else if (!this.honest) return;
    else if (k === record.LOG_COMMIT) this.#all.committed(this.index, height, view, digest);
    else if (k === record.LOG_NOTAR && payload.length >= certificate.NOTAR_SIGNATURES) {
      const signers = u32(payload, certificate.SIGNERS);
      this.#signers("NOTAR", view, digest, signers, this.#all.votes.notarizers(view, digest));
    } else if (k === record.LOG_FINAL && payload[0] === kind.FINAL_CERTIFICATE) {
      const signers = u32(payload, certificate.SIGNERS);
      this.#signers("FINAL", view, digest, signers, this.#all.votes.finalizers(view, digest));
    } else if (k === record.LOG_FINAL && payload[0] === kind.FINAL_BY_CHILD) {
      const child = this.#all.votes.digestOf(latin1(payload, certificate.CHILD, certificate.CHILD_SIGNERS));
      if (child === undefined) return;
      const signers = u32(payload, certificate.CHILD_SIGNERS);
      const { view: childView } = this.#all.votes.header(child)!;
      this.#signers("FINAL", view, digest, signers, this.#all.votes.childFinalizers(childView, child));
    }
  }

  /** A certificate in flash: enough signers, and each of them made that vote. */
  #signers(name: string, view: number, digest: string, signers: number, voted: number): void {
    const what = `stored a ${name} certificate of view ${view}, block ${hex(digest)},`;
    let count = 0;
    for (let i = 0; i < 32; i++) {
      if ((signers & (1 << i)) === 0) continue;
      count++;
      if ((voted & (1 << i)) === 0)
        this.#all.broken("quorum", this.index, `${what} that names device ${i}, which never voted so`);
    }
    if (count < this.#all.quorum) {
      this.#all.broken("quorum", this.index, `${what} of ${count} signers; a quorum is ${this.#all.quorum}`);
    }
  }

  #quorum(says: string, view: number, digest: string): void {
    let count = 0;
    for (let voted = this.#all.votes.notarizers(view, digest); voted !== 0; voted &= voted - 1) count++;
    if (count >= this.#all.quorum || this.durable.finalView >= view) return;
    const sum = `${count} devices voted for it, a quorum is ${this.#all.quorum}`;
    this.#all.broken("quorum", this.index, `${says} block ${hex(digest)} of view ${view}, but ${sum}`);
  }
}

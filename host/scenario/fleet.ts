// A fleet as a scenario handles it: deeds in the order in which they are written, and waiting for what must come.
//
//   fleet.device(2).kill(); ── queued ──> until, advance, check: first the deeds, then time passes, then the predicate is asked
//
// Deeds need no `await`: one that is refused fails the next until, advance or check. One that is awaited fails right there.
//
// Rule: everything goes through Target, so the same sentences hold for a simulation, for processes and for a fleet elsewhere.

import * as request from "../../firmware/wire/request.ts";
import { fromHex } from "../device/bytes.ts";
import type { Deed } from "../tape/deed.ts";
import { sentence } from "../tape/deed.ts";
import * as query from "../target/query.ts";
import { Ledger } from "../target/probe.ts";
import { seenOf, type Seen } from "../target/seen.ts";
import type { Reply, Target } from "../target/target.ts";
import * as words from "../wire/words.ts";
import type { Predicate, View } from "./predicate.ts";
import { Failure, portrait } from "./failure.ts";

export interface Limits {
  /** The fleet's milliseconds that a predicate may take to hold. */
  readonly limitMs?: number;
}

/** Time between two looks: a simulation is asked often, processes as often as they can change much. */
const STEP_MS = { sim: 5, posix: 20, remote: 20 } as const;
const LIMIT_MS = 60_000;

/** Something that was asked of the fleet. It is done in its turn; what it gives can be awaited. */
export class Pending<T> implements PromiseLike<T> {
  /** True when somebody waits for it, who then hears of its refusal. */
  heard = false;
  readonly #done: Promise<T>;

  constructor(done: Promise<T>) {
    this.#done = done;
    done.catch(() => undefined);
  }

  then<A = T, B = never>(
    resolved?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.heard = true;
    return this.#done.then(resolved, rejected);
  }
}

export class Fleet {
  readonly n: number;
  readonly target: Target;
  readonly #seen: Seen;
  readonly #ledger: Ledger;
  readonly #devices: Device[];
  readonly #limitMs: number;
  readonly #before: number;
  #last: Promise<unknown> = Promise.resolve();
  /** Refusals of deeds that nobody waits for yet. */
  #refused: { pending: Pending<unknown>; problem: unknown; what: string }[] = [];

  constructor(target: Target, { limitMs = LIMIT_MS }: Limits = {}) {
    this.target = target;
    this.n = target.n;
    this.#seen = seenOf(target.log);
    this.#ledger = new Ledger(this.#seen);
    this.#limitMs = limitMs;
    this.#before = this.#seen.violations.length;
    this.#devices = Array.from({ length: target.n }, (_, i) => new Device(this, i, this.#seen));
  }

  /** The fleet's time, milliseconds. */
  get nowMs(): number {
    return this.target.nowMs;
  }

  /** Highest block that is final at some device. */
  get height(): number {
    return this.#seen.height;
  }

  /** Invariants that broke since the scenario began, as sentences. */
  get violations(): string[] {
    return this.#seen.violations.slice(this.#before).map(({ rule, sentence }) => `${rule}: ${sentence}`);
  }

  device(index: number): Device {
    const device = this.#devices[index];
    if (device === undefined) throw new Failure(`there is no device ${index}: this fleet has 0 to ${this.n - 1}`);
    return device;
  }

  /** Lets the radio fall apart: `fleet.split([[0, 1], [2, 3]])`. A device in no group is alone. */
  split(groups: readonly (readonly number[])[]): Pending<void> {
    return this.do({ do: "split", groups });
  }

  /** Everybody hears everybody again. */
  heal(): Pending<void> {
    return this.do({ do: "heal" });
  }

  /** Does a deed, after those before it. */
  do(deed: Deed): Pending<void> {
    return this.queue(sentence(deed), () => this.target.do(deed));
  }

  /** Lets `ms` of the fleet's time pass. */
  async advance(ms: number): Promise<void> {
    await this.#settle();
    await this.target.advance(ms);
    this.#unbroken();
  }

  /** Lets time pass until the predicate holds; throws a Failure when it did not within `limitMs` of the fleet's time. */
  async until(predicate: Predicate, { limitMs = this.#limitMs }: Limits = {}): Promise<void> {
    await this.#settle(predicate);
    const { target } = this;
    const fromMs = target.nowMs;
    const endMs = fromMs + limitMs;
    const view = this.#view();
    for (;;) {
      this.#unbroken();
      if (predicate.holds(view)) return;
      const waited = `after ${((target.nowMs - fromMs) / 1000).toFixed(1)} s of waiting for ${predicate.sentence}`;
      const never = predicate.never?.(view) ?? null;
      if (never !== null) throw this.#failure(`${waited}: ${never}`);
      if (target.nowMs >= endMs) throw this.#failure(`${waited}: it did not come`);
      await target.advance(Math.min(STEP_MS[target.kind], endMs - target.nowMs));
    }
  }

  /** Fails unless the predicate holds now. */
  async check(predicate: Predicate): Promise<void> {
    await this.#settle(predicate);
    this.#unbroken();
    const view = this.#view();
    const why = predicate.never?.(view) ?? null;
    if (!predicate.holds(view)) throw this.#failure(`expected ${predicate.sentence}${why === null ? "" : `: ${why}`}`);
  }

  /** Waits for all deeds, and fails when one was refused or an invariant broke: the end of every scenario. */
  async finish(): Promise<void> {
    await this.#settle();
    this.#unbroken();
  }

  /** For devices: does something after all that was asked before. */
  queue<T>(what: string, work: () => Promise<T>): Pending<T> {
    const done = this.#last.then(work);
    const pending = new Pending(done);
    this.#last = done.catch((problem: unknown) => void this.#refused.push({ pending, problem, what }));
    return pending;
  }

  close(): void {
    this.#ledger.close();
  }

  #view(): View {
    return { seen: this.#seen, ledger: this.#ledger, target: this.target };
  }

  async #settle(predicate?: Predicate): Promise<void> {
    const ready = Promise.resolve(predicate?.ready);
    ready.catch(() => undefined); // heard below
    await this.#last;
    const [unheard] = this.#refused.filter(({ pending }) => !pending.heard);
    this.#refused = [];
    if (unheard !== undefined)
      throw this.#failure(`"${unheard.what}" was refused: ${(unheard.problem as Error).message}`);
    try {
      await ready;
    } catch (problem) {
      throw this.#failure((problem as Error).message);
    }
  }

  #unbroken(): void {
    const { violations } = this;
    if (violations.length > 0) throw this.#failure(`an invariant broke: ${violations[0]}`);
  }

  #failure(what: string): Failure {
    return new Failure(`${what}\n${portrait(this.#seen, this.target)}`);
  }
}

/** One device of it. */
export class Device {
  readonly index: number;
  readonly #fleet: Fleet;
  readonly #seen: Seen;

  constructor(fleet: Fleet, index: number, seen: Seen) {
    this.#fleet = fleet;
    this.index = index;
    this.#seen = seen;
  }

  get up(): boolean {
    return this.#fleet.target.up(this.index);
  }

  /** Key id, hex. */
  get kid(): string {
    return query.kids(this.#fleet.target)[this.index];
  }

  /** Height of its last commit, of its state, and its view, as it last said. */
  get height(): number {
    return this.#seen.devices[this.index].height;
  }

  get executed(): number {
    return this.#seen.devices[this.index].executed;
  }

  get view(): number {
    return this.#seen.devices[this.index].view;
  }

  /** Reasons of its last refusals, in words, newest last. */
  get refusals(): string[] {
    return this.#seen.devices[this.index].refusals.map(({ reason }) => words.reason(reason));
  }

  /** What it last read on a sensor's channel, thousandths; undefined when it never did. */
  reading(channel: number): bigint | undefined {
    return this.#seen.devices[this.index].readings.get(channel);
  }

  /** What it last set an actuator to, thousandths; undefined when it never did. */
  act(channel: number): bigint | undefined {
    return this.#seen.devices[this.index].acts.get(channel);
  }

  /** Pulls its plug. */
  kill(): Pending<void> {
    return this.#fleet.do({ do: "kill", device: this.index });
  }

  /** Powers it up again, with the flash that it has. */
  restart(): Pending<void> {
    return this.#fleet.do({ do: "restart", device: this.index });
  }

  /** Its frames leave so much later; 0 ends it. */
  slow(ms: number): Pending<void> {
    return this.#fleet.do({ do: "slow", device: this.index, ms });
  }

  /** This share of its frames (0 to 1) is damaged on the way; 0 ends it. */
  corrupt(rate: number): Pending<void> {
    return this.#fleet.do({ do: "corrupt", device: this.index, rate });
  }

  /** Makes it contradict itself from now on, as a liar with two lives would. */
  lie(): Pending<void> {
    return this.#fleet.do({ do: "lie", device: this.index });
  }

  /** Lets it pay a device, or a key id (hex). Gives the transaction's id. */
  pay(to: number | string, amount: bigint | number, fee: bigint | number = 1): Pending<string> {
    const what = `device ${this.index} pays ${amount} to ${to}`;
    return this.#submit(what, () => query.pay(query.whom(this.#fleet.target, String(to)), BigInt(amount), BigInt(fee)));
  }

  /** Lets it register a public key (32 bytes, or hex), which gets an account. Gives the transaction's id. */
  register(publicKey: Uint8Array | string): Pending<string> {
    const key = typeof publicKey === "string" ? fromHex(publicKey) : publicKey;
    return this.#submit(`device ${this.index} registers a key`, () => query.asked(request.REGISTER, key));
  }

  /** Hands it a signed transaction (COSE_Sign1, of host/client). Gives the transaction's id. */
  submit(transaction: Uint8Array): Pending<string> {
    return this.#submit(`device ${this.index} submits a transaction`, () => query.asked(request.SUBMIT, transaction));
  }

  /** Hands bytes to its application's onCommand. */
  command(bytes: Uint8Array): Pending<Reply> {
    return this.request(query.asked(request.COMMAND, bytes));
  }

  /** Any request of firmware/wire/request.ts. */
  request(bytes: Uint8Array): Pending<Reply> {
    return this.#fleet.queue(`a request to device ${this.index}`, () => this.#fleet.target.request(this.index, bytes));
  }

  /** The balance of its account, or of a key id (hex), as it knows it, with a proof that was checked. */
  balance(kid: string = this.kid): Pending<bigint> {
    return this.#fleet.queue(`the balance of ${kid} at device ${this.index}`, async () => {
      const found = await query.look(this.#fleet.target, this.index, "account", kid);
      return BigInt(String(found.balance ?? 0));
    });
  }

  /** What it says of itself. */
  status(): Pending<query.Status> {
    return this.#fleet.queue(`the status of device ${this.index}`, () => query.status(this.#fleet.target, this.index));
  }

  #submit(what: string, bytes: () => Uint8Array): Pending<string> {
    return this.#fleet.queue(what, async () => {
      const { reason, submitted } = await this.#fleet.target.request(this.index, bytes());
      if (reason !== 0 || submitted === null) throw new Failure(words.reason(reason));
      return submitted;
    });
  }
}

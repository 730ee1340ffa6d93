// What a fleet's log has told so far: the state of each device, what was decided, what broke. Commands and scenarios look here.
//
//   Log ── facts ──> Seen:  devices[i]  up, height, executed, view, acts, last refusals, page
//                           roots, results, split, violations
//
// Rule: made of facts alone, the same from a file, a stream or a fleet at hand; bounded however long a fleet runs.

import * as event from "../../firmware/wire/event.ts";
import { hex, u16, u32, u64 } from "../device/bytes.ts";
import * as tape from "../tape/fleet.ts";
import type { Log } from "../tape/log.ts";
import * as page from "../tape/page.ts";
import * as container from "../tape/tape.ts";

/** Heights and transactions that are remembered. */
const ROOTS = 256;
const RESULTS = 8192;
const REFUSALS = 8;
const PAGE_BYTES = 65_536;

/** Calls `listener` with every fact that a log holds, then with each new one; returns what ends that. */
export function hear(log: Log, listener: (fact: tape.Fact) => void): () => void {
  for (const { type, payload } of container.parse(log.bytes())) {
    const fact = tape.decode(type, payload);
    if (fact !== null) listener(fact);
  }
  return log.on(listener);
}

export interface Refusal {
  readonly atUs: number;
  /** A reason of firmware/wire/reason.ts. */
  readonly reason: number;
}

export interface DeviceSeen {
  up: boolean;
  /** Why its power last changed. */
  why: string;
  /** Height of its last commit, of its state, and its view. */
  height: number;
  executed: number;
  view: number;
  /** It was told to contradict itself. */
  lies: boolean;
  slowMs: number;
  corruptRate: number;
  /** When it last voted, microseconds; -1: not yet. */
  votedUs: number;
  /** Actuators as it last set them. */
  readonly acts: Map<number, bigint>;
  /** Sensor values as it last read them. */
  readonly readings: Map<number, bigint>;
  readonly refusals: Refusal[];
  /** Its memory at the last keyframe; null while it is down or none was taken. */
  page: Uint8Array | null;
  /** When that was. */
  pageUs: number;
}

/** A transaction that was executed. */
export interface Result {
  readonly height: number;
  /** 0, or why it had no effect. */
  readonly reason: number;
  /** Devices that executed it. */
  readonly devices: Set<number>;
}

/** How busy devices are whose computing takes time, as shares of it, a mean over all; frames that found no room so far. */
export interface Load {
  /** Since the start, and between the last two keyframes. */
  readonly busy: number;
  readonly lately: number;
  readonly overruns: number;
}

const device = (): DeviceSeen => ({
  up: false,
  why: "",
  height: 0,
  executed: 0,
  view: 0,
  lies: false,
  slowMs: 0,
  corruptRate: 0,
  votedUs: -1,
  acts: new Map(),
  readings: new Map(),
  refusals: [],
  page: null,
  pageUs: -1,
});

export class Seen {
  header: tape.Header | null = null;
  /** The modules that devices run, each once, in the order in which the header names them. */
  readonly #modules: Uint8Array[] = [];
  devices: DeviceSeen[] = [];
  nowUs = 0;
  /** Highest block that a device committed which was not told to lie, and when that was. */
  height = 0;
  commitUs = 0;
  /** As of the last keyframe; null where computing takes no time. */
  load: Load | null = null;
  #spent = { atUs: 0, us: 0 };
  /** Groups that hear each other; null when all do. */
  split: readonly (readonly number[])[] | null = null;
  readonly violations: { atUs: number; device: number; rule: string; sentence: string }[] = [];
  /** Height -> state root by device. */
  readonly roots = new Map<number, (string | undefined)[]>();
  /** Id of a transaction -> what became of it. */
  readonly results = new Map<string, Result>();

  get nowMs(): number {
    return this.nowUs / 1000;
  }

  /** Devices that are powered. */
  get up(): number[] {
    return this.devices.flatMap(({ up }, i) => (up ? [i] : []));
  }

  /** Devices that reported this state root for this height. */
  withRoot(height: number, root: string): number {
    return this.roots.get(height)?.filter((each) => each === root).length ?? 0;
  }

  /** The module that a device runs; null before the tape told. */
  moduleOf(index: number): Uint8Array | null {
    const hashes = this.header?.modules ?? [];
    const place = [...new Set(hashes)].indexOf(hashes[index] ?? hashes[0]);
    return this.#modules[place] ?? null;
  }

  hear(fact: tape.Fact): void {
    if (fact.type === tape.FLEET) {
      this.header = fact.header;
      this.devices = Array.from({ length: fact.header.n }, device);
      return;
    }
    if (fact.type === tape.MODULE) return void this.#modules.push(fact.wasm);
    this.nowUs = Math.max(this.nowUs, fact.atUs);
    if (fact.type === tape.DEED) this.#deed(fact);
    else if (fact.type === tape.NOTE) this.#load(fact);
    else if (fact.type === tape.BROKEN) this.violations.push(fact);
    else if ("device" in fact && !fact.twin && fact.device < this.devices.length) this.#of(fact);
  }

  #load({ atUs, note }: Extract<tape.Fact, { type: typeof tape.NOTE }>): void {
    const { spentUs, overruns } = (note.load ?? {}) as { spentUs?: readonly number[]; overruns?: number };
    if (spentUs === undefined || overruns === undefined) return;
    const us = spentUs.reduce((sum, each) => sum + each, 0) / spentUs.length;
    this.load = { busy: us / atUs, lately: (us - this.#spent.us) / (atUs - this.#spent.atUs), overruns };
    this.#spent = { atUs, us };
  }

  #deed({ deed }: Extract<tape.Fact, { type: typeof tape.DEED }>): void {
    if (deed.do === "split") this.split = deed.groups;
    else if (deed.do === "heal") this.split = null;
    else if (deed.do === "lie") this.devices[deed.device].lies = true;
    else if (deed.do === "slow") this.devices[deed.device].slowMs = deed.ms;
    else if (deed.do === "corrupt") this.devices[deed.device].corruptRate = deed.rate;
  }

  #of(fact: Exclude<Extract<tape.Fact, { device: number }>, { type: typeof tape.BROKEN }>): void {
    const of = this.devices[fact.device];
    if (fact.type === tape.POWER) {
      of.up = fact.on;
      of.why = fact.why;
      of.page = null;
    } else if (fact.type === tape.ACT) of.acts.set(fact.channel, fact.value);
    else if (fact.type === tape.SAID) this.#said(fact.device, of, fact.kind, fact.bytes, fact.atUs);
    else if (fact.type === tape.PAGE) {
      if (fact.whole) of.page = new Uint8Array(PAGE_BYTES);
      if (of.page === null) return;
      page.apply(of.page, fact.runs);
      of.pageUs = fact.atUs;
    }
  }

  #said(index: number, of: DeviceSeen, kind: number, bytes: Uint8Array, atUs: number): void {
    if (kind === event.COMMIT && bytes.length >= 48) {
      of.height = u32(bytes, 0);
      if (of.lies || of.height <= this.height) return;
      this.height = of.height;
      this.commitUs = atUs;
    } else if (kind === event.EXECUTED && bytes.length >= 48) {
      of.executed = u32(bytes, 0);
      this.#root(index, of.executed, hex(bytes, 8, 40));
    } else if (kind === event.VIEW && bytes.length >= 12) of.view = u32(bytes, 0);
    else if (kind === event.VOTED) of.votedUs = atUs;
    else if (kind === event.READING && bytes.length >= 16)
      of.readings.set(u32(bytes, 0), BigInt.asIntN(64, u64(bytes, 8)));
    else if (kind === event.RECOVERED && bytes.length >= 16) {
      of.height = u32(bytes, 0);
      of.executed = u32(bytes, 4);
      of.view = u32(bytes, 8);
    } else if (kind === event.RESULT && bytes.length >= 32) this.#result(index, bytes);
    else if (kind === event.REFUSED && bytes.length >= 8) {
      of.refusals.push({ atUs, reason: u16(bytes, 0) });
      if (of.refusals.length > REFUSALS) of.refusals.shift();
    }
  }

  #root(index: number, height: number, root: string): void {
    const roots = this.roots.get(height) ?? [];
    roots[index] = root;
    this.roots.set(height, roots);
    if (this.roots.size > ROOTS) this.roots.delete(this.roots.keys().next().value!);
  }

  #result(index: number, bytes: Uint8Array): void {
    const id = hex(bytes, 8, 16);
    const result = this.results.get(id) ?? { height: u32(bytes, 0), reason: u16(bytes, 6), devices: new Set<number>() };
    result.devices.add(index);
    this.results.set(id, result);
    if (this.results.size > RESULTS) this.results.delete(this.results.keys().next().value!);
  }
}

const kept = new WeakMap<Log, Seen>();

/** What this log tells, now and from now on: one Seen for all who ask. */
export function seenOf(log: Log): Seen {
  const known = kept.get(log);
  if (known !== undefined) return known;
  const seen = new Seen();
  kept.set(log, seen);
  hear(log, (fact) => seen.hear(fact));
  return seen;
}

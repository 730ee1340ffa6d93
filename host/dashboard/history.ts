// What happened in a fleet, as lists with times: marks of lanes, blocks, transactions with their way, refusals, sensor values,
// deeds, sums per second. Views show of each list what lies at or before their time.
//
//   SAID  -> marks, votes, blocks, transactions, refusals, readings      SENT  -> hops of a transaction, bytes per second
//   POWER -> spans of darkness     DEED -> splits, deeds                 BLOCK -> header and transactions of a block
//   PAGE  -> what devices counted, per second
//
// Rule: a list only grows at its end and is only cut at its beginning (drop), so what it says of a time never changes but for facts
// of that time that come later.

import * as kind from "../../firmware/wire/kind.ts";
import { hex } from "../device/bytes.ts";
import * as counters from "../device/counters.ts";
import type { Counters } from "../device/counters.ts";
import type * as events from "../device/event.ts";
import * as deeds from "../tape/deed.ts";
import * as fleet from "../tape/fleet.ts";
import * as ledger from "./entries.ts";
import type { State } from "./state.ts";
import { above } from "./store.ts";

/** What a device did; of several in one place the greatest is drawn last. */
export const Mark = {
  notarize: 0,
  finalize: 1,
  certificate: 2,
  commit: 3,
  nullify: 4,
  start: 5,
  propose: 6,
  refused: 7,
} as const;
export type Mark = (typeof Mark)[keyof typeof Mark];

/** Marks of a device in columns; value: view, height or reason. */
export interface Marks {
  at: number[];
  kind: Mark[];
  value: number[];
}

export interface Series {
  at: number[];
  value: number[];
}

export interface Span {
  fromUs: number;
  /** Infinity as long as it lasts. */
  toUs: number;
  why: string;
}

export interface Split {
  fromUs: number;
  toUs: number;
  groups: readonly (readonly number[])[];
}

export interface Refusal {
  atUs: number;
  reason: number;
  detail: number;
}

export interface Told {
  atUs: number;
  sentence: string;
  broken: boolean;
}

const cut = <T>(list: T[], atOf: (item: T) => number, beforeUs: number): void => {
  let i = 0;
  while (i < list.length && atOf(list[i]) < beforeUs) i++;
  if (i > 0) list.splice(0, i);
};

function cutColumns(columns: { at: number[] }, beforeUs: number): void {
  const i = above(columns.at, beforeUs);
  if (i > 0) for (const column of Object.values(columns) as number[][]) column.splice(0, i);
}

/** Sums by second of the fleet's time. */
export class Seconds {
  #base = -1;
  readonly #sums: number[] = [];

  add(atUs: number, value: number): void {
    const second = Math.floor(atUs / 1e6);
    if (this.#base < 0) this.#base = second;
    const i = second - this.#base;
    if (i < 0) return;
    while (this.#sums.length <= i) this.#sums.push(0);
    this.#sums[i] += value;
  }

  /** Sum of the second that begins at `second`. */
  of(second: number): number {
    return this.#sums[second - this.#base] ?? 0;
  }
}

export class History {
  readonly n: number;
  readonly marks: Marks[];
  readonly dark: Span[][];
  readonly refusals: Refusal[][];
  readonly splits: Split[] = [];
  readonly told: Told[] = [];
  readonly entries: ledger.Entries;
  /** By device and channel. */
  readonly readings = new Map<string, Series>();
  readonly bytes = new Seconds();
  /** By counter. */
  readonly counted: Readonly<Record<keyof Counters, Seconds>>;
  readonly #work: (Counters | undefined)[] = [];

  /** n devices, the first of which vote. */
  constructor(n: number, voters = n) {
    this.n = n;
    this.marks = Array.from({ length: n }, () => ({ at: [], kind: [], value: [] }));
    this.dark = Array.from({ length: n }, () => []);
    this.refusals = Array.from({ length: n }, () => []);
    this.entries = new ledger.Entries(voters);
    const sums = counters.NAMES.map((name) => [name, new Seconds()]);
    this.counted = Object.fromEntries(sums) as Record<keyof Counters, Seconds>;
  }

  /** Adds a fact; `state` is that after it, `event` the decoded one of a SAID. */
  add(fact: fleet.Fact, atUs: number, state: State, event: events.DeviceEvent | null): void {
    if (fact.type === fleet.SENT) {
      this.bytes.add(atUs, fact.length);
      if (fact.object === kind.TRANSACTION) this.entries.hop(hex(fact.about), { ...fact, atUs });
    } else if (fact.type === fleet.SAID && !fact.twin && fact.device < this.n && event !== null)
      this.#said(fact.device, atUs, state, event);
    else if (fact.type === fleet.POWER && !fact.twin && fact.device < this.n) this.#power(fact.device, atUs, fact);
    else if (fact.type === fleet.DEED) this.#deed(atUs, fact.deed);
    else if (fact.type === fleet.BLOCK) this.entries.block(atUs, fact.height, fact.bytes);
    else if (fact.type === fleet.BROKEN)
      this.told.push({ atUs, sentence: `${fact.rule}: ${fact.sentence}`, broken: true });
  }

  /** The counters that a keyframe shows: what was done since the one before. */
  work(device: number, atUs: number, now: Counters): void {
    const before = this.#work[device];
    this.#work[device] = now;
    if (before === undefined || counters.NAMES.some((name) => now[name] < before[name])) return; // it restarted
    for (const name of counters.NAMES) this.counted[name].add(atUs, now[name] - before[name]);
  }

  /** Forgets what lies before a time; splits, deeds and sums stay. */
  drop(beforeUs: number): void {
    for (const marks of this.marks) cutColumns(marks, beforeUs);
    for (const list of this.refusals) cut(list, (r) => r.atUs, beforeUs);
    for (const spans of this.dark) cut(spans, (s) => s.toUs, beforeUs);
    for (const series of this.readings.values()) cutColumns(series, beforeUs);
    this.entries.drop(beforeUs);
  }

  mark(device: number, atUs: number, what: Mark, value: number): void {
    const { at, kind, value: values } = this.marks[device];
    at.push(atUs);
    kind.push(what);
    values.push(value);
  }

  #said(device: number, atUs: number, state: State, event: events.DeviceEvent): void {
    const { entries } = this;
    if (event.kind === "voted") {
      const first = event.digest !== "" && entries.voted(event.digest, atUs);
      const proposes = first && device === state.leader && event.vote !== "finalize";
      const vote = event.vote === "nullify" || event.vote === "finalize" ? Mark[event.vote] : Mark.notarize;
      this.mark(device, atUs, proposes ? Mark.propose : vote, event.view);
    } else if (event.kind === "notarized") this.mark(device, atUs, Mark.certificate, event.view);
    else if (event.kind === "commit") {
      this.mark(device, atUs, Mark.commit, event.height);
      entries.commit(device, atUs, event);
    } else if (event.kind === "trusted") this.mark(device, atUs, Mark.certificate, event.view);
    else if (event.kind === "executed") entries.executed(device, atUs, event);
    else if (event.kind === "result") entries.result(device, atUs, event);
    else if (event.kind === "submitted") entries.submitted(device, atUs, event.id);
    else if (event.kind === "refused") {
      this.mark(device, atUs, Mark.refused, event.reason);
      this.refusals[device].push({ atUs, reason: event.reason, detail: event.detail });
      if (this.refusals[device].length > 1000) this.refusals[device].splice(0, 500);
    } else if (event.kind === "reading") {
      const name = `${device} ${event.channel}`;
      let series = this.readings.get(name);
      if (series === undefined) this.readings.set(name, (series = { at: [], value: [] }));
      series.at.push(atUs);
      series.value.push(Number(event.value) / 1000);
    }
  }

  #power(device: number, atUs: number, { on, why }: { on: boolean; why: string }): void {
    const last = this.dark[device].at(-1);
    if (on) {
      this.mark(device, atUs, Mark.start, 0);
      if (last !== undefined && last.toUs === Infinity) last.toUs = atUs;
    } else if (last === undefined || last.toUs !== Infinity)
      this.dark[device].push({ fromUs: atUs, toUs: Infinity, why });
  }

  #deed(atUs: number, deed: deeds.Deed): void {
    if (deed.do !== "request") this.told.push({ atUs, sentence: deeds.sentence(deed), broken: false });
    if (deed.do !== "split" && deed.do !== "heal") return;
    const last = this.splits.at(-1);
    if (last !== undefined && last.toUs === Infinity) last.toUs = atUs;
    if (deed.do === "split") this.splits.push({ fromUs: atUs, toUs: Infinity, groups: deed.groups });
  }
}

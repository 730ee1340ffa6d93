// A running fleet as the terminal shows it: its log's facts become a scene, its commits are told one by one.
//
//   Log ── POWER, SAID, ACT, DEED, BLOCK, BROKEN ──> lanes and gauges of the scene
//                                               └──> commit: told once, when the first device has executed the block
//
// Rule: nothing is drawn or counted but facts of the log, so that it shows processes and simulations alike, and watching changes
// nothing. Balances are asked of a copy of a device's memory (target/probe.ts).

import { parse, TRANSFER } from "../client/client.ts";
import * as block from "../device/block.ts";
import * as counters from "../device/counters.ts";
import * as events from "../device/event.ts";
import * as recording from "../sensor/recording.ts";
import * as deed from "../tape/deed.ts";
import * as tape from "../tape/fleet.ts";
import type { Log } from "../tape/log.ts";
import { Ledger } from "../target/probe.ts";
import { hear, seenOf, type Seen } from "../target/seen.ts";
import * as scenes from "./scene.ts";

const { Mark } = scenes;

export interface Summary {
  height: number;
  blocks: number;
  readings: number;
  transfers: number;
  violations: number;
}

interface Block {
  view: number;
  proposer: number;
  digest: string;
  txs: number;
}

/** Blocks behind one whose body nobody showed, after which it is told without. */
const PATIENCE = 3;

type Said = events.DeviceEvent;
type Committed = Extract<Said, { kind: "commit" }>;
type Resulted = Extract<Said, { kind: "result" }>;

/** How many readings a transaction reports; 0 for one of another type. */
function readings(transaction: Uint8Array): number {
  try {
    return parse(transaction).readings.length;
  } catch {
    return 0;
  }
}

export class Live {
  readonly scene: scenes.Scene;
  /** Called for each block, once. */
  onCommit: (commit: scenes.Commit) => void = () => {};
  /** Called with what happens to devices and radio, in words. */
  onNote: (sentence: string) => void = () => {};
  readonly #seen: Seen;
  readonly #ledger: Ledger;
  readonly #stop: () => void;
  readonly #pace: recording.Pace | null;
  readonly #voted = new Map<string, number>(); // digest -> time of the first vote for it
  readonly #blocks = new Map<number, Block>();
  readonly #readings = new Map<number, number[]>(); // height -> readings by place in the block
  readonly #results = new Map<number, Map<number, Resulted>>(); // height -> result by place in the block
  readonly #executed = new Map<number, number>(); // height -> when a device first had executed it; not told yet
  readonly #acts = new Map<string, bigint>(); // device and channel -> value
  #told = 0;
  #leaderView = 0;

  /** Shows what this log holds and what comes; its FLEET record stands first. */
  constructor(log: Log, title: string) {
    this.#seen = seenOf(log);
    this.#ledger = new Ledger(this.#seen);
    const { header } = log;
    if (header === null) throw new Error("this log has no fleet yet");
    this.scene = scenes.create(header.n, title, tape.devices(header) - header.n);
    for (const lane of this.scene.lanes) lane.up = false;
    const senses = header.options.senses as { recording?: recording.Pace } | undefined;
    this.#pace = senses?.recording ?? null;
    if (this.#pace) for (let device = 0; device < Math.min(header.n, recording.MOTES); device++) this.#gauge(device);
    this.#stop = hear(log, (fact) => this.#hear(fact));
  }

  /** Moves the scene to this time of the fleet. */
  advance(nowMs: number): void {
    if (nowMs > this.scene.now) scenes.advance(this.scene, nowMs);
  }

  /** Reads all balances from the memory of a device at its last keyframe. */
  balances(): void {
    const kids = this.#seen.header?.kids ?? [];
    this.scene.balances = this.#ledger.balances(kids) ?? this.scene.balances;
  }

  /** What a block costs, from the counters in the devices' memory at their last keyframe. */
  work(): void {
    const sum = counters.zero();
    for (const { page } of this.#seen.devices) if (page !== null) counters.add(sum, counters.read(page));
    if (sum.blocksDone === 0) return;
    const { verified, sha256Blocks, bytesOut, flashRecords, blocksDone } = sum;
    this.scene.work = {
      verified: verified / blocksDone,
      hashed: sha256Blocks / blocksDone,
      sent: bytesOut / blocksDone,
      records: flashRecords / blocksDone,
      load: this.#seen.load,
    };
  }

  summary(): Summary {
    const { blocks, readings, transfers, violations } = this.scene;
    return { height: this.#seen.height, blocks, readings, transfers, violations: violations.length };
  }

  close(): void {
    this.#stop();
    this.#ledger.close();
  }

  #hear(fact: tape.Fact): void {
    if (!("atUs" in fact)) return;
    const timeMs = fact.atUs / 1000;
    this.advance(timeMs);
    if (fact.type === tape.BROKEN) return void this.scene.violations.push(`${fact.rule}: ${fact.sentence}`);
    if (fact.type === tape.DEED) return this.#deed(fact.deed);
    if (fact.type === tape.BLOCK) {
      this.#readings.set(fact.height, block.transactions(fact.bytes).map(readings));
      return this.#tellAll();
    }
    if (!("device" in fact) || fact.twin || fact.device >= this.scene.lanes.length) return;
    if (fact.type === tape.POWER) {
      scenes.power(this.scene, fact.device, fact.on);
      this.onNote(`device ${fact.device} ${fact.on ? "starts" : `is down: ${fact.why}`}`);
    } else if (fact.type === tape.ACT) this.#act(fact.device, fact.channel, fact.value);
    else if (fact.type === tape.SAID) this.#event(timeMs, fact.device, events.decode(fact.kind, fact.bytes));
  }

  #deed(done: deed.Deed): void {
    const { scene } = this;
    if (done.do === "split") {
      scene.split = true;
      scene.lanes.forEach((lane, i) => (lane.side = 1 + done.groups.findIndex((group) => group.includes(i))));
      // Devices in no group are alone: each a side of its own.
      let alone = done.groups.length;
      for (const lane of scene.lanes) if (lane.side === 0) lane.side = ++alone;
    } else if (done.do === "heal") {
      scene.split = false;
      for (const lane of scene.lanes) lane.side = 0;
    }
    if (!["request", "kill", "restart"].includes(done.do)) this.onNote(deed.sentence(done));
  }

  #event(timeMs: number, device: number, event: Said): void {
    const { scene } = this;
    const lane = scene.lanes[device];
    if (event.kind === "voted") this.#vote(timeMs, device, event.vote, event.digest);
    else if (event.kind === "view") this.#view(device, event.view, event.leader);
    else if (event.kind === "recovered") lane.height = event.finalHeight;
    else if (event.kind === "reading") this.#sensed(timeMs, device, event.channel, Number(event.value));
    else if (event.kind === "trusted") {
      [lane.height, lane.view] = [event.height, event.view];
      scenes.mark(scene, device, Mark.commit);
    } else if (event.kind === "commit") {
      lane.height = event.height;
      scenes.mark(scene, device, Mark.commit);
      if (event.height > this.#told && !this.#blocks.has(event.height)) this.#keep(event);
    } else if (event.kind === "result" && event.height > this.#told) {
      // Devices execute alike, so it does not matter which of them said it, nor how often.
      const results = this.#results.get(event.height) ?? new Map<number, Resulted>();
      this.#results.set(event.height, results.set(event.index, event));
    } else if (event.kind === "executed") {
      scene.supply = event.supply;
      if (this.#seen.devices[device]?.lies || event.height <= this.#told) return;
      if (!this.#executed.has(event.height)) this.#executed.set(event.height, timeMs);
      this.#tellAll();
    }
  }

  /** An actuator; told when it changes. */
  #act(device: number, channel: number, value: bigint): void {
    const name = `${device} ${channel}`;
    if ((this.#acts.get(name) ?? 0n) === value) return;
    this.#acts.set(name, value);
    this.onNote(`device ${device} sets actuator ${channel} to ${Number(value) / 1000}`);
  }

  #vote(timeMs: number, device: number, vote: string, digest: string): void {
    const first = digest !== "" && !this.#voted.has(digest);
    const proposes = first && vote.startsWith("notarize") && this.scene.lanes[device].leader;
    scenes.mark(this.scene, device, vote === "nullify" ? Mark.nullify : proposes ? Mark.propose : Mark.vote);
    if (first) this.#voted.set(digest, timeMs);
    if (this.#voted.size > 512) this.#voted.delete(this.#voted.keys().next().value!);
  }

  #view(device: number, view: number, leader: number): void {
    this.scene.lanes[device].view = view;
    if (view < this.#leaderView) return;
    this.#leaderView = view;
    this.scene.lanes.forEach((lane, i) => (lane.leader = i === leader));
  }

  #sensed(timeMs: number, device: number, channel: number, value: number): void {
    const gauge = this.scene.gauges.find((each) => each.device === device) ?? this.#gauge(device);
    if (!gauge) return;
    const event = this.#pace !== null && device < recording.MOTES && recording.at(device, timeMs, this.#pace).event;
    scenes.sensed(gauge, channel, value, event);
  }

  /** A new gauge, as long as there is room for one. */
  #gauge(device: number): scenes.Gauge | null {
    const { gauges } = this.scene;
    if (gauges.length === recording.MOTES) return null;
    const indoor = this.#pace === null || recording.load()[device].indoor;
    const gauge = { device, indoor, temperature: [], humidity: [], event: [] };
    gauges.push(gauge);
    return gauge;
  }

  #keep({ height, view, proposer, digest, txCount }: Committed): void {
    this.#blocks.set(height, { view, proposer, digest, txs: txCount });
  }

  /** Tells what was executed, in order of height, once the bodies are known, which the first device may not have on flash yet. */
  #tellAll(): void {
    const heights = [...this.#executed.keys()].sort((a, b) => a - b);
    for (const height of heights) {
      const waits = !this.#readings.has(height) && this.#blocks.get(height)?.txs !== 0;
      if (waits && height + PATIENCE > heights.at(-1)!) return;
      this.#tell(this.#executed.get(height)!, height);
    }
  }

  #tell(timeMs: number, height: number): void {
    this.#executed.delete(height);
    const told = this.#blocks.get(height);
    if (height <= this.#told || !told) return;
    const inside = this.#readings.get(height) ?? [];
    const results = [...(this.#results.get(height)?.values() ?? [])];
    const done = results.filter(({ reason }) => reason === 0);
    const transfers = done.filter(({ type }) => type === TRANSFER).length;
    const count = done.reduce((sum, { index }) => sum + (inside[index] ?? 0), 0);
    const failed = results.length - done.length;
    const ms = timeMs - (this.#voted.get(told.digest) ?? timeMs);
    this.#told = height;
    for (const old of [this.#blocks, this.#results, this.#readings])
      for (const each of old.keys()) if (each <= height) old.delete(each);
    const commit = { height, ...told, readings: count, transfers, failed, ms, at: timeMs };
    scenes.commit(this.scene, commit);
    this.onCommit(commit);
  }
}

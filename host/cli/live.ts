// A fleet as a command runs it: on the recorded sensors, watched into a scene, with its commits told one by one.
//
//   Fleet ── events ──> lanes and gauges of the scene
//                  └──> commit: told once, when the first honest device has executed the block
//
// Rule: watching changes nothing. What is asked of a device for display is asked of a copy of its memory (probe.ts), so a
// run has the same trace hash with and without a view.

import { TRANSFER } from "../client/client.ts";
import { Fleet, type Options } from "../fleet/fleet.ts";
import type { FleetEvent } from "../fleet/watch.ts";
import * as recording from "../sensor/recording.ts";
import * as record from "../../firmware/wire/record.ts";
import * as body from "./body.ts";
import { Probe } from "./probe.ts";
import * as scenes from "./scene.ts";

const { Mark } = scenes;

export interface Settings extends Omit<Options, "wasm" | "sense" | "stopOnViolation"> {
  wasm: Uint8Array;
  /** First reading of the recording, and virtual milliseconds per reading. */
  from: number;
  intervalMs: number;
}

export interface Summary {
  height: number;
  blocks: number;
  readings: number;
  transfers: number;
  violations: number;
  traceHash: string;
}

/** The reading just before the first event that the recording labels, and a faster pace: something to see in a minute. */
export const DEMO = { from: 2_330, intervalMs: 1_000 };

interface Block {
  view: number;
  proposer: number;
  digest: string;
  txs: number;
  readings: Map<number, number>; // by place in the block
}

type Said = Extract<FleetEvent["said"], { what: "event" }>["event"];
type Committed = Extract<Said, { kind: "commit" }>;
type Resulted = Extract<Said, { kind: "result" }>;

export class Live {
  readonly fleet: Fleet;
  readonly scene: scenes.Scene;
  onCommit: (commit: scenes.Commit) => void = () => {};
  onNote: (sentence: string) => void = () => {};
  readonly #settings: Settings;
  readonly #probe: Probe;
  readonly #voted = new Map<string, number>(); // digest -> time of the first vote for it
  readonly #blocks = new Map<number, Block>(); // committed, not yet told
  readonly #results = new Map<number, Map<number, Resulted>>(); // of committed blocks, by height and place
  readonly #roots = new Map<number, string[]>(); // height -> state root by device, of the last heights
  readonly #acts = new Map<string, bigint>(); // device and channel -> value
  #told = 0;
  #leaderView = 0;

  constructor(settings: Settings) {
    const { n, seed, engine, wasm, from, intervalMs } = settings;
    this.#settings = settings;
    this.#probe = new Probe(wasm);
    const mtu = settings.mtu ? `  mtu ${settings.mtu}` : "";
    this.scene = scenes.create(n, `${n} ${n === 1 ? "device" : "devices"}  ${engine}  seed ${seed}${mtu}`);
    this.fleet = new Fleet({ ...settings, sense: recording.sensors({ from, intervalMs }), stopOnViolation: false });
    const motes = recording.load();
    for (let device = 0; device < Math.min(n, recording.MOTES); device++)
      this.scene.gauges.push({ device, indoor: motes[device].indoor, temperature: [], humidity: [], event: [] });
    this.scene.lanes.forEach((lane, i) => (lane.up = this.fleet.device(i).up));
    this.fleet.on((event) => this.#hear(event));
  }

  get nowMs(): number {
    return this.fleet.nowMs;
  }

  /** Runs to a virtual time (ms). */
  run(untilMs: number): void {
    this.fleet.run(untilMs);
    scenes.advance(this.scene, this.fleet.nowMs);
    this.scene.violations = this.fleet.violations.map(({ rule, sentence }) => `${rule}: ${sentence}`);
  }

  /** Kills a device that is up, restarts one that is down. */
  toggle(device: number): void {
    const member = this.fleet.device(device);
    if (member.up) member.kill();
    else member.restart();
  }

  /** Lets the radio fall apart into two halves: the devices of even and of odd number. */
  split(): void {
    const of = (side: number): number[] => this.scene.lanes.map((_, i) => i).filter((i) => i % 2 === side);
    this.fleet.partition([of(0), of(1)]);
    this.scene.split = true;
    this.scene.lanes.forEach((lane, i) => (lane.side = 1 + (i % 2)));
  }

  heal(): void {
    this.fleet.heal();
    this.scene.split = false;
    for (const lane of this.scene.lanes) lane.side = 0;
  }

  /** Asks a copy of the first device that is up for all balances. */
  balances(): void {
    const members = this.scene.lanes.map((_, i) => this.fleet.device(i));
    const memory = members.find(({ up }) => up)?.memory();
    if (!memory) return;
    this.#probe.load(memory);
    this.scene.balances = members.map(({ kid }) => this.#probe.account(kid).balance);
  }

  /** The state roots that honest devices reported for a height. */
  roots(height: number): string[] {
    return Object.values(this.#roots.get(height) ?? []);
  }

  summary(): Summary {
    const { blocks, readings, transfers } = this.scene;
    const { violations, traceHash, watch } = this.fleet;
    return { height: watch.stats.height, blocks, readings, transfers, violations: violations.length, traceHash };
  }

  /** The tape of the recorded device, if one was asked for. */
  tape(): Uint8Array | null {
    return this.fleet.recorder?.bytes() ?? null;
  }

  close(): void {
    this.fleet.close();
    this.#probe.close();
  }

  #hear({ timeMs, device, twin, said }: FleetEvent): void {
    scenes.advance(this.scene, timeMs);
    if (said.what === "chaos") return this.onNote(said.sentence);
    if (twin || device < 0) return;
    if (said.what === "power") {
      scenes.power(this.scene, device, said.on);
      this.onNote(`device ${device} ${said.on ? "starts" : `is down: ${said.why}`}`);
    } else if (said.what === "act") this.#act(device, said.channel, said.value);
    else if (said.what === "event") this.#event(timeMs, device, said.event);
  }

  #event(timeMs: number, device: number, event: Said): void {
    const { scene } = this;
    const lane = scene.lanes[device];
    if (event.kind === "voted") this.#vote(timeMs, device, event.vote, event.digest);
    else if (event.kind === "view") this.#view(device, event.view, event.leader);
    else if (event.kind === "recovered") lane.height = event.finalHeight;
    else if (event.kind === "reading") this.#sensed(timeMs, device, event.channel, Number(event.value));
    else if (event.kind === "commit") {
      lane.height = event.height;
      scenes.mark(scene, device, Mark.commit);
      if (event.height > this.#told && !this.#blocks.has(event.height)) this.#keep(device, event);
    } else if (event.kind === "result" && event.height > this.#told) {
      // Devices execute alike, so it does not matter which of them said it, nor how often.
      const results = this.#results.get(event.height) ?? new Map<number, Resulted>();
      this.#results.set(event.height, results.set(event.index, event));
    } else if (event.kind === "executed") {
      scene.supply = event.supply;
      if (this.fleet.honest(device)) this.#executed(timeMs, device, event.height, event.root);
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
    const gauge = this.scene.gauges[device];
    if (!gauge) return;
    const { event } = recording.at(device, timeMs, this.#settings);
    scenes.sensed(gauge, channel, value, event);
  }

  #keep(device: number, { height, view, proposer, digest, txCount }: Committed): void {
    const inside = body.transactions(this.fleet.device(device).flash(record.REGION_BLOCKS), digest);
    const readings = new Map(inside.map((transaction, i) => [i, body.readings(transaction)]));
    this.#blocks.set(height, { view, proposer, digest, txs: txCount, readings });
  }

  #executed(timeMs: number, device: number, height: number, root: string): void {
    const roots = this.#roots.get(height) ?? [];
    roots[device] = root;
    this.#roots.set(height, roots);
    this.#roots.delete(height - 64);
    this.#tell(timeMs, height);
  }

  #tell(timeMs: number, height: number): void {
    const block = this.#blocks.get(height);
    if (height <= this.#told || !block) return;
    const { view, proposer, digest, txs } = block;
    const results = [...(this.#results.get(height)?.values() ?? [])];
    const done = results.filter(({ reason }) => reason === 0);
    const transfers = done.filter(({ type }) => type === TRANSFER).length;
    const readings = done.reduce((sum, { index }) => sum + (block.readings.get(index) ?? 0), 0);
    const failed = results.length - done.length;
    const ms = timeMs - (this.#voted.get(digest) ?? timeMs);
    this.#told = height;
    for (const old of this.#blocks.keys()) if (old <= height) this.#blocks.delete(old);
    for (const old of this.#results.keys()) if (old <= height) this.#results.delete(old);
    const commit = { height, view, proposer, digest, txs, readings, transfers, failed, ms, at: timeMs };
    scenes.commit(this.scene, commit);
    this.onCommit(commit);
  }
}

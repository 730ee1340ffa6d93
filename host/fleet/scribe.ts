// The scribe writes what happens in a fleet on its log, as facts of a fleet tape (host/tape/fleet.ts).
//
//   fleet ── power, events, frames, deeds, violations ──> Scribe ──> Log        each keyframeMs: a page of every running device
//
// A page says what the fleet was after everything that happened up to its time, deeds included. A block is written when the first
// honest device commits its height, read from that device's flash.
//
// Rule: the scribe only looks. A run is the same with and without it, to the trace hash.

import * as event from "../../firmware/wire/event.ts";
import * as frame from "../../firmware/wire/frame.ts";
import * as effect from "../../firmware/wire/effect.ts";
import * as record from "../../firmware/wire/record.ts";
import * as block from "../device/block.ts";
import { u32 } from "../device/bytes.ts";
import type { Effect } from "../device/effects.ts";
import type { Deed } from "../tape/deed.ts";
import * as facts from "../tape/fleet.ts";
import type { Log } from "../tape/log.ts";
import * as page from "../tape/page.ts";
import type { Violation } from "./invariants.ts";
import type { Station } from "./station.ts";
import { Subjects } from "./subject.ts";

/** Heights below the highest block by which a block may still be missing on the log. */
const LATE = 64;

const of = (station: Station): { device: number; twin: boolean } => ({
  device: station.index,
  twin: station.id !== station.index,
});

export class Scribe {
  /** Time of the next keyframe, microseconds. */
  dueUs: number;
  readonly #log: Log;
  readonly #everyUs: number;
  readonly #subjects = new Subjects();
  /** The page of each station that stands on the log; none: the next one must be whole. */
  readonly #pages = new Map<number, Uint8Array>();
  readonly #blocks = new Set<number>();
  #height = 0;

  constructor(log: Log, keyframeMs: number) {
    this.#log = log;
    this.#everyUs = this.dueUs = Math.round(keyframeMs * 1000);
    log.onGap = () => this.#pages.clear();
  }

  /** Begins a log. */
  static open(log: Log, keyframeMs: number, of: { header: facts.Header; modules: readonly Uint8Array[] }): Scribe {
    log.add({ type: facts.FLEET, header: of.header });
    for (const wasm of of.modules) log.add({ type: facts.MODULE, wasm });
    return new Scribe(log, keyframeMs);
  }

  deed(atUs: number, order: number, deed: Deed): void {
    this.#log.add({ type: facts.DEED, atUs, order, deed });
  }

  power(atUs: number, station: Station, on: boolean, why: string): void {
    if (!on) this.#pages.delete(station.id);
    this.#log.add({ type: facts.POWER, atUs, ...of(station), on, why });
  }

  said(atUs: number, station: Station, kind: number, bytes: Uint8Array, honest: boolean): void {
    this.#log.add({ type: facts.SAID, atUs, ...of(station), kind, bytes });
    if (honest && kind === event.COMMIT && bytes.length >= 48) this.#commit(atUs, station, bytes);
  }

  act(atUs: number, station: Station, channel: number, value: bigint): void {
    this.#log.add({ type: facts.ACT, atUs, ...of(station), channel, value });
  }

  /** The effects of a call, before the first of them is carried out. */
  learn(effects: readonly Effect[]): void {
    for (const { op, bytes } of effects) if (op === effect.SEND) this.#subjects.learn(bytes);
  }

  sent(atUs: number, station: Station, bytes: Uint8Array, arrivals: readonly facts.Arrival[]): void {
    const { length } = bytes;
    const { object, about } = this.#subjects.of(bytes);
    const type = length > frame.OVERHEAD ? bytes[frame.TYPE] : 0;
    this.#log.add({ type: facts.SENT, atUs, ...of(station), object, frame: type, length, about, arrivals });
  }

  broken(atUs: number, { device, rule, sentence }: Violation): void {
    this.#log.add({ type: facts.BROKEN, atUs, device, rule, sentence });
  }

  note(atUs: number, note: Record<string, unknown>): void {
    this.#log.add({ type: facts.NOTE, atUs, note });
  }

  /** Time moves on to `toUs`: the keyframes before it are due. */
  pass(toUs: number, stations: readonly Station[]): void {
    for (; this.dueUs < toUs; this.dueUs += this.#everyUs) {
      for (const station of stations) this.#page(station);
      this.#load(stations);
    }
  }

  /** The run is over, after `order` events. */
  end(atUs: number, order: number, digest: Uint8Array): void {
    this.note(atUs, { end: { order } });
    this.#log.end(digest);
  }

  #page(station: Station): void {
    if (station.device === null) return;
    const now = station.device.memory();
    const before = this.#pages.get(station.id) ?? null;
    const runs = page.delta(before, now);
    if (before === null) this.#pages.set(station.id, now.slice());
    else before.set(now);
    this.#log.add({ type: facts.PAGE, atUs: this.dueUs, ...of(station), whole: before === null, runs });
  }

  /** On boards that take their time: how much of it each station computed so far. */
  #load(stations: readonly Station[]): void {
    const all = stations.flatMap(({ processor }) => processor ?? []);
    if (all.length === 0) return;
    const spentUs = all.map((each) => each.spentUs(this.dueUs));
    this.note(this.dueUs, { load: { spentUs, overruns: all.reduce((sum, { overruns }) => sum + overruns, 0) } });
  }

  #commit(atUs: number, station: Station, bytes: Uint8Array): void {
    const height = u32(bytes, 0);
    if (height + LATE < this.#height || this.#blocks.has(height)) return;
    const found = block.read(station.flash.regions[record.REGION_BLOCKS], bytes.subarray(16, 48));
    if (found === null) return; // the next device that commits it may hold its body
    this.#blocks.add(height).delete(height - LATE);
    this.#height = Math.max(this.#height, height);
    this.#log.add({ type: facts.BLOCK, atUs, height, bytes: found.slice() });
  }
}

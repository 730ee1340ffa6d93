// A station: one board with its flash, its clock and its random source, powered or not. A device of a fleet is one station;
// an equivocator is two with the same identity.
//
//   off ── power up ──> on ── cut, crash, RESET ──> off     (flash stays, memory does not)
//
// Rule: a station knows nothing of the others; the fleet hands it inputs and carries out its effects.

import { open } from "../device/open.ts";
import type { Device, Engine, Hal } from "../device/device.ts";
import type { DumpRecorder, Recorder } from "../tape/record.ts";
import type { Failing } from "./failing.ts";
import { Flash } from "./flash.ts";
import type { Watched } from "./invariants.ts";
import type { Processor } from "./processor.ts";
import type { Rng } from "./rng.ts";

export interface Make {
  readonly id: number;
  readonly index: number;
  readonly engine: Engine;
  readonly wasm: Uint8Array;
  /** Its flash has room for tables of keys. */
  readonly tables?: boolean;
  readonly entropy: Rng;
  /** What its clock shows at power-up. */
  readonly clock: Rng;
  readonly sense: (channel: number, nowMs: number) => bigint;
  /** Who records all of it. */
  readonly recorder: Recorder | null;
  /** Who keeps its last calls, where nobody records all. */
  readonly dump: DumpRecorder | null;
}

/** Milliseconds that a board needs to start again. */
export const REBOOT_MS = 20;

export class Station {
  readonly id: number;
  /** Index of the device that it is. */
  readonly index: number;
  wasm: Uint8Array;
  flash: Flash;
  device: Device | null = null;
  watched: Watched | null = null;
  /** Ticks of its clock per true tick. */
  rate = 1;
  /** Counts power-ups and power-offs: an event of an earlier life is void. */
  life = 0;
  bootUs = 0;
  /** Reading of its clock at power-up. */
  bootMs = 0;
  /** When its last power-off was. */
  offUs = -1;
  /** End of the air time of its last frame. */
  airUs = 0;
  /** When it wants its next tick; Infinity: never. */
  tickUs = Infinity;
  /** Time of the earliest tick event in the queue. */
  queuedUs = Infinity;
  /** Ticks in a row that asked for another at once. */
  restless = 0;
  failing: Failing | null = null;
  provisioned = false;
  /** Where computing takes time; null where it takes none. */
  processor: Processor | null = null;
  readonly #make: Make;
  readonly #hal: Hal;

  constructor(make: Make) {
    this.#make = make;
    this.id = make.id;
    this.index = make.index;
    this.wasm = make.wasm;
    this.flash = new Flash(make);
    this.#hal = {
      entropy: (n) => make.entropy.bytes(n),
      read: (region, offset, n) => this.flash.read(region, offset, n),
      sense: (channel) => make.sense(channel, this.nowMs),
    };
  }

  get on(): boolean {
    return this.device !== null;
  }

  /** True while it computes: frames and ticks wait. */
  get busy(): boolean {
    return this.processor !== null && this.processor.busy;
  }

  /** True time of the event under way, in milliseconds; set by the fleet. */
  nowMs = 0;

  /** Powers up: a fresh device on the same flash. Its clock starts anywhere. */
  powerUp(atUs: number): Device {
    const { engine } = this.#make;
    const bootMs = this.#make.clock.between(1, 60);
    const recorder = this.#make.recorder ?? this.#make.dump;
    this.life++;
    this.bootUs = atUs;
    this.bootMs = bootMs;
    this.airUs = atUs;
    this.tickUs = this.queuedUs = Infinity;
    this.restless = 0;
    recorder?.note({ clock: { atMs: atUs / 1000, bootMs, rate: this.rate } });
    this.device = recorder ? recorder.open(engine, this.wasm, this.#hal) : open(engine, this.wasm, this.#hal);
    return this.device;
  }

  powerOff(atUs: number): void {
    this.life++;
    this.offUs = atUs;
    this.failing = null;
    this.tickUs = Infinity;
    this.processor?.reset();
    this.device?.close();
    this.device = null;
  }

  /** What its clock shows at a true time, in milliseconds. */
  clockMs(atUs: number): number {
    return this.bootMs + Math.floor(((atUs - this.bootUs) * this.rate) / 1000);
  }

  /** True time at which its clock will show `ms`. */
  trueUs(ms: number): number {
    return this.bootUs + Math.ceil(((ms - this.bootMs) * 1000) / this.rate);
  }

  /** The tape of its last calls; null when nobody keeps them. */
  tape(): Uint8Array | null {
    return (this.#make.recorder ?? this.#make.dump)?.bytes() ?? null;
  }

  note(what: Record<string, unknown>): void {
    this.#make.recorder?.note(what);
  }
}

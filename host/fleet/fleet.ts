// A fleet: devices, their flash, the air between them and everything that can go wrong, in virtual time, from one seed.
//
//   queue ── tick, frame, action ──> a call of one device ──> its effects, in order
//     ^                                 STORE, ERASE -> flash      SEND -> radio -> queue
//     └──────────────────────────────── EVENT -> listeners         RESET, power cut -> off, later on again
//
// Time is microseconds of virtual time; a device gets milliseconds of its own clock. After every event the invariants are
// checked. Rule: everything follows from options and seed; two runs of one seed give the same trace hash, in every engine.

import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import { hex, u32, u64 } from "../device/bytes.ts";
import * as counters from "../device/counters.ts";
import { Trap, type Engine } from "../device/device.ts";
import * as effects from "../device/effects.ts";
import { Recorder } from "../tape/record.ts";
import * as trace from "../tape/trace.ts";
import { Chaos } from "./chaos.ts";
import * as faults from "./faults.ts";
import * as failing from "./failing.ts";
import type { Flash } from "./flash.ts";
import { Invariants, type Violation } from "./invariants.ts";
import { Member } from "./member.ts";
import * as provision from "./provision.ts";
import { Queue, type Timed } from "./queue.ts";
import { airTimeUs, Radio, type Arrival } from "./radio.ts";
import { Rng } from "./rng.ts";
import * as sense from "./sense.ts";
import { Station } from "./station.ts";
import * as traffic from "./traffic.ts";
import { Villains, type Villain } from "./villain.ts";
import { Watch, type FleetEvent, type Listener, type PowerWhy } from "./watch.ts";

export interface Options {
  readonly n: number;
  readonly seed: number;
  readonly engine: Engine;
  /** The module of all devices, or of each. */
  readonly wasm: Uint8Array | ((device: number) => Uint8Array);
  /** Largest frame, bytes. */
  readonly mtu?: number;
  /** Bound on one message and its check; 150, or 300 where frames are small. */
  readonly deltaMs?: number;
  readonly viewsPerLeader?: number;
  readonly windowS?: number;
  readonly heartbeatMs?: number;
  /** Opening balance of each device. */
  readonly balance?: bigint;
  readonly faults?: readonly faults.Fault[];
  readonly villains?: readonly Villain[];
  readonly sense?: sense.Sense;
  /** Payments per virtual second, of random devices to random devices. */
  readonly traffic?: number;
  /** The device whose tape is recorded. */
  readonly record?: number;
  /** End run() at the first violation; true unless said otherwise. */
  readonly stopOnViolation?: boolean;
}

const TICK = 0;
const FRAME = 1;
const ACTION = 2;

interface Scheduled extends Timed {
  readonly kind: number;
  readonly station: Station | null;
  readonly life: number;
  readonly from: Station | null;
  readonly link: number;
  readonly arrival: Arrival | null;
  /** When the frame was handed to the radio, and the end of its air time. */
  readonly sentUs: number;
  readonly endUs: number;
  readonly run: (() => void) | null;
}

/** A device that asks to be called at once this often does not come to rest. */
const RESTLESS = 2000;
/** Time until a device is ticked that asked to be ticked at once. */
const AT_ONCE_US = 100;
const REBOOT_MS = 20;

export class Fleet {
  readonly n: number;
  readonly seed: number;
  readonly cell: provision.Cell;
  readonly stations: Station[] = [];
  readonly radio: Radio;
  readonly coverage: faults.Coverage = faults.coverage();
  readonly chaos: Chaos;
  readonly villains: Villains;
  readonly invariants: Invariants;
  readonly watch: Watch;
  readonly identities: provision.Identity[] = [];
  /** Stations of honest devices; their number is that of honest devices. */
  readonly honestStations: Station[] = [];
  recorder: Recorder | null = null;
  readonly #options: Options;
  readonly #queue = new Queue<Scheduled>();
  readonly #trace = new trace.Trace();
  readonly #rng: Rng;
  readonly #members: Member[] = [];
  readonly #byDevice: Station[][];
  readonly #kinds: (Villain["kind"] | undefined)[] = [];
  readonly #counters = counters.zero();
  #nowUs = 0;

  constructor(options: Options) {
    const { n, seed, mtu = 1400 } = options;
    if (!(n >= 1 && n <= 32)) throw new RangeError(`a cell has 1 to 32 validators, not ${n}`);
    this.n = n;
    this.seed = seed;
    this.#options = options;
    this.#rng = new Rng(seed, "fleet");
    const { balance = 1_000_000n, viewsPerLeader = 4, windowS = 10, heartbeatMs = 0 } = options;
    const deltaMs = options.deltaMs ?? (mtu < 400 ? 300 : 150);
    this.cell = { deltaMs, mtu, viewsPerLeader, windowS, heartbeatMs, balance };
    const villains = options.villains ?? [];
    for (const { device, kind } of villains) this.#kinds[device] = kind;
    const honest = Array.from({ length: n }, (_, i) => this.#kinds[i] === undefined);
    const contradicted = (device: number): void => {
      if (this.#kinds[device] === "equivocator") this.coverage.equivocator++;
    };
    this.invariants = new Invariants({ n, seed, supply: balance * BigInt(n), honest, contradicted });
    this.watch = new Watch(honest);
    this.#byDevice = Array.from({ length: n }, () => []);
    for (let i = 0; i < n; i++) this.#addStation(i);
    for (let i = 0; i < n; i++) if (this.#kinds[i] === "equivocator") this.#addStation(i);
    for (let i = 0; i < n; i++) {
      if (honest[i]) this.honestStations.push(this.stations[i]);
      this.#members.push(new Member(this, i, this.#byDevice[i]));
    }
    this.radio = new Radio(this.stations.length, new Rng(seed, "radio"), this.coverage);
    this.chaos = new Chaos(this, options.faults ?? [], new Rng(seed, "chaos"));
    this.villains = new Villains(this, villains, new Rng(seed, "villains"));
    provision.cell(this, this.#rng.bytes(32));
    this.#start();
  }

  // ---- looking ----

  /** Virtual time since the start, in milliseconds. */
  get nowMs(): number {
    return this.#nowUs / 1000;
  }

  get violations(): readonly Violation[] {
    return this.invariants.violations;
  }

  /** True for a device that keeps the rules. */
  honest(device: number): boolean {
    return this.#kinds[device] === undefined;
  }

  device(i: number): Member {
    return this.#members[i];
  }

  /** The running copies of a device: two for an equivocator. */
  stationsOf(device: number): readonly Station[] {
    return this.#byDevice[device];
  }

  /** SHA-256 over all outputs of all devices so far, in the order of events; hex. */
  get traceHash(): string {
    return hex(this.#trace.digest());
  }

  /** Operation counters of all devices over all their power-ups. */
  counters(): counters.Counters {
    const sum = { ...this.#counters };
    for (const { device } of this.stations) if (device !== null) counters.add(sum, counters.read(device.memory()));
    return sum;
  }

  /** Calls `listener` with everything that devices say and that happens to them. */
  on(listener: Listener): void {
    this.watch.listeners.push(listener);
  }

  // ---- acting ----

  /** Separates groups of devices; a device that is in none is alone. */
  partition(groups: readonly (readonly number[])[]): void {
    const groupOf = this.stations.map(({ index }, i) => {
      const g = groups.findIndex((group) => group.includes(index));
      return g < 0 ? groups.length + i : g;
    });
    this.radio.partition(groupOf);
    this.#say({ what: "chaos", sentence: `split: ${groups.map((group) => group.join(" ")).join(" | ")}` });
  }

  heal(): void {
    this.radio.heal();
    this.#say({ what: "chaos", sentence: "healed: everybody hears everybody" });
  }

  /** Ends all faults of network and power; devices that are down come back. Villains go on. */
  calm(): void {
    this.chaos.stop();
    for (const station of this.stations)
      if (!station.on) this.after(this.#rng.between(5, 300), () => this.powerUp(station));
    this.#say({ what: "chaos", sentence: "all faults of network and power stop" });
  }

  /** Runs `action` after this much virtual time. */
  after(ms: number, action: () => void): void {
    this.#put(ACTION, this.#nowUs + Math.round(ms * 1000), null, 0, null, 0, null, 0, 0, action);
  }

  /**
   * Runs until virtual time `untilMs`, or until the predicate holds, at most to `limitMs`. True when it got there; false
   * when a violation or the limit ended it first.
   */
  run(until: number | (() => boolean), limitMs = Infinity): boolean {
    const done = typeof until === "function" ? until : null;
    const limitUs = 1000 * (typeof until === "number" ? until : limitMs);
    const stop = this.#options.stopOnViolation !== false;
    const { violations } = this.invariants;
    if (done?.() === true) return true;
    while (this.#queue.nextAt <= limitUs) {
      const next = this.#queue.take()!;
      this.#nowUs = next.at;
      if (next.kind === TICK) this.#tick(next.station!, next);
      else if (next.kind === FRAME) this.#deliver(next);
      else next.run!();
      if (stop && violations.length !== 0) return false;
      if (done !== null && done()) return true;
    }
    if (limitUs !== Infinity) this.#nowUs = Math.max(this.#nowUs, limitUs);
    return done === null;
  }

  /** Hands a request to a running copy of a device: 0, or the reason of its refusal; -1 when it is down. */
  request(station: Station, bytes: Uint8Array): number {
    if (!station.on) return -1;
    const { life } = station;
    const reason = this.#call(station, trace.REQUEST, 0, bytes);
    if (station.life === life) this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
    return reason;
  }

  powerUp(station: Station): void {
    if (station.on) return;
    const device = station.powerUp(this.#nowUs, this.#rng.between(1, 60));
    this.watch.stats.powerUps++;
    this.#say({ what: "power", on: true, why: "start" }, station);
    const { life } = station;
    const reason = this.#call(station, trace.BOOT, 0, trace.NO_RECORDS);
    if (station.life !== life || station.device !== device) return;
    if (reason !== 0 && station.provisioned && this.honest(station.index)) {
      this.invariants.broken("recovery", station.index, `started with reason ${reason} instead of recovering`);
    }
    this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
  }

  /** Takes the power away; it returns after `backMs`, or not by itself. */
  powerOff(station: Station, why: PowerWhy, backMs: number | null = null): void {
    if (station.device !== null) {
      counters.add(this.#counters, counters.read(station.device.memory()));
      station.note({ power: why, atMs: this.nowMs });
      station.powerOff(this.#nowUs);
      this.#say({ what: "power", on: false, why }, station);
    }
    if (backMs === null) return;
    const { life } = station;
    this.after(backMs, () => {
      if (station.life === life) this.powerUp(station);
    });
  }

  /** Puts another chip on the board of a villain. */
  replaceFlash(station: Station, image: Flash): void {
    station.flash = image;
    station.watched = this.invariants.watch(station.index, image);
  }

  /** Frees the devices; the fleet must not run afterwards. */
  close(): void {
    for (const station of this.stations) station.powerOff(this.#nowUs);
  }

  // ---- the beginning ----

  #addStation(index: number): void {
    const { engine, seed, wasm, villains = [] } = this.#options;
    const id = this.stations.length;
    const give = this.#options.sense ?? sense.weather(seed);
    const mutant = villains.find((villain) => villain.device === index && villain.kind === "mutant");
    const recorded = this.#options.record === index && this.#byDevice[index].length === 0;
    if (recorded) this.recorder = new Recorder();
    const station = new Station({
      id,
      index,
      engine,
      wasm: mutant?.wasm ?? (typeof wasm === "function" ? wasm(index) : wasm),
      entropy: new Rng(seed, `entropy ${id}`),
      sense: (channel, nowMs) => give(index, channel, nowMs),
      recorder: recorded ? this.recorder : null,
    });
    this.stations.push(station);
    this.#byDevice[index].push(station);
  }

  #start(): void {
    this.chaos.drift(this.stations);
    for (const station of this.stations) this.after(this.#rng.between(0, 400), () => this.powerUp(station));
    this.after(400, () => {
      this.chaos.start();
      this.villains.start();
      if (this.#options.traffic) traffic.start(this, this.#options.traffic, this.#rng);
    });
  }

  // ---- the loop ----

  /** All events have one shape, which keeps the queue fast. */
  #put(
    kind: number,
    at: number,
    station: Station | null,
    life: number,
    from: Station | null,
    link: number,
    arrival: Arrival | null,
    sentUs: number,
    endUs: number,
    run: (() => void) | null,
  ): void {
    this.#queue.put({ at, order: 0, kind, station, life, from, link, arrival, sentUs, endUs, run });
  }

  #tick(station: Station, { at, life }: Scheduled): void {
    if (station.life !== life || station.queuedUs !== at) return;
    station.queuedUs = Infinity;
    if (at >= station.tickUs) this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
    else this.#wake(station);
  }

  /** Makes sure that a tick event stands in the queue at or before the time the device wants one. */
  #wake(station: Station): void {
    if (station.queuedUs <= station.tickUs) return;
    station.queuedUs = station.tickUs;
    this.#put(TICK, station.tickUs, station, station.life, null, 0, null, 0, 0, null);
  }

  #deliver({ station, from, link, arrival, sentUs, endUs }: Scheduled): void {
    if (station === null || from === null || arrival === null || !station.on) return;
    if (from.offUs >= sentUs && from.offUs < endUs) return; // the sender lost power before the frame was out
    this.radio.heard(from.id, station.id, arrival.number);
    this.watch.stats.deliveries++;
    const { life } = station;
    this.#call(station, trace.RECEIVE, link, arrival.bytes);
    if (station.life === life) this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
  }

  /** One call of a device, its trace and its effects. What it returned; 0 when it trapped. */
  #call(station: Station, code: number, link: number, input: Uint8Array): number {
    const device = station.device!;
    const clockMs = station.clockMs(this.#nowUs);
    if (station.rate !== 1 && clockMs !== station.bootMs + Math.floor((this.#nowUs - station.bootUs) / 1000)) {
      this.coverage.drift++;
    }
    const now = BigInt(clockMs);
    this.invariants.nowMs = station.nowMs = this.nowMs;
    this.watch.stats.calls++;
    let returned = 0;
    let ring: Uint8Array;
    try {
      if (code === trace.RECEIVE) device.receive(link, input, now);
      else if (code === trace.TICK) returned = device.tick(now);
      else if (code === trace.REQUEST) returned = device.request(input, now);
      else returned = device.boot(now);
      ring = device.effects();
    } catch (e) {
      if (!(e instanceof Trap)) throw e;
      this.#trapped(station, code, e);
      return 0;
    }
    const records = ring[0] === effect.END ? trace.NO_RECORDS : effects.records(ring);
    this.#trace.callOf(station.id, code, returned, records);
    if (code === trace.TICK) this.#wants(station, clockMs, returned);
    if (records.length !== 0) this.#drain(station, effects.parse(records));
    return returned;
  }

  /** The device wants its next tick after `waitMs` of its clock. */
  #wants(station: Station, clockMs: number, waitMs: number): void {
    if (waitMs !== 0) station.restless = 0;
    else if (++station.restless === RESTLESS) return this.#restless(station);
    if (waitMs === 0) station.tickUs = this.#nowUs + AT_ONCE_US;
    else if (waitMs === 0xffffffff) station.tickUs = Infinity;
    else station.tickUs = Math.max(this.#nowUs + 1, station.trueUs(clockMs + waitMs));
    if (station.tickUs !== Infinity) this.#wake(station);
  }

  /** Where a watchdog would bite. */
  #restless(station: Station): void {
    if (this.honest(station.index)) {
      this.invariants.broken("rest", station.index, `asked ${RESTLESS} times in a row to be called at once`);
    }
    this.after(0, () => this.powerOff(station, "watchdog", REBOOT_MS));
  }

  #trapped(station: Station, code: number, trap: Trap): void {
    this.#trace.callOf(station.id, code, trace.TRAPPED, trace.NO_RECORDS);
    this.watch.stats.traps++;
    if (this.honest(station.index)) this.invariants.broken("trap", station.index, `trapped in ${trap.message}`);
    this.powerOff(station, "trap", REBOOT_MS);
  }

  // ---- effects ----

  #drain(station: Station, list: readonly effects.Effect[]): void {
    const cut = station.failing === null ? -1 : failing.place(station.failing, list, this.#rng);
    for (let i = 0; i < list.length; i++) {
      if (i === cut) return this.#fail(station, list[i]);
      const { op, a, b, bytes } = list[i];
      if (op === effect.STORE) this.#store(station, a, b, bytes, bytes.length);
      else if (op === effect.SEND) this.#send(station, a, b, bytes);
      else if (op === effect.EVENT) this.#event(station, a, bytes);
      else if (op === effect.ERASE) this.#erase(station, a, b, Infinity);
      else if (op === effect.ACT)
        this.#say({ what: "act", channel: a, value: BigInt.asIntN(64, u64(bytes, 0)) }, station);
      else return this.powerOff(station, "reset", station.provisioned ? REBOOT_MS : null);
    }
    if (cut === list.length) this.#fail(station, null);
  }

  /** The power fails now: in the middle of `during`, when that is torn. */
  #fail(station: Station, during: effects.Effect | null): void {
    const { how, backMs, site } = station.failing!;
    if (how === "torn" && during !== null) {
      const done = failing.done(station.failing!, during, this.#rng);
      if (during.op === effect.STORE) this.#store(station, during.a, during.b, during.bytes, done);
      else this.#erase(station, during.a, during.b, done);
      this.coverage.torn++;
    } else if (site !== true) this.coverage.cut++;
    this.powerOff(station, how === "torn" ? "torn write" : site ? "site power cut" : "power cut", backMs);
  }

  #store(station: Station, region: number, offset: number, bytes: Uint8Array, limit: number): void {
    const kept = station.flash.store(region, offset, bytes, limit);
    this.watch.stats.stores++;
    station.watched!.stored(region, offset, bytes.length, kept);
  }

  #erase(station: Station, region: number, sector: number, limit: number): void {
    const there = station.flash.erase(region, sector, limit);
    if (there) station.watched!.erased(region, sector);
    else if (this.honest(station.index)) {
      this.invariants.broken(
        "flash",
        station.index,
        `erased sector ${sector} of region ${region}, which does not exist`,
      );
    }
  }

  #send(station: Station, link: number, peer: number, bytes: Uint8Array): void {
    station.watched!.sent(bytes);
    const { stats } = this.watch;
    stats.frames++;
    stats.bytesOnAir += bytes.length;
    const sentUs = this.#nowUs;
    const endUs = Math.max(sentUs, station.airUs) + airTimeUs(bytes.length);
    station.airUs = endUs;
    for (const to of this.stations) {
      if (to.index === station.index || (peer !== effect.EVERYBODY && peer !== to.index)) continue;
      if (!this.villains.hears(station, to)) continue;
      this.radio.send(station.id, to.id, bytes, endUs, (arrival) =>
        this.#put(FRAME, arrival.at, to, 0, station, link, arrival, sentUs, endUs, null),
      );
    }
  }

  #event(station: Station, number: number, bytes: Uint8Array): void {
    station.watched!.event(number, bytes);
    if (number === event.IDENTITY && this.identities[station.index] === undefined && bytes.length >= 40) {
      this.identities[station.index] = { publicKey: bytes.slice(0, 32), kid: bytes.slice(32, 40) };
    } else if (
      number === event.RECOVERED &&
      bytes.length >= 16 &&
      (u32(bytes, 12) & 1) !== 0 &&
      this.honest(station.index)
    ) {
      this.invariants.broken("recovery", station.index, "came back as an observer: its journal is unreadable to it");
    }
    this.watch.heard(station, number, bytes, this.nowMs);
  }

  #say(said: FleetEvent["said"], station: Station | null = null): void {
    this.watch.tell(this.nowMs, station, said);
  }
}

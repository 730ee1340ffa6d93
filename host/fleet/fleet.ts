// A fleet: devices, their flash, the air between them and everything that can go wrong, in virtual time, from one seed.
//
//   queue ── tick, frame, action ──> a call of one device ──> its effects, in order
//     ^                                 STORE, ERASE -> flash      SEND -> radio -> queue
//     └──────────────────────────────── EVENT -> listeners         RESET, power cut -> off, later on again
//
// Time is microseconds of virtual time; a device gets milliseconds of its own clock. After every event the invariants are
// checked. Rule: everything follows from options and seed; two runs of one seed give the same trace hash, in every engine.

import * as effect from "../../firmware/wire/effect.ts";
import { hex } from "../device/bytes.ts";
import * as counters from "../device/counters.ts";
import { Trap } from "../device/device.ts";
import * as effects from "../device/effects.ts";
import { type Deed, type Verb, VERBS } from "../tape/deed.ts";
import { DumpRecorder, Recorder } from "../tape/record.ts";
import * as trace from "../tape/trace.ts";
import * as refusal from "../wire/refusal.ts";
import { Chaos } from "./chaos.ts";
import * as costs from "./costs.ts";
import * as deeds from "./deeds.ts";
import { Effects } from "./effects.ts";
import * as faults from "./faults.ts";
import type { Flash } from "./flash.ts";
import * as header from "./header.ts";
import { Invariants, type Violation } from "./invariants.ts";
import { Member } from "./member.ts";
import type { Dump, Options } from "./options.ts";
import { Processor } from "./processor.ts";
import * as provision from "./provision.ts";
import { Queue } from "./queue.ts";
import { Radio } from "./radio.ts";
import { Rng } from "./rng.ts";
import * as scheduled from "./scheduled.ts";
import { Scribe } from "./scribe.ts";
import * as sense from "./sense.ts";
import { REBOOT_MS, Station } from "./station.ts";
import * as strike from "./strike.ts";
import * as traffic from "./traffic.ts";
import { Villains, villainsIn, villainStrikes, type Villain } from "./villain.ts";
import { Watch, type FleetEvent, type Listener, type PowerWhy } from "./watch.ts";

export type { Dump, Options };

/** A device that asks to be called at once this often does not come to rest. */
const RESTLESS = 2000;
/** Time until a device is ticked that asked to be ticked at once. */
const AT_ONCE_US = 100;

export class Fleet {
  /** Validators, and with the members behind them all devices. */
  readonly n: number;
  readonly devices: number;
  readonly seed: number;
  readonly options: Options;
  readonly cell: provision.Cell;
  /** What computing costs; null: no time. */
  readonly costs: costs.Costs | null;
  readonly stations: Station[] = [];
  readonly radio: Radio;
  readonly coverage: faults.Coverage = faults.coverage();
  readonly chaos: Chaos;
  readonly villains: Villains;
  readonly invariants: Invariants;
  readonly watch: Watch;
  readonly identities: provision.Identity[] = [];
  /** Stations of honest validators; their number is that of honest validators. */
  readonly honestStations: Station[] = [];
  recorder: Recorder | null = null;
  /** Tapes of devices that trapped, where Options.dumps asked for them: the last calls before its first trap. */
  readonly dumps: Dump[] = [];
  /** Who writes the log, when there is one. */
  scribe: Scribe | null = null;
  readonly #queue = new Queue<scheduled.Scheduled>();
  readonly #trace = new trace.Trace();
  readonly #rng: Rng;
  readonly #members: Member[] = [];
  readonly #byDevice: Station[][];
  readonly #kinds: (Villain["kind"] | undefined)[] = [];
  readonly #counters = counters.zero();
  readonly #sense: sense.Sense;
  readonly #effects: Effects;
  #nowUs = 0;
  #events = 0;
  #closed = false;

  constructor(options: Options) {
    const { n, seed, members = 0 } = options;
    if (!(n >= 1 && n <= 32)) throw new RangeError(`a cell has 1 to 32 validators, not ${n}`);
    if (!(members >= 0 && members <= 64)) throw new RangeError(`a fleet has 0 to 64 members, not ${members}`);
    this.n = n;
    this.devices = n + members;
    this.seed = seed;
    this.options = options;
    this.#rng = new Rng(seed, "fleet");
    this.#effects = new Effects(this, this.#rng, (flight) => this.#queue.put(scheduled.frame(flight)));
    this.costs = costs.of(options.board);
    this.cell = provision.settings(options);
    const villains = [...(options.villains ?? []), ...villainsIn(options.strikes ?? [])];
    for (const { device, kind } of villains) this.#kinds[device] = kind;
    const honest = Array.from({ length: this.devices }, (_, i) => this.#kinds[i] === undefined);
    const contradicted = (device: number): void => {
      if (this.#kinds[device] === "equivocator") this.coverage.equivocator++;
    };
    const told = (violation: Violation): void => this.scribe?.broken(this.#nowUs, violation);
    this.invariants = new Invariants({ n, seed, supply: this.cell.balance * BigInt(n), honest, contradicted, told });
    this.watch = new Watch(honest);
    this.#byDevice = honest.map(() => []);
    this.#sense = sense.of(options.senses ?? "weather", seed);
    for (let i = 0; i < this.devices; i++) this.#addStation(i);
    for (let i = 0; i < n; i++) if (this.#kinds[i] === "equivocator") this.#addStation(i);
    for (let i = 0; i < this.devices; i++) {
      if (honest[i] && i < n) this.honestStations.push(this.stations[i]);
      this.#members.push(new Member(this, i, this.#byDevice[i]));
    }
    const room = this.devices + Math.max(villains.length, this.invariants.f); // whoever may come to lie has two stations
    this.radio = new Radio(room, new Rng(seed, "radio"), this.coverage);
    const field = { n, stations: room, honest: honest.flatMap((keeps, i) => (keeps ? [i] : [])) };
    const drawn = strike.draw(options.faults ?? [], field, (name) => new Rng(seed, `chaos ${name}`));
    this.chaos = new Chaos(this, options.strikes ?? drawn);
    this.villains = new Villains(this, villains);
    const cell = provision.cell(this, this.#rng.bytes(32));
    if (options.log !== undefined)
      this.scribe = Scribe.open(options.log, options.keyframeMs ?? 1000, header.describe(this, cell));
    for (const station of this.stations) this.#equip(station);
    this.#start();
  }

  // ---- looking ----

  /** All faults and villains so far, as a list that does the same again (Options.strikes); mutants are not on it. */
  get strikes(): strike.Strike[] {
    return [...villainStrikes(this.options.villains ?? []), ...this.chaos.struck];
  }

  /** Virtual time since the start, in milliseconds. */
  get nowMs(): number {
    return this.#nowUs / 1000;
  }

  /** The same in microseconds. */
  get nowUs(): number {
    return this.#nowUs;
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

  /** The deeds that it can do. */
  get verbs(): readonly Verb[] {
    return VERBS;
  }

  /** Events processed so far: the place of a deed among them is what repeats it exactly. */
  get events(): number {
    return this.#events;
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

  /** Does a deed (host/tape/deed.ts). Throws Refused, and nothing has happened then. */
  do(deed: Deed): void {
    this.#do(deed);
  }

  /** Asks a device at its console: 0, or the reason of its refusal. Throws Refused when it is down. */
  ask(device: number, bytes: Uint8Array): number {
    return this.#do({ do: "request", device, hex: hex(bytes) });
  }

  /** Separates groups of devices; a device that is in none is alone. */
  partition(groups: readonly (readonly number[])[]): void {
    this.do({ do: "split", groups });
  }

  heal(): void {
    this.do({ do: "heal" });
  }

  /** Ends all faults of network and power; devices that are down come back. Villains go on. */
  calm(): void {
    this.chaos.stop();
    for (const station of this.stations)
      if (!station.on) this.plan(this.#rng.between(5, 300), () => this.powerUp(station));
    this.#say({ what: "chaos", sentence: "all faults of network and power stop" });
  }

  /** Runs `action` after this much virtual time. What it does to the fleet must be a deed: a repetition knows nothing of it. */
  after(ms: number, action: () => void): void {
    this.#queue.put(scheduled.action(scheduled.OUTSIDE, this.#nowUs + Math.round(ms * 1000), action));
  }

  /** The same for the simulation itself: `action` follows from options and seed, and every repetition does it again. */
  plan(ms: number, action: () => void): void {
    this.#queue.put(scheduled.action(scheduled.ACTION, this.#nowUs + Math.round(ms * 1000), action));
  }

  /**
   * Runs until virtual time `untilMs`, or until the predicate holds, at most to `limitMs`. True when it got there; false
   * when a violation or the limit ended it first.
   */
  run(until: number | (() => boolean), limitMs = Infinity): boolean {
    const done = typeof until === "function" ? until : null;
    const limitUs = Math.round(1000 * (typeof until === "number" ? until : limitMs));
    const stop = this.options.stopOnViolation !== false;
    const { violations } = this.invariants;
    if (done?.() === true) return true;
    while (this.#queue.nextAt <= limitUs) {
      this.#next();
      if (stop && violations.length !== 0) return false;
      if (done !== null && done()) return true;
    }
    if (limitUs !== Infinity) this.pass(Math.max(this.#nowUs, limitUs));
    return done === null;
  }

  /** Processes the events up to `untilUs`, until their number is `order`, whatever breaks: for repetitions. */
  step(untilUs: number, order = Infinity): void {
    while (this.#events < order && this.#queue.nextAt <= untilUs) this.#next();
  }

  /** Lets time go on to `toUs` (microseconds) though nothing happens until then. */
  pass(toUs: number): void {
    if (this.scribe !== null && toUs > this.scribe.dueUs) this.scribe.pass(toUs, this.stations);
    this.#nowUs = toUs;
  }

  /** Hands a request to a running copy of a device: 0, or the reason of its refusal; -1 when it is down. */
  request(station: Station, bytes: Uint8Array): number {
    if (!station.on) return -1;
    station.processor?.settle();
    return station.on ? this.#serve(station, trace.REQUEST, 0, bytes) : -1;
  }

  powerUp(station: Station): void {
    if (station.on) return;
    const device = station.powerUp(this.#nowUs);
    this.watch.stats.powerUps++;
    this.scribe?.power(this.#nowUs, station, true, "start");
    this.#say({ what: "power", on: true, why: "start" }, station);
    const { life } = station;
    const reason = this.#call(station, trace.BOOT, 0, trace.NO_RECORDS);
    if (station.life !== life || station.device !== device) return;
    if (reason !== 0 && station.provisioned && this.honest(station.index)) {
      this.invariants.broken("recovery", station.index, `started with reason ${reason} instead of recovering`);
    }
    if (station.processor === null) this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
  }

  /** Takes the power away; it returns after `backMs`, or not by itself. */
  powerOff(station: Station, why: PowerWhy, backMs: number | null = null): void {
    if (station.device !== null) {
      counters.add(this.#counters, counters.read(station.device.memory()));
      station.note({ power: why, atMs: this.nowMs });
      station.powerOff(this.#nowUs);
      this.scribe?.power(this.#nowUs, station, false, why);
      this.#say({ what: "power", on: false, why }, station);
    }
    if (backMs === null) return;
    const { life } = station;
    this.plan(backMs, () => {
      if (station.life === life) this.powerUp(station);
    });
  }

  /** Puts another chip on the board of a villain. */
  replaceFlash(station: Station, image: Flash): void {
    station.flash = image;
    station.watched = this.invariants.watch(station.index, image);
  }

  /** Makes an honest device an equivocator: a second copy of it wakes up, a clone. */
  turn(device: number): void {
    const [first] = this.#byDevice[device];
    this.#kinds[device] = "equivocator";
    this.invariants.turned(device);
    this.watch.turned(device);
    this.honestStations.splice(this.honestStations.indexOf(first), 1);
    const twin = this.#addStation(device);
    this.#equip(twin);
    twin.provisioned = first.provisioned;
    this.replaceFlash(twin, first.flash.clone());
    this.radio.join(twin.id, first.id);
    this.villains.turn(device);
    if (first.on) this.powerUp(twin);
  }

  /** Ends the log with the trace hash; the fleet may be looked at, but must not run afterwards. */
  end(): void {
    this.scribe?.end(this.#nowUs, this.#events, this.#trace.digest());
    this.scribe = null;
  }

  /** Ends the log and frees the devices; the fleet must not run afterwards. */
  close(): void {
    this.end();
    this.#closed = true;
    for (const station of this.stations) station.powerOff(this.#nowUs);
  }

  // ---- the beginning ----

  #addStation(index: number): Station {
    const { engine, seed, tables } = this.options;
    const id = this.stations.length;
    const recorded = this.options.record === index && this.#byDevice[index].length === 0;
    if (recorded) this.recorder = new Recorder();
    const station = new Station({
      id,
      index,
      engine,
      wasm: this.#moduleOf(index),
      tables,
      entropy: new Rng(seed, `entropy ${id}`),
      clock: new Rng(seed, `clock ${id}`),
      sense: (channel, nowMs) => this.#sense(index, channel, nowMs),
      recorder: recorded ? this.recorder : null,
      dump: (this.options.dumps ?? this.options.log !== undefined) ? new DumpRecorder() : null,
    });
    this.stations.push(station);
    this.#byDevice[index].push(station);
    return station;
  }

  /** From now on its work takes time. Provisioning, in the factory, takes none. */
  #equip(station: Station): void {
    if (this.costs === null) return;
    station.processor = new Processor(this.costs, station, {
      nowUs: () => this.#nowUs,
      at: (us, run) => this.#queue.put(scheduled.action(scheduled.ACTION, us, run)),
      call: (code, link, input) => void this.#call(station, code, link, input),
    });
  }

  #moduleOf(index: number): Uint8Array {
    const { wasm, memberWasm, villains = [] } = this.options;
    const mutant = villains.find(({ device, kind }) => device === index && kind === "mutant");
    if (index >= this.n && memberWasm !== undefined) return memberWasm;
    return mutant?.wasm ?? (typeof wasm === "function" ? wasm(index) : wasm);
  }

  #do(value: Deed): number {
    if (this.#closed) throw new refusal.Refused(refusal.FLEET_OVER, "this fleet is closed");
    const deed = deeds.check(this, value);
    this.scribe?.deed(this.#nowUs, this.#events, deed);
    return deeds.carryOut(this, deed);
  }

  #start(): void {
    this.chaos.prepare();
    for (const station of this.stations) this.plan(this.#rng.between(0, 400), () => this.powerUp(station));
    this.plan(strike.FIRST_MS, () => {
      this.chaos.start();
      this.villains.start();
      provision.enrol(this);
      if (this.options.traffic) traffic.start(this, this.options.traffic, new Rng(this.seed, "traffic"));
    });
  }

  // ---- the loop ----

  #next(): void {
    const next = this.#queue.take()!;
    this.pass(next.at);
    if (next.kind !== scheduled.OUTSIDE) this.#events++;
    if (next.kind === scheduled.TICK) this.#tick(next.station!, next);
    else if (next.kind === scheduled.FRAME) this.#deliver(next);
    else next.run!();
  }

  #tick(station: Station, { at, life }: scheduled.Scheduled): void {
    if (station.life !== life || station.queuedUs !== at) return;
    station.queuedUs = Infinity;
    if (station.busy) return; // a tick follows on what it does
    if (at >= station.tickUs) this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
    else this.#wake(station);
  }

  /** Makes sure that a tick event stands in the queue at or before the time the device wants one. */
  #wake(station: Station): void {
    if (station.queuedUs <= station.tickUs) return;
    station.queuedUs = station.tickUs;
    this.#queue.put(scheduled.tick(station));
  }

  #deliver({ station, from, link, arrival, sentUs, endUs }: scheduled.Scheduled): void {
    if (station === null || from === null || arrival === null || !station.on) return;
    if (from.offUs >= sentUs && from.offUs < endUs) return; // the sender lost power before the frame was out
    this.radio.heard(from.id, station.id, arrival.number);
    this.watch.stats.deliveries++;
    if (station.busy) station.processor!.wait(link, arrival.bytes);
    else this.#serve(station, trace.RECEIVE, link, arrival.bytes);
  }

  /** A call, and the tick behind it; on a board that takes its time for the call, the tick follows when that has passed. */
  #serve(station: Station, code: number, link: number, input: Uint8Array): number {
    const { life, processor } = station;
    const returned = this.#call(station, code, link, input);
    if (processor === null && station.life === life) this.#call(station, trace.TICK, 0, trace.NO_RECORDS);
    return returned;
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
    const finish = (): void => {
      this.invariants.nowMs = this.nowMs;
      if (code === trace.TICK) this.#wants(station, clockMs, returned);
      if (records.length !== 0) this.#effects.carryOut(station, effects.parse(records));
    };
    if (station.processor === null) finish();
    else station.processor.charge(code, finish);
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
    this.plan(0, () => this.powerOff(station, "watchdog", REBOOT_MS));
  }

  #trapped(station: Station, code: number, trap: Trap): void {
    this.#trace.callOf(station.id, code, trace.TRAPPED, trace.NO_RECORDS);
    this.watch.stats.traps++;
    const bytes = this.dumps.some(({ device }) => device === station.index) ? null : station.tape();
    if (bytes !== null) this.dumps.push({ device: station.index, atMs: this.nowMs, message: trap.message, bytes });
    this.scribe?.note(this.#nowUs, { trap: { device: station.index, message: trap.message } });
    if (this.honest(station.index)) this.invariants.broken("trap", station.index, `trapped in ${trap.message}`);
    this.powerOff(station, "trap", REBOOT_MS);
  }

  readonly #say = (said: FleetEvent["said"], station: Station | null = null): void =>
    this.watch.tell(this.nowMs, station, said);
}

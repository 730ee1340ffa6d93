// A campaign: many seeds, each a fleet that first suffers and then must recover.
//
//   phase 1   faults and villains drawn from the seed, with traffic       safety: the invariants
//   phase 2   all faults of network and power stop; a fresh transaction    liveness: final at every honest device
//             must become final; villains are silent, behave or go on
//
// Rule: everything follows from (seed, n, faults), so one line reproduces any failure: `synod sim --seed SEED --n N ...`.

import type { Engine } from "../device/device.ts";
import * as costs from "./costs.ts";
import * as faults from "./faults.ts";
import type { Log } from "../tape/log.ts";
import { Fleet, type Options } from "./fleet.ts";
import type { Violation } from "./invariants.ts";
import { Latency } from "./latency.ts";
import * as provision from "./provision.ts";
import { Rng } from "./rng.ts";
import type { Villain } from "./villain.ts";
import type { Followed } from "./watch.ts";

export interface Run {
  readonly seed: number;
  readonly n: number;
  readonly engine: Engine;
  /** The module of all devices, or of each. */
  readonly wasm: Uint8Array | ((device: number) => Uint8Array);
  /** Devices beside the validators that do not vote, and their module. */
  readonly members?: number;
  readonly memberWasm?: Uint8Array;
  /** The board whose speed the devices have; none unless said otherwise. */
  readonly board?: costs.Board;
  /** Faults to draw from; all of a short list strike, a long one is thinned by the seed. */
  readonly faults: readonly faults.Fault[];
  /** Villains; by default f of them, of the kinds among the faults. */
  readonly villains?: readonly Villain[];
  /** Virtual milliseconds of phase 1. */
  readonly sufferMs?: number;
  /** Virtual milliseconds in which phase 2 must end. */
  readonly recoverMs?: number;
  /** The device whose tape is recorded. */
  readonly record?: number;
  /** Where the whole fleet's tape is written. */
  readonly log?: Log;
}

export interface Result {
  readonly seed: number;
  readonly n: number;
  readonly mtu: number;
  /** Highest block committed by an honest device. */
  readonly blocks: number;
  readonly violations: readonly Violation[];
  /** True when the fresh transaction became final everywhere; false also when a violation ended the run. */
  readonly live: boolean;
  /** Virtual milliseconds that this took. */
  readonly recoveredMs: number;
  readonly coverage: faults.Coverage;
  readonly traceHash: string;
  /** Heights committed, by device. */
  readonly heights: readonly number[];
  readonly faults: readonly faults.Fault[];
  readonly villains: readonly Villain[];
  /** The tape of the recorded device. */
  readonly tape: Uint8Array | null;
  /** How busy the boards were; null where computing takes no time. */
  readonly load: Load | null;
}

/** What a campaign's run says of boards that take their time. */
export interface Load {
  /** By device (a liar's first copy): the share of the run in which it computed. */
  readonly busy: readonly number[];
  /** Frames that found no room while a device computed. */
  readonly overruns: number;
  /** Virtual milliseconds from first vote to execution, block by block. */
  readonly latencyMs: readonly number[];
}

/** Virtual time of phase 1, and the most that phase 2 may take: view timers may have backed off to 100 s. */
export const SUFFER_MS = 20_000;
export const RECOVER_MS = 600_000;

/** What a board that takes its time can carry: this share of the payments, and a reading every five seconds. */
const LIGHT = 0.2;
const SPARSE = { recording: { from: 0, intervalMs: 5000 } } as const;

const RETRY_MS = 5000;

/** What the seed makes of the options: faults, villains, radio. */
export function plan(run: Run): Options {
  const {
    seed,
    n,
    engine,
    wasm,
    members,
    memberWasm,
    board,
    record,
    log,
    sufferMs = SUFFER_MS,
    recoverMs = RECOVER_MS,
  } = run;
  const rng = new Rng(seed, "plan");
  const thin = run.faults.length > 4;
  const chosen = run.faults.filter(() => !thin || rng.chance(0.75));
  const kinds = faults.VILLAINS.filter((kind) => run.faults.includes(kind));
  const f = Math.floor((n - 1) / 3);
  const devices = rng.shuffle(Array.from({ length: n }, (_, i) => i));
  const drawn = devices.slice(0, kinds.length === 0 ? 0 : f).map((device) => ({ device, kind: rng.pick(kinds) }));
  const slow = costs.of(board) === null ? null : { board, senses: SPARSE };
  return {
    n,
    seed,
    engine,
    wasm,
    ...(members ? { members, memberWasm } : {}),
    ...slow,
    record,
    mtu: seed % 2 === 0 ? 1400 : 250,
    viewsPerLeader: rng.pick([1, 2, 4, 4]),
    faults: chosen,
    villains: run.villains ?? drawn,
    traffic: (0.3 + 1.2 * rng.real()) * (slow === null ? 1 : LIGHT),
    campaign: { sufferMs, recoverMs },
    log,
  };
}

/** Runs one seed. */
export function runSeed(run: Run): Result {
  return conduct(new Fleet(plan(run)));
}

/** Runs the campaign of a fleet that was made with the options of one; closes it. */
export function conduct(fleet: Fleet): Result {
  const { sufferMs, recoverMs } = fleet.options.campaign!;
  const { faults: names = [], villains = [], seed, n } = fleet.options;
  const latency = fleet.costs === null ? null : new Latency();
  if (latency !== null) fleet.on(latency.hear);
  const phase = arm(fleet);
  const live = fleet.run(() => phase.recovered(), sufferMs + recoverMs);
  const recoveredMs = Math.max(0, fleet.nowMs - sufferMs);
  const { violations, coverage, traceHash, watch, recorder } = fleet;
  const load = latency === null ? null : { ...busy(fleet), latencyMs: latency.ms };
  const heights = watch.status.map(({ height }) => height);
  fleet.close();
  return {
    seed,
    n,
    mtu: fleet.cell.mtu,
    blocks: watch.stats.height,
    violations,
    live: live && violations.length === 0,
    recoveredMs,
    coverage,
    traceHash,
    heights,
    faults: names,
    villains,
    tape: recorder?.bytes() ?? null,
    load,
  };
}

function busy(fleet: Fleet): Omit<Load, "latencyMs"> {
  const all = fleet.stations.map(({ processor }) => processor!);
  const shares = all.slice(0, fleet.n).map((each) => each.spentUs(fleet.nowUs) / Math.max(1, fleet.nowUs));
  return { busy: shares, overruns: all.reduce((sum, { overruns }) => sum + overruns, 0) };
}

/** What a campaign knows of its second phase. */
export interface Phase {
  /** True when a fresh transaction is final at every honest device. */
  recovered(): boolean;
}

/** Puts the second phase into the fleet's own events, so that a repetition has it too. To be called before the fleet runs. */
export function arm(fleet: Fleet): Phase {
  const fresh: Followed[] = [];
  fleet.plan(fleet.options.campaign!.sufferMs, () => {
    recover(fleet, new Rng(fleet.seed, "recover"));
    submit(fleet, fresh);
  });
  return { recovered: () => fresh.some((one) => everywhere(fleet, one)) };
}

/** Phase 2 begins: faults stop, and the villains do what the seed says. */
function recover(fleet: Fleet, rng: Rng): void {
  fleet.calm();
  const after = rng.below(3);
  if (after === 0) return; // they go on
  fleet.villains.stop();
  if (after === 1) return; // they behave
  for (const station of fleet.stations) {
    if (!fleet.honest(station.index)) fleet.plan(400, () => fleet.powerOff(station, "killed"));
  }
}

/** Submits a fresh payment at one honest device after the other, until the run ends. */
function submit(fleet: Fleet, fresh: Followed[]): void {
  const { watch } = fleet;
  let turn = 0;
  const next = (): void => {
    const station = fleet.honestStations[turn++ % fleet.honestStations.length];
    const to = fleet.identities[(station.index + 1) % fleet.n].kid;
    watch.submitted = "";
    if (fleet.request(station, provision.pay(to, 1n, 0n)) === 0 && watch.submitted !== "")
      fresh.push(watch.follow(watch.submitted));
    fleet.plan(RETRY_MS, next);
  };
  fleet.plan(500, next);
}

/** True when every honest device has executed the block that holds this transaction, and every member trusts a state behind it. */
function everywhere(fleet: Fleet, { height, devices }: Followed): boolean {
  if (height < 0) return false;
  const has = (device: number): boolean => devices.has(device) || fleet.watch.status[device].executed >= height;
  const members = fleet.stations.slice(fleet.n, fleet.devices);
  return [...fleet.honestStations, ...members].every(({ index }) => has(index));
}

/** Totals of a campaign. */
export interface Totals {
  seeds: number;
  blocks: number;
  violations: Violation[];
  live: number;
  /** Seeds that did not become live. */
  stuck: number[];
  coverage: faults.Coverage;
}

export const totals = (): Totals => ({
  seeds: 0,
  blocks: 0,
  violations: [],
  live: 0,
  stuck: [],
  coverage: faults.coverage(),
});

export function add(sum: Totals, result: Result): void {
  sum.seeds++;
  sum.blocks += result.blocks;
  sum.violations.push(...result.violations);
  if (result.live) sum.live++;
  else sum.stuck.push(result.seed);
  faults.add(sum.coverage, result.coverage);
}

/** The faults among `names` whose counter stayed zero. */
export function uncovered(sum: Totals, names: readonly faults.Fault[]): faults.Fault[] {
  return names.filter((name) => sum.coverage[name] === 0);
}

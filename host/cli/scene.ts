// What the live view knows: a plain value that events change and render.ts draws. It holds nothing of the fleet itself.
//
//   lane      one device: state, height, view, and one mark per tick of virtual time, newest last
//   commit    one block, seen when the first device committed it
//   gauge     one mote: the last readings its device sensed, and which of them carry the recording's label

import type { Load } from "../target/seen.ts";

/** What a device did in one tick; the greatest wins when it did several things. */
export const Mark = { idle: 0, down: 1, vote: 2, start: 3, nullify: 4, commit: 5, propose: 6 } as const;
export type Mark = (typeof Mark)[keyof typeof Mark];

export interface Lane {
  up: boolean;
  /** On which side of a split it stands: 0 when there is none. */
  side: number;
  height: number;
  view: number;
  leader: boolean;
  /** It belongs to the cell without a vote. */
  member: boolean;
  marks: Mark[];
}

export interface Commit {
  height: number;
  view: number;
  proposer: number;
  digest: string;
  txs: number;
  readings: number;
  transfers: number;
  /** Transactions of it that were refused when executed. */
  failed: number;
  /** Virtual milliseconds from the first vote for this block to the first device that had executed it. */
  ms: number;
  /** Virtual time at which the first device had executed it. */
  at: number;
}

export interface Gauge {
  device: number;
  indoor: boolean;
  temperature: number[];
  humidity: number[];
  event: boolean[];
}

export interface Work {
  /** Per block: signatures verified, blocks of SHA-256, bytes sent, records written to flash. */
  verified: number;
  hashed: number;
  sent: number;
  records: number;
  load: Load | null;
}

export interface Scene {
  title: string;
  /** Virtual milliseconds since the start. */
  now: number;
  tickMs: number;
  /** Virtual over real time, as measured. */
  pace: number;
  paused: boolean;
  split: boolean;
  lanes: Lane[];
  commits: Commit[];
  gauges: Gauge[];
  blocks: number;
  readings: number;
  transfers: number;
  balances: bigint[];
  supply: bigint;
  violations: string[];
  /** What a block costs a device, a mean over all; null before a keyframe with blocks. */
  work: Work | null;
  /** Where the dashboard is served; "" when it is not. */
  dashboard: string;
  /** What was refused last, in words. */
  notice: string;
}

/** As many ticks as the widest terminal shows. */
export const TICKS = 400;
/** As many readings as a sparkline shows. */
export const SPARKS = 60;

/** A scene of n devices that vote, and members, in which nothing has happened. */
export function create(n: number, title: string, members = 0, tickMs = 200): Scene {
  return {
    title,
    now: 0,
    tickMs,
    pace: 1,
    paused: false,
    split: false,
    lanes: Array.from({ length: n + members }, (_, i) => lane(i >= n)),
    commits: [],
    gauges: [],
    blocks: 0,
    readings: 0,
    transfers: 0,
    balances: [],
    supply: 0n,
    violations: [],
    work: null,
    dashboard: "",
    notice: "",
  };
}

const lane = (member: boolean): Lane => ({
  ...{ up: true, side: 0, height: 0, view: 0, leader: false, member },
  marks: [Mark.idle],
});

/** Notes what a device did in the current tick. */
export function mark(scene: Scene, device: number, what: Mark): void {
  const { marks } = scene.lanes[device];
  const last = marks.length - 1;
  if (what > marks[last]) marks[last] = what;
}

/** Moves virtual time on: a column per tick that began. */
export function advance(scene: Scene, now: number): void {
  const begun = Math.floor(now / scene.tickMs) - Math.floor(scene.now / scene.tickMs);
  scene.now = now;
  for (const each of scene.lanes) {
    for (let i = 0; i < Math.min(begun, TICKS); i++) each.marks.push(each.up ? Mark.idle : Mark.down);
    if (each.marks.length > TICKS) each.marks.splice(0, each.marks.length - TICKS);
  }
}

/** A device went down or came up. */
export function power(scene: Scene, device: number, up: boolean): void {
  const each = scene.lanes[device];
  each.up = up;
  if (up) mark(scene, device, Mark.start);
  else each.marks[each.marks.length - 1] = Mark.down;
}

/** Adds a block; the newest are kept. */
export function commit(scene: Scene, block: Commit): void {
  scene.commits.push(block);
  if (scene.commits.length > 32) scene.commits.shift();
  scene.blocks += 1;
  scene.readings += block.readings;
  scene.transfers += block.transfers;
}

/** Adds what a mote's device sensed. Values in thousandths. */
export function sensed(gauge: Gauge, channel: number, value: number, event: boolean): void {
  const series = channel === 0 ? gauge.temperature : gauge.humidity;
  series.push(value);
  if (series.length > SPARKS) series.shift();
  if (channel !== 0) return;
  gauge.event.push(event);
  if (gauge.event.length > SPARKS) gauge.event.shift();
}

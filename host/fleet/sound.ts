// Is the header of a tape one that a fleet could have written? A tape may come from anybody, so it is asked before a fleet is made.
//
//   Header ──> kind of every field, range of every number ──> nothing, or a TapeError that names the first one that is wrong
//
// Rule: whatever passes here makes a fleet; nothing here decides what the fleet does.

import type { Header } from "../tape/fleet.ts";
import { TapeError } from "../tape/tape.ts";
import * as costs from "./costs.ts";
import { NAMES, VILLAINS } from "./faults.ts";

type Fields = Record<string, unknown>;
type Range = readonly [least: number, most: number, whole: boolean];

/** A day, milliseconds. */
const DAY = 86_400_000;
const NUMBERS: Readonly<Record<string, Range>> = {
  seed: [0, Number.MAX_SAFE_INTEGER, true],
  mtu: [128, 1500, true],
  deltaMs: [1, DAY, true],
  viewsPerLeader: [1, 255, true],
  windowS: [1, 65_535, true],
  heartbeatMs: [0, DAY, true],
  traffic: [0, 1000, false],
  members: [0, 64, true],
  keyframeMs: [10, DAY, false],
};
/** Fields of strikes: times and delays, rates, seeds. */
const STRIKE: Readonly<Record<string, Range>> = {
  atMs: [0, 1e12, false],
  untilMs: [0, 1e12, false],
  seed: [0, Number.MAX_SAFE_INTEGER, true],
  rate: [0, 2, false],
  enter: [0, 1, false],
  leave: [0, 1, false],
  loss: [0, 1, false],
  maxMs: [0, DAY, false],
  backMs: [0, DAY, false],
  spreadMs: [0, DAY, false],
};
const MOST_STRIKES = 100_000;

const wrong = (what: string): TapeError => new TapeError(`no fleet has the header of this tape: ${what}`);
const said = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 40);

function inRange(name: string, value: unknown, [least, most, whole]: Range): void {
  if (typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value))) return;
  throw wrong(`${name} is ${said(value)}, expected ${whole ? "a whole number" : "a number"} from ${least} to ${most}`);
}

function fields(name: string, value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(`${name} is ${said(value)}, expected an object`);
}

function list(name: string, value: unknown, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw wrong(`${name} is no list of at most ${most}`);
}

function oneOf(name: string, value: unknown, known: readonly string[]): void {
  if (!known.includes(value as string)) throw wrong(`${name} is ${said(value)}, expected one of ${known.join(", ")}`);
}

/** The numbers of `ranges` that are there. */
function numbers(name: string, given: Fields, ranges: Readonly<Record<string, Range>>): void {
  for (const [field, range] of Object.entries(ranges))
    if (given[field] !== undefined) inRange(`${name}${field}`, given[field], range);
}

/** A strike on one of so many devices. */
function strike(value: unknown, n: number): void {
  const given = fields("a strike", value);
  oneOf("the fault of a strike", given.what, NAMES);
  inRange("atMs of a strike", given.atMs, STRIKE.atMs);
  numbers("a strike's ", given, STRIKE);
  if (given.device !== undefined) inRange("a strike's device", given.device, [0, n - 1, true]);
  if (given.groups !== undefined)
    for (const group of list("a strike's groups", given.groups, 2 * n)) inRange("a group", group, [0, 3 * n, true]);
  const needs: Record<string, readonly string[]> = {
    partition: ["untilMs", "groups"],
    burst: ["untilMs", "seed", "enter", "leave", "loss"],
    delay: ["untilMs", "seed", "rate", "maxMs"],
    reorder: ["untilMs", "seed", "rate", "maxMs"],
    loss: ["untilMs", "seed", "rate"],
    duplication: ["untilMs", "seed", "rate"],
    corruption: ["untilMs", "seed", "rate"],
    sitecut: ["backMs", "spreadMs", "seed"],
    crash: ["device", "backMs"],
    torn: ["device", "backMs", "seed"],
    cut: ["device", "backMs", "seed"],
    drift: ["device", "rate"],
  };
  for (const field of needs[given.what as string] ?? ["device"])
    if (given[field] === undefined) throw wrong(`a strike of ${said(given.what)} has no ${field}`);
}

function senses(value: unknown): void {
  if (value === undefined || value === "weather" || value === "nothing") return;
  const { recording } = fields("senses", value);
  const given = fields("senses.recording", recording);
  inRange("senses.recording.from", given.from, [0, 1e6, true]);
  inRange("senses.recording.intervalMs", given.intervalMs, [1, DAY, false]);
}

/** Fields of a board: clock and what the rest is multiplied with, flash, inbox, delta. */
const BOARD: Readonly<Record<Exclude<keyof costs.Costs, "name" | "instructions">, Range>> = {
  mhz: [1, 10_000, false],
  cycles: [0.01, 1000, false],
  scale: [0.01, 1000, false],
  recordUs: [0, 1e6, false],
  byteUs: [0, 1e6, false],
  eraseUs: [0, 1e8, false],
  inboxBytes: [0, 1e9, true],
  deltaPerDeviceMs: [0, DAY, false],
};

function board(value: unknown): void {
  if (value === undefined) return;
  const given = fields("board", value);
  if (typeof given.name !== "string") throw wrong(`the board's name is ${said(given.name)}, expected a text`);
  for (const [field, range] of Object.entries(BOARD)) inRange(`the board's ${field}`, given[field], range);
  const instructions = fields("the board's instructions", given.instructions);
  for (const kind of Object.keys(costs.INSTRUCTIONS))
    inRange(`the board's instructions of ${kind}`, instructions[kind], [0, 1e12, false]);
}

/** Throws TapeError when no fleet could have written this header. */
export function check(header: Header): void {
  const given = fields("it", header) as Fields;
  inRange("n", given.n, [1, 32, true]);
  const n = given.n as number;
  for (const name of list("modules", given.modules, 96))
    if (typeof name !== "string") throw wrong("a module has no name");
  const options = fields("options", given.options);
  if (options.seed === undefined) throw wrong("it has no seed");
  numbers("", options, NUMBERS);
  oneOf("engine", options.engine, ["v8", "wasm3"]);
  if (options.balance !== undefined && !/^\d{1,18}$/.test(String(options.balance))) throw wrong("balance is no amount");
  for (const fault of list("faults", options.faults ?? [], 64)) oneOf("a fault", fault, NAMES);
  for (const value of list("strikes", options.strikes ?? [], MOST_STRIKES))
    strike(value, n + Number(options.members ?? 0));
  for (const value of list("villains", options.villains ?? [], 32)) {
    const villain = fields("a villain", value);
    inRange("a villain's device", villain.device, [0, n - 1, true]);
    oneOf("a villain's kind", villain.kind, [...VILLAINS, "mutant"]);
  }
  senses(options.senses);
  board(options.board);
  if (options.campaign === undefined) return;
  const campaign = fields("campaign", options.campaign);
  inRange("campaign.sufferMs", campaign.sufferMs, [0, DAY, false]);
  inRange("campaign.recoverMs", campaign.recoverMs, [0, DAY, false]);
}

// Plays scenarios: loads a file of them, opens a fleet for each, and says how it went.
//
//   FILE.scenario.ts ── load ──> Scenario ── play ──> Outcome: passed or why not, both times, the fleet's tape
//
// Rule: each scenario gets a fleet of its own, which is ended whatever happens; no scenario sees another.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as fleetfile from "../target/fleetfile.ts";
import * as targets from "../target/open.ts";
import { Sim } from "../target/sim.ts";
import type { Target } from "../target/target.ts";
import * as refusal from "../wire/refusal.ts";
import { defined, Failure, Fleet, type Scenario } from "./scenario.ts";

export interface Settings {
  /** A word of target/open.ts; by default a fresh simulated fleet, or with engine "posix" fresh processes. */
  readonly target?: string;
  readonly engine?: fleetfile.Engine;
  readonly wasm?: Uint8Array;
  readonly token?: string;
}

export interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  /** Why it failed, in words; "" when it passed. */
  readonly why: string;
  /** The fleet's time that it took, and real time; milliseconds. */
  readonly fleetMs: number;
  readonly wallMs: number;
  readonly height: number;
  readonly kind: Target["kind"];
  /** The fleet's tape. */
  readonly tape: Uint8Array;
}

const loaded = new Map<string, Scenario[]>();

/** The scenarios of a file, in their order. */
export async function load(path: string): Promise<readonly Scenario[]> {
  const file = resolve(path);
  const known = loaded.get(file);
  if (known !== undefined) return known;
  defined();
  await import(pathToFileURL(file).href);
  const list = defined();
  loaded.set(file, list);
  return list;
}

/** The fleet that a scenario is played on, and the folder that goes with it. */
async function open(
  scenario: Scenario,
  { target, engine, wasm, token }: Settings,
): Promise<{ fleet: Target; dir: string }> {
  const { n, wasm: path, limitMs: _, ...plain } = scenario.options;
  const bytes = wasm ?? (path === undefined ? undefined : targets.moduleAt(resolve(path)));
  const options: targets.Options = {
    ...plain,
    ...(n === undefined ? {} : { n }),
    ...(engine === undefined ? {} : { engine }),
    ...(bytes === undefined ? {} : { wasm: bytes }),
    ...(token === undefined ? {} : { token }),
  };
  const word = target ?? "sim";
  if (engine !== "posix") return { fleet: await targets.open(word, options), dir: "" };
  const dir = mkdtempSync(join(tmpdir(), "synod-scenario-"));
  return { fleet: await targets.open(word, { ...options, dir }), dir };
}

/** Plays one. A scenario that fails is an Outcome; a fleet that cannot be opened throws Refused. */
export async function play(scenario: Scenario, settings: Settings = {}): Promise<Outcome> {
  const started = performance.now();
  const { fleet: target, dir } = await open(scenario, settings);
  const fromMs = target.nowMs;
  const fleet = new Fleet(target, scenario.options);
  let why = "";
  try {
    const { n = target.n } = scenario.options;
    if (target.n < n) throw new Failure(`it needs ${n} devices, this fleet has ${target.n}`);
    await scenario.body(fleet);
    await fleet.finish();
  } catch (problem) {
    why = explain(problem);
  }
  const fleetMs = target.nowMs - fromMs;
  if (target instanceof Sim) target.fleet.end();
  const tape = target.log.bytes();
  fleet.close();
  await target.close();
  if (dir !== "") rmSync(dir, { recursive: true, force: true });
  const wallMs = performance.now() - started;
  return {
    name: scenario.name,
    passed: why === "",
    why,
    fleetMs,
    wallMs,
    height: fleet.height,
    kind: target.kind,
    tape,
  };
}

/** A problem for people: words for what the scenario or the fleet said, a stack for what nobody expected. */
function explain(problem: unknown): string {
  if (problem instanceof Failure || problem instanceof refusal.Refused) return problem.message || "it failed";
  if (!(problem instanceof Error)) return `it threw ${String(problem)}`;
  return problem.stack ?? problem.message;
}

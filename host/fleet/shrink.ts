// Shrinking: of a fleet tape whose run breaks a rule, the few strikes and deeds that are enough to break the same rule.
//
//   tape ── repeated ──> strikes, deeds, violation
//     ├─ ddmin (Zeller, Hildebrandt 2002): leave out halves, quarters, ... single ones, while the same rule still breaks
//     ├─ smaller ones: shorter, rarer, back sooner; no traffic
//     └─ the tape of what is left, cut off at the violation
//
// A campaign that does not become live again is shrunk alike: its rule is "live". Rule: every candidate is simulated wholly, and what
// comes out was simulated and broke that rule.

import type { Deed } from "../tape/deed.ts";
import type { Log } from "../tape/log.ts";
import { TapeError } from "../tape/tape.ts";
import { Refused } from "../wire/refusal.ts";
import * as campaign from "./campaign.ts";
import { Fleet, type Options } from "./fleet.ts";
import * as header from "./header.ts";
import type { Rule } from "./invariants.ts";
import * as rerun from "./rerun.ts";
import type { Strike } from "./strike.ts";

/** What happens to a fleet: all that can be left out of a run. */
export interface Candidate {
  readonly strikes: readonly Strike[];
  readonly deeds: readonly { readonly atMs: number; readonly deed: Deed }[];
  readonly traffic: number;
  /** Virtual milliseconds that it may take. */
  readonly limitMs: number;
}

export interface Broken {
  readonly rule: Rule | "live";
  readonly atMs: number;
  readonly sentence: string;
}

/** What a tape's run does: its fixed part, what happens to it, and what breaks. */
export interface Case {
  readonly base: Options;
  readonly candidate: Candidate;
  readonly broken: Broken;
}

/** Virtual milliseconds by which a candidate may break the rule later than the run it came from. */
const LATER_MS = 3000;

/** What a tape's run has besides what happens to it. */
export function baseOf({ header: first, modules }: rerun.Recorded): Options {
  const { faults: _f, strikes: _s, traffic: _t, villains = [], ...base } = header.options(first, modules, "v8");
  return { ...base, villains: villains.filter(({ kind }) => kind === "mutant"), stopOnViolation: true };
}

/** Reads a tape and repeats it, to know what struck and what broke. Throws TapeError when nothing breaks. */
export function open(bytes: Uint8Array, progress?: (atUs: number) => void): Case {
  const recorded = rerun.read(bytes);
  const again = new rerun.Repetition(recorded, { engine: "v8" });
  again.finish(progress);
  const { fleet } = again;
  const [first] = fleet.violations;
  fleet.close();
  const { campaign: phases, traffic = 0 } = fleet.options;
  const stuck = phases !== undefined && fleet.nowMs >= phases.sufferMs + phases.recoverMs;
  const broken: Broken | null =
    first !== undefined
      ? { rule: first.rule, atMs: first.timeMs, sentence: first.sentence }
      : stuck
        ? notLive(fleet.nowMs)
        : null;
  if (broken === null) throw new TapeError("this run breaks no rule, so there is nothing to shrink");
  const deeds = recorded.deeds
    .map(({ atUs, deed }) => ({ atMs: atUs / 1000, deed }))
    .filter(({ atMs }) => atMs <= broken.atMs);
  const strikes = fleet.strikes.filter(({ atMs }) => atMs <= broken.atMs);
  return {
    base: baseOf(recorded),
    candidate: { strikes, deeds, traffic, limitMs: broken.atMs },
    broken,
  };
}

const notLive = (atMs: number): Broken => ({
  rule: "live",
  atMs,
  sentence: "no fresh transaction became final after the faults stopped",
});

/** How many things happen: strikes and deeds. */
export const size = ({ strikes, deeds }: Candidate): number => strikes.length + deeds.length;

/** Simulates a candidate; what it breaks first, or null. With a log, that is written and ended. */
export function simulate(base: Options, { strikes, deeds, traffic, limitMs }: Candidate, log?: Log): Broken | null {
  const fleet = new Fleet({ ...base, strikes, traffic, log });
  const phase = base.campaign === undefined ? null : campaign.arm(fleet);
  const over = (): boolean => phase?.recovered() === true;
  for (const { atMs, deed } of deeds) {
    fleet.run(over, atMs);
    if (fleet.violations.length !== 0 || over()) break;
    try {
      fleet.do(deed);
    } catch (e) {
      if (!(e instanceof Refused)) throw e; // of another device that is down now, say: then it does not happen
    }
  }
  if (fleet.violations.length === 0) fleet.run(over, limitMs);
  const [first] = fleet.violations;
  const live = over();
  fleet.close();
  if (first !== undefined) return { rule: first.rule, atMs: first.timeMs, sentence: first.sentence };
  const stuck = base.campaign !== undefined && !live && limitMs >= base.campaign.sufferMs + base.campaign.recoverMs;
  return stuck ? notLive(limitMs) : null;
}

/** Tries candidates, in any order; the number of the first in the list that breaks the rule, with what it broke, or null. */
export type Try = (candidates: readonly Candidate[]) => Promise<{ index: number; broken: Broken } | null>;

/** One after the other, in this process. */
export const here =
  (of: Case): Try =>
  async (candidates) => {
    for (const [index, candidate] of candidates.entries()) {
      const broken = simulate(of.base, candidate);
      if (broken?.rule === of.broken.rule) return { index, broken };
    }
    return null;
  };

export interface Shrunk {
  readonly candidate: Candidate;
  readonly broken: Broken;
  /** Candidates simulated. */
  readonly tried: number;
}

/** Told after each step: what is left. */
type Progress = (left: Candidate, tried: number, what: string) => void;

/** Shrinks a case. `attempt` simulates; `progress` is told what is left. */
export async function shrink(of: Case, attempt: Try = here(of), progress: Progress = () => {}): Promise<Shrunk> {
  let tried = 0;
  let best = of.candidate;
  let { broken } = of;
  const live = broken.rule === "live";
  const limited = (candidate: Candidate): Candidate =>
    live ? candidate : { ...candidate, limitMs: Math.min(of.broken.atMs, broken.atMs) + LATER_MS };
  const smaller = async (what: string, candidates: readonly Candidate[]): Promise<number> => {
    if (candidates.length === 0) return -1;
    tried += candidates.length;
    const found = await attempt(candidates.map(limited));
    if (found !== null) {
      best = candidates[found.index];
      broken = found.broken;
    }
    progress(best, tried, what);
    return found?.index ?? -1;
  };
  await smaller("without all of them", [{ ...best, strikes: [], deeds: [] }]);
  await smaller("without traffic", [{ ...best, traffic: 0 }]);
  await ddmin(() => best, smaller);
  await simpler(() => best, smaller);
  await ddmin(() => best, smaller);
  return { candidate: { ...best, limitMs: live ? best.limitMs : broken.atMs }, broken, tried };
}

type Step = (what: string, candidates: readonly Candidate[]) => Promise<number>;

/** Leaves out parts, ever smaller ones, until no single one can be left out. */
async function ddmin(best: () => Candidate, smaller: Step): Promise<void> {
  for (let parts = 2; size(best()) > 0;) {
    const all = size(best());
    parts = Math.min(parts, all);
    const from = (i: number): number => Math.floor((all * i) / parts);
    const without = Array.from({ length: parts }, (_, i) => except(best(), from(i), from(i + 1)));
    const found = await smaller(`without a ${parts === 1 ? "single one" : `part in ${parts}`}`, without);
    if (found >= 0) parts = Math.max(2, parts - 1);
    else if (parts >= all) return;
    else parts *= 2;
  }
}

/** The candidate without number from..to of what happens, strikes first. */
function except(candidate: Candidate, from: number, to: number): Candidate {
  const { strikes, deeds } = candidate;
  const kept = (i: number): boolean => i < from || i >= to;
  return {
    ...candidate,
    strikes: strikes.filter((_, i) => kept(i)),
    deeds: deeds.filter((_, i) => kept(i + strikes.length)),
  };
}

/** Makes each strike shorter and weaker, as long as that is possible, at most a few times. */
async function simpler(best: () => Candidate, smaller: Step): Promise<void> {
  for (let i = 0; i < best().strikes.length; i++)
    for (let times = 0; times < 4; times++) {
      const candidate = best();
      const strikes = weaker(candidate.strikes[i]).map((strike) => candidate.strikes.with(i, strike));
      if ((await smaller("weaker", strikes.map((each) => ({ ...candidate, strikes: each })))) < 0) break; // prettier-ignore
    }
}

/** Strikes like this one that do less. */
function weaker(strike: Strike): Strike[] {
  const out: Strike[] = [];
  const half = (value: number): number => Math.floor(value / 2);
  if ("untilMs" in strike && strike.untilMs - strike.atMs > 100)
    out.push({ ...strike, untilMs: strike.atMs + half(strike.untilMs - strike.atMs) });
  if ("maxMs" in strike && strike.maxMs > 5) out.push({ ...strike, maxMs: half(strike.maxMs) });
  if ("backMs" in strike && strike.backMs > 40) out.push({ ...strike, backMs: half(strike.backMs) });
  if ("spreadMs" in strike && strike.spreadMs > 0) out.push({ ...strike, spreadMs: 0 });
  if (strike.what === "partition" && strike.oneWay) out.push({ ...strike, oneWay: false });
  return out;
}

// `synod sim`: many seeds; in each a fleet suffers faults, then must recover. Invariants are checked after every event.
//
//   seeds ──> worker processes (campaign.ts) ──> totals: blocks, violations, live, coverage
//   --engine both: each seed runs in V8 and in wasm3, and their trace hashes must be equal
//
// Exit code 0: no violation, every run live, equal hashes. 1 otherwise. A fault that was on and never struck is named.

import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import kleur from "kleur";
import * as campaign from "../fleet/campaign.ts";
import type { Board } from "../fleet/costs.ts";
import * as faults from "../fleet/faults.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Log } from "../tape/log.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as board from "./board.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { Progress } from "./progress.ts";
import { divergence, type Outcome, type Seeds } from "./job.ts";
import { Pool } from "./pool.ts";
import { plural } from "./render.ts";
import * as tape from "./tape.ts";

interface Plan {
  first: number;
  seeds: number;
  n: number;
  members: number;
  names: faults.Fault[];
  /** As it was typed, for the line that reproduces a failure. */
  list: string;
  choice: engine.Choice;
  board: Board;
  jobs: number;
  budgetMs: number;
  wasm: string;
  /** Folder for tapes of seeds that fail. */
  tapes: string;
  record: { device: number; file: string } | undefined;
  json: boolean;
}

interface Sum extends campaign.Totals {
  /** Seeds whose hashes differ between engines, and where they part. */
  diverged: { seed: number; sentence: string }[];
  /** Seeds that failed and whose tape was written. */
  taped: number;
  /** Of runs on boards that take their time. */
  loads: campaign.Load[];
}

/** Tapes of failing seeds that one campaign writes. */
const TAPES = 4;

function read(values: flag.Values): Plan {
  const n = flag.integer(values, "n", 4, 1, 32);
  const seeds = flag.integer(values, "seeds", 20, 1, 10_000_000);
  const record = tape.wanted(values, n);
  if (record && seeds !== 1) throw new exit.Usage("--tape records one run: use it with --seeds 1 --seed SEED");
  return {
    first: flag.integer(values, "seed", 1, 0, Number.MAX_SAFE_INTEGER - seeds),
    seeds,
    n,
    members: flag.integer(values, "members", 0, 0, 64),
    names: flag.list(values, "faults", faults.NAMES, "all"),
    list: flag.text(values, "faults") || "all",
    choice: engine.choose(values, "v8"),
    board: board.asked(values),
    jobs: flag.integer(values, "jobs", 2, 1, 64),
    budgetMs: 1000 * flag.decimal(values, "seconds", Infinity, 0.001, 1e7),
    wasm: flag.text(values, "wasm"),
    tapes: flag.text(values, "tapes") || tmpdir(),
    record,
    json: flag.on(values, "json"),
  };
}

/** The one line that runs this seed again. */
function again(plan: Pick<Plan, "n" | "members" | "list" | "choice" | "board" | "wasm">, seed: number): string {
  const module = plan.wasm ? ` --wasm ${plan.wasm}` : "";
  const beside = plan.members === 0 ? "" : ` --members ${plan.members}`;
  const slow = plan.board === "none" ? "" : ` --board ${plan.board}`;
  return `npx synod sim --seeds 1 --seed ${seed} --n ${plan.n}${beside} --faults ${plan.list} --engine ${plan.choice}${slow}${module}`;
}

function report(plan: Plan, { seed, results, hashes }: Outcome): void {
  const [{ blocks, violations, live, recoveredMs, mtu, load }] = results;
  const say = (text: string): boolean => process.stdout.write(`${text}\n`);
  if (plan.json)
    say(
      JSON.stringify({
        seed,
        mtu,
        blocks,
        violations: violations.length,
        live,
        traceHash: hashes[0],
        recoveredMs: Math.round(recoveredMs),
        ...(load === null ? {} : board.figures([load])),
      }),
    );
  const line = again(plan, seed);
  for (const { rule, sentence, timeMs, device } of violations)
    if (plan.json) say(JSON.stringify({ seed, rule, device, timeMs: Math.round(timeMs), sentence, again: line }));
    else
      say(`${kleur.red("violation")} seed ${seed}, ${(timeMs / 1000).toFixed(3)} s, ${rule}: ${sentence}\n  ${line}`);
  if (!live && violations.length === 0) {
    if (plan.json) say(JSON.stringify({ seed, stuck: true, again: line }));
    else
      say(
        `${kleur.red("not live")} seed ${seed}: no fresh transaction became final after the faults stopped\n  ${line}`,
      );
  }
}

/** Runs a seed that failed again, with all that it says on a tape, and says where that is. */
function keep(plan: Plan, seed: number, sum: Sum): void {
  sum.taped++;
  const log = new Log();
  const [which] = engine.listed(plan.choice);
  const fleet = new Fleet(
    campaign.plan({
      seed,
      n: plan.n,
      ...(plan.members === 0 ? {} : { members: plan.members, memberWasm: engine.built("member.wasm") }),
      board: plan.board,
      faults: plan.names,
      engine: which,
      wasm: engine.module(plan.wasm),
      log,
    }),
  );
  campaign.conduct(fleet);
  mkdirSync(plan.tapes, { recursive: true });
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(plan.tapes, name);
    writeFileSync(path, bytes);
    return path;
  };
  const file = write(`seed-${seed}-n${plan.n}.tape`, log.bytes());
  const shrink = `npx synod shrink ${file}`;
  const crashes = fleet.dumps.map(({ device, bytes }) => write(`seed-${seed}-n${plan.n}.crash-${device}.tape`, bytes));
  if (plan.json) process.stdout.write(`${JSON.stringify({ seed, tape: file, crashes, shrink })}\n`);
  else {
    process.stdout.write(`  its tape is ${file}; find the few faults that matter:\n  ${shrink}\n`);
    for (const path of crashes)
      process.stdout.write(`  a device trapped: npx synod replay ${path}${plan.wasm ? ` --wasm ${plan.wasm}` : ""}\n`);
  }
}

/** Runs the seeds; what each gives is added up as it comes. */
async function run(plan: Plan): Promise<Sum> {
  const sum: Sum = { ...campaign.totals(), diverged: [], taped: 0, loads: [] };
  const engines = engine.listed(plan.choice);
  const jobs = Math.min(plan.jobs, plan.seeds);
  const record = plan.record?.device;
  const task: Seeds = {
    kind: "seeds",
    engines,
    n: plan.n,
    members: plan.members,
    board: plan.board,
    faults: plan.names,
    wasm: plan.wasm,
    record,
  };
  const pool = new Pool<"seeds">(jobs, task);
  const progress = new Progress(plan.json);
  const started = performance.now();
  let next = plan.first;
  const end = plan.first + plan.seeds;
  let stopped = false;
  const stop = (): void => void (stopped = true); // the seeds under way are finished, then the totals are printed
  process.once("SIGINT", stop);
  const one = async (): Promise<void> => {
    while (next < end && !stopped && performance.now() - started < plan.budgetMs) {
      const outcome = await pool.run(next++);
      campaign.add(sum, outcome.results[0]);
      if (outcome.results[0].load !== null) sum.loads.push(outcome.results[0].load);
      progress.clear();
      report(plan, outcome);
      if (sum.taped < TAPES && !outcome.results[0].live) keep(plan, outcome.seed, sum);
      if (plan.record && outcome.results[0].tape) writeFileSync(plan.record.file, outcome.results[0].tape);
      if (new Set(outcome.hashes).size > 1) {
        const sentence = await divergence(outcome.seed, task);
        sum.diverged.push({ seed: outcome.seed, sentence });
        if (!plan.json) process.stdout.write(`${kleur.red("engines differ")} seed ${outcome.seed}: ${sentence}\n`);
      }
      progress.show(`${sum.seeds} of ${plan.seeds} seeds, ${sum.blocks} blocks, ${sum.violations.length} violations`);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, one));
  } finally {
    process.off("SIGINT", stop);
    progress.clear();
    pool.close();
  }
  return sum;
}

function table(plan: Plan, sum: Sum, uncovered: string[]): string {
  const lines = plan.names.map((name) => {
    const count = sum.coverage[name];
    return `  ${name.padEnd(13)}${String(count).padStart(10)}${count ? "" : kleur.yellow("   never struck in this campaign")}`;
  });
  const engines =
    plan.choice === "both"
      ? `\n${sum.seeds - sum.diverged.length} of ${sum.seeds} seeds have equal trace hashes in V8 and wasm3`
      : "";
  const asked = sum.seeds < plan.seeds ? ` (of ${plan.seeds} asked for)` : "";
  const beside = plan.members === 0 ? "" : ` and ${plural(plan.members, "member")}`;
  const runs = `${plural(sum.seeds, "seed")}${asked} of ${plural(plan.n, "device")}${beside}`;
  const verdict = `${runs}: ${plural(sum.blocks, "block")}, ${plural(sum.violations.length, "violation")}, ${sum.live} live`;
  const note = uncovered.length && plan.n < 4 ? "\n  (fewer than 4 devices tolerate no villain, so there is none)" : "";
  const load = sum.loads.length > 0 ? `\n${board.sentence(plan.board, sum.loads)}` : "";
  return `coverage\n${lines.join("\n")}${note}\n${verdict}${engines}${load}\n`;
}

export const command: Command = {
  usage: "sim",
  about: "Run many seeds of a fleet under faults and check every invariant",
  more: [
    "Each seed suffers for 20 virtual seconds, then faults stop and a fresh payment must become final at every honest device.",
    ...Object.entries(faults.FAULTS).map(([name, about]) => `  ${name.padEnd(12)} ${about}`),
  ],
  options: [
    valued("--seeds", "How many seeds (default 20)"),
    valued("--seed", "The first of them (default 1)"),
    valued("--n", "Devices (default 4)"),
    valued("--members", "Devices beside them that belong to the cell without voting (default 0)"),
    valued("--faults", "all, none or a comma-separated list of the names above (default all)"),
    engine.option("v8"),
    board.OPTION,
    valued("--jobs", "Processes that run seeds side by side (default 2)"),
    valued("--seconds", "Start no further seed after this much real time"),
    tape.OPTION,
    valued(
      "--tapes",
      "Folder for the tapes of seeds that fail, the first four (default: the system's for temporary files)",
    ),
    valued("--wasm", "Module that the devices run (default build/device.wasm)"),
    JSON_SWITCH,
  ],
  examples: [
    "sim --seeds 200 --n 7",
    "sim --seeds 20 --engine both",
    "sim --seeds 50 --n 4 --members 2",
    "sim --faults loss,torn,equivocator --json",
    "sim --faults none --board stm32f405 --json",
    "sim --seeds 1 --seed 77 --tape 2:bug.tape",
  ],
  async run(values) {
    const plan = read(values);
    for (const which of engine.listed(plan.choice)) await engine.ready(which);
    engine.module(plan.wasm);
    const sum = await run(plan);
    const uncovered = campaign.uncovered(sum, plan.names);
    const { seeds, blocks, violations, live, coverage, stuck, diverged } = sum;
    if (plan.json) {
      const engines = plan.choice === "both" ? { diverged } : {};
      const load = sum.loads.length > 0 ? board.figures(sum.loads) : {};
      const last = {
        seeds,
        blocks,
        violations: violations.length,
        live,
        coverage,
        uncovered,
        stuck,
        ...load,
        ...engines,
      };
      process.stdout.write(`${JSON.stringify(last)}\n`);
    } else process.stdout.write(table(plan, sum, uncovered));
    return violations.length || live !== seeds || diverged.length ? exit.FAILED : exit.OK;
  },
};

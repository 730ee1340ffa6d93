// What a worker process does: seeds of a campaign, or candidates of a shrinking.
//
//   Seeds       { engines, n, members, board, faults, wasm, record }   job: a seed         answer: its results, one per engine
//   Shrinking   { tape }                               job: a candidate    answer: what it broke, or null
//
// Rule: a job gives the same answer whichever process does it, and in whatever order.

import type { Engine } from "../device/device.ts";
import { runSeed, type Result } from "../fleet/campaign.ts";
import type { Board } from "../fleet/costs.ts";
import type { Fault } from "../fleet/faults.ts";
import type { Options } from "../fleet/options.ts";
import * as rerun from "../fleet/rerun.ts";
import * as shrink from "../fleet/shrink.ts";
import { compare } from "../tape/replay.ts";
import * as engine from "./engine.ts";

export interface Seeds {
  readonly kind: "seeds";
  readonly engines: readonly Engine[];
  readonly n: number;
  readonly members: number;
  readonly board: Board;
  readonly faults: readonly Fault[];
  /** Path of the module; "" for the built device. */
  readonly wasm: string;
  /** Device whose tape is recorded, in the first engine. */
  readonly record: number | undefined;
}

export interface Shrinking {
  readonly kind: "shrinking";
  readonly tape: Uint8Array;
}

export interface Outcome {
  readonly seed: number;
  /** One per engine of the task. */
  readonly results: readonly Result[];
  readonly hashes: readonly string[];
}

/** Tasks with the jobs that belong to them and the answers to these. */
export interface Jobs {
  seeds: { task: Seeds; job: number; answer: Outcome };
  shrinking: { task: Shrinking; job: shrink.Candidate; answer: shrink.Broken | null };
}

export type Task = Jobs[keyof Jobs]["task"];

/** What does the jobs of a task. */
export async function worker(task: Task): Promise<(job: unknown) => unknown> {
  if (task.kind === "shrinking") {
    const base: Options = shrink.baseOf(rerun.read(task.tape));
    return (job) => shrink.simulate(base, job as shrink.Candidate);
  }
  for (const which of task.engines) await engine.ready(which);
  return (job) => seed(task, job as number);
}

/** The members of a task, with their module. */
const beside = ({ members }: Seeds): { members?: number; memberWasm?: Uint8Array } =>
  members === 0 ? {} : { members, memberWasm: engine.built("member.wasm") };

function seed(task: Seeds, number: number): Outcome {
  const { engines, n, board, faults, wasm: path, record } = task;
  const run = { seed: number, n, ...beside(task), board, faults, wasm: engine.module(path) };
  const results = engines.map((which, i) => runSeed({ ...run, engine: which, record: i === 0 ? record : undefined }));
  return { seed: number, results, hashes: results.map(({ traceHash }) => traceHash) };
}

/** Where a seed's runs in V8 and in wasm3 part, as a sentence: device by device, the first call that differs. */
export async function divergence(number: number, task: Seeds): Promise<string> {
  const { n, members, board, faults, wasm: path } = task;
  const wasm = engine.module(path);
  const others = beside(task);
  await engine.ready("wasm3");
  for (let device = 0; device < n + members; device++) {
    const run = { seed: number, n, ...others, board, faults, wasm };
    const { tape } = runSeed({ ...run, engine: "v8", record: device });
    const found = tape && compare(tape, "v8", "wasm3", device < n ? wasm : others.memberWasm!);
    if (found) return `device ${device}, ${found.sentence}`;
  }
  return "the trace hashes differ, though each device does the same on its own tape";
}

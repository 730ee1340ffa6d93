// Processes that run seeds: each is told the task once, then gets a seed and answers with its results.
//
//   sim ── seed ──> worker.mjs -> worker.ts -> campaign.runSeed, once per engine ──> results
//
// Rule: a seed gives the same result whichever process runs it, and in whatever order.

import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Engine } from "../device/device.ts";
import { runSeed, type Result } from "../fleet/campaign.ts";
import type { Fault } from "../fleet/faults.ts";
import { compare } from "../tape/replay.ts";
import * as engine from "./engine.ts";

export interface Task {
  engines: Engine[];
  n: number;
  faults: Fault[];
  /** Path of the module; "" for the built device. */
  wasm: string;
  /** Device whose tape is recorded, in the first engine. */
  record: number | undefined;
}

export interface Outcome {
  seed: number;
  /** One per engine of the task. */
  results: Result[];
  hashes: string[];
}

/** What a worker does with a seed. */
export function work(task: Task, seed: number): Outcome {
  const { n, faults } = task;
  const wasm = engine.module(task.wasm);
  const results = task.engines.map((which, i) =>
    runSeed({ seed, n, faults, engine: which, wasm, record: i === 0 ? task.record : undefined }),
  );
  return { seed, results, hashes: results.map(({ traceHash }) => traceHash) };
}

/** Where a seed's runs in V8 and in wasm3 part, as a sentence: device by device, the first call that differs. */
export async function divergence(seed: number, { n, faults, wasm: path }: Task): Promise<string> {
  const wasm = engine.module(path);
  await engine.ready("wasm3");
  for (let device = 0; device < n; device++) {
    const { tape } = runSeed({ seed, n, faults, engine: "v8", wasm, record: device });
    const found = tape && compare(tape, "v8", "wasm3", wasm);
    if (found) return `device ${device}, ${found.sentence}`;
  }
  return "the trace hashes differ, though each device does the same on its own tape";
}

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

interface Slot {
  child: ChildProcess;
  busy: boolean;
}

export class Pool {
  readonly #slots: Slot[];

  constructor(jobs: number, task: Task) {
    this.#slots = Array.from({ length: jobs }, () => {
      const child = fork(WORKER, {
        serialization: "advanced",
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        execArgv: [],
      });
      child.send({ task });
      return { child, busy: false };
    });
  }

  /** Runs a seed in a process that is idle. Not more runs at a time than jobs. */
  run(seed: number): Promise<Outcome> {
    const slot = this.#slots.find(({ busy }) => !busy);
    if (!slot) throw new Error("more seeds at a time than processes");
    slot.busy = true;
    const { child } = slot;
    return new Promise((done, fail) => {
      const ended = (code: number | null): void =>
        fail(new Error(`seed ${seed}: the process that ran it ended with ${code}`));
      child.once("exit", ended);
      child.once("message", (answer: { outcome?: Outcome; error?: string }) => {
        child.off("exit", ended);
        slot.busy = false;
        if (answer.outcome) done(answer.outcome);
        else fail(new Error(`seed ${seed}: ${answer.error}`));
      });
      child.send({ seed });
    });
  }

  close(): void {
    for (const { child } of this.#slots) child.kill();
  }
}

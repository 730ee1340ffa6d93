// Processes that do jobs side by side: each is told the task once, then gets a job and answers.
//
//   sim ── seed ──────────> worker.mjs -> worker.ts -> job.ts ──> results, once per engine
//   shrink ── candidate ──> the same ───────────────────────────> what it broke
//
// Rule: not more jobs at a time than processes; an answer belongs to the job that was asked.

import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Jobs } from "./job.ts";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

interface Slot {
  child: ChildProcess;
  busy: boolean;
}

export class Pool<K extends keyof Jobs> {
  readonly size: number;
  readonly #slots: Slot[];

  constructor(jobs: number, task: Jobs[K]["task"]) {
    this.size = jobs;
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

  /** Does a job in a process that is idle. Not more at a time than `size`. */
  run(job: Jobs[K]["job"]): Promise<Jobs[K]["answer"]> {
    const slot = this.#slots.find(({ busy }) => !busy);
    if (!slot) throw new Error("more jobs at a time than processes");
    slot.busy = true;
    const { child } = slot;
    const name = typeof job === "number" ? `seed ${job}` : "a candidate";
    return new Promise((done, fail) => {
      const ended = (code: number | null): void =>
        fail(new Error(`${name}: the process that ran it ended with ${code}`));
      child.once("exit", ended);
      child.once("message", (message: { answer?: Jobs[K]["answer"]; error?: string }) => {
        child.off("exit", ended);
        slot.busy = false;
        if (message.error === undefined) done(message.answer as Jobs[K]["answer"]);
        else fail(new Error(`${name}: ${message.error}`));
      });
      child.send({ job });
    });
  }

  close(): void {
    for (const { child } of this.#slots) child.kill();
  }
}

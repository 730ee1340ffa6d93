// The other end of pool.ts: gets a task, then seeds, and answers each with its outcome.
//
// It ends with its parent: a channel that closes means that nobody waits any more.

import * as engine from "./engine.ts";
import { work, type Task } from "./pool.ts";

let task: Task | undefined;

process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole group; the parent decides when to stop
process.on("disconnect", () => process.exit(0));
process.on("message", async (message: { task?: Task; seed?: number }) => {
  if (message.task) {
    task = message.task;
    return;
  }
  try {
    for (const which of task!.engines) await engine.ready(which);
    process.send!({ outcome: work(task!, message.seed!) });
  } catch (error) {
    process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// The other end of pool.ts: gets a task, then jobs, and answers each.
//
// It ends with its parent: a channel that closes means that nobody waits any more.

import { worker, type Task } from "./job.ts";

let work: ReturnType<typeof worker> | undefined;

process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole group; the parent decides when to stop
process.on("disconnect", () => process.exit(0));
process.on("message", async (message: { task: Task } | { job: unknown }) => {
  if ("task" in message) {
    work = worker(message.task);
    work.catch(() => undefined); // told with the first job
    return;
  }
  try {
    process.send!({ answer: (await work!)(message.job) });
  } catch (error) {
    process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

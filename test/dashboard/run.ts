// A fleet that lives through all that the dashboard shows: payments, a death, a restart, a split, a liar, late and damaged frames.

import { Fleet } from "../../host/fleet/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as tape from "../../host/tape/tape.ts";
import { device } from "../fleet/wasm.ts";

export interface Run {
  readonly fleet: Fleet;
  readonly log: Log;
}

/** n devices on the recorded sensors; time stands at zero. */
export async function start(n: number, seed: number, limit?: number): Promise<Run> {
  const log = new Log(limit);
  const senses = { recording: { from: 2330, intervalMs: 500 } };
  const options = { n, seed, engine: "v8" as const, wasm: await device(), mtu: 250, traffic: 2, senses, log };
  return { fleet: new Fleet({ ...options, stopOnViolation: false }), log };
}

/** Fourteen seconds of everything. */
export function live({ fleet }: Run): void {
  fleet.run(3000);
  fleet.do({ do: "kill", device: 1 });
  fleet.do({ do: "slow", device: 2, ms: 120 });
  fleet.run(5000);
  fleet.do({ do: "restart", device: 1 });
  fleet.do({ do: "corrupt", device: 2, rate: 0.3 });
  fleet.run(7000);
  fleet.do({ do: "split", groups: [[0, 1], [2, 3]] }); // prettier-ignore
  fleet.run(9000);
  fleet.do({ do: "heal" });
  fleet.run(14_000);
}

/** The records of a log. */
export const records = (log: Log): tape.Record[] => tape.parse(log.bytes());

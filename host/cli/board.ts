// `--board`: the board whose speed simulated devices have, and what a run on it says of it.
//
// Rule: milliseconds on a board are derived from counted instructions and an assumed rate (host/fleet/costs.ts), and called so.

import type { Load } from "../fleet/campaign.ts";
import * as costs from "../fleet/costs.ts";
import { quantile } from "../fleet/latency.ts";
import { valued } from "./command.ts";
import * as flag from "./flag.ts";

export const OPTION = valued(
  "--board",
  `Board whose speed the devices have, by a model: ${costs.NAMES.join(", ")} (default none: computing takes no time)`,
);

/** Reads `--board`. */
export const asked = (values: flag.Values): costs.Board => flag.oneOf(values, "board", "none", costs.NAMES);

/** What runs on a board say together, for --json: shares of the time in which devices computed, virtual milliseconds. */
export function figures(loads: readonly Load[]): Record<string, unknown> {
  const busy = loads.flatMap((load) => load.busy);
  const latency = loads.flatMap(({ latencyMs }) => latencyMs);
  const share = (value: number): number => Math.round(1000 * value) / 1000;
  return {
    busy: { mean: share(busy.reduce((sum, each) => sum + each, 0) / busy.length), max: share(Math.max(...busy)) },
    overruns: loads.reduce((sum, { overruns }) => sum + overruns, 0),
    latencyMs: { p50: Math.round(quantile(latency, 0.5)), p99: Math.round(quantile(latency, 0.99)) },
  };
}

/** The same in a line. */
export function sentence(board: costs.Board, loads: readonly Load[]): string {
  const { busy, overruns, latencyMs } = figures(loads) as Record<string, Record<string, number>>;
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  return (
    `${board}, derived: devices compute ${percent(busy.mean)} of the time, the busiest ${percent(busy.max)}; ` +
    `first vote to execution ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms; ${Number(overruns)} frames found no room`
  );
}

// Scenarios: what a fleet must survive, as sentences.
//
//   import { scenario, height, caughtUp } from "synod/scenario";
//
//   scenario("a cell of four outlives one device", { n: 4 }, async (fleet) => {
//     await fleet.until(height(5));
//     fleet.device(2).kill();
//     await fleet.until(height(15));
//     fleet.device(2).restart();
//     await fleet.until(caughtUp(2));
//   });
//
//   npx synod scenario run FILE          virtual time; --engine posix: the same sentences on processes
//
// Rule: a scenario names no kind of fleet and no machine; whatever can do its deeds can play it.

import type { Board } from "../fleet/costs.ts";
import type { Senses } from "../target/fleetfile.ts";
import type { Fleet } from "./fleet.ts";

export { Device, Fleet, Pending, type Limits } from "./fleet.ts";
export { Failure } from "./failure.ts";
export {
  acts,
  agreed,
  all,
  any,
  balance,
  caughtUp,
  executed,
  final,
  height,
  not,
  running,
  silent,
  time,
  took,
  type Id,
  type Predicate,
  type View,
} from "./predicate.ts";

/** What fleet a scenario is for. What it leaves open, the target decides. */
export interface Options {
  /** Number of devices. */
  readonly n?: number;
  readonly seed?: number;
  /** Largest radio frame, bytes. */
  readonly mtu?: number;
  /** The board whose speed simulated devices have; none: computing takes no time. */
  readonly board?: Board;
  /** The module of all devices: a path, from the folder where the scenario is run. */
  readonly wasm?: string;
  /** What the devices sense. */
  readonly senses?: Senses;
  /** The fleet's milliseconds that an until may take unless it says otherwise; 60 s. */
  readonly limitMs?: number;
}

export type Body = (fleet: Fleet) => Promise<void>;

export interface Scenario {
  readonly name: string;
  readonly options: Options;
  readonly body: Body;
}

// One list in a process, even when this file was loaded twice: by a project and by the command that runs its scenarios.
const LIST = Symbol.for("synod.scenarios");
const shared = globalThis as unknown as Record<symbol, Scenario[] | undefined>;

/** Defines a scenario; `synod scenario run` plays all of a file, in their order. */
export function scenario(name: string, options: Options, body: Body): void {
  (shared[LIST] ??= []).push({ name, options, body });
}

/** The scenarios defined since the last call. */
export function defined(): Scenario[] {
  const list = shared[LIST] ?? [];
  shared[LIST] = [];
  return list;
}

// The one TARGET of every command that touches a fleet: the first of its words that looks like one.
//
//   synod kill fleet.json 3        synod kill 3  (the fleet that `synod up` shows here, on port 7777)
//
// Rule: the same words name the same fleets in every command, and help says so in the same lines.

import * as targets from "../target/open.ts";
import type { Target } from "../target/target.ts";
import { valued, type Option } from "./command.ts";
import { Usage } from "./exit.ts";
import * as flag from "./flag.ts";

/** What help says of TARGET. */
export const ABOUT = [
  "TARGET  sim:4 a fresh simulated fleet of four · posix:PATH processes with their flash in a folder · FILE.json a fleet's",
  "        description · http://HOST:PORT a running fleet; without one, the fleet that synod up shows on port 7777",
];

/** Options of a fresh fleet, and of the gateway of a running one. */
export const OPTIONS: Option[] = [
  valued("--seed", "Seed of a fresh simulated fleet (default 1)"),
  valued("--engine", "Engine of a fresh simulated fleet: v8 or wasm3 (default v8)"),
  valued("--token", "What the gateway of a running fleet asks for, when it asks"),
];

/** Splits words into the target, "" when none is named, and the rest. */
export function split(words: readonly string[]): { word: string; rest: string[] } {
  const [first = "", ...rest] = words;
  return targets.isTarget(first) ? { word: first, rest } : { word: "", rest: [...words] };
}

/** What OPTIONS say. */
export function options(values: flag.Values): targets.Options {
  const seed =
    flag.text(values, "seed") === "" ? undefined : flag.integer(values, "seed", 1, 0, Number.MAX_SAFE_INTEGER);
  const engine = flag.oneOf(values, "engine", "", ["", "v8", "wasm3", "posix"] as const);
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(engine === "" ? {} : { engine }),
    ...(flag.text(values, "token") === "" ? {} : { token: flag.text(values, "token") }),
  };
}

/** True when nothing runs yet where this word points to: it will be started, and closed again. */
export const fresh = (target: Target): boolean => target.kind !== "remote";

/** Opens what `word` names; without one, the fleet that runs here. Throws Refused or Usage. */
export async function open(word: string, made: targets.Options): Promise<Target> {
  if (word !== "") return targets.open(word, made);
  if (await targets.answers(targets.HERE)) return targets.open(targets.HERE, made);
  throw new Usage(
    `no fleet runs at ${targets.HERE}; synod up starts one (in another terminal), or name one first: sim:4, fleet.json, ...`,
  );
}

/** Runs `work` on a target, and leaves or ends the target whatever comes of it. */
export async function using<T>(target: Target, work: (target: Target) => Promise<T>): Promise<T> {
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

/** The device that a word names. Throws Usage. */
export function device(word: string | undefined, n: number, what: string): number {
  if (word === undefined) throw new Usage(`${what} which device? Its number, from 0 on`);
  return flag.integerOf(word, "the device", 0, n - 1);
}

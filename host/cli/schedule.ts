// What a command line asks to happen during a run: `--kill 3@10 --restart 3@20 --split 25 --heal 30`, in virtual seconds.
//
// Rule: actions take place at their virtual time, whatever the machine's speed, so that a run with a schedule repeats itself.

import type { Fleet } from "../fleet/fleet.ts";
import { Usage } from "./exit.ts";
import * as flag from "./flag.ts";
import type { Live } from "./live.ts";

interface Action {
  atMs: number;
  run: (live: Live) => void;
}

const secondsOf = (word: string, name: string): number => {
  const seconds = /^\d+(\.\d+)?$/.test(word) ? Number(word) : NaN;
  if (Number.isNaN(seconds)) throw new Usage(`--${name}: "${word}" is no number of seconds`);
  return seconds * 1000;
};

/** `3@10,5@12.5` as devices and times. */
function devices(values: flag.Values, name: string, n: number, act: (fleet: Fleet, device: number) => void): Action[] {
  const given = flag.text(values, name);
  if (given === "") return [];
  return given.split(",").map((word) => {
    const [device, at, ...more] = word.split("@");
    if (at === undefined || more.length > 0) throw new Usage(`--${name} takes DEVICE@SECOND, like 3@10, not "${word}"`);
    const index = flag.integerOf(device, `--${name}: the device`, 0, n - 1);
    return { atMs: secondsOf(at, name), run: ({ fleet }) => act(fleet, index) };
  });
}

function times(values: flag.Values, name: string, run: (live: Live) => void): Action[] {
  const given = flag.text(values, name);
  return given === "" ? [] : given.split(",").map((word) => ({ atMs: secondsOf(word, name), run }));
}

/** Reads the schedule of a command line, in order of time. */
export function read(values: flag.Values, n: number): Action[] {
  return [
    ...devices(values, "kill", n, (fleet, device) => fleet.device(device).kill()),
    ...devices(values, "restart", n, (fleet, device) => fleet.device(device).restart()),
    ...times(values, "split", (live) => live.split()),
    ...times(values, "heal", (live) => live.heal()),
  ].sort((a, b) => a.atMs - b.atMs);
}

/** Puts the actions into the fleet's own queue of events. */
export function arm(live: Live, actions: Action[]): void {
  for (const { atMs, run } of actions) live.fleet.after(atMs, () => run(live));
}

// What a command line asks to happen during a run: `--kill 3@10 --restart 3@20 --split 25 --heal 30`, in seconds of the fleet.
//
// Rule: a simulated fleet runs to exactly that virtual time before the deed is done, so that a run with a schedule repeats itself.

import type { Deed } from "../tape/deed.ts";
import { valued, type Option } from "./command.ts";
import { Usage } from "./exit.ts";
import * as flag from "./flag.ts";

export interface Action {
  readonly atMs: number;
  readonly deed: Deed;
}

export const OPTIONS: Option[] = [
  valued("--kill", "DEVICE@SECOND,...: pull a device's plug"),
  valued("--restart", "DEVICE@SECOND,...: power it up again"),
  valued("--split", "SECOND,...: even and odd devices stop hearing each other"),
  valued("--heal", "SECOND,...: they hear each other again"),
];

/** The deed that lets a fleet fall apart into the devices of even and of odd number. */
export function evenAndOdd(n: number): Deed {
  const of = (side: number): number[] => Array.from({ length: n }, (_, i) => i).filter((i) => i % 2 === side);
  return { do: "split", groups: [of(0), of(1)] };
}

const secondsOf = (word: string, name: string): number => {
  const seconds = /^\d+(\.\d+)?$/.test(word) ? Number(word) : NaN;
  if (Number.isNaN(seconds)) throw new Usage(`--${name}: "${word}" is no number of seconds`);
  return seconds * 1000;
};

/** `3@10,5@12.5` as devices and times. */
function devices(values: flag.Values, name: "kill" | "restart", n: number): Action[] {
  const given = flag.text(values, name);
  if (given === "") return [];
  return given.split(",").map((word) => {
    const [device, at, ...more] = word.split("@");
    if (at === undefined || more.length > 0) throw new Usage(`--${name} takes DEVICE@SECOND, like 3@10, not "${word}"`);
    const index = flag.integerOf(device, `--${name}: the device`, 0, n - 1);
    return { atMs: secondsOf(at, name), deed: { do: name, device: index } };
  });
}

function times(values: flag.Values, name: string, deed: Deed): Action[] {
  const given = flag.text(values, name);
  return given === "" ? [] : given.split(",").map((word) => ({ atMs: secondsOf(word, name), deed }));
}

/** Reads the schedule of a command line, in order of time. */
export function read(values: flag.Values, n: number): Action[] {
  return [
    ...devices(values, "kill", n),
    ...devices(values, "restart", n),
    ...times(values, "split", evenAndOdd(n)),
    ...times(values, "heal", { do: "heal" }),
  ].sort((a, b) => a.atMs - b.atMs);
}

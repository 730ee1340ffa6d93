// The faults that a fleet can suffer, by name: what `--faults` takes, what `--help` prints, what coverage counts.
//
// Rule: each name has one counter. It rises only when the fault did something that a device could notice, and stays zero
// when the fault is off.

export const FAULTS = {
  loss: "frames lost at random, at a rate of its own on each directed link",
  burst: "frames lost in bursts (Gilbert-Elliott: a link is good or bad for a while)",
  duplication: "frames that arrive twice",
  delay: "frames that arrive up to a second late, in order",
  reorder: "frames overtaken by later ones of the same sender",
  corruption: "frames with flipped bits, or cut short",
  partition: "groups that do not hear each other, at times in one direction only",
  torn: "power lost within a write or an erase of flash, at any byte",
  cut: "power lost between two effects of one call",
  sitecut: "power lost everywhere at once, devices in the middle of calls included",
  drift: "clocks that run up to 2 % fast or slow",
  crash: "a device stops between two calls and restarts later",
  equivocator:
    "a villain runs as two copies of one identity, each heard by other devices, and they contradict each other",
  withholder: "a villain whose frames reach only some of the others",
  stale: "a villain restarts from an older image of its flash and votes again",
} as const;

export type Fault = keyof typeof FAULTS;
export const NAMES = Object.keys(FAULTS) as Fault[];
export const NETWORK: readonly Fault[] = [
  "loss",
  "burst",
  "duplication",
  "delay",
  "reorder",
  "corruption",
  "partition",
];
export const POWER: readonly Fault[] = ["torn", "cut", "sitecut", "crash"];
export const VILLAINS = ["equivocator", "withholder", "stale"] as const satisfies readonly Fault[];
export type VillainFault = (typeof VILLAINS)[number];

export type Coverage = Record<Fault, number>;

/** All counters at zero. */
export function coverage(): Coverage {
  return Object.fromEntries(NAMES.map((name) => [name, 0])) as Coverage;
}

/** Adds `more` to `sum`. */
export function add(sum: Coverage, more: Coverage): void {
  for (const name of NAMES) sum[name] += more[name];
}

/** Reads "all", "none" or a comma-separated list; throws on a name that is not a fault. */
export function parse(list: string): Fault[] {
  if (list === "all") return [...NAMES];
  if (list === "none" || list === "") return [];
  return list.split(",").map((word) => {
    const name = word.trim();
    if (!(name in FAULTS)) throw new RangeError(`"${name}" is no fault; the faults are ${NAMES.join(", ")}`);
    return name as Fault;
  });
}

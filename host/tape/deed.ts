// A deed: what somebody does to a fleet from outside. The only way in, so a tape of deeds repeats a run.
//
//   {"do":"kill","device":3}   restart   lie        a hand on one device
//   {"do":"split","groups":[[0,1],[2,3]]}   heal    a hand on the radio; a device in no group is alone
//   {"do":"slow","device":3,"ms":200}               its frames leave so much later; 0 ends it
//   {"do":"corrupt","device":3,"rate":0.5}          so many of its frames are damaged on the way; 0 ends it
//   {"do":"request","device":3,"hex":"06"}          a request (firmware/wire/request.ts) at its console
//
// Rule: a deed is plain JSON, and means the same to a simulated fleet, to processes and to boards. What a fleet cannot do it
// refuses by number (wire/refusal.ts), and nothing has happened then.

import * as refusal from "../wire/refusal.ts";

export type Deed =
  | { readonly do: "kill" | "restart" | "lie"; readonly device: number }
  | { readonly do: "split"; readonly groups: readonly (readonly number[])[] }
  | { readonly do: "heal" }
  | { readonly do: "slow"; readonly device: number; readonly ms: number }
  | { readonly do: "corrupt"; readonly device: number; readonly rate: number }
  | { readonly do: "request"; readonly device: number; readonly hex: string };

export type Verb = Deed["do"];
export const VERBS: readonly Verb[] = ["kill", "restart", "lie", "split", "heal", "slow", "corrupt", "request"];

/** Longest delay that `slow` takes, milliseconds. */
export const SLOW_MAX_MS = 10_000;

type Fields = Record<string, unknown>;

const FIELDS: Record<Verb, readonly string[]> = {
  kill: ["device"],
  restart: ["device"],
  lie: ["device"],
  split: ["groups"],
  heal: [],
  slow: ["device", "ms"],
  corrupt: ["device", "rate"],
  request: ["device", "hex"],
};

const malformed = (detail: string): refusal.Refused => new refusal.Refused(refusal.DEED_FIELD, detail);

function deviceOf(value: unknown, n: number): number {
  if (!Number.isInteger(value)) throw malformed(`a device is a whole number, not ${JSON.stringify(value)}`);
  if ((value as number) < 0 || (value as number) >= n)
    throw new refusal.Refused(refusal.DEED_DEVICE, `device ${value as number} of a fleet of ${n}`);
  return value as number;
}

function between(value: unknown, name: string, most: number): number {
  if (typeof value === "number" && value >= 0 && value <= most) return value;
  throw malformed(`"${name}" is a number from 0 to ${most}, not ${JSON.stringify(value)}`);
}

function groupsOf(value: unknown, n: number): number[][] {
  if (!Array.isArray(value) || value.length > n || !value.every(Array.isArray))
    throw malformed(`"groups" is a list of lists of devices`);
  const seen = new Set<number>();
  return value.map((group: unknown[]) =>
    group.map((word) => {
      const device = deviceOf(word, n);
      if (seen.has(device)) throw malformed(`device ${device} is in two groups`);
      seen.add(device);
      return device;
    }),
  );
}

function hexOf(value: unknown): string {
  if (typeof value === "string" && /^([0-9a-f]{2}){1,1536}$/i.test(value)) return value.toLowerCase();
  throw malformed(`"hex" is 1 to 1536 bytes in hex`);
}

/** The deed that a value spells, for a fleet of n devices. Throws Refused. */
export function check(value: unknown, n: number): Deed {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("a deed is a JSON object");
  const fields = value as Fields;
  const verb = VERBS.find((name) => name === fields.do);
  if (verb === undefined)
    throw new refusal.Refused(
      refusal.DEED_UNKNOWN,
      `"do" is one of ${VERBS.join(", ")}, not ${JSON.stringify(fields.do)}`,
    );
  const stray = Object.keys(fields).find((name) => name !== "do" && !FIELDS[verb].includes(name));
  if (stray !== undefined) throw malformed(`"${verb}" takes no "${stray.slice(0, 40)}"`);
  if (verb === "heal") return { do: verb };
  if (verb === "split") return { do: verb, groups: groupsOf(fields.groups, n) };
  const device = deviceOf(fields.device, n);
  if (verb === "slow") return { do: verb, device, ms: between(fields.ms, "ms", SLOW_MAX_MS) };
  if (verb === "corrupt") return { do: verb, device, rate: between(fields.rate, "rate", 1) };
  if (verb === "request") return { do: verb, device, hex: hexOf(fields.hex) };
  return { do: verb, device };
}

/** A deed as a sentence. */
export function sentence(deed: Deed): string {
  switch (deed.do) {
    case "kill":
      return `device ${deed.device} is killed`;
    case "restart":
      return `device ${deed.device} is powered up`;
    case "lie":
      return `device ${deed.device} begins to contradict itself`;
    case "split":
      return `split: ${deed.groups.map((group) => group.join(" ")).join(" | ")}`;
    case "heal":
      return "healed: everybody hears everybody";
    case "slow":
      return `device ${deed.device} sends ${deed.ms} ms late`;
    case "corrupt":
      return `${Math.round(100 * deed.rate)} % of what device ${deed.device} sends is damaged`;
    case "request":
      return `device ${deed.device} is asked ${deed.hex.slice(0, 16)}${deed.hex.length > 16 ? "…" : ""}`;
  }
}

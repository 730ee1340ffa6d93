// A fleet's description, fleet.json: what a project of one's own runs, and where it runs when it does.
//
//   { "name"?: "valves", "engine": "wasm3" | "v8" | "posix", "n": 4,
//     "seed"?: 1, "mtu"?: 1400, "wasm"?: "build/app.wasm"          the module of all devices; the built meter otherwise
//     "board"?: "stm32f405"                                        the board whose speed simulated devices have (host/fleet/costs.ts)
//     "senses"?: "weather" | "nothing" | {"recording": {"from": 2330, "intervalMs": 1000}}
//     "dir"?: "flash",                                             posix: the folder with the processes' flash ("flash" by default)
//     "devices"?: "qemu:stm32f405,posix,sim*2",                    posix: what its devices are, processes by default; members count beside n (host/live/kinds.ts)
//     "gateway"?: "http://127.0.0.1:7777" }                        where it runs now; written by `synod up`
//
// Paths are relative to the file. Rule: a file that says anything else is refused by number, with the field and what it takes.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import * as costs from "../fleet/costs.ts";
import * as kinds from "../live/kinds.ts";
import * as refusal from "../wire/refusal.ts";

export type Engine = "wasm3" | "v8" | "posix";
export const ENGINES: readonly Engine[] = ["wasm3", "v8", "posix"];

/** What the devices sense: the simulator's weather, or a recording from one of its readings on. */
export type Senses =
  "weather" | "nothing" | { readonly recording: { readonly from: number; readonly intervalMs: number } };

export interface Described {
  readonly name?: string;
  readonly engine: Engine;
  readonly n: number;
  readonly seed?: number;
  readonly mtu?: number;
  /** The board whose speed simulated devices have. */
  readonly board?: costs.Board;
  /** Path of the module; absolute when it was read. */
  readonly wasm?: string;
  readonly senses?: Senses;
  /** What the devices of a fleet in real time are. */
  readonly devices?: string;
  /** Folder of the processes' flash; absolute when it was read. */
  readonly dir?: string;
  readonly gateway?: string;
}

type Fields = Record<string, unknown>;
type Check = (value: unknown) => string | null;

const whole =
  (low: number, high: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high
      ? null
      : `a whole number from ${low} to ${high}`;
const text: Check = (value) => (typeof value === "string" && value !== "" ? null : "a text that is not empty");

/** `http://HOST:PORT`, nothing behind it; an error sentence otherwise. */
export const address: Check = (value) => {
  const words = "an address like http://127.0.0.1:7777";
  if (typeof value !== "string" || !/^https?:\/\//.test(value) || !URL.canParse(value)) return words;
  const { pathname, search, hash, username } = new URL(value);
  return pathname === "/" && search + hash + username === "" ? null : `${words}, without a path`;
};

const senses: Check = (value) => {
  const words = `"weather", "nothing" or {"recording": {"from": 2330, "intervalMs": 1000}}`;
  if (value === "weather" || value === "nothing") return null;
  const recording = ((value ?? {}) as Fields).recording as Fields | undefined;
  if (typeof recording !== "object" || recording === null) return words;
  return whole(0, 4416)(recording.from) === null && whole(1, 3_600_000)(recording.intervalMs) === null ? null : words;
};

const FIELDS: Record<keyof Described, Check> = {
  name: text,
  engine: (value) => (ENGINES.includes(value as Engine) ? null : `one of ${ENGINES.join(", ")}`),
  n: whole(1, 32),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  mtu: whole(128, 1500),
  board: (value) => (costs.NAMES.includes(value as costs.Board) ? null : `one of ${costs.NAMES.join(", ")}`),
  wasm: text,
  devices: (value) => {
    try {
      kinds.parse(String(value));
      return null;
    } catch (error) {
      return `a list like "qemu:stm32f405,posix,sim*2": ${(error as Error).message}`;
    }
  },
  senses,
  dir: text,
  gateway: address,
};
const NEEDED = ["engine", "n"] as const;

const shape = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_SHAPE, detail);
const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? "nothing";

/** The description that a value spells; `where` names it in refusals. Throws Refused TARGET_SHAPE. */
export function check(value: unknown, where: string): Described {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw shape(`${where} is a JSON object, like {"engine": "wasm3", "n": 4}`);
  const fields = value as Fields;
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(FIELDS, name))
      throw shape(`${where}: there is no field "${name.slice(0, 40)}"; it takes ${Object.keys(FIELDS).join(", ")}`);
  for (const name of NEEDED) if (fields[name] === undefined) throw shape(`${where}: "${name}" is missing`);
  for (const [name, wrong] of Object.entries(FIELDS)) {
    const expected = fields[name] === undefined ? null : wrong(fields[name]);
    if (expected !== null) throw shape(`${where}: "${name}" is ${expected}, not ${shown(fields[name])}`);
  }
  if (fields.engine !== "posix" && fields.dir !== undefined)
    throw shape(`${where}: "dir" is for "engine": "posix", a fleet of processes`);
  if (fields.engine !== "posix" && fields.devices !== undefined)
    throw shape(`${where}: "devices" is for "engine": "posix", a fleet in real time`);
  if (fields.devices !== undefined && kinds.voters(kinds.parse(fields.devices as string)) !== fields.n)
    throw shape(`${where}: "devices" names another number of devices than "n"`);
  if (fields.engine === "posix" && fields.board !== undefined)
    throw shape(`${where}: "board" is for a simulated fleet; processes are as fast as this machine`);
  return fields as unknown as Described;
}

/** Reads a fleet.json; its paths become absolute. Throws Refused. */
export function read(path: string): Described {
  if (!existsSync(path)) throw new refusal.Refused(refusal.TARGET_ABSENT, `there is no file ${path}`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw shape(`${path} is not JSON: ${(error as Error).message}`);
  }
  const made = check(value, path);
  const here = dirname(resolve(path));
  const absolute = (name: "wasm" | "dir"): object =>
    made[name] === undefined ? {} : { [name]: resolve(here, made[name]) };
  const whole = { ...made, ...absolute("wasm"), ...absolute("dir") };
  if (whole.wasm !== undefined && !existsSync(whole.wasm))
    throw new refusal.Refused(
      refusal.TARGET_ABSENT,
      `${path} names the module ${made.wasm}, which is not built: synod build makes it`,
    );
  return whole;
}

/** Writes a fleet.json; paths below its folder become relative. */
export function write(path: string, described: Described): void {
  const here = dirname(resolve(path));
  const short = (to: string): string => (to.startsWith(here) ? relative(here, to) || "." : to);
  const { wasm, dir } = described;
  const made = check(
    {
      ...described,
      ...(wasm === undefined ? {} : { wasm: short(wasm) }),
      ...(dir === undefined ? {} : { dir: short(dir) }),
    },
    path,
  );
  writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`);
}

/** Notes in a fleet.json where its fleet runs now; null: nowhere any more. */
export function running(path: string, gateway: string | null): void {
  const { gateway: _, ...rest } = read(path);
  write(path, gateway === null ? rest : { ...rest, gateway });
}

// One word for a fleet, whatever it is made of and wherever it runs.
//
//   sim:4                      a fresh simulated fleet of four devices
//   posix:PATH                 processes with their flash in folder PATH; attached to when PATH/fleet.json says that they run
//   FILE.json                  a fleet's description (fleetfile.ts); attached to when its gateway answers, else started
//   http://127.0.0.1:7777      a fleet that runs behind a gateway; with #token=... behind it when it asks for one
//
// Rule: whatever the word, the answer is a Target; a word that names none is refused (TARGET_SHAPE), a fleet that is not there too
// (TARGET_ABSENT).

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine } from "../device/device.ts";
import * as native from "../device/native.ts";
import * as refusal from "../wire/refusal.ts";
import * as fleetfile from "./fleetfile.ts";
import * as kinds from "../live/kinds.ts";
import { Sim, type Options as SimOptions } from "./sim.ts";
import type { Target } from "./target.ts";

/** What the word leaves open; a fleet that runs already keeps what it is. */
export interface Options extends Partial<Omit<SimOptions, "engine" | "wasm">> {
  readonly engine?: fleetfile.Engine;
  /** The module of all devices. */
  readonly wasm?: Uint8Array;
  /** Folder of the processes' flash, where the word names none. */
  readonly dir?: string;
  /** What the devices of a fleet in real time are (host/live/kinds.ts); processes otherwise. */
  readonly devices?: string;
  /** Processes: let libsodium do what it can in the devices' stead. */
  readonly accelerate?: boolean;
  /** What a gateway asks for before it lets anybody do something. */
  readonly token?: string;
}

export type Named =
  | { readonly kind: "sim"; readonly n: number }
  | { readonly kind: "posix"; readonly dir: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "gateway"; readonly url: string; readonly token?: string };

/** Where a fleet that `synod up` shows can be reached, unless told otherwise. */
export const HERE = "http://127.0.0.1:7777";
/** The recorded sensors from just before their first labelled event, fast enough to see something in a minute. */
export const DEMO = { recording: { from: 2_330, intervalMs: 1_000 } } as const;
/** The pace at which the recording was taken: as much as a board can carry (host/fleet/README.md). */
const TAKEN_MS = 5_000;
const DEVICES = 4;

/** What the sensors say where nobody says: the recording, fast, or as it was taken where computing takes its time. */
export function demo(
  board: SimOptions["board"],
  from: number = DEMO.recording.from,
): { recording: { from: number; intervalMs: number } } {
  const slow = board !== undefined && board !== "none";
  return { recording: { from, intervalMs: slow ? TAKEN_MS : DEMO.recording.intervalMs } };
}

const shape = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_SHAPE, detail);
const absent = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_ABSENT, detail);

/** True for a word that is meant as a target: no verb, topic, number or hex looks like one. */
export const isTarget = (word: string): boolean => /^(sim$|\w+:|https?:)|\.json$/.test(word);

/** What a word names. Throws Refused TARGET_SHAPE. */
export function parse(word: string): Named {
  const sim = /^sim(?::(.*))?$/.exec(word);
  if (sim) {
    const n = sim[1] === undefined ? DEVICES : /^\d{1,2}$/.test(sim[1]) ? Number(sim[1]) : 0;
    if (!(n >= 1 && n <= 32)) throw shape(`sim:N is a fleet of 1 to 32 devices, not "${word}"`);
    return { kind: "sim", n };
  }
  if (word.startsWith("posix:")) {
    if (word === "posix:") throw shape("posix:PATH needs the folder of the processes' flash, like posix:fleet");
    return { kind: "posix", dir: resolve(word.slice("posix:".length)) };
  }
  if (/^https?:/.test(word)) {
    const [, plain, token] = /^(.*?)(?:#token=(.+))?$/.exec(word)!;
    const wrong = fleetfile.address(plain);
    if (wrong !== null) throw shape(`a gateway is ${wrong}, not "${word}"`);
    return { kind: "gateway", url: new URL(plain).origin, ...(token === undefined ? {} : { token }) };
  }
  if (word.endsWith(".json")) return { kind: "file", path: word };
  throw shape(`"${word}" names no fleet: sim:N, posix:PATH, a fleet's .json file or http://127.0.0.1:7777`);
}

/** True when a gateway answers at this address. */
export async function answers(url: string, timeoutMs = 1000): Promise<boolean> {
  try {
    const response = await fetch(`${url}/fleet`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    // A gateway that wants a token says so; something else on that port answers otherwise.
    return response.ok || response.status === 401 || response.status === 403;
  } catch {
    return false;
  }
}

const modules = new Map<string, Uint8Array>();

/** A module's bytes, the same array each time, so that an engine compiles it once; without a path those of the built meter. */
export function moduleAt(path = fileURLToPath(new URL("../../build/device.wasm", import.meta.url))): Uint8Array {
  if (!existsSync(path)) throw absent(`the module ${path} is not built; run npm run build first`);
  const known = modules.get(path) ?? new Uint8Array(readFileSync(path));
  modules.set(path, known);
  return known;
}

/** Makes an engine ready: V8 always is, wasm3 needs its binding, which is compiled on first need. */
async function ready(engine: Engine): Promise<void> {
  try {
    await native.ready(engine);
  } catch (error) {
    throw absent(`${(error as Error).message}, or use engine v8`);
  }
}

async function attach(url: string, { token }: Options): Promise<Target> {
  const remote = await import("./remote.ts");
  return await remote.attach(url, { token });
}

async function processes(dir: string, options: Options): Promise<Target> {
  if (options.board !== undefined && options.board !== "none")
    throw shape("a board is for a simulated fleet: processes are as fast as this machine");
  const posix = await import("./posix.ts");
  const { n, wasm, seed, mtu, senses, accelerate, devices } = options;
  const list = devices === undefined ? undefined : kinds.parse(devices);
  return await posix.start({ dir, n, wasm, seed, mtu, senses, accelerate, devices: list });
}

async function simulated(options: Options & { readonly n: number }): Promise<Target> {
  const { engine = "v8", seed = 1, senses = demo(options.board), wasm, ...more } = options;
  const { token: _, dir, accelerate, devices, ...rest } = more;
  if (engine === "posix" && dir === undefined)
    throw shape("a fleet of processes needs a folder for its flash: posix:PATH");
  if (engine === "posix") return processes(dir!, options);
  if (devices !== undefined) throw shape("devices of several kinds live in real time: engine posix");
  if (accelerate) throw shape("only processes can be accelerated: engine posix");
  await ready(engine);
  return Sim.start({ ...rest, engine, seed, senses, wasm: wasm ?? moduleAt() });
}

/** Starts or attaches to what a description says. */
async function described(path: string, options: Options): Promise<Target> {
  const { gateway, dir, wasm, name: _, ...made } = fleetfile.read(path);
  if (gateway !== undefined && (await answers(gateway))) return attach(gateway, options);
  const bytes = options.wasm ?? (wasm === undefined ? undefined : moduleAt(wasm));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const whole = { ...made, ...given, wasm: bytes };
  if (whole.engine !== "posix") return simulated(whole);
  return processes(options.dir ?? dir ?? join(dirname(resolve(path)), "flash"), whole);
}

/** The fleet that a word names: started, or attached to when it runs already. Throws Refused. */
export async function open(word: string, options: Options = {}): Promise<Target> {
  const named = parse(word);
  if (named.kind === "gateway") {
    if (!(await answers(named.url))) throw absent(`nothing answers at ${named.url}; synod up starts a fleet there`);
    return attach(named.url, { ...options, token: options.token ?? named.token });
  }
  if (named.kind === "file") return described(named.path, options);
  if (named.kind === "sim") return simulated({ ...options, n: options.n ?? named.n });
  const file = join(named.dir, "fleet.json");
  return existsSync(file) ? described(file, { ...options, engine: "posix" }) : processes(named.dir, options);
}

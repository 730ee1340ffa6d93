// Engines and modules for the commands: which engines this machine has, and the built wasm files.
//
// Rule: asking for an engine or a file that is not there ends with exit code 3 and the line to type, never with a stack trace.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Device, Engine, Hal } from "../device/device.ts";
import * as native from "../device/native.ts";
import { open } from "../device/open.ts";
import { Environment, Usage } from "./exit.ts";
import { valued, type Option } from "./command.ts";
import * as flag from "./flag.ts";

export const ENGINES = ["wasm3", "v8", "both"] as const;
export type Choice = (typeof ENGINES)[number];

/** `--engine`, with the default of the command. */
export const option = (otherwise: Choice): Option => valued("--engine", `wasm3, v8 or both (default ${otherwise})`);

/** Reads `--engine`. */
export const choose = (values: flag.Values, otherwise: Choice): Choice =>
  flag.oneOf(values, "engine", otherwise, ENGINES);

/** The engines that a choice names. */
export const listed = (choice: Choice): Engine[] => (choice === "both" ? ["v8", "wasm3"] : [choice]);

/** Makes an engine ready; V8 always is, wasm3 needs its binding, which is compiled on first need. */
export async function ready(engine: Engine): Promise<void> {
  try {
    await native.ready(engine);
  } catch (error) {
    throw new Environment(`${(error as Error).message}, or use --engine v8`);
  }
}

/** The engines of a choice that are at hand; the others with the reason why not. */
export async function atHand(choice: Choice): Promise<{ engines: Engine[]; missing: string[] }> {
  const engines: Engine[] = [];
  const missing: string[] = [];
  for (const engine of listed(choice))
    try {
      await ready(engine);
      engines.push(engine);
    } catch (error) {
      missing.push((error as Error).message);
    }
  return { engines, missing };
}

/** The path of a file of build/. */
export const builtPath = (name: string): string => fileURLToPath(new URL(`../../build/${name}`, import.meta.url));

/** A module's bytes: the same array each time, so that an engine compiles it once. */
function bytes(path: string): Uint8Array {
  const known = modules.get(path) ?? new Uint8Array(readFileSync(path));
  modules.set(path, known);
  return known;
}
const modules = new Map<string, Uint8Array>();

/** A built module. */
export function built(name: string): Uint8Array {
  const path = builtPath(name);
  if (!existsSync(path)) throw new Environment(`build/${name} is not there; run npm start or npm run build first`);
  return bytes(path);
}

/** The module that a command line names, or the built device. */
export function module(path: string): Uint8Array {
  if (path === "") return built("device.wasm");
  if (!existsSync(path)) throw new Usage(`there is no file ${path}`);
  return bytes(path);
}

/** A device of the built firmware. */
export async function device(engine: Engine, hal: Hal): Promise<Device> {
  await ready(engine);
  return open(engine, built("device.wasm"), hal);
}

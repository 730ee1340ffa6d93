// Where a device comes from: one door to every engine.

import type { Device, Engine, Hal } from "./device.ts";
import * as v8 from "./v8.ts";

type Opener = (wasm: Uint8Array, hal: Hal) => Device;

const engines = new Map<string, Opener>([["v8", v8.open]]);

/** Adds an engine. The wasm3 binding calls this when it is loaded. */
export function register(engine: Engine, opener: Opener): void {
  engines.set(engine, opener);
}

/** Powers a device up: a fresh instance of the module, its memory as the module declares it, nothing called yet. */
export function open(engine: Engine, wasm: Uint8Array, hal: Hal): Device {
  const opener = engines.get(engine);
  if (opener === undefined) throw new Error(`no engine "${engine}" here; there is ${[...engines.keys()].join(", ")}`);
  return opener(wasm, hal);
}

// build/debug.wasm as `vectors` uses it: the device's own functions under flat names, in V8 or in wasm3.
//
// Rule: what these functions answer is the device's answer; nothing on the host computes in their stead.

import { randomBytes } from "node:crypto";
import { NOT_OFFERED, NOTHING, type Engine, type Hal } from "../device/device.ts";
import * as engine from "./engine.ts";

export interface Module {
  engine: Engine;
  /** Calls an export; i32 as a signed number, i64 as a signed bigint, nothing as 0. Throws on a trap. */
  call(name: string, ...args: (number | bigint)[]): number | bigint;
  /** A copy of n bytes at p. */
  bytes(p: number, n: number): Uint8Array;
  write(p: number, bytes: Uint8Array): void;
}

const HAL: Hal = { entropy: (n) => new Uint8Array(randomBytes(n)), read: () => null, sense: () => NOTHING };

async function inV8(wasm: Uint8Array): Promise<Module> {
  const at: { memory: Uint8Array } = { memory: new Uint8Array(0) };
  const synod = {
    entropy: (p: number, n: number): void => at.memory.set(HAL.entropy(n >>> 0), p >>> 0),
    read: (): number => -1,
    sense: (): bigint => NOTHING,
    accelerate: (): number => NOT_OFFERED,
  };
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource as ArrayBuffer, { synod });
  at.memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  return {
    engine: "v8",
    call(name, ...args) {
      const found = instance.exports[name];
      if (typeof found !== "function") throw new Error(`debug.wasm exports no ${name}`);
      return (found(...args) as number | bigint | undefined) ?? 0;
    },
    bytes: (p, n) => at.memory.slice(p, p + n),
    write: (p, bytes) => at.memory.set(bytes, p),
  };
}

async function inWasm3(wasm: Uint8Array): Promise<Module> {
  const { Wasm3Module } = await import("../device/wasm3.ts");
  const module = new Wasm3Module(wasm, HAL);
  return {
    engine: "wasm3",
    call: (name, ...args) => module.call(name, ...args) ?? 0,
    bytes: (p, n) => module.memory().slice(p, p + n),
    write: (p, bytes) => module.memory().set(bytes, p),
  };
}

/** A fresh instance of build/debug.wasm. */
export async function load(which: Engine): Promise<Module> {
  await engine.ready(which);
  const wasm = engine.built("debug.wasm");
  return which === "v8" ? inV8(wasm) : inWasm3(wasm);
}

// build/debug.wasm as tests see it: the device's own functions under flat names, in V8, in wasm3, or in wasm3 on the emulated
// Cortex-M4 ("stm32f405"; slow: some 20 signatures a second).
//
//   const m = await debugModule("v8");
//   m.write(INPUT, message);
//   m.call("crypto_sha256_hash", INPUT, message.length, OUT);
//   m.bytes(OUT, 32)
//
// Results are as wasm gives them: i32 a signed number (`>>> 0` for a u32), i64 a signed bigint, nothing is 0.
// A trap throws. Rule: a module's answers to `hal` come from the test alone, so that a run repeats itself.

import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { NOT_OFFERED, NOTHING, type Engine, type Hal } from "../host/device/device.ts";
import { BOARDS, type BoardName } from "../tools/images.mjs";

export type { Engine, Hal };
/** What runs a module of test hooks; only the first two run devices. */
export type ModuleEngine = Engine | BoardName;

export interface DebugModule {
  engine: ModuleEngine;
  hal: Hal;
  /** Calls an export. Throws on a trap and on an unknown name. */
  call(name: string, ...args: (number | bigint)[]): number | bigint;
  /** A copy of n bytes at p. */
  bytes(p: number, n: number): Uint8Array;
  write(p: number, bytes: Uint8Array): void;
  exports(): string[];
}

/** A board without sensors or flash whose entropy is SHA-256 of a counter: the same in every run. */
export function emptyHal(): Hal {
  let counter = 0;
  const block = () => createHash("sha256").update(`entropy ${counter++}`).digest();
  return {
    entropy(n) {
      const out = new Uint8Array(n);
      for (let i = 0; i < n; i += 32) out.set(block().subarray(0, Math.min(32, n - i)), i);
      return out;
    },
    read: () => null,
    sense: () => NOTHING,
  };
}

const file = process.env.SYNOD_DEBUG_WASM ?? fileURLToPath(new URL("../build/debug.wasm", import.meta.url));

async function readBytes(): Promise<Uint8Array> {
  if (!process.env.SYNOD_DEBUG_WASM && !process.env.SYNOD_BUILT) {
    const { buildFirmware } = await import("../tools/build.mjs");
    await buildFirmware(["debug"]);
  }
  return new Uint8Array(readFileSync(file));
}

let reading: Promise<Uint8Array> | null = null;
const wasmBytes = () => (reading ??= readBytes()); // built and read once a process

let compiled: Promise<WebAssembly.Module> | null = null;

async function inV8(): Promise<DebugModule> {
  compiled ??= wasmBytes().then((b) => WebAssembly.compile(b as BufferSource));
  const module = await compiled;
  let memory = new Uint8Array(0);
  const m: DebugModule = {
    engine: "v8",
    hal: emptyHal(),
    call(name, ...args) {
      const f = instance.exports[name];
      if (typeof f !== "function") throw new Error(`debug.wasm exports no ${name}`);
      return (f(...args) as number | bigint | undefined) ?? 0;
    },
    bytes: (p, n) => memory.slice(p, p + n),
    write: (p, bytes) => memory.set(bytes, p),
    exports: () => WebAssembly.Module.exports(module).map((e) => e.name),
  };
  const synod = {
    entropy: (p: number, n: number) => memory.set(m.hal.entropy(n >>> 0), p >>> 0),
    read(region: number, offset: number, p: number, n: number) {
      const found = m.hal.read(region >>> 0, offset >>> 0, n >>> 0);
      if (found === null) return -1;
      memory.set(found, p >>> 0);
      return 0;
    },
    sense: (channel: number) => m.hal.sense(channel >>> 0),
    accelerate: () => NOT_OFFERED,
  };
  const instance = await WebAssembly.instantiate(module, { synod });
  memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  return m;
}

async function inWasm3(): Promise<DebugModule> {
  const { Wasm3Module } = await import("../host/device/wasm3.ts"); // late: V8 alone needs no binding
  const bytes = await wasmBytes();
  const module = new Wasm3Module(bytes, emptyHal());
  const names = WebAssembly.Module.exports(await WebAssembly.compile(bytes as BufferSource)).map((e) => e.name);
  return {
    engine: "wasm3",
    get hal() {
      return module.hal;
    },
    set hal(hal) {
      module.hal = hal;
    },
    call: (name, ...args) => module.call(name, ...args) ?? 0,
    bytes: (p, n) => module.bytes(p, n),
    write: (p, written) => module.write(p, written),
    exports: () => names,
  };
}

async function onBoard(name: BoardName): Promise<DebugModule> {
  const { Board } = await import("../tools/board.ts");
  const bytes = await wasmBytes();
  const board = await Board.open({ board: name, wasm: file, hal: emptyHal() });
  const names = WebAssembly.Module.exports(await WebAssembly.compile(bytes as BufferSource)).map((e) => e.name);
  return Object.assign(board, { exports: () => names });
}

/** A fresh instance of build/debug.wasm, or of the file that SYNOD_DEBUG_WASM names. Compiles it first when sources changed. */
export function debugModule(engine: ModuleEngine = "v8"): Promise<DebugModule> {
  return engine === "v8" ? inV8() : engine === "wasm3" ? inWasm3() : onBoard(engine);
}

const named = process.env.SYNOD_ENGINES?.split(",");

/** The engines that tests compare; SYNOD_ENGINES=v8 narrows them. */
export const engines: Engine[] = (["v8", "wasm3"] as const).filter((e) => !named || named.includes(e));
/** The same for tests that need no more than a module: SYNOD_ENGINES=stm32f405 takes an emulated board, by its name in tools/images.mjs. */
export const moduleEngines: ModuleEngine[] = [
  ...engines,
  ...(Object.keys(BOARDS) as BoardName[]).filter((b) => named?.includes(b)),
];
/** True of the engines that are emulated boards: a call takes a hundred times as long as in V8. */
export const isBoard = (engine: ModuleEngine): engine is BoardName => engine !== "v8" && engine !== "wasm3";

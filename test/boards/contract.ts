// Contracts for tests: written as text, stored as firmware/wire/call.ts draws it, laid one after the other into a region of modules; and the
// fixture device that runs them, in every engine.
//
//   text ── binaryen ──> wasm ── head in front, exports and names cut off ──> stored ── Region ──> V8 · wasm3 · emulated boards
//
// Exports of the text say what the head says: run, gas, depth. Everything else about a contract is its own affair.

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import binaryen from "binaryen";
import * as contract from "../../firmware/wire/call.ts";
import type { Hal } from "../../host/device/device.ts";
import { Sandbox } from "../../host/device/sandbox.ts";
import type { ModuleEngine } from "../wasm.ts";
import { emptyHal } from "../wasm.ts";
import { binding, root, scratch } from "./board.ts";
import { readFileSync } from "node:fs";

/** The sections of a module, by id. */
export function sections(wasm: Uint8Array): { id: number; bytes: Uint8Array }[] {
  const out: { id: number; bytes: Uint8Array }[] = [];
  for (let at = 8; at < wasm.length;) {
    const start = at;
    const id = wasm[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const b = wasm[at++];
      size |= (b & 127) << shift;
      if (b < 128) break;
    }
    at += size;
    out.push({ id, bytes: wasm.subarray(start, at) });
  }
  return out;
}

/** Index of each export; all of them are below 128, and so is the section's size. */
function exported(wasm: Uint8Array): Map<string, number> {
  const names = new Map<string, number>();
  const section = sections(wasm).find(({ id }) => id === 7)?.bytes;
  if (section === undefined) return names;
  let at = section[1] > 127 ? 3 : 2;
  for (let n = section[at++]; n > 0; n--) {
    const name = Buffer.from(section.subarray(at + 1, at + 1 + section[at])).toString();
    at += 1 + section[at];
    names.set(name, section[at + 1]);
    at += 2;
  }
  return names;
}

/** A module as it is stored. */
export function pack(wasm: Uint8Array, kib: number, indices = exported(wasm)): Uint8Array {
  const kept = sections(wasm).filter(({ id }) => id !== 0 && id !== 7);
  const head = [contract.VERSION, kib, indices.get("run") ?? 0, indices.get("gas") ?? contract.NONE];
  const depth = indices.get("depth") ?? contract.NONE;
  return Uint8Array.from([...head, depth, 0, 0, 0, ...wasm.subarray(0, 8), ...kept.flatMap(({ bytes }) => [...bytes])]);
}

/** The text of a whole module in binary. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  const bulk = /memory\.(copy|fill)/.test(text) ? binaryen.Features.BulkMemory : 0; // it brings a section of its own
  module.setFeatures(binaryen.Features.MutableGlobals | binaryen.Features.SignExt | bulk);
  const wasm = module.emitBinary();
  module.dispose();
  return wasm;
}

/** The import that every contract may have. */
export const HOST = `(import "synod" "host" (func $host (param i32 i32 i32 i32) (result i64)))`;
export const FRAME = `(memory 1 1) (global $gas (mut i32) (i32.const 0)) (export "gas" (global $gas)) (export "run" (func $run))`;

/** A contract from the text of its functions; `run` is one of them. */
export const contractOf = (functions: string, kib = 1): Uint8Array =>
  pack(assemble(`(module ${HOST} ${FRAME} ${functions})`), kib);

/** A contract whose `run` is this text. */
export const running = (body: string, kib = 1): Uint8Array =>
  contractOf(`(func $run (param $n i32) (result i32) (local $i i32) (local $w i64) ${body})`, kib);

export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A host call in text. */
export const host = (op: number, p: number, n: number, room: number): string =>
  `(call $host (i32.const ${op}) (i32.const ${p}) (i32.const ${n}) (i32.const ${room}))`;

/** Calls the contract at a place with these bytes of input, and answers what `then` makes of its answer in local $w. */
export const calling = (to: Place, gas: number, input: number[], then: string, kib = 1): Uint8Array =>
  running(
    `(i32.store (i32.const 200) (i32.const ${to.offset})) (i32.store (i32.const 204) (i32.const ${to.length}))
    (i32.store (i32.const 208) (i32.const ${gas})) ${input.map((b, i) => `(i32.store8 (i32.const ${212 + i}) (i32.const ${b}))`).join(" ")}
    (i64.store (i32.const 600) (i64.const 0x1122334455667788))
    (drop ${host(3, 200, 12 + input.length, 8)}) (local.set $w (i64.load (i32.const 200)))
    (if (i64.ne (i64.load (i32.const 600)) (i64.const 0x1122334455667788)) (then (unreachable))) ${then}`,
    kib,
  );
/** Local $w as an answer: statuses beyond 65535 are none. */
export const STATUS = `(i32.rem_u (i32.wrap_i64 (local.get $w)) (i32.const 60000))`;

/** A region of modules, filled from its start. */
export class Region {
  readonly #parts: Uint8Array[] = [Uint8Array.of(1, 2, 3)]; // so that offset 0 is nobody's, and none is aligned
  #length = 3;

  add(bytes: Uint8Array): Place {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return { offset: this.#length - bytes.length, length: bytes.length };
  }

  get length(): number {
    return this.#length;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

/** A board whose region of modules holds these bytes. */
export const storing = (region: Uint8Array): Hal => ({
  ...emptyHal(),
  module: (offset, n) => (offset + n <= region.length ? region.slice(offset, offset + n) : null),
});

/** The fixture device in some engine. */
export interface Machine {
  readonly engine: ModuleEngine;
  call(name: string, ...args: (number | bigint)[]): number | bigint;
  bytes(p: number, n: number): Uint8Array;
  write(p: number, bytes: Uint8Array): void;
  close(): void;
}

let compiling: Promise<string> | null = null;

/** Path of the fixture device, freshly compiled. */
export function fixture(): Promise<string> {
  compiling ??= import("../../tools/build.mjs").then(async ({ compile }) => {
    await compile("test/boards/fixture/sandbox.ts", "device", relative(root, join(scratch, "sandbox")));
    return join(scratch, "sandbox.wasm");
  });
  return compiling;
}

async function inV8(wasm: Uint8Array, hal: Hal): Promise<Machine> {
  let memory = new Uint8Array(0);
  const sandbox = new Sandbox(() => ({ hal, memory, exports: instance.exports as object }));
  const call = (...[code, length, input, n, gas]: number[]): bigint => sandbox.call(code, length, input, n, gas);
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, { synod: { call } });
  memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  return {
    engine: "v8",
    call: (name, ...args) => (instance.exports[name] as (...a: (number | bigint)[]) => number | bigint)(...args) ?? 0,
    bytes: (p, n) => memory.slice(p, p + n),
    write: (p, bytes) => memory.set(bytes, p),
    close: () => {},
  };
}

/** Opens the fixture device with these stored modules. `stack`: bytes of native stack, for boards. */
export async function machine(engine: ModuleEngine, region: Uint8Array, stack: number | null = null): Promise<Machine> {
  const path = await fixture();
  const wasm = new Uint8Array(readFileSync(path));
  if (engine === "v8") return inV8(wasm, storing(region));
  if (engine === "wasm3") {
    const { Wasm3Module } = await binding();
    const module = new Wasm3Module(wasm, storing(region));
    return {
      engine,
      call: (name, ...args) => module.call(name, ...args) ?? 0,
      bytes: (p, n) => module.bytes(p, n),
      write: (p, bytes) => module.write(p, bytes),
      close: () => module.close(),
    };
  }
  const { Board } = await import("../../tools/board.ts");
  const contracts = join(scratch, "contracts.bin");
  writeFileSync(contracts, region);
  return Board.open({ board: engine, wasm: path, hal: emptyHal(), name: "sandbox-jobs", contracts, stack });
}

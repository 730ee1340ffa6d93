// What an observer of a device could see, taken from the emitted wasm: build/debug.wasm rewritten so that every branch condition, every
// address and every divisor is reported, in order.
//
//   const t = await traced();
//   const run = t.record(() => t.call("crypto_ed25519_publicKey", seed, out));   // Int32Array: instruction, value, instruction, value ...
//   t.name(run[0])                                                              // "field/mul: i64.load32_s offset=32"
//
// Reported: the condition of if, br_if, br_table and select; the address of every load and store; the operands of memory.copy and
// memory.fill; both operands of divisions. Not reported: what is loaded, stored or computed. So two runs with other secrets give
// equal recordings exactly when control flow and memory access are the same.
// Limit: it shows wasm, not the engine and the chip below: firmware/crypto/README.md says where a multiplication's time may vary.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen"; // assemblyscript brings it
import { debugModule } from "../wasm.ts";

export interface Traced {
  call(name: string, ...args: number[]): number;
  write(p: number, bytes: Uint8Array): void;
  bytes(p: number, n: number): Uint8Array;
  record(run: () => void): Int32Array;
  /** Function and instruction of a recorded number. */
  name(instruction: number): string;
}

/** Which helper reports an instruction: it takes and gives back the operands that are on the stack, and the instruction's number. */
function reporter(op: string): string | null {
  if (op === "if" || op === "br_if" || op === "br_table" || op === "select" || /^i(32|64)\.load/.test(op)) return "one";
  if (/^i32\.(store|div|rem)/.test(op)) return op.startsWith("i32.store") ? "store32" : "two32";
  if (/^i64\.(store|div|rem)/.test(op)) return op.startsWith("i64.store") ? "store64" : "two64";
  if (op === "memory.copy" || op === "memory.fill") return "three";
  return null;
}

const HELPERS = `
 (import "trace" "one" (func $trace_one (param i32 i32) (result i32)))
 (import "trace" "store32" (func $trace_store32 (param i32 i32 i32) (result i32 i32)))
 (import "trace" "store64" (func $trace_store64 (param i32 i64 i32) (result i32 i64)))
 (import "trace" "two32" (func $trace_two32 (param i32 i32 i32) (result i32 i32)))
 (import "trace" "two64" (func $trace_two64 (param i64 i64 i32) (result i64 i64)))
 (import "trace" "three" (func $trace_three (param i32 i32 i32 i32) (result i32 i32 i32)))`;

/** The rewritten text and the names of its numbered instructions. */
function rewrite(text: string): { text: string; names: string[] } {
  const names: string[] = [];
  let inside = "";
  const lines = text.split("\n").flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === "(func") inside = words[1];
    const helper = reporter(words[0]);
    if (helper === null) return [line];
    names.push(`${inside.replace(/^\$firmware\//, "")}: ${line.trim()}`);
    return [`i32.const ${names.length - 1}`, `call $trace_${helper}`, line];
  });
  lines.splice(1, 0, HELPERS);
  return { text: lines.join("\n"), names };
}

async function built(): Promise<Uint8Array> {
  await debugModule("v8"); // compiles the file when sources changed
  const file = process.env.SYNOD_DEBUG_WASM ?? fileURLToPath(new URL("../../build/debug.wasm", import.meta.url));
  return new Uint8Array(readFileSync(file));
}

/** A module made to tell: build/debug.wasm, or the one given. */
export async function traced(bytes?: Uint8Array): Promise<Traced> {
  const original = binaryen.readBinary(bytes ?? (await built()));
  const { text, names } = rewrite(original.emitStackIR());
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const wasm = module.emitBinary();
  original.dispose();
  module.dispose();

  let events = new Int32Array(1 << 20);
  let n = 0;
  const put = (instruction: number, v: number): void => {
    if (n + 2 > events.length) {
      const larger = new Int32Array(2 * events.length);
      larger.set(events);
      events = larger;
    }
    events[n++] = instruction;
    events[n++] = v;
  };
  const trace = {
    one: (v: number, i: number) => (put(i, v), v),
    store32: (p: number, v: number, i: number) => (put(i, p), [p, v]),
    store64: (p: number, v: bigint, i: number) => (put(i, p), [p, v]),
    two32: (a: number, b: number, i: number) => (put(i, a), put(i, b), [a, b]),
    two64: (a: bigint, b: bigint, i: number) => {
      for (const v of [a, b]) for (const half of [v, v >> 32n]) put(i, Number(BigInt.asIntN(32, half)));
      return [a, b];
    },
    three: (a: number, b: number, c: number, i: number) => (put(i, a), put(i, b), put(i, c), [a, b, c]),
  };
  const synod = { entropy: () => {}, read: () => -1, sense: () => 0n, accelerate: () => 0 };
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource as ArrayBuffer, { trace, synod });
  const memory = new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer);
  return {
    call: (name, ...args) => Number((instance.exports[name] as (...args: number[]) => number)(...args) ?? 0),
    write: (p, bytes) => memory.set(bytes, p),
    bytes: (p, length) => memory.slice(p, p + length),
    record(run) {
      n = 0;
      run();
      return events.slice(0, n);
    },
    name: (instruction) => names[instruction],
  };
}

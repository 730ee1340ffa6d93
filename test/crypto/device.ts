// What the tests of crypto share: the module in each engine at hand, deterministic bytes, time limits.

import { debugModule, moduleEngines, type DebugModule, type ModuleEngine, isBoard } from "../wasm.ts";

export { isBoard, moduleEngines as engines };

/** The debug module, or null with a printed word when this engine cannot be had here (never so under CI). */
export async function device(engine: ModuleEngine): Promise<DebugModule | null> {
  try {
    return await debugModule(engine);
  } catch (error) {
    if (engine === "v8" || process.env.CI) throw error;
    console.log(`skipped: no ${engine} here (${(error as Error).message.split("\n")[0]})`);
    return null;
  }
}

/** Deterministic bytes: a counter through a 32-bit mixer, so that a failing case repeats itself. */
export class Source {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** A number in [0, 2^32). */
  next(): number {
    let x = (this.#state = (this.#state + 0x9e3779b9) >>> 0);
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (x ^ (x >>> 16)) >>> 0;
  }
  below(n: number): number {
    return this.next() % n;
  }
  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.next() & 0xff);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}

/** Calls `round` until `seconds` (or SYNOD_BUDGET) are over, at least `least` times; returns how often. */
export function forSeconds(seconds: number, least: number, round: (i: number) => void): number {
  const end = performance.now() + 1000 * Number(process.env.SYNOD_BUDGET ?? seconds);
  let i = 0;
  for (; i < least || performance.now() < end; i++) round(i);
  return i;
}

/** How often a test repeats itself in this engine: on an emulated board an eighth. */
export const many = (engine: ModuleEngine, n: number): number => (isBoard(engine) ? Math.ceil(n / 8) : n);

export const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
export const unhex = (s: string): Uint8Array => new Uint8Array(Buffer.from(s, "hex"));
/** Little-endian bytes of a number, and back. */
export const little = (x: bigint, n: number): Uint8Array =>
  Uint8Array.from({ length: n }, (_, i) => Number((x >> BigInt(8 * i)) & 0xffn));
export const number = (b: Uint8Array): bigint => b.reduceRight((x, v) => (x << 8n) | BigInt(v), 0n);

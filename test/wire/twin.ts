// Device and host, one beside the other: the same bytes at the same address, the same function of wire/, both answers.
//
//   const t = await twin("v8");
//   t.set(buffer);
//   t.same("wire_vote_check", vote.check, P, n)      throws when the answers or the memories differ
//
// Random bytes lean to the extremes (0, 0x7f, 0x80, 0xff), so that sign bits and carries of each width are met.

import * as mem from "../../host/wire/mem.ts";
import { debugModule, type Engine } from "../wasm.ts";

/** Where the buffers under test lie: the device's input region and what follows it. */
export const P = 0x1c00;
const SPAN = 4096;

/** Deterministic 32-bit numbers (mulberry32). */
export function numbers(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const EXTREMES = [0x00, 0x01, 0x7f, 0x80, 0xff];

/** n random bytes, a third of them extremes. */
export function randomBytes(next: () => number, n: number): Uint8Array {
  return Uint8Array.from({ length: n }, () => (next() % 3 === 0 ? EXTREMES[next() % EXTREMES.length] : next() & 0xff));
}

/** A random u32 that is often at the edge of a width. */
export function randomU32(next: () => number): number {
  const edges = [0, 1, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
  return next() % 3 === 0 ? edges[next() % edges.length] : next();
}

export interface Twin {
  set(bytes: Uint8Array, at?: number): void;
  /** Calls both, compares answers and memories, returns the answer as a number. */
  same(name: string, onHost: (...args: number[]) => number | boolean | void, ...args: number[]): number;
}

export async function twin(engine: Engine): Promise<Twin> {
  const device = await debugModule(engine);
  const host = new Uint8Array(P + SPAN);
  host.set(device.bytes(0, P + SPAN));
  const dump = (b: Uint8Array) => Buffer.from(b.subarray(P, P + 160)).toString("hex");
  return {
    set(bytes, at = P) {
      device.write(at, bytes);
      host.set(bytes, at);
    },
    same(name, onHost, ...args) {
      const before = dump(host);
      mem.attach(host);
      const there = Number(device.call(name, ...args)) >>> 0;
      const here = Number(onHost(...args) ?? 0) >>> 0;
      const memory = device.bytes(P, SPAN);
      if (there === here && Buffer.compare(memory, host.subarray(P)) === 0) return here;
      throw new Error(
        `${name}(${args.join(", ")}) in ${engine}: device ${there}, host ${here}\n` +
          `bytes before  ${before}\ndevice after  ${Buffer.from(memory.subarray(0, 160)).toString("hex")}\nhost after    ${dump(host)}`,
      );
    },
  };
}

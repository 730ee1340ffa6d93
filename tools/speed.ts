// CPU time of one Ed25519 verification in V8: ours (build/debug.wasm) beside a library of npm, as a ratio.
//
//   warm up both · ours, rival, ours, rival ... in slices of equal length · median of the ratios of neighbours
//
// Rule: the ratio is what says something. Times are of this machine and this minute: printed, never recorded, never a test.

import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import sodium from "libsodium-wrappers";
import nacl from "tweetnacl";

/** A signature that is good. */
export interface Sample {
  key: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}

export const RIVALS = ["libsodium-wrappers", "@noble/curves", "tweetnacl"] as const;
export type Rival = (typeof RIVALS)[number];

/** Microseconds of CPU per verification, medians, and the median ratio of ours to the rival's. */
export interface Speed {
  ours: number;
  rival: number;
  ratio: number;
}

const PAIRS = 15;
const SLICE_US = 40_000;
const WARM_US = 600_000;

type Verify = () => boolean;

async function rivalVerify(name: Rival, { key, message, signature }: Sample): Promise<Verify> {
  if (name === "@noble/curves") return () => ed25519.verify(signature, message, key);
  if (name === "tweetnacl") return () => nacl.sign.detached.verify(message, signature, key);
  await sodium.ready;
  return () => sodium.crypto_sign_verify_detached(signature, message, key);
}

/** Ours, in V8, at addresses that the module does not use between calls. */
async function ourVerify(wasm: string, at: number, { key, message, signature }: Sample): Promise<Verify> {
  const synod = { entropy: () => undefined, read: () => -1, sense: () => 0n, accelerate: () => 0 };
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { synod });
  const { memory, crypto_ed25519_verify: verify } = instance.exports;
  const bytes = new Uint8Array((memory as WebAssembly.Memory).buffer);
  const places = [at, at + 32, at + 96]; // key, signature, message
  [key, signature, message].forEach((part, i) => bytes.set(part, places[i]));
  return () => (verify as (...a: number[]) => number)(places[0], places[2], message.length, places[1]) === 1;
}

/** Microseconds of CPU that this process spends on n calls. */
function spent(verify: Verify, n: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < n; i++) if (!verify()) throw new Error("a good signature was refused");
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Runs until optimized; returns how many calls fill a slice. */
function warm(verify: Verify): number {
  let n = 1;
  for (let total = 0, last = 0; total < WARM_US || last < SLICE_US / 2; total += last) {
    last = spent(verify, n);
    if (last < SLICE_US / 2) n *= 2;
  }
  return n;
}

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1];

export async function speed(rival: Rival, wasm: string, at: number, sample: Sample): Promise<Speed> {
  const [a, b] = [await ourVerify(wasm, at, sample), await rivalVerify(rival, sample)];
  const [na, nb] = [warm(a), warm(b)];
  const pairs = Array.from({ length: PAIRS }, () => ({ ours: spent(a, na) / na, rival: spent(b, nb) / nb }));
  return {
    ours: median(pairs.map((p) => p.ours)),
    rival: median(pairs.map((p) => p.rival)),
    ratio: median(pairs.map((p) => p.ours / p.rival)),
  };
}

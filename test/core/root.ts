// The root of a state tree from its contents alone, by the picture at the head of firmware/core/tree.ts.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex as hex, concatBytes, hexToBytes as bytes } from "@noble/hashes/utils.js";

/** Contents: hex of the key to the value. */
export type Model = Map<string, Uint8Array>;

export const h = (...parts: (number | Uint8Array)[]): Uint8Array =>
  sha256(concatBytes(...parts.map((p) => (typeof p === "number" ? Uint8Array.of(p) : p))));

/** The root as the picture in firmware/core/tree.ts draws it, from the contents alone. */
export function expectedRoot(model: Model, salt: Uint8Array): string {
  const buckets: string[][] = Array.from({ length: 64 }, () => []);
  for (const key of model.keys()) buckets[h(salt, bytes(key))[0] & 63].push(key);
  const entry = (key: string) => {
    const value = model.get(key)!;
    return concatBytes(Uint8Array.of(key.length / 2, value.length), bytes(key), value);
  };
  let level = buckets.map((keys) => h(0, ...keys.sort().map(entry))); // order of hex is bytewise order, a prefix first
  while (level.length > 1) level = level.flatMap((x, i) => (i % 2 ? [] : [h(1, x, level[i + 1])]));
  return hex(h(2, salt, level[0]));
}

// Jitter: xorshift64 (Marsaglia 2003, triple 13, 7, 17), seeded from true entropy at boot. It spreads resends in time.
//
// Rule: never for keys, nonces or anything a stranger must not guess; those ask hal.entropy.

import * as hal from "../hal";
import * as map from "./map";

/** Draws a new seed: once, at boot. */
export function seed(): void {
  hal.entropy(map.RNG, 8);
  store<u64>(map.RNG, load<u64>(map.RNG) | 1); // the zero state would stay zero
}

/** The next 32 bits. */
export function next(): u32 {
  let x = load<u64>(map.RNG);
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  store<u64>(map.RNG, x);
  return <u32>(x >> 32);
}

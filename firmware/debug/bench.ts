// Test hooks for measuring: work that takes more than one call of an export.

import * as batch from "../crypto/batch";

/** Verifies k signatures in one batch: entries of 128 bytes at p, each key 32 B, signature 64 B, message 32 B. Returns the bad ones. */
export function bench_batch(p: usize, k: u32): u32 {
  batch.begin();
  for (let i: u32 = 0; i < k; i++, p += 128) batch.add(p, p + 96, 32, p + 32);
  return batch.run();
}

/** The same with the prepared key whose head is given, for all but the first `cold`. */
export function bench_batchCached(head: usize, p: usize, k: u32, cold: u32): u32 {
  batch.begin();
  for (let i: u32 = 0; i < k; i++, p += 128) {
    if (i < cold) batch.add(p, p + 96, 32, p + 32);
    else batch.addCached(head, p + 96, 32, p + 32);
  }
  return batch.run();
}

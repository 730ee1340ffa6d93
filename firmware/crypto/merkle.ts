// Merkle trees of RFC 6962: leaf = SHA-256(0x00 | data), node = SHA-256(0x01 | left | right), the split at the largest power of two below n.
//
// Taking neighbours in pairs, level by level, and lifting an odd last one unchanged, gives that very split: each full left part is a power
// of two. Rule: root works in place; the leaf hashes are spent.

import * as sha256 from "./sha256";
import { HASH, SEED } from "./scratch";

/** Writes the 32-byte hash of a leaf. */
export function leaf(p: usize, n: u32, out: usize): void {
  store<u8>(SEED, 0);
  sha256.init(HASH);
  sha256.update(HASH, SEED, 1);
  sha256.update(HASH, p, n);
  sha256.final(HASH, out);
}

/** Writes the root over `count` leaf hashes at `hashes`, 32 bytes each; that of none is SHA-256 of nothing. out may be hashes. */
export function root(hashes: usize, count: u32, out: usize): void {
  if (count == 0) {
    sha256.hash(hashes, 0, out);
    return;
  }
  store<u8>(SEED, 1);
  for (; count > 1; count = (count + 1) >> 1) {
    let i: u32 = 0;
    for (; i + 1 < count; i += 2) {
      sha256.init(HASH);
      sha256.update(HASH, SEED, 1);
      sha256.update(HASH, hashes + (i << 5), 64);
      sha256.final(HASH, hashes + (i << 4));
    }
    if (i < count) memory.copy(hashes + (i << 4), hashes + (i << 5), 32);
  }
  memory.copy(out, hashes, 32);
}

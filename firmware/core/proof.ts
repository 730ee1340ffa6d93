// Proofs of the state (tree.ts draws them), from the side of who has none of it: a root and a value out of key and proof alone.
//
// Rule: whatever bytes a stranger hands over, nothing beyond them is read. A root that comes out here is worth what is known of it.

import * as merkle from "../crypto/merkle";
import * as sha256 from "../crypto/sha256";
import * as light from "../wire/light";
import * as map from "./map";

const PAIR: usize = map.BUFFER; // 65 B: a tag and two hashes, or salt and key

/** Writes the root that the proof of n bytes (PROOF_HEAD at least) gives the key of kn bytes to `out`. */
export function root(key: usize, kn: u32, proof: usize, n: u32, out: usize): void {
  memory.copy(PAIR, proof, 32);
  memory.copy(PAIR + 32, key, kn);
  sha256.hash(PAIR, 32 + kn, out);
  let bucket: u32 = load<u8>(out) & 63;
  merkle.leaf(proof + light.PROOF_HEAD, n - light.PROOF_HEAD, out);
  for (let p = proof + 32; p < proof + light.PROOF_HEAD; p += 32) {
    const right = (bucket & 1) << 5;
    node(1, right != 0 ? p : out, right != 0 ? out : p, out);
    bucket >>= 1;
  }
  node(2, proof, out, out);
}

function node(tag: u8, left: usize, right: usize, out: usize): void {
  store<u8>(PAIR, tag);
  memory.copy(PAIR + 1, left, 32);
  memory.copy(PAIR + 33, right, 32);
  sha256.hash(PAIR, 65, out);
}

/** Address of the key's value in the entries of the proof, whose length is the byte at (address - kn - 1); 0 when they do not hold it, or are none. */
export function value(key: usize, kn: u32, proof: usize, n: u32): usize {
  const end = proof + n;
  for (let e = proof + light.PROOF_HEAD; e + 2 <= end;) {
    const length: u32 = load<u8>(e);
    const next = e + 2 + length + <u32>load<u8>(e, 1);
    if (next > end) break;
    if (length == kn && memory.compare(e + 2, key, kn) == 0) return e + 2 + kn;
    e = next;
  }
  return 0;
}

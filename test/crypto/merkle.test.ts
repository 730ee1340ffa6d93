// Merkle trees: RFC 6962's definition, written down recursively, against the device's level by level; known roots of Certificate Transparency.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "@noble/hashes/sha2.js";
import { device, engines, hex, Source, unhex } from "./device.ts";

const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const leaf = (data: Uint8Array) => sha256(join(Uint8Array.of(0), data));

/** MTH of RFC 6962 section 2.1 over leaf hashes. */
function tree(hashes: Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return sha256(new Uint8Array(0));
  if (hashes.length === 1) return hashes[0];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return sha256(join(Uint8Array.of(1), tree(hashes.slice(0, k)), tree(hashes.slice(k))));
}

// The leaves of the reference tests of Certificate Transparency and their root.
const CT = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(
  unhex,
);
const CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const buffer = Number(m.call("crypto_buffer"));
  const root = (hashes: Uint8Array[]) => {
    hashes.forEach((h, i) => m.write(buffer + 32 * i, h));
    m.call("crypto_merkle_root", buffer, hashes.length, buffer);
    return hex(m.bytes(buffer, 32));
  };

  test(`the tree of Certificate Transparency has its published root (${engine})`, () => {
    const hashes = CT.map((data) => {
      m.write(buffer + 64, data);
      m.call("crypto_merkle_leaf", buffer + 64, data.length, buffer);
      assert.is(hex(m.bytes(buffer, 32)), hex(leaf(data)));
      return m.bytes(buffer, 32);
    });
    assert.is(root(hashes), CT_ROOT);
  });

  test(`any number of leaves gives RFC 6962's root (${engine})`, () => {
    const source = new Source(6962);
    for (let n = 0; n <= 130; n++) {
      const hashes = Array.from({ length: n }, () => source.bytes(32));
      assert.is(root(hashes), hex(tree(hashes)), `${n} leaves`);
    }
  });
}

test.run();

// HKDF-SHA-256: RFC 5869's own cases, then @noble/hashes on awkward lengths up to the largest output.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { deviceCrypto } from "../../host/cli/vectors-run.ts";
import { device, engines, hex, Source, unhex } from "./device.ts";

const run = (from: number, n: number) => Uint8Array.from({ length: n }, (_, i) => from + i);
// RFC 5869 A.1-A.3: salt, ikm, info, output.
const RFC5869: [Uint8Array, Uint8Array, Uint8Array, string][] = [
  [
    run(0, 13),
    new Uint8Array(22).fill(0x0b),
    run(0xf0, 10),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  ],
  [
    run(0x60, 80),
    run(0, 80),
    run(0xb0, 80),
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
  ],
  [
    new Uint8Array(0),
    new Uint8Array(22).fill(0x0b),
    new Uint8Array(0),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  ],
];

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const crypto = deviceCrypto(m);

  test(`RFC 5869 (${engine})`, () => {
    for (const [salt, ikm, info, okm] of RFC5869) {
      assert.equal(crypto.hkdf256(salt, ikm, info, okm.length / 2), unhex(okm));
    }
  });

  test(`every output size near a block and the largest one match @noble/hashes (${engine})`, () => {
    const source = new Source(5869);
    for (const size of [0, 1, 31, 32, 33, 64, 65, 100, 8159, 8160]) {
      const [salt, ikm, info] = [source.bytes(source.below(100)), source.bytes(32), source.bytes(source.below(80))];
      assert.is(hex(crypto.hkdf256(salt, ikm, info, size)), hex(hkdf(sha256, ikm, salt, info, size)), `${size} bytes`);
    }
  });

  test(`more than 255 blocks trap (${engine})`, () => {
    assert.throws(() => crypto.hkdf256(run(0, 8), run(0, 8), run(0, 8), 8161));
  });
}

test.run();

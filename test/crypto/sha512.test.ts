// SHA-512: the strings of FIPS 180 and RFC 6234, @noble/hashes on every length around the block edges, streaming in any pieces.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha512 } from "@noble/hashes/sha2.js";
import { deviceCrypto } from "../../host/cli/vectors-run.ts";
import { device, engines, hex, Source } from "./device.ts";

const BLOCK = 128;
const KNOWN = [
  [
    "",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  ],
  [
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  ],
  [
    "a".repeat(1_000_000),
    "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
  ],
];

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const crypto = deviceCrypto(m);
  const buffer = Number(m.call("crypto_buffer"));

  test(`the published strings have their published digests (${engine})`, () => {
    for (const [text, digest] of KNOWN) assert.is(hex(crypto.sha512(new TextEncoder().encode(text))), digest);
  });

  test(`every length up to five blocks hashes as @noble/hashes does (${engine})`, () => {
    const source = new Source(512);
    for (let n = 0; n <= 5 * BLOCK; n++) {
      const message = source.bytes(n);
      assert.is(hex(crypto.sha512(message)), hex(sha512(message)), `${n} bytes`);
    }
  });

  test(`a message in pieces hashes as in one (${engine})`, () => {
    const source = new Source(513);
    const [state, at] = [buffer, buffer + 256];
    for (let round = 0; round < 200; round++) {
      const message = source.bytes(source.below(8 * BLOCK));
      m.call("crypto_sha512_init", state);
      for (let i = 0; i < message.length;) {
        const piece = message.subarray(i, i + source.pick([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, source.below(300)]));
        m.write(at, piece);
        m.call("crypto_sha512_update", state, at, piece.length);
        i += piece.length;
      }
      m.call("crypto_sha512_final", state, at);
      assert.is(hex(m.bytes(at, 64)), hex(sha512(message)));
    }
  });

  test(`a digest may be written over its message, and blocks are counted (${engine})`, () => {
    const message = new Source(9).bytes(3 * BLOCK);
    m.write(buffer, message);
    const counter = Number(m.call("crypto_counters")) + 20;
    const count = () => new DataView(m.bytes(counter, 4).buffer).getUint32(0, true);
    const before = count();
    m.call("crypto_sha512_hash", buffer, message.length, buffer + 8);
    assert.is(hex(m.bytes(buffer + 8, 64)), hex(sha512(message)));
    assert.is(count() - before, 4, "three blocks and one of padding");
  });
}

test.run();

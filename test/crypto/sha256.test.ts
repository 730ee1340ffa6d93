// SHA-256: the strings of FIPS 180 and RFC 6234, @noble/hashes on every length around the block edges, streaming in any pieces.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "@noble/hashes/sha2.js";
import { deviceCrypto } from "../../host/cli/vectors-run.ts";
import { device, engines, hex, Source } from "./device.ts";

const BLOCK = 64;
const KNOWN = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const crypto = deviceCrypto(m);
  const buffer = Number(m.call("crypto_buffer"));

  test(`the published strings have their published digests (${engine})`, () => {
    for (const [text, digest] of KNOWN) assert.is(hex(crypto.sha256(new TextEncoder().encode(text))), digest);
  });

  test(`every length up to five blocks hashes as @noble/hashes does (${engine})`, () => {
    const source = new Source(256);
    for (let n = 0; n <= 5 * BLOCK; n++) {
      const message = source.bytes(n);
      assert.is(hex(crypto.sha256(message)), hex(sha256(message)), `${n} bytes`);
    }
  });

  test(`a message in pieces hashes as in one (${engine})`, () => {
    const source = new Source(257);
    const [state, at] = [buffer, buffer + 256];
    for (let round = 0; round < 200; round++) {
      const message = source.bytes(source.below(8 * BLOCK));
      m.call("crypto_sha256_init", state);
      for (let i = 0; i < message.length;) {
        const piece = message.subarray(i, i + source.pick([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, source.below(300)]));
        m.write(at, piece);
        m.call("crypto_sha256_update", state, at, piece.length);
        i += piece.length;
      }
      m.call("crypto_sha256_final", state, at);
      assert.is(hex(m.bytes(at, 32)), hex(sha256(message)));
    }
  });

  test(`a digest may be written over its message, and blocks are counted (${engine})`, () => {
    const message = new Source(9).bytes(3 * BLOCK);
    m.write(buffer, message);
    const counter = Number(m.call("crypto_counters")) + 16;
    const count = () => new DataView(m.bytes(counter, 4).buffer).getUint32(0, true);
    const before = count();
    m.call("crypto_sha256_hash", buffer, message.length, buffer + 8);
    assert.is(hex(m.bytes(buffer + 8, 32)), hex(sha256(message)));
    assert.is(count() - before, 4, "three blocks and one of padding");
  });
}

test.run();

// HMAC with SHA-256 and SHA-512: RFC 4231, then @noble/hashes on key and message lengths around the block edges.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { deviceCrypto } from "../../host/cli/vectors-run.ts";
import { device, engines, hex, Source } from "./device.ts";

const ascii = (s: string) => new TextEncoder().encode(s);
// RFC 4231 section 4, cases 1-4, 6, 7 (case 5 is a truncation): key, message, HMAC-SHA-256, HMAC-SHA-512.
const RFC4231: [Uint8Array, Uint8Array, string, string][] = [
  [
    new Uint8Array(20).fill(0x0b),
    ascii("Hi There"),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
  ],
  [
    ascii("Jefe"),
    ascii("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
  ],
  [
    new Uint8Array(20).fill(0xaa),
    new Uint8Array(50).fill(0xdd),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
  ],
  [
    Uint8Array.from({ length: 25 }, (_, i) => i + 1),
    new Uint8Array(50).fill(0xcd),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
  ],
  [
    new Uint8Array(131).fill(0xaa),
    ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
  ],
  [
    new Uint8Array(131).fill(0xaa),
    ascii(
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
  ],
];

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const crypto = deviceCrypto(m);

  test(`RFC 4231 (${engine})`, () => {
    for (const [key, message, short, long] of RFC4231) {
      assert.is(hex(crypto.hmac256(key, message)), short);
      assert.is(hex(crypto.hmac512(key, message)), long);
    }
  });

  test(`keys and messages of every awkward length get @noble/hashes' tags (${engine})`, () => {
    const source = new Source(4231);
    for (const kn of [0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 300]) {
      for (const n of [0, 1, 55, 56, 64, 111, 112, 128, 250, 1400]) {
        const [key, message] = [source.bytes(kn), source.bytes(n)];
        assert.is(hex(crypto.hmac256(key, message)), hex(hmac(sha256, key, message)), `SHA-256, ${kn}, ${n}`);
        assert.is(hex(crypto.hmac512(key, message)), hex(hmac(sha512, key, message)), `SHA-512, ${kn}, ${n}`);
      }
    }
  });

  test(`no key stays in the page (${engine})`, () => {
    const key = new Source(7).bytes(64);
    const buffer = Number(m.call("crypto_buffer"));
    for (const mac of [crypto.hmac256, crypto.hmac512]) {
      mac(key, new Uint8Array(100));
      m.write(buffer, new Uint8Array(Number(m.call("crypto_bufferSize")))); // our own copy
      const page = Buffer.from(m.bytes(0, 0x10000));
      for (const mask of [0x00, 0x36, 0x5c]) assert.is(page.indexOf(key.slice(0, 16).map((b) => b ^ mask)), -1);
    }
  });
}

test.run();

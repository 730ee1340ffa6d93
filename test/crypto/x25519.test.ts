// X25519: the vectors of RFC 7748 sections 5.2 and 6.1, @noble/curves and node:crypto on any input, peers that share nothing, Wycheproof.

import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { x25519 } from "@noble/curves/ed25519.js";
import { device, engines, forSeconds, hex, little, many, Source, unhex, isBoard } from "./device.ts";

const NINE = little(9n, 32);
const P = 2n ** 255n - 19n;
/** Section 5.2: scalar, u, result. */
const RFC = [
  [
    "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
    "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
    "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
  ],
  [
    "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
    "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
    "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
  ],
];
/** Section 6.1: private and public key of Alice and Bob, what they share. */
const ALICE = [
  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
];
const BOB = [
  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
];
const TOGETHER = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

/** The encodings, canonical and not, of points whose order divides 8 on curve or twist. */
const SMALL = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
  P,
  P + 1n,
].flatMap((u) => [little(u, 32), little(u + 2n ** 255n, 32)]);

const pkcs8 = (k: Uint8Array) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), k]),
    format: "der",
    type: "pkcs8",
  });
const spki = (u: Uint8Array) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), u]),
    format: "der",
    type: "spki",
  });

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const at = Number(m.call("crypto_buffer"));
  const publicKey = (secret: Uint8Array): string => {
    m.write(at, secret);
    m.call("crypto_x25519_publicKey", at, at + 64);
    return hex(m.bytes(at + 64, 32));
  };
  const shared = (secret: Uint8Array, peer: Uint8Array): string | null => {
    m.write(at, secret);
    m.write(at + 32, peer);
    const good = m.call("crypto_x25519_shared", at, at + 32, at + 64);
    const out = hex(m.bytes(at + 64, 32));
    assert.is(good, Number(out !== "00".repeat(32)), "false exactly with 32 zeros");
    return good ? out : null;
  };

  test(`RFC 7748, 5.2: two products, and a chain of them (${engine})`, () => {
    for (const [k, u, out] of RFC) assert.is(shared(unhex(k), unhex(u)), out);
    let [k, u] = [NINE, NINE];
    for (let i = 1; i <= (isBoard(engine) ? 1 : 1000); i++) {
      [k, u] = [unhex(shared(k, u) as string), k];
      if (i === 1) assert.is(hex(k), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
    if (!isBoard(engine)) assert.is(hex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  });

  test(`RFC 7748, 6.1: Alice and Bob (${engine})`, () => {
    assert.is(publicKey(unhex(ALICE[0])), ALICE[1]);
    assert.is(publicKey(unhex(BOB[0])), BOB[1]);
    assert.is(shared(unhex(ALICE[0]), unhex(BOB[1])), TOGETHER);
    assert.is(shared(unhex(BOB[0]), unhex(ALICE[1])), TOGETHER);
  });

  test(`any scalar and any peer give what @noble/curves and node:crypto give (${engine})`, () => {
    const source = new Source(7748);
    const edge = [0, 255, 1, 0x80, 0x55].map((x) => new Uint8Array(32).fill(x));
    forSeconds(0.5, many(engine, 40), (i) => {
      const secret = i < 5 ? edge[i] : source.bytes(32);
      const peer = i % 5 === 4 ? little(P + BigInt(2 + source.below(17)), 32) : source.bytes(32);
      assert.is(publicKey(secret), hex(x25519.getPublicKey(secret)));
      assert.is(publicKey(secret), shared(secret, NINE), "the comb agrees with the ladder");
      const out = shared(secret, peer);
      assert.is(out, hex(x25519.getSharedSecret(secret, peer)));
      assert.is(out, hex(diffieHellman({ privateKey: pkcs8(secret), publicKey: spki(peer) })));
    });
  });

  test(`nothing is shared with a point of small order (${engine})`, () => {
    const source = new Source(8);
    for (const peer of SMALL) assert.is(shared(source.bytes(32), peer), null, hex(peer));
  });

  test(`the result may lie over either input, and no scalar stays in the page (${engine})`, () => {
    const [secret, peer] = [new Source(3).bytes(32), new Source(4).bytes(32)];
    const expected = shared(secret, peer);
    for (const out of [at, at + 32]) {
      m.write(at, secret);
      m.write(at + 32, peer);
      m.call("crypto_x25519_shared", at, at + 32, out);
      assert.is(hex(m.bytes(out, 32)), expected);
    }
    for (const call of [() => shared(secret, peer), () => publicKey(secret)]) {
      call();
      m.write(at, new Uint8Array(Number(m.call("crypto_bufferSize"))));
      assert.is(Buffer.from(m.bytes(0, 0x10000)).indexOf(secret.slice(4, 20)), -1);
    }
  });

  const file = fileURLToPath(new URL("../../../shared/vectors/wycheproof/x25519_test.json", import.meta.url));
  if (!existsSync(file)) {
    console.log("skipped: no shared vectors");
    continue;
  }
  test(`wycheproof/x25519_test.json passes (${engine})`, () => {
    interface Case {
      tcId: number;
      public: string;
      private: string;
      shared: string;
    }
    const { testGroups, numberOfTests } = JSON.parse(readFileSync(file, "utf8"));
    const tests: Case[] = testGroups.flatMap((g: { tests: Case[] }) => g.tests);
    for (const c of isBoard(engine) ? tests.filter((_, i) => i % 8 === 0) : tests) {
      const out = shared(unhex(c.private), unhex(c.public)) ?? "00".repeat(32);
      assert.is(out, c.shared, `case ${c.tcId}`);
    }
    assert.is(tests.length, numberOfTests);
  });
}

test.run();

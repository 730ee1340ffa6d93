// Ed25519: RFC 8032's vectors, then @noble/curves on random, mutated and edge inputs under ZIP-215; what keys may be registered; what is wiped.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { deviceCrypto } from "../../host/cli/vectors-run.ts";
import { device, engines, forSeconds, hex, little, many, number, Source, unhex } from "./device.ts";
import { decoded, kinds, oddEncodings, signed } from "./edges.ts";

const P = 2n ** 255n - 19n;
// RFC 8032 section 7.1 but for TEST 1024: seed, key, message, signature.
const RFC8032 = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
  [
    "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  ],
].map((row) => row.map(unhex));

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const crypto = deviceCrypto(m);
  const counter = (i: number) =>
    new DataView(m.bytes(Number(m.call("crypto_counters")) + 4 * i, 4).buffer).getUint32(0, true);

  test(`RFC 8032 (${engine})`, () => {
    for (const [seed, pub, message, signature] of RFC8032) {
      assert.is(hex(crypto.publicKey(seed)), hex(pub));
      assert.is(hex(crypto.sign(seed, pub, message)), hex(signature));
      assert.ok(crypto.verify(pub, message, signature));
    }
  });

  test(`keys and signatures are @noble/curves' to the byte (${engine})`, () => {
    const source = new Source(1);
    const [before, verified] = [counter(3), counter(0)];
    const seeds = [new Uint8Array(32), new Uint8Array(32).fill(255)];
    let made = 0;
    forSeconds(engine === "v8" ? 2 : 1, many(engine, 50), (i) => {
      const seed = seeds[i] ?? source.bytes(32);
      const message = source.bytes(source.pick([0, 1, 32, 41, 47, 48, 63, 64, 65, 111, 112, 128, source.below(1500)]));
      const pub = crypto.publicKey(seed);
      assert.is(hex(pub), hex(ed25519.getPublicKey(seed)));
      const signature = crypto.sign(seed, pub, message);
      assert.is(hex(signature), hex(ed25519.sign(message, seed)));
      assert.ok(crypto.verify(pub, message, signature));
      made++;
    });
    assert.is(counter(3) - before, made, "signatures made are counted");
    assert.is(counter(0) - verified, made, "signatures verified are counted");
  });

  test(`every odd signature gets the verdict of ZIP-215 (${engine})`, () => {
    const source = new Source(2);
    const seen: Record<string, number> = {};
    const n = forSeconds(engine === "v8" ? 7 : 3, engine === "v8" ? 1000 : 150, (i) => {
      const s = signed(source, kinds[i % kinds.length]);
      const verdict = crypto.verify(s.pub, s.message, s.signature);
      assert.is(
        verdict,
        s.valid,
        `${s.kind}: key ${hex(s.pub)}, message ${hex(s.message)}, signature ${hex(s.signature)}`,
      );
      seen[`${s.kind}: ${verdict}`] = (seen[`${s.kind}: ${verdict}`] ?? 0) + 1;
    });
    for (const kind of ["honest", "mixed torsion", "small-order key", "small-order R", "small order both"]) {
      assert.ok(seen[`${kind}: true`], `${kind} was never admitted`);
    }
    for (const kind of [
      "bit flipped",
      "S of L or more",
      "noise",
      "torsion off by the wrong part",
      "another's signature",
    ]) {
      assert.ok(seen[`${kind}: false`] && !seen[`${kind}: true`], `${kind} was admitted`);
    }
    console.log(`${n} odd signatures compared in ${engine}`);
  });

  test(`each single bit of key, message and signature counts (${engine})`, () => {
    const [, pub, message, signature] = RFC8032[2];
    const step = engine === "v8" ? 1 : 16;
    for (const part of [pub, message, signature]) {
      for (let bit = 0; bit < 8 * part.length; bit += step) {
        part[bit >> 3] ^= 1 << (bit & 7);
        assert.not(crypto.verify(pub, message, signature), `bit ${bit} of ${part.length} bytes`);
        part[bit >> 3] ^= 1 << (bit & 7);
      }
    }
    assert.ok(crypto.verify(pub, message, signature));
  });

  test(`a key may be registered when it is canonical, on the curve and not of small order (${engine})`, () => {
    const source = new Source(3);
    const all = oddEncodings();
    for (let i = 0; i < 200; i++) all.push(source.bytes(32), ed25519.getPublicKey(source.bytes(32)));
    for (const h of ED25519_TORSION_SUBGROUP)
      all.push(ed25519.Point.BASE.add(ed25519.Point.fromHex(h, true)).toBytes());
    const seen = new Set<number>();
    for (const key of all) {
      const point = decoded(key);
      const y = BigInt.asUintN(255, number(key));
      const expected = y >= P ? 60 : point === null ? 62 : point.isSmallOrder() ? 61 : 0;
      assert.is(crypto.checkKey(key), expected, hex(key));
      seen.add(expected);
    }
    assert.equal([...seen].sort(), [0, 60, 61, 62]);
    assert.is(crypto.checkKey(little(1n + 2n ** 255n, 32)), 61, "x = 0 with a sign");
  });

  test(`neither seed nor anything made from it stays in the page (${engine})`, () => {
    const source = new Source(4);
    const buffer = Number(m.call("crypto_buffer"));
    for (let round = 0; round < 4; round++) {
      const [seed, message] = [source.bytes(32), source.bytes(40)];
      const expanded = sha512(seed);
      const pub = crypto.publicKey(seed);
      const afterKey = Buffer.from(m.bytes(0, 0x10000));
      crypto.sign(seed, pub, message);
      m.write(buffer, new Uint8Array(512)); // our own copies
      const afterSign = Buffer.from(m.bytes(0, 0x10000));
      afterKey.fill(0, buffer, buffer + 512);
      const clamped = expanded.slice(0, 32);
      clamped[0] &= 248;
      clamped[31] = (clamped[31] & 63) | 64;
      const order = ed25519.Point.Fn.ORDER;
      const nonce = number(sha512(new Uint8Array(Buffer.concat([expanded.subarray(32), message])))) % order;
      const half = (order + 1n) / 2n;
      const recode = (s: bigint) => ((s + 2n ** 260n - 1n) * half) % order;
      const secrets = [seed, expanded, expanded.slice(32), clamped, little(nonce, 32)];
      secrets.push(little(recode(nonce), 32), little(recode(number(clamped)), 32));
      for (const page of [afterKey, afterSign]) {
        for (const secret of secrets) {
          for (let i = 0; i + 8 <= secret.length; i += 8) {
            assert.is(page.indexOf(secret.slice(i, i + 8)), -1, "eight bytes of a secret are left");
          }
          for (let i = 0; i + 8 <= secret.length; i += 8) {
            assert.is(page.indexOf(secret.slice(i, i + 8).reverse()), -1, "as SHA-512 words");
          }
        }
      }
    }
  });
}

test.run();

// Published vectors through the device's crypto: Wycheproof, NIST CAVP and CCTV when they are at hand, and refusal of what cannot be run.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { deviceCrypto, runVectors } from "../../host/cli/vectors-run.ts";
import { device, engines } from "./device.ts";

const shared = fileURLToPath(new URL("../../../shared/vectors/", import.meta.url));
const at = existsSync(shared);
if (!at) console.log("skipped: no shared vectors");
const load = (name: string) => JSON.parse(readFileSync(shared + name, "utf8"));
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;

  test(`a file of digests is run to the byte, whatever its length (${engine})`, () => {
    const good = {
      algorithm: "SHA-256",
      tests: [{ msg: "616263", digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }],
    };
    assert.equal(runVectors(m, good), { passed: 1, failed: [], admitted: [] });
    const bad = { algorithm: "SHA-256", tests: [{ msg: "616264", digest: good.tests[0].digest }] };
    assert.is(runVectors(m, bad).failed.length, 1);
  });

  test(`what cannot be run is an Error, not a pass (${engine})`, () => {
    for (const file of [
      null,
      [],
      {},
      { algorithm: "EDDSA" },
      { algorithm: "SHA-1", tests: [{ msg: "", digest: "" }] },
    ]) {
      assert.throws(() => runVectors(m, file));
    }
    assert.throws(
      () => runVectors(m, { algorithm: "EDDSA", testGroups: [{ type: "EddsaSign", tests: [] }] }),
      /type EddsaSign/,
    );
    assert.throws(
      () => runVectors(m, { algorithm: "AES-GCM", testGroups: [{ type: "AeadTest", tests: [] }] }),
      /AES-GCM/,
    );
    assert.throws(() => runVectors(m, { algorithm: "SHA-256", tests: [{ msg: "6", digest: "" }] }), /hex/);
  });

  if (!at) continue;

  for (const [name, least] of [
    ["wycheproof/ed25519_test.json", 66],
    ["wycheproof/hmac_sha256_test.json", 80],
    ["wycheproof/hmac_sha512_test.json", 89],
    ["wycheproof/hkdf_sha256_test.json", 43],
    ["nist/SHA256ShortMsg.json", 65],
    ["nist/SHA256LongMsg_first16.json", 16],
    ["nist/SHA512ShortMsg.json", 129],
    ["nist/SHA512LongMsg_first16.json", 16],
  ] as const) {
    test(`${name} passes (${engine})`, () => {
      const report = runVectors(m, load(name));
      assert.equal(report.failed, []);
      assert.is(report.passed + report.admitted.length, least);
      if (report.admitted.length > 0) console.log(`${name}: ZIP-215 admits ${report.admitted.join(", ")}`);
    });
  }

  test(`the edge cases of CCTV get the verdict of ZIP-215, one by one and in batches (${engine})`, () => {
    const cases = load("ed25519/cctv_quarter.json") as { key: string; sig: string; msg: string }[];
    const signed = cases.map((c) => ({
      pub: bytes(c.key),
      message: new TextEncoder().encode(c.msg),
      signature: bytes(c.sig),
    }));
    const crypto = deviceCrypto(m);
    const part = engine === "v8" ? signed : signed.slice(0, 64);
    const verdicts = part.map((s) => ed25519.verify(s.signature, s.message, s.pub, { zip215: true }));
    assert.equal(
      part.map((s) => crypto.verify(s.pub, s.message, s.signature)),
      verdicts,
    );
    assert.ok(verdicts.includes(true) && verdicts.includes(false));
    for (let i = 0; i < part.length; i += 32) {
      const bad = verdicts.slice(i, i + 32).reduce((map, ok, bit) => (ok ? map : map | (1 << bit)), 0) >>> 0;
      assert.is(crypto.batch(part.slice(i, i + 32)), bad);
    }
  });

  test(`signatures of the original implementation come out to the byte (${engine})`, () => {
    const cases = load("ed25519/sign_input_0000-0159.json").tests as {
      sk: string;
      pk: string;
      msg: string;
      sig: string;
    }[];
    const crypto = deviceCrypto(m);
    for (const c of engine === "v8" ? cases : cases.slice(0, 32)) {
      assert.is(Buffer.from(crypto.publicKey(bytes(c.sk))).toString("hex"), c.pk);
      assert.is(Buffer.from(crypto.sign(bytes(c.sk), bytes(c.pk), bytes(c.msg))).toString("hex"), c.sig);
      assert.ok(crypto.verify(bytes(c.pk), bytes(c.msg), bytes(c.sig)));
    }
  });
}

test.run();

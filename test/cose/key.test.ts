// Keys on the device: one encoding, the thumbprint of RFC 9679, key ids that any other implementation computes alike.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as cbor2 from "cbor2";
import { COSEKey } from "@auth0/cose";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { debugModule, engines } from "../wasm.ts";
import * as client from "../../host/client/client.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { numbers, randomBytes } from "../wire/twin.ts";

const P = 0x2a00;
const OUT = 0x3000;

/** RFC 9679 section 3, with another CBOR library and another SHA-256: the required parameters, deterministically encoded, hashed. */
const byTheRule = (key: Map<number, unknown>): string =>
  createHash("sha256").update(cbor2.encode(key, cbor2.cdeEncodeOptions)).digest("hex");

test("the rule as written here gives the thumbprint printed in RFC 9679 section 6", () => {
  const key = new Map<number, unknown>([
    [1, 2],
    [-1, 1],
    [-2, bytes("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d")],
    [-3, bytes("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c")],
  ]);
  assert.is(byTheRule(key), "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec");
});

for (const engine of engines) {
  test(`thumbprint and kid of an Ed25519 key follow that rule (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(1);
    for (let i = 0; i < 50; i++) {
      const pub = randomBytes(next, 32);
      m.write(P, pub);
      m.call("cose_key_thumbprint", P, OUT);
      const expected = byTheRule(new Map<number, unknown>([[1, 1], [-1, 6], [-2, pub]])); // prettier-ignore
      assert.is(hex(m.bytes(OUT, 32)), expected);
      m.call("cose_key_kid", P, OUT);
      assert.is(hex(m.bytes(OUT, 8)), expected.slice(0, 16));
      assert.is(hex(client.kid(pub)), expected.slice(0, 16));
    }
  });

  test(`@auth0/cose reads the COSE_Key that the device writes (${engine})`, async () => {
    const m = await debugModule(engine);
    const pub = bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"); // RFC 8032 7.1, test 1
    m.write(P, pub);
    m.call("cose_key_encode", P, OUT);
    const jwk = COSEKey.import(m.bytes(OUT, 40)).toJWK() as { kty: string; crv: string; x: string };
    assert.equal([jwk.kty, jwk.crv, Buffer.from(jwk.x, "base64url").toString("hex")], ["OKP", "Ed25519", hex(pub)]);
    assert.is(m.call("cose_key_parse", OUT, 40), 0);
  });

  test(`any other encoding of a key is refused: of one key there is one kid (${engine})`, async () => {
    const m = await debugModule(engine);
    const pub = new Uint8Array(32).fill(9);
    const x = [-2, pub] as const;
    const others: [string, Uint8Array][] = [
      ["a P-256 curve", cbor2.encode(new Map<number, unknown>([[1, 1], [-1, 1], x]))], // prettier-ignore
      ["an EC2 key", cbor2.encode(new Map<number, unknown>([[1, 2], [-1, 6], x]))], // prettier-ignore
      ["a further parameter", cbor2.encode(new Map<number, unknown>([[1, 1], [3, -8], [-1, 6], x]))], // prettier-ignore
      ["31 bytes of x", cbor2.encode(new Map<number, unknown>([[1, 1], [-1, 6], [-2, pub.subarray(1)]]))], // prettier-ignore
      ["another order", bytes("a3200601012158" + "20" + "09".repeat(32))],
      ["a byte more", Uint8Array.from([...client.coseKey(pub), 0])],
      ["nothing", new Uint8Array(0)],
    ];
    for (const [what, key] of others) {
      m.write(P, key);
      assert.is(m.call("cose_key_parse", P, key.length), reason.COSE_KEY, what);
    }
  });
}

test.run();

// The SDK for applications: its CBOR is the one deterministic form, its signatures are anybody's Ed25519, its reader is strict.
// What it makes a device accepts: test/cose and test/ledger set both side by side.

import { createPublicKey, verify } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as cbor2 from "cbor2";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import * as cbor from "../../host/client/cbor.ts";
import * as client from "../../host/client/client.ts";
import { numbers, randomBytes } from "../wire/twin.ts";

const CELL = bytes("0102030405060708");
const me = client.signer(bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")); // RFC 8032 7.1, test 1
const terms: client.Terms = { cell: CELL, nonce: 0n, fee: 1n, expiry: 100 };

test("encode writes what cbor2 writes deterministically, decode reads it back", () => {
  const values: cbor.Value[] = [
    0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -24, -25, -257, -(2 ** 32) - 1,
    (1n << 64n) - 1n, -(1n << 64n), "", "ü水𐅑", "\ufeffa", new Uint8Array(0), new Uint8Array(300), [], [[1], ["a", CELL]],
    new Map<cbor.Value, cbor.Value>([[10, 1], [-1, 2], [100, 3], ["z", 4], ["aa", 5], [[100], 6], [CELL, 7]]),
  ]; // prettier-ignore
  for (const v of values) {
    assert.is(hex(cbor.encode(v)), hex(cbor2.encode(v, cbor2.cdeEncodeOptions)));
    assert.is(hex(cbor.encode(cbor.decode(cbor.encode(v)))), hex(cbor.encode(v)));
  }
  assert.is(hex(cbor.encode(new cbor.Tagged(18n, [1]))), "d28101");
});

test("what has no deterministic form is refused on the way in and out", () => {
  assert.throws(() => cbor.encode(1.5), /no integer/);
  assert.throws(() => cbor.encode(2 ** 53), /no integer/);
  assert.throws(() => cbor.encode(1n << 64n), /64 bits/);
  assert.throws(() => cbor.encode(new Map<cbor.Value, cbor.Value>([[1, 1], [1n, 2]])), /twice/); // prettier-ignore
  for (const [input, why] of [
    ["1817", /deterministic/],
    ["a202000100", /deterministic/],
    ["a201000100", /deterministic/],
    ["0000", /deterministic/],
    ["f5", /nothing that/],
    ["9f00ff", /nothing that/],
    ["41", /ends early/],
    ["9bffffffffffffffff", /ends early/],
    ["81".repeat(9) + "00", /deeper/],
    ["6180", /./],
  ] as const)
    assert.throws(() => cbor.decode(bytes(input)), why, input);
});

test("a signature is plain Ed25519 over the Sig_structure of RFC 9052", () => {
  const tx = client.parse(client.transfer(me, terms, CELL, 5n));
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(me.pub).toString("base64url") },
    format: "jwk",
  });
  const signed = cbor2.encode(["Signature1", bytes("a10127"), new Uint8Array(0), tx.payload], cbor2.cdeEncodeOptions);
  assert.ok(verify(null, signed, key, tx.signature));
  assert.ok(client.verify(tx, me.pub));
  tx.signature[3] ^= 1;
  assert.not.ok(client.verify(tx, me.pub));
});

test("a transfer of 1 is pinned, byte for byte", () => {
  const tx = client.transfer(me, terms, CELL, 1n);
  assert.is(hex(me.pub), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  assert.is(
    hex(tx).slice(0, -128),
    `d28443a10127a10448${hex(me.kid)}58198748${hex(CELL)}0001186401` + `48${hex(CELL)}01` + "5840",
  );
  assert.is(tx.length, 17 + 2 + 25 + 66);
});

test("parse gives back what was built, and a sentence for anything else", () => {
  const built = client.parse(client.transfer(me, { ...terms, nonce: 1n << 63n, fee: 300n }, CELL, (1n << 64n) - 1n));
  assert.equal([built.nonce, built.fee, built.expiry, built.amount], [1n << 63n, 300n, 100, (1n << 64n) - 1n]);
  assert.equal([hex(built.kid), hex(built.subject)], [hex(me.kid), hex(CELL)]);
  const next = numbers(1);
  const tx = client.readings(me, terms, [{ name: "t", unit: "mCel", value: -1n, time: 9n }]);
  for (let i = 0; i < 2000; i++) {
    const bad = tx.slice(0, next() % tx.length);
    assert.throws(() => client.parse(bad), (e: unknown) => e instanceof Error && e.message.length > 0); // prettier-ignore
    assert.throws(() => client.parse(randomBytes(next, next() % 200)));
  }
});

test("a proof too short, or of nothing, is an error and not an absence", () => {
  assert.throws(() => client.verifyProof(new Uint8Array(32), CELL, new Uint8Array(0)), /at least 224/);
  assert.throws(() => client.verifyProof(new Uint8Array(32), CELL, new Uint8Array(224)), /does not lead/);
});

test("keys, kids and packs of a wrong size are errors at once", () => {
  assert.throws(() => client.coseKey(new Uint8Array(31)), /32 bytes/);
  assert.throws(() => client.records([]), /1 to 8/);
  assert.throws(() => client.transfer(me, { ...terms, fee: 1n << 64n }, CELL, 1n), /64 bits/);
});

test.run();

// COSE_Sign1: what the device signs others verify, what others sign the device accepts, and one message has one form.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as cbor2 from "cbor2";
import { Headers, ProtectedHeaders, Sign1, UnprotectedHeaders } from "@auth0/cose";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { debugModule, engines, type DebugModule } from "../wasm.ts";
import * as client from "../../host/client/client.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { numbers, randomBytes } from "../wire/twin.ts";

const SEED = 0x2a00;
const PUB = 0x2a20;
const KID = 0x2a40;
const PAYLOAD = 0x2b00;
const MESSAGE = 0x3000;
const OUT = 0x3800;

const der = (prefix: string, raw: Uint8Array) => Buffer.from(prefix + hex(raw), "hex");
const privateKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: der("302e020100300506032b657004220420", seed), format: "der", type: "pkcs8" });
const publicKey = (pub: Uint8Array): KeyObject =>
  createPublicKey({ key: der("302a300506032b6570032100", pub), format: "der", type: "spki" });

function signOnDevice(m: DebugModule, seed: Uint8Array, payload: Uint8Array): Uint8Array {
  m.write(SEED, seed);
  m.call("crypto_ed25519_publicKey", SEED, PUB);
  m.call("cose_key_kid", PUB, KID);
  m.write(PAYLOAD, payload);
  const n = Number(m.call("cose_sign1_create", KID, PAYLOAD, payload.length, SEED, PUB, MESSAGE));
  return m.bytes(MESSAGE, n);
}

function parse(m: DebugModule, message: Uint8Array): number {
  m.write(MESSAGE, message);
  return Number(m.call("cose_sign1_parse", MESSAGE, message.length));
}

/** Does the device verify the message, which it has just parsed, under this public key? */
function verifies(m: DebugModule, pub: Uint8Array): boolean {
  m.write(PUB, pub);
  const n = m.call("cose_sign1_toBeSigned", OUT);
  return m.call("crypto_ed25519_verify", PUB, OUT, n, m.call("cose_sign1_signature")) === 1;
}

async function byAuth0(seed: Uint8Array, kid: Uint8Array, payload: Uint8Array): Promise<Uint8Array> {
  const protectedHeaders = new ProtectedHeaders([[Headers.Algorithm, -8]]);
  const unprotectedHeaders = new UnprotectedHeaders([[Headers.KeyID, kid]]);
  const signed = await Sign1.sign(protectedHeaders, unprotectedHeaders, payload, privateKey(seed));
  return new Uint8Array(signed.encode());
}

const LENGTHS = [0, 1, 23, 24, 165, 255, 256, 554];

for (const engine of engines) {
  test(`@auth0/cose verifies what the device signs (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(1);
    for (const length of LENGTHS) {
      const seed = randomBytes(next, 32);
      const payload = randomBytes(next, length);
      const message = signOnDevice(m, seed, payload);
      const read = Sign1.decode(message);
      await read.verify(publicKey(client.signer(seed).pub));
      assert.is(hex(read.payload), hex(payload));
      assert.is(hex(read.unprotectedHeaders.get(Headers.KeyID) as Uint8Array), hex(client.signer(seed).kid));
      assert.is(read.protectedHeaders.get(Headers.Algorithm), -8);
      assert.is(hex(message), hex(client.sign1(client.signer(seed), payload)), "the client signs the same bytes");
    }
  });

  test(`the device accepts what @auth0/cose signs, byte for byte what it signs itself (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(2);
    for (const length of LENGTHS) {
      const seed = randomBytes(next, 32);
      const { pub, kid } = client.signer(seed);
      const payload = randomBytes(next, length);
      const message = await byAuth0(seed, kid, payload);
      assert.is(parse(m, message), 0);
      assert.is(hex(m.bytes(Number(m.call("cose_sign1_kid")), 8)), hex(kid));
      assert.is(m.call("cose_sign1_payloadLength"), length);
      assert.is(hex(m.bytes(Number(m.call("cose_sign1_payload")), length)), hex(payload));
      assert.ok(verifies(m, pub));
      assert.is(hex(message), hex(signOnDevice(m, seed, payload)));
      message[message.length - 1 - (next() % 64)] ^= 1;
      assert.is(parse(m, message), 0);
      assert.not.ok(verifies(m, pub), "one bit of the signature changed");
    }
  });

  test(`each refusal names its cause (${engine})`, async () => {
    const m = await debugModule(engine);
    const kid = new Uint8Array(8).fill(1);
    const signature = new Uint8Array(64);
    const encode = (parts: unknown[], tag = 18) => cbor2.encode(new cbor2.Tag(tag, parts), cbor2.cdeEncodeOptions);
    const header = (pairs: [number, unknown][]) => cbor2.encode(new Map(pairs), cbor2.cdeEncodeOptions);
    const eddsa = header([[1, -8]]);
    const named = new Map<number, unknown>([[4, kid]]);
    const payload = bytes("0102");
    const good = encode([eddsa, named, payload, signature]);
    const cases: [number, string, Uint8Array][] = [
      [0, "a good one", good],
      [reason.COSE_SHAPE, "without its tag", good.slice(1)],
      [reason.COSE_SHAPE, "COSE_Mac0", encode([eddsa, named, payload, signature], 17)],
      [reason.COSE_SHAPE, "five parts", encode([eddsa, named, payload, signature, 0])],
      [reason.COSE_SHAPE, "an integer", bytes("d20a")],
      [reason.COSE_ALGORITHM, "ES256", encode([header([[1, -7]]), named, payload, signature])],
      [reason.COSE_ALGORITHM, "RS256", encode([header([[1, -257]]), named, payload, signature])],
      [reason.COSE_ALGORITHM, "Ed25519 of RFC 9864", encode([header([[1, -19]]), named, payload, signature])],
      [reason.COSE_ALGORITHM, "an empty protected header", encode([new Uint8Array(0), named, payload, signature])],
      [reason.COSE_ALGORITHM, "the algorithm left unprotected", encode([header([]), named, payload, signature])],
      [reason.COSE_HEADER, "a content type", encode([header([[1, -8], [3, 0]]), named, payload, signature])], // prettier-ignore
      [reason.COSE_HEADER, "an extra one unprotected", encode([eddsa, new Map([...named, [5, kid]]), payload, signature])], // prettier-ignore
      [reason.COSE_KID, "no kid", encode([eddsa, new Map(), payload, signature])],
      [reason.COSE_KID, "a kid of 2 bytes", encode([eddsa, new Map([[4, kid.slice(6)]]), payload, signature])],
      [reason.COSE_KID, "a kid that is text", encode([eddsa, new Map([[4, "12345678"]]), payload, signature])],
      [reason.COSE_KID, "another parameter", encode([eddsa, new Map([[5, kid]]), payload, signature])],
      [reason.COSE_SIGNATURE, "63 bytes", encode([eddsa, named, payload, signature.slice(1)])],
      [reason.CBOR_TYPE, "a detached payload", encode([eddsa, named, null, signature])],
      [reason.CBOR_TRAILING, "a byte behind", Uint8Array.from([...good, 0])],
      [reason.CBOR_LONG_FORM, "the tag in two bytes", Uint8Array.from([0xd8, 18, ...good.slice(1)])],
      [reason.CBOR_LONG_FORM, "the array in two bytes", Uint8Array.from([0xd2, 0x98, 4, ...good.slice(2)])],
      [reason.CBOR_END, "2^32 + 4 parts", Uint8Array.from([0xd2, 0x9b, 0, 0, 0, 1, 0, 0, 0, 4, ...good.slice(2)])],
      [reason.CBOR_INDEFINITE, "an array without length", Uint8Array.from([0xd2, 0x9f, ...good.slice(2), 0xff])],
      [reason.COSE_SHAPE, "nothing", new Uint8Array(0)],
    ];
    for (const [why, what, message] of cases) assert.is(parse(m, message), why, what);
  });
}

test("no change of a byte leaves kid, payload and signature as they were", async () => {
  const m = await debugModule("v8");
  const next = numbers(3);
  const message = signOnDevice(m, randomBytes(next, 32), randomBytes(next, 40));
  const fields = (b: Uint8Array) => `${hex(b.slice(9, 17))} ${hex(b.slice(19, 59))} ${hex(b.slice(61))}`;
  const free = [...Array(8).keys()].map((i) => 9 + i); // kid, payload, signature: these may differ, and then they do
  for (let i = 0; i < 40; i++) free.push(19 + i);
  for (let i = 0; i < 64; i++) free.push(61 + i);
  for (let at = 0; at < message.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = message.slice();
      changed[at] ^= 1 << bit;
      if (parse(m, changed) === 0) assert.ok(free.includes(at) && fields(changed) !== fields(message), `byte ${at}`);
      else assert.not.ok(free.includes(at), `byte ${at} is data`);
    }
  }
});

test("mutated messages are refused by number or read as written; none traps", async () => {
  const m = await debugModule("v8");
  const seed = 4;
  const next = numbers(seed);
  const end = Date.now() + Number(process.env.SYNOD_BUDGET ?? 0) * 1000;
  const me = client.signer(randomBytes(next, 32));
  const sources = LENGTHS.map((n) => client.sign1(me, randomBytes(next, n)));
  const known = new Set(Object.values(reason) as number[]);
  let accepted = 0;
  let i = 0;
  for (; i < 100_000 || Date.now() < end; i++) {
    const message = sources[next() % sources.length].slice(0, next() % 8 ? undefined : next() % 300);
    for (let k = next() % 4; k > 0 && message.length > 0; k--) {
      const at = next() % Math.min(message.length, next() % 4 ? 24 : message.length);
      message[at] = next() % 2 ? next() & 0xff : message[at] ^ (1 << (next() & 7));
    }
    const why = parse(m, message);
    assert.ok(why === 0 || known.has(why), `message ${i} of seed ${seed}: ${hex(message)} gave ${why}`);
    if (why !== 0) continue;
    accepted++;
    const [, unprotected, payload, signature] = cbor2.decode<cbor2.Tag>(message, { ...cbor2.cdeDecodeOptions, preferMap: true }).contents as [unknown, Map<number, Uint8Array>, Uint8Array, Uint8Array]; // prettier-ignore
    assert.is(hex(m.bytes(Number(m.call("cose_sign1_kid")), 8)), hex(unprotected.get(4)!));
    assert.is(m.call("cose_sign1_payloadLength"), payload.length);
    assert.is(hex(m.bytes(Number(m.call("cose_sign1_signature")), 64)), hex(signature));
  }
  console.log(`note: ${i} mutated COSE_Sign1 messages`);
  assert.ok(accepted > 10_000);
});

test("the published examples of COSE: EdDSA verifies, other forms are refused by number", async () => {
  const folder = new URL("../../../shared/vectors/cose/", import.meta.url);
  if (!existsSync(folder)) return console.log("skipped: no shared vectors");
  const m = await debugModule("v8");
  const load = (file: string) => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  const example = load("eddsa-examples/eddsa-sig-01.json");
  const key = example.input.sign0.key;
  const toBeSigned = bytes(example.intermediates.ToBeSign_hex.toLowerCase());
  const message = bytes(example.output.cbor.toLowerCase());
  m.write(PUB, bytes(key.x_hex));
  m.write(MESSAGE, toBeSigned);
  m.write(OUT, message.slice(-64));
  assert.is(m.call("crypto_ed25519_verify", PUB, MESSAGE, toBeSigned.length, OUT), 1);
  m.write(SEED, bytes(key.d_hex));
  m.call("crypto_ed25519_sign", SEED, PUB, MESSAGE, toBeSigned.length, OUT + 64);
  assert.is(hex(m.bytes(OUT + 64, 64)), hex(message.slice(-64)), "and the device makes the same signature");
  assert.is(parse(m, message), reason.COSE_HEADER, "its protected header also has a content type");
  for (const file of readdirSync(new URL("sign1-tests/", folder))) {
    if (!file.endsWith(".json")) continue;
    const { output } = load(`sign1-tests/${file}`);
    if (output?.cbor) assert.is.not(parse(m, bytes(output.cbor.toLowerCase())), 0, file);
  }
});

test("two keys sign differently, and generated node keys work as well", async () => {
  const m = await debugModule("v8");
  const pair = generateKeyPairSync("ed25519");
  const seed = new Uint8Array(Buffer.from(pair.privateKey.export({ format: "jwk" }).d as string, "base64url"));
  const message = signOnDevice(m, seed, bytes("83010203"));
  await Sign1.decode(message).verify(pair.publicKey);
  let refused = false;
  await Sign1.decode(message)
    .verify(generateKeyPairSync("ed25519").publicKey)
    .catch(() => (refused = true));
  assert.ok(refused);
});

test.run();

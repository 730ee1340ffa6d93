// Transactions and keys made at the console: read by a COSE library that is not ours, and never a private key in sight.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sign1 } from "@auth0/cose";
import { decode } from "cbor2";
import { lines, synod } from "./synod.ts";

const folder = mkdtempSync(join(tmpdir(), "synod-tx-"));
const FILE = join(folder, "operator.jwk");
const CELL = ["--cell", "6dd8f5c2a3b1e409"];
let publicKey = "";

const bytes = (hex: unknown): Uint8Array => Uint8Array.from(Buffer.from(String(hex), "hex"));

test("keygen --out writes a key that node's own crypto reads, for its owner only, and prints only the public part", async () => {
  const { code, out } = await synod("keygen", "--out", FILE, "--json");
  assert.is(code, 0);
  publicKey = String(lines(out)[0].publicKey);
  assert.is(statSync(FILE).mode & 0o777, 0o600);
  const jwk = JSON.parse(readFileSync(FILE, "utf8"));
  const { x } = createPublicKey(createPrivateKey({ key: jwk, format: "jwk" })).export({ format: "jwk" });
  assert.is(Buffer.from(x!, "base64url").toString("hex"), publicKey);
  const thumbprint = createHash("sha256").update(`a301012006215820${publicKey}`, "hex");
  assert.is(lines(out)[0].kid, thumbprint.digest("hex").slice(0, 16));
  for (const secret of [jwk.d, Buffer.from(jwk.d, "base64url").toString("hex")]) assert.not.ok(out.includes(secret));
});

test("a key file is never overwritten", async () => {
  const before = readFileSync(FILE, "utf8");
  assert.is((await synod("keygen", "--out", FILE)).code, 2);
  assert.is(readFileSync(FILE, "utf8"), before);
});

test("a signed transaction verifies in @auth0/cose and holds what was asked", async () => {
  const made = await synod("tx", "transfer", "--key", FILE, ...CELL, "--to", "4f2a90b1c3d5e7f8", "--amount", "25", "--nonce", "3", "--json"); // prettier-ignore
  const { cose, bytes: size } = lines(made.out)[0];
  assert.is(bytes(cose).length, size);
  const message = Sign1.decode(bytes(cose));
  const x = Buffer.from(publicKey, "hex").toString("base64url");
  const rival = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  await message.verify(rival as never);
  assert.equal(decode(message.payload), [
    bytes("6dd8f5c2a3b1e409"),
    3,
    1,
    4294967295,
    1,
    bytes("4f2a90b1c3d5e7f8"),
    25,
  ]);
});

test("show explains it, and checks the signature under the right and the wrong key", async () => {
  const made = await synod(
    "tx",
    "readings",
    "--key",
    FILE,
    ...CELL,
    "temp=-3.25",
    "humidity=45.93",
    "--at",
    "7",
    "--json",
  );
  const cose = String(lines(made.out)[0].cose);
  const shown = await synod("tx", "show", cose, "--public", publicKey);
  assert.is(shown.code, 0);
  for (const words of ["temp -3.250 Cel", "humidity 45.930 %RH", "7 s", "The signature holds", "18(["])
    assert.ok(shown.out.includes(words), words);
  const other = await synod("tx", "show", cose, "--public", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"); // prettier-ignore
  assert.is(other.code, 1);
  assert.ok(other.out.includes("does NOT hold"));
});

test("one changed byte anywhere is refused or breaks the signature", async () => {
  const made = await synod("tx", "register", "--key", FILE, ...CELL, "--public", publicKey, "--json");
  const cose = bytes(lines(made.out)[0].cose);
  for (let at = 0; at < cose.length; at++) {
    const changed = cose.slice();
    changed[at] ^= 1;
    const hex = Buffer.from(changed).toString("hex");
    assert.is((await synod("tx", "show", hex, "--public", publicKey)).code, 1, `byte ${at}`);
  }
});

test("without a key the bytes to sign are given, and signing them elsewhere makes the same transaction", async () => {
  const line = ["tx", "transfer", ...CELL, "--to", "4f2a90b1c3d5e7f8", "--amount", "18446744073709551615", "--json"];
  const unsigned = lines((await synod(...line)).out)[0];
  const signed = lines((await synod(...line, "--key", FILE)).out)[0];
  const signature = bytes(signed.cose).slice(-64);
  const { verify } = await import("node:crypto");
  const key = createPublicKey(createPrivateKey({ key: JSON.parse(readFileSync(FILE, "utf8")), format: "jwk" }));
  assert.ok(verify(null, bytes(unsigned.toBeSigned), key, signature));
  assert.ok(String(signed.cose).includes(String(unsigned.payload)));
});

test("a broken key file is named, and its contents are not shown", async () => {
  const broken = join(folder, "broken.jwk");
  writeFileSync(broken, JSON.stringify({ kty: "OKP", crv: "Ed25519", x: "AAAA", d: "c2VjcmV0" }));
  const { code, err } = await synod(
    "tx",
    "transfer",
    "--key",
    broken,
    ...CELL,
    "--to",
    "4f2a90b1c3d5e7f8",
    "--amount",
    "1",
  );
  assert.is(code, 1);
  assert.ok(err.includes("broken.jwk") && !err.includes("c2VjcmV0"));
});

test("keygen lets a blank device make its key, a different one each time, in each engine", async () => {
  const { code, out } = await synod("keygen", "--engine", "both", "--json");
  assert.is(code, 0);
  const [first, second] = lines(out);
  assert.is.not(first.publicKey, second.publicKey);
  const thumbprint = createHash("sha256").update(`a301012006215820${first.publicKey}`, "hex");
  assert.is(first.kid, thumbprint.digest("hex").slice(0, 16));
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();

// `synod vectors`: what it runs comes from FIPS 180-4, RFC 4231 and RFC 8032; what it does not know it refuses.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lines, synod } from "./synod.ts";

const folder = mkdtempSync(join(tmpdir(), "synod-vectors-"));
const shared = fileURLToPath(new URL("../../../shared/vectors", import.meta.url));

/** A file of vectors with this content. */
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // SHA-256("abc"), FIPS 180-4
const EMPTY =
  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
// RFC 4231 test case 2
const JEFE = {
  tcId: 1,
  key: "4a656665",
  msg: "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
  result: "valid",
};
const JEFE_TAG = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

test("right digests and tags pass in both engines", async () => {
  const digests = file("sha256.json", { algorithm: "SHA-256", tests: [{ msg: "616263", digest: ABC }] });
  const wide = file("sha512.json", { algorithm: "SHA-512", tests: [{ msg: "", digest: EMPTY }] });
  const group = { type: "MacTest", tagSize: 256, tests: [{ ...JEFE, tag: JEFE_TAG }] };
  const mac = file("hmac.json", { algorithm: "HMACSHA256", testGroups: [group] });
  const { code, out } = await synod("vectors", digests, wide, mac, "--json");
  assert.is(code, 0);
  assert.equal(
    lines(out).map(({ engine, passed, failed }) => [engine, passed, failed]),
    ["v8", "v8", "v8", "wasm3", "wasm3", "wasm3"].map((engine) => [engine, 1, []]),
  );
});

test("a wrong digest fails with 1 and is named", async () => {
  const path = file("wrong.json", { algorithm: "SHA-256", tests: [{ msg: "616263", digest: ABC.replace("b", "c") }] });
  const { code, out } = await synod("vectors", path, "--engine", "v8");
  assert.is(code, 1);
  assert.match(out, /0 passed +1 failed/);
  assert.match(out, /test 1/);
});

test("what it does not know is refused with 2, not skipped", async () => {
  for (const [name, content] of [
    [
      "xdh.json",
      { algorithm: "XDH", schema: "xdh_comp_schema_v1.json", testGroups: [{ type: "XdhComp", tests: [{}] }] },
    ],
    ["blake.json", { algorithm: "BLAKE2B", tests: [{ msg: "", digest: "00" }] }],
    ["nothing.json", {}],
    ["list.json", []],
    ["broken.json", "{"],
  ] as [string, unknown][]) {
    const { code, out, err } = await synod("vectors", file(name, content), "--engine", "v8");
    assert.is(code, 2, name);
    assert.ok(err.includes(name), err);
    assert.is(out, "", name);
  }
  assert.is((await synod("vectors", join(folder, "absent.json"))).code, 2);
});

test("Wycheproof and NIST files pass, apart from what ZIP-215 admits", async () => {
  if (!existsSync(shared)) return void console.log("skipped: no shared vectors");
  const wycheproof = ["ed25519", "hmac_sha256", "hmac_sha512", "hkdf_sha256"].map(
    (name) => `wycheproof/${name}_test.json`,
  );
  const nist = ["SHA256ShortMsg", "SHA256LongMsg_first16", "SHA512ShortMsg", "SHA512LongMsg_first16"].map((name) => `nist/${name}.json`); // prettier-ignore
  const { code, out } = await synod("vectors", ...[...wycheproof, ...nist].map((name) => join(shared, name)), "--json");
  assert.is(code, 0);
  const passed = lines(out).reduce((sum, line) => sum + Number(line.passed) + (line.admitted as string[]).length, 0);
  assert.is(passed, 2 * (66 + 80 + 89 + 43 + 65 + 16 + 129 + 16));
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();

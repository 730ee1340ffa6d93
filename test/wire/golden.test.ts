// Every layout is pinned by one hash: SHA-256 over its exported constants, in the order of the file, as "NAME=value\n".
//
// A hash that no longer matches means that devices in the field would misread each other. When the change is meant:
// raise the version that stands in the bytes, say so in CHANGELOG.md, and put the printed hash here.
// reason.ts is not pinned: its numbers are only ever added to (test/tidy.test.ts sees to it that each is used once).

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as header from "../../firmware/wire/header.ts";
import * as record from "../../firmware/wire/record.ts";
import * as vote from "../../firmware/wire/vote.ts";

const folder = new URL("../../firmware/wire/", import.meta.url);

const GOLDEN: Record<string, string> = {
  abi: "2c4d824bc18d98fc18f22748b07f98f5b2efeeb77f268b3dcb2724fc2eb617c2",
  accelerate: "b685bcde3536aa8e8dc3bc3961834773cc7f129b354978441955ab7532bb1009",
  beacon: "fb45017338928ead9d1da24a150d4a270e430969b464370d1763e60a97a306f5",
  call: "b3e227027d3de5358bd8d551e740c4127902c443bf9df44b42011cbfb103ea4d",
  certificate: "cbb9342d902c155dc1536153a35bd1fdb90a20667590022d3d8c0ad8831aaacb",
  effect: "0acefee5892a5c612ff4dbb5f74f56e6b30bb99f87e9797064d70e85705465dc",
  event: "c7ce0f393a7ff06e542ffa8141ae217b7586fa797edc9f9f94334adde6f4e7bf",
  frame: "2f27be4ef3d76a56587c02b9bc2f4f12d2ccb190faecdfb79c6bc582155f1555",
  genesis: "204695ae45708a5700b469d45d5f6dc1013553247af0e4ffe24d6aa7abd5dd40",
  header: "fcc1bf3ce299615a4115399e3b022a247b89110efacc20fe3030ae0f94de7996",
  kind: "0fca96e6b254dc920e0e558fc2a4095699cc293cec38a4ceea1dffb7b9be143c",
  light: "317b72460e4ad1be73fc140e3cc09f1d41d6fff18dfca5056ce9f0a6d41d99ee",
  line: "34d515732965ad2974997f785ddbcadf3beeea0a2ad013296b5664195397656c",
  proposal: "2bcc01646cd1a37da1f13c36cd3aac976b73d052baa4e3a1a5731052ae897ce1",
  record: "9d524bd141cc5639b76f3d43ad89698636a3392b1344f153421e67c2516be474",
  request: "1e2beb56431e516278da02d66b667b3255be59699eca106e3e4edbe9124150e3",
  slot: "4358eea49159b8e40a3a051cfa05e0674847284a3f6d2fdc91fb93d471c79e64",
  vote: "0d56e350814a5474c0d7d238c29a121fbaeec5cd251256f86e56e21e1f0ee1d5",
};

/** The constants of a wire file as text, in the order in which the file declares them, with the values that run. */
async function describe(file: string): Promise<string> {
  const source = readFileSync(new URL(file, folder), "utf8");
  const values = (await import(new URL(file, folder).href)) as Record<string, unknown>;
  const names = [...source.matchAll(/^export const (\w+)/gm)].map((m) => m[1]);
  return names.map((name) => `${name}=${values[name]}\n`).join("");
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const layouts = readdirSync(folder).filter((f) => f.endsWith(".ts") && f !== "reason.ts");

test("every layout file is pinned", () => {
  assert.equal(Object.keys(GOLDEN).sort(), layouts.map((f) => f.replace(".ts", "")).sort());
});

for (const file of layouts) {
  const name = file.replace(".ts", "");
  test(`${name} lies where it always lay`, async () => {
    const text = await describe(file);
    assert.is(sha256(text), GOLDEN[name], `${file} has changed; it now reads\n${text}`);
  });
}

test("moving one field changes the hash", async () => {
  const text = await describe("vote.ts");
  assert.is.not(sha256(text.replace("VIEW=6", "VIEW=7")), GOLDEN.vote);
});

test("every function of wire is set beside its twin by a test", () => {
  const hooks = readFileSync(new URL("../debug/wire.ts", folder), "utf8");
  const tests = (file: string) => readFileSync(new URL(file.replace(".ts", ".test.ts"), import.meta.url), "utf8");
  for (const file of layouts) {
    for (const [, name] of readFileSync(new URL(file, folder), "utf8").matchAll(/^export function (\w+)/gm)) {
      const hook = `wire_${file.replace(".ts", "")}_${name}`;
      assert.match(hooks, `function ${hook}(`);
      assert.match(tests(file), `"${hook}"`);
    }
  }
});

test("sizes are those of the byte table in the specification", () => {
  assert.is(header.SIZE, 1 + 1 + 2 + 4 + 4 + 4 + 4 + 4 + 4 + 4 + 32 + 32 + 32);
  assert.is(vote.SIZE, 1 + 1 + 4 + 4 + 32 + 64);
  assert.is(vote.NULLIFY_SIZE, 1 + 1 + 4 + 4 + 4 + 64);
  assert.is(certificate.NOTAR_SIGNATURES, 1 + 4 + 4 + 32 + 4 + 4);
  assert.is(certificate.FINAL_SIGNATURES, 1 + 4 + 4 + 32 + 4);
  assert.is(certificate.CHILD_SIGNATURES, 1 + 4 + 128 + 4);
  assert.is(certificate.NULL_VOTES, 1 + 4 + 4);
  assert.is(certificate.NULL_STRIDE, 4 + 4 + 64);
  assert.is(record.SIZE, 1 + 1 + 1 + 1 + 4 + 4 + 4 + 32 + 4);
});

test.run();

// What the README says is printed is what is printed, and what it links to is there.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FILES, retake, sameWords, take } from "../tools/readme.ts";
import { tracked } from "../tools/tidy/source.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

test("samples are found stale by a number, by a word, by a line that is gone", () => {
  const sample = ["up", "...", "height 3  blocks 3", "...", "hash aabbccdd00"];
  const printed = ["up", "x", "height 3  blocks 3", "y", "hash aabbccdd00"];
  assert.equal(retake(sample, printed), sample);
  assert.equal(retake(sample, ["up", "y", "height 4  blocks 4", "hash 11"])[2], "height 4  blocks 4");
  assert.throws(() => retake(sample, ["up", "y", "height 4  stones 4", "hash 11"]), /printed no more/);
  assert.equal(retake(["cose: d284..."], ["cose: d284ffff"]), ["cose: d284..."]);
  assert.ok(sameWords(["kid  00aabbccdd 3 blocks"], ["kid  0123456789 1 block"]));
  assert.not(sameWords(["made by a device"], ["made by a machine"]));
});

for (const file of FILES)
  test(`${file} shows what its commands print`, async () => {
    const stale = (await take(file, false)).filter((sample) => sample.stale);
    const words = stale.map(
      ({ line, was, is }) => `${file}:${line}\n--- was\n${was.join("\n")}\n--- is\n${is.join("\n")}`,
    );
    assert.is(words.join("\n"), "", "type: npx tsx tools/readme.ts");
  });

test("every link between files leads somewhere", () => {
  const pages = tracked().filter((path) => path.endsWith(".md") && existsSync(join(root, path)));
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)]
      .map((m) => m[1])
      .filter((to) => !/^\w+:/.test(to) && !existsSync(join(root, dirname(page), to)))
      .map((to) => `${page} -> ${to}`);
  });
  assert.is(broken.join("\n"), "");
});

test.run();

// `synod sim`: totals that add up, coverage that names what never struck, and a line that reproduces a failure.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutant } from "../../tools/mutants.mjs";
import * as faults from "../../host/fleet/faults.ts";
import { lines, synod } from "./synod.ts";

const QUORUM = { file: "firmware/consensus/cell.ts", find: "(2 * count) / 3 + 1", put: "(2 * count) / 3" };

test("totals are the sum of the seeds, and no seed violates anything", async () => {
  const { code, out } = await synod("sim", "--seeds", "2", "--n", "4", "--faults", "all", "--json");
  const all = lines(out);
  const last = all.pop()!;
  assert.is(code, 0, out);
  assert.is(last.seeds, 2);
  assert.is(last.violations, 0);
  assert.is(last.live, 2);
  assert.is(last.blocks, all.reduce((sum, line) => sum + Number(line.blocks), 0)); // prettier-ignore
  assert.equal(all.map((line) => line.seed).sort(), [1, 2]);
});

test("every fault that help names has a counter, and each that stays at zero is named", async () => {
  const { out: help } = await synod("sim", "--help");
  const { out } = await synod("sim", "--seeds", "1", "--faults", "sitecut,equivocator,loss", "--n", "1", "--json");
  const last = lines(out).at(-1)!;
  for (const name of faults.NAMES) {
    assert.match(help, new RegExp(`^ +${name} +\\S`, "m"));
    assert.ok(Number.isInteger((last.coverage as Record<string, number>)[name]), name);
  }
  const coverage = last.coverage as Record<string, number>;
  assert.equal(last.uncovered, ["sitecut", "equivocator", "loss"].filter((name) => coverage[name] === 0)); // prettier-ignore
  assert.ok((last.uncovered as string[]).includes("equivocator"), "a cell of one has no villain");
  const words = await synod("sim", "--seeds", "1", "--faults", "equivocator", "--n", "1");
  assert.match(words.out, /equivocator +0 +never struck/);
});

test("a seed gives the same hash alone, in a row, and in any process", async () => {
  const hashes = async (...line: string[]): Promise<unknown[]> =>
    lines((await synod("sim", "--faults", "crash,delay", "--json", ...line)).out)
      .slice(0, -1)
      .sort((a, b) => Number(a.seed) - Number(b.seed))
      .map((each) => each.traceHash);
  const row = await hashes("--seeds", "2", "--seed", "11");
  assert.is(row.length, 2);
  assert.equal(await hashes("--seeds", "1", "--seed", "12", "--jobs", "1"), [row[1]]);
});

test("V8 and wasm3 give equal trace hashes", async () => {
  const { code, out } = await synod("sim", "--seeds", "1", "--engine", "both", "--json");
  assert.equal(lines(out).at(-1)!.diverged, []);
  assert.is(code, 0);
});

test("a broken device is reported with seed, sentence, and a line that reproduces it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "synod-sim-"));
  try {
    // A device that takes half of the votes for a quorum; the fleet's own mutants are in test/consensus.
    const path = join(folder, "mutant.wasm");
    writeFileSync(path, await mutant([QUORUM]));
    const line = ["sim", "--seeds", "1", "--seed", "3", "--faults", "none", "--wasm", path];
    const { code, out } = await synod(...line);
    assert.is(code, 1);
    const [, sentence, reproduce] =
      /violation seed 3, [\d.]+ s, (\w+: device \d .+)\n {2}npx synod (sim .+)/.exec(out) ?? [];
    assert.ok(sentence, out);
    const again = await synod(...reproduce.split(" "));
    assert.is(again.code, 1);
    assert.ok(again.out.includes(sentence));
    const json = lines((await synod(...line, "--json")).out);
    assert.ok(Number(json.at(-1)!.violations) > 0);
    assert.ok(json.some((each) => each.sentence && each.again === `npx synod ${reproduce}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();

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
let compiled: Promise<Uint8Array> | undefined;
/** A device that takes half of the votes for a quorum; the fleet's own mutants are in test/consensus. */
const half = (): Promise<Uint8Array> => (compiled ??= mutant([QUORUM]));

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

test("members suffer with the validators, in both engines alike, and the line that repeats a seed names them", async () => {
  const line = ["sim", "--seeds", "2", "--seed", "5", "--n", "4", "--members", "2"];
  const { code, out } = await synod(...line, "--engine", "both");
  assert.is(code, 0, out);
  assert.match(out, /2 seeds of 4 devices and 2 members: \d+ blocks, 0 violations, 2 live/);
  const folder = mkdtempSync(join(tmpdir(), "synod-sim-"));
  try {
    const file = join(folder, "half.wasm");
    writeFileSync(file, await half());
    const broken = ["sim", "--seeds", "1", "--seed", "3", "--members", "1", "--wasm", file, "--tapes", folder];
    const failed = await synod(...broken);
    assert.is(failed.code, 1, failed.out);
    assert.match(failed.out, /--n 4 --members 1 --faults all/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("on a board it says how busy devices were and how long blocks took, in both engines alike", async () => {
  const line = ["sim", "--seeds", "2", "--faults", "none", "--board", "stm32f405"];
  const { code, out } = await synod(...line, "--engine", "both", "--json");
  assert.is(code, 0, out);
  const all = lines(out) as unknown as {
    busy: { mean: number; max: number };
    latencyMs: { p50: number; p99: number };
  }[];
  assert.is(all.length, 3);
  for (const { busy, latencyMs } of all) {
    assert.ok(busy.mean > 0.05 && busy.mean <= busy.max && busy.max <= 1, JSON.stringify(busy));
    assert.ok(latencyMs.p50 > 300 && latencyMs.p50 <= latencyMs.p99, JSON.stringify(latencyMs));
  }
  assert.match((await synod(...line)).out, /^stm32f405, derived: devices compute \d+ % of the time/m);
  assert.not.match((await synod("sim", "--seeds", "1", "--faults", "none", "--json")).out, /busy|latency/);
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
    const path = join(folder, "mutant.wasm");
    writeFileSync(path, await half());
    const line = ["sim", "--seeds", "1", "--seed", "3", "--faults", "none", "--wasm", path, "--tapes", folder];
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

test("a seed that fails leaves a tape, which shrinks and replays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "synod-sim-"));
  try {
    const path = join(folder, "mutant.wasm");
    writeFileSync(path, await half());
    const { out } = await synod("sim", "--seeds", "1", "--seed", "3", "--wasm", path, "--tapes", folder);
    const [, file] = /npx synod shrink (\S+\.tape)/.exec(out) ?? [];
    assert.is(file, join(folder, "seed-3-n4.tape"), out);
    const [replayed] = lines((await synod("replay", file, "--json")).out);
    assert.is(replayed.differs, null);
    const [was] = replayed.violations as { rule: string; sentence: string }[];
    assert.ok(out.includes(`${was.rule}: ${was.sentence}`));

    const shrunk = await synod("shrink", file, "--json", "--jobs", "1");
    assert.is(shrunk.code, 0, shrunk.err);
    const [{ before, after, out: small, broken }] = lines(shrunk.out);
    assert.ok(Number(after) < Number(before), `${after} of ${before}`);
    assert.is((broken as { rule: string }).rule, was.rule);
    const again = await synod("replay", String(small));
    assert.is(again.code, 0, again.out);
    assert.ok(again.out.includes((broken as { sentence: string }).sentence), again.out);
    assert.ok(again.out.includes("equal: trace"), again.out);

    const stopped = lines((await synod("replay", file, "--at", "700ms", "--json")).out)[0];
    assert.is(stopped.atMs, 700);
    assert.is((stopped.states as unknown[]).length, 4);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("shrink says when there is nothing to shrink, and what it takes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "synod-sim-"));
  try {
    const none = await synod("shrink", "--seed", "1", "--faults", "none", "--out", join(folder, "x.tape"));
    assert.is(none.code, 1);
    assert.match(none.err, /breaks no rule/);
    assert.is((await synod("shrink")).code, 2);
    assert.is((await synod("shrink", "no such file")).code, 2);
    const odd = join(folder, "odd.tape");
    writeFileSync(odd, "this is no tape");
    const refused = await synod("shrink", odd);
    assert.is(refused.code, 1);
    assert.match(refused.err, /it does not begin with SYNODTAP/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();

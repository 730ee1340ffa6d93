// Whole fleets of the device that ships: faults, recovery, villains, and that a seed reproduces a run.
//
// SYNOD_BUDGET=seconds runs more seeds; SYNOD_SEED=n begins at another one.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as campaign from "../../host/fleet/campaign.ts";
import { add as addCoverage, NAMES } from "../../host/fleet/faults.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import { device } from "./wasm.ts";

const wasm = await device();
const first = Number(process.env.SYNOD_SEED ?? 1);
const budgetMs = 1000 * Number(process.env.SYNOD_BUDGET ?? 3);

/** Runs seeds until the time is used up, at least `least` of them. */
function seeds(n: number, least: number): campaign.Totals {
  const sum = campaign.totals();
  const end = Date.now() + budgetMs;
  for (let seed = first; seed < first + least || Date.now() < end; seed++) {
    campaign.add(sum, campaign.runSeed({ seed, n, engine: "v8", wasm, faults: NAMES }));
  }
  return sum;
}

const told = ({ violations, stuck }: campaign.Totals): string =>
  [
    ...violations.map(({ rule, seed, sentence }) => `seed ${seed}: ${rule}: ${sentence}`),
    ...stuck.map((s) => `seed ${s} got stuck`),
  ].join("\n");

const suffered = campaign.totals();

for (const n of [4, 7]) {
  test(`n = ${n}: all faults and f villains break no rule, and the cell lives when faults stop`, () => {
    const sum = seeds(n, 8);
    assert.is(told(sum), "");
    assert.is(sum.live, sum.seeds);
    assert.ok(sum.blocks > sum.seeds);
    addCoverage(suffered.coverage, sum.coverage);
  });
}

test("these seeds met every fault", () => {
  assert.equal(campaign.uncovered(suffered, NAMES), []);
});

test("a seed reproduces its run to the byte", () => {
  const run = (seed: number): campaign.Result =>
    campaign.runSeed({ seed, n: 4, engine: "v8", wasm, faults: NAMES, sufferMs: 4000 });
  assert.equal(run(first), run(first));
  assert.is.not(run(first).traceHash, run(first + 1).traceHash);
});

test("cells of every size agree in fair weather: n = 1, 2, 3, 5, 10", () => {
  for (const n of [1, 2, 3, 5, 10]) {
    const fleet = new Fleet({ n, seed: first, engine: "v8", wasm, traffic: 1 });
    fleet.run(8000);
    assert.equal(fleet.violations, [], `n = ${n}`);
    const heights = fleet.watch.status.map(({ height }) => height);
    assert.ok(Math.min(...heights) > 3, `n = ${n}: heights ${heights.join(" ")}`);
    fleet.close();
  }
});

test("a fleet goes on when f devices are killed, stops at f + 1, and goes on when they are back", () => {
  const fleet = new Fleet({ n: 7, seed: first, engine: "v8", wasm, traffic: 2 });
  fleet.run(4000);
  fleet.device(1).kill();
  fleet.device(4).kill();
  const alive = fleet.watch.stats.height;
  fleet.run(14_000);
  assert.ok(fleet.watch.stats.height > alive, "f are down");
  fleet.device(6).kill();
  fleet.run(15_000);
  const stopped = fleet.watch.stats.height;
  fleet.run(25_000);
  assert.ok(fleet.watch.stats.height <= stopped + 1, "f + 1 are down");
  for (const i of [1, 4, 6]) fleet.device(i).restart();
  fleet.run(80_000);
  assert.ok(fleet.watch.stats.height > stopped + 1, "all are back");
  assert.equal(fleet.violations, []);
  fleet.close();
});

test("two halves that do not hear each other commit nothing that conflicts, and agree when healed", () => {
  const fleet = new Fleet({ n: 4, seed: first, engine: "v8", wasm, traffic: 1 });
  fleet.run(3000);
  fleet.partition([
    [0, 1],
    [2, 3],
  ]);
  fleet.run(4000);
  const before = fleet.watch.stats.height;
  fleet.run(15_000);
  assert.is(fleet.watch.stats.height, before, "no half is a quorum");
  fleet.heal();
  fleet.run(60_000);
  const heights = fleet.watch.status.map(({ height }) => height);
  assert.ok(Math.min(...heights) > before, heights.join(" "));
  assert.equal(fleet.violations, []);
  fleet.close();
});

test("f + 1 liars break the cell, and the checker says so", () => {
  const liars = [0, 1].map((device) => ({ device, kind: "equivocator" as const }));
  let caught = 0;
  for (let seed = first; seed < first + 60 && caught === 0; seed++) {
    const { violations } = campaign.runSeed({
      seed,
      n: 4,
      engine: "v8",
      wasm,
      faults: ["partition"],
      villains: liars,
      sufferMs: 12_000,
      recoverMs: 1,
    });
    caught += violations.filter(({ rule }) => rule === "agreement" || rule === "chain").length;
  }
  assert.ok(caught > 0, "sixty seeds, and nobody was ever told two things");
});

test.run();

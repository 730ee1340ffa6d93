// Strikes are a list that repeats a run, and a failing run shrinks to the few of them that matter.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as campaign from "../../host/fleet/campaign.ts";
import { NAMES } from "../../host/fleet/faults.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import * as rerun from "../../host/fleet/rerun.ts";
import * as shrink from "../../host/fleet/shrink.ts";
import * as strike from "../../host/fleet/strike.ts";
import { Log } from "../../host/tape/log.ts";
import { mutant } from "../../tools/mutants.mjs";
import { engines } from "../wasm.ts";
import { device, fixture } from "./wasm.ts";

const wasm = await device();
const beeper = await fixture("beeper");
if (engines.includes("wasm3")) await import("../../host/device/wasm3.ts");

/** A replica that finalizes a view after it gave it up (rule R4): it takes a delay, a loss or a liar to show. */
const FINALIZE_AFTER_NULLIFY = {
  file: "firmware/consensus/safety.ts",
  find: "if (nullified(view)) return false;",
  put: "",
};

test("the list of what struck gives the same run as the faults it was drawn from", () => {
  for (const seed of [1, 2, 3]) {
    const villains = [{ device: seed, kind: "equivocator" as const }];
    const base = { n: 4, seed, engine: "v8" as const, wasm, traffic: 1 };
    const drawn = new Fleet({ ...base, faults: NAMES, villains });
    drawn.run(9000);
    drawn.close();
    const { strikes } = drawn;
    assert.ok(strikes.length > 12, `${strikes.length} strikes`);
    assert.equal(JSON.parse(JSON.stringify(strikes)), strikes, "plain data");
    const listed = new Fleet({ ...base, strikes });
    listed.run(9000);
    listed.close();
    assert.is(listed.traceHash, drawn.traceHash, `seed ${seed}`);
    assert.equal(listed.strikes, strikes);
  }
});

test("strikes are drawn from the seed alone: another device, another history, the same strikes", () => {
  const list = (module: Uint8Array): string[] => {
    const fleet = new Fleet({ n: 4, seed: 9, engine: "v8", wasm: module, faults: NAMES, stopOnViolation: false });
    fleet.run(8000);
    fleet.close();
    return fleet.strikes.map(strike.sentence);
  };
  assert.equal(list(beeper), list(wasm));
});

test("a tape from a failing mutant run shrinks to at most a third of its faults and replays to the same violation", async () => {
  const module = await mutant([FINALIZE_AFTER_NULLIFY]);
  const log = new Log();
  const run = (seed: number) => ({ seed, n: 4, engine: "v8" as const, wasm: module, faults: NAMES, recoverMs: 1 });
  let found: campaign.Result | null = null;
  for (let seed = 1; seed <= 60 && found === null; seed++) {
    const result = campaign.runSeed(run(seed));
    if (result.violations.length !== 0 && result.violations[0].timeMs > 8000)
      found = campaign.runSeed({ ...run(seed), log });
  }
  assert.ok(found !== null, "a seed in which the mutant is caught late, under many strikes");
  const of = shrink.open(log.bytes());
  const [violation] = found.violations;
  assert.equal(of.broken, { rule: violation.rule, atMs: violation.timeMs, sentence: violation.sentence });
  assert.equal(shrink.simulate(of.base, of.candidate), of.broken, "all of it breaks the rule at the same moment");
  const before = shrink.size(of.candidate);
  assert.ok(before >= 9, `${before} faults`);
  const { candidate, broken, tried } = await shrink.shrink(of);
  const after = shrink.size(candidate);
  assert.ok(3 * after <= before, `${after} of ${before} faults are left`);
  assert.is(broken.rule, violation.rule);
  const small = new Log();
  assert.equal(shrink.simulate(of.base, candidate, small), broken);
  for (const engine of engines) {
    const again = new rerun.Repetition(rerun.read(small.bytes()), { engine });
    again.finish();
    again.fleet.close();
    assert.is(again.differs, null, engine);
    const [{ rule, timeMs, sentence }] = again.violations;
    assert.equal({ rule, atMs: timeMs, sentence }, broken, engine);
  }
  for (let i = 0; i < candidate.strikes.length; i++) {
    const less = { ...candidate, strikes: candidate.strikes.filter((_, k) => k !== i) };
    assert.is.not(shrink.simulate(of.base, less)?.rule, broken.rule, "none of them can be left out");
  }
  console.log(`note: ${before} faults shrink to ${after} in ${tried} runs: ${broken.sentence}`);
});

test("of many deeds the one that matters is left", async () => {
  const log = new Log();
  const fleet = new Fleet({ n: 4, seed: 3, engine: "v8", wasm: beeper, log, faults: ["loss"], stopOnViolation: false });
  for (let i = 0; i < 12; i++) {
    fleet.run(500 * (i + 1));
    if (i % 3 === 0) fleet.device(i % 4).kill();
    else if (i % 3 === 1) fleet.device((i + 3) % 4).restart();
    else fleet.partition([[i % 4], [(i + 1) % 4, (i + 2) % 4]]);
  }
  fleet.heal();
  fleet.device(2).restart();
  fleet.run(6500);
  fleet.device(2).request(new Uint8Array([91])); // it traps
  fleet.run(7000);
  fleet.close();
  const { candidate, broken } = await shrink.shrink(shrink.open(log.bytes()));
  assert.equal(candidate.strikes, []);
  assert.equal(
    candidate.deeds.map(({ deed }) => deed),
    [{ do: "request", device: 2, hex: "5b" }],
  );
  assert.is(broken.rule, "trap");
});

test("a cell that does not come back to life is shrunk alike", async () => {
  const log = new Log();
  const phases = { sufferMs: 3000, recoverMs: 6000 };
  const fleet = new Fleet({ n: 4, seed: 2, engine: "v8", wasm, faults: NAMES, traffic: 1, campaign: phases, log });
  const phase = campaign.arm(fleet);
  fleet.run(1000);
  fleet.device(0).kill(); // comes back when the faults stop
  fleet.heal();
  fleet.run(3350);
  for (const i of [1, 2, 3]) fleet.device(i).kill();
  fleet.run(() => phase.recovered(), 9000);
  fleet.close();
  const { candidate, broken } = await shrink.shrink(shrink.open(log.bytes()));
  assert.is(broken.rule, "live");
  assert.equal(candidate.strikes, []);
  const deeds = candidate.deeds.map(({ deed }) => deed.do);
  assert.equal(deeds, ["kill"], "one that stays down is enough: every honest device must have the transaction");
});

test("a run that breaks nothing is not shrunk", () => {
  const log = new Log();
  campaign.runSeed({ seed: 1, n: 4, engine: "v8", wasm, faults: ["loss"], sufferMs: 2000, log });
  assert.throws(() => shrink.open(log.bytes()), /breaks no rule/);
});

test.run();

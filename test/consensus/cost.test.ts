// What agreement costs: signatures of votes verified per committed block and device, when nobody is faulty and work never ends.
//
//   n        4    7    16    31        a quorum is q = floor(2n/3) + 1
//   q - 1    2    4    10    20        one NOTARIZE of each other signer; with F it also finalizes the parent, so nothing else is needed
//
// Exactly so many, on every device. What that takes is less than as many single verifications where votes share an equation or keys are
// prepared: it is printed as their equivalent, from the instructions of test/budget.json, beside what we want to reach.
//
// Naive Simplex verifies 7, 13, 31, 61. Counted by layout.VOTES_VERIFIED between two heights, over whole turns of all leaders, under
// payments without pause. Where work pauses, the last block before the pause waits for no child: lone FINALIZE votes make it final.

import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as counters from "../../host/device/counters.ts";
import * as costs from "../../host/fleet/costs.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import * as trace from "../../host/tape/trace.ts";
import { device } from "../fleet/wasm.ts";

const budget: unknown = JSON.parse(readFileSync(new URL("../budget.json", import.meta.url), "utf8"));
const wasm = await device();
const TABLE = new Map([
  [4, 2],
  [7, 4],
  [16, 10],
  [31, 20],
]);

/** Single verifications under unprepared keys that a block's votes are to be worth. */
const WANTED = new Map([
  [4, 1.3],
  [7, 1.9],
  [16, 3.7],
  [31, 6.7],
]);

interface Cost {
  /** What was counted, by device. */
  readonly grown: readonly counters.Counters[];
  /** Signatures of votes verified per block, by device. */
  readonly votes: readonly number[];
  readonly blocks: number;
}

/** Counts over `blocks` blocks in fair weather, once the cell is under way. */
function measure(n: number, blocks: number, more: Partial<Options>): Cost {
  const fleet = new Fleet({ n, seed: 1, engine: "v8", wasm, viewsPerLeader: 1, senses: "nothing", ...more });
  const read = (): counters.Counters[] => fleet.stations.map(({ device: d }) => counters.read(d!.memory()));
  const reach = (height: number): void => {
    const lowest = (): number => Math.min(...fleet.watch.status.map((s) => s.height));
    assert.ok(
      fleet.run(() => lowest() >= height, 120_000),
      `height ${height} within two minutes`,
    );
  };
  reach(10);
  const before = read();
  reach(10 + n * Math.ceil(blocks / n));
  const after = read();
  assert.equal(fleet.violations, []);
  fleet.close();
  const grown = after.map((a, i) => counters.grown(before[i], a));
  const votes = grown.map(({ votesVerified, blocksDone }) => votesVerified / blocksDone);
  return { grown, votes, blocks: grown[0].blocksDone };
}

/**
 * What the votes of a block cost a device, in single verifications under unprepared keys. A batch costs something once and something for
 * each signature, which follow from the recorded batches of 3 (one equation) and of 21 (two); transactions are taken off as single ones, prepared as
 * far as all are.
 */
function equivalent({ grown }: Cost): number {
  const { instructions } = (budget as { counts: { instructions: Record<string, number> } }).counts;
  const alone = instructions.verify;
  const [three, many] = [
    3 * instructions["batch of 3, per signature"],
    21 * instructions["batch of 21, per signature"],
  ];
  const batched = (many - 2 * three) / 15;
  const equation = three - 3 * batched;
  const prepared = instructions["batch of 21, cached keys"] - equation / 21;
  const preparedAlone = instructions["verify, cached key 3.5 KB"];
  const all = grown.map((c) => {
    const work = costs.work(trace.TICK, c);
    const sum =
      alone * work.alone +
      preparedAlone * work.preparedAlone +
      equation * work.equation +
      batched * work.batched +
      prepared * work.prepared;
    const single = (preparedAlone * c.prepared + alone * (c.verified - c.prepared)) / c.verified; // a transaction
    return (sum - single * (c.verified - c.votesVerified)) / alone / c.blocksDone;
  });
  return mean(all);
}

const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
const figures = ({ votes, blocks }: Cost): string =>
  `${mean(votes).toFixed(2)} votes verified per block (${blocks} blocks)`;

for (const [n, promised] of TABLE) {
  test(`n = ${n}: exactly ${promised} signatures of votes per block, on every device`, () => {
    const cost = measure(n, 60, { traffic: 100 });
    const cold = measure(n, 30, { traffic: 100, tables: false });
    console.log(
      `note: n = ${n}, payments without pause: ${figures(cost)}; ${promised} promised; ` +
        `worth ${equivalent(cost).toFixed(2)} single verifications, ${WANTED.get(n)} wanted, ${equivalent(cold).toFixed(2)} without tables of keys`,
    );
    assert.ok(equivalent(cost) < 0.8 * equivalent(cold), "tables save a fifth at least");
    for (const [i, { votesVerified, blocksDone }] of cost.grown.entries())
      assert.is(votesVerified, promised * blocksDone, `device ${i}, ${blocksDone} blocks`);
    for (const { verified, prepared } of cost.grown) assert.is(prepared, verified, "every key has its table");
    assert.ok(equivalent(cost) < 0.6 * promised, "with their tables little more than half, or less");
  });
}

test("n = 4: a payment now and then costs at most a quorum of lone FINALIZE more", () => {
  const cost = measure(4, 30, { traffic: 1 });
  console.log(`note: n = 4, a payment a second: ${figures(cost)}`);
  assert.ok(mean(cost.votes) <= 2 * TABLE.get(4)!, "twice the quorum at most");
});

test("n = 4 on a slow board, readings and payments waiting: what waits is judged once a block, not at every tick", () => {
  const senses = { recording: { from: 2330, intervalMs: 5000 } };
  const { grown } = measure(4, 30, { traffic: 1, senses, board: "stm32f405" });
  const hashed = mean(grown.map(({ sha256Blocks, blocksDone }) => sha256Blocks / blocksDone));
  console.log(`note: n = 4 on a slow board: ${hashed.toFixed(0)} SHA-256 blocks per block`);
  assert.ok(hashed < 800, `${hashed} SHA-256 blocks per block`); // 3,300 when the pool is judged at every tick
});

test.run();

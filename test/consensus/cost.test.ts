// What agreement costs: signatures of votes verified per committed block and device, when nobody is faulty and work never ends.
//
//   n        4    7    16    31        a quorum is q = floor(2n/3) + 1
//   q - 1    2    4    10    20        one NOTARIZE of each other signer; with F it also finalizes the parent, so nothing else is needed
//
// Naive Simplex verifies 7, 13, 31, 61. Counted by layout.VOTES_VERIFIED between two heights, over whole turns of all leaders, under
// payments without pause. Where work pauses, the last block before the pause waits for no child: lone FINALIZE votes make it final.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as counters from "../../host/device/counters.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const TABLE = new Map([
  [4, 2],
  [7, 4],
  [16, 10],
  [31, 20],
]);

interface Cost {
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
  const done = after.map((a, i) => a.blocksDone - before[i].blocksDone);
  return { votes: after.map((a, i) => (a.votesVerified - before[i].votesVerified) / done[i]), blocks: done[0] };
}

const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
const figures = ({ votes, blocks }: Cost): string =>
  `${mean(votes).toFixed(2)} votes verified per block (${blocks} blocks)`;

for (const [n, promised] of TABLE) {
  test(`n = ${n}: at most ${promised} signatures of votes per block and device`, () => {
    const cost = measure(n, 60, { traffic: 100 });
    console.log(`note: n = ${n}, payments without pause: ${figures(cost)}; ${promised} promised`);
    const slack = promised / cost.blocks; // votes for the block behind the last one counted
    for (const [i, votes] of cost.votes.entries()) assert.ok(votes <= promised + slack, `device ${i}: ${votes}`);
    assert.ok(mean(cost.votes) > promised - 1, "and not far fewer: a quorum was checked");
  });
}

test("n = 4: a payment now and then costs at most a quorum of lone FINALIZE more", () => {
  const cost = measure(4, 30, { traffic: 1 });
  console.log(`note: n = 4, a payment a second: ${figures(cost)}`);
  assert.ok(mean(cost.votes) <= 2 * TABLE.get(4)!, "twice the quorum at most");
});

test.run();

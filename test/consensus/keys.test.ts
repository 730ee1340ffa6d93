// Tables of keys in a cell: every device has them soon after it joined and after every restart, consensus and payments use them, a cell
// without room for them works all the same, and what befalls the flash that they lie in is no one else's matter.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as record from "../../firmware/wire/record.ts";
import * as counters from "../../host/device/counters.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const open = (more: Partial<Options> = {}): Fleet =>
  new Fleet({ n: 4, seed: 1, engine: "v8", wasm, traffic: 4, senses: "nothing", ...more });

const counted = (fleet: Fleet, i: number): counters.Counters => counters.read(fleet.device(i).memory()!);
const told = (fleet: Fleet): string => fleet.violations.map(({ rule, sentence }) => `${rule}: ${sentence}`).join("\n");

/** Runs on until every device is so many blocks further. */
function go(fleet: Fleet, blocks: number): void {
  const lowest = (): number => Math.min(...fleet.watch.status.map(({ height }) => height));
  const to = lowest() + blocks;
  assert.ok(
    fleet.run(() => lowest() >= to, fleet.nowMs + 120_000),
    `height ${to} is reached\n${told(fleet)}`,
  );
  assert.is(told(fleet), "");
}

/** What each device does over so many blocks. */
function over(fleet: Fleet, blocks: number): counters.Counters[] {
  const before = fleet.stations.map((_, i) => counted(fleet, i));
  go(fleet, blocks);
  return before.map((b, i) => counters.grown(b, counted(fleet, i)));
}

test("tables are made once, soon, by every device for every key; then nothing is verified without", () => {
  for (const n of [4, 7, 20]) {
    const fleet = open({ n });
    go(fleet, 5);
    for (const { index } of fleet.stations) assert.is(counted(fleet, index).preparations, n);
    for (const { verified, prepared, preparations } of over(fleet, 10)) {
      assert.ok(verified > 10);
      assert.is(prepared, verified, "votes, proposals and payments of validators");
      assert.is(preparations, 0);
    }
    fleet.close();
  }
});

test("after a restart they are read back, not made", () => {
  const fleet = open();
  go(fleet, 5);
  fleet.device(2).kill();
  fleet.device(2).restart();
  go(fleet, 10);
  const { preparations, prepared, verified } = counted(fleet, 2);
  assert.is(preparations, 0);
  assert.ok(prepared > 0 && prepared >= verified - 20, `${prepared} of ${verified}`);
  fleet.close();
});

test("a cell whose boards have no room for tables decides as others do", () => {
  const fleet = open({ tables: false });
  go(fleet, 10);
  for (const { preparations, prepared, verified } of over(fleet, 10)) {
    assert.equal([preparations, prepared], [0, 0]);
    assert.ok(verified > 10);
  }
  fleet.close();
});

test("tables that rot in the middle of work harm nobody and are made anew; other devices keep theirs", () => {
  for (const fill of [0x00, 0xff, 0x5a]) {
    const fleet = open();
    go(fleet, 5);
    const flash = fleet.device(1).flash(record.REGION_KEYS);
    for (let i = 0; i < 4; i++) flash.fill(fill, 4096 * i + 500, 4096 * i + 3000);
    const [before, beside] = [1, 2].map((i) => counted(fleet, i));
    go(fleet, 20);
    const after = counters.grown(before, counted(fleet, 1));
    assert.ok(after.preparations >= 2 && after.preparations <= 4, `${after.preparations} made anew`);
    assert.is(after.refused, 0, "nobody is called a forger");
    assert.is(counters.grown(beside, counted(fleet, 2)).preparations, 0);
    fleet.close();
  }
});

test.run();

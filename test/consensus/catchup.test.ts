// A device that was down comes back to a fleet that does not wait: it must gain on it, and not wear out its flash bus with looking.
//
//   four devices, four payments a second ── device 3 down for 20 s ──> back: how long, how many reads of flash, until it is level?

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Fleet } from "../../host/fleet/fleet.ts";
import * as tape from "../../host/tape/tape.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const DOWN_MS = 20_000;

for (const mtu of [1400, 250])
  test(`after ${DOWN_MS / 1000} s down it is level with a busy fleet again, frames of ${mtu} bytes`, () => {
    const fleet = new Fleet({ n: 4, seed: 3, engine: "v8", wasm, mtu, traffic: 4, record: 3 });
    const member = fleet.device(3);
    fleet.run(5000);
    member.kill();
    fleet.run(5000 + DOWN_MS);
    const before = tape.parse(fleet.recorder!.bytes()).length;
    const [missed, from] = [fleet.watch.stats.height - member.status.height, fleet.nowMs];
    assert.ok(missed > 60, `${missed} blocks were missed: too few to say anything`);
    member.restart();
    const level = fleet.run(() => member.status.height >= fleet.watch.stats.height - 1, from + 30_000);
    const blocks = fleet.watch.stats.height;
    const reads = tape
      .parse(fleet.recorder!.bytes())
      .slice(before)
      .filter(({ type }) => type === tape.READ).length;
    fleet.close();
    const ms = Math.round(fleet.nowMs - from);
    console.log(`note: ${missed} blocks behind: level after ${ms} ms at height ${blocks}, ${reads} reads of flash`);
    assert.ok(level, `30 s later it is at ${member.status.height} of ${blocks}`);
    // Recovery reads each record of the log a few times; each block after that costs a few reads, never a search of the log.
    assert.ok(reads < 20_000, `${reads} reads of flash`);
  });

test("what a restarted device says of itself is a view that it may be in", () => {
  const fleet = new Fleet({ n: 4, seed: 5, engine: "v8", wasm });
  const views: number[] = [];
  fleet.on(({ device: which, said }) => {
    if (which === 2 && said.what === "event" && said.event.kind === "recovered") views.push(said.event.view);
  });
  fleet.run(6000);
  const { view } = fleet.device(2).status;
  fleet.device(2).kill();
  fleet.device(2).restart();
  fleet.run(6100);
  fleet.close();
  assert.is(views[0], 1);
  assert.ok(views[1] > 1 && views[1] <= view, `${views[1]}, was in ${view}`);
});

test.run();

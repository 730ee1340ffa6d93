// Power goes and comes back: what a cell promises to whoever owns it, told as they would see it, on the device that ships.
//
// Each story is one run of the simulator in fair weather, with its invariants checked after every event. SYNOD_SEED=n tells other ones.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as record from "../../firmware/wire/record.ts";
import * as request from "../../firmware/wire/request.ts";
import { hex, u32 } from "../../host/device/bytes.ts";
import type { DeviceEvent } from "../../host/device/event.ts";
import { REGIONS } from "../../host/fleet/flash.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const seed = Number(process.env.SYNOD_SEED ?? 1);
const open = (more: Partial<Options> = {}): Fleet => new Fleet({ n: 4, seed, engine: "v8", wasm, ...more });

const heights = (fleet: Fleet): number[] => fleet.watch.status.map(({ height }) => height);
const told = (fleet: Fleet): string => fleet.violations.map(({ rule, sentence }) => `${rule}: ${sentence}`).join("\n");

/** Runs on until something holds, within this much more virtual time. */
function until(fleet: Fleet, what: string, holds: () => boolean, withinMs = 60_000): void {
  assert.ok(
    fleet.run(holds, fleet.nowMs + withinMs),
    `${what}: not within ${withinMs} ms; heights ${heights(fleet).join(" ")}\n${told(fleet)}`,
  );
}

/** Events of one device from now on. */
function listen(fleet: Fleet, of: number): DeviceEvent[] {
  const heard: DeviceEvent[] = [];
  fleet.on(({ device: i, said }) => {
    if (i === of && said.what === "event") heard.push(said.event);
  });
  return heard;
}

/** Executed height and state root, as the device itself says. */
function state(fleet: Fleet, of: number): { executed: number; root: string } {
  const heard = listen(fleet, of);
  assert.is(fleet.device(of).request(Uint8Array.of(request.STATUS)), 0);
  for (const e of heard) if (e.kind === "answer") return { executed: u32(e.bytes, 16), root: hex(e.bytes, 24, 56) };
  throw new Error("no answer to STATUS");
}

/** A payment by device `from` becomes final at every device. */
function pays(fleet: Fleet, from: number): void {
  const id = fleet.device(from).pay((from + 1) % fleet.n, 1n);
  assert.type(id, "string", `the payment was refused: ${id}`);
  const followed = fleet.watch.follow(id as string);
  until(fleet, "a payment is final everywhere", () => followed.devices.size === fleet.n);
  assert.is(followed.reason, 0, "and took effect");
}

test("one device of four is killed: the others go on; it comes back: it catches up and votes again", () => {
  const fleet = open({ traffic: 2 });
  fleet.run(4000);
  fleet.device(2).kill();
  const [before] = heights(fleet);
  until(fleet, "three go on", () => fleet.watch.stats.height >= before + 20);
  fleet.device(2).restart();
  until(fleet, "it catches up", () => heights(fleet)[2] >= fleet.watch.stats.height);
  const heard = listen(fleet, 2);
  pays(fleet, 2);
  assert.ok(
    heard.some((e) => e.kind === "voted"),
    "it votes",
  );
  assert.is(told(fleet), "");
  fleet.close();
});

test("the power fails everywhere, in the middle of work: all come back, nothing final is lost, a payment goes through", () => {
  const fleet = open({ traffic: 4 });
  for (let time = 1; time <= 5; time++) {
    fleet.run(fleet.nowMs + 2000 + 37 * time);
    const before = heights(fleet);
    for (const { index } of fleet.stations) fleet.device(index).kill();
    fleet.run(fleet.nowMs + 500);
    for (const { index } of fleet.stations) fleet.device(index).restart(50 * index);
    fleet.run(fleet.nowMs + 250);
    for (const [i, height] of heights(fleet).entries()) assert.ok(height >= before[i], `device ${i} forgot a block`);
  }
  pays(fleet, 0);
  assert.is(told(fleet), "");
  fleet.close();
});

test("a device whose journal decayed only observes, for it may have promised anything; the others go on, and it follows", () => {
  const fleet = open({ traffic: 2, stopOnViolation: false });
  fleet.run(4000);
  fleet.device(1).kill();
  const { size, sector } = REGIONS[record.REGION_JOURNAL];
  const journal = fleet.device(1).flash(record.REGION_JOURNAL);
  for (let at = 0; at < size; at += sector) if (journal[at] !== 0xff) journal.fill(0, at + 64, at + 128);
  const heard = listen(fleet, 1);
  fleet.device(1).restart();
  const before = fleet.watch.stats.height;
  until(fleet, "the others go on", () => fleet.watch.stats.height >= before + 20);
  until(fleet, "it follows", () => heights(fleet)[1] >= before + 20);
  assert.ok(
    heard.some((e) => e.kind === "recovered" && e.observer),
    "it says so",
  );
  assert.not.ok(
    heard.some((e) => e.kind === "voted"),
    "it never votes",
  );
  assert.equal(
    fleet.violations.map(({ rule, device: i }) => `${rule} ${i}`),
    ["recovery 1"],
    "the checker sees it, and nothing else",
  );
  fleet.close();
});

for (const viewsPerLeader of [1, 4]) {
  test(`the leader is killed, ${viewsPerLeader} views before the next: at most that many views are lost`, () => {
    const fleet = open({ traffic: 2, viewsPerLeader });
    const leaderOf = (view: number): number => Math.floor(view / viewsPerLeader) % fleet.n;
    fleet.run(4000);
    // as a new leader's turn begins, with all of it to lose
    const viewOf = (): number => Math.max(...fleet.watch.status.map(({ view }) => view));
    const start = viewOf();
    until(fleet, "a new leader", () => viewOf() > start && viewOf() % viewsPerLeader === 0);
    const view = viewOf();
    const leader = leaderOf(view);
    fleet.device(leader).kill();
    const heard = listen(fleet, (leader + 1) % fleet.n);
    type Commit = Extract<DeviceEvent, { kind: "commit" }>;
    const next = (): Commit | undefined => heard.find((e): e is Commit => e.kind === "commit" && e.view > view);
    until(fleet, "the next leader commits", () => next() !== undefined);
    const { view: of, proposer } = next()!;
    assert.is.not(proposer, leader);
    assert.ok(of - view <= viewsPerLeader, `killed in view ${view}; the next block is of view ${of}`);
    assert.is(told(fleet), "");
    fleet.close();
  });
}

test("a device that wakes up alone after forty blocks has the state it had: its snapshot, and the blocks since run again", () => {
  const fleet = open({ traffic: 4 });
  until(fleet, "more than forty blocks", () => Math.min(...heights(fleet)) > 40);
  fleet.partition([[0, 1, 2]]); // device 3 hears nobody: what it knows is in its flash
  fleet.run(fleet.nowMs + 2000);
  const before = state(fleet, 3);
  assert.ok(before.executed > 40);
  fleet.device(3).kill();
  const heard = listen(fleet, 3);
  fleet.device(3).restart();
  until(fleet, "it is done", () => state(fleet, 3).executed === before.executed);
  assert.is(state(fleet, 3).root, before.root);
  const again = heard.flatMap((e) => (e.kind === "executed" ? [e.height] : []));
  assert.equal(
    again,
    Array.from({ length: before.executed - 32 }, (_, i) => 33 + i),
    "from the snapshot at 32 on",
  );
  fleet.heal();
  until(fleet, "it catches up", () => heights(fleet)[3] >= fleet.watch.stats.height);
  assert.is(told(fleet), "");
  fleet.close();
});

test("a cell that comes back from a snapshot hands the snapshot's own block to the one that missed it", () => {
  // blocks come one a heartbeat, so that the cell can stop just where a snapshot was taken: at height 32
  const fleet = open({ heartbeatMs: 2000, senses: "nothing" });
  until(fleet, "one block before the snapshot", () => heights(fleet)[3] === 31, 200_000);
  fleet.device(3).kill();
  const others = [0, 1, 2];
  until(fleet, "the others reach it", () => others.every((i) => heights(fleet)[i] === 32), 60_000);
  fleet.run(fleet.nowMs + 200); // the snapshot takes some calls
  assert.equal(
    others.map((i) => heights(fleet)[i]),
    [32, 32, 32],
  );
  for (const i of others) fleet.device(i).kill();
  for (const i of [0, 1, 3]) fleet.device(i).restart(); // with one for good away, all three are needed
  until(fleet, "they go on", () => [0, 1, 3].every((i) => heights(fleet)[i] > 33), 120_000);
  assert.is(told(fleet), "");
  fleet.close();
});

test.run();

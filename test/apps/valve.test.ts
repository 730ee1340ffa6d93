// The valve as its user meets it: on recorded temperatures it opens and closes by its rule and no other, what it did stands in the
// ledger, signed, with the limits that made it do so; limits are set by a command, and no command breaks it.
//
// What it should do is said by a model over the recording; what it did is read from another device's flash.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as record from "../../firmware/wire/record.ts";
import * as requests from "../../firmware/wire/request.ts";
import * as client from "../../host/client/client.ts";
import * as block from "../../host/device/block.ts";
import { fromHex } from "../../host/device/bytes.ts";
import type { Engine } from "../../host/device/device.ts";
import "../../host/device/wasm3.ts"; // makes the engine known
import { Fleet } from "../../host/fleet/fleet.ts";
import * as recording from "../../host/sensor/recording.ts";
import * as words from "../../host/wire/words.ts";
import { buildFirmware, root } from "../../tools/build.mjs";
import { ABI, emitted, exportedNames, halNames } from "../../tools/tidy/emitted.ts";
import { numbers } from "../wire/twin.ts";

if (!process.env.SYNOD_BUILT) await buildFirmware(["valve"]);
const wasm = new Uint8Array(readFileSync(join(root, "build/valve.wasm")));

const [SIZE, RANGE, GAP] = [200, 201, 202];
const DEFAULT = { openAt: 30_000, closeAt: 28_500 };
const EVENT = 2_330; // the recording labels an event from the 13th reading on

interface Deed {
  readonly atMs: number;
  readonly value: number;
}

/** A fleet on the recording, with what its devices sensed and how they set their actuator. */
function valves(options: { n?: number; engine?: Engine; from?: number; intervalMs?: number } = {}) {
  const { n = 4, engine = "v8", from = EVENT, intervalMs = 1000 } = options;
  const fleet = new Fleet({ n, seed: 7, engine, wasm, senses: { recording: { from, intervalMs } } });
  const acts: Deed[][] = Array.from({ length: n }, () => []);
  const sensed: Deed[][] = Array.from({ length: n }, () => []);
  const blocks: { height: number; txs: Uint8Array[] }[] = [];
  fleet.on(({ timeMs, device, said }) => {
    if (said.what === "act") acts[device].push({ atMs: timeMs, value: Number(said.value) });
    if (said.what !== "event") return;
    const { event } = said;
    if (event.kind === "reading") sensed[device].push({ atMs: timeMs, value: Number(event.value) });
    if (event.kind !== "commit" || device !== 1) return; // device 1 is the witness
    const found = block.read(fleet.device(1).flash(record.REGION_BLOCKS), fromHex(event.digest));
    if (found !== null) blocks.push({ height: event.height, txs: block.transactions(found) });
  });
  /** Readings of a device in the blocks that device 1 committed, in order; each signature is checked. */
  const committed = (device: number): client.Reading[] =>
    blocks
      .sort((a, b) => a.height - b.height)
      .flatMap(({ txs }) => txs.map(client.parse))
      .filter(({ kid }) => Buffer.from(kid).toString("hex") === fleet.device(device).kid)
      .flatMap((tx) => {
        assert.ok(client.verify(tx, fromHex(fleet.device(device).publicKey)), "signed by the device itself");
        return tx.readings;
      });
  return { fleet, acts, sensed, committed };
}

/** The rule, said again: how a valve turns on these temperatures, each turn at the time of the reading that calls for it. */
function rule(sensed: Deed[], { openAt, closeAt } = DEFAULT): Deed[] {
  let position = 0;
  return sensed.flatMap(({ atMs, value }) => {
    const next = value >= openAt ? 1000 : value <= closeAt ? 0 : position;
    if (next === position) return [];
    position = next;
    return [{ atMs, value: next }];
  });
}

const command = (...bytes: number[]): Uint8Array => Uint8Array.of(requests.COMMAND, ...bytes);

function limits(openAt: number, closeAt: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setInt32(0, openAt, true);
  bytes.setInt32(4, closeAt, true);
  return command(...new Uint8Array(bytes.buffer));
}

/** How it turned: a start sets the actuator to 0, which is no turn. */
const turns = (deeds: Deed[]): Deed[] => deeds.filter(({ value }, i) => i > 0 && value !== deeds[i - 1].value);
const positions = (deeds: Deed[]): number[] => turns(deeds).map(({ value }) => value);
const named = (readings: client.Reading[], name: string): number[] =>
  readings.filter((each) => each.name === name).map(({ value }) => Number(value));

test("on the recorded event it opens at the upper limit and closes at the lower one; where nothing happens it stays closed", () => {
  const { fleet, acts, sensed } = valves();
  assert.ok(fleet.run(60_000));
  const motes = recording.load();
  for (const device of [0, 1, 2, 3]) {
    const values = sensed[device].map(({ value }) => value);
    assert.ok(values.length > 55, `${values.length} readings in a minute`);
    const known = [...motes[device].temperature.slice(EVENT, EVENT + 62)];
    assert.ok(known.join(" ").includes(values.join(" ")), "what it senses is what was recorded");
    assert.equal(turns(acts[device]), rule(sensed[device]), `device ${device}`);
  }
  assert.equal(positions(acts[0]), [1000, 0]); // 28.4 -> 36.4 degrees, up to 56.6, and down to 28.49
  assert.equal(positions(acts[1]), []);
  assert.equal(positions(acts[2]), []);
  assert.equal(positions(acts[3]), [1000, 0]);
  fleet.close();
});

test("between the limits it stays as it is: noise around one limit turns it once", () => {
  const wander = { openAt: 27_560, closeAt: 27_040 };
  const { fleet, acts, sensed } = valves({ n: 4 });
  fleet.run(1500);
  for (const device of [0, 1, 2, 3]) assert.is(fleet.device(device).request(limits(wander.openAt, wander.closeAt)), 0);
  fleet.run(60_000);
  const after = sensed[1].filter(({ atMs }) => atMs > 1500).map(({ value }) => value);
  const crossings = after.filter((value, i) => i > 0 && value >= wander.openAt !== after[i - 1] >= wander.openAt);
  assert.ok(crossings.length >= 8, `the temperature crosses the limit ${crossings.length} times`);
  assert.equal(positions(acts[1]), [1000]);
  for (const device of [0, 1, 2, 3]) {
    const since = sensed[device].filter(({ atMs }) => atMs > 1500);
    assert.equal(turns(acts[device]), rule(since, wander), `device ${device}`);
  }
  fleet.close();
});

test("what it sensed and did is in the ledger, signed, with the limits by which it did so", () => {
  const { fleet, acts, sensed, committed } = valves();
  assert.ok(fleet.run(60_000));
  for (const device of [0, 3]) {
    const all = committed(device);
    const temperatures = named(all, "temp");
    const values = sensed[device].map(({ value }) => value);
    assert.ok(temperatures.length > 50, `${temperatures.length} temperatures are final`);
    assert.equal(temperatures, values.slice(0, temperatures.length), "none is lost, invented or moved");
    assert.equal(named(all, "valve"), [0, ...positions(acts[device])]);
    assert.equal(named(all, "openAt"), [30_000, 30_000, 30_000]);
    assert.equal(named(all, "closeAt"), [28_500, 28_500, 28_500]);
    const open = all.findIndex(({ name, value }) => name === "valve" && value === 1000n);
    assert.ok(Number(all[open - 1].value) >= 30_000, "the temperature that opened it stands before it");
    assert.equal([all[open].unit, all[open - 1].unit], ["m/", "mCel"]);
  }
  assert.equal(named(committed(1), "valve"), [0]);
  fleet.close();
});

test("cut off from all others it acts all the same, and when they hear it again the ledger learns how it stands", () => {
  const { fleet, acts, sensed, committed } = valves();
  fleet.run(3000);
  fleet.partition([[0], [1, 2, 3]]);
  fleet.run(30_000);
  assert.equal(turns(acts[0]), rule(sensed[0]));
  assert.equal(positions(acts[0]), [1000], "it opened alone");
  assert.equal(named(committed(0), "valve"), [0]);
  fleet.heal();
  fleet.run(60_000);
  assert.equal([...new Set(named(committed(0), "valve"))], [0, 1000]);
  assert.is(named(committed(0), "valve").at(-1), 0, "and that it closed since");
  assert.equal(fleet.violations, []);
  fleet.close();
});

test("limits are set by a command; they hold until the power goes, and the ledger knows which held when", () => {
  const { fleet, acts, committed } = valves();
  fleet.run(3000);
  assert.equal(positions(acts[2]), []);
  assert.is(fleet.device(2).request(limits(27_000, 20_000)), 0); // it is 27.3 degrees there
  fleet.run(6000);
  assert.equal(positions(acts[2]), [1000]);
  fleet.device(2).kill();
  fleet.device(2).restart(500);
  fleet.run(14_000);
  assert.is(acts[2].at(-1)!.value, 0, "after a start it is closed, by the limits of the firmware");
  const all = committed(2);
  assert.equal([...new Set(named(all, "openAt"))], [30_000, 27_000]);
  assert.equal(named(all, "openAt").at(-1), 30_000);
  assert.equal(named(all, "closeAt").at(-1), 28_500);
  assert.is(named(all, "valve").at(-1), 0);
  fleet.close();
});

test("a command that sets no sound limits is refused by number and changes nothing", () => {
  const { fleet, acts } = valves();
  fleet.run(2000);
  const valve = fleet.device(1);
  const state = (): string => Buffer.from(valve.memory()!.slice(0x310, 0x400)).toString("hex");
  const before = state();
  const cases: [number, string, Uint8Array][] = [
    [SIZE, "nothing", command()],
    [SIZE, "seven bytes", limits(30_000, 20_000).slice(0, 8)],
    [SIZE, "nine bytes", Uint8Array.of(...limits(30_000, 20_000), 0)],
    [SIZE, "as much as a request holds", new Uint8Array(1536).fill(requests.COMMAND)],
    [RANGE, "hotter than the sensor measures", limits(85_001, 20_000)],
    [RANGE, "colder than it measures", limits(30_000, -40_001)],
    [RANGE, "the largest numbers", limits(2 ** 31 - 1, -(2 ** 31))],
    [GAP, "closing above opening", limits(20_000, 30_000)],
    [GAP, "no hysteresis", limits(30_000, 30_000)],
    [GAP, "less than half a degree", limits(30_000, 29_501)],
    [GAP, "as far apart as can be, the wrong way", limits(-(2 ** 31), 2 ** 31 - 1)],
    [GAP, "a difference that is large in 32 bits", limits(-(2 ** 31), 100)],
  ];
  for (const [reason, what, bytes] of cases) {
    assert.is(valve.request(bytes), reason, what);
    assert.is(state().slice(48), before.slice(48), what); // all but its clocks
  }
  for (const reason of [SIZE, RANGE, GAP]) assert.match(words.reason(reason), /the application's own/);
  const next = numbers(3);
  let taken = 0;
  for (let i = 0; i < 3000; i++) {
    const [openAt, closeAt] = [next() % 140_000, next() % 140_000].map((each) => each - 50_000);
    const cut = i % 10 === 0 ? next() % 9 : 9;
    const reason = cut < 9 ? SIZE : openAt > 85_000 || closeAt < -40_000 ? RANGE : openAt - closeAt < 500 ? GAP : 0;
    assert.is(valve.request(limits(openAt, closeAt).slice(0, cut || 1)), reason, `${openAt} ${closeAt} ${cut}`);
    if (reason === 0) taken++;
  }
  assert.ok(taken > 300, `${taken} sound ones were taken`);
  assert.is(valve.request(limits(30_000, 29_500)), 0, "half a degree is enough");
  assert.is(valve.request(limits(85_000, -40_000)), 0);
  const { height } = fleet.watch.stats;
  fleet.run(8000);
  assert.ok(fleet.watch.stats.height > height + 2, "the cell goes on");
  assert.is(fleet.watch.stats.traps, 0);
  assert.equal(fleet.violations, []);
  assert.equal(positions(acts[0]), []);
  fleet.close();
});

test("a valve that hears nothing of its sensor for half a minute closes", () => {
  const { fleet, acts, sensed } = valves({ from: EVENT + 17, intervalMs: 60_000 }); // 36.4, then 41.5 degrees a minute later
  fleet.run(90_000);
  const [opened, closed, again] = acts[0].filter(({ atMs }, i) => i > 0 && atMs > sensed[0][0].atMs - 1);
  assert.equal([opened.value, closed.value, again.value], [1000, 0, 1000]);
  const blindMs = closed.atMs - opened.atMs;
  assert.ok(blindMs > 30_000 && blindMs < 32_500, `${blindMs} ms`);
  fleet.close();
});

test("a valve computes the same in wasm3 and in V8", () => {
  const hashes = (["v8", "wasm3"] as const).map((engine) => {
    const { fleet } = valves({ engine });
    fleet.run(1000);
    fleet.device(3).request(limits(27_690, 27_100));
    fleet.run(5000);
    const { traceHash } = fleet;
    fleet.close();
    return traceHash;
  });
  assert.is(hashes[0], hashes[1]);
});

test("its module keeps the promises of every device module", () => {
  const source = (path: string) => ({ path, text: readFileSync(join(root, path), "utf8") });
  const abi = exportedNames(source("firmware/index.ts")).filter((name) => ABI.includes(name));
  assert.equal(emitted(source("build/valve.wat"), abi, halNames(source("firmware/hal.ts"))), []);
  console.log(
    `note: valve.wasm ${wasm.length} bytes, ${readFileSync(join(root, "build/device.wasm")).length} for the meter`,
  );
});

test.run();

// What the page says of a fleet is what the fleet says of itself, now and at any earlier moment.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as counters from "../../host/device/counters.ts";
import * as node from "../../host/device/bytes.ts";
import * as browser from "../../host/dashboard/bytes.ts";
import { Sandbox as BrowserSandbox } from "../../host/dashboard/sandbox.ts";
import { Sandbox, type Owner } from "../../host/device/sandbox.ts";
import { Flights } from "../../host/dashboard/flights.ts";
import { Mark } from "../../host/dashboard/history.ts";
import * as label from "../../host/dashboard/label.ts";
import { Model } from "../../host/dashboard/model.ts";
import * as probe from "../../host/dashboard/probe.ts";
import * as states from "../../host/dashboard/state.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import * as recording from "../../host/sensor/recording.ts";
import * as tapes from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as page from "../../host/tape/page.ts";
import * as map from "../../host/wire/map.ts";
import { mapTarget, regions } from "../../tools/abi.mjs";
import { readFileSync } from "node:fs";
import { device, member } from "../fleet/wasm.ts";
import * as run from "./run.ts";

const lived = await run.start(4, 11);
run.live(lived);
const { fleet, log } = lived;
const all = run.records(log);
const header = log.header!;

/** A model of the records up to a time. */
function until(us: number, limits = {}): Model {
  const model = new Model(header, limits);
  for (const { type, payload } of all) {
    const fact = tapes.decode(type, payload);
    if (fact !== null && "atUs" in fact && fact.atUs > us) continue;
    model.push(type, payload);
  }
  return model;
}

const whole = until(Infinity);
const plain = (state: states.State): states.State => states.copy(state);

test("power, height and view of each device are those of the fleet", () => {
  const state = whole.at(whole.edgeUs);
  state.devices.forEach((device, i) => {
    const { status } = fleet.watch;
    assert.is(device.up, fleet.device(i).up, `device ${i} up`);
    assert.is(device.height, status[i].height, `height of device ${i}`);
    assert.is(device.executed, status[i].executed, `executed height of device ${i}`);
    assert.is(device.view, status[i].view, `view of device ${i}`);
  });
  assert.is(state.height, fleet.watch.stats.height);
  assert.is(state.violations, fleet.violations.length);
  assert.is(state.supply, 4_000_000n);
});

test("frames and bytes on the air are those that the fleet counted", () => {
  const state = whole.at(whole.edgeUs);
  assert.is(state.frames, fleet.watch.stats.frames);
  assert.is(state.bytes, fleet.watch.stats.bytesOnAir);
  let bytes = 0;
  for (let second = 0; second <= whole.edgeUs / 1e6; second++) bytes += whole.history.bytes.of(second);
  assert.is(bytes, state.bytes, "the sums per second add up to them");
});

test("the fleet at a time is that of a page which saw nothing later, wherever one comes from", () => {
  const times = Array.from({ length: 24 }, (_, i) => (((i * 7919) % 24) / 24) * whole.edgeUs); // forward and back
  for (let p = 100; p < whole.store.next; p += 997) times.push(whole.store.atUs(p)); // and just when something happens
  for (const us of times) assert.equal(plain(whole.at(us)), plain(until(us).at(us)), `at ${us} us`);
});

test("a death, a split and what else was done stand at their time", () => {
  const at = (ms: number): states.State => plain(whole.at(ms * 1000));
  assert.is(at(2900).devices[1].up, true);
  assert.is(at(3100).devices[1].up, false);
  assert.is(at(3100).devices[1].why, "killed");
  assert.is(at(3100).devices[2].slowMs, 120);
  assert.is(at(5500).devices[1].up, true);
  assert.is(at(5500).devices[2].corrupt, 0.3);
  assert.is(at(6900).split, false);
  assert.equal(at(7100).devices.map((d) => d.side), [1, 1, 2, 2]); // prettier-ignore
  assert.equal(at(9100).devices.map((d) => d.side), [0, 0, 0, 0]); // prettier-ignore
  assert.is(at(9100).deeds, 6);
  const span = whole.history.dark[1].find(({ why }) => why === "killed")!;
  assert.is(Math.round(span.fromUs / 1e5), 30, "the lane is dark from then");
  assert.is(Math.round(span.toUs / 1e5), 50, "to the restart");
});

test("no block became final while neither side had a quorum", () => {
  const inside = whole.history.entries.blocks.filter(({ atUs }) => atUs > 7.4e6 && atUs < 9e6);
  assert.equal(inside.map(({ height }) => height), []); // prettier-ignore
  assert.ok(whole.at(whole.edgeUs).height > whole.at(9e6).height, "it went on after the split was healed");
});

test("each block stands once, with its leader, and is executed where a device said so", () => {
  const { blocks } = whole.history.entries;
  assert.equal(blocks.map(({ height }) => height), blocks.map((_, i) => i + 1)); // prettier-ignore
  for (const { commits, executions, votedUs, atUs, size, txCount, contents } of blocks) {
    assert.ok(votedUs > 0 && votedUs <= atUs, "a vote came before the commit");
    assert.ok(commits.filter((us) => us > 0).length >= 1 && executions.length === 4);
    assert.ok(size >= 128 && contents.length === txCount && contents.every((tx) => tx !== null));
  }
});

test("each transaction's fate is that of its RESULT, and its frames are on the tape", () => {
  let results = 0;
  const first = new Map<string, number>();
  for (const { type, payload } of all) {
    const fact = tapes.decode(type, payload);
    if (fact?.type !== tapes.SAID || fact.kind !== event.RESULT || fact.twin) continue;
    results++;
    const entry = whole.history.entries.all.get(node.hex(fact.bytes, 8, 16))!;
    if (first.has(entry.id) && first.get(entry.id) !== node.u32(fact.bytes, 0)) continue; // in a block for a second time
    first.set(entry.id, node.u32(fact.bytes, 0));
    assert.is(entry.height, node.u32(fact.bytes, 0));
    assert.is(entry.reason, node.u16(fact.bytes, 6));
    assert.ok(entry.executions[fact.device] > 0);
  }
  assert.ok(results > 20, `${results} results`);
  const way = whole.history.entries.list.find(({ hops, by, height }) => hops.length > 0 && by >= 0 && height > 0)!;
  assert.ok(way !== undefined, "the way of a submitted transaction is known");
  assert.ok(way.bytes >= way.hops.reduce((sum, { length }) => sum + length, 0));
});

test("what devices counted stands in the seconds of their keyframes, and restarts count nothing twice", () => {
  for (const name of ["verified", "bytesOut", "flashRecords", "blocksDone"] as const) {
    const sum = Array.from({ length: 20 }, (_, second) => whole.history.counted[name].of(second)).reduce(
      (a, b) => a + b,
    );
    const last = [0, 2, 3].map((i) => counters.read(whole.pages.at(i, whole.edgeUs)!.page)[name]);
    const most = last.reduce((a, b) => a + b);
    assert.ok(sum > 0.7 * most && sum < 1.6 * most, `${name}: ${sum}, of ${most} by the devices that never fell`);
  }
});

test("the module answers about a page of the tape what the fleet's own device says", () => {
  for (let i = 0; i < 4; i++) {
    const kept = whole.pages.at(i, whole.edgeUs)!;
    const status = probe.status(whole.module(i)!, kept.page)!;
    const then = whole.at(kept.atUs).devices[i];
    assert.is(status.finalHeight, then.height, `height of device ${i}`);
    assert.is(status.view, then.view, `view of device ${i}`);
    assert.is(status.me, i);
    assert.is(probe.account(whole.module(i)!, kept.page, header.kids[i])!.found, true);
  }
});

test("the page of memory at a time is the one that the fleet's keyframes gave", () => {
  const model = new Model(header);
  const now: Uint8Array[] = [];
  const kept: [device: number, us: number, page: Uint8Array][] = [];
  for (const { type, payload } of all) {
    model.push(type, payload);
    const fact = tapes.decode(type, payload);
    if (fact?.type !== tapes.PAGE || fact.twin) continue;
    if (fact.whole) now[fact.device] = new Uint8Array(65536);
    page.apply(now[fact.device], fact.runs);
    kept.push([fact.device, fact.atUs, now[fact.device].slice()]);
  }
  assert.ok(kept.length > 30, `${kept.length} keyframes`);
  for (const [device, us, bytes] of kept)
    assert.equal(model.pages.at(device, us)!.page, bytes, `device ${device}, ${us} us`);
});

test("a device that comes back stands where it recovered, not where it was", () => {
  const state = states.create(2);
  const said = { type: tapes.SAID, atUs: 5, device: 1, twin: false } as const;
  const bytes = new Uint8Array(16);
  [9, 8, 12, 1].forEach((value, i) => node.putU32(bytes, 4 * i, value));
  states.apply(state, { ...said, kind: event.RECOVERED, bytes });
  const { height, executed, view, observer, up } = state.devices[1];
  assert.equal(
    { height, executed, view, observer, up },
    { height: 9, executed: 8, view: 12, observer: true, up: true },
  );
});

test("memory is bounded: the oldest goes, and what is left says the same", () => {
  const bounded = until(Infinity, { records: 2 * 1024 * 1024, pages: 512 * 1024 });
  const tiny = new Model(header, { records: 1, pages: 512 * 1024 });
  for (let round = 0; round < 2; round++) for (const { type, payload } of all) tiny.push(type, payload);
  for (const part of [0, 0.3, 0.9, 1]) {
    const us = bounded.fromUs + (bounded.edgeUs - bounded.fromUs) * part;
    assert.equal(plain(bounded.at(us)), plain(whole.at(us)));
  }
  assert.ok(
    tiny.at(tiny.fromUs).devices.length === 4 && tiny.at(0).devices.length === 4,
    "a time before all that is kept",
  );
});

test("a page that comes late, to a tape whose beginning was dropped, shows the same fleet", async () => {
  const other = await run.start(4, 3, 700_000);
  const come = (): Model => {
    const late = new Model(other.log.header!);
    for (const { type, payload } of run.records(other.log)) late.push(type, payload);
    return late;
  };
  const gap = (): boolean => run.records(other.log).some(({ type }) => type === tapes.GAP);
  const known = (late: Model): boolean => late.header.kids.every((_, i) => late.pages.at(i, late.edgeUs) !== null);
  let late = come();
  // whole pages come with the first keyframe after the gap
  for (let ms = 1500; ms < 60_000 && !(gap() && known(late)); ms += 1000, late = come()) other.fleet.run(ms);
  assert.ok(gap(), "the tape has a gap");
  const state = late.at(late.edgeUs);
  state.devices.forEach((device, i) => {
    assert.is(device.up, true);
    assert.is(device.height, other.fleet.watch.status[i].height);
    assert.ok(probe.status(late.module(i)!, late.pages.at(i, late.edgeUs)!.page) !== null, "its memory can be asked");
  });
  other.fleet.close();
});

test("the flights at a moment are the arrivals on the tape around it, seen first or on the way", () => {
  const flights = new Flights();
  const LEAST = 100_000;
  let drawn = 0;
  for (let us = 2e6; us < 6e6; us += 130_000) {
    let expected = 0;
    for (const { type, payload } of all) {
      const fact = tapes.decode(type, payload);
      if (fact?.type !== tapes.SENT || fact.atUs > us) continue;
      expected += fact.arrivals.filter(({ delayUs }) => fact.atUs + Math.max(delayUs ?? 0, LEAST) >= us).length;
    }
    const list = flights.at(whole, us, LEAST);
    assert.is(list.length, expected, `at ${us} us`);
    assert.is(new Flights().at(whole, us, LEAST).length, expected, `at ${us} us, seen first`);
    drawn += expected;
  }
  assert.ok(drawn > 100, `${drawn} flights`);
});

test("marks of the lanes are in order and of this fleet's views", () => {
  for (const { at, kind, value } of whole.history.marks) {
    assert.ok(at.every((us, i) => i === 0 || us >= at[i - 1]));
    assert.ok(kind.includes(Mark.commit) && kind.includes(Mark.notarize));
    assert.ok(value.every((v) => v >= 0));
  }
});

test("labelled events are those of the recording", () => {
  const pace = label.pace(header)!;
  assert.equal(pace, { from: 2330, intervalMs: 500 });
  for (let device = 0; device < 5; device++)
    for (let ms = 0; ms < 12_000_000; ms += ms < 80_000 ? 250 : 4_100) {
      const expected = device < recording.MOTES && recording.at(device, ms, pace).event;
      assert.is(label.labelled(device, ms * 1000, pace), expected, `device ${device}, ${ms} ms`);
    }
});

test("a value far from the median of those before it is an anomaly, noise is not", () => {
  const noise = Array.from({ length: 60 }, (_, i) => 20 + 0.05 * Math.sin(i * 12.9898));
  assert.not.ok(label.anomalies(noise).includes(true));
  noise[40] = 26;
  assert.equal(label.anomalies(noise).flatMap((odd, i) => (odd ? [i] : [])), [40]); // prettier-ignore
});

test("members stand behind the devices that vote: what they trust, their frames, and no vote", async () => {
  const tape = new Log();
  const of = {
    n: 3,
    members: 2,
    memberWasm: await member(),
    wasm: await device(),
    engine: "v8" as const,
    seed: 5,
    traffic: 2,
  };
  const cell = new Fleet({ ...of, log: tape });
  cell.run(6000);
  cell.do({ do: "kill", device: 4 });
  cell.run(8000);
  const model = new Model(tape.header!);
  for (const { type, payload } of run.records(tape)) model.push(type, payload);
  const { devices } = model.at(model.edgeUs);
  assert.is(model.n, 5);
  assert.equal(devices.map((d) => d.member), [false, false, false, true, true]); // prettier-ignore
  assert.ok(devices[3].height >= 3, `it trusts height ${devices[3].height}`);
  assert.is(devices[3].height, cell.watch.status[3].height);
  assert.ok(devices[3].frames > 0);
  assert.equal(devices.map((d) => states.word(d, 0)).slice(2), ["up", "member", "killed"]);
  const kinds = new Set(model.history.marks[3].kind);
  assert.equal([...kinds].sort(), [Mark.certificate, Mark.start].sort()); // prettier-ignore
  assert.is(model.pages.at(3, model.edgeUs), null, "the page keeps no memory of another shape");
  assert.is(model.history.entries.blocks.at(-1)?.commits.length, 3);
  cell.close();
});

test("the browser's bytes.ts does what Node's does", () => {
  assert.equal(Object.keys(browser).sort(), Object.keys(node).sort());
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 197 + 13) & 255);
  assert.is(browser.hex(bytes), node.hex(bytes));
  assert.is(browser.hex(bytes, 3, 9), node.hex(bytes, 3, 9));
  assert.is(browser.latin1(bytes, 2, 280), node.latin1(bytes, 2, 280));
  assert.equal(browser.fromLatin1(node.latin1(bytes, 0, 300)), node.fromLatin1(node.latin1(bytes, 0, 300)));
  assert.equal(browser.fromHex(node.hex(bytes)), node.fromHex(node.hex(bytes)));
  assert.is(browser.crc32(bytes), node.crc32(bytes));
  assert.is(browser.u64(bytes, 5), node.u64(bytes, 5));
  const [a, b] = [new Uint8Array(16), new Uint8Array(16)];
  browser.putU64(a, 3, 0xfedcba9876543210n);
  node.putU64(b, 3, 0xfedcba9876543210n);
  assert.equal(a, b);
});

test("a call of a contract ends in the browser as it does in Node where there is no flash", () => {
  const hal = { entropy: () => new Uint8Array(), read: () => null, sense: () => 0n };
  const owner = (): Owner => ({ hal, memory: new Uint8Array(64), exports: { host: () => 0n, hostBuffer: () => 0 } });
  const outcome = (sandbox: { call(...of: [number, number, number, number, number]): bigint }) =>
    [60, 61, -1].map((input) => {
      try {
        return sandbox.call(0, 8, input, 4, 9);
      } catch (error) {
        return String(error);
      }
    });
  assert.equal(outcome(new BrowserSandbox(owner)), outcome(new Sandbox(owner)));
});

test("the map of regions is that of firmware/layout.ts and covers its page without overlap", () => {
  assert.is(readFileSync(mapTarget, "utf8"), regions(), "run: node tools/abi.mjs");
  map.REGIONS.forEach(([name, from, to], i) => {
    assert.ok(from < to && (i === 0 || from >= map.REGIONS[i - 1][2]), name);
  });
  assert.is(map.REGIONS.at(-1)![2], 0x10000);
});

test.run();

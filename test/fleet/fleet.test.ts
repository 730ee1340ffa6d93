// The simulator itself, with devices that agree on nothing (fixture/beeper.ts): does it do what it says, and only that?

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as request from "../../firmware/wire/request.ts";
import { FAULTS, NAMES, parse, type Fault } from "../../host/fleet/faults.ts";
import { Fleet, type Options } from "../../host/fleet/fleet.ts";
import type { FleetEvent } from "../../host/fleet/watch.ts";
import { fixture } from "./wasm.ts";

const wasm = await fixture("beeper");

const fleet = (more: Partial<Options> = {}): Fleet => new Fleet({ n: 4, seed: 1, engine: "v8", wasm, ...more });

/** The numbers heard, by receiver, in order of arrival; damaged frames are left out. */
function heard(f: Fleet): Map<string, number[]> {
  const all = new Map<string, number[]>();
  f.on(({ device, said }: FleetEvent) => {
    if (said.what !== "event" || said.event.kind !== "unknown" || said.event.number !== 100) return;
    const { bytes } = said.event;
    if (bytes.length !== 32 || bytes[0] !== 0xaa || bytes.subarray(8).some((b) => b !== 0)) return;
    const key = `${device}`;
    const number = bytes[4] | (bytes[5] << 8) | (bytes[6] << 16);
    all.set(key, [...(all.get(key) ?? []), number]);
  });
  return all;
}

test("one seed gives one trace hash, another seed another", () => {
  const hash = (seed: number): string => {
    const f = fleet({ seed, faults: NAMES, villains: [{ device: 2, kind: "equivocator" }] });
    f.run(4000);
    f.close();
    return f.traceHash;
  };
  assert.is(hash(1), hash(1));
  assert.is.not(hash(1), hash(2));
});

test("without faults every beep reaches every other device, once and in order", () => {
  const f = fleet();
  f.run(1000); // everybody is up
  const sent = f.watch.stats.frames;
  const all = heard(f);
  f.run(4000);
  const beeps = f.watch.stats.frames - sent;
  assert.ok(beeps > 4 * 55, `${beeps} beeps in three seconds`);
  const total = [...all.values()].reduce((sum, numbers) => sum + numbers.length, 0);
  assert.ok(Math.abs(total - 3 * beeps) <= 12, `${total} heard of ${beeps} sent to three each`);
  assert.ok(
    Object.values(f.coverage).every((n) => n === 0),
    "no fault was on",
  );
  f.close();
});

test("without faults a link keeps order and repeats nothing", () => {
  const f = fleet({ n: 2 });
  const all = heard(f);
  f.run(5000);
  for (const numbers of all.values()) numbers.forEach((number, i) => assert.is(number, numbers[0] + i));
  f.close();
});

/** Runs with some faults and gives the counters. */
function suffer(faults: readonly Fault[], seeds: number, more: Partial<Options> = {}): Record<Fault, number> {
  const sum = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Fault, number>;
  for (let seed = 1; seed <= seeds; seed++) {
    const f = fleet({ seed, faults, ...more });
    f.run(12_000);
    for (const name of NAMES) sum[name] += f.coverage[name];
    assert.equal(f.violations, []);
    f.close();
  }
  return sum;
}

for (const name of NAMES) {
  if (name === "equivocator" || name === "withholder" || name === "stale") continue;
  test(`${name}: its counter rises when it is on, and no other does`, () => {
    const sum = suffer([name], 6);
    assert.ok(sum[name] > 0, `${name} never struck`);
    assert.equal(
      NAMES.filter((other) => other !== name && sum[other] !== 0),
      [],
    );
  });
}

test("withholder and stale: their counters rise when there is such a villain, and no other does", () => {
  for (const kind of ["withholder", "stale"] as const) {
    const sum = suffer([], 3, { villains: [{ device: 1, kind }] });
    assert.ok(sum[kind] > 0, `${kind} did nothing`);
    assert.equal(
      NAMES.filter((other) => other !== kind && sum[other] !== 0),
      [],
    );
  }
});

test("whatever happens to its power, a device never beeps a number twice: it stores before it sends", () => {
  let failures = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const f = fleet({ n: 2, seed, faults: ["torn", "cut", "sitecut", "crash"] });
    const all = heard(f);
    f.run(20_000);
    failures += f.coverage.torn + f.coverage.cut;
    for (const [receiver, numbers] of all) {
      assert.ok(numbers.length > 60, `device ${receiver} heard ${numbers.length} beeps`);
      for (let i = 1; i < numbers.length; i++)
        assert.ok(numbers[i] > numbers[i - 1], `${numbers[i - 1]}, then ${numbers[i]} (seed ${seed})`);
    }
    assert.equal(f.violations, []);
    f.close();
  }
  assert.ok(failures > 24, `${failures} cuts and torn writes`);
});

test("a power cut after k effects lets exactly k happen", () => {
  for (let k = 0; k <= 6; k++) {
    const f = fleet({ n: 2, seed: 3 });
    f.run(600);
    const { stores, frames } = { ...f.watch.stats };
    f.partition([[0], [1]]); // nothing comes in, so each tick has two effects: STORE, SEND
    f.device(1).kill();
    f.device(0).cut(k, null);
    f.run(2000);
    assert.is(f.device(0).up, false);
    assert.is(f.watch.stats.stores - stores, Math.ceil(k / 2), `stores of ${k} effects`);
    assert.is(f.watch.stats.frames - frames, Math.floor(k / 2), `sends of ${k} effects`);
    f.close();
  }
});

test("a frame whose sender loses power while it is on the air is not heard", () => {
  /** The last number that device 0 stored, and the last that device 1 heard. */
  const stop = (how: (f: Fleet) => void): [stored: number, heard: number] => {
    const f = fleet({ n: 2, seed: 3 });
    const all = heard(f);
    f.radio.partition([1, 0], true); // device 0 hears nothing: each of its calls is STORE, SEND
    f.run(800);
    how(f);
    f.run(2000);
    f.close();
    assert.is(f.device(0).up, false);
    return [last(f.device(0).flash(2)), all.get("1")!.at(-1)!];
  };
  const [stored, beforeSend] = stop((f) => f.device(0).cut(1, null));
  assert.is(beforeSend, stored - 1, "stored, not sent");
  assert.equal(
    stop((f) => f.device(0).cut(2, null)),
    [stored, stored - 1],
    "sent, and lost on the air",
  );
  assert.equal(
    stop((f) => f.device(0).cut(4, null)),
    [stored + 1, stored],
    "the one before was out by then",
  );
  const [killed, afterAir] = stop((f) => f.device(0).kill());
  assert.is(afterAir, killed, "all were out");
});

test("a torn write programs its first bytes and nothing behind them", () => {
  for (const bytes of [0, 1, 7, 63]) {
    const f = fleet({ n: 1, seed: 4 });
    f.run(600);
    const before = f.device(0).flash(2).slice();
    f.device(0).tear(0, bytes, null);
    f.run(1000);
    assert.is(f.device(0).up, false);
    const changed = [...f.device(0).flash(2).keys()].filter((i) => f.device(0).flash(2)[i] !== before[i]);
    // 0xff is what erased flash holds: bytes of that value do not show.
    assert.ok(changed.length <= bytes && changed.every((i) => i % 64 < bytes), `${bytes}: ${changed}`);
    if (bytes === 63) assert.ok(changed.length > 50);
    f.close();
  }
});

test("a device that was killed is silent, and goes on where its flash stood", () => {
  const f = fleet({ n: 2, seed: 5 });
  const all = heard(f);
  f.run(1000);
  f.device(0).kill();
  f.run(1050);
  const count = all.get("1")!.length;
  f.run(3000);
  assert.is(all.get("1")!.length, count, "nothing is heard of a dead device");
  f.device(0).restart();
  f.run(4000);
  const numbers = all.get("1")!;
  assert.ok(numbers.length > count + 10);
  assert.is(numbers[count], numbers[count - 1] + 1);
  f.close();
});

test("groups that are split do not hear each other until they are healed", () => {
  const f = fleet({ seed: 6 });
  const seen = new Set<string>();
  f.on(({ device, said }) => {
    if (said.what === "event" && said.event.kind === "unknown") seen.add(`${device}`);
  });
  f.run(500);
  f.partition([[0, 1, 2], [3]]);
  f.run(520); // frames on their way arrive
  seen.clear();
  f.run(1500);
  assert.equal([...seen].sort(), ["0", "1", "2"]);
  f.heal();
  f.run(2000);
  assert.is(seen.has("3"), true);
  f.close();
});

test("clocks that drift show it: fast devices beep more often", () => {
  const f = fleet({ seed: 8, faults: ["drift"] });
  f.run(60_000);
  const [slow, ...rest] = f.stations
    .map(({ rate, flash }) => ({ rate, beeps: last(flash.regions[2]) }))
    .sort((a, b) => a.rate - b.rate);
  const fast = rest.at(-1)!;
  assert.ok(fast.rate - slow.rate > 0.005);
  assert.ok(fast.beeps > slow.beeps, `${fast.beeps} at rate ${fast.rate}, ${slow.beeps} at ${slow.rate}`);
  f.close();
});

/** The highest number in a beeper's journal. */
function last(journal: Uint8Array): number {
  let most = 0;
  const view = new DataView(journal.buffer, journal.byteOffset, journal.byteLength);
  for (let at = 0; at < journal.length; at += 64) {
    const number = view.getUint32(at, true);
    if (number !== 0xffffffff) most = Math.max(most, number);
  }
  return most;
}

test("a device that traps or never rests is reported, with seed and time", () => {
  const f = fleet({ seed: 9 });
  f.run(1000);
  f.device(2).request(new Uint8Array([91]));
  const [trap] = f.violations;
  assert.is(trap.rule, "trap");
  assert.is(trap.device, 2);
  assert.is(trap.seed, 9);
  assert.is(trap.timeMs, 1000);
  f.close();
  const g = fleet({ seed: 9 });
  g.run(1000);
  g.device(1).request(new Uint8Array([90]));
  assert.is(g.run(5000), false);
  assert.is(g.violations[0].rule, "rest");
  g.close();
});

test("requests are refused by number, and by -1 when the device is down", () => {
  const f = fleet({ seed: 10 });
  f.run(1000);
  assert.is(f.device(0).request(new Uint8Array([request.IDENTITY])), 0);
  assert.is(f.device(0).request(new Uint8Array([77])), 180);
  f.device(0).kill();
  assert.is(f.device(0).request(new Uint8Array([request.IDENTITY])), -1);
  f.close();
});

test("listening changes nothing", () => {
  const run = (listen: boolean): string => {
    const f = fleet({ seed: 11, faults: NAMES });
    if (listen) f.on(() => {});
    f.run(3000);
    f.close();
    return f.traceHash;
  };
  assert.is(run(true), run(false));
});

test("fault lists are read as written, and a wrong name is refused", () => {
  assert.equal(parse("all"), NAMES);
  assert.equal(parse("none"), []);
  assert.equal(parse("loss, torn"), ["loss", "torn"]);
  assert.throws(() => parse("rain"), /"rain" is no fault/);
  assert.ok(Object.values(FAULTS).every((about) => about.length > 10));
});

test.run();

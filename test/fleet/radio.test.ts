// The air: what a fault does to frames, and to whom.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { coverage } from "../../host/fleet/faults.ts";
import { airTimeUs, fairWeather, Radio, type Arrival, type Weather } from "../../host/fleet/radio.ts";
import { Rng } from "../../host/fleet/rng.ts";

const FRAME = new Uint8Array(100).map((_, i) => i);

function radio(n = 3, weather: Partial<Weather> = {}): { air: Radio; counted: ReturnType<typeof coverage> } {
  const counted = coverage();
  const air = new Radio(n, new Rng(2, "radio test"), counted);
  air.weather = { ...fairWeather(n), ...weather };
  return { air, counted };
}

/** Sends `count` frames a millisecond apart over one link; what arrives, in order of arrival. */
function through(air: Radio, count: number, from = 0, to = 1): (Arrival & { sent: number })[] {
  const all: (Arrival & { sent: number })[] = [];
  for (let i = 0; i < count; i++) air.send(from, to, FRAME, i * 1000, (arrival) => all.push({ ...arrival, sent: i }));
  return all.sort((a, b) => a.at - b.at);
}

test("fair weather: every frame arrives once, whole, in order, within three milliseconds", () => {
  const all = through(radio().air, 500);
  assert.is(all.length, 500);
  all.forEach(({ at, sent, bytes, number }, i) => {
    assert.is(sent, i);
    assert.is(number, i + 1);
    assert.is(bytes, FRAME);
    assert.ok(at > i * 1000 && at < i * 1000 + 3000);
  });
});

test("loss is of one direction, at its rate, and counted", () => {
  const { air, counted } = radio();
  air.weather.loss[0][1] = 0.3;
  const there = through(air, 5000).length;
  assert.ok(Math.abs(there - 3500) < 200, `${there} of 5000`);
  assert.is(counted.loss, 5000 - there);
  assert.is(through(air, 500, 1, 0).length, 500);
});

test("bursts: lost frames come in runs, longer than chance would make them", () => {
  const { air, counted } = radio(3, { burst: { enter: 0.02, leave: 0.1, loss: 1 } });
  const there = new Set(through(air, 20_000).map(({ sent }) => sent));
  let runs = 0;
  for (let i = 0; i < 20_000; i++) if (!there.has(i) && (i === 0 || there.has(i - 1))) runs++;
  const mean = counted.burst / runs;
  assert.is(counted.burst, 20_000 - there.size);
  assert.ok(mean > 7 && mean < 13, `mean run ${mean}: 1 / 0.1 is expected`);
});

test("duplication repeats frames, delay keeps their order, reorder does not", () => {
  const twice = radio(3, { duplication: 0.2 });
  assert.is(through(twice.air, 2000).length, 2000 + twice.counted.duplication);
  assert.ok(Math.abs(twice.counted.duplication - 400) < 80);

  const late = radio(3, { delay: { rate: 0.3, maxUs: 500_000 } });
  const delayed = through(late.air, 2000);
  assert.ok(delayed.every(({ sent }, i) => sent === i));
  assert.ok(delayed.some(({ at, sent }) => at > sent * 1000 + 100_000));

  const mixed = radio(3, { reorder: { rate: 0.3, maxUs: 50_000 } });
  const all = through(mixed.air, 2000);
  for (const { number } of all) mixed.air.heard(0, 1, number);
  const overtaken = all.filter(({ sent }, i) => all.slice(0, i).some((before) => before.sent > sent)).length;
  assert.ok(overtaken > 100);
  assert.is(mixed.counted.reorder, overtaken);
});

test("corruption always changes the frame, for one receiver only", () => {
  const { air, counted } = radio(3, { corruption: 1 });
  const all = through(air, 2000);
  assert.is(counted.corruption, 2000);
  assert.ok(all.every(({ bytes }) => bytes.length < FRAME.length || bytes.some((b, i) => b !== FRAME[i])));
  assert.ok(all.some(({ bytes }) => bytes.length < FRAME.length));
  assert.ok(
    FRAME.every((b, i) => b === i),
    "the sender's bytes are untouched",
  );
  const buffer = Buffer.alloc(64, 5); // whose slice() is a view
  for (let i = 0; i < 20; i++) air.send(0, 1, buffer as unknown as Uint8Array, 0, () => {});
  assert.ok(
    buffer.every((b) => b === 5),
    "also when they are a Buffer",
  );
});

test("a partition separates both ways, a one-way partition one way, and both heal", () => {
  const { air, counted } = radio();
  air.partition([0, 1, 0]);
  assert.equal(
    [through(air, 10, 0, 1).length, through(air, 10, 1, 0).length, through(air, 10, 0, 2).length],
    [0, 0, 10],
  );
  assert.is(counted.partition, 20);
  air.partition([0, 1, 0], true);
  assert.equal([through(air, 10, 0, 1).length, through(air, 10, 1, 0).length], [0, 10]);
  air.heal();
  assert.is(through(air, 10, 0, 1).length, 10);
});

test("longer frames take longer: a megabit a second behind a preamble", () => {
  assert.is(airTimeUs(250) - airTimeUs(0), 2000);
  assert.ok(airTimeUs(0) > 0);
});

test.run();

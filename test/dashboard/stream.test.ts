// A tape that comes in pieces is the same tape, however it was cut; what is no tape is refused at once.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Stream } from "../../host/tape/stream.ts";
import * as tape from "../../host/tape/tape.ts";
import * as run from "./run.ts";

const { fleet, log } = await run.start(4, 5);
fleet.run(2500);
fleet.end();
const bytes = log.bytes();
const expected = tape.parse(bytes);

/** A seeded source of numbers below n. */
function random(seed: number): (n: number) => number {
  let x = seed * 2654435761 + 1;
  return (n) => {
    x = Math.imul(x ^ (x >>> 15), 2246822519) + 0x9e3779b9;
    return (x >>> 0) % n;
  };
}

/** Pushes the bytes in pieces of these sizes; the records found. */
function cut(from: Uint8Array, size: () => number): { records: tape.Record[]; stream: Stream } {
  const records: tape.Record[] = [];
  const stream = new Stream((type, payload) => records.push({ type, payload: payload.slice() }));
  for (let p = 0; p < from.length;) {
    const n = size();
    stream.push(from.slice(p, p + n)); // its own buffer, as from a socket
    p += n;
  }
  return { records, stream };
}

function same(records: tape.Record[]): void {
  assert.is(records.length, expected.length);
  records.forEach(({ type, payload }, i) => {
    assert.is(type, expected[i].type, `type of record ${i}`);
    assert.ok(Buffer.compare(payload, expected[i].payload) === 0, `payload of record ${i}`);
  });
}

test("whole, in pieces of one size, and in pieces of any size it gives the records of tape.ts", () => {
  for (const n of [bytes.length, 1, 7, 8, 4096, 65_537]) {
    const part = n === 1 ? bytes.slice(0, 90_000) : bytes;
    const { records, stream } = cut(part, () => n);
    if (n === 1) assert.is(stream.taken + stream.waiting, part.length);
    else same(records);
  }
  const seconds = Math.min(60, Number(process.env.SYNOD_BUDGET ?? 3));
  const end = Date.now() + 1000 * seconds;
  let rounds = 0;
  for (let seed = 1; rounds < 5 || (Date.now() < end && rounds < 100_000); seed++, rounds++) {
    const next = random(seed);
    const most = [3, 64, 3000, 200_000][next(4)];
    const { records, stream } = cut(most < 64 ? bytes.slice(0, 60_000) : bytes, () => 1 + next(most));
    if (most >= 64) {
      same(records);
      assert.is(stream.waiting, 0);
      assert.is(stream.taken, bytes.length);
    }
  }
  console.log(`note: a tape of ${bytes.length} bytes cut in ${rounds} random ways`);
});

test("a tape that breaks off gives its whole records and says that bytes wait", () => {
  const short = bytes.slice(0, (bytes.length - 41) & ~7); // not inside the padding of a record that is whole
  const { records, stream } = cut(short, () => 1000);
  assert.is(records.length, tape.take(short).records.length);
  assert.ok(stream.waiting > 0);
});

test("what is no tape, of another version or damaged is refused", () => {
  const push = (change: (b: Uint8Array) => void): (() => void) => {
    const other = bytes.slice(0, 400);
    change(other);
    return () => void cut(other, () => 5);
  };
  assert.throws(push((b) => (b[2] = 0)), /no tape/); // prettier-ignore
  assert.throws(push((b) => (b[8] = 9)), /version/); // prettier-ignore
  assert.throws(push((b) => b.set([255, 255, 255, 255], 20)), /damaged/); // prettier-ignore
  assert.throws(() => cut(new TextEncoder().encode("<!doctype html>"), () => 1), /no tape/);
});

test("noise in place of records never fails otherwise than by TapeError", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const noise = bytes.slice(0, 3000);
    for (let i = 0; i < 20; i++) noise[16 + next(2984)] = next(256);
    try {
      cut(noise, () => 1 + next(500));
    } catch (error) {
      assert.instance(error, tape.TapeError);
    }
  }
});

test.run();

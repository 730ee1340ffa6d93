// The log: whoever follows gets the bytes of the file; it stays within its limit, and never forgets what repeats the run.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as facts from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as tape from "../../host/tape/tape.ts";

const header: facts.Header = {
  version: 1,
  kind: "sim",
  n: 1,
  run: "fleet",
  options: {},
  modules: [],
  kids: [],
  cell: "",
};
const said = (atUs: number, length = 100): facts.Fact => ({
  type: facts.SAID,
  atUs,
  device: 0,
  twin: false,
  kind: 7,
  bytes: new Uint8Array(length),
});

test("a follower gets what the file has, from whatever moment on", () => {
  const log = new Log();
  const parts = new Map<number, Uint8Array[]>();
  log.add({ type: facts.FLEET, header });
  for (let i = 0; i < 20; i++) {
    const got: Uint8Array[] = [];
    parts.set(i, got);
    log.follow((bytes) => void got.push(bytes));
    log.add(said(i));
    if (i % 5 === 0) log.add({ type: facts.DEED, atUs: i, order: i, deed: { do: "heal" } });
  }
  log.end(new Uint8Array(32));
  for (const got of parts.values()) assert.equal(new Uint8Array(Buffer.concat(got)), log.bytes());
  assert.is(tape.parse(log.bytes()).length, 1 + 20 + 4 + 1);
});

test("listeners hear each fact once, until they are taken off; after the end nothing is added", () => {
  const log = new Log();
  let heard = 0;
  const off = log.on(() => void heard++);
  log.add(said(1));
  off();
  log.add(said(2));
  assert.is(heard, 1);
  assert.is(log.atUs, 2);
  log.end(new Uint8Array(32));
  const whole = log.bytes();
  log.add(said(3));
  log.end(new Uint8Array(32));
  assert.equal(log.bytes(), whole);
  assert.is(log.ended, true);
});

test("within its limit: the oldest go, a gap stands there, whole pages are asked for, deeds and header stay", () => {
  const log = new Log(50_000);
  let gaps = 0;
  log.onGap = () => void gaps++;
  log.add({ type: facts.FLEET, header });
  for (let i = 0; i < 3000; i++) {
    log.add(said(i));
    if (i % 100 === 0) log.add({ type: facts.DEED, atUs: i, order: i, deed: { do: "heal" } });
  }
  const records = tape.parse(log.bytes());
  assert.ok(gaps > 3 && log.bytes().length < 60_000, `${gaps} gaps, ${log.bytes().length} bytes`);
  assert.is(records[0].type, facts.FLEET);
  assert.is(records.filter(({ type }) => type === facts.DEED).length, 30, "no deed is forgotten");
  const gap = records.findIndex(({ type }) => type === facts.GAP);
  assert.ok(gap > 0 && records.filter(({ type }) => type === facts.GAP).length === 1);
  assert.ok(records.slice(0, gap).every(({ type }) => type === facts.FLEET || type === facts.DEED));
  const times = records.slice(gap).map(({ type, payload }) => (facts.decode(type, payload) as { atUs: number }).atUs);
  assert.is(times[0], times[1], "the gap ends where what is kept begins");
  assert.ok(
    times.every((at, i) => i === 0 || at >= times[i - 1]),
    "in order of time",
  );
  assert.is(times.at(-1), 2999);
});

test.run();

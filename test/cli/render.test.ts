// What a person sees: a synthetic scene drawn at several sizes, with and without colour. The expected picture is written
// out here, so that a change of the view shows up as a changed picture.

import { test } from "uvu";
import * as assert from "uvu/assert";
import kleur from "kleur";
import * as scene from "../../host/cli/scene.ts";
import { render, spark, type Look } from "../../host/cli/render.ts";

const { Mark } = scene;
const plain: Look = { columns: 80, rows: 24, colour: false, unicode: false };
const ESCAPE = /\x1b\[[0-9;]*m/g; // eslint-disable-line no-control-regex

/** Four devices: one proposes, all vote and commit a block; then device 3 loses its power and the others give up a view. */
function sample(): scene.Scene {
  const s = scene.create(4, "4 devices  wasm3  seed 1");
  scene.advance(s, 200);
  scene.mark(s, 0, Mark.vote);
  scene.mark(s, 0, Mark.propose);
  for (const i of [1, 2, 3]) scene.mark(s, i, Mark.vote);
  scene.advance(s, 400);
  for (const i of [0, 1, 2, 3]) scene.mark(s, i, Mark.commit);
  scene.commit(s, {
    height: 1, view: 1, proposer: 0, digest: "9f3ac0de01020304", txs: 2, readings: 8, transfers: 1, failed: 0, ms: 213, at: 400,
  }); // prettier-ignore
  scene.power(s, 2, false);
  scene.advance(s, 800);
  for (const i of [0, 1, 3]) scene.mark(s, i, Mark.nullify);
  s.lanes.forEach((lane, i) => Object.assign(lane, { height: 1, view: i === 2 ? 2 : 3, leader: i === 0 }));
  s.gauges = [{ device: 0, indoor: true, temperature: [], humidity: [], event: [] }];
  for (let i = 0; i < 8; i++) {
    scene.sensed(s.gauges[0], 0, 27_000 + i * 100, i > 5);
    scene.sensed(s.gauges[0], 1, 45_000, i > 5);
  }
  s.balances = [99n, 101n, 100n, 100n];
  s.supply = 400n;
  return s;
}

test("what a block costs is a line of its own, and on a board how busy devices are", () => {
  const s = sample();
  const without = render(s, plain).length;
  s.work = { verified: 2.04, hashed: 91.2, sent: 253, records: 5.5, load: null };
  const [line] = render(s, plain).slice(-4);
  assert.is(line, "a block and device: 2.0 verified  91 hashes  253 B sent  5.5 flash records");
  assert.ok(render(s, plain).length <= Math.max(24, without + 1));
  s.work.load = { busy: 0.3, lately: 0.474, overruns: 1 };
  const wide = { ...plain, columns: 120 };
  assert.match(render(s, wide).slice(-4)[0], /records {2}busy 47 % {2}1 frame lost$/);
});

test("a scene without colour is this picture", () => {
  assert.is(
    `\n${render(sample(), plain).join("\n")}\n`,
    `
Synod  4 devices  wasm3  seed 1  00:00.8  x1.0  0 violations

device  state    height   view    0.2 seconds a column, newest right
   0 *  up            1      3    .P#.!
   1    up            1      3    .:#.!
   2    killed        1      2    .:xxx
   3    up            1      3    .:#.!
     * leader  P proposes  : votes  ! gives up  # commits  ^ starts  x down

height  digest    leader   txs  readings  transfers  first vote to commit
     1  9f3ac0de       0     2         8          1               213 ms

   0  indoor     27.70 Cel _.-=+*!!        45.00 %RH ______!!       EVENT

1 block  8 readings  1 transfer  supply 400
balances 0:99 1:101 2:100 3:100
0-9 kill or restart a device   s split the radio   h heal   p pause   q quit
`,
  );
});

test("the foot says where the dashboard is, and what was refused last", () => {
  const s = sample();
  s.dashboard = "http://127.0.0.1:7777";
  assert.is(render(s, plain).at(-1), "dashboard http://127.0.0.1:7777");
  s.notice = "processes take kill, restart, split, heal, request, not lie";
  const last = render(s, { ...plain, columns: 120 }).at(-1)!;
  assert.is(last, `dashboard ${s.dashboard}   ${s.notice}`);
  assert.is(render(s, plain).length, render(sample(), plain).length + 1);
});

test("no line is wider and no picture taller than the terminal, down to 20 x 6", () => {
  const s = sample();
  s.lanes.push(...Array.from({ length: 28 }, () => structuredClone(s.lanes[1])));
  for (const [columns, rows] of [
    [200, 60],
    [80, 24],
    [60, 12],
    [40, 10],
    [20, 6],
  ])
    // prettier-ignore
    for (const colour of [false, true]) {
      const lines = render(s, { columns, rows, colour, unicode: true });
      assert.ok(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
      for (const line of lines) assert.ok([...line.replace(ESCAPE, "")].length <= columns, line);
    }
});

test("colour only adds escapes: the text below them is the same", () => {
  kleur.enabled = true;
  const s = sample();
  s.gauges = []; // a labelled event is an exclamation mark where there is no colour
  const coloured = render(s, { ...plain, colour: true });
  assert.ok(coloured.join("").includes("\x1b["));
  assert.equal(
    coloured.map((line) => line.replace(ESCAPE, "")),
    render(s, plain),
  );
});

test("without colour nothing but text is written, whatever kleur thinks", () => {
  kleur.enabled = true;
  assert.not.ok(render(sample(), plain).join("").includes("\x1b"));
});

test("a sparkline spans its lowest to its highest value and pads to its width", () => {
  const drawn = (values: number[], width: number): string =>
    spark(values, [], width, plain)
      .map(([, text]) => text)
      .join("");
  assert.is(drawn([0, 1, 2, 3, 4, 5, 6, 7], 8), "_.-=+*%@");
  assert.is(drawn([5, 5], 4), "__  ");
  assert.is(drawn([], 3), "   ");
  assert.is(drawn([1, 2, 3], 2), "_@");
});

test("a device that is down draws no activity until it starts again", () => {
  const s = scene.create(1, "");
  scene.advance(s, 200);
  scene.power(s, 0, false);
  scene.advance(s, 600);
  scene.power(s, 0, true);
  scene.advance(s, 800);
  assert.equal(s.lanes[0].marks, [Mark.idle, Mark.down, Mark.down, Mark.start, Mark.idle]);
});

test("the word for a device is what matters most about it: killed, on a side of a split, behind, up", () => {
  const s = sample();
  const words = (): string[] => [0, 1, 2, 3].map((i) => render(s, plain)[3 + i].slice(8, 16).trim());
  s.lanes[3].height = 40;
  assert.equal(words(), ["behind", "behind", "killed", "up"]);
  s.lanes.forEach((lane, i) => (lane.side = 1 + (i % 2)));
  assert.equal(words(), ["side 1", "side 2", "killed", "side 2"]);
});

test("members stand behind the devices that vote, with the height that they trust", () => {
  const s = scene.create(1, "", 1);
  Object.assign(s.lanes[1], { height: 7, view: 9 });
  const [voter, member] = render(s, plain).slice(3, 5);
  assert.match(voter, /^ {3}0 {4}up/);
  assert.match(member, /^ {3}1 {4}member {8}7 {6}9/);
  s.lanes[1].up = false;
  assert.match(render(s, plain)[4], /killed/);
});

test("hours of running keep a bounded scene", () => {
  const s = scene.create(2, "");
  for (let i = 1; i < 5_000; i++) scene.advance(s, i * 1_000);
  assert.ok(s.lanes[0].marks.length <= scene.TICKS);
});

test.run();

// `synod up`, `replay` and `query` as a user meets them: a fleet on real readings that goes on when a device dies, whose
// summary adds up, whose tape replays, and whose answers are proven.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as engine from "../../host/cli/engine.ts";
import { DEMO, Live } from "../../host/cli/live.ts";
import { render } from "../../host/cli/render.ts";
import * as recording from "../../host/sensor/recording.ts";
import * as tapes from "../../host/tape/tape.ts";
import { lines, synod } from "./synod.ts";

const folder = mkdtempSync(join(tmpdir(), "synod-up-"));
const FAST = ["--speed", "max", "--json"];

test("up commits real readings and transfers, and its summary is the sum of its commits", async () => {
  const { code, out } = await synod("up", "4", "--engine", "v8", "--seconds", "12", ...FAST);
  assert.is(code, 0);
  const all = lines(out);
  const summary = all.pop()!;
  const sum = (name: string): number => all.reduce((total, line) => total + Number(line[name]), 0);
  assert.equal(Object.keys(summary), ["height", "blocks", "readings", "transfers", "violations", "traceHash"]);
  assert.is(summary.blocks, all.length);
  assert.is(summary.height, all.at(-1)!.height);
  assert.is(summary.readings, sum("readings"));
  assert.is(summary.transfers, sum("transfers"));
  assert.is(summary.violations, 0);
  assert.equal(
    all.map((line) => line.height),
    all.map((_, i) => i + 1),
  );
  // Four motes, two channels, one reading a second; what was sensed last is not yet reported.
  assert.ok(Number(summary.readings) >= 4 * 2 * 8, `${summary.readings} readings`);
  assert.ok(Number(summary.readings) <= 4 * 2 * 13);
  assert.ok(Number(summary.transfers) >= 4, `${summary.transfers} transfers`);
});

test("the same seed gives the same run, in V8 and in wasm3; another seed another one", async () => {
  const run = async (which: string, seed: string): Promise<unknown> =>
    lines((await synod("up", "4", "--engine", which, "--seconds", "4", "--seed", seed, ...FAST)).out).at(-1)!.traceHash;
  const hash = await run("v8", "5");
  assert.is(await run("v8", "5"), hash);
  assert.is(await run("wasm3", "5"), hash);
  assert.is.not(await run("v8", "6"), hash);
});

test("it goes on when a device is killed, and the device catches up", async () => {
  const line = ["up", "7", "--engine", "v8", "--seconds", "16", "--speed", "max", "--kill", "3@4", "--restart", "3@9"];
  const { code, out } = await synod(...line, "--json");
  assert.is(code, 0);
  const heights = lines(out).slice(0, -1);
  const meanwhile = heights.filter(({ at }) => Number(at) > 4000 && Number(at) < 9000);
  assert.ok(meanwhile.length >= 4, `${meanwhile.length} blocks while it was down`);
  const { out: words } = await synod(...line);
  assert.match(words, /device 3 is down: killed/);
  assert.match(words, /device 3 starts/);
});

test("with the power failing in the middle of calls, its counts are still those of the fleet", () => {
  const faulty = { faults: ["cut", "torn", "crash"] as const, traffic: 3 };
  const live = new Live({ n: 4, seed: 9, engine: "v8", wasm: engine.built("device.wasm"), ...DEMO, ...faulty });
  live.run(20_000);
  const { stats } = live.fleet.watch;
  assert.ok(stats.powerUps > 8, "power did fail");
  assert.is(live.summary().transfers, stats.transfers);
  assert.is(live.summary().height, stats.height);
  assert.is(live.summary().readings, stats.reports * 4); // the meter reports four at a time
  live.close();
});

test("split in two halves nothing becomes final; healed, it does", async () => {
  const { out } = await synod("up", "4", "--engine", "v8", "--seconds", "20", "--split", "4", "--heal", "10", ...FAST);
  const at = lines(out)
    .slice(0, -1)
    .map((line) => Number(line.at));
  assert.is(at.filter((ms) => ms > 4_500 && ms < 10_000).length, 0);
  assert.ok(at.some((ms) => ms > 10_000));
});

test("what the view draws is what was recorded, events marked; and looking changes nothing", () => {
  const make = (): Live => new Live({ n: 4, seed: 3, engine: "v8", wasm: engine.built("device.wasm"), ...DEMO });
  const [watched, alone] = [make(), make()];
  for (let ms = 100; ms <= 18_000; ms += 100) {
    watched.run(ms);
    watched.balances();
    render(watched.scene, { columns: 100, rows: 40, colour: false, unicode: true });
  }
  alone.run(18_000);
  assert.is(watched.summary().traceHash, alone.summary().traceHash);
  const motes = recording.load();
  watched.scene.gauges.forEach((gauge, m) => {
    assert.ok(gauge.temperature.length >= 17);
    const first = gauge.temperature.findIndex((_, i) => gauge.temperature[i] === motes[m].temperature[DEMO.from + i]);
    assert.is(first, 0, `mote ${m} begins with reading ${DEMO.from}`);
  });
  assert.ok(watched.scene.gauges[0].event.includes(true), "mote 0 has its labelled event");
  assert.not.ok(watched.scene.gauges[1].event.includes(true));
  assert.is(watched.scene.balances.reduce((a, b) => a + b, 0n), watched.scene.supply); // prettier-ignore
  watched.close();
  alone.close();
});

test("a tape replays to its hash in both engines; one changed byte of input is noticed", async () => {
  const tape = join(folder, "run.tape");
  await synod("up", "4", "--engine", "v8", "--seconds", "5", "--tape", `1:${tape}`, ...FAST);
  const { code, out } = await synod("replay", tape, "--engine", "both", "--json");
  assert.is(code, 0);
  const [v8, wasm3] = lines(out);
  assert.is(v8.traceHash, v8.expected);
  assert.is(wasm3.traceHash, v8.traceHash);
  const bytes = new Uint8Array(readFileSync(tape));
  const frames = tapes
    .parse(bytes)
    .filter(({ type, payload }) => type === tapes.CALL && tapes.call(payload).code === 2);
  frames[Math.floor(frames.length / 2)].payload[tapes.CALL_HEAD + 20] ^= 1; // one bit of one frame, in place
  const changed = join(folder, "changed.tape");
  writeFileSync(changed, bytes);
  const broken = await synod("replay", changed, "--engine", "v8");
  assert.is(broken.code, 1);
  assert.match(broken.out, /differs at call \d+/);
  writeFileSync(changed, "no tape");
  const none = await synod("replay", changed, "--engine", "v8");
  assert.is(none.code, 1);
  assert.match(none.err, /no tape/);
});

test("query proves accounts against the state root that all devices have, and their sum is the supply", async () => {
  let sum = 0n;
  for (const device of ["0", "1", "2", "3"]) {
    const { code, out } = await synod("query", "account", device, "--seconds", "8", "--device", "2", "--json");
    assert.is(code, 0);
    const [answer] = lines(out);
    assert.is(answer.proofHolds, true);
    assert.is(answer.devicesWithThisRoot, 4);
    sum += BigInt(String(answer.balance));
  }
  assert.is(sum, 4_000_000n);
  const [nobody] = lines((await synod("query", "account", "0011223344556677", "--seconds", "3", "--json")).out);
  assert.is(nobody.found, false);
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();

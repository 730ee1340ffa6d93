// `synod up`, `replay` and `query` as a user meets them: a fleet on real readings that goes on when a device dies, whose
// summary adds up, whose tape replays, and whose answers are proven.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as engine from "../../host/cli/engine.ts";
import { Live } from "../../host/cli/live.ts";
import { render } from "../../host/cli/render.ts";
import * as recording from "../../host/sensor/recording.ts";
import * as event from "../../firmware/wire/event.ts";
import * as facts from "../../host/tape/fleet.ts";
import { Log } from "../../host/tape/log.ts";
import * as tapes from "../../host/tape/tape.ts";
import { DEMO } from "../../host/target/open.ts";
import { Sim, type Options } from "../../host/target/sim.ts";
import { REGIONS } from "../../host/wire/map.ts";
import { u32 } from "../../host/device/endian.ts";
import * as pages from "../../host/tape/page.ts";
import { buildPosix } from "../../tools/boards.mjs";
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

test("on a board blocks take longer, the summary says what they cost, and the tape replays", async () => {
  const file = join(folder, "board.tape");
  const line = ["up", "4", "--engine", "v8", "--board", "stm32f405", "--seconds", "30"];
  const { code, out } = await synod(...line, "--tape", file, ...FAST);
  assert.is(code, 0, out);
  const all = lines(out);
  const { work } = all.pop() as unknown as { work: Record<string, number> & { load: { busy: number } } };
  assert.ok(all.length >= 3 && all.every(({ ms }) => Number(ms) > 300), out);
  assert.ok(work.verified >= 2 && work.hashed > 10 && work.sent > 100 && work.records >= 2, JSON.stringify(work));
  assert.ok(work.load.busy > 0.05 && work.load.busy < 1, JSON.stringify(work));
  assert.is((await synod("replay", file)).code, 0);
  assert.match(
    (await synod(...line, "--speed", "max", "--plain")).out,
    /devices compute \d+ % of the time \(derived\)/,
  );
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

/** A fleet of four on the recorded sensors. */
const fleet = (seed: number, more: Partial<Options> = {}): Sim =>
  Sim.start({ n: 4, seed, engine: "v8", wasm: engine.built("device.wasm"), senses: DEMO, ...more });

test("with the power failing in the middle of calls, its counts are still those of the fleet", () => {
  const sim = fleet(9, { faults: ["cut", "torn", "crash"], traffic: 3 });
  const live = new Live(sim.log, "");
  sim.fleet.run(20_000);
  const { stats } = sim.fleet.watch;
  assert.ok(stats.powerUps > 8, "power did fail");
  assert.is(live.summary().transfers, stats.transfers);
  assert.is(live.summary().height, stats.height);
  assert.is(live.summary().readings, stats.reports * 4); // the meter reports four at a time
  live.close();
  sim.fleet.close();
});

test("a view that comes late shows what one shows that was there from the beginning", () => {
  const sim = fleet(2);
  const early = new Live(sim.log, "x");
  sim.fleet.run(6_000);
  sim.fleet.device(3).kill();
  sim.fleet.run(8_000);
  const late = new Live(sim.log, "x");
  for (const live of [early, late]) {
    live.advance(8_000);
    live.balances();
  }
  assert.equal(late.scene, early.scene);
  assert.equal(late.summary(), early.summary());
  sim.fleet.close();
});

test("blocks whose bodies are shown late are told with their readings all the same", () => {
  const sim = fleet(4);
  sim.fleet.run(8_000);
  const late = new Log();
  let held: facts.Fact[] = [];
  for (const { type, payload } of tapes.parse(sim.log.bytes())) {
    const fact = facts.decode(type, payload);
    if (fact === null) continue;
    if (fact.type === facts.BLOCK) held.push(fact);
    else late.add(fact);
    if (fact.type !== facts.SAID || fact.kind !== event.EXECUTED) continue;
    for (const block of held) late.add(block);
    held = [];
  }
  const [early, behind] = [new Live(sim.log, ""), new Live(late, "")];
  assert.ok(early.summary().readings >= 4 * 2 * 4);
  assert.equal(behind.summary(), early.summary());
  assert.equal(
    behind.scene.commits.map(({ height, readings }) => [height, readings]),
    early.scene.commits.map(({ height, readings }) => [height, readings]),
  );
  sim.fleet.close();
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
  const [watched, alone] = [fleet(3), fleet(3)];
  const live = new Live(watched.log, "4 devices");
  for (let ms = 100; ms <= 18_000; ms += 100) {
    watched.fleet.run(ms);
    live.advance(ms);
    live.balances();
    render(live.scene, { columns: 100, rows: 40, colour: false, unicode: true });
  }
  alone.fleet.run(18_000);
  assert.is(watched.traceHash, alone.traceHash);
  const motes = recording.load();
  const { from } = DEMO.recording;
  live.scene.gauges.forEach((gauge, m) => {
    assert.ok(gauge.temperature.length >= 17);
    const first = gauge.temperature.findIndex((_, i) => gauge.temperature[i] === motes[m].temperature[from + i]);
    assert.is(first, 0, `mote ${m} begins with reading ${from}`);
  });
  assert.ok(live.scene.gauges[0].event.includes(true), "mote 0 has its labelled event");
  assert.not.ok(live.scene.gauges[1].event.includes(true));
  assert.is(live.scene.balances.reduce((a, b) => a + b, 0n), live.scene.supply); // prettier-ignore
  live.close();
  watched.fleet.close();
  alone.fleet.close();
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

test("--tape FILE writes the whole fleet: it begins with the fleet, holds every commit, ends with the trace hash", async () => {
  const file = join(folder, "fleet.tape");
  const { out } = await synod("up", "4", "--engine", "v8", "--seconds", "5", "--kill", "1@3", "--tape", file, ...FAST);
  const summary = lines(out).at(-1)!;
  const records = tapes.parse(new Uint8Array(readFileSync(file)));
  assert.is(records[0].type, facts.FLEET);
  const told = records.map(({ type, payload }) => facts.decode(type, payload));
  assert.equal(
    told.flatMap((fact) => (fact?.type === facts.DEED ? [fact.deed] : [])),
    [{ do: "kill", device: 1 }],
  );
  assert.is(Math.max(...told.map((fact) => (fact?.type === facts.BLOCK ? fact.height : 0))), summary.height);
  assert.is(Buffer.from(records.at(-1)!.payload).toString("hex"), summary.traceHash);
});

test("--accelerate reaches the processes of a fleet", async () => {
  await buildPosix();
  const file = join(folder, "accelerated.tape");
  const dir = join(folder, "accelerated");
  const { code, err } = await synod("up", "1", "--engine", "posix", "--dir", dir, "--accelerate", "--seconds", "4", "--json", "--tape", file); // prettier-ignore
  if (/built without libsodium/.test(err) && process.env.CI !== "true")
    return console.log("skipped: libsodium-dev is not installed here");
  assert.is(code, 0, err);
  const found = tapes.parse(new Uint8Array(readFileSync(file))).map(({ type, payload }) => facts.decode(type, payload));
  const header = found.find((fact) => fact?.type === facts.FLEET);
  assert.ok(header?.type === facts.FLEET && header.header.options.accelerate === true);
  const page = found.findLast((fact) => fact?.type === facts.PAGE && fact.whole);
  assert.ok(page?.type === facts.PAGE);
  const memory = new Uint8Array(0x10000);
  pages.apply(memory, page.runs);
  const [, , end] = REGIONS.find(([name]) => name === "counters")!;
  assert.is.not(u32(memory, end - 4), 0, "the device was offered something");
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
test("members of a fleet in real time are told by --members or by --devices, and a folder knows its own", async () => {
  await buildPosix();
  const dir = join(folder, "members");
  const { code, out, err } = await synod(
    "up",
    "3",
    "--engine",
    "posix",
    "--members",
    "1",
    "--dir",
    dir,
    "--seconds",
    "3",
    "--json",
  );
  assert.is(code, 0, err);
  assert.ok(Number(lines(out).at(-1)!.height) >= 1, out);
  const described = JSON.parse(readFileSync(join(dir, "fleet.json"), "utf8")) as { n: number; devices: string };
  assert.equal([described.n, described.devices], [3, "posix*3,member:posix"]);
  for (const [words, why] of [
    [["up", `posix:${dir}`, "--members", "1"], /a fleet that begins here/],
    [["up", "--devices", "sim*3,member:sim", "--members", "1"], /as member:posix\*2/],
    [["up", "--devices", "member:sim,sim*3"], /members come last/],
    [["up", "4", "--devices", "sim*3,member:sim"], /names 3 devices that vote, not 4/],
  ] as const) {
    const refused = await synod(...words);
    assert.is.not(refused.code, 0);
    assert.match(refused.err, why);
  }
});

test.run();

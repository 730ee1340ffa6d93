// Scenarios as their writers meet them: the same sentences hold in every engine and on processes; one that fails says what was
// awaited and what the fleet looked like, and leaves a tape that repeats it.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as rerun from "../../host/fleet/rerun.ts";
import * as run from "../../host/scenario/run.ts";
import * as scenarios from "../../host/scenario/scenario.ts";
import { agreed, all, any, height, not, running, time, took, type Body } from "../../host/scenario/scenario.ts";
import * as facts from "../../host/tape/fleet.ts";
import { lines, synod } from "../cli/synod.ts";
import { device } from "../fleet/wasm.ts";
import { there } from "../target/processes.ts";

const wasm = await device();
await import("../../host/device/wasm3.ts");
const here = (name: string): string => fileURLToPath(new URL(`${name}.scenario.ts`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "synod-scenarios-"));

/** Plays one that is written in a test. */
const play = (body: Body, options: scenarios.Options = { n: 4 }): Promise<run.Outcome> =>
  run.play({ name: "a test", options, body }, { wasm });

for (const engine of ["v8", "wasm3"] as const)
  test(`what a cell promises holds in ${engine}`, async () => {
    for (const name of ["outlives", "simulated"])
      for (const scenario of await run.load(here(name))) {
        const outcome = await run.play(scenario, { engine, wasm });
        assert.ok(outcome.passed, `${outcome.name}: ${outcome.why}`);
        assert.is(outcome.kind, "sim");
      }
  });

test("the same sentences hold on processes", async () => {
  if (!there) return void console.log("skipped: no C compiler to build the processes with");
  const list = await run.load(here("outlives"));
  for (const scenario of process.env.SYNOD_BUDGET ? list : [list[0], list[2]]) {
    const outcome = await run.play(scenario, { engine: "posix", wasm });
    assert.ok(outcome.passed, `${outcome.name}: ${outcome.why}`);
    assert.is(outcome.kind, "posix");
  }
});

test("a scenario is the same each time: fleet's time, height and tape", async () => {
  const [first] = await run.load(here("outlives"));
  const [a, b] = [await run.play(first, { wasm }), await run.play(first, { engine: "wasm3", wasm })];
  assert.equal([b.fleetMs, b.height], [a.fleetMs, a.height]);
  assert.is(rerun.read(a.tape).end!.digest, rerun.read(b.tape).end!.digest);
});

test("one that fails says what was awaited, and what the fleet looked like", async () => {
  const why: string[] = [];
  for (const scenario of await run.load(here("fails"))) {
    const outcome = await run.play(scenario, { wasm });
    assert.not.ok(outcome.passed, outcome.name);
    why.push(outcome.why);
  }
  const [late, poor, down, nobody] = why;
  assert.match(late, /^after 8\.0 s of waiting for a block at height 50: it did not come$/m);
  assert.match(late, /^ {2}at \d+\.\d s the fleet has height 3, its last block \d+\.\d s ago$/m);
  assert.match(late, /^ {2}device 0 {2}killed {2}height 3 {2}executed 3 {2}view \d+$/m);
  assert.match(late, /^ {2}device 1 {2}up {6}height 3/m);
  assert.match(
    poor,
    /transaction [0-9a-f]{8} was executed at height \d+ and had no effect: The balance does not cover/,
  );
  assert.match(down, /"device 1 pays 1 to 0" was refused: device 1 is down/);
  assert.match(nobody, /there is no device 9: this fleet has 0 to 3/);
});

test("deeds happen in the order in which they are written, before time passes", async () => {
  const { passed, why, tape } = await play(async (fleet) => {
    await fleet.advance(1_000);
    fleet.device(0).kill();
    fleet.split([[1, 2]]);
    fleet.device(0).restart();
    fleet.heal();
    fleet.device(3).slow(50);
    assert.ok(fleet.device(0).up, "nothing has happened yet");
    await fleet.advance(500);
    assert.ok(fleet.device(0).up);
  });
  assert.ok(passed, why);
  const { deeds } = rerun.read(tape);
  assert.equal(
    deeds.map(({ deed, atUs }) => `${deed.do} ${atUs}`),
    ["kill", "split", "restart", "heal", "slow"].map((verb) => `${verb} 1000000`),
  );
});

test("what is awaited fails where it is awaited, and is told once; what nobody awaits fails the next wait, or the end", async () => {
  const caught = await play(async (fleet) => {
    await fleet.until(height(1));
    fleet.device(1).kill();
    let heard = "";
    try {
      await fleet.device(1).pay(0, 1);
    } catch (error) {
      heard = (error as Error).message;
    }
    assert.match(heard, /device 1 is down/);
    await fleet.advance(10);
  });
  assert.ok(caught.passed, caught.why);
  const late = await play(async (fleet) => {
    await fleet.until(height(1));
    fleet.device(1).corrupt(7);
  });
  assert.match(late.why, /"700 % of what device 1 sends is damaged" was refused/);
  const inside = await play(async (fleet) => fleet.until(took(fleet.device(0).pay("who", 1))));
  assert.match(inside.why, /whom: a key id of 16 hex digits or the number of a device, not "who"/);
});

test("a broken invariant fails a scenario, whatever it waits for", async () => {
  const { why } = await play(async (fleet) => {
    await fleet.until(height(2));
    const broken = { atUs: 1e6 * 9, device: 1, rule: "agreement", sentence: "two blocks at height 2" };
    fleet.target.log.add({ type: facts.BROKEN, ...broken });
    await fleet.until(time(5_000));
  });
  assert.match(why, /^an invariant broke: agreement: two blocks at height 2/);
});

test("two state roots at one height are told at once, not waited for", async () => {
  const { why, fleetMs } = await play(async (fleet) => {
    await fleet.until(height(4));
    const bytes = new Uint8Array(48);
    bytes[0] = 2; // height 2, a root of zeros
    fleet.target.log.add({ type: facts.SAID, atUs: 1000 * fleet.nowMs, device: 3, twin: false, kind: 3, bytes });
    await fleet.until(agreed(2));
  });
  assert.match(why, /the devices have 2 different states at height 2/);
  assert.ok(fleetMs < 10_000);
});

test("all, any and not say what they are made of; check looks once", async () => {
  const { passed, why } = await play(async (fleet) => {
    await fleet.until(all(running(0), running(1), running(2), running(3)));
    await fleet.until(any(time(1e9), height(2)));
    await fleet.check(not(height(1_000)));
    const nowMs = fleet.nowMs;
    await fails(fleet.check(all(height(1), time(1e9))), /expected a block at height 1 and 1000000 s/);
    assert.is(fleet.nowMs, nowMs);
  });
  assert.ok(passed, why);
});

async function fails(work: Promise<unknown>, expected: RegExp): Promise<void> {
  let message = "it did not fail";
  await work.catch((error: Error) => (message = error.message));
  assert.match(message, expected);
}

test("a device can be asked: its balance is proven, its status is its own, its sensors are those of the recording", async () => {
  const { passed, why } = await play(async (fleet) => {
    await fleet.until(all(height(8), running(1)));
    const status = await fleet.device(1).status();
    assert.is(status.finalHeight, fleet.device(1).height);
    assert.is(await fleet.device(1).balance(), 1_000_000n);
    await fleet.until(
      took(fleet.device(0).register("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")),
    );
    assert.is(typeof fleet.device(0).reading(0), "bigint");
    assert.is(fleet.device(0).act(0), undefined);
    const { reason } = await fleet.device(2).command(Uint8Array.of(1));
    assert.ok(reason > 0, "the meter takes no commands");
  });
  assert.ok(passed, why);
});

test("scenario run prints a line for each, ends with 1 when one failed, and its tape replays", async () => {
  const good = await synod("scenario", "run", here("outlives"), "--engine", "v8", "--json");
  assert.is(good.code, 0, good.err + good.out);
  assert.equal(lines(good.out).at(-1), { passed: 4, failed: 0 });
  const tape = join(folder, "failed.tape");
  const bad = await synod("scenario", "run", here("fails"), "--tape", tape);
  assert.is(bad.code, 1);
  assert.is(bad.out.match(/^FAIL {2}/gm)?.length, 4);
  assert.ok(bad.out.includes(`npx synod replay ${tape}`));
  assert.match(bad.out, /^0 scenarios passed, 4 failed$/m);
  assert.ok(existsSync(tape));
  const fleet = rerun.repeat(new Uint8Array(readFileSync(tape)));
  assert.is(fleet.traceHash, rerun.read(new Uint8Array(readFileSync(tape))).end!.digest);
  fleet.close();
  const replayed = await synod("replay", tape, "--engine", "v8");
  assert.is(replayed.code, 0, replayed.err + replayed.out);
});

test("a scenario takes the fleet of --target", async () => {
  const [cell] = await run.load(here("simulated"));
  const outcome = await run.play(
    { ...cell, options: {}, body: async (fleet) => assert.is(fleet.n, 3) },
    { target: "sim:3", wasm },
  );
  assert.ok(outcome.passed, outcome.why);
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();

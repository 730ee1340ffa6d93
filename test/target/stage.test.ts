// A fleet on stage: its time follows real time at the pace asked for, stands while paused, moves by steps, and can be set back;
// and however it was moved, what happens is the same.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Log } from "../../host/tape/log.ts";
import { Sim } from "../../host/target/sim.ts";
import { Stage } from "../../host/target/stage.ts";
import type { Target } from "../../host/target/target.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const fleet = (seed = 1): Sim => Sim.start({ n: 4, seed, engine: "v8", wasm });
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits until `holds`, at most a minute: machines may be slow. */
async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error("a minute passed");
    await sleep(5);
  }
}

async function refused(work: () => unknown): Promise<number> {
  try {
    await work();
    return -1;
  } catch (error) {
    if (error instanceof refusal.Refused) return error.number;
    throw error;
  }
}

test("it ends exactly at its time, and time is told at every whole second, whatever the pace", async () => {
  const alone = fleet();
  await alone.advance(3_500);
  for (const speed of [Infinity, 40]) {
    const stage = new Stage(fleet(), { speed });
    const seconds = new Set<number>();
    let last = 0;
    stage.onTime((nowMs) => {
      assert.ok(nowMs - last <= 20.001 && nowMs >= last, `a step of ${nowMs - last} ms`);
      last = nowMs;
      if (nowMs % 1000 === 0) seconds.add(nowMs / 1000);
    });
    await stage.run({ untilMs: 2_000 });
    assert.is(stage.target.nowMs, 2_000);
    await stage.run({ untilMs: 3_500 });
    assert.equal([...seconds], [1, 2, 3]);
    assert.is((stage.target as Sim).traceHash, alone.traceHash, `at speed ${speed}`);
    await stage.target.close();
  }
  await alone.close();
});

test("fleet time is never ahead of real time x speed", async () => {
  const stage = new Stage(fleet(), { speed: 4 });
  const started = performance.now();
  let ahead = 0;
  stage.onTime((nowMs) => (ahead = Math.max(ahead, nowMs - 4 * (performance.now() - started))));
  await stage.run({ untilMs: 2_000 });
  assert.ok(ahead <= 1, `${ahead} ms ahead`);
  assert.ok(performance.now() - started >= 499);
  await stage.target.close();
});

test("paused it stands still, a step moves it by so much, resumed it goes on, stopped it ends; listeners hear of each change", async () => {
  const stage = new Stage(fleet(), { speed: 100 });
  let changes = 0;
  const stop = stage.onChange(() => changes++);
  const running = stage.run();
  await until(() => stage.target.nowMs >= 200);
  stage.pause();
  await sleep(100); // the step under way ends
  const stoodMs = stage.target.nowMs;
  await sleep(200);
  assert.is(stage.target.nowMs, stoodMs);
  await stage.step(500);
  assert.ok(Math.abs(stage.target.nowMs - stoodMs - 500) < 0.01);
  assert.ok(stage.paused);
  stage.setSpeed(50);
  assert.is(stage.speed, 50);
  stage.resume();
  await until(() => stage.target.nowMs >= stoodMs + 1_000);
  assert.is(changes, 4); // pause, pause of the step, speed, resume
  stop();
  stage.pause();
  assert.is(changes, 4);
  stage.stop();
  await running;
  for (const speed of [0, -1, 1e6, NaN]) assert.is(await refused(() => stage.setSpeed(speed)), refusal.DEED_FIELD);
  await stage.target.close();
});

test("a fork while it runs: another target from there on, one generation later, and it goes on by itself", async () => {
  const stage = new Stage(fleet(2), { speed: 100 });
  const running = stage.run();
  await until(() => stage.target.nowMs >= 3_000);
  const old = stage.target as Sim;
  const told: number[] = [];
  stage.onChange(() => told.push(stage.generation));
  const bad = await Promise.all([refused(() => stage.fork(-5)), refused(() => stage.fork(1e15))]);
  assert.equal(bad, [refusal.HTTP_FORK, refusal.HTTP_FORK]);
  assert.is(stage.target, old, "refused, the old one goes on");
  stage.pause();
  await stage.fork(1_500_000);
  assert.equal([stage.generation, told.at(-1)], [1, 1]);
  assert.is.not(stage.target, old);
  assert.is(stage.target.nowMs, 1_500);
  assert.ok(old.log.ended, "who follows the old log learns that it is over");
  stage.resume();
  await until(() => stage.target.nowMs >= 2_500);
  stage.stop();
  await running;
  assert.not.ok(stage.target.log.ended);
  await stage.target.close();
});

test("a fleet that is not simulated runs in its own time: it cannot be paused, stepped, sped up or forked", async () => {
  let nowMs = 0;
  const clock: Target = {
    kind: "posix",
    n: 1,
    devices: 1,
    verbs: [],
    log: new Log(),
    get nowMs() {
      return nowMs;
    },
    up: () => true,
    do: async () => {},
    request: async () => ({ reason: 0, answer: null, submitted: null }),
    advance: async (ms) => {
      await sleep(1);
      nowMs += ms;
    },
    close: async () => {},
  };
  const stage = new Stage(clock);
  assert.not.ok(stage.forkable);
  for (const work of [() => stage.pause(), () => stage.resume(), () => stage.setSpeed(2), () => stage.step(5)])
    assert.is(await refused(work), refusal.DEED_CANNOT);
  assert.is(await refused(() => stage.fork(0)), refusal.HTTP_FORK);
  await stage.run({ untilMs: 250 });
  assert.is(nowMs, 250);
});

test.run();

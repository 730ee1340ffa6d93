// Events leave by time, those of one instant in the order in which they were put: compared with a stable sort.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Queue } from "../../host/fleet/queue.ts";
import { Rng } from "../../host/fleet/rng.ts";

test("ten thousand events, put and taken in between, leave in a stable order of time", () => {
  const rng = new Rng(1, "queue test");
  const queue = new Queue<{ at: number; order: number; name: number }>();
  let waiting: { at: number; name: number }[] = [];
  for (let name = 0; name < 10_000; name++) {
    const at = rng.below(50);
    queue.put({ at, order: 0, name });
    waiting.push({ at, name });
    if (rng.chance(0.6)) continue;
    waiting = waiting
      .map((event, i) => ({ event, i }))
      .sort((a, b) => a.event.at - b.event.at || a.i - b.i)
      .map(({ event }) => event);
    assert.is(queue.nextAt, waiting[0].at);
    assert.is(queue.take()!.name, waiting.shift()!.name);
    if (waiting.length > 200) while (waiting.length > 0) (waiting.pop(), queue.take());
  }
  while (queue.size > 0) queue.take();
  assert.is(queue.nextAt, Infinity);
  assert.is(queue.take(), undefined);
});

test("one seed gives one stream, another name or seed another one", () => {
  const draw = (seed: number, name: string): string =>
    Array.from(
      { length: 8 },
      (
        (r) => () =>
          r.next()
      )(new Rng(seed, name)),
    ).join();
  assert.is(draw(1, "a"), draw(1, "a"));
  const all = new Set([draw(1, "a"), draw(1, "b"), draw(2, "a"), draw(2 ** 32 + 1, "a"), draw(0, "a"), draw(0, "")]);
  assert.is(all.size, 6);
});

test("a stream is even: each bit is set half the time, each tenth is hit a tenth of the time", () => {
  const rng = new Rng(5, "even");
  const ones = new Array<number>(32).fill(0);
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const x = rng.next();
    for (let b = 0; b < 32; b++) ones[b] += (x >>> b) & 1;
    tenths[rng.below(10)]++;
  }
  for (const n of ones) assert.ok(Math.abs(n - 10_000) < 400, `${n} of 20000`); // over five standard deviations
  for (const n of tenths) assert.ok(Math.abs(n - 2000) < 250, `${n} of 20000`);
});

test.run();

// Timers: against a model that keeps them in a map.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Board, Flash, Random } from "./flash.ts";

const board = await Board.open();

test("sixteen timers behave as a map of deadlines", () => {
  board.boot(new Flash());
  const model = new Map<number, bigint>();
  const random = new Random(3);
  assert.is(board.call("core_timer_next", 0n), 0xffffffff);
  let now = 0n;
  for (let i = 0; i < 20000; i++) {
    const id = random.below(16);
    const what = random.below(4);
    now += BigInt(random.below(50));
    if (what === 0) {
      const at = now + BigInt(random.below(5) === 0 ? 2 ** 40 : random.below(300));
      board.call("core_timer_set", id, at);
      model.set(id, at);
    } else if (what === 1) {
      board.call("core_timer_clear", id);
      model.delete(id);
    }
    for (let t = 0; t < 16; t++)
      assert.is(board.call("core_timer_due", t, now) === 1, (model.get(t) ?? now + 1n) <= now);
    const waits = [...model.values()].map((at) => (at > now ? at - now : 0n));
    const least = waits.reduce((a, b) => (b < a ? b : a), 0xffffffffn);
    assert.is(board.call("core_timer_next", now), Number(least));
  }
});

test("a timer for time 0 is due, not unset", () => {
  board.boot(new Flash());
  board.call("core_timer_set", 3, 0n);
  assert.is(board.call("core_timer_due", 3, 1n), 1);
});

test("jitter follows its seed, spreads over 32 bits and never sticks", () => {
  board.boot(new Flash());
  const draw = (seed: number): number[] => {
    board.m.hal.entropy = (n) => new Uint8Array(n).fill(seed);
    board.call("core_rng_seed");
    return Array.from({ length: 4000 }, () => board.call("core_rng_next"));
  };
  assert.equal(draw(7), draw(7));
  assert.not.equal(draw(7), draw(8));
  for (const seed of [0, 7, 255]) {
    const values = draw(seed).slice(16);
    for (let bit = 0; bit < 32; bit++) {
      const ones = values.filter((v) => (v >>> bit) & 1).length / values.length;
      assert.ok(ones > 0.45 && ones < 0.55, `bit ${bit} of seed ${seed}: ${ones}`);
    }
    assert.is(new Set(values).size, values.length);
  }
});

test.run();

// Where the power fails: at every place of a call, never elsewhere.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as effect from "../../firmware/wire/effect.ts";
import type { Effect } from "../../host/device/effects.ts";
import { done, place, type Failing } from "../../host/fleet/failing.ts";
import { Rng } from "../../host/fleet/rng.ts";

const list: Effect[] = [effect.EVENT, effect.STORE, effect.SEND, effect.ERASE, effect.SEND].map((op) => ({
  op,
  a: 2,
  b: 0,
  bytes: new Uint8Array(op === effect.STORE ? 10 : 0),
}));

const failing = (how: "cut" | "torn", effects = -1, bytes = -1): Failing => ({ how, effects, bytes, backMs: null });

/** All places that a thousand draws give. */
function places(how: "cut" | "torn", of: readonly Effect[] = list): number[] {
  const rng = new Rng(1, "failing test");
  return [...new Set(Array.from({ length: 1000 }, () => place(failing(how), of, rng)))].sort((a, b) => a - b);
}

test("a cut strikes before every effect and behind the last", () => {
  assert.equal(places("cut"), [0, 1, 2, 3, 4, 5]);
});

test("a tear strikes in writes only, and waits for a call that has one", () => {
  assert.equal(places("torn"), [1, 3]);
  assert.equal(places("torn", [list[0], list[2]]), [-1]);
});

test("a write is torn at every byte", () => {
  const rng = new Rng(2, "failing test");
  const bytes = new Set(Array.from({ length: 1000 }, () => done(failing("torn"), list[1], rng)));
  assert.equal(
    [...bytes].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  const erased = Array.from({ length: 1000 }, () => done(failing("torn"), list[3], rng));
  assert.ok(Math.max(...erased) > 4000 && Math.max(...erased) < 4096 && Math.min(...erased) < 100);
  assert.is(done(failing("torn", 0, 7), list[1], rng), 7);
});

test("a chosen place is counted over calls", () => {
  const rng = new Rng(3, "failing test");
  const cut = failing("cut", 7);
  assert.is(place(cut, list, rng), -1);
  assert.is(place(cut, list, rng), 2);
  const tear = failing("torn", 4);
  assert.is(place(tear, list, rng), -1, "no write behind the fourth");
  assert.is(place(tear, list, rng), 1);
});

test.run();

// Page deltas: apply(before, delta(before, after)) is `after`, small when little changed, and damage is refused.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Rng } from "../../host/fleet/rng.ts";
import * as page from "../../host/tape/page.ts";

const PAGE = 65536;

/** A page with runs of random bytes in it. */
function changed(before: Uint8Array, rng: Rng): Uint8Array {
  const after = before.slice();
  for (let runs = rng.below(40); runs > 0; runs--) {
    const from = rng.below(PAGE);
    after.set(rng.bytes(1 + rng.below(400)).subarray(0, PAGE - from), from);
  }
  return after;
}

test("the delta of any two pages makes the one into the other", () => {
  const rng = new Rng(1, "page test");
  let before: Uint8Array = new Uint8Array(PAGE);
  for (let i = 0; i < 60; i++) {
    const after = changed(before, rng);
    const made = before.slice();
    page.apply(made, page.delta(before, after));
    assert.equal(made, after);
    before = after;
  }
  const whole = new Uint8Array(PAGE);
  page.apply(whole, page.delta(null, before));
  assert.equal(whole, before, "and from zeros");
});

test("a delta is empty for equal pages, and a run of one unit for one byte", () => {
  const before = new Rng(2, "page test").bytes(PAGE).slice();
  assert.is(page.delta(before, before).length, 0);
  for (const at of [0, 15, 16, PAGE - 1]) {
    const after = before.slice();
    after[at] ^= 0x80;
    const runs = page.delta(before, after);
    assert.is(runs.length, 4 + 16);
    assert.is(runs[0] | (runs[1] << 8), at >> 4);
  }
  assert.is(page.delta(null, before).length, 4 + PAGE, "one run holds all of it");
});

test("pages that do not lie on a word are compared all the same", () => {
  const odd = new Uint8Array(PAGE + 1).subarray(1);
  odd[5] = 1;
  assert.is(page.delta(new Uint8Array(PAGE), odd).length, 20);
});

test("runs that do not fit are refused, and nothing of them is written", () => {
  const refused = (runs: number[], why: RegExp): void => {
    const into = new Uint8Array(PAGE);
    assert.throws(() => page.apply(into, Uint8Array.from(runs)), why);
    assert.ok(into.every((byte) => byte === 0));
  };
  refused([1, 0, 1], /inside a head/);
  refused([1, 0, 1, 0, 7], /inside a run/);
  refused([0xff, 0xff, 1, 0, ...new Array<number>(16).fill(7)], /a run ends at/);
});

test.run();

// Whatever the power does, one whole copy of the state loads: the newer if its head was stored, else the older.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../host/device/effects.ts";
import * as effect from "../../firmware/wire/effect.ts";
import { Board, CUT_ERASES, DEFAULT, Flash, INPUT, Random, SNAPSHOTS, WORK } from "./flash.ts";

const board = await Board.open();

interface State {
  meta: Uint8Array;
  image: Uint8Array;
}

/** A state in a line, for comparisons whose failure a person can read. */
const text = (s: State | null): string =>
  s === null ? "nothing" : createHash("sha256").update(s.meta).update(s.image).digest("hex").slice(0, 16);

/** Puts a state of about `entries` entries into the tree; returns what the tree then is. */
function fillTree(seed: number, entries: number): State {
  const random = new Random(seed);
  board.m.write(INPUT, random.bytes(32));
  board.call("core_tree_reset", INPUT);
  for (let i = 0; i < entries; i++) {
    const k = random.bytes(1 + random.below(32));
    const v = random.bytes(random.below(64));
    board.m.write(INPUT, k);
    board.m.write(INPUT + 64, v);
    assert.is(board.call("core_tree_put", INPUT, k.length, INPUT + 64, v.length), 0);
  }
  return { meta: random.bytes(64), image: image() };
}

const image = (): Uint8Array => board.m.bytes(board.call("core_tree_image"), board.call("core_tree_imageLength"));

/** Powers up and loads; null when there is no copy. */
function load(f: Flash): State | null {
  board.boot(f);
  if (board.call("core_snapshot_load", WORK) === 0) return null;
  return { meta: board.m.bytes(WORK, 64), image: image() };
}

/** The calls that write a copy of the tree as it is, each a list of effects. `during` runs between the calls. */
function write(state: State, during: () => void = () => {}): Effect[][] {
  const calls: Effect[][] = [];
  board.m.write(WORK, state.meta);
  calls.push(board.effects(() => void board.call("core_snapshot_begin", WORK)));
  assert.is(board.call("core_snapshot_busy"), 1);
  for (let done = 0; done === 0;) {
    if (calls.length > 100) throw new Error("the snapshot does not end");
    calls.push(board.effects(() => (done = board.call("core_snapshot_step"))));
    during();
  }
  assert.is(board.call("core_snapshot_busy"), 0);
  return calls;
}

test("a cut at any effect and any byte: the older copy loads, or the newer, to the byte; and the next copy succeeds", () => {
  const flash = new Flash();
  let older: State | null = null;
  let cases = 0;
  for (const [i, entries] of [0, 10, 140, 60, 130, 5].entries()) {
    load(flash);
    const newer = fillTree(i + 1, entries);
    const effects = write(newer).flat();
    assert.ok(effects.length > 2);
    for (const e of effects) {
      const ways = e.op === effect.ERASE ? CUT_ERASES.length : e.bytes.length;
      for (let k = 0; k < ways; k++) {
        const f = flash.clone();
        if (e.op === effect.ERASE) f.cutErase(e, CUT_ERASES[k], ++cases);
        else f.apply(e, k);
        const whole =
          e.op === effect.STORE &&
          e.b % 0x8000 === 0 &&
          f.bytes[e.a - 1].subarray(e.b, e.b + e.bytes.length).every((b, j) => b === e.bytes[j]);
        assert.is(text(load(f)), text(whole ? newer : older), `copy ${i}, cut at ${k} of ${e.op}`);
        if (cases++ % 500 !== 0) continue;
        const next = fillTree(1000 + cases, 50);
        write(next)
          .flat()
          .forEach((x) => f.apply(x));
        assert.is(text(load(f)), text(next));
      }
      flash.apply(e);
    }
    assert.is(text(load(flash)), text(newer));
    older = newer;
  }
});

test("cuts in a row never touch the copy in use", () => {
  const flash = new Flash();
  load(flash);
  const first = fillTree(1, 100);
  write(first)
    .flat()
    .forEach((e) => flash.apply(e));
  const random = new Random(5);
  for (let i = 0; i < 60; i++) {
    assert.is(text(load(flash)), text(first));
    fillTree(i + 2, random.below(140));
    const effects = write({ meta: random.bytes(64), image: image() }).flat();
    const stop = random.below(effects.length - 1);
    effects.slice(0, stop).forEach((e) => flash.apply(e));
    if (effects[stop].op === effect.ERASE) flash.cutErase(effects[stop], CUT_ERASES[i % CUT_ERASES.length], i);
    else flash.apply(effects[stop], random.below(effects[stop].bytes.length));
  }
});

test("copies alternate between the halves, at most 2 KiB or one ERASE a call", () => {
  const flash = new Flash();
  load(flash);
  const halves: number[] = [];
  for (let i = 0; i < 6; i++) {
    const state = fillTree(i, 130);
    for (const call of write(state)) {
      assert.ok(call.length <= 1);
      for (const e of call) {
        assert.is(e.a, SNAPSHOTS);
        assert.ok(e.bytes.length <= 2048);
        flash.apply(e);
        if (e.op === effect.STORE) halves.push(Math.floor(e.b / (DEFAULT[SNAPSHOTS - 1].size / 2)));
      }
    }
    assert.equal(
      halves.splice(0).filter((h) => h !== i % 2),
      [],
    );
    board.flash = flash;
  }
});

test("a state that moved while it was copied is not taken for one: the older copy stays", () => {
  const flash = new Flash();
  load(flash);
  const first = fillTree(1, 100);
  write(first)
    .flat()
    .forEach((e) => flash.apply(e));
  for (let when = 0; when < 12; when++) {
    load(flash);
    const moving = fillTree(2, 140);
    let step = 0;
    const change = (): void => {
      if (step++ !== when) return;
      board.m.write(INPUT, Uint8Array.of(9, 9, 9, 9));
      board.call("core_tree_put", INPUT, 3, INPUT, 4);
    };
    const calls = write(moving, change);
    calls.flat().forEach((e) => flash.apply(e));
    const lastStore = calls.length - 3; // begin() is a call before step 0, the head one behind
    const found = text(load(flash));
    assert.ok(found === text(first) || (found === text(moving) && when === lastStore), `after step ${when}: ${found}`);
    if (found !== text(first)) return; // late enough: all was stored before
  }
  assert.unreachable("a change after the last STORE does not matter");
});

test("a rotten newer copy gives way to the older, and is the one that is written next", () => {
  const flash = new Flash();
  load(flash);
  const states = [1, 2, 3].map((seed) => {
    const s = fillTree(seed, 120);
    write(s)
      .flat()
      .forEach((e) => flash.apply(e));
    return s;
  });
  const random = new Random(4);
  for (let i = 0; i < 200; i++) {
    const f = flash.clone();
    const at = random.below(128 + states[2].image.length); // copy 3 lies in half 0
    f.bytes[SNAPSHOTS - 1][at] ^= 1 << random.below(8);
    const found = load(f);
    const harmless = at >= 84 && at < 128;
    assert.is(text(found), text(harmless ? states[2] : states[1]), `byte ${at}`);
    const next = fillTree(50, 10);
    const effects = write(next).flat();
    if (!harmless) assert.is(effects[0].b, 0, "half 0 is written again");
    effects.forEach((e) => f.apply(e));
    assert.is(text(load(f)), text(next));
  }
});

test("two rotten copies: nothing loads, and the tree that stands is not touched", () => {
  const flash = new Flash();
  load(flash);
  for (const seed of [1, 2])
    write(fillTree(seed, 100))
      .flat()
      .forEach((e) => flash.apply(e));
  for (const half of [0, 0x8000]) flash.bytes[SNAPSHOTS - 1][half + 500] ^= 1;
  board.boot(flash);
  const standing = fillTree(3, 20);
  assert.is(board.call("core_snapshot_load", WORK), 0);
  assert.is(text({ ...standing, image: image() }), text(standing));
});

test("no copy at all, and garbage: nothing loads", () => {
  const f = new Flash();
  assert.is(load(f), null);
  f.bytes[SNAPSHOTS - 1].set(new Random(3).bytes(DEFAULT[SNAPSHOTS - 1].size));
  assert.is(load(f), null);
});

test.run();

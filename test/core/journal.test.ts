// What a device promised survives every power cut, and a journal that lost a promise says so.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../host/device/effects.ts";
import * as effect from "../../firmware/wire/effect.ts";
import * as record from "../../firmware/wire/record.ts";
import { Board, CUT_ERASES, type CutErase, Flash, JOURNAL, Random, SMALL } from "./flash.ts";
import { after, append, digestOf, promise, recall, restate, text, type Truth, viewOf, vote } from "./voter.ts";

const budget = Number(process.env.SYNOD_BUDGET ?? 0);
const VOTES = 220; // eight sectors' worth: the ring of three wraps three times
const KEPT = 4; // records that bind at any time
const SECTOR = SMALL[JOURNAL - 1].sector;

const board = await Board.open();

/** Every way in which the power can stop effect e, as functions on a flash that has all effects before it. */
function* cuts(e: Effect, seed: number): Generator<[string, (f: Flash) => void]> {
  if (e.op === effect.STORE)
    for (let k = 0; k < e.bytes.length; k++) yield [`STORE at byte ${k}`, (f) => f.apply(e, k)];
  if (e.op === effect.ERASE)
    for (const how of CUT_ERASES) yield [`ERASE ${how}`, (f) => f.cutErase(e, how as CutErase, seed)];
}

/** The whole effect is in flash although the power went: what was not programmed is 0xff anyway. */
const done = (f: Flash, e: Effect): boolean =>
  e.op === effect.STORE && f.bytes[e.a - 1].subarray(e.b, e.b + e.bytes.length).every((b, i) => b === e.bytes[i]);

let asked = 0;

/** After power-up with flash f the journal tells exactly what `truth` says; now and then it is asked twice. */
function expectTruth(f: Flash, truth: Truth, where: string): void {
  for (let again = asked++ % 8 === 0 ? 1 : 0; again >= 0; again--) {
    board.boot(f);
    const { state, records } = recall(board);
    const expected = truth.sealed === null ? 1 : 0;
    if (state !== expected) assert.unreachable(`${where}: state ${state}, not ${expected}`);
    if (text(records) !== text(truth.sealed ?? []))
      assert.unreachable(`${where}: found ${text(records)}, not ${text(truth.sealed ?? [])}`);
    if (board.call("core_journal_room") !== 0) assert.unreachable(`${where}: a tail of doubtful strength is open`);
  }
}

/** Plays `votes` votes on a fresh flash; calls `each` with every effect, the flash before it and the truth before it. */
function history(
  votes: number,
  geometry = SMALL,
  each: (e: Effect, f: Flash, truth: Truth, live: Uint8Array[]) => void = () => {},
) {
  const flash = new Flash(geometry);
  let truth: Truth = { sealed: null, prefix: [] };
  const live: Uint8Array[] = [];
  const play = (body: () => void): void => {
    const effects = board.effects(body);
    const memory = board.m.bytes(0x1c00, 0x10000 - 0x1c00); // `each` reboots the board
    for (const e of effects) {
      each(e, flash, truth, live);
      flash.apply(e);
      truth = after(truth, e);
    }
    board.m.write(0x1c00, memory);
    board.flash = flash;
  };
  board.boot(flash);
  assert.is(board.call("core_journal_open"), 1);
  play(() => restate(board, []));
  for (let view = 1; view <= votes; view++) {
    const r = promise(view, view & 255);
    play(() => vote(board, live, r));
    live.push(r);
    if (live.length > KEPT) live.shift();
  }
  return { flash, truth, live };
}

test("a cut at any effect and any byte: what was promised is found, nothing is invented, and recovery bears cuts too", () => {
  let cases = 0;
  const random = new Random(7);
  history(VOTES, SMALL, (e, before, truth, live) => {
    for (const [where, cut] of cuts(e, cases)) {
      let f = before.clone();
      cut(f);
      const now = done(f, e) ? after(truth, e) : truth;
      expectTruth(f, now, where);
      for (const r of live)
        if (!now.sealed?.some((s) => viewOf(s) === viewOf(r))) assert.unreachable(`${where}: ${viewOf(r)} binds`);
      // recovery: restate everything in a new sector, cut again up to three times, then in peace
      const found = now.sealed ?? [];
      const rounds = cases++ % 4;
      if (cases % 3 !== 0) continue;
      for (let round = 0; round <= rounds; round++) {
        const effects = board.effects(() => restate(board, found));
        const stop = round < rounds ? random.below(effects.length) : effects.length;
        effects.slice(0, stop).forEach((x) => f.apply(x));
        if (stop < effects.length) {
          const ways = [...cuts(effects[stop], cases)];
          ways[random.below(ways.length)][1](f);
        }
        const sealed = stop === effects.length || effects.slice(0, stop).some((x) => x.bytes[0] === 255);
        expectTruth(f, sealed ? { sealed: found, prefix: [] } : now, `${where}, then recovery ${round}`);
      }
    }
  });
  assert.ok(cases > VOTES * 64);
});

test("the ring of eight sectors of 4 KiB wraps, and every cut between two effects is survived", () => {
  history(1200, undefined, (e, before, truth) => {
    if (e.op === effect.ERASE || viewOf(e.bytes) % 16 === 0) expectTruth(before.clone(), truth, "between effects");
  });
});

test("the newest sealed sector is never erased", () => {
  let sealed = -1;
  let writing = -1;
  history(VOTES, SMALL, (e) => {
    if (e.op === effect.ERASE) {
      assert.is.not(e.b, sealed);
      writing = e.b;
    } else if (e.bytes[0] === 255 && e.bytes.length === record.SLOT) sealed = writing;
  });
});

test("one flipped bit anywhere: the journal tells all, or all but a last slot, or says that it is unreadable", () => {
  const { flash, truth } = history(VOTES);
  const all = text(truth.sealed!);
  const withoutLast = text(truth.sealed!.slice(0, -1));
  const verdicts = [0, 0, 0];
  for (let at = 0; at < SMALL[JOURNAL - 1].size; at++) {
    const f = flash.clone();
    f.bytes[JOURNAL - 1][at] ^= 1 << (at & 7);
    board.boot(f);
    const { state, records } = recall(board);
    verdicts[state]++;
    assert.ok(
      state === 2 || (state === 0 && [all, withoutLast].includes(text(records))),
      `byte ${at}: ${state} ${text(records)}`,
    );
    if (state === 2) assert.is(records.length, 0);
  }
  const slots = 2 + truth.sealed!.length; // head, seal, records
  assert.ok(verdicts[2] >= (slots - 2) * record.SLOT && verdicts[2] < SECTOR, `${verdicts}`);
});

test("a sector lost as a whole, blank or as garbage: unreadable when it was the newest, else nothing missed", () => {
  const { flash, truth } = history(VOTES);
  const { size } = SMALL[JOURNAL - 1];
  const states: number[] = [];
  for (let b = 0; b < size / SECTOR; b++) {
    for (const how of ["blank", "garbage"] as const) {
      const f = flash.clone();
      f.cutErase({ op: effect.ERASE, a: JOURNAL, b, bytes: new Uint8Array(0) }, how, b + 1);
      board.boot(f);
      const { state, records } = recall(board);
      states.push(state);
      if (state === 0) assert.is(text(records), text(truth.sealed!));
    }
  }
  assert.equal(states.filter((s) => s === 2).length, 2, `${states}`);
});

test("an ERASE that did nothing is noticed at the next boot", () => {
  const { flash, live } = history(VOTES);
  board.boot(flash);
  recall(board);
  const effects = board.effects(() => restate(board, live));
  const fresh = new Flash(SMALL);
  fresh.bytes.forEach((b, i) => b.set(flash.bytes[i]));
  for (const e of effects)
    if (e.op !== effect.ERASE) e.bytes.forEach((b, i) => (fresh.bytes[JOURNAL - 1][e.b + i] &= b));
  board.boot(fresh);
  assert.is(recall(board).state, 2);
});

test("an unreadable journal starts anew when it is told to, whatever the cut, and tells of nothing old", () => {
  const { flash, truth } = history(VOTES);
  const slot = truth.sealed!.length; // a record in the middle of the newest sector
  const heads = [0, 1, 2].map((i) => new DataView(flash.bytes[JOURNAL - 1].buffer, i * SECTOR).getUint32(4, true));
  const newest = heads.indexOf(Math.max(...heads));
  flash.bytes[JOURNAL - 1][newest * SECTOR + (slot - 3) * record.SLOT + 20] ^= 1;
  board.boot(flash);
  assert.is(recall(board).state, 2);
  const fresh = promise(9999, 9);
  const effects = board.effects(() => restate(board, [], [fresh]));
  for (let i = 0; i < effects.length; i++) {
    for (const [where, cut] of cuts(effects[i], i)) {
      const f = flash.clone();
      effects.slice(0, i).forEach((e) => f.apply(e));
      cut(f);
      board.boot(f);
      const { state, records } = recall(board);
      assert.ok(state === 2 ? records.length === 0 : text(records) === text([fresh]), where);
    }
  }
  effects.forEach((e) => flash.apply(e));
  expectTruth(flash, { sealed: [fresh], prefix: [] }, "after the new start");
});

test("a blank flash is blank, one of garbage is not, and both can be started", () => {
  board.boot(new Flash(SMALL));
  assert.is(recall(board).state, 1);
  const f = new Flash(SMALL);
  f.bytes[JOURNAL - 1].set(new Random(3).bytes(SMALL[JOURNAL - 1].size));
  board.boot(f);
  assert.is(recall(board).state, 2);
  board.effects(() => restate(board, [])).forEach((e) => f.apply(e));
  expectTruth(f, { sealed: [], prefix: [] }, "started on garbage");
});

// Bits that were being programmed when the power went may read either way at each boot, until their sector is erased.
interface Weak {
  offset: number;
  old: Uint8Array;
  meant: Uint8Array;
}

/** A device in a storm: it votes, the power goes, it comes back. */
class Storm {
  readonly flash = new Flash(SMALL);
  readonly random: Random;
  private weak: Weak[] = []; // one at most
  private readonly sent = new Map<number, number>(); // view -> digest, as the world saw it
  cuts = 0;
  votes = 0;
  view = 0;

  constructor(readonly seed: number) {
    this.random = new Random(seed);
    board.boot(this.flash);
    recall(board);
    board.effects(() => restate(board, [])).forEach((e) => this.flash.apply(e));
  }

  /** What weak bits read as this time: as before, as meant, or a mixture. */
  private flicker(): void {
    const target = this.flash.bytes[JOURNAL - 1];
    const reads = this.random.below(3);
    for (const { offset, old, meant } of this.weak) {
      for (let i = 0; i < old.length; i++) {
        const asMeant = reads === 1 || (reads === 2 && this.random.below(2) === 1);
        target[offset + i] = asMeant ? meant[i] : old[i];
      }
    }
  }

  /** Does the effects of one call; false when the power went before the last of them was done. */
  private drain(effects: Effect[]): boolean {
    const { flash, random } = this;
    for (const e of effects) {
      if (e.op === effect.ERASE) this.weak = this.weak.filter((w) => Math.floor(w.offset / SECTOR) !== e.b);
      if (random.below(60) !== 0) {
        flash.apply(e);
        continue;
      }
      this.cuts++;
      if (e.op === effect.ERASE) flash.cutErase(e, CUT_ERASES[random.below(CUT_ERASES.length)], this.cuts);
      else {
        const old = flash.bytes[e.a - 1].slice(e.b, e.b + e.bytes.length);
        flash.apply(e, random.below(e.bytes.length + 1));
        this.weak = [{ offset: e.b, old, meant: e.bytes.slice() }];
      }
      return false;
    }
    return true;
  }

  /** The world hears these votes, and remembers. */
  private say(records: Uint8Array[]): void {
    for (const r of records) {
      const before = this.sent.get(viewOf(r));
      if (before !== undefined && before !== digestOf(r))
        assert.unreachable(`seed ${this.seed}: two votes in view ${viewOf(r)}`);
      this.sent.set(viewOf(r), digestOf(r));
    }
  }

  /** From power-up to the next cut, or 40 votes. */
  life(): void {
    this.flicker();
    board.boot(this.flash);
    const { state, records } = recall(board);
    assert.is(state, 0, `seed ${this.seed}: unreadable`);
    let live = records.filter((r) => viewOf(r) > this.view - KEPT);
    const mine = new Set(records.map(viewOf));
    if (!this.drain(board.effects(() => restate(board, live)))) return;
    this.say(live);
    for (let i = 0; i < 40; i++) {
      if (this.random.below(5) !== 0 || this.view === 0) this.view++; // else: asked again for the view it was cut in
      if (mine.has(this.view)) continue;
      const r = promise(this.view, this.random.below(256));
      if (!this.drain(board.effects(() => vote(board, live, r)))) return;
      this.say([r]);
      this.votes++;
      mine.add(this.view);
      live = [...live, r].slice(-KEPT);
    }
  }
}

test("a voter under power cuts and weak bits never votes twice in a view", () => {
  const until = Date.now() + 1000 * budget;
  let cutsDone = 0;
  let votes = 0;
  for (let seed = 1; seed <= 12 || Date.now() < until; seed++) {
    const storm = new Storm(seed);
    for (let boot = 0; boot < 60; boot++) storm.life();
    cutsDone += storm.cuts;
    votes += storm.votes;
  }
  assert.ok(cutsDone > 300 && votes > 5000, `${cutsDone} cuts, ${votes} votes`);
});

test("append traps when there is no room for it", () => {
  board.boot(new Flash(SMALL));
  assert.throws(() => append(board, promise(1, 1)));
});

test.run();

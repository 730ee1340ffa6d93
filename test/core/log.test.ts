// The log keeps what was stored wholly, names nothing torn, and overwrites its oldest sector only.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../host/device/effects.ts";
import * as effect from "../../firmware/wire/effect.ts";
import * as record from "../../firmware/wire/record.ts";
import { BLOCKS, Board, CUT_ERASES, DEFAULT, Flash, type Geometry, INPUT, Random, SMALL, WORK } from "./flash.ts";

const board = await Board.open();
const HEAD = 16;

interface Entry {
  offset: number;
  kind: number;
  view: number;
  payload: Uint8Array;
}

const span = (payload: number): number => (record.LOG_SIZE + payload + 7) & ~7;

/** What the log must hold: a ring of sectors, each a list of records. Nothing of the firmware's arithmetic is used. */
class Model {
  sectors: Entry[][] = []; // by sequence; only the last `count` of them are in flash
  used = 0;
  constructor(readonly geometry: Geometry) {}
  get count(): number {
    return this.geometry.size / this.geometry.sector;
  }
  get live(): Entry[] {
    return this.sectors.slice(-this.count).flat();
  }
  /** Where the next record of this payload goes. */
  place(payload: number): number {
    if (this.sectors.length === 0 || this.used + span(payload) > this.geometry.sector) {
      this.sectors.push([]);
      this.used = HEAD;
    }
    const offset = ((this.sectors.length - 1) % this.count) * this.geometry.sector + this.used;
    this.used += span(payload);
    return offset;
  }
}

/** A record of a length that varies as blocks, certificates and commits do. */
function entry(i: number, random: Random): Omit<Entry, "offset"> {
  const length = [4, 4 + random.below(60), 305, 128 + random.below(400), 128 + random.below(1536), 1664][
    random.below(6)
  ];
  return { kind: 1 + (i % 4), view: i, payload: random.bytes(length) };
}

function append(e: Omit<Entry, "offset">, split: number): number {
  const digest = new Uint8Array(32).fill(e.view & 255);
  board.m.write(INPUT, digest);
  board.m.write(WORK, e.payload.slice(0, split));
  board.m.write(0x6000, e.payload.slice(split)); // anywhere in scratch
  return board.call(
    "core_log_append",
    e.kind,
    e.view,
    e.view + 7,
    INPUT,
    WORK,
    split,
    0x6000,
    e.payload.length - split,
  );
}

/** The record at offset as the log reads it back. */
function readBack(offset: number): Entry {
  assert.is(board.call("core_log_head", offset, WORK), 1, `head at ${offset}`);
  assert.is(board.call("core_log_check", offset), 1, `whole at ${offset}`);
  const head = new DataView(board.m.bytes(WORK, record.LOG_SIZE).buffer);
  const n = head.getUint32(record.LOG_LENGTH, true);
  assert.is(board.call("core_log_read", offset, 0, WORK, n), 1);
  const view = head.getUint32(record.LOG_VIEW, true);
  assert.is(head.getUint32(record.LOG_HEIGHT, true), view + 7);
  assert.is(head.getUint8(record.LOG_DIGEST + 31), view & 255);
  return { offset, kind: head.getUint8(record.LOG_KIND), view, payload: board.m.bytes(WORK, n) };
}

function walk(): number[] {
  const found: number[] = [];
  for (let at = board.call("core_log_first"); at !== 0; at = board.call("core_log_next", at)) {
    found.push(at);
    if (found.length > 10000) throw new Error("the walk does not end");
  }
  return found;
}

function open(f: Flash): number[] {
  board.boot(f);
  board.call("core_log_open");
  return walk();
}

/** Plays n appends on a fresh flash, calling `each` before every effect. */
function history(
  n: number,
  geometry: Geometry[],
  seed: number,
  each: (e: Effect, before: Flash, model: Model) => void = () => {},
) {
  const flash = new Flash(geometry);
  const model = new Model(geometry[BLOCKS - 1]);
  const random = new Random(seed);
  open(flash);
  for (let i = 1; i <= n; i++) {
    const e = entry(i, random);
    const before = new Model(model.geometry);
    Object.assign(before, { sectors: model.sectors.map((s) => [...s]), used: model.used });
    let offset = 0;
    const effects = board.effects(() => (offset = append(e, random.below(e.payload.length + 1))));
    assert.is(offset, model.place(e.payload.length));
    model.sectors.at(-1)!.push({ offset, ...e });
    const memory = board.m.bytes(0x1c00, 0x10000 - 0x1c00);
    for (const x of effects) {
      each(x, flash, before);
      flash.apply(x);
      if (x.op === effect.ERASE) before.sectors.push([]);
    }
    board.m.write(0x1c00, memory);
    board.flash = flash;
  }
  return { flash, model };
}

const offsets = (entries: Entry[]): string => entries.map((e) => e.offset).join(" ");

test("everything appended since the oldest sector is found again, in order and to the byte", () => {
  for (const geometry of [SMALL, DEFAULT]) {
    const { flash, model } = history(800, geometry, 11);
    assert.is(walk().join(" "), offsets(model.live), "without a reboot");
    assert.is(open(flash).join(" "), offsets(model.live), "after a reboot");
    assert.ok(model.sectors.length > model.count + 10, "the ring wrapped");
    for (const e of model.live) assert.equal(readBack(e.offset), e);
  }
});

test("a cut at any effect and any byte: only the record under way is missing, and appending goes on", () => {
  let cases = 0;
  history(120, SMALL, 5, (e, before, model) => {
    const old = new Set(model.live.map((x) => x.offset));
    const expected = (how: string, f: Flash): number[] => {
      const found = open(f);
      // a cut ERASE may have eaten the oldest sector, all or part; everything else stands
      const dying =
        e.op === effect.ERASE ? model.live.filter((x) => Math.floor(x.offset / model.geometry.sector) === e.b) : [];
      const must = model.live.filter((x) => !dying.includes(x));
      for (const x of must) if (!found.includes(x.offset)) assert.unreachable(`${how}: lost ${x.offset}`);
      for (const at of found) if (!old.has(at)) assert.unreachable(`${how}: invented ${at}`);
      for (const x of dying) if (found.includes(x.offset)) assert.equal(readBack(x.offset), x, how);
      return found;
    };
    const afterwards = (f: Flash, found: number[]): void => {
      if (cases++ % 7 !== 0) return;
      const x = entry(999, new Random(cases));
      let offset = 0;
      const effects = board.effects(() => (offset = append(x, 0)));
      effects.forEach((y) => f.apply(y));
      const erased = effects.find((y) => y.op === effect.ERASE)?.b;
      const sector = model.geometry.sector;
      const kept = found.filter((at) => Math.floor(at / sector) !== erased);
      const now = open(f);
      assert.equal(now, [...kept, offset]);
      assert.equal(readBack(offset), { offset, ...x });
    };
    if (e.op === effect.ERASE) {
      for (const how of CUT_ERASES) {
        const f = before.clone();
        f.cutErase(e, how, cases);
        afterwards(f, expected(how, f));
      }
      return;
    }
    for (let k = 0; k < e.bytes.length; k++) {
      const f = before.clone();
      f.apply(e, k);
      if (f.bytes[BLOCKS - 1].subarray(e.b, e.b + e.bytes.length).every((b, i) => b === e.bytes[i])) continue; // 0xff behind: whole
      afterwards(f, expected(`byte ${k}`, f));
    }
  });
  assert.ok(cases > 10000, `${cases}`);
});

test("within the call that erases a sector its records are gone already", () => {
  const { flash, model } = history(40, SMALL, 51);
  open(flash);
  let found: number[] = [];
  const effects = board.effects(() => {
    append({ kind: 1, view: 1, payload: new Uint8Array(1664) }, 0);
    found = walk();
  });
  const erased = effects.find((e) => e.op === effect.ERASE);
  assert.ok(erased);
  const kept = model.live.filter((e) => Math.floor(e.offset / model.geometry.sector) !== erased!.b);
  assert.is(found.join(" "), offsets(kept));
});

test("cuts in a row do not eat the log: a sector that holds nothing whole is used again", () => {
  const { flash, model } = history(40, SMALL, 21);
  const before = open(flash).length;
  const sectors = new Set<number>();
  for (let i = 0; i < 50; i++) {
    open(flash);
    const effects = board.effects(() => append({ kind: 1, view: i, payload: new Uint8Array(1664) }, 0));
    for (const e of effects) {
      if (e.op === effect.ERASE) sectors.add(e.b);
      flash.apply(e, Math.min(e.bytes.length, 500));
    }
  }
  assert.ok(sectors.size <= 1, "one sector at most is erased again and again");
  assert.ok(open(flash).length >= before - model.sectors.at(-model.count)!.length);
});

test("a bit flipped in a payload is found by check, one in a head hides that record alone from its offset", () => {
  const { flash, model } = history(60, SMALL, 31);
  for (const e of model.live) {
    const f = flash.clone();
    f.bytes[BLOCKS - 1][e.offset + record.LOG_SIZE + (e.view % e.payload.length)] ^= 4;
    open(f);
    assert.is(board.call("core_log_check", e.offset), 0);
    const g = flash.clone();
    g.bytes[BLOCKS - 1][e.offset + (e.view % record.LOG_SIZE)] ^= 4;
    open(g);
    assert.is(board.call("core_log_head", e.offset, WORK), 0);
  }
});

test("any number may be asked as an offset", () => {
  const { flash, model } = history(60, SMALL, 41);
  open(flash);
  const real = new Set(model.live.map((e) => e.offset));
  const random = new Random(1);
  for (let i = 0; i < 20000; i++) {
    const at = i < 0x1900 ? i : (random.below(0xffffffff) ^ (i << 20)) >>> 0;
    const head = board.call("core_log_head", at, WORK);
    if (head !== 0) assert.ok(real.has(at), `a head at ${at}`);
    board.call("core_log_next", at);
  }
});

test("a blank region and one of garbage are empty logs, and take records", () => {
  for (const garbage of [false, true]) {
    const f = new Flash(SMALL);
    if (garbage) f.bytes[BLOCKS - 1].set(new Random(9).bytes(SMALL[BLOCKS - 1].size));
    assert.equal(open(f), []);
    let offset = 0;
    board
      .effects(() => (offset = append({ kind: 1, view: 1, payload: new Uint8Array(100) }, 50)))
      .forEach((e) => f.apply(e));
    assert.equal(open(f), [offset]);
  }
});

test("a record that no sector holds traps", () => {
  open(new Flash(SMALL));
  assert.throws(() => append({ kind: 1, view: 1, payload: new Uint8Array(0x800 - 16 - 56 + 1) }, 0));
});

test.run();

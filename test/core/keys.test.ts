// Tables of keys in flash: whatever the power, the flash or another cell left there, each key ends with the one right table or without
// one, no other is ever in use, and verdicts are those of ZIP-215 all the while.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import * as effect from "../../firmware/wire/effect.ts";
import * as record from "../../firmware/wire/record.ts";
import { crc32, hex, u32 } from "../../host/device/bytes.ts";
import type { Effect } from "../../host/device/effects.ts";
import { Source } from "../crypto/device.ts";
import { decoded, kinds, oddEncodings, signed, type Signed } from "../crypto/edges.ts";
import { Board, CUT_ERASES, DEFAULT, Flash, INPUT, KEYS, Random, WORK, type Geometry } from "./flash.ts";

const board = await Board.open();
const HEAD = 40;
const RING = 0x2a00;
const COLD = 3;
const source = new Source(11);
const seeds = Array.from({ length: 32 }, () => source.bytes(32));
const cell = seeds.map((seed) => ed25519.getPublicKey(seed));
const others = seeds.map(() => ed25519.getPublicKey(source.bytes(32)));

/** A flash whose region of tables is this. */
const flashOf = (keys: Geometry): Flash => new Flash([...DEFAULT.slice(0, 4), keys]);
/** The region of tables. */
const region = (flash: Flash): Uint8Array => flash.bytes[KEYS - 1];

/** Powers up with these keys, none of them looked at. */
function boot(flash: Flash, keys: Uint8Array[]): void {
  board.boot(flash);
  keys.forEach((key, i) => board.m.write(INPUT + HEAD * i, key));
}

const halvesOf = (i: number): number => u32(board.m.bytes(INPUT + HEAD * i, HEAD), record.KEY_HALVES);
const whereOf = (i: number): number => u32(board.m.bytes(INPUT + HEAD * i, HEAD), record.KEY_WHERE);
const heads = (n: number): number[] => Array.from({ length: n }, (_, i) => halvesOf(i));

/** A record of a key, and where it lies. */
interface Place {
  at: number;
  halves: number;
  bytes: Uint8Array;
}

/** What the record of a key is, made by the same code in memory: its table was compared with the curve by cached.test.ts. */
function expected(key: Uint8Array, at: number, halves: number): Place {
  board.m.write(WORK, key);
  assert.is(board.call("crypto_cached_prepare", RING, WORK, RING + HEAD, halves), 1);
  const n = HEAD + 1728 * halves;
  const bytes = board.m.bytes(RING, n + 8);
  const words = new DataView(bytes.buffer);
  words.setUint32(record.KEY_WHERE, (KEYS << 24) | (at + HEAD), true);
  words.setUint32(n, crc32(bytes.subarray(0, n)), true);
  words.setUint32(n + 4, 0xffffffff, true);
  return { at, halves, bytes };
}

/** A call that tends the keys; its effects, nothing of them done yet. */
const tend = (n: number): { busy: boolean; effects: Effect[] } => {
  let busy = false;
  const effects = board.effects(() => (busy = board.call("core_keys_tend", INPUT, n) !== 0));
  return { busy, effects };
};

/** Tends the keys until nothing is left to do, `watch` called after each call; how many tables were stored. */
function settle(flash: Flash, n: number, watch: () => void = () => {}): number {
  let stored = 0;
  for (let calls = 0; ; calls++) {
    assert.ok(calls < 10 * n + 10, "it ends");
    const { busy, effects } = tend(n);
    if (!busy) return stored;
    const stores = effects.filter((e) => e.op === effect.STORE);
    assert.ok(stores.length <= 1, "one table a call");
    for (const e of effects) flash.apply(e);
    stored += stores.length;
    watch();
  }
}

/** The records of these keys one behind the other. */
const packed = (keys: Uint8Array[], halves: number): Place[] =>
  keys.map((key, i) => expected(key, halves * record.KEY_SPAN * i, halves));

/** Says of each key whether what it uses is its right table, and that no other is in use. */
function check(flash: Flash, places: Place[]): boolean[] {
  return places.map(({ at, halves, bytes }, i) => {
    if (halvesOf(i) === 0) return false;
    assert.is(halvesOf(i), halves);
    assert.is(whereOf(i), (KEYS << 24) | (at + HEAD));
    assert.is(hex(region(flash).slice(at, at + bytes.length)), hex(bytes), `key ${i}`);
    return true;
  });
}

test("a cell makes its tables one a call, as large as fit, and uses them from the next boot on without making any", () => {
  const behind = (halves: number) => (i: number) => halves * record.KEY_SPAN * i;
  const rows: [n: number, size: number, sector: number, halves: number, most: number, at: (i: number) => number][] = [
    [4, 0x4000, 0x1000, 2, 4, behind(2)],
    [7, 0x7000, 0x1000, 2, 7, behind(2)],
    [7, 0x6800, 0x800, 1, 7, behind(1)],
    [16, 0x10000, 0x1000, 2, 16, behind(2)],
    [17, 0x10000, 0x1000, 1, 17, behind(1)],
    [32, 0x10000, 0x4000, 1, 32, behind(1)],
    [32, 0x20000, 0x20000, 2, 32, behind(2)],
    [7, 0x2000, 0x1000, 1, 4, behind(1)],
    [8, 0x4800, 0x1800, 1, 8, (i) => 0x1800 * Math.floor(i / 3) + 0x800 * (i % 3)],
    [4, 0x6000, 0x1800, 2, 4, (i) => 0x1800 * i], // no table crosses from one sector to the next
    [4, 0x6000, 0xc00, 2, 4, (i) => 0x1800 * i], // but where it takes both
    [4, 0, 0, 0, 0, behind(0)],
  ];
  for (const [n, size, sector, halves, most, at] of rows) {
    const flash = flashOf({ size, sector });
    const keys = cell.slice(0, n);
    boot(flash, keys);
    assert.is(settle(flash, n), most, `${n} keys in ${size} bytes`);
    const wanted = Array.from({ length: n }, (_, i) => (i < most ? halves : 0));
    assert.equal(heads(n), wanted);
    const places = keys.slice(0, most).map((key, i) => expected(key, at(i), halves));
    check(flash, places);
    boot(flash, keys);
    assert.is(settle(flash, n), 0, "they are still there");
    assert.equal(heads(n), wanted);
    check(flash, places);
  }
});

/** Makes the tables of a cell in a copy of `flash`, cut at one place after another; each time they must come out right after a restart. */
function cutEverywhere(flash: Flash, keys: Uint8Array[], halves: number, cuts: (e: Effect) => number): number {
  const n = keys.length;
  const places = packed(keys, halves);
  let cases = 0;
  boot(flash, keys);
  const calls: { before: Flash; effects: Effect[] }[] = [];
  for (let more = true; more;) {
    const before = flash.clone();
    const { busy, effects } = tend(n);
    if (effects.length > 0) calls.push({ before, effects });
    for (const e of effects) flash.apply(e);
    more = busy;
  }
  for (const { before, effects } of calls)
    for (const [at, e] of effects.entries())
      for (let k = 0; k < cuts(e); k++) {
        const torn = before.clone();
        for (const done of effects.slice(0, at)) torn.apply(done);
        if (e.op === effect.ERASE) torn.cutErase(e, CUT_ERASES[k % CUT_ERASES.length], ++cases);
        else torn.apply(e, Math.floor((k * e.bytes.length) / cuts(e)));
        cases++;
        boot(torn, keys);
        settle(torn, n, () => check(torn, places));
        assert.ok(check(torn, places).every(Boolean), `cut ${k} of effect ${at}`);
      }
  return cases;
}

test("a cut at any byte of a STORE and any cut of an ERASE: after a restart the tables are made, and no wrong one was in use", () => {
  const blank = flashOf({ size: 0x1000, sector: 0x800 });
  const all = cutEverywhere(blank, cell.slice(0, 1), 2, (e) => e.bytes.length);
  // tables of another cell lie there: two keys a sector, then two sectors a key
  let more = 0;
  for (const [geometry, halves] of [
    [{ size: 0x1000, sector: 0x1000 }, 1],
    [{ size: 0x2000, sector: 0x800 }, 2],
  ] as const) {
    const flash = flashOf(geometry);
    boot(flash, others.slice(0, 2));
    settle(flash, 2);
    more += cutEverywhere(flash, cell.slice(0, 2), halves, (e) => (e.op === effect.ERASE ? 5 * CUT_ERASES.length : 40));
  }
  assert.ok(all >= 3504 && more > 150, `${all} and ${more} cuts`);
});

test("rot is noticed at the next boot, whichever bit it is, and the table made anew", () => {
  const flash = flashOf({ size: 0x2000, sector: 0x1000 });
  const keys = cell.slice(0, 4);
  const places = packed(keys, 1);
  boot(flash, keys);
  settle(flash, 4);
  const random = new Random(5);
  for (let round = 0; round < 60; round++) {
    const which = random.below(4);
    region(flash)[which * record.KEY_SPAN + random.below(places[which].bytes.length - 4)] ^= 1 << random.below(8);
    boot(flash, keys);
    const made = settle(flash, 4, () => check(flash, places));
    assert.is(made, 2, "its own, and its neighbour's, which went with the sector");
    assert.ok(check(flash, places).every(Boolean));
  }
});

test("tables of another cell, of another size and of another order are replaced", () => {
  const flash = flashOf({ size: 0x10000, sector: 0x1000 });
  for (const [keys, halves] of [
    [others.slice(0, 7), 2],
    [cell.slice(0, 7), 2],
    [cell.slice(0, 20), 1],
    [cell.slice(0, 20).reverse(), 1],
    [cell.slice(0, 7), 2],
  ] as const) {
    boot(flash, keys);
    const places = packed(keys, halves);
    boot(flash, keys);
    settle(flash, keys.length, () => check(flash, places));
    assert.ok(check(flash, places).every(Boolean));
  }
});

test("flash that does not keep what it is given leaves its key cold, the others not, and is not written again", () => {
  for (const sector of [0x800, 0x1000, 0x4000]) {
    const flash = flashOf({ size: 0x4000, sector });
    const keys = cell.slice(0, 8);
    boot(flash, keys);
    const stuck = [1, 2, 3].map((i) => i * record.KEY_SPAN + 100 * i);
    const worn = (): void => stuck.forEach((at) => (region(flash)[at] = 0));
    worn();
    settle(flash, 8, worn);
    assert.equal(heads(8), [1, 0, 0, 0, 1, 1, 1, 1]);
    assert.equal([1, 2, 3].map(whereOf), [COLD, COLD, COLD]);
    assert.is(tend(8).busy, false);
  }
});

/** The verdict on a signature by the head of key i. */
function verdict(i: number, s: Signed): boolean {
  board.m.write(WORK, s.signature);
  board.m.write(WORK + 64, s.message);
  return board.call("crypto_ed25519_verifyCached", INPUT + HEAD * i, WORK + 64, s.message.length, WORK) !== 0;
}

test("every odd kind of key and signature gets the verdict of ZIP-215 by a table in flash, as without", () => {
  const all = kinds.flatMap((kind) => [signed(source, kind), signed(source, kind)]);
  let checked = 0;
  for (const halves of [1, 2]) {
    for (let at = 0; at < all.length; at += 8) {
      const some = all.slice(at, at + 8);
      const keys = some.map(({ pub }) => pub);
      const flash = flashOf({ size: some.length * halves * record.KEY_SPAN, sector: 0x800 });
      boot(flash, keys);
      assert.equal(some.map((s, i) => verdict(i, s)), some.map((s) => s.valid), "cold"); // prettier-ignore
      settle(flash, keys.length);
      some.forEach((s, i) => {
        assert.is(halvesOf(i), decoded(s.pub) === null ? 0 : halves, s.kind);
        assert.is(verdict(i, s), s.valid, s.kind);
        checked++;
      });
    }
  }
  assert.ok(checked >= 4 * kinds.length);
  const none = oddEncodings().filter((key) => decoded(key) === null);
  const flash = flashOf({ size: 0x10000, sector: 0x1000 });
  boot(flash, none.slice(0, 8));
  settle(flash, 8);
  assert.equal(heads(8), [0, 0, 0, 0, 0, 0, 0, 0], "what is no key has no table");
});

test("a table that rots in use: forged signatures stay forged, honest ones good, and it is made anew", () => {
  const flash = flashOf({ size: 0x1000, sector: 0x1000 });
  const [seed, key] = [seeds[0], cell[0]];
  const places = packed([key], 2);
  const message = source.bytes(32);
  const honest: Signed = { kind: "honest", pub: key, message, signature: ed25519.sign(message, seed), valid: true };
  const forged = (): Signed => ({ ...honest, signature: ed25519.sign(source.bytes(32), seed) });
  // R the neutral element and S = 0: all that is left of the equation is the table
  const nothing: Signed = { ...honest, signature: Uint8Array.from({ length: 64 }, (_, i) => Number(i === 0)) };
  const random = new Random(9);
  let given = 0;
  for (let round = 0; round < 40; round++) {
    boot(flash, [key]);
    settle(flash, 1);
    assert.is(halvesOf(0), 2);
    const table = region(flash).subarray(HEAD, HEAD + 3456);
    if (round < 4) table.fill([0, 0xff, 0x5a, 0x01][round]);
    else if (round < 12) table.set(random.bytes(108), 108 * random.below(32));
    else if (round < 22) table.fill(0, 108 * random.below(32));
    else table[random.below(3456)] ^= 1 << random.below(8);
    for (const s of [nothing, forged(), forged()]) assert.is(verdict(0, s), false, `forged, round ${round}`);
    assert.is(halvesOf(0), 2, "what is forged proves nothing against a table");
    assert.is(verdict(0, honest), true, `honest, round ${round}`);
    if (halvesOf(0) !== 0) continue; // its digits did not meet the damage
    given++;
    assert.is(settle(flash, 1), 1);
    check(flash, places);
    assert.is(halvesOf(0), 2);
  }
  assert.ok(given > 25, `${given} tables given up`);
});

test("in a batch a rotten table costs its own key the table, and nobody a verdict", () => {
  const n = 8;
  const flash = flashOf({ size: n * 0x1000, sector: 0x1000 });
  boot(flash, cell.slice(0, n));
  settle(flash, n);
  region(flash).fill(0, 3 * 0x1000 + HEAD, 3 * 0x1000 + HEAD + 3456);
  const bad = 5;
  board.call("crypto_batch_begin");
  for (let i = 0; i < n; i++) {
    const message = source.bytes(32);
    const signature = ed25519.sign(i === bad ? source.bytes(32) : message, seeds[i]);
    board.m.write(WORK + 96 * i, signature);
    board.m.write(WORK + 96 * i + 64, message);
    board.call("crypto_batch_addCached", INPUT + HEAD * i, WORK + 96 * i + 64, 32, WORK + 96 * i);
  }
  assert.is(board.call("crypto_batch_run"), 1 << bad);
  assert.equal(heads(n), [2, 2, 2, 0, 2, 2, 2, 2]);
  assert.is(settle(flash, n), 1);
  assert.equal(heads(n), [2, 2, 2, 2, 2, 2, 2, 2]);
});

test("without room for a table in the effect ring none is made, and tables are still read back", () => {
  const flash = flashOf({ size: 0x2000, sector: 0x1000 });
  boot(flash, cell.slice(0, 1));
  settle(flash, 1);
  boot(flash, cell.slice(0, 2));
  const effects = board.effects(() => {
    board.m.write(WORK, new Uint8Array(2048));
    for (let i = 0; i < 3; i++) board.call("core_ring_store", 3, 2048 * i, WORK, 1600);
    assert.is(board.call("core_keys_tend", INPUT, 2), 1);
    assert.is(board.call("core_keys_tend", INPUT, 2), 0);
  });
  assert.is(effects.length, 3);
  assert.equal(heads(2), [2, 0]);
  assert.is(settle(flash, 2), 1);
});

test.run();

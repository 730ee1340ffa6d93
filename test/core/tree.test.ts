// The state tree: it holds what a Map would hold, its root is what anybody computes from the contents alone, and its proofs
// convince of nothing else.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { debugModule, engines, type DebugModule } from "../wasm.ts";
import { verifyProof } from "../../host/client/client.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { numbers, randomBytes } from "../wire/twin.ts";
import { expectedRoot, h, type Model } from "./root.ts";

const KEY = 0x2a00;
const VALUE = 0x2b00;
const OUT = 0x2c00;
const ROOM = 0x4800 - OUT;
const TREE_END = 0xa100;
const CAPACITY = 8192;
const SALT = new Uint8Array(32).map((_, i) => i * 7);

const rootOf = (model: Model): string => expectedRoot(model, SALT);

function reset(m: DebugModule, salt = SALT): void {
  m.write(KEY, salt);
  m.call("core_tree_reset", KEY);
}

function put(m: DebugModule, key: Uint8Array, value: Uint8Array): number {
  m.write(KEY, key);
  m.write(VALUE, value);
  return Number(m.call("core_tree_put", KEY, key.length, VALUE, value.length));
}

function get(m: DebugModule, key: Uint8Array): Uint8Array | undefined {
  m.write(KEY, key);
  const n = Number(m.call("core_tree_get", KEY, key.length, OUT));
  return n < 0 ? undefined : m.bytes(OUT, n);
}

function remove(m: DebugModule, key: Uint8Array): boolean {
  m.write(KEY, key);
  return m.call("core_tree_remove", KEY, key.length) === 1;
}

function root(m: DebugModule): string {
  m.call("core_tree_root", OUT);
  return hex(m.bytes(OUT, 32));
}

function prove(m: DebugModule, key: Uint8Array, room = ROOM): Uint8Array {
  m.write(KEY, key);
  return m.bytes(OUT, Number(m.call("core_tree_prove", KEY, key.length, OUT, room)));
}

const image = (m: DebugModule): Uint8Array =>
  m.bytes(Number(m.call("core_tree_image")), Number(m.call("core_tree_imageLength")));

/** Keys that often meet: few distinct ones, prefixes of one another, all lengths. */
function someKey(next: () => number): Uint8Array {
  const key = new Uint8Array(1 + (next() % (next() % 4 ? 9 : 32))).fill(next() % 3);
  key[key.length - 1] = next() % 64;
  return key;
}

for (const engine of engines) {
  test(`random puts and removes leave what a Map holds, under the root that its contents have (${engine})`, async () => {
    const m = await debugModule(engine);
    const seed = 1;
    const next = numbers(seed);
    const model: Model = new Map();
    reset(m);
    assert.is(root(m), rootOf(model), "an empty tree");
    for (let step = 0; step < (engine === "v8" ? 4000 : 400); step++) {
      const key = someKey(next);
      const what = `step ${step} of seed ${seed}`;
      if (next() % 5 < 3) {
        const value = randomBytes(next, next() % 16 === 0 ? next() % 256 : next() % 48);
        const why = put(m, key, value);
        const size = [...model].reduce((sum, [k, v]) => sum + (k === hex(key) ? 0 : 2 + k.length / 2 + v.length), 0);
        assert.is(why, size + 2 + key.length + value.length > CAPACITY ? reason.STATE_FULL : 0, what);
        if (why === 0) model.set(hex(key), value);
      } else assert.is(remove(m, key), model.delete(hex(key)), what);
      const probe = someKey(next);
      assert.is(hex(get(m, probe) ?? new Uint8Array(0)), hex(model.get(hex(probe)) ?? new Uint8Array(0)), what);
      if (step % 7 === 0) assert.is(root(m), rootOf(model), what);
    }
    assert.ok(model.size > 100, "the tree is well filled");
    assert.is(root(m), rootOf(model));
  });

  test(`image and root do not remember the order of changes (${engine})`, async () => {
    const [a, b] = [await debugModule(engine), await debugModule(engine)];
    const next = numbers(2);
    for (let round = 0; round < 20; round++) {
      const pairs = [
        ...new Map(Array.from({ length: 80 }, () => [hex(someKey(next)), randomBytes(next, next() % 40)])),
      ];
      const other = pairs.slice().sort(() => (next() & 1 ? 1 : -1)); // prettier-ignore
      reset(a);
      reset(b);
      for (const [k, v] of pairs) put(a, bytes(k), v);
      for (const [k] of other) put(b, bytes(k), new Uint8Array(next() % 20)); // other lengths first
      root(b);
      put(b, new Uint8Array(31).fill(0xfe), new Uint8Array(100));
      for (const [k, v] of other) put(b, bytes(k), v);
      remove(b, new Uint8Array(31).fill(0xfe));
      assert.is(hex(image(a)), hex(image(b)));
      assert.is(root(a), root(b));
    }
  });

  test(`an image restored elsewhere has the same contents and root (${engine})`, async () => {
    const [a, b] = [await debugModule(engine), await debugModule(engine)];
    const next = numbers(3);
    reset(a);
    reset(b, new Uint8Array(32));
    for (let i = 0; i < 100; i++) put(a, someKey(next), randomBytes(next, 30));
    for (let i = 0; i < 100; i++) put(b, someKey(next), randomBytes(next, 30));
    root(b);
    b.write(Number(b.call("core_tree_image")), image(a));
    b.call("core_tree_restore");
    assert.is(root(b), root(a));
    put(a, bytes("aabb"), bytes("cc"));
    put(b, bytes("aabb"), bytes("cc"));
    assert.is(root(b), root(a), "and goes on alike");
  });

  test(`a walk meets each entry once (${engine})`, async () => {
    const m = await debugModule(engine);
    reset(m);
    assert.is(m.call("core_tree_next", 0), 0, "none in an empty tree");
    const next = numbers(4);
    const model: Model = new Map();
    for (let i = 0; i < 150; i++) {
      const key = someKey(next);
      const value = randomBytes(next, next() % 20);
      put(m, key, value);
      model.set(hex(key), value);
    }
    let met = 0;
    for (let e = Number(m.call("core_tree_next", 0)); e !== 0; e = Number(m.call("core_tree_next", e)), met++) {
      const [kn, vn] = m.bytes(e, 2);
      assert.is(hex(m.bytes(e + 2 + kn, vn)), hex(model.get(hex(m.bytes(e + 2, kn)))!));
    }
    assert.is(met, model.size);
  });

  test(`proofs of presence and absence convince a client, forged ones do not (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(5);
    const model: Model = new Map();
    reset(m);
    for (let i = 0; i < 200; i++) {
      const key = someKey(next);
      const value = randomBytes(next, next() % 24);
      if (put(m, key, value) === 0) model.set(hex(key), value);
    }
    const r = bytes(root(m));
    let absent = 0;
    for (let i = 0; i < (engine === "v8" ? 300 : 60); i++) {
      const key = someKey(next);
      const proof = prove(m, key);
      const held = model.get(hex(key));
      if (held === undefined) absent++;
      assert.is(hexOrNull(verifyProof(r, key, proof)), held === undefined ? null : hex(held));
      const forged = proof.slice();
      forged[next() % forged.length] ^= 1 << (next() & 7);
      assert.throws(() => verifyProof(r, key, forged), /does not lead/);
      assert.throws(
        () => verifyProof(r, key, proof.slice(0, proof.length - 1 - (next() % 8))),
        /does not lead|at least/,
      );
      const elsewhere = someKey(next);
      const bucket = (k: Uint8Array) => h(SALT, k)[0] & 63;
      if (bucket(elsewhere) !== bucket(key)) assert.throws(() => verifyProof(r, elsewhere, proof), /does not lead/);
    }
    assert.ok(absent > 20 && absent < 280);
  });

  test(`a proof that needs more room than there is is not begun (${engine})`, async () => {
    const m = await debugModule(engine);
    reset(m);
    put(m, bytes("01"), new Uint8Array(200));
    const whole = prove(m, bytes("01")).length;
    assert.is(whole, 224 + 203);
    m.write(OUT, new Uint8Array(whole).fill(0xee));
    assert.is(prove(m, bytes("01"), whole - 1).length, 0);
    assert.is(hex(m.bytes(OUT, whole)), "ee".repeat(whole));
    assert.is(prove(m, bytes("01"), whole).length, whole);
  });

  test(`a full tree refuses by number, keeps its state, and takes the same key at the same size (${engine})`, async () => {
    const m = await debugModule(engine);
    reset(m);
    const model: Model = new Map();
    for (let i = 0; ; i++) {
      const key = Uint8Array.of(i >> 8, i);
      const value = new Uint8Array(124).fill(i);
      const why = put(m, key, value);
      if (why !== 0) {
        assert.is(why, reason.STATE_FULL);
        break;
      }
      model.set(hex(key), value);
    }
    assert.is(model.size, CAPACITY / 128);
    assert.is(root(m), rootOf(model));
    assert.is(put(m, bytes("0003"), new Uint8Array(125)), reason.STATE_FULL, "not a byte more");
    assert.is(put(m, bytes("0003"), new Uint8Array(124)), 0);
    assert.is(put(m, bytes("0004"), new Uint8Array(0)), 0, "less is fine");
    model.set("0003", new Uint8Array(124)).set("0004", new Uint8Array(0));
    assert.is(root(m), rootOf(model));
  });

  test(`keys and values of extreme lengths are held; a key too long is simply absent (${engine})`, async () => {
    const m = await debugModule(engine);
    reset(m);
    const long = new Uint8Array(32).fill(0xff);
    assert.is(put(m, long, new Uint8Array(255).fill(1)), 0);
    assert.is(put(m, new Uint8Array(0), bytes("02")), 0);
    assert.is(get(m, long)!.length, 255);
    assert.is(hex(get(m, new Uint8Array(0))!), "02");
    const model: Model = new Map([[hex(long), new Uint8Array(255).fill(1)], ["", bytes("02")]]); // prettier-ignore
    assert.is(root(m), rootOf(model));
    const behind = new Uint8Array(1024).fill(0x77);
    m.write(TREE_END, behind);
    for (const n of [33, 41, 255, 1000]) {
      assert.is(get(m, new Uint8Array(n).fill(0xff)), undefined);
      assert.not.ok(remove(m, new Uint8Array(n).fill(0xff)));
    }
    assert.is(root(m), rootOf(model), "and nothing was disturbed");
    assert.is(hex(m.bytes(TREE_END, 1024)), hex(behind));
    assert.throws(() => put(m, new Uint8Array(33), bytes("00")), "the firmware itself never does that");
  });
}

const hexOrNull = (v: Uint8Array | null): string | null => (v === null ? null : hex(v));

test("the root of one entry is pinned", async () => {
  const m = await debugModule("v8");
  reset(m, new Uint8Array(32));
  put(m, bytes("61"), bytes("01"));
  const pin = "eb871db3e5cc617b7ff3ad965da2529927d4804dac998c8aa928851bd1034c05";
  assert.is(expectedRoot(new Map([["61", bytes("01")]]), new Uint8Array(32)), pin);
  assert.is(root(m), pin);
});

test.run();

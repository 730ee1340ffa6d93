// Objects cross the air whole or not at all, once, and strangers' frames change nothing.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex as hex } from "@noble/hashes/utils.js";
import * as frame from "../../firmware/wire/frame.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { Random } from "../core/flash.ts";
import { frameOf, KEY, le, piece, Station } from "./air.ts";

const budget = Number(process.env.SYNOD_BUDGET ?? 0);
const OBJECT_MAX = 1792;
const a = await Station.open();
const b = await Station.open();

/** Both ends fresh, at this MTU. */
function reset(mtu: number): void {
  a.reset(mtu, 1, 100);
  b.reset(mtu, 2, 200);
}

/** An object of n bytes of some known kind. */
function object(n: number, random: Random): Uint8Array {
  const bytes = random.bytes(n);
  bytes[0] = 1 + random.below(kind.TRANSACTION); // the last kind there is
  return bytes;
}

function shuffled<T>(list: T[], random: Random): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

test("frames on the air are as wire/frame.ts draws them, under HMAC-SHA-256 of the cell key", () => {
  reset(250);
  const random = new Random(1);
  const small = object(230, random);
  const [whole] = a.send(small);
  const session = new DataView(whole.buffer).getUint32(frame.SESSION, true);
  assert.is(hex(whole), hex(frameOf(small, 1, 1, session, 1)));
  const large = object(1000, random);
  const frames = a.send(large);
  const count = Math.ceil(1000 / (250 - 32));
  const chunk = Math.ceil(1000 / count);
  assert.is(frames.length, count);
  const id = sha256(large).subarray(0, 8);
  frames.forEach((f, i) => {
    const inner = piece(id, 1000, i, count, large.subarray(i * chunk, (i + 1) * chunk));
    assert.is(hex(f), hex(frameOf(inner, 2, 1, session, 2 + i)));
    assert.ok(f.length <= 250);
  });
  a.reset(250, 1, 101);
  assert.is.not(hex(a.send(small)[0]), hex(whole), "another session");
});

for (const mtu of [128, 250, 1400, 1500]) {
  test(`every object of 1 to ${OBJECT_MAX} bytes arrives at MTU ${mtu}, pieces in any order, once`, () => {
    reset(mtu);
    const random = new Random(mtu);
    for (let n = 1; n <= OBJECT_MAX; n++) {
      const sent = object(n, random);
      const frames = a.send(sent, 0xffffffff, n % 2 ? null : random.bytes(8));
      assert.is(frames.length, a.call("link_fragments", n));
      assert.ok(frames.every((f) => f.length <= mtu));
      const got = b.objects(shuffled([...frames, ...frames], random));
      if (got.length !== 1 || hex(got[0]) !== hex(sent)) assert.unreachable(`${n} bytes: ${got.length} objects`);
      assert.is(b.call("link_source"), 1);
    }
  });
}

test("four objects at once through loss, reordering, copies and resends on request: all arrive, whole, none twice in a row", () => {
  for (let round = 0; round < 150; round++) {
    reset([128, 250, 1400][round % 3]);
    const random = new Random(round);
    const sent = [0, 1, 2, 3].map(() => object(300 + random.below(OBJECT_MAX - 300), random));
    const missing = new Map(sent.map((o) => [hex(o), o]));
    let twice = 0;
    for (let pass = 0; missing.size > 0; pass++) {
      if (pass > 60) assert.unreachable(`round ${round}: ${missing.size} objects never arrive`);
      // what the receiver asks for; the others are offered whole now and then
      const { id, bitmap } = b.partial();
      let frames: Uint8Array[] = [];
      for (const o of missing.values()) {
        const asked = hex(sha256(o).subarray(0, 8)) === hex(id);
        if (asked) frames.push(...a.send(o, ~bitmap));
        else if (pass % 4 === 0) frames.push(...a.send(o));
      }
      frames = shuffled(
        frames.filter(() => random.below(4) !== 0),
        random,
      );
      frames = frames.flatMap((f) => (random.below(5) === 0 ? [f, f] : [f]));
      for (const o of b.objects(frames)) {
        if (!sent.some((s) => hex(s) === hex(o))) assert.unreachable("an object that nobody sent");
        if (!missing.delete(hex(o))) twice++;
      }
    }
    assert.is(twice, 0);
    for (const o of sent) assert.equal(b.objects(a.send(o).slice(1)), [], "late pieces of a delivered object");
  }
});

test("a piece more completes an object, whoever sends it", () => {
  reset(250);
  const c = a; // a third device with the same object: sends what is missing
  const random = new Random(2);
  const o = object(1500, random);
  const frames = a.send(o);
  frames.forEach((f, i) => void (i % 3 !== 0 && b.hear(f)));
  const { id, bitmap } = b.partial();
  assert.is(hex(id), hex(sha256(o).subarray(0, 8)));
  assert.is(
    bitmap,
    frames.reduce((m, _, i) => (i % 3 !== 0 ? m | (1 << i) : m), 0),
  );
  c.reset(250, 7, 999);
  const rest = c.send(o, ~bitmap);
  assert.is(rest.length, Math.ceil(frames.length / 3));
  const got = b.objects(rest);
  assert.is(got.length, 1);
  assert.is(hex(got[0]), hex(o));
  assert.equal(b.partial(), { id: new Uint8Array(8), bitmap: 0 });
});

test("of several objects under reassembly the one touched last is asked for", () => {
  reset(250);
  const random = new Random(3);
  const ids = [1, 2, 3].map(() => random.bytes(8));
  let sequence = 0;
  for (let i = 0; i < 60; i++) {
    const id = ids[random.below(3)];
    b.now += BigInt(random.below(1000));
    b.hear(frameOf(piece(id, 1700, random.below(8), 9, random.bytes(189)), 2, 9, 5, sequence++));
    assert.is(hex(b.partial().id), hex(id));
  }
});

test("a device ignores its own frames, but not those of an earlier life or of another without a seat", () => {
  reset(250);
  const o = Uint8Array.of(kind.BEACON, 1, 2, 3);
  const [own] = a.send(o);
  assert.is(a.hear(own).result, 0);
  a.reset(250, 1, 555);
  assert.is(a.hear(own).result, 4);
  a.reset(250, 255, 1);
  b.reset(250, 255, 2);
  assert.is(b.hear(a.send(o)[0]).result, 4);
  assert.is(b.call("link_source"), 255);
});

test("a copy of any of the last 64 frames is dropped; a resend is news", () => {
  reset(250);
  const o = Uint8Array.of(kind.BEACON, 1, 2, 3);
  const frames = Array.from({ length: 64 }, () => a.send(o)[0]);
  for (const f of frames) assert.is(b.hear(f).result, 4);
  for (const f of frames) assert.is(b.hear(f).result, 0);
  assert.is(b.hear(a.send(o)[0]).result, 4);
  assert.is(b.hear(frames[63]).result, 0);
});

test("every refusal has its number", () => {
  reset(250);
  const id = le(77, 8);
  const bytes = (n: number) => new Uint8Array(n).fill(3);
  const refuse = (f: Uint8Array, why: number) => assert.is(b.hear(f).result, -why, hex(f.subarray(0, 32)));
  const with_ = (f: Uint8Array, at: number, v: number) => Uint8Array.from(f, (x, i) => (i === at ? v : x));
  let sequence = 1000;
  const cut = (id8: Uint8Array, total: number, index: number, count: number, n: number) =>
    frameOf(piece(id8, total, index, count, bytes(n)), 2, 9, 5, sequence++);
  const good = frameOf(bytes(10));
  for (let n = 0; n <= frame.OVERHEAD; n++) refuse(good.subarray(0, n), reason.FRAME_SHORT);
  refuse(frameOf(bytes(231)), reason.FRAME_LONG);
  for (const v of [0, 0x52, 0xd3]) refuse(with_(good, 0, v), reason.FRAME_MAGIC);
  for (const v of [0, 3, 255]) refuse(with_(good, 1, v), reason.FRAME_TYPE);
  refuse(frameOf(bytes(12), 2), reason.FRAME_TYPE); // no byte of a piece in it
  for (let i = 1; i < good.length; i++) if (i > 1) refuse(with_(good, i, good[i] ^ 0x40), reason.FRAME_MAC);
  refuse(
    frameOf(
      bytes(10),
      1,
      9,
      5,
      1,
      KEY.map((k) => k ^ 1),
    ),
    reason.FRAME_MAC,
  );
  for (const [total, index, count, n] of [
    [400, 2, 2, 200],
    [400, 0, 0, 200],
    [400, 0, 2, 199],
    [400, 0, 2, 201],
    [401, 1, 2, 201],
    [OBJECT_MAX + 1, 0, 9, 200],
    [65535, 0, 32, 218],
    [400, 0, 33, 13],
    [330, 0, 33, 10],
    [0, 0, 1, 1],
    [5, 2, 4, 2],
    [5, 3, 4, 1],
    [2, 0, 4, 1],
  ]) {
    refuse(cut(id, total, index, count, n), reason.FRAGMENT_SHAPE);
  }
  assert.is(b.hear(cut(id, 400, 0, 2, 200)).result, 0);
  refuse(cut(id, 402, 0, 2, 201), reason.FRAGMENT_CLASH);
  refuse(cut(id, 400, 0, 4, 100), reason.FRAGMENT_CLASH);
  for (const k of [0, kind.LAST + 1, 255]) refuse(frameOf(Uint8Array.of(k, 1, 2)), reason.OBJECT_KIND);
  assert.is(b.hear(frameOf(piece(le(78, 8), 300, 1, 2, bytes(150)), 2, 9, 5, 1)).result, 0);
  refuse(frameOf(piece(le(78, 8), 300, 0, 2, new Uint8Array(150)), 2, 9, 5, 2), reason.OBJECT_KIND);
});

test("a frame without the right MAC changes nothing", () => {
  reset(250);
  const random = new Random(5);
  a.send(object(1000, random))
    .slice(1)
    .forEach((f) => b.hear(f));
  const state = () => hex(b.m.bytes(0x6c00, 0x10000 - 0x6c00));
  const before = state();
  for (let i = 0; i < 500; i++) {
    const f = frameOf(random.bytes(1 + random.below(220)), 1 + random.below(2), 3, 4, i, random.bytes(32));
    b.hear(f);
  }
  const changed = state();
  const hash = 2 * 32; // hex digits of the MAC that was computed
  let differ = 0;
  for (let i = 0; i < before.length; i++) differ += before[i] === changed[i] ? 0 : 1;
  assert.ok(differ <= hash, `${differ} digits differ`);
});

test("a flood of strange pieces costs the quietest slot each, and nothing outside the region of the mesh", () => {
  reset(250);
  const random = new Random(6);
  const o = object(1000, random);
  const frames = a.send(o);
  let sequence = 0;
  const strange = () =>
    frameOf(piece(random.bytes(8), 400, random.below(2), 2, random.bytes(200)), 2, 9, 5, sequence++);
  const outside = () => hex(b.m.bytes(0x6c00, 0xa300 - 0x6c00)) + hex(b.m.bytes(0xc700, 0x3900));
  const before = outside();
  b.hear(frames[0]);
  for (const f of frames.slice(1, -1)) {
    b.hear(strange());
    b.hear(strange());
    b.hear(f); // touched again before it is the quietest of three
  }
  assert.is(b.objects(frames.slice(-1)).length, 1);
  b.hear(a.send(o)[0]);
  for (let i = 0; i < 3000; i++) b.hear(strange());
  assert.is(outside(), before);
  assert.is.not(hex(b.partial().id), hex(sha256(o).subarray(0, 8)));
});

test("whatever was delivered can be delivered again once this device has said what it lacks", () => {
  reset(250);
  const certificates = [1, 2, 3].map((seed) => object(600, new Random(seed)));
  for (const o of certificates) assert.is(b.objects(a.send(o)).length, 1);
  for (const o of certificates) assert.is(b.objects(a.send(o)).length, 0, "a copy so soon is a copy");
  b.call("link_forget");
  for (const o of certificates) assert.is(hex(b.objects(a.send(o))[0]), hex(o));
});

test("an object that turns out wrong can be taken again after reject()", () => {
  reset(250);
  const random = new Random(7);
  const o = object(600, random);
  const id = random.bytes(8);
  const wrong = o.slice();
  wrong[300] ^= 1;
  assert.is(b.objects(a.send(wrong, 0xffffffff, id)).length, 1);
  assert.is(b.objects(a.send(o, 0xffffffff, id)).length, 0, "its id was delivered");
  b.call("link_reject");
  assert.is(hex(b.objects(a.send(o, 0xffffffff, id))[0]), hex(o));
});

test("send says when the ring is full, and what it did send is whole frames", () => {
  reset(250);
  const random = new Random(8);
  const o = object(1792, random);
  a.m.write(0x5000, o);
  const sent: number[] = [];
  const frames = a.frames(() => {
    for (let i = 0; i < 6; i++) sent.push(a.call("link_send", 0, 0x5000, o.length, -1));
  });
  assert.equal(sent, [1, 1, 1, 0, 0, 0]);
  assert.ok(frames.length > 3 * 9);
  assert.is(b.objects(frames).length, 1);
});

test("mutated frames, up to a million: no trap, no number but those of the mesh, and no object that is longer than it may be", () => {
  reset(250);
  const random = new Random(Number(process.env.SYNOD_SEED ?? 9));
  const reasons = new Map<number, number>();
  const corpus: Uint8Array[] = [];
  for (let i = 0; i < 40; i++) corpus.push(...a.send(object(1 + random.below(OBJECT_MAX), random)));
  const until = Date.now() + 1000 * (budget || 4);
  let frames = 0;
  for (; frames < 1_000_000 && (Date.now() < until || frames < 20_000); frames++) {
    let f: Uint8Array = corpus[random.below(corpus.length)].slice();
    const sealed = random.below(3) !== 0; // a member's mutation: behind the MAC
    for (let k = random.below(4); k > 0 && f.length > 0; k--) {
      const at = random.below(3) === 0 ? random.below(f.length) : random.below(Math.min(28, f.length));
      const how = random.below(4);
      if (how === 0) f[at] ^= 1 << random.below(8);
      else if (how === 1) f[at] = random.below(256);
      else if (how === 2) f = f.slice(0, random.below(f.length + 1));
      else f = Uint8Array.from([...f.subarray(0, at), ...random.bytes(random.below(40)), ...f.subarray(at)]);
    }
    if (sealed && f.length > 12 + 8) f = frameOf(f.slice(12, -8), f[1], f[2], frames, frames);
    if (f.length > 0x600) f = f.slice(0, 0x600);
    const { result } = b.hear(f);
    if (result > OBJECT_MAX || result < -reason.OBJECT_KIND) assert.unreachable(`${result} for ${hex(f)}`);
    reasons.set(Math.min(result, 1), (reasons.get(Math.min(result, 1)) ?? 0) + 1);
  }
  console.log(`note: ${frames} mutated frames`);
  for (let why = reason.FRAME_SHORT; why <= reason.OBJECT_KIND; why++)
    assert.ok(reasons.has(-why), `reason ${why} was never met`);
  assert.ok(reasons.has(1) && reasons.has(0));
});

test.run();

// A device has one key for life, made on the device, and nothing but its own flash ever sees the seed.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as effect from "../../firmware/wire/effect.ts";
import * as genesis from "../../firmware/wire/genesis.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { Board, CONFIG, CUT_ERASES, DEFAULT, Flash, INPUT, Random, WORK } from "./flash.ts";

const board = await Board.open();
const at = (name: string, n: number): Uint8Array => board.m.bytes(board.call(`core_identity_${name}`), n);

/** Powers up; who the device then is, or null. */
function load(f: Flash): { pub: string; kid: string; genesis: number } | null {
  board.boot(f);
  if (board.call("core_identity_load") === 0) return null;
  return {
    pub: bytesToHex(at("pub", 32)),
    kid: bytesToHex(at("kid", 8)),
    genesis: board.call("core_identity_genesis"),
  };
}

/** A device that has made its identity, with the seed it drew. */
function made(): { flash: Flash; seed: Uint8Array } {
  const flash = new Flash();
  load(flash);
  let seed: Uint8Array = new Uint8Array(0);
  const entropy = board.m.hal.entropy;
  board.m.hal.entropy = (n) => (seed = entropy(n));
  board.effects(() => assert.is(board.call("core_identity_make"), 0)).forEach((e) => flash.apply(e));
  board.m.hal.entropy = entropy;
  assert.is(seed.length, 32);
  return { flash, seed };
}

/** A cell key and a genesis for n validators. */
function cell(n: number, seed = 1): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint8Array(32 + genesis.VALIDATORS + n * genesis.STRIDE);
  bytes.set(random.bytes(bytes.length));
  const g = new DataView(bytes.buffer, 32);
  g.setUint8(genesis.VERSION, 1);
  g.setUint8(genesis.N, n);
  g.setUint8(genesis.VIEWS_PER_LEADER, 4);
  g.setUint32(genesis.DELTA, 200, true);
  g.setUint16(genesis.MTU, 250, true);
  return bytes;
}

function provision(bytes: Uint8Array): number {
  board.m.write(INPUT, bytes);
  return board.call("core_identity_provision", INPUT, bytes.length);
}

function provisioned(n: number): { flash: Flash; bytes: Uint8Array } {
  const { flash } = made();
  load(flash);
  const bytes = cell(n);
  board.effects(() => assert.is(provision(bytes), 0)).forEach((e) => flash.apply(e));
  return { flash, bytes };
}

test("the public key and its id are those of the seed drawn, also after a reboot", () => {
  for (let i = 0; i < 4; i++) {
    const { flash, seed } = made();
    const pub = ed25519.getPublicKey(seed);
    assert.equal(at("pub", 32), pub);
    const thumbprint = sha256(concatBytes(hexToBytes("a301012006215820"), pub)); // RFC 9679
    const me = { pub: bytesToHex(pub), kid: bytesToHex(thumbprint.subarray(0, 8)), genesis: 0 };
    for (let boot = 0; boot < 3; boot++) assert.equal(load(flash), me);
    const message = new TextEncoder().encode("a message");
    board.m.write(INPUT, message);
    board.call("core_identity_sign", INPUT, message.length, WORK);
    assert.equal(board.m.bytes(WORK, 64), ed25519.sign(message, seed));
  }
});

test("no effect but the one STORE carries the seed, then or later", () => {
  const flash = new Flash();
  load(flash);
  let seed: Uint8Array = new Uint8Array(0);
  const entropy = board.m.hal.entropy;
  board.m.hal.entropy = (n) => (seed = entropy(n));
  const carries = (bytes: Uint8Array): boolean =>
    Array.from({ length: 27 }, (_, i) => bytesToHex(seed.subarray(i, i + 6))).some((part) =>
      bytesToHex(bytes).includes(part),
    );
  const making = board.effects(() => {
    board.call("core_identity_make");
    board.call("core_ring_event", 1, 40);
    board.call("core_ring_send", 0, 0, 40);
  });
  board.m.hal.entropy = entropy;
  assert.equal(
    making.map((e) => e.op),
    [effect.ERASE, effect.STORE, effect.EVENT, effect.SEND],
  );
  assert.equal(
    making.map((e) => carries(e.bytes)),
    [false, true, false, false],
  );
  making.forEach((e) => flash.apply(e));
  const later = board.effects(() => {
    for (const n of [8, 40, 100, 1000]) {
      board.call("core_ring_event", 1, n); // and nobody fills it
      board.call("core_ring_send", 0, 0, n);
    }
  });
  assert.not(later.some((e) => carries(e.bytes)));
  const next = board.effects(() => assert.is(provision(cell(4)), 0));
  assert.not(next.some((e) => carries(e.bytes)));
});

test("making an identity, cut anywhere: none, or the one drawn; then another can be made", () => {
  const flash = new Flash();
  load(flash);
  const effects = board.effects(() => board.call("core_identity_make"));
  const pub = bytesToHex(at("pub", 32));
  for (const [i, e] of effects.entries()) {
    const ways = e.op === effect.ERASE ? CUT_ERASES.length : e.bytes.length + 1;
    for (let k = 0; k < ways; k++) {
      const f = flash.clone();
      effects.slice(0, i).forEach((x) => f.apply(x));
      if (e.op === effect.ERASE) f.cutErase(e, CUT_ERASES[k], k);
      else f.apply(e, k);
      const me = load(f);
      const whole = e.op === effect.STORE && k >= 44; // the rest is 0xff
      assert.is(me?.pub ?? null, whole ? pub : null, `effect ${i}, cut ${k}`);
      if (me) continue;
      board.effects(() => assert.is(board.call("core_identity_make"), 0)).forEach((x) => f.apply(x));
      const now = bytesToHex(at("pub", 32));
      assert.is(load(f)!.pub, now);
    }
  }
});

test("a cell's key and genesis come back to the byte, for every size of cell", () => {
  for (let n = 1; n <= 32; n++) {
    const { flash, bytes } = provisioned(n);
    assert.is(load(flash)!.genesis, bytes.length - 32);
    assert.equal(at("cellKey", 32), bytes.slice(0, 32));
    assert.equal(board.m.bytes(WORK, bytes.length - 32), bytes.slice(32));
    board.m.write(WORK, new Uint8Array(2048));
    assert.is(board.call("core_identity_readGenesis"), bytes.length - 32);
    assert.equal(board.m.bytes(WORK, bytes.length - 32), bytes.slice(32));
  }
});

test("provisioning, cut anywhere: no cell yet, or all of it; the identity stays", () => {
  const { flash } = made();
  const me = load(flash)!;
  const bytes = cell(7);
  const effects = board.effects(() => assert.is(provision(bytes), 0));
  for (const [i, e] of effects.entries()) {
    const ways = e.op === effect.ERASE ? CUT_ERASES.length : e.bytes.length + 1;
    for (let k = 0; k < ways; k++) {
      const f = flash.clone();
      effects.slice(0, i).forEach((x) => f.apply(x));
      if (e.op === effect.ERASE) f.cutErase(e, CUT_ERASES[k], k);
      else f.apply(e, k);
      const now = load(f)!;
      const whole = e.op === effect.STORE && k >= 8 + bytes.length + 4;
      assert.equal(now, { ...me, genesis: whole ? bytes.length - 32 : 0 }, `effect ${i}, cut ${k}`);
      if (whole || k % 50 !== 0) continue;
      board.effects(() => assert.is(provision(bytes), 0)).forEach((x) => f.apply(x));
      assert.is(load(f)!.genesis, bytes.length - 32);
    }
  }
});

test("a second cell: PROVISIONED. Not a genesis: GENESIS_SHAPE. Neither writes anything", () => {
  const { flash } = provisioned(4);
  load(flash);
  assert.equal(
    board.effects(() => assert.is(provision(cell(4)), reason.PROVISIONED)),
    [],
  );
  load(made().flash);
  const random = new Random(1);
  const good = cell(4);
  for (let n = 0; n < good.length; n++) assert.is(provision(good.slice(0, n)), reason.GENESIS_SHAPE);
  for (let i = 0; i < 300; i++) assert.is(provision(random.bytes(random.below(1500))), reason.GENESIS_SHAPE);
  const field = (offset: number, value: number) => good.map((b, i) => (i === 32 + offset ? value : b));
  for (const bad of [
    field(genesis.N, 0),
    field(genesis.N, 33),
    field(genesis.VERSION, 2),
    field(genesis.MTU, 100),
    field(genesis.VIEWS_PER_LEADER, 0),
  ]) {
    assert.equal(
      board.effects(() => assert.is(provision(Uint8Array.from(bad)), reason.GENESIS_SHAPE)),
      [],
    );
  }
});

test("one flipped bit: no cell, or the device refuses to become another: IDENTITY_LOST", () => {
  const { flash, bytes } = provisioned(4);
  const me = load(flash)!;
  for (let i = 0; i < 44; i++) {
    const f = flash.clone();
    f.bytes[CONFIG - 1][i] ^= 1 << (i & 7);
    assert.is(load(f), null);
    assert.equal(
      board.effects(() => assert.is(board.call("core_identity_make"), reason.IDENTITY_LOST)),
      [],
    );
  }
  for (let i = 0; i < 8 + bytes.length + 4; i++) {
    const f = flash.clone();
    f.bytes[CONFIG - 1][DEFAULT[CONFIG - 1].sector + i] ^= 1 << (i & 7);
    assert.equal(load(f), { ...me, genesis: 0 });
  }
});

test.run();

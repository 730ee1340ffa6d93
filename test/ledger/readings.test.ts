// Sensor readings: what a device packs anybody reads back as SenML, and it accepts no pack but a sound one under its root.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as cbor2 from "cbor2";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { debugModule, engines, type DebugModule } from "../wasm.ts";
import * as client from "../../host/client/client.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { numbers } from "../wire/twin.ts";

const PACK = 0x2a00;
const ROOT = 0x2f00;

const ascii = (text: string): bigint => [...text].reduceRight((sum, c) => (sum << 8n) | BigInt(c.charCodeAt(0)), 0n);

function add(m: DebugModule, r: client.Reading): number {
  return Number(m.call("ledger_readings_add", ascii(r.name), Number(ascii(r.unit)) | 0, r.value, Number(r.time) | 0));
}

function packOnDevice(m: DebugModule): [Uint8Array, Uint8Array] {
  const n = Number(m.call("ledger_readings_pack", PACK, ROOT));
  return [m.bytes(PACK, n), m.bytes(ROOT, 32)];
}

function check(m: DebugModule, pack: Uint8Array, root: Uint8Array): number {
  m.write(PACK, pack);
  m.write(ROOT, root);
  return Number(m.call("ledger_readings_check", PACK, pack.length, ROOT));
}

/** RFC 6962 2.1, with node's hash: root over the leaves from..to. */
function mth(leaves: Uint8Array[]): Uint8Array {
  const sha = (...parts: Uint8Array[]) =>
    new Uint8Array(parts.reduce((h, p) => h.update(p), createHash("sha256")).digest());
  if (leaves.length === 1) return sha(Uint8Array.of(0), leaves[0]);
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha(Uint8Array.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** The encoded records of a pack: an array of 1..8 has a head of one byte, each record is found by decoding on. */
function recordsOf(pack: Uint8Array): Uint8Array[] {
  const decoded = cbor2.decode<Map<number, unknown>[]>(pack, { ...cbor2.cdeDecodeOptions, preferMap: true });
  return decoded.map((record) => cbor2.encode(record, cbor2.cdeEncodeOptions));
}

function some(next: () => number, n: number): client.Reading[] {
  const start = BigInt(next());
  return Array.from({ length: n }, (_, i) => ({
    name: ["t", "humidity", "temp", "v1"][next() % 4],
    unit: ["mCel", "m%RH", "mV", "m"][next() % 4],
    value: BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next())) >> BigInt(next() % 64),
    time: BigInt.asUintN(32, start + BigInt(i * (next() % 600))),
  }));
}

for (const engine of engines) {
  test(`a device's pack reads back as the readings it was given (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(1);
    for (let round = 0; round < 80; round++) {
      const given = some(next, 1 + (round % 8));
      given.forEach((r, i) => assert.is(add(m, r), i + 1));
      const [pack, root] = packOnDevice(m);
      assert.equal(client.unpack(pack), given);
      const decoded = cbor2.decode<Map<number, unknown>[]>(pack, { ...cbor2.cdeDecodeOptions, preferMap: true });
      assert.is(BigInt(decoded[0].get(2) as number), given[0].value, "label 2 of SenML is the value");
      assert.is(decoded[0].get(0), given[0].name);
      assert.is(decoded[0].get(1), given[0].unit);
      assert.is(BigInt(decoded[0].get(-3) as number), given[0].time);
      assert.is(hex(root), hex(mth(recordsOf(pack))));
      assert.is(hex(pack), hex(client.pack(given)), "the client packs the same bytes");
      assert.is(hex(root), hex(client.merkleRoot(client.records(given))));
      assert.is(check(m, pack, root), 0);
    }
  });

  test(`the ninth reading finds no room, and packing makes room again (${engine})`, async () => {
    const m = await debugModule(engine);
    const given = some(numbers(2), 9);
    given.slice(0, 8).forEach((r, i) => assert.is(add(m, r), i + 1));
    assert.is(add(m, given[8]), 0);
    assert.equal(client.unpack(packOnDevice(m)[0]), given.slice(0, 8));
    assert.is(add(m, given[8]), 1);
    packOnDevice(m);
  });

  test(`a pack that is not sound SenML is refused by number (${engine})`, async () => {
    const m = await debugModule(engine);
    const pack = (...records: Map<unknown, unknown>[]) => cbor2.encode(records, cbor2.cdeEncodeOptions);
    const good = new Map<unknown, unknown>([[0, "t"], [1, "mCel"], [2, 21500], [6, 1]]); // prettier-ignore
    const and = (label: unknown, v: unknown) => new Map<unknown, unknown>([...good, [label, v]]);
    const cases: [number, string, Uint8Array][] = [
      [0, "a good record", pack(good)],
      [0, "base name and time", pack(and(-2, "urn:dev:ow:10e2073a01080063:").set(-3, 1276020000))],
      [0, "a value alone", pack(new Map([[2, -1]]))],
      [0, "eight records", pack(...Array(8).fill(good))],
      [reason.READINGS_SHAPE, "nine records", pack(...Array(9).fill(good))],
      [reason.READINGS_SHAPE, "none", pack()],
      [reason.READINGS_SHAPE, "no value", pack(new Map<number, unknown>([[0, "t"], [6, 1]]))], // prettier-ignore
      [reason.READINGS_SHAPE, "no value in the second", pack(good, new Map([[0, "t"]]))],
      [reason.READINGS_SHAPE, "an unknown label", pack(and(9, 1))],
      [reason.READINGS_SHAPE, "an unknown label with a whole map in it", pack(and(-7, new Map([[1, [1, 2]]])))],
      [reason.CBOR_TYPE, "a value that is text", pack(and(2, "21.5"))],
      [reason.CBOR_TYPE, "a name that is a number", pack(and(0, 7))],
      [reason.CBOR_TYPE, "a label that is text", pack(and("x", 1))],
      [reason.CBOR_TYPE, "a record that is a list", cbor2.encode([[1, 2]], cbor2.cdeEncodeOptions)],
      [reason.CBOR_TYPE, "no array", cbor2.encode(good, cbor2.cdeEncodeOptions)],
      [reason.CBOR_SIMPLE, "a value that is a float", pack(and(2, 21.5))],
      [reason.CBOR_RANGE, "a value beyond 64 bits", pack(and(2, 2n ** 63n))],
      [reason.CBOR_ORDER, "labels out of order", bytes("81a2020100617a")],
      [reason.CBOR_DUPLICATE, "two values", bytes("81a202010202")],
      [reason.CBOR_TEXT, "a name that is no UTF-8", bytes("81a20061800201")],
      [reason.CBOR_END, "nothing", new Uint8Array(0)],
      [reason.CBOR_TRAILING, "a byte behind", Uint8Array.from([...pack(good), 0])],
    ];
    for (const [why, what, bad] of cases) {
      const root = bad[0] >> 5 === 4 && why === 0 ? mth(recordsOf(bad)) : new Uint8Array(32);
      assert.is(check(m, bad, root), why, what);
      if (why === 0) client.unpack(bad);
      else assert.throws(() => client.unpack(bad), undefined, `the client takes ${what}`);
    }
  });

  test(`a pack under another root is refused: no reading, label or order can be changed (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(3);
    const given = some(next, 5);
    const root = client.merkleRoot(client.records(given));
    assert.is(check(m, client.pack(given), root), 0);
    for (let i = 0; i < 5; i++) {
      const other = given.map((r, k) => (k === i ? { ...r, value: r.value ^ 1n } : r));
      assert.is(check(m, client.pack(other), root), reason.READINGS_ROOT);
    }
    assert.is(check(m, client.pack(given.slice(0, 4)), root), reason.READINGS_ROOT);
    const swapped = [given[0], given[2], given[1], given[3], given[4]];
    assert.is(check(m, client.pack(swapped), root), reason.READINGS_ROOT);
    root[next() % 32] ^= 1;
    assert.is(check(m, client.pack(given), root), reason.READINGS_ROOT);
  });
}

test("mutated packs are accepted by the device exactly when the client can read them", async () => {
  const m = await debugModule("v8");
  const seed = 4;
  const next = numbers(seed);
  let sound = 0;
  for (let i = 0; i < 60_000; i++) {
    const pack = client.pack(some(next, 1 + (next() % 3)));
    for (let k = next() % 3; k > 0; k--) pack[next() % pack.length] ^= 1 << (next() & 7);
    const why = check(m, pack, ROOTLESS);
    let readable = true;
    try {
      client.unpack(pack);
    } catch {
      readable = false;
    }
    assert.is(why === reason.READINGS_ROOT, readable, `pack ${i} of seed ${seed}: ${hex(pack)} gave ${why}`);
    if (readable) sound++;
  }
  assert.ok(sound > 10_000 && sound < 50_000);
});

const ROOTLESS = new Uint8Array(32);

test.run();

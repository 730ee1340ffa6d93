// The genesis: device and host admit the same cells.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as genesis from "../../firmware/wire/genesis.ts";
import { engines } from "../wasm.ts";
import { numbers, P, randomBytes, randomU32, twin } from "./twin.ts";

const ROUNDS = 20_000;

/** A genesis of n validators, written by hand from the byte table. */
function cell(n: number): Uint8Array {
  const bytes = new Uint8Array(24 + 40 * n);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, n);
  view.setUint8(2, 4);
  view.setUint32(4, 1_760_000_000, true);
  view.setUint32(8, 400, true);
  view.setUint16(12, 250, true);
  view.setUint16(14, 10, true);
  return bytes;
}

for (const engine of engines) {
  test(`cells of 1 to 32 validators are admitted, each wrong field is refused (${engine})`, async () => {
    const t = await twin(engine);
    const verdict = (b: Uint8Array, n = b.length) => {
      t.set(b);
      return t.same("wire_genesis_check", genesis.check, P, n);
    };
    for (let n = 1; n <= 32; n++) assert.is(verdict(cell(n)), 1, `${n} validators`);
    assert.is(verdict(cell(33)), 0, "33 validators");
    assert.is(verdict(cell(0)), 0, "no validator");
    assert.is(verdict(cell(7), 24 + 40 * 7 + 1), 0, "a byte too many");
    assert.is(verdict(cell(7), 24 + 40 * 7 - 1), 0, "a byte too few");
    const wrong: [string, number, number[]][] = [
      ["version 2", 0, [2]],
      ["leaders that last no view", 2, [0]],
      ["leaders that last 65 views", 2, [65]],
      ["an MTU of 127", 12, [127, 0]],
      ["an MTU of 1501", 12, [0xdd, 0x05]],
      ["a delta of 0", 8, [0, 0, 0, 0]],
    ];
    for (const [what, at, bytes] of wrong) {
      const b = cell(7);
      b.set(bytes, at);
      assert.is(verdict(b), 0, what);
    }
  });

  test(`device and host agree on ${ROUNDS} random cells (${engine})`, async () => {
    const t = await twin(engine);
    const next = numbers(4);
    let admitted = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const n = next() % 34;
      const bytes = cell(n);
      for (let flips = next() % 3; flips > 0; flips--) bytes.set(randomBytes(next, 1), next() % 24);
      t.set(bytes);
      admitted += t.same("wire_genesis_check", genesis.check, P, next() % 8 === 0 ? randomU32(next) : bytes.length);
    }
    assert.ok(admitted > ROUNDS / 10, `only ${admitted} cells were admitted: the fuzz does not reach the inside`);
  });
}

test.run();

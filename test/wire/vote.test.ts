// Votes: the device and the host read the same bytes alike, and what they sign is what CONSENSUS.md draws.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as kind from "../../firmware/wire/kind.ts";
import * as vote from "../../firmware/wire/vote.ts";
import { engines } from "../wasm.ts";
import { numbers, P, randomBytes, randomU32, twin } from "./twin.ts";

const ROUNDS = 20_000;

/** A vote on air that the layout admits, written by hand from the byte table. */
function onAir(k: number, signer: number, first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(k === kind.NULLIFY ? 78 : 106).fill(0xa5);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, k);
  view.setUint8(1, signer);
  view.setUint32(6, first, true);
  if (k === kind.NULLIFY) view.setUint32(10, second, true);
  return bytes;
}

for (const engine of engines) {
  test(`a vote is admitted exactly when its kind, size, signer and range are right (${engine})`, async () => {
    const t = await twin(engine);
    const verdict = (b: Uint8Array, n = b.length) => {
      t.set(b);
      return t.same("wire_vote_check", vote.check, P, n);
    };
    for (const k of [kind.NOTARIZE, kind.NOTARIZE_F, kind.FINALIZE, kind.NULLIFY]) {
      assert.is(verdict(onAir(k, 0, 1, 1)), 1);
      assert.is(verdict(onAir(k, 31, 0x80000000, 0xffffffff)), 1);
      assert.is(verdict(onAir(k, 32, 1, 1)), 0, "a signer above 31");
      assert.is(verdict(onAir(k, 1, 1, 1), onAir(k, 1, 1, 1).length - 1), 0, "one byte short");
    }
    assert.is(verdict(onAir(kind.NULLIFY, 0, 0, 5)), 0, "from view 0");
    assert.is(verdict(onAir(kind.NULLIFY, 0, 6, 5)), 0, "an empty range");
    assert.is(verdict(onAir(kind.NULLIFY, 0, 0xffffffff, 0x7fffffff)), 0, "views compare unsigned");
    assert.is(verdict(onAir(5, 0, 1, 1)), 0, "a kind that is no vote");
  });

  test(`device and host agree on ${ROUNDS} random votes (${engine})`, async () => {
    const t = await twin(engine);
    const next = numbers(1);
    let admitted = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const bytes = randomBytes(next, 110);
      if (next() % 4 !== 0) bytes[0] = next() % 6;
      if (next() % 4 !== 0) bytes[1] = next() % 34;
      t.set(bytes);
      const sizes = [78, 106, 77, 105, 107, next() % 128, randomU32(next)];
      admitted += t.same("wire_vote_check", vote.check, P, sizes[next() % sizes.length]);
    }
    assert.ok(admitted > ROUNDS / 50, `only ${admitted} votes were admitted: the fuzz does not reach the inside`);
  });

  test(`device and host write the same statements (${engine})`, async () => {
    const t = await twin(engine);
    const next = numbers(2);
    for (let i = 0; i < 2000; i++) {
      t.set(randomBytes(next, 256));
      t.same("wire_vote_statement", vote.statement, P, next() & 0xff, randomU32(next), P + 100);
      t.same("wire_vote_nullification", vote.nullification, P + 40, randomU32(next), randomU32(next), P + 100);
    }
  });
}

test("what is signed fits one SHA-512 block behind R and A, as CONSENSUS.md requires", () => {
  assert.ok(vote.SIGNED_SIZE < 48 && vote.SIGNED_NULLIFY_SIZE < 48);
  assert.is(vote.SIGNED_SIZE, 1 + 4 + 32);
  assert.is(vote.SIGNED_NULLIFY_SIZE, 1 + 4 + 4 + 32);
});

test.run();

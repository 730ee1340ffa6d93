// What members and validators say to each other: device and host tell a question and a proof from noise alike.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as light from "../../firmware/wire/light.ts";
import { engines } from "../wasm.ts";
import { numbers, P, randomBytes, randomU32, twin } from "./twin.ts";

const ROUNDS = 20_000;

for (const engine of engines) {
  test(`a question has a key of 1 to 32 bytes (${engine})`, async () => {
    const t = await twin(engine);
    const lengths = Array.from({ length: 300 }, (_, n) => n).filter((n) =>
      t.same("wire_light_checkAsk", light.checkAsk, n),
    );
    assert.equal(
      lengths,
      Array.from({ length: 32 }, (_, i) => 5 + i),
    );
    const next = numbers(7);
    for (let i = 0; i < ROUNDS; i++) t.same("wire_light_checkAsk", light.checkAsk, randomU32(next));
  });

  test(`a proof begins behind its key, and has its siblings (${engine})`, async () => {
    const t = await twin(engine);
    const at = (length: number, n: number): number => {
      t.set(Uint8Array.of(15, length, 0, 0, 9, 0, 0, 0));
      return t.same("wire_light_proofAt", light.proofAt, P, n);
    };
    assert.is(at(1, 8 + 1 + 224), 9, "an empty bucket");
    assert.is(at(9, 8 + 9 + 224 + 700), 17);
    assert.is(at(32, 8 + 32 + 224), 40);
    assert.is(at(1, 8 + 1 + 223), 0, "a byte short");
    assert.is(at(9, 8 + 9 + 223), 0, "a byte short");
    assert.is(at(0, 500), 0, "no key");
    assert.is(at(33, 500), 0, "a key that is too long");
    const next = numbers(8);
    let admitted = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const bytes = randomBytes(next, 12);
      if (next() % 2 === 0) bytes[1] = next() % 40;
      t.set(bytes);
      admitted += t.same("wire_light_proofAt", light.proofAt, P, next() % 2 === 0 ? next() % 2048 : randomU32(next))
        ? 1
        : 0;
    }
    assert.ok(admitted > ROUNDS / 20, `only ${admitted} were admitted: the fuzz does not reach the inside`);
  });
}

test.run();

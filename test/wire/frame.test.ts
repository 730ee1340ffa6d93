// Frames: device and host tell a frame from noise alike, over all bytes and lengths.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as frame from "../../firmware/wire/frame.ts";
import { engines } from "../wasm.ts";
import { numbers, P, randomBytes, randomU32, twin } from "./twin.ts";

const ROUNDS = 20_000;

for (const engine of engines) {
  test(`a frame is admitted exactly when magic, type and least size are right (${engine})`, async () => {
    const t = await twin(engine);
    const verdict = (type: number, n: number, magic = 0x53) => {
      t.set(Uint8Array.of(magic, type, 1, 0, 9, 9, 9, 9, 1, 0, 0, 0));
      return t.same("wire_frame_check", frame.check, P, n);
    };
    assert.is(verdict(1, 21), 1, "12 bytes of head, one of payload, 8 of MAC");
    assert.is(verdict(1, 20), 0, "a frame without payload");
    assert.is(verdict(2, 33), 1, "a fragment of one byte");
    assert.is(verdict(2, 32), 0, "a fragment of none");
    assert.is(verdict(3, 250), 0, "a type that nobody knows");
    assert.is(verdict(1, 250, 0xd3), 0, "another magic");
    assert.is(verdict(1, 0), 0, "nothing at all");
  });

  test(`device and host agree on ${ROUNDS} random frames (${engine})`, async () => {
    const t = await twin(engine);
    const next = numbers(3);
    let admitted = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const bytes = randomBytes(next, 40);
      if (next() % 4 !== 0) bytes[0] = frame.MAGIC_1;
      if (next() % 4 !== 0) bytes[1] = next() % 4;
      t.set(bytes);
      admitted += t.same("wire_frame_check", frame.check, P, next() % 2 === 0 ? next() % 64 : randomU32(next));
    }
    assert.ok(admitted > ROUNDS / 20, `only ${admitted} frames were admitted: the fuzz does not reach the inside`);
  });
}

test.run();

// The effect ring: device and host step from record to record by the same stride.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as effect from "../../firmware/wire/effect.ts";
import { engines } from "../wasm.ts";
import { numbers, twin } from "./twin.ts";

for (const engine of engines) {
  test(`a record takes its 8-byte head and its bytes, padded to four (${engine})`, async () => {
    const t = await twin(engine);
    for (let n = 0; n < 4096; n++) assert.is(t.same("wire_effect_span", effect.span, n), 8 + Math.ceil(n / 4) * 4);
    const next = numbers(5);
    for (let i = 0; i < 20_000; i++) t.same("wire_effect_span", effect.span, (next() >>> 1) >>> (next() % 31));
  });
}

test.run();

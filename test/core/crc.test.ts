// CRC-32 is that of IEEE 802.3: compared with its published check value and with the polynomial division itself.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { engines, debugModule } from "../wasm.ts";
import { INPUT, Random } from "./flash.ts";

/** Bit by bit, from the definition: reflected, polynomial 0xedb88320, preset and final complement. */
function divide(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const b of bytes) {
    c ^= b;
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

for (const engine of engines) {
  test(`the check value, and any bytes, in one go or in parts (${engine})`, async () => {
    const m = await debugModule(engine);
    const crc = (seed: number, p: number, n: number) => Number(m.call("core_crc_crc32", seed, p, n)) >>> 0;
    m.write(INPUT, new TextEncoder().encode("123456789"));
    assert.is(crc(0, INPUT, 9), 0xcbf43926);
    const random = new Random(1);
    for (let n = 0; n < 200; n++) {
      const bytes = random.bytes(n);
      m.write(INPUT + (n & 3), bytes);
      assert.is(crc(0, INPUT + (n & 3), n), divide(bytes));
      const half = random.below(n + 1);
      assert.is(crc(crc(0, INPUT + (n & 3), half), INPUT + (n & 3) + half, n - half), divide(bytes));
    }
  });
}

test.run();

// What a batch weighs against what: its signatures one by one or in one equation, in instructions of wasm3, with tables of keys in flash.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { fileURLToPath } from "node:url";
import * as count from "../../tools/count.ts";
import { lacking } from "../boards/board.ts";
import { debugModule } from "../wasm.ts";
import { little } from "./device.ts";

const absent = lacking("cc", "valgrind");
await debugModule("v8"); // builds it
const wasm = process.env.SYNOD_DEBUG_WASM ?? fileURLToPath(new URL("../../build/debug.wasm", import.meta.url));
const [KEY, ENTRIES, HEAD, TABLE] = [0x1c20, 0x2a00, 0x3500, 0x3540];
const IN_FLASH = 5 << 24;

/** Instructions for k signatures in a batch, the first `cold` by their key, the others by its table. */
async function batch(k: number, halves: number, { cold = 0, flash = true } = {}): Promise<number> {
  const seed = new Uint8Array(32).fill(7);
  const pub = ed25519.getPublicKey(seed);
  const setup: count.Step[] = [
    { write: KEY, bytes: pub },
    { call: "crypto_cached_prepare", args: [HEAD, KEY, TABLE, halves] },
  ];
  if (flash) setup.push({ keep: TABLE, n: 1728 * halves }, { write: TABLE, bytes: new Uint8Array(1728 * halves) });
  if (flash) setup.push({ write: HEAD + 32, bytes: little(BigInt(IN_FLASH), 4) });
  for (let i = 0; i < k; i++) {
    const message = new Uint8Array(32).fill(i);
    const bytes = Uint8Array.of(...pub, ...ed25519.sign(message, seed), ...message);
    setup.push({ write: ENTRIES + 128 * i, bytes });
  }
  const job = { wasm, name: "bench_batchCached", args: [HEAD, ENTRIES, k, cold], setup, repeats: 2 };
  const { count: instructions, result } = await count.x86(job);
  assert.is(result, 0n);
  return instructions;
}

test("a table in flash costs a signature less than one instruction in fifty more than one in memory", async () => {
  if (absent) return;
  for (const halves of [1, 2]) {
    const [flash, memory] = await Promise.all([batch(1, halves), batch(1, halves, { flash: false })]);
    assert.ok(flash > memory && flash < 1.02 * memory, `${flash}, ${memory}`);
  }
});

test("prepared keys share an equation from where that is cheaper on, within one signature", async () => {
  if (absent) return;
  for (const [halves, most] of [
    [2, 6],
    [1, 4],
  ]) {
    const alone = await batch(1, halves);
    const [few, many] = await Promise.all([batch(8, halves), batch(10, halves)]);
    const each = (many - few) / 2;
    const equation = few - 8 * each;
    console.log(
      `note: ${halves} halves: ${(alone / 1e6).toFixed(2)} M alone, ${(each / 1e6).toFixed(2)} M and ${(equation / 1e6).toFixed(2)} M once for all`,
    );
    assert.ok((most - 1) * alone < equation + (most - 1) * each, "fewer are cheaper alone");
    assert.ok((most + 2) * alone > equation + (most + 2) * each, "more are cheaper together");
    assert.ok(Math.abs((await batch(most, halves)) - most * alone) < 0.02 * most * alone, "so many are verified alone");
    assert.ok((await batch(most + 1, halves)) < 1.02 * (equation + (most + 1) * each), "and one more together");
  }
});

test("among prepared keys one that is not is verified alone, or two of them with all others", async () => {
  if (absent) return;
  const [alone, cold] = [await batch(1, 2), await batch(1, 2, { cold: 1 })];
  const apart = await batch(3, 2, { cold: 1 });
  assert.ok(Math.abs(apart - cold - 2 * alone) < 0.02 * apart, "one and two");
  for (const [k, n] of [
    [4, 1],
    [3, 2],
  ])
    assert.ok((await batch(k, 2, { cold: n })) < n * cold + (k - n) * alone, `${n} of ${k}`);
});

test.run();

// boards/runtime/abi.h: C knows the numbers that the device and the host know, today's.

import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as accelerate from "../../firmware/wire/accelerate.ts";
import * as call from "../../firmware/wire/call.ts";
import * as effect from "../../firmware/wire/effect.ts";
import * as record from "../../firmware/wire/record.ts";
import { INPUT_MAX } from "../../host/device/device.ts";
import { generate, target } from "../../tools/abi.mjs";

const text = readFileSync(target, "utf8");
const defined = new Map(
  [...text.matchAll(/^#define (SYNOD_\w+) (\w+)u$/gm)].map(([, name, value]) => [name, Number(value)]),
);

test("abi.h is what the sources say; otherwise run: node tools/abi.mjs", () => {
  assert.ok(text === generate(), "abi.h is stale");
});

test("each constant of a layout has the value that the host's modules have", () => {
  for (const [prefix, module] of Object.entries({
    ACCELERATE: accelerate,
    CALL: call,
    EFFECT: effect,
    RECORD: record,
  })) {
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === "number") assert.is(defined.get(`SYNOD_${prefix}_${name}`), value, `${prefix}_${name}`);
    }
  }
  assert.is(defined.get("SYNOD_LAYOUT_INPUT_MAX"), INPUT_MAX);
});

test("the imports and their types are those of hal.ts", () => {
  assert.match(text, '#define SYNOD_IMPORT_ENTROPY "entropy", "v(ii)"');
  assert.match(text, '#define SYNOD_IMPORT_READ "read", "i(iiii)"');
  assert.match(text, '#define SYNOD_IMPORT_SENSE "sense", "I(i)"');
  assert.match(text, '#define SYNOD_IMPORT_ACCELERATE "accelerate", "i(ii)"');
  assert.match(text, '#define SYNOD_IMPORT_CALL "call", "I(iiiii)"');
});

test.run();

// The exports that no other test reaches: the version of the ABI, and the seam for contracts.

import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as abi from "../firmware/wire/abi.ts";
import * as reason from "../firmware/wire/reason.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  abi(): number;
  host(op: number, n: number): bigint;
  hostBuffer(): number;
}

const wasm = readFileSync(new URL("../build/node.wasm", import.meta.url));
const nothing = { entropy() {}, read: () => -1, sense: () => 0n, accelerate: () => 0, call: () => 0n };
const device = (await WebAssembly.instantiate(wasm, { synod: nothing })).instance.exports as unknown as Exports;

test("the ABI has a version, and its major is in the upper half", () => {
  assert.is(device.abi(), 0x0001_0002);
  assert.equal([abi.MAJOR, abi.MINOR], [1, 2], "what C is told, boards/runtime/abi.h");
});

test("without contracts every host call is refused by number, and the buffer lies inside the page", () => {
  for (const op of [0, 1, 15, 0xffffffff]) assert.is(device.host(op, 0), -BigInt(reason.HOST_CALL));
  assert.ok(device.hostBuffer() >= 1024 && device.hostBuffer() + 512 <= device.memory.buffer.byteLength);
});

test.run();

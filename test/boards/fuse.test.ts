// boards/runtime/fuse.c: no program can tell fused operations from wasm3's own, and every one that fuse.h lists is used.
//
//   random programs ──> V8 and wasm3: the same results, the same memory, traps at the same calls

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildTool, paths } from "../../tools/boards.mjs";
import { buildFirmware } from "../../tools/build.mjs";
import { emptyHal } from "../wasm.ts";
import { binding, lacking, numbers, root, run, scratch } from "./board.ts";
import { program } from "./program.ts";

const { Wasm3Module } = await binding();
const budget = Number(process.env.SYNOD_BUDGET ?? 6);
const MEMORY = 2 * 65536;

interface Outcome {
  /** What each call returned; null: it trapped. */
  readonly results: readonly (bigint | null)[];
  readonly memory: Uint8Array;
}

type Arguments = [bigint, bigint, number, number];

/** Four calls with arguments from the seed; the memory stays between them. */
function drive(seed: string, call: (...args: Arguments) => bigint): (bigint | null)[] {
  const below = numbers(`arguments ${seed}`);
  const wide = (): bigint => BigInt.asIntN(64, BigInt(below(2 ** 32)) * BigInt(below(2 ** 32)) - 12345n);
  return Array.from({ length: 4 }, () => {
    const args: Arguments = [wide(), wide(), below(2 ** 32) | 0, below(2 ** 16)];
    try {
      return call(...args);
    } catch {
      return null;
    }
  });
}

function inV8(seed: string, wasm: Uint8Array): Outcome {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource));
  const results = drive(seed, exports.run as (...args: Arguments) => bigint);
  return { results, memory: new Uint8Array((exports.memory as WebAssembly.Memory).buffer) };
}

function inWasm3(seed: string, wasm: Uint8Array): Outcome {
  const module = new Wasm3Module(wasm, emptyHal(), 65536);
  const results = drive(seed, (...args) => module.call("run", ...args) as bigint);
  const memory = module.bytes(0, MEMORY);
  module.close();
  return { results, memory };
}

test("random programs give the same results, memory and traps in V8 and in wasm3", () => {
  const until = Date.now() + 1000 * budget;
  let programs = 0;
  let traps = 0;
  let returns = 0;
  for (; programs < 40 || Date.now() < until; programs++) {
    const seed = `fuse ${programs}`;
    const wasm = program(seed);
    const [expected, found] = [inV8(seed, wasm), inWasm3(seed, wasm)];
    assert.equal(found.results, expected.results, `results of program "${seed}"`);
    assert.ok(Buffer.compare(found.memory, expected.memory) === 0, `memory of program "${seed}"`);
    traps += expected.results.filter((r) => r === null).length;
    returns += expected.results.filter((r) => r !== null).length;
  }
  console.log(`note: ${programs} random programs, ${returns} calls returned, ${traps} trapped`);
  assert.ok(traps > 0 && returns > traps, "both happen");
});

/** The names of the operations that fuse.h lists, as the compiler spells them. */
function listed(): string[] {
  const text = readFileSync(join(root, "boards/runtime/fuse.h"), "utf8");
  return [...text.matchAll(/\bF[1-6]\(([^)]*)\) *(?:\\|$)/gm)].map(
    ([, steps]) => `op_Fused_${steps.split(/,\s*/).join("_")}`,
  );
}

test("every fused operation of the list runs: in the firmware's hot functions or in random programs", async () => {
  if (lacking("gcc")) return;
  await buildTool("count-fused");
  await buildFirmware(["debug"]);
  const ran = new Set<string>();
  const count = (...args: string[]): void => {
    const { status, stdout, stderr } = run(paths.tool("count-fused"), args);
    assert.is(status, 0, stderr);
    for (const [, name] of stdout.matchAll(/^op (\w+) \d+$/gm)) ran.add(name);
  };
  const debug = join(root, "build/debug.wasm");
  const zeros = `write:0x2a00:${"07".repeat(200)}`;
  for (const [name, ...args] of [
    ["crypto_ed25519_sign", "0x1c00", "0x1c20", "0x1c80", "32", "0x2a00"],
    ["crypto_field_mul", "0x2a00", "0x2a40", "0x2a80"],
    ["crypto_field_sq", "0x2a00", "0x2a40", "2"],
    ["crypto_sha256_hash", "0x2a00", "300", "0x1c00"],
    ["crypto_sha512_hash", "0x2a00", "300", "0x1c00"],
    ["crypto_x25519_publicKey", "0x1c00", "0x2a00"],
    ["boot", "1"],
  ])
    count(debug, "1", zeros, "--", name, ...args);
  const names = listed();
  assert.ok(names.length > 100, `${names.length} operations are listed`);
  /** Neither ran nor began one that did. */
  const missing = (): string[] => names.filter((n) => ![...ran].some((r) => r === n || r.startsWith(`${n}_`)));
  for (let i = 0; i < 200 && missing().length > 0; i++) {
    const file = join(scratch, "program.wasm");
    const seed = `fuse ${i}`;
    writeFileSync(file, program(seed));
    if (inV8(seed, program(seed)).results.includes(null)) continue; // the counter stops at a trap
    count(file, "1", "--", "run", "77777777777", "-5", "123456", "99");
  }
  assert.equal(missing(), []);
});

test.run();

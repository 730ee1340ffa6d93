// boards/runtime/heap.c: RAM comes from the banks that the port lists and from nowhere else, all of it comes back, and running out is
// an error with a name.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import binaryen from "binaryen";
import { paths } from "../../tools/boards.mjs";
import { BOARDS, buildImage, type BoardName } from "../../tools/images.mjs";
import { careful, fixture, lacking, run, scratch } from "./board.ts";

const { path } = await fixture();
const program = await careful("heap");

/** Lines by their first word, the others behind it; of several the last. */
function heap(...args: (string | number)[]): Map<string, string> {
  const { stdout, stderr, status } = run(program!, args.map(String));
  assert.is(status, 0, stdout + stderr);
  return new Map(stdout.trim().split("\n").map((l): [string, string] => {
    const [word, ...rest] = l.split(" ");
    return [word, rest.join(" ")];
  })); // prettier-ignore
}

/** A contract: constants, a loop, a call, and no memory. */
const contract = join(scratch, "contract.wasm");
const text = `(module (func $g (param i64) (result i64) (i64.mul (local.get 0) (i64.const 0x9e3779b97f4a7c15)))
  (func (export "f") (param i64) (result i64) (local i32)
    (loop $l (local.set 0 (i64.add (call $g (local.get 0)) (i64.const 77777777777)))
      (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 9)))) (local.get 0)))`;
writeFileSync(contract, binaryen.parseText(text).emitBinary());

/** What `f` above gives, computed here. */
function expected(v: bigint): bigint {
  for (let i = 0; i < 9; i++) v = BigInt.asUintN(64, v * 0x9e3779b97f4a7c15n + 77777777777n);
  return BigInt.asIntN(64, v);
}

for (const [seed, ...banks] of [
  [1, 60000, 30000],
  [2, 100000],
  [3, 20001, 40003, 19999, 5007],
])
  test(`blocks keep their bytes and all come back, ${banks.length} banks`, () => {
    if (!program) return;
    const said = heap("pattern", seed, 100_000, ...banks);
    const [before, between, after, misused] = ["before", "between", "after", "misused"].map((w) =>
      said.get(w)!.split(" ").map(Number),
    );
    assert.is(before[0], 0);
    assert.ok(between[0] > 1000, "blocks are held");
    assert.equal(after, before, "used, largest, damaged");
    assert.equal(misused, [0, before[1], 1], "what is no block is not given back");
  });

test("10,000 times code is dropped and a contract's sandbox is made and freed within a call: the heap is the same", () => {
  if (!program) return;
  for (const banks of [[160_000, 65_536], [300_000]]) {
    const said = heap("node", path, contract, 1, 10_000, ...banks);
    assert.is(said.get("open"), "ok");
    assert.is(said.get("request"), "ok");
    assert.is(said.get("acted"), String(expected(41n)), "the contract ran");
    assert.ok(Number(said.get("flushes")) >= 10_000);
    assert.is(said.get("late"), said.get("early"));
    assert.is(said.get("closed"), "0 0 0");
  }
});

test("where code lies changes nothing that a device decides", () => {
  if (!program) return;
  const of = (code: number, ...banks: number[]) => heap("node", path, contract, code, 50, ...banks).get("trace");
  const one = of(0, 400_000);
  assert.is(of(1, 400_000), one);
  assert.is(of(0, 150_000, 70_000), one);
  assert.is(of(3000, 40_000, 150_000, 9000), one);
});

test("with any number of bytes too few, RAM runs out with a reason; enough bytes, and it does not", () => {
  if (!program) return;
  const seen = new Set<string>();
  for (let size = 64; size < 140_000; size += size < 75_000 ? 3_001 : 509) {
    const said = heap("short", path, size);
    const last = [...said].at(-1)!;
    if (said.get("open") !== "ok") {
      assert.match(said.get("open")!, /^ram out of RAM: |^module a bank of RAM is too small/);
      seen.add("open");
    } else if (last[0] === "again") {
      const failed = [...said].find(([, what]) => what.startsWith("ram"))!;
      assert.match(failed[1], /^ram out of RAM: /);
      assert.match(said.get("tick")!, /^down/);
      // a hundred times: what ran out in boot does so again, what ran out later costs boot no page
      assert.match(last[1], failed[0] === "boot" ? /^ram out of RAM: / : /^ok/);
      seen.add(failed[0]);
    } else {
      assert.equal(last, ["receive", "ok"]);
      seen.add("enough");
    }
  }
  for (const where of ["open", "boot", "enough"]) assert.ok(seen.has(where), [...seen].join(" "));
  assert.ok(seen.has("request") || seen.has("receive"), [...seen].join(" "));
});

for (const board of Object.keys(BOARDS) as BoardName[])
  test(`${board}: no image holds an allocator of the C library`, async () => {
    const { cc } = BOARDS[board];
    if (lacking(cc)) return;
    const mains = board === "stm32f405" ? (["replay", "jobs", "device"] as const) : (["replay"] as const);
    for (const main of mains) {
      const name = `test-heap-${main}`;
      await buildImage({ board, wasm: path, main, name });
      const { stdout, status } = run(cc.replace(/gcc$/, "nm"), [paths.image(board, name)]);
      const symbols = stdout.split("\n").map((l) => l.split(" ").at(-1)!);
      assert.is(status, 0);
      assert.ok(symbols.includes("heap_take"), "symbols are read");
      const allocators = symbols.filter((s) => /^_*(malloc|calloc|realloc|free|sbrk|memalign)(_r)?$/.test(s));
      assert.equal(allocators, []);
    }
  });

test.run();

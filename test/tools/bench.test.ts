// The counts of `npm run bench` are counts: the same in two runs, and of work that was really done.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { bench } from "../../tools/bench.ts";
import { missing } from "../../tools/count.ts";

const why = missing();
if (why) console.log(`skipped: ${why}`);

test("two runs count the same instructions, to a thousandth", async () => {
  if (why) return;
  const [a] = (await bench(["SHA-256"])).rows;
  const [b] = (await bench(["SHA-256"])).rows;
  assert.ok(Math.abs(a.ours / b.ours - 1) < 0.001, `${a.ours} and ${b.ours}`);
  assert.ok(
    a.ours > 100 && a.ours < 1000,
    `SHA-256 takes ${a.ours} instructions per byte: that is not SHA-256 in an interpreter`,
  );
  if (a.rivalValue !== null) assert.ok(a.rivalValue > 1 && a.rivalValue < 100, `libsodium takes ${a.rivalValue}`);
});

test("field operations are counted in wasm3 operations", async () => {
  if (why) return;
  const { rows } = await bench(["field"]);
  assert.equal(
    rows.map((r) => r.unit),
    ["ops", "ops"],
  );
  for (const r of rows) assert.ok(r.ours > 100 && r.ours < 1000, `${r.name}: ${r.ours}`);
  assert.ok(rows[1].ours < rows[0].ours, "a square costs less than a product");
});

test("a row says whether it is within its limit", async () => {
  if (why) return;
  const { rows, compiler } = await bench(["verify"]);
  assert.ok(compiler.length > 0);
  for (const r of rows) {
    const judged = r.limits === "ratio" ? r.ratio : r.ours;
    if (judged !== null) assert.is(r.pass, judged <= r.must);
    console.log(
      `note: ${r.name}: ${(r.ours / 1e6).toFixed(2)} M instructions, ${r.ratio?.toFixed(1) ?? "?"} times libsodium's, limit ${r.must}`,
    );
  }
});

test.run();

// The counts of `npm run bench` are counts: the same in two runs, of work that was really done, and none of them grows unnoticed:
// test/budget.json remembers each. A few are held to it in every run, all with SYNOD_BUDGET.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { bench, countOf, guarded, recorded } from "../../tools/bench.ts";
import { compiler, version } from "../../tools/boards.mjs";
import { buildFirmware } from "../../tools/build.mjs";
import { missing } from "../../tools/count.ts";

const why = missing();
if (why) console.log(`skipped: ${why}`);
else if (!process.env.SYNOD_BUILT && !process.env.SYNOD_DEBUG_WASM) await buildFirmware(["debug"]);

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

const GROWTH = 1.03;
const EVERY_RUN = ["field multiply", "field square", "SHA-256, per byte", "SHA-512, per byte", "verify"];

test("no count of the bench has grown by more than 3 % over the one in test/budget.json", async () => {
  if (why) return;
  const kept = recorded();
  const here = version(compiler());
  const grown: string[] = [];
  let fewer = 0;
  for (const { name, unit } of guarded()) {
    if (!EVERY_RUN.includes(name) && !process.env.SYNOD_BUDGET) continue;
    if (unit === "instructions" && kept.compiler !== here) continue;
    const before = kept[unit][name];
    assert.ok(before > 0, `"${name}" has no count in test/budget.json. Type: npm run bench -- --record "${name}"`);
    const now = await countOf(name);
    if (now > GROWTH * before)
      grown.push(`${name} takes ${now.toFixed(1)} ${unit}, ${((now / before - 1) * 100).toFixed(1)} % over ${before}`);
    else if (now < 0.99 * before) fewer++;
  }
  if (kept.compiler !== here)
    console.log(
      `skipped: instructions are recorded for ${kept.compiler}, here is ${here}; operations of wasm3 are compared`,
    );
  if (fewer > 0) console.log(`note: ${fewer} counts are better than recorded. Type: npm run bench -- --record`);
  assert.is(
    grown.length,
    0,
    `${grown.join("\n")}\nIf that is meant, say why in the commit and type: npm run bench -- --record`,
  );
});

test("every row has a recorded count, and nothing else has", () => {
  const kept = recorded();
  for (const unit of ["instructions", "ops"] as const) {
    const names = guarded().filter((r) => r.unit === unit);
    assert.equal(Object.keys(kept[unit]).sort(), names.map((r) => r.name).sort());
  }
});

test.run();

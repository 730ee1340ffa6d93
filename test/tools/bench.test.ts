// The counts of `npm run bench` are counts: the same in two runs, of work that was really done, and none of them grows unnoticed:
// test/budget.json remembers each. A few are held to it in every run, all with SYNOD_BUDGET.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bench, comparable, countOf, guarded, recorded, short, type Row } from "../../tools/bench.ts";
import { buildFirmware } from "../../tools/build.mjs";
import { chart } from "../../tools/chart.ts";
import { missing, missingBoard } from "../../tools/count.ts";
import { PLANS, UNITS } from "../../tools/plans.ts";
import { root, run } from "../boards/board.ts";

const why = missing();
const board = missingBoard("stm32f405") ?? missingBoard("riscv") ?? missingBoard("lx106");
if (board) console.log(`skipped: ${board}`);
if (board && process.env.CI === "true") throw new Error(board);
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

test("instructions on the board are the same in two runs, to the digit", async () => {
  if (why || board) return;
  const names = ["SHA-256 on M4", "native stack on M4"];
  const [a, b] = [await bench(names), await bench(names)];
  assert.equal(a, b);
  assert.is(a.rows.length, 2);
  assert.match(a.arm ?? "", /arm-none-eabi/);
  const [perByte, stack] = a.rows.map((r) => r.ours);
  assert.ok(perByte > 200 && perByte < 2000, `SHA-256 takes ${perByte} instructions per byte on the board`);
  assert.ok(stack > 300 && stack < 4096, `${stack} bytes of stack`);
});

test("a row says whether it is within its limit, when it has one", async () => {
  if (why) return;
  const { rows, compiler } = await bench(["cached key 1.8", "in V8, libsodium", "native stack on M4"]);
  assert.ok(compiler.length > 0);
  assert.is(rows.length, board ? 2 : 3);
  for (const r of rows) {
    const judged = r.limits === "ratio" ? r.ratio : r.ours;
    if (judged !== null) assert.is(r.pass, r.must === null || judged <= r.must);
    if (r.ratio !== null) assert.ok(Math.abs(r.ours / r.rivalValue! / r.ratio - 1) < 0.5, `${r.name}: ${r.ratio}`);
    console.log(
      `note: ${r.name}: ${short(r.ours)} ${r.unit}, ${r.ratio?.toFixed(2) ?? "-"} times the rival's, limit ${r.must}`,
    );
  }
});

test("the numbers to reach stand in the project: each limit has a must and a goal that asks for more", () => {
  const limited = PLANS.filter((p) => p.must !== undefined);
  assert.ok(limited.length > 15);
  for (const p of PLANS) assert.is(p.must === undefined, p.goal === undefined, p.name);
  for (const p of limited) assert.ok(p.goal! < p.must!, p.name);
  assert.is(new Set(PLANS.map((p) => p.name)).size, PLANS.length, "no two rows have one name");
});

test("the drawing shows each row's figure, and what is over its limit in another colour", () => {
  const row = (name: string, unit: Row["unit"], ours: number, must: number | null): Row => ({
    ...{
      name,
      unit,
      ours,
      must,
      goal: must && 0.5 * must,
      limits: "ours" as const,
      pass: must === null || ours <= must,
    },
    ...{ rival: unit === "us of CPU" ? "another <library>" : null, rivalValue: 100, ratio: ours / 100 },
  });
  const rows = [
    row("works", "instructions", 1_234_567, 2e6),
    row("too dear", "instructions", 3_456_789, 2e6),
    row("on board", "thumb-2", 7_654_321, null),
    row("timed", "us of CPU", 50, null),
  ];
  const svg = chart({ compiler: "one compiler", arm: "another", riscv: null, rows });
  for (const shown of ["works", "1.23 M", "too dear", "3.46 M", "7.65 M", "another &lt;library&gt;", "one compiler"])
    assert.ok(svg.includes(shown), shown);
  assert.is(svg.match(/class="over"/g)?.length, 1);
  assert.is(
    svg.match(/<(rect|text|line|svg|style|title)\b/g)!.length,
    svg.match(/\/>|<\/(?!svg>)|<\/svg>/g)!.length,
    "what opens is closed",
  );
});

test("docs/bench.svg was drawn with the rows that there are", () => {
  const svg = readFileSync(join(root, "docs/bench.svg"), "utf8");
  for (const { name, must } of PLANS.filter((p) => ["instructions", "ops", "bytes"].includes(p.unit)))
    if (must !== undefined) assert.ok(svg.includes(`>${name}<`), `${name} is missing. Type: npm run bench -- --svg`);
});

test("usage: help is 0, what is no option or no row is 2 and says so", () => {
  const type = (...args: string[]) => run("npx", ["tsx", "tools/bench.ts", ...args]);
  const help = type("--help");
  assert.is(help.status, 0);
  assert.match(help.stdout, /--record/);
  for (const [args, words] of [
    [["--nonesuch"], /nonesuch/],
    [["nonesuch"], /no row is called anything like nonesuch/],
    [["verify", "--svg"], /--svg draws all rows/],
  ] as const) {
    const { status, stderr, stdout } = type(...args);
    assert.is(status, 2, stderr);
    assert.match(stderr, words);
    assert.is(stdout, "");
  }
});

const GROWTH = 1.03;
const EVERY_RUN = [
  ...["field multiply", "field square", "SHA-256, per byte", "SHA-512, per byte", "verify"],
  ...["verify on M4", "sign on M4", "SHA-256 on M4, per byte", "native stack on M4, verify"],
];

test("no count of the bench has grown by more than 3 % over the one in test/budget.json", async () => {
  if (why) return;
  const kept = recorded();
  const grown: string[] = [];
  const skipped = new Set<string>();
  let fewer = 0;
  for (const { name, unit } of guarded()) {
    if (!EVERY_RUN.includes(name) && !process.env.SYNOD_BUDGET) continue;
    if (!comparable(unit, kept)) {
      skipped.add(unit);
      continue;
    }
    const before = kept[unit]?.[name] ?? 0;
    assert.ok(before > 0, `"${name}" has no count in test/budget.json. Type: npm run bench -- --record "${name}"`);
    const now = await countOf(name);
    if (now > GROWTH * before)
      grown.push(`${name} takes ${now.toFixed(1)} ${unit}, ${((now / before - 1) * 100).toFixed(1)} % over ${before}`);
    else if (now < 0.99 * before) fewer++;
  }
  if (skipped.size > 0)
    console.log(
      `skipped: ${[...skipped].join(", ")} are recorded for ${kept.compiler} and ${kept.arm}, not those here`,
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
  for (const unit of Object.keys(UNITS) as (keyof typeof UNITS)[]) {
    const names = guarded().filter((r) => r.unit === unit);
    assert.equal(Object.keys(kept[unit] ?? {}).sort(), names.map((r) => r.name).sort(), unit);
  }
});

test.run();

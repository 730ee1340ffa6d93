// The linter is a test: the tree keeps its own rules. Each rule is also shown a bad snippet, on which it must fire.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { direction } from "../tools/tidy/direction.ts";
import { ABI, emitted, exportedNames, halNames, silent } from "../tools/tidy/emitted.ts";
import { portable } from "../tools/tidy/portable.ts";
import { reasons, refusals } from "../tools/tidy/reason.ts";
import { idle, size } from "../tools/tidy/size.ts";
import { CODE, functions, root, type Source, sources, tracked } from "../tools/tidy/source.ts";
import { heads, local, lock, readmes } from "../tools/tidy/tree.ts";

const code = sources(CODE);
const firmware = code.filter((s) => s.path.startsWith("firmware/"));
const file = (path: string): Source => ({ path, text: readFileSync(join(root, path), "utf8") });
const snippet = (path: string, text: string): Source => ({ path, text });

function none(found: string[]): void {
  if (found.length === 0) return;
  const error = new Error(`${found.length} breaches\n${found.join("\n")}\n`);
  error.stack = ""; // it would say all of it again
  throw error;
}

/** The rule finds something in the bad snippet whose words contain `words`, and nothing in the good one. */
function fires(rule: (s: Source) => string[], path: string, bad: string, words: string, good = ""): void {
  const found = rule(snippet(path, bad));
  const shown = bad.slice(0, 200);
  assert.ok(
    found.some((f) => f.includes(words)),
    `the rule is blind to: ${shown}\nit said: ${found.join("\n") || "nothing"}`,
  );
  assert.equal(rule(snippet(path, good)), [], `the rule fires on: ${good}`);
}

// ---- direction ---------------------------------------------------------------------------------------------------

test("imports go down: wire <- crypto <- cose <- core <- mesh <- consensus <- ledger <- light <- app <- console <- index <- apps", () => {
  none(direction(code));
});

test("an import that goes up, sideways or out is seen", () => {
  const rule = (s: Source) => direction([s]);
  const down = `import * as frame from "../wire/frame";\nimport * as layout from "../layout";`;
  fires(rule, "firmware/mesh/link.ts", `import * as replica from "../consensus/replica";`, "goes up", down);
  fires(rule, "firmware/consensus/replica.ts", `import { x } from "../ledger/ledger";`, "goes up", down);
  fires(rule, "firmware/crypto/sha256.ts", `export * from "../cose/cbor";`, "goes up", down);
  fires(rule, "firmware/index.ts", `import "./apps/meter";`, "goes up", `import * as ledger from "./ledger/ledger";`);
  fires(rule, "firmware/core/ring.ts", `import { x } from "../../host/wire/mem";`, "outside itself", down);
  fires(
    rule,
    "firmware/core/ring.ts",
    `import * as mem from "#mem";`,
    "memory twin",
    `// import * as mem from "#mem";`,
  );
  fires(rule, "firmware/wire/vote.ts", `import * as hal from "../hal";`, "host code", `import * as mem from "#mem";`);
  const wire = `import * as vote from "../../firmware/wire/vote.ts";`;
  fires(
    rule,
    "host/fleet/fleet.ts",
    `import * as ring from "../../firmware/core/ring.ts";`,
    "firmware/wire alone",
    wire,
  );
  fires(rule, "host/fleet/fleet.ts", `await import("../../tools/build.mjs");`, "test or tools", wire);
  fires(rule, "host/tape/tape.ts", `import { up } from "../cli/up.ts";`, "goes up", wire);
  fires(rule, "host/target/sim.ts", `import * as server from "../gateway/server.ts";`, "goes up", wire);
  fires(rule, "host/fleet/fleet.ts", `import { Page } from "../dashboard/page.ts";`, "nobody imports the page", wire);
  fires(rule, "host/dashboard/page.ts", `import { Fleet } from "../fleet/fleet.ts";`, "goes up", wire);
  fires(rule, "host/odd/x.ts", `import { Log } from "../tape/log.ts";`, "without a place", wire);
  fires(
    rule,
    "boards/posix/main.c",
    `#include "../../firmware/wire/vote.ts"\n`,
    "boards/runtime",
    `#include "wasm3.h"\n`,
  );
  fires(rule, "boards/posix/main.c", `#include "../stm32f405/startup.h"\n`, "boards/runtime", `#include <stdio.h>\n`);
});

// ---- the portable subset -----------------------------------------------------------------------------------------

test("wire is written in the portable subset", () => {
  none(portable(code));
});

test("every ban of the portable subset is seen", () => {
  const rule = (s: Source) => portable([s]);
  const path = "firmware/wire/x.ts";
  const good = `// "x" * y / z\nimport * as mem from "#mem";\nexport function f(p: u32): bool {\n  return (mem.load8(p) & 1) != 0;\n}\n`;
  const bans: [string, string][] = [
    ["class A {}", "objects"],
    ["const a = p as u32;", "objects"],
    ["const f = (p: u32): u32 => p;", "closures"],
    ["export function f(): void {\n  function g(): void {}\n}", "inside functions"],
    ["@inline export function f(): void {}", "decorators"],
    ["const a = <u8>p;", "casts"],
    ["const a = load<u32>(p);", "generics"],
    ["const a = b * 3;", "multiplication"],
    ["const a = b / 3;", "division"],
    ["const a = b % 3;", "remainders"],
    ["const a = b >> 3;", "right shifts"],
    ["const a = b >>> 3;", "right shifts"],
    ["const a = 5n;", "64-bit literals"],
    ["let a: u32 = 0;", "module state"],
    ["export function f(p: u32): void {\n  if (p & 1) return;\n}", "!= 0"],
    ["export function f(p: u16): void {}", "types other"],
    ["export function f(p: u32): i32 {\n  return 0;\n}", "types other"],
    ['const a = "text";', "strings"],
    ["const a = `text`;", "strings"],
    ["const a = 0.5;", "fractions"],
    ["const a = b[0];", "arrays"],
    ["const a = b ? 1 : 0;", "conditional"],
  ];
  for (const [bad, words] of bans) fires(rule, path, bad, words, good);
});

// ---- files and functions -----------------------------------------------------------------------------------------

test("a file has at most 500 lines, a function at most 70, but for the listed arithmetic", () => {
  none(size(code));
  none(idle(code).map((name) => `${name} is listed as long and is not`));
});

test("a file of 501 lines and a function of 71 are seen, in TypeScript and in C", () => {
  const rule = (s: Source) => size([s], { "x.ts long": "straight-line arithmetic" });
  const body = (n: number) => "  a = 1;\n".repeat(n);
  fires(rule, "x.ts", "//\n".repeat(501), "501 lines", "//\n".repeat(500));
  fires(
    rule,
    "x.ts",
    `function f(a: u32): void {\n${body(69)}}\n`,
    "f has 71",
    `function f(a: u32): void {\n${body(68)}}\n`,
  );
  fires(rule, "x.ts", `const g = (a: number) => {\n${body(69)}};\n`, "71", `function long(): void {\n${body(99)}}\n`);
  fires(rule, "x.ts", `class A {\n  m(a = "}"): void {\n${body(69)}}\n}\n`, "m has 71", `class A {\n${body(90)}}\n`);
  fires(
    rule,
    "x.c",
    `static int f(struct s *a)\n{\n${body(69)}}\n`,
    "f has 7",
    `static int f(void)\n{\n${body(60)}}\n`,
  );
  const tricky = 'const a = /[{"]/;\nconst b = `{${c ? "}" : "{"}`;\nfunction f() {\n}\n';
  assert.equal(functions(snippet("x.ts", tricky)), [{ name: "f", line: 3, lines: 2 }]);
});

// ---- the emitted module ------------------------------------------------------------------------------------------

const hal = halNames(file("firmware/hal.ts"));

for (const name of ["device", "member", "node"]) {
  test(`build/${name}.wat: no mutable global, float or memory.grow; one page; exports and imports are the ABI`, () => {
    assert.ok(existsSync(join(root, `build/${name}.wat`)), `build/${name}.wat is missing: npm run build`);
    const abi = exportedNames(file("firmware/index.ts")).filter((n) => ABI.includes(n));
    const core = ["abi", "boot", "input", "output", "receive", "request", "tick"];
    assert.ok(
      core.every((n) => abi.includes(n)),
      `firmware/index.ts exports only ${abi.join(", ")}`,
    );
    none(emitted(file(`build/${name}.wat`), abi, hal));
  });
}

test("build/member.wat holds no code that votes, keeps blocks or executes them", () => {
  none(silent(file("build/member.wat")));
  const found = silent(file("build/device.wat"));
  for (const name of ["consensus/votes", "consensus/safety", "consensus/replica", "core/journal", "ledger/body"])
    assert.ok(
      found.some((f) => f.includes(name)),
      `the rule is blind to ${name}, which a validator has`,
    );
});

test("every broken promise of an emitted module is seen", () => {
  const good =
    `(module (import "synod" "read" (func $firmware/hal/read (param i32))) (global $firmware/f32 i32 (i32.const 1))\n` +
    ` (memory $0 1 1)\n (table $0 2 2 funcref)\n (elem $0 (i32.const 1) $firmware/apps/meter/onTick)\n` +
    ` (export "boot" (func $firmware/index/boot)) (export "memory" (memory $0)))`;
  const rule = (s: Source) => emitted(s, ["boot"], ["read"]);
  const broken: [string, string, string][] = [
    ["(global $firmware/f32 i32", "(global $firmware/x (mut i32)", "mutable global"],
    ["(memory $0 1 1)", "(memory $0 1 1) (func $a (param f64))", "a float"],
    ["(memory $0 1 1)", "(memory $0 1 1) (func $a f32.convert_i32_u)", "a float"],
    ["(memory $0 1 1)", "(memory $0 1 1) (func $a memory.grow)", "memory.grow"],
    ["(memory $0 1 1)", "(memory $0 1 2)", "one page"],
    ["$firmware/apps/meter/onTick", "$firmware/core/ring/send", "no hook"],
    [`"boot" (func`, `"boots" (func`, "exports boots"],
    [`"boot" (func`, `"boots" (func`, "does not export boot"],
    [`"synod" "read"`, `"env" "abort"`, "imports env.abort"],
  ];
  for (const [from, to, words] of broken) fires(rule, "x.wat", good.replace(from, to), words, good);
});

// ---- reasons -----------------------------------------------------------------------------------------------------

test("every reason is unique, used in one place, has words, and is provoked by a test", () => {
  const words = code.filter((s) => s.path === "host/wire/words.ts");
  const tests = code.filter((s) => s.path.startsWith("test/") && s.path !== "test/tidy.test.ts");
  none(reasons(file("firmware/wire/reason.ts"), firmware, words, tests));
});

test("a reason that is doubled, unused, wordless or untested is seen", () => {
  const list = snippet(
    "firmware/wire/reason.ts",
    "export const OK: u32 = 0;\nexport const A: u32 = 1;\nexport const B: u32 = 2;\n",
  );
  const used = snippet("firmware/core/x.ts", "if (x) return reason.A;\nreturn reason.B; // reason.B\n");
  const names = [snippet("x.ts", "A B")];
  const said = (l = list, f = used, w = names, t = names) => reasons(l, [f], w, t).join("\n");
  assert.is(said(), "");
  assert.match(said(snippet(list.path, list.text.replace("= 2", "= 1"))), "the number 1 of");
  assert.match(said(list, snippet(used.path, "return reason.A;")), "reason B is used nowhere");
  assert.match(said(list, snippet(used.path, used.text + "return reason.A;")), "reason A is used in 2 places");
  assert.match(said(list, used, [snippet("x.ts", "A // B")]), "reason B has no words");
  assert.match(said(list, used, names, [snippet("x.ts", "B")]), "reason A is provoked by no test");
});

test("every refusal of the host is unique, said, has words, and is provoked by a test", () => {
  const words = code.filter((s) => s.path === "host/wire/words.ts");
  const host = code.filter((s) => s.path.startsWith("host/"));
  const tests = code.filter((s) => s.path.startsWith("test/") && s.path !== "test/tidy.test.ts");
  none(refusals(file("host/wire/refusal.ts"), host, words, tests));
});

test("a refusal that is doubled, unsaid, wordless or untested is seen", () => {
  const list = snippet("host/wire/refusal.ts", "export const A = 900;\nexport const B = 901;\n");
  const said = snippet("host/x.ts", "new Refused(A); new Refused(B)");
  const names = [snippet("x.ts", "A B")];
  const found = (l = list, h = said, w = names, t = names) => refusals(l, [h], w, t).join("\n");
  assert.is(found(), "");
  assert.match(found(snippet(list.path, list.text.replace("901", "900"))), "shares the number 900");
  assert.match(found(list, snippet(said.path, "new Refused(A)")), "refusal B is said nowhere");
  assert.match(found(list, said, [snippet("y.ts", "A")]), "refusal B has no words");
  assert.match(found(list, said, names, [snippet("y.ts", "A")]), "refusal B is provoked by no test");
});

// ---- the tree ----------------------------------------------------------------------------------------------------

test("every folder has a README.md and every file says at its head what it is", () => {
  none(readmes(tracked()));
  none(heads(code));
});

test("nothing names a path of somebody's machine or a registry host; the lock file has no download address", () => {
  none(local(sources(/\.(ts|mjs|c|h|json|md|ld|S|yml|run)$|^\.ci\/|rc$/)));
  none(lock(file("package-lock.json")));
});

test("a missing README, a missing head, a local path and a download address are seen", () => {
  const paths = ["host/fleet/fleet.ts", "host/README.md", "test/fleet/x.test.ts", "test/README.md"];
  assert.equal(readmes(paths), ["host/fleet has no README.md"]);
  fires((s) => heads([s]), "x.ts", `import "y";\n`, "at its head", "#!/usr/bin/env node\n// what it is\n");
  fires(
    (s) => local([s]),
    "x.md",
    `see /${"home"}/somebody/synod/README`,
    "somebody",
    "see ./homework/main, http://x/work",
  );
  fires((s) => local([s]), "x.md", `https://registry.${"npmjs"}.org/x`, "x.md:1", "the npm registry");
  fires((s) => lock(s), "package-lock.json", `"resolved": "https://x"`, "1 download", `"resolved": "file"`);
});

test.run();

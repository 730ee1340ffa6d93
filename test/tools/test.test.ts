// The test runner must not be fooled: an empty file, a crash and a failing assertion are failures, whatever else passed.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../../tools/build.mjs";
import { uvu } from "../../tools/test.mjs";

const folder = join(root, `build/fixture.${process.pid}`);
const head = `import { test } from "uvu";\nimport * as assert from "uvu/assert";\n`;

/** What the runner makes of a test file with this text. */
async function verdict(text: string): Promise<{ passed: number; failed: number; skipped: number }> {
  const path = join(folder, "x.test.ts");
  writeFileSync(path, text);
  const { passed, failed, skipped } = await uvu(path);
  return { passed, failed, skipped };
}

test.before(() => void mkdirSync(folder, { recursive: true }));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("passed, failed and skipped tests are counted", async () => {
  const text = `${head}test("a", () => {});\ntest("b", () => assert.ok(false));\ntest.skip("c", () => {});\ntest.run();\n`;
  assert.equal(await verdict(text), { passed: 1, failed: 1, skipped: 1 });
});

test("a file that runs no test has failed", async () => {
  assert.equal(await verdict(""), { passed: 0, failed: 1, skipped: 0 });
  assert.equal(
    await verdict(`${head}test("a", () => {});\n`),
    { passed: 0, failed: 1, skipped: 0 },
    "without test.run()",
  );
});

test("a crash after the last test has failed", async () => {
  const text = `${head}test("a", () => {});\ntest.run();\nsetTimeout(() => process.exit(3), 300);\n`;
  assert.equal(await verdict(text), { passed: 1, failed: 1, skipped: 0 });
  assert.equal(await verdict("throw new Error();\n"), { passed: 0, failed: 1, skipped: 0 });
});

test.run();

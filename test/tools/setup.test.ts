// A machine that lacks something: setup says what to type and ends with 3, and never goes on as if nothing were missing.

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../../tools/build.mjs";

/** Runs setup with nothing on PATH but node itself, so no compiler and no package manager. */
function setup(command: string, env: Record<string, string> = {}) {
  const PATH = join(root, "no/such/folder");
  return spawnSync(process.execPath, [join(root, "tools/setup.mjs"), command], {
    env: { PATH, ...env },
    encoding: "utf8",
  });
}

test("without a C compiler `npm start` ends with 3 and names the packages", () => {
  const { status, stderr, stdout } = setup("start");
  assert.is(status, 3, stderr);
  assert.match(stderr, "a C compiler");
  assert.match(stderr, /clang/);
  assert.is(stdout, "", "stdout is for results");
});

test("under CI a missing emulator is a failure, not a skip", () => {
  const { status, stderr } = setup("test", { CI: "true" });
  assert.is(status, 3, stderr);
  assert.match(stderr, "qemu-system-arm");
  assert.match(stderr, "libsodium-dev");
});

test("an unknown command is a wrong usage", () => {
  const { status, stderr } = setup("dance");
  assert.is(status, 2);
  assert.match(stderr, "start|build");
  assert.ok(dirname(root) !== "", "root is known");
});

test.run();

// The C of boards/: clean under -Werror with every compiler at hand, and wasm3's private parts named in one place only.

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { strictness, wasm3Folder } from "../../tools/boards.mjs";
import { lacking, root } from "./board.ts";

const run = promisify(execFile);
const files = (folder: string, end: string): string[] =>
  readdirSync(join(root, "boards", folder))
    .filter((f) => f.endsWith(end))
    .map((f) => join(root, "boards", folder, f));

const runtime = join(root, "boards/runtime");
const includes = ["-include", join(runtime, "config.h"), "-I", runtime, "-isystem", wasm3Folder()];
const node = ["-isystem", join(root, "node_modules/node-api-headers/include"), "-DNAPI_VERSION=8"];

/** Compiles each file; resolves to what the compiler said. */
async function complaints(cc: string, sources: string[], flags: string[]): Promise<string> {
  const said: string[] = [];
  for (const file of sources) {
    try {
      await run(cc, [...strictness, "-O1", ...includes, ...flags, "-c", file, "-o", "/dev/null"], { cwd: root });
    } catch (e) {
      said.push((e as { stderr: string }).stderr);
    }
  }
  return said.join("\n");
}

for (const cc of ["gcc", "clang"]) {
  test(`${cc} has nothing to say about runtime and binding`, async () => {
    if (lacking(cc)) return;
    const binding = [...files("binding", ".c"), join(root, "test/boards/port.c")];
    const said = await complaints(cc, [...files("runtime", ".c"), ...binding], node);
    if (/sodium.h/.test(said)) return console.log("skipped: rival.c, there is no libsodium here");
    assert.is(said, "");
  });
}

test("nor has the chip's compiler about the board", async () => {
  if (lacking("arm-none-eabi-gcc")) return;
  const cpu = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"];
  assert.is(await complaints("arm-none-eabi-gcc", [...files("runtime", ".c"), ...files("stm32f405", ".c")], cpu), "");
});

test("only engine.c and fuse.c name wasm3's private parts", () => {
  for (const folder of ["runtime", "binding", "stm32f405"]) {
    for (const file of [...files(folder, ".c"), ...files(folder, ".h")]) {
      if (/(engine|fuse)\.c$/.test(file)) continue;
      assert.not.match(readFileSync(file, "utf8"), /"m3_\w+\.h"|runtime->|module->(?!boot|input)/, file);
    }
  }
});

test("no board switches on its name: a capability is linked, not an #if", () => {
  for (const file of files("runtime", ".c")) {
    const conditions = [...readFileSync(file, "utf8").matchAll(/^#if.*$/gm)].map(([line]) => line);
    for (const c of conditions) assert.match(c, /M3_VERSION_MINOR/, `${file}: ${c}`);
  }
});

test.run();

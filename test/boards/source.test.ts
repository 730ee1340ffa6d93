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

const bare = (folder: string, ...without: string[]): string[] =>
  [...files("runtime", ".c"), ...files("bare", ".c"), ...files(folder, ".c")].filter(
    (f) => !without.some((w) => f.endsWith(w)),
  );
const CHIPS: [cc: string, sources: string[], flags: string[]][] = [
  [
    "arm-none-eabi-gcc",
    [...bare("stm32f405"), ...files("mps2", ".c")],
    ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"],
  ],
  ["riscv64-unknown-elf-gcc", bare("riscv", "cortexm.c"), ["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"]],
  [
    "xtensa-lx106-elf-gcc",
    bare("xtensa", "cortexm.c", "bare/semihost.c"),
    ["-isystem", "/usr/lib/xtensa-lx106-elf/include"],
  ],
];
for (const [cc, sources, flags] of CHIPS)
  test(`nor has ${cc} about its board`, async () => {
    if (lacking(cc)) return;
    assert.is(await complaints(cc, sources, [...flags, "-I", join(root, "boards/bare")]), "");
  });

test("only engine.c, fuse.c and sandbox.c name wasm3's private parts", () => {
  for (const folder of ["runtime", "binding", "bare", "posix", "stm32f405", "xtensa"]) {
    for (const file of [...files(folder, ".c"), ...files(folder, ".h")]) {
      if (/(engine|fuse|sandbox)\.c$/.test(file)) continue;
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

// The C of boards/: clean under -Werror with every compiler at hand, and wasm3's private parts named in one place only.

import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { idf, strictness, wasm3Folder } from "../../tools/boards.mjs";
import { lacking, root, scratch } from "./board.ts";

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
  test(`${cc} has nothing to say about runtime, binding and template`, async () => {
    if (lacking(cc)) return;
    const binding = [...files("binding", ".c"), ...files("template", ".c"), join(root, "test/boards/port.c")];
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
    [...bare("stm32f405"), ...files("cortexm", ".c"), ...files("mps2", ".c")],
    ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-DAN=386"],
  ],
  ["arm-none-eabi-gcc", files("mps2", ".c"), ["-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft", "-DAN=505"]],
  ["riscv64-unknown-elf-gcc", bare("riscv"), ["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"]],
  ["xtensa-lx106-elf-gcc", bare("xtensa", "bare/semihost.c"), ["-isystem", "/usr/lib/xtensa-lx106-elf/include"]],
];
for (const [cc, sources, flags] of CHIPS)
  test(`nor has ${cc} about its board, ${flags[0]}`, async () => {
    if (lacking(cc)) return;
    assert.is(
      await complaints(cc, sources, [...flags, "-I", join(root, "boards/bare"), "-I", join(root, "boards/cortexm")]),
      "",
    );
  });

const ESP32 = [...files("esp32", ".c"), join(root, "boards/esp32/example/main.c")];
const FAKE = ["-I", join(root, "test/boards/idf")];
for (const [cc, , flags] of [["gcc", [], []], ["clang", [], []], ...CHIPS.slice(2)] as typeof CHIPS)
  test(`nor has ${cc} about boards/esp32, against stand-ins of ESP-IDF's headers`, async () => {
    if (lacking(cc)) return;
    assert.is(await complaints(cc, ESP32, [...flags, ...idf]), "");
    const fakes = readdirSync(join(root, "test/boards/idf")).filter((f) => f.endsWith(".c"));
    if (flags.length === 0)
      assert.is(
        await complaints(
          cc,
          fakes.map((f) => join(root, "test/boards/idf", f)),
          [...idf, ...FAKE],
        ),
        "",
      );
  });

/** Files of ours: core.c and fuse.c are wasm3's with ours around them, and rival.c is no part of a device. */
const ours = [
  "runtime",
  "binding",
  "posix",
  "bare",
  "cortexm",
  "stm32f405",
  "mps2",
  "riscv",
  "xtensa",
  "esp32",
  "template",
]
  .flatMap((folder) => files(folder, ".c"))
  .filter((f) => !/(core|fuse|rival)\.c$/.test(f));

/** What cppcheck finds in these files. */
async function findings(sources: string[]): Promise<string> {
  const about = [...["runtime", "bare", "cortexm", "posix"].flatMap((f) => ["-I", join(root, "boards", f)]), ...idf];
  const quiet = ["--quiet", "--suppress=missingInclude", "--suppress=missingIncludeSystem"];
  // the linker's symbols are addresses, not objects: their difference is meant
  const symbols = `--suppress=comparePointers:${join(root, "boards/bare")}/*`;
  const flags = ["--std=c11", "--enable=warning,performance,portability", "--template={file}:{line} {id} {message}"];
  const { stderr } = await run("cppcheck", [...flags, ...quiet, symbols, ...about, ...sources], { cwd: root });
  return stderr.trim();
}

test("cppcheck finds nothing in the C of boards/", async () => {
  if (lacking("cppcheck")) return;
  assert.is(await findings(ours), "");
});

test("cppcheck finds what is wrong: a read past an array, a null pointer, a leak", async () => {
  if (lacking("cppcheck")) return;
  const wrong = join(scratch, "wrong.c");
  writeFileSync(
    wrong,
    `#include <stdlib.h>
int a(void) { int x[4] = {0}; return x[4]; }
int b(void) { int *p = NULL; return *p; }
void c(void) { char *p = malloc(4); if (p) p[0] = 1; }
`,
  );
  const found = await findings([wrong]);
  for (const id of ["arrayIndexOutOfBounds", "nullPointer", "memleak"]) assert.ok(found.includes(id), found);
});

test("only engine.c, fuse.c, core.c and sandbox.c name wasm3's private parts", () => {
  for (const folder of [
    "runtime",
    "binding",
    "bare",
    "cortexm",
    "esp32",
    "mps2",
    "posix",
    "riscv",
    "stm32f405",
    "template",
    "xtensa",
  ]) {
    for (const file of [...files(folder, ".c"), ...files(folder, ".h")]) {
      if (/(engine|fuse|core|sandbox)\.c$/.test(file)) continue;
      assert.not.match(readFileSync(file, "utf8"), /"m3_\w+\.[ch]"|runtime->|module->(?!boot|input)/, file);
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

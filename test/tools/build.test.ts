// The same sources give the same device: two compilations agree to the byte, and a change of sources is noticed.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildFirmware, compileAside, root, TARGETS } from "../../tools/build.mjs";
import { folderOf, readModule } from "../../tools/wasm.ts";

const bytes = (path: string) => new Uint8Array(readFileSync(join(root, path)));
const sha256 = (path: string) => createHash("sha256").update(bytes(path)).digest("hex");

test("compiling device.wasm again gives the same sha256", async () => {
  const device = TARGETS.find((t) => t.name === "device")!;
  const folder = `build/again.${process.pid}`;
  mkdirSync(join(root, folder), { recursive: true });
  try {
    await compileAside(device.entry, device.target, `${folder}/device`);
    assert.is(sha256(`${folder}/device.wasm`), sha256("build/device.wasm"));
  } finally {
    rmSync(join(root, folder), { recursive: true, force: true });
  }
});

test("nothing is compiled when no source changed", async () => {
  await buildFirmware(["node"]);
  assert.equal(await buildFirmware(["node"]), []);
});

test("an entry that does not compile is refused in asc's words", async () => {
  let said = "";
  await compileAside("firmware/no/such.ts", "device", "build/none").catch((e: Error) => (said = e.message));
  assert.match(said, "firmware/no/such.ts");
  assert.match(said, "not found");
});

test("every emitted function belongs to a folder", () => {
  const module = readModule(join(root, "build/device.wasm"));
  assert.ok(module.functions.length > 50);
  assert.equal(
    module.functions.filter((f) => f.bytes === 0),
    [],
  );
  const v8 = WebAssembly.Module.exports(new WebAssembly.Module(bytes("build/device.wasm")));
  for (const name of v8.filter((e) => e.kind === "function").map((e) => e.name))
    assert.ok(
      module.functions.some((f) => f.name.endsWith(`/${name}`) || f.folder === "index"),
      name,
    );
  assert.is(folderOf("firmware/crypto/sha256/block"), "crypto");
  assert.is(folderOf("firmware/apps/app/tick"), "app");
  assert.is(folderOf("start:firmware/apps/meter~anonymous|0"), "apps");
  assert.is(folderOf("~start"), "start");
});

test.run();

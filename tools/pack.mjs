// Before `npm pack`: builds what the package brings besides sources, so that it needs nothing but npm where it is installed.
//
//   build/{device,node,valve,debug}.wasm    compiled; bytes for any machine
//   build/dashboard.html                    the page, in one file
//   build/wasm3/                            wasm3's C with its licence: the npm package that carries it here wants React beside it,
//                                           and a project that installs Synod shall not. Compiled there on first need (build.mjs).
//
// package.json `files` says what else goes in. Rule: what is packed depends on this tree alone, not on what was built before.

import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildFirmware, buildPage, root } from "./build.mjs";
import { wasm3Folder } from "./boards.mjs";
import { say } from "./progress.mjs";

/** Copies the files that make the interpreter's core, and the licences that allow it. */
function copyWasm3() {
  delete process.env.WASM3_DIR; // somebody's own tree is not ours to hand out
  const from = wasm3Folder();
  const to = join(root, "build/wasm3");
  if (from === to) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const core = readdirSync(from).filter((f) => /^(m3_\w+\.[ch]|wasm3(_defs)?\.h)$/.test(f) && !f.startsWith("m3_api_"));
  for (const file of core) copyFileSync(join(from, file), join(to, file));
  copyFileSync(join(root, "tools/LICENSE.wasm3"), join(to, "LICENSE"));
  copyFileSync(join(root, "node_modules/react-native-webassembly/LICENSE"), join(to, "LICENSE.carrier"));
}

try {
  await buildFirmware();
  await buildPage();
  copyWasm3();
} catch (error) {
  say(error.code === "ERR_MODULE_NOT_FOUND" ? `${error.message}\nrun npm ci first` : error.message);
  process.exitCode = 1;
}

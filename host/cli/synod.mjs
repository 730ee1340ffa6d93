#!/usr/bin/env node
// The launcher: plain JavaScript, so that it can say what is missing before anything else is loaded.
//
//   node_modules and build/device.wasm there  ->  main.ts, through tsx
//   otherwise                                 ->  one line that says what to type, exit code 3
//
// `doctor` runs without a build, since it is the command that explains what is missing.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const words = process.argv.slice(2);
const needsBuild = ["up", "sim", "replay", "shrink", "keygen", "query", "vectors", "scenario"];

/** Says what to do, and ends with the exit code of a missing piece. */
function missing(what) {
  process.stderr.write(`synod: ${what}; run npm start or npm run build first\n`);
  process.exit(3);
}

if (Number(process.versions.node.split(".")[0]) < 20)
  missing(`Node ${process.versions.node} is too old (20.17 is needed)`);
try {
  createRequire(import.meta.url).resolve("tsx/package.json"); // in our own node_modules, or in those of a project around us
} catch {
  missing("its packages are not installed");
}
const asksForHelp = words.includes("--help") || words.includes("-h");
if (needsBuild.includes(words[0]) && !asksForHelp && !existsSync(join(root, "build", "device.wasm")))
  missing("the device is not built (build/device.wasm)");

process.stdout.on("error", (error) => {
  if (error.code === "EPIPE") process.exit(0); // whoever reads the pipe has enough
  throw error;
});

const { register } = await import("tsx/esm/api");
register({ tsconfig: false });
const { main } = await import("./main.ts");
process.exitCode = await main(words);

// Compiles firmware in memory, without optimization: quick, and nothing is written.
//
//   stdin   JSON: [{ entry, mutations: [{ file, from, to }] }, ...]      stdout   JSON: [wasm as base64, ...]
//
// A mutation changes one place: `from` must stand there exactly once, whatever the white space. A program of its own,
// since a loader that transforms TypeScript takes longer over the compiler's source than the compiler over ours.

import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { options } = JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8"));
const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, [value].flat().join(",")]);

/** The text of a file with its mutations. */
function mutate(name, text, mutations, applied) {
  for (const mutation of mutations) {
    if (mutation.file !== name) continue;
    const words = mutation.from.trim().split(/\s+/);
    const from = new RegExp(words.map((word) => word.replace(/[^\w]/g, "\\$&")).join("\\s+"), "g");
    if ([...text.matchAll(from)].length !== 1) throw new Error(`${name} has not exactly once: ${mutation.from}`);
    text = text.replace(from, () => mutation.to);
    applied.add(mutation);
  }
  return text;
}

async function assemble({ entry, mutations }) {
  const applied = new Set();
  let wasm = null;
  const readFile = (path, baseDir) => {
    const name = relative(root, resolve(baseDir, path));
    return existsSync(join(root, name))
      ? mutate(name, readFileSync(join(root, name), "utf8"), mutations, applied)
      : null;
  };
  const writeFile = (_, contents) => {
    if (typeof contents !== "string") wasm = contents;
  };
  const line = [entry, ...flags, "--baseDir", root, "-O0", "-o", "out.wasm", "--noColors"];
  const { error, stderr } = await asc.main(line, { readFile, writeFile });
  if (error !== null || wasm === null) throw new Error(`${entry} does not compile:\n${stderr.toString() || error}`);
  const idle = mutations.find((mutation) => !applied.has(mutation));
  if (idle !== undefined) throw new Error(`${idle.file} is not compiled`);
  return Buffer.from(wasm).toString("base64");
}

const done = [];
for (const job of JSON.parse(readFileSync(0, "utf8"))) done.push(await assemble(job));
process.stdout.write(JSON.stringify(done));

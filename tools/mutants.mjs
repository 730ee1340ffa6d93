// Mutants: the firmware with one rule broken, compiled in memory, so that a test can show that breaking it is noticed.
//
//   mutant([{ file: "firmware/consensus/safety.ts", find: "exact text", put: "other text" }]) ──> wasm bytes
//
// A mutant is device.wasm's little sister (apps/node.ts) compiled without the optimizer, which takes a third of the time and changes no
// decision. Sources are replaced while asc reads them: nothing is written, neither in the tree nor in build/.
// Rule: an edit whose text does not stand in its file exactly once is an error, so that no mutant goes tame when the firmware changes.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";

const NODE = "firmware/apps/node.ts";

/** @typedef {{ file: string, find: string, put: string }} Edit */

/**
 * The text of a file with its edits made, all against the text as it is. Throws when one does not apply exactly once.
 * @param {string} file path below the root
 * @param {string} text
 * @param {readonly Edit[]} edits
 */
function edited(file, text, edits) {
  const places = edits
    .filter((e) => e.file === file)
    .map(({ find, put }) => {
      const times = text.split(find).length - 1;
      if (times !== 1) throw new Error(`a mutant's text stands ${times} times in ${file}, not once: ${find}`);
      return { at: text.indexOf(find), find, put };
    })
    .sort((a, b) => b.at - a.at); // from the end, so that places stay
  return places.reduce((t, { at, find, put }) => t.slice(0, at) + put + t.slice(at + find.length), text);
}

/**
 * Compiles an entry file with these edits to the firmware; without edits, the firmware as it is.
 * @param {readonly Edit[]} edits
 * @param {string} entry path below the root
 * @returns {Promise<Uint8Array>}
 */
export async function mutant(edits, entry = NODE) {
  const asc = await import("assemblyscript/asc");
  const read = (/** @type {string} */ path) => readFileSync(join(root, path), "utf8");
  for (const { file } of edits) edited(file, read(file), edits); // also those in files that asc never asks for
  /** @type {Uint8Array | undefined} */
  let wasm;
  const options = ["--config", "asconfig.json", "--target", "device", "--optimizeLevel", "0", "--shrinkLevel", "0"];
  const { error, stderr } = await asc.main([entry, ...options, "-o", "mutant.wasm"], {
    readFile(name, base) {
      const path = join(base, name).replaceAll("\\", "/");
      try {
        return edited(path, read(path), edits);
      } catch (e) {
        if (/** @type {NodeJS.ErrnoException} */ (e).code === "ENOENT") return null;
        throw e;
      }
    },
    writeFile(_, contents) {
      if (typeof contents !== "string") wasm = new Uint8Array(contents);
    },
    listFiles: (folder) => readdirSync(join(root, folder)).filter((f) => f.endsWith(".ts")),
  });
  if (error || wasm === undefined)
    throw new Error(`the mutant does not compile:\n${stderr.toString() || error?.message}`);
  return wasm;
}

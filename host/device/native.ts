// What is compiled for this machine on its first need: the wasm3 binding, and the device as a process.
//
//   missing ── node tools/build.mjs NAME, a process of its own ──> build/wasm3.node, build/synod-node
//
// An installed package brings its wasm modules, but nothing for one kind of machine. Rule: what cannot be compiled is told with the
// compiler's words, which say what to install; it is tried once in a process.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Engine } from "./device.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OUTPUTS = { binding: "build/wasm3.node", posix: "build/synod-node" } as const;

export type Name = keyof typeof OUTPUTS;

const tried = new Map<Name, Promise<void>>();

function compile(name: Name): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ["tools/build.mjs", name], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "" }, // without the loader of this process
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (part: Buffer) => {
      said += part.toString();
      if (process.stderr.isTTY) process.stderr.write(part);
    });
    child.on("error", fail);
    child.on("close", (code) => (code === 0 ? done() : fail(new Error(said.trim()))));
  });
}

/** Makes sure that it is there; compiles it when it is not. Throws an Error with the compiler's words. */
export async function ensure(name: Name): Promise<void> {
  if (existsSync(new URL(`../../${OUTPUTS[name]}`, import.meta.url))) return;
  if (!existsSync(new URL("../../tools/build.mjs", import.meta.url)))
    throw new Error(`${OUTPUTS[name]} is not there; run npm run build`);
  if (!tried.has(name)) tried.set(name, compile(name));
  await tried.get(name);
}

/** Makes an engine ready; V8 always is, wasm3 needs its binding, which is compiled on first need. Throws an Error that says what to type. */
export async function ready(engine: Engine): Promise<void> {
  if (engine === "v8") return;
  try {
    await ensure("binding");
    await import("./wasm3.ts");
  } catch (error) {
    throw new Error(`wasm3 is not built here: ${error instanceof Error ? error.message : String(error)}`);
  }
}

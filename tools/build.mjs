// Builds everything: firmware, what is native, the dashboard; each only when its sources changed.
//
//   node tools/build.mjs                    everything below
//   node tools/build.mjs binding|posix      what is compiled for this machine alone: all that an installed package needs
//
//   firmware/apps/meter.ts -> build/device.wasm, .wat      target device
//                          -> build/compact.wasm, .wat   target compact: less code and native stack, slower hashes
//   firmware/apps/node.ts  -> build/node.wasm, .wat        target device
//   firmware/apps/valve.ts -> build/valve.wasm, .wat       target device
//   firmware/debug.ts      -> build/debug.wasm, .wat       target debug: test hooks, never flashed
//                          -> build/debug-compact.wasm     target debug-compact
//   boards/                -> the Node-API addon, the device as a process       tools/boards.mjs
//   host/dashboard/        -> build/dashboard.html         tools/dashboard.mjs
//
// build/.stamp holds, per output, one hash of its sources and one of itself. Outputs are written under another name and
// renamed, so a process that reads them meanwhile sees the old or the new file, never half of one.
// Rule: the same sources and compiler give the same bytes, whatever was built before.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { say, step } from "./progress.mjs";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** What there is to compile: name of the output, entry file, target of asconfig.json, and whether test hooks count as sources. */
export const TARGETS = [
  { name: "device", entry: "firmware/apps/meter.ts", target: "device", hooks: false },
  { name: "compact", entry: "firmware/apps/meter.ts", target: "compact", hooks: false },
  { name: "member", entry: "firmware/apps/meter.ts", target: "member", hooks: false },
  { name: "node", entry: "firmware/apps/node.ts", target: "device", hooks: false },
  { name: "valve", entry: "firmware/apps/valve.ts", target: "device", hooks: false },
  { name: "debug", entry: "firmware/debug.ts", target: "debug", hooks: true },
  { name: "debug-compact", entry: "firmware/debug.ts", target: "debug-compact", hooks: true },
];

/** Every file below `folder`, sorted, as paths relative to the root. */
export function files(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => relative(root, join(e.parentPath ?? e.path, e.name)).replaceAll("\\", "/"))
    .sort();
}

function fingerprint(hooks) {
  const version = JSON.parse(readFileSync(join(root, "node_modules/assemblyscript/package.json"), "utf8")).version;
  const hash = createHash("sha256").update(`asc ${version}`);
  const sources = files("firmware").filter((f) => f.endsWith(".ts") && (hooks || !f.startsWith("firmware/debug")));
  for (const f of [...sources, "asconfig.json"]) hash.update(`\0${f}\0`).update(readFileSync(join(root, f)));
  return hash.digest("hex");
}

/** Hash of a compiled module, so that one put there by hand is noticed. */
function outputHash(name) {
  const path = join(root, `build/${name}.wasm`);
  return existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "none";
}

/** Compiles `entry` for `target` into `out` (a path without extension; .wasm and .wat appear). Throws asc's own words. */
export async function compile(entry, target, out, extra = []) {
  const asc = await import("assemblyscript/asc");
  const cwd = process.cwd();
  if (cwd !== root && isMainThread) process.chdir(root); // asc names functions by paths below the working directory
  const base = relative(root, resolve(root, out)).replaceAll("\\", "/");
  const temporary = `${base}.${process.pid}.new`;
  const options = [
    "--config",
    "asconfig.json",
    "--target",
    target,
    "-o",
    `${temporary}.wasm`,
    "-t",
    `${temporary}.wat`,
  ];
  const { error, stderr } = await asc.main([entry, ...options, ...extra], {});
  if (cwd !== root && isMainThread) process.chdir(cwd);
  if (error) throw new Error(`${entry} does not compile:\n${stderr.toString() || error.message}`);
  for (const end of [".wasm", ".wat"]) renameSync(join(root, temporary + end), join(root, base + end));
}

/** The same in a worker thread, so that targets compile side by side and progress stays alive. */
export function compileAside(entry, target, out, extra = []) {
  return new Promise((done, fail) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { entry, target, out, extra } });
    worker.once("message", (error) => (error ? fail(new Error(error)) : done()));
    worker.once("error", fail);
  });
}

function stamps() {
  try {
    return JSON.parse(readFileSync(join(root, "build/.stamp"), "utf8"));
  } catch {
    return {}; // no stamp or a torn one: everything is built anew
  }
}

function stamp(name, hash) {
  const path = join(root, "build/.stamp");
  writeFileSync(`${path}.${process.pid}`, JSON.stringify({ ...stamps(), [name]: hash }, null, 1) + "\n");
  renameSync(`${path}.${process.pid}`, path);
}

/** Brings the wasm files up to date; returns the names of those that had to be compiled. */
export async function buildFirmware(names = TARGETS.map((t) => t.name)) {
  mkdirSync(join(root, "build"), { recursive: true });
  const known = stamps();
  const due = [];
  for (const t of TARGETS) {
    if (!names.includes(t.name) || !existsSync(join(root, t.entry))) continue;
    const hash = fingerprint(t.hooks);
    if (known[t.name] !== `${hash} ${outputHash(t.name)}`) due.push({ ...t, hash });
  }
  const queue = [...due];
  const failures = [];
  const one = async () => {
    for (let t = queue.shift(); t; t = queue.shift()) {
      try {
        await step(`compiling ${t.name}.wasm`, () => compileAside(t.entry, t.target, `build/${t.name}`));
        stamp(t.name, `${t.hash} ${outputHash(t.name)}`);
      } catch (error) {
        failures.push(error.message);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, one));
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
  return due.map((t) => t.name);
}

/** What is compiled for this machine: what to say meanwhile, and the function of boards.mjs that does it. */
const NATIVE = {
  binding: ["compiling the wasm3 binding", "buildBinding"],
  posix: ["compiling the device as a process", "buildPosix"],
};

/** Brings these up to date; returns the names of those that had to be compiled. */
export async function buildNative(names = ["binding"]) {
  const boards = await import("./boards.mjs");
  const made = [];
  for (const name of names) {
    const [title, job] = NATIVE[name];
    if (await step(title, () => boards[job]())) made.push(name);
  }
  return made;
}

/** The page, when a source of it changed. */
export async function buildPage() {
  const { buildDashboard } = await import("./dashboard.mjs");
  return (await step("building the dashboard", buildDashboard)) ? ["dashboard"] : [];
}

/** Everything, or these modules and what a fleet needs besides to run and be seen. Returns the names of what was made. */
export async function build(names) {
  const native = await buildNative(names === undefined ? Object.keys(NATIVE) : ["binding"]);
  return [...(await buildFirmware(names)), ...native, ...(await buildPage())];
}

if (!isMainThread && workerData?.entry) {
  const { entry, target, out, extra } = workerData;
  compile(entry, target, out, extra).then(
    () => parentPort.postMessage(null),
    (error) => parentPort.postMessage(error.message),
  );
} else if (isMainThread && process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const native = process.argv.slice(2).filter((word) => Object.hasOwn(NATIVE, word));
    const made = native.length > 0 ? await buildNative(native) : await build();
    say(made.length > 0 ? `built ${made.join(", ")}` : "nothing to build: sources are unchanged");
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}

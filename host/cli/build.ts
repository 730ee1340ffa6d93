// `synod build`: compiles a project's app to a device module, with the AssemblyScript compiler that came with this package.
//
//   app.ts, asconfig.json ── asc, a process of its own ──> build/app.wasm, app.wat ── checked: is it a device? ──> renamed into place
//
// build/.stamp holds a hash of what was compiled; nothing is compiled again while it holds.
// Rule: build/app.wasm is a sound device module or what it was before; a failure is told in asc's own words.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AbiError } from "../device/device.ts";
import * as sections from "../device/sections.ts";
import * as v8 from "../device/v8.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { Progress } from "./progress.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What of a project is no source of its app. */
const OTHER = new Set(["node_modules", "build", "scenario", ".git"]);
const PAGE_BYTES = 65_536;
/** Targets of asconfig.json that a device can be compiled for. */
const PROFILES = ["device", "compact", "member"] as const;
type Profile = (typeof PROFILES)[number];

/** The .ts files of a folder and below, sorted. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !OTHER.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return entry.name.endsWith(".ts") ? [path] : [];
    })
    .sort();
}

/** One hash of everything that decides what the module is: the project's sources, the framework's, and the module itself. */
function fingerprint(folder: string, profile: Profile): string {
  const hash = createHash("sha256").update(profile);
  const config = join(folder, "asconfig.json");
  const all = [
    ...sources(folder),
    ...(existsSync(config) ? [config] : []),
    ...sources(join(ROOT, "firmware")),
    join(ROOT, "asconfig.json"),
    join(ROOT, "package.json"),
  ];
  for (const path of all) hash.update(`\0${relative(folder, path)}\0`).update(readFileSync(path));
  const wasm = join(folder, "build", "app.wasm");
  return hash.update(existsSync(wasm) ? readFileSync(wasm) : "none").digest("hex");
}

/** True when build/app.wasm of a project is there and made of what its sources say now, in this profile or, without one, in any. */
export function current(folder: string, profile?: Profile): boolean {
  const stamp = join(folder, "build", ".stamp");
  if (!existsSync(stamp)) return false;
  const made = readFileSync(stamp, "utf8");
  return PROFILES.some((p) => (profile ?? p) === p && made === fingerprint(folder, p));
}

/** For commands that run what a fleet.json names: throws Environment when that is a project's module, and not what its sources say. */
export function expectCurrent(file: string): void {
  let wasm: unknown;
  try {
    wasm = JSON.parse(readFileSync(file, "utf8")).wasm;
  } catch {
    return; // whoever reads it next says what is wrong with it
  }
  const folder = dirname(resolve(file));
  if (typeof wasm !== "string" || resolve(folder, wasm) !== join(folder, "build", "app.wasm")) return;
  if (!existsSync(join(folder, "app.ts")) || current(folder)) return;
  const there = existsSync(join(folder, "build", "app.wasm"));
  const where = relative(process.cwd(), folder);
  throw new exit.Environment(
    `build/app.wasm is ${there ? "older than app.ts, or than what that imports" : "not built"}; type: npx synod build${where === "" ? "" : ` ${where}`}`,
  );
}

/** Runs asc in the project's folder; its words when it fails, else null. */
function compile(folder: string, out: string, profile: Profile): Promise<string | null> {
  const asc = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
  const own = existsSync(join(folder, "asconfig.json"));
  const args = [
    ...(own ? ["--config", "asconfig.json"] : ["app.ts", "--config", join(ROOT, "asconfig.json")]),
    ...["--target", profile, "--outFile", `${out}.wasm`, "--textFile", `${out}.wat`],
  ];
  return new Promise((done) => {
    const child = spawn(process.execPath, [asc, ...args], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "" }, // without the loader of this process
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (said += part));
    child.on("error", (error) => done(error.message));
    child.on("close", (code) => done(code === 0 ? null : said.trim() || `asc ended with ${code}`));
  });
}

/** Why these bytes are no device module, in a sentence that says what to do; null when they are one. */
export function unfit(wasm: Uint8Array): string | null {
  try {
    v8.compile(wasm);
  } catch (error) {
    if (!(error instanceof AbiError)) throw error;
    return `${error.message}; app.ts needs the line: export * from "synod/firmware/index"`;
  }
  const { memory, mutables } = sections.read(wasm);
  if (mutables > 0)
    return "app.ts keeps state in a module-level `let` or an object, which no snapshot would hold; keep it in the 240 bytes at app.STATE";
  if (memory.first !== 1 || memory.most !== 1)
    return `its memory is ${memory.first} to ${memory.most ?? "any number of"} pages of ${PAGE_BYTES} bytes, a device's is one; asconfig.json has to extend synod/asconfig.json`;
  return null;
}

export interface Built {
  /** Path of the module. */
  wasm: string;
  bytes: number;
  /** False when nothing had changed. */
  changed: boolean;
}

/** Brings a project's build/app.wasm up to date. Throws Usage when there is no project, Failed when its app is not sound. */
export async function build(folder: string, progress: Progress, profile: Profile = "device"): Promise<Built> {
  if (!existsSync(join(folder, "app.ts")))
    throw new exit.Usage(`there is no app.ts in ${folder}; synod create NAME makes a project that has one`);
  const wasm = join(folder, "build", "app.wasm");
  if (current(folder, profile)) return { wasm, bytes: statSync(wasm).size, changed: false };
  mkdirSync(join(folder, "build"), { recursive: true });
  const out = `build/app.${process.pid}`;
  const began = performance.now();
  const told = setInterval(
    () => progress.show(`compiling app.ts ${Math.floor((performance.now() - began) / 1000)} s`),
    200,
  );
  try {
    const words = await compile(folder, out, profile);
    progress.clear();
    if (words !== null) throw new exit.Failed(`app.ts does not compile:\n${words}`);
    const why = unfit(new Uint8Array(readFileSync(join(folder, `${out}.wasm`))));
    if (why !== null) throw new exit.Failed(`app.ts compiles, but not to a device: ${why}`);
    renameSync(join(folder, `${out}.wat`), join(folder, "build", "app.wat"));
    renameSync(join(folder, `${out}.wasm`), wasm);
    writeFileSync(join(folder, "build", ".stamp"), fingerprint(folder, profile));
    return { wasm, bytes: statSync(wasm).size, changed: true };
  } finally {
    clearInterval(told);
    progress.clear();
    for (const end of [".wasm", ".wat"]) rmSync(join(folder, out + end), { force: true });
  }
}

export const command: Command = {
  usage: "build [folder]",
  about: "Compile the app of a project to build/app.wasm",
  more: [
    "The folder (default: this one) has an app.ts, as synod create makes it. Nothing is compiled while no source changed.",
  ],
  options: [
    valued(
      "--profile",
      `${PROFILES.join(", ")} (default ${PROFILES[0]}); compact hashes slower, in less RAM and native stack; member is compact and does not vote, in 28 KiB of memory`,
    ),
    JSON_SWITCH,
  ],
  examples: ["build", "build --profile compact", "build --profile member", "build ../my-valve --json"],
  async run(values, words) {
    const folder = resolve(words[0] ?? ".");
    const json = flag.on(values, "json");
    const profile = flag.oneOf(values, "profile", PROFILES[0], PROFILES);
    const { wasm, bytes, changed } = await build(folder, new Progress(json), profile);
    const path = relative(process.cwd(), wasm);
    if (json) process.stdout.write(`${JSON.stringify({ wasm: path, bytes, changed })}\n`);
    else process.stdout.write(`${path}  ${bytes} bytes${changed ? "" : ", nothing changed"}\n`);
    return exit.OK;
  },
};

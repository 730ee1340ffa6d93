// `npm run size`: what the firmware weighs, in flash and in RAM.
//
//   npm run size                    tables
//   npm run -s size -- --json       the same as {target, wasm, functions, folders, budget, memory, tables}
//   npm run size -- node            of build/node.wasm instead of build/device.wasm
//   npm run size -- member          of a device that does not vote
//   npm run size -- --board stm32f405     RAM and flash of a validator on a board after 1,000 blocks (--blocks N), measured in its emulator
//   npm run size -- --board stm32f405 --target member     the same of a member
//   npm run size -- --profiles      the targets device and compact side by side: RAM against instructions
//
//   declared   bytes of wasm that the module holds: flash
//   executed   bytes of wasm of the functions that ran in the standard run: what wasm3 compiles
//   pages      bytes of code page that these take on a 32-bit board: RAM
//
// Standard run: a minute of a cell of four at 250-byte frames that loses frames and power, seed 1; the tape of device 0, or of a member
// beside them, is replayed in wasm3. Rule: a function counts where it was emitted, inlined code where it landed.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import kleur from "kleur";
import { KEY_SPAN } from "../firmware/wire/record.ts";
import { step } from "./progress.mjs";
import { readModule, type Module } from "./wasm.ts";
import { FLOORS } from "./tidy/direction.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** RAM that wasm3 takes per declared function on a 32-bit board, whether it runs or not. */
export const FUNCTION_RAM = 68;

const SECONDS = 60; // of virtual time
const HEIGHT = 60;

export interface Folder {
  functions: number;
  declared: number;
  ran: number;
  executed: number;
  pages: number;
}

export interface Region {
  name: string;
  at: number;
  bytes: number;
}

export interface Size {
  target: string;
  wasm: number;
  functions: number;
  folders: Record<string, Folder>;
  budget: Record<string, { allowed: number; executed: number }>;
  memory: Region[];
  /** Flash for tables of so many validators' keys, of two halves and of one (firmware/core/keys.ts). */
  tables: { n: number; two: number; one: number }[];
}

/** What is weighed, in the order of the floors; `start` is the module's own start function, and debug is never on a device. */
const ORDER = [...FLOORS.filter((floor) => floor !== "debug"), "start"];

/** The regions of linear memory, read from the constants NAME and NAME_END of a role. */
export function regions(role: "validator" | "member" = "validator"): Region[] {
  return regionsOf(readFileSync(join(root, `firmware/profile/${role}/#role.ts`), "utf8"));
}

/** The same from the text of one. */
export function regionsOf(layout: string): Region[] {
  const constants = new Map(
    [...layout.matchAll(/^export const (\w+): usize = (0x[0-9a-f]+|\d+);/gm)].map((m) => [m[1], Number(m[2])]),
  );
  return [...constants].flatMap(([name, at]) => {
    const end = constants.get(`${name}_END`);
    return end === undefined || end === at ? [] : [{ name: name.toLowerCase(), at, bytes: end - at }];
  });
}

/** The module of a target. */
const pathOf = (target: string): string => join(root, `build/${target}.wasm`);

/** Runs the standard fleet in V8 and writes the tape of its device 0, or of its member. Returns the tape's path. */
async function standardTape(target: string): Promise<string> {
  const { Fleet } = await import("../host/fleet/fleet.ts");
  const module = (name: string): Uint8Array => new Uint8Array(readFileSync(pathOf(name)));
  const member = target === "member";
  const fleet = new Fleet({
    n: 4,
    seed: 1,
    engine: "v8",
    wasm: module(member ? "device" : target),
    ...(member ? { members: 1, memberWasm: module("member") } : {}),
    mtu: 250,
    record: member ? 4 : 0,
    traffic: 1,
    faults: ["loss", "cut", "partition"],
    stopOnViolation: false, // weighing goes on; test/fleet judges
  });
  fleet.run(SECONDS * 1000);
  const { height } = fleet.watch.stats;
  const tape = fleet.recorder?.bytes();
  fleet.close();
  if (!tape || height < HEIGHT) throw new Error(`the standard run reached height ${height} of ${HEIGHT}`);
  mkdirSync(join(root, "build"), { recursive: true });
  const path = join(root, "build/standard.tape");
  writeFileSync(path, tape);
  return path;
}

function byFolder(module: Module, ran: { index: number; wasm: number; code: number }[]): Record<string, Folder> {
  const folders: Record<string, Folder> = {};
  for (const name of ORDER) folders[name] = { functions: 0, declared: 0, ran: 0, executed: 0, pages: 0 };
  const compiled = new Map(ran.map((r) => [r.index, r]));
  for (const f of module.functions) {
    const folder = (folders[f.folder] ??= { functions: 0, declared: 0, ran: 0, executed: 0, pages: 0 });
    folder.functions++;
    folder.declared += f.bytes;
    const run = compiled.get(f.index);
    if (!run) continue;
    folder.ran++;
    folder.executed += f.bytes;
    folder.pages += run.code;
  }
  return Object.fromEntries(Object.entries(folders).filter(([, f]) => f.functions > 0));
}

/** Weighs build/NAME.wasm. */
export async function weigh(target = "device"): Promise<Size> {
  const path = pathOf(target);
  const module = readModule(path);
  const tape = await step("running the standard fleet", () => standardTape(target));
  const { functions } = await import("./count.ts");
  const ran = await step("replaying it in wasm3", () => functions({ wasm: path, tape }));
  const folders = byFolder(module, ran);
  const budgets = JSON.parse(readFileSync(join(root, "test/budget.json"), "utf8"));
  const allowed = (target === "member" ? budgets.member : budgets.executed) as Record<string, number>;
  const executed = (names: string) => names.split("+").reduce((sum, n) => sum + (folders[n]?.executed ?? 0), 0);
  return {
    target,
    wasm: module.bytes,
    functions: module.functions.length,
    folders,
    budget: Object.fromEntries(Object.entries(allowed).map(([k, v]) => [k, { allowed: v, executed: executed(k) }])),
    memory: regions(target === "member" ? "member" : "validator"),
    tables: [4, 7, 16, 32].map((n) => ({ n, two: 2 * n * KEY_SPAN, one: n * KEY_SPAN })),
  };
}

/** What one profile costs: bytes of RAM on a 32-bit board, instructions of x86-64 in wasm3. */
export interface Profile {
  profile: string;
  wasm: number;
  /** Code pages of all that runs in the standard run. */
  code: number;
  sha256PerByte: number;
  sha512PerByte: number;
  verify: number;
}

/** Rows of `npm run bench` for another module, by name. */
async function counts(wasm: string, ...names: string[]): Promise<number[]> {
  const args = ["--import", "tsx", join(root, "tools/bench.ts"), "--json", ...names];
  const env = { ...process.env, SYNOD_DEBUG_WASM: wasm };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: root, maxBuffer: 1 << 24 });
  const { rows } = JSON.parse(stdout) as { rows: { name: string; ours: number }[] };
  return names.map((name) => rows.find((r) => r.name === name)!.ours);
}

/** Weighs the profiles; instructions need valgrind. */
export async function profiles(): Promise<Profile[]> {
  const rows: Profile[] = [];
  for (const [profile, debug] of [
    ["device", "debug"],
    ["compact", "debug-compact"],
  ]) {
    const { wasm, folders } = await weigh(profile);
    const code = Object.values(folders).reduce((sum, f) => sum + f.pages, 0);
    const [sha256PerByte, sha512PerByte, verify] = await step(`counting ${profile}`, () =>
      counts(join(root, `build/${debug}.wasm`), "SHA-256, per byte", "SHA-512, per byte", "verify"),
    );
    rows.push({ profile, wasm, code, sha256PerByte, sha512PerByte, verify });
  }
  return rows;
}

// ---- printing ----

function printProfiles(rows: Profile[]): void {
  const row = (name: string, cells: (string | number)[]) =>
    name.padEnd(28) + cells.map((c) => String(c).padStart(11)).join("");
  kleur.enabled = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  console.log(
    kleur.bold(
      row(
        "profile (asconfig target)",
        rows.map((r) => r.profile),
      ),
    ),
  );
  console.log(
    row(
      "bytes of wasm in flash",
      rows.map((r) => r.wasm),
    ),
  );
  console.log(
    row(
      "bytes of code pages",
      rows.map((r) => r.code),
    ),
  );
  console.log(
    row(
      "SHA-256, instructions/byte",
      rows.map((r) => r.sha256PerByte.toFixed(1)),
    ),
  );
  console.log(
    row(
      "SHA-512, instructions/byte",
      rows.map((r) => r.sha512PerByte.toFixed(1)),
    ),
  );
  console.log(
    row(
      "verify, M instructions",
      rows.map((r) => (r.verify / 1e6).toFixed(2)),
    ),
  );
}

function print(size: Size): void {
  kleur.enabled = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  const row = (name: string, ...cells: (string | number)[]) =>
    name.padEnd(14) + cells.map((c) => String(c).padStart(11)).join("");
  console.log(kleur.bold(row(`${size.target}.wasm`, "functions", "declared", "ran", "executed", "code pages")));
  const total: Folder = { functions: 0, declared: 0, ran: 0, executed: 0, pages: 0 };
  for (const [name, f] of Object.entries(size.folders)) {
    console.log(row(name, f.functions, f.declared, f.ran, f.executed, f.pages));
    for (const key of Object.keys(total) as (keyof Folder)[]) total[key] += f[key];
  }
  console.log(kleur.bold(row("all", total.functions, total.declared, total.ran, total.executed, total.pages)));
  console.log(
    `\n${size.wasm} bytes of wasm in flash; ${size.functions} declared functions take ${size.functions * FUNCTION_RAM} bytes of RAM\n`,
  );
  console.log(kleur.bold(row("executed", "bytes", "allowed")));
  for (const [name, b] of Object.entries(size.budget)) {
    const text = row(name, b.executed, b.allowed);
    console.log(b.executed > b.allowed ? `${kleur.red(text)}  over` : kleur.green(text));
  }
  console.log(`\n${kleur.bold(row("linear memory", "at", "bytes"))}`);
  for (const r of size.memory) console.log(row(r.name, `0x${r.at.toString(16).padStart(4, "0")}`, r.bytes));
  console.log(`\n${kleur.bold(row("flash, region 5", "two halves", "one half"))}`);
  for (const { n, two, one } of size.tables) console.log(row(`${n} keys`, two, one));
}

/** `--board NAME [--blocks N]` */
async function board(args: string[]): Promise<number> {
  const ram = await import("./ram.ts");
  const word = (flag: string): string | undefined => args[args.indexOf(flag) + 1];
  const name = ram.named(word("--board") ?? "");
  const blocks = args.includes("--blocks") ? Number(word("--blocks")) : 1000;
  if (name === null || !Number.isInteger(blocks) || blocks < 1) {
    console.error("usage: npm run size -- --board stm32f405|an385|an386|an505|riscv|lx106 [--blocks N] [--json]");
    return 2;
  }
  const why = ram.lacking(name);
  if (why !== null) return (console.error(why), 3);
  const role = ram.ROLES.find((r) => r === (args.includes("--target") ? word("--target") : "device"));
  if (role === undefined) return (console.error(`--target takes one of ${ram.ROLES.join(", ")}`), 2);
  const size = await ram.weighBoard(name, blocks, role);
  console.log(args.includes("--json") ? JSON.stringify(size, null, 1) : ram.table(size).join("\n"));
  return 0;
}

async function main(args: string[]): Promise<number> {
  if (args.includes("--board")) return board(args);
  if (args.includes("--profiles")) {
    const why = (await import("./count.ts")).missing();
    if (why) return (console.error(why), 3);
    const { buildFirmware } = await import("./build.mjs");
    await buildFirmware(["device", "compact", "debug", "debug-compact"]);
    const rows = await profiles();
    if (args.includes("--json")) console.log(JSON.stringify(rows, null, 1));
    else printProfiles(rows);
    return 0;
  }
  const target = args.find((a) => !a.startsWith("--")) ?? "device";
  if (!existsSync(join(root, `build/${target}.wasm`))) {
    console.error(`there is no build/${target}.wasm; npm run build makes device.wasm and node.wasm`);
    return 2;
  }
  const size = await weigh(target);
  if (args.includes("--json")) console.log(JSON.stringify(size, null, 1));
  else print(size);
  return 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv.slice(2));

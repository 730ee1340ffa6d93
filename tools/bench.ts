// `npm run bench`: what the device's crypto costs, measured in one run beside its rivals. Rows and limits: plans.ts. HELP below says the rest.
//
// Rule: a figure that is over its limit is printed as it is, and the command still ends with 0. Counts repeat to the digit;
// the times, which do not, are ratios of two programs in one process, never recorded.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import kleur from "kleur";
import { compiler, version } from "./boards.mjs";
import { chart } from "./chart.ts";
import { missing, missingBoard } from "./count.ts";
import { PLANS, UNITS, type Plan, type Unit } from "./plans.ts";
import { compilerOf, type BoardName } from "./images.mjs";
import { say, step } from "./progress.mjs";

const HELP = `npm run bench -- [WORD...] [--json] [--record] [--svg]

What the device's crypto costs in wasm3: x86-64 instructions beside libsodium's native code, instructions of the emulated
Cortex-M4 and rv32imc, for a whole block too, operations of wasm3; and CPU time in V8 beside libraries of npm. Limits of a row: must, goal.

  WORD       only rows whose name contains one of the words
  --json     {compiler, arm, riscv, rows: [{name, unit, rival, rivalValue, ours, ratio, limits, must, goal, pass}]}
  --record   test/budget.json remembers the counts: a test fails when one grows by 3 %
  --svg      draws docs/bench.svg from all rows

  npm run bench                         a table
  npm run -s bench -- --json            the same for programs
  npm run bench -- verify sign          a few rows
  npm run bench -- --record --svg       after a change that was meant

Exit status: 0 measured, also when a row is over its limit; 1 failed; 2 wrong usage; 3 something is missing on this machine.`;

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const budget = path("test/budget.json");
const drawing = path("docs/bench.svg");

export interface Row {
  name: string;
  unit: Unit;
  rival: string | null;
  rivalValue: number | null;
  ours: number;
  ratio: number | null;
  limits: "ours" | "ratio";
  must: number | null;
  goal: number | null;
  /** False when there is a limit and the row is over it, or could not be compared. */
  pass: boolean;
}

export interface Bench {
  /** The compilers of wasm3: on this machine, on the board. */
  compiler: string;
  arm: string | null;
  riscv: string | null;
  rows: Row[];
}

// ---- what is remembered ----

const REMEMBERED = (Object.keys(UNITS) as Unit[]).filter((u) => UNITS[u].recorded);

/** What test/budget.json remembers: the compilers, and by unit each row's count. Instructions hold for one compiler. */
export type Recorded = { compiler: string; arm: string; riscv: string } & Partial<Record<Unit, Record<string, number>>>;

const compilerFor = (board: BoardName): string | null =>
  missingBoard(board) === null ? version(compilerOf(board)) : null;

/** The compilers of wasm3 here, as test/budget.json names them. A board's is null when it cannot be emulated here. */
export const compilers = (): { compiler: string; arm: string | null; riscv: string | null } => ({
  compiler: version(compiler()),
  arm: compilerFor("stm32f405"),
  riscv: compilerFor("riscv"),
});

const needsBoard = (plan: Plan): boolean => ["arm", "riscv"].includes(UNITS[plan.unit].by ?? "");

/** The counts that are guarded, by name, with their units. */
export const guarded = (): { name: string; unit: Unit }[] =>
  PLANS.filter((p) => UNITS[p.unit].recorded).map(({ name, unit }) => ({ name, unit }));

/** What the row of this name takes now, without its rival. */
export const countOf = async (name: string): Promise<number> =>
  (await PLANS.find((p) => p.name === name)!.measure(true)).ours;

export const recorded = (): Recorded => JSON.parse(readFileSync(budget, "utf8")).counts;

/** Whether a count of this unit, remembered so, can be compared with one made here. */
export function comparable(unit: Unit, kept: Recorded): boolean {
  const { by } = UNITS[unit];
  return by === null || compilers()[by] === kept[by];
}

/** Takes these rows into test/budget.json. What was counted with another compiler than now is forgotten. */
function record(rows: Row[]): void {
  const all = JSON.parse(readFileSync(budget, "utf8"));
  const old: Recorded = all.counts;
  const now = compilers();
  const counts: Recorded = { compiler: now.compiler, arm: now.arm ?? old.arm, riscv: now.riscv ?? old.riscv };
  for (const unit of REMEMBERED) {
    const found = rows.filter((r) => r.unit === unit).map((r) => [r.name, Math.round(r.ours * 10) / 10]);
    const { by } = UNITS[unit];
    const lost = by !== null && now[by] === null; // nothing to put in its place
    const all = { ...(lost || comparable(unit, old) ? old[unit] : {}), ...Object.fromEntries(found) };
    const known = PLANS.filter((p) => p.unit === unit && p.name in all);
    counts[unit] = Object.fromEntries(known.map(({ name }) => [name, all[name]]));
  }
  writeFileSync(budget, `${JSON.stringify({ ...all, counts }, null, 2)}\n`);
}

// ---- measuring ----

async function measure(plan: Plan): Promise<Row> {
  const { ours, rival = null, ratio = rival === null ? null : ours / rival } = await plan.measure();
  const { name, unit, limits = "ours", must = null, goal = null } = plan;
  const judged = limits === "ratio" ? ratio : ours;
  return {
    name,
    unit,
    rival: rival === null ? null : (plan.rival ?? null),
    rivalValue: rival,
    ours,
    ratio,
    limits,
    must,
    goal,
    pass: must === null || (judged !== null && judged <= must),
  };
}

const chosen = (words: string[]): Plan[] =>
  PLANS.filter((p) => words.length === 0 || words.some((w) => p.name.toLowerCase().includes(w.toLowerCase())));

/** Measures the rows whose name contains one of the words; all without words. Without an emulator its rows are left out. */
export async function bench(words: string[] = []): Promise<Bench> {
  const { compiler: here, arm, riscv } = compilers();
  const rows: Row[] = [];
  for (const plan of chosen(words))
    if ((arm !== null && riscv !== null) || !needsBoard(plan))
      rows.push(await step(`measuring ${plan.name}`, () => measure(plan), { quiet: true }));
  return { compiler: here, arm, riscv, rows };
}

// ---- printing ----

/** A figure in at most five signs. */
export function short(n: number | null): string {
  if (n === null) return "-";
  if (n >= 1e5) return `${(n / 1e6).toFixed(2)} M`;
  return n >= 1000 ? n.toFixed(0) : String(Math.round(n * 10) / 10);
}
const times = (n: number | null): string => (n === null ? "-" : `x${n.toFixed(n < 10 ? 2 : 1)}`);

const line = (cells: string[]): string => cells.map((c, i) => (i === 0 ? c.padEnd(34) : c.padStart(10))).join(" ");

function text(r: Row): string {
  const limit = r.limits === "ratio" ? times : short;
  const cells = [short(r.rivalValue), short(r.ours), times(r.ratio), limit(r.must), limit(r.goal)];
  const judged = r.limits === "ratio" ? r.ratio : r.ours;
  const good = r.goal !== null && judged !== null && judged <= r.goal;
  const colour = !r.pass ? kleur.red : good ? kleur.green : r.must === null ? kleur.white : kleur.yellow;
  return colour(line([r.name, ...cells])) + (r.pass ? "" : "  over its limit");
}

/** Clocks that the ESP32-C3, the STM32F405 and the ESP32 run at, MHz. */
const CLOCKS = [160, 168, 240];

/** Milliseconds at these clocks, derived: one instruction a cycle, which is a core's best. */
function derived(rows: Row[]): string[] {
  const calls = rows.filter((r) => (r.unit === "thumb-2" || r.unit === "rv32imc") && !r.name.endsWith("per byte"));
  if (calls.length === 0) return [];
  const cells = (r: Row): string[] => CLOCKS.map((mhz) => (r.ours / 1000 / mhz).toFixed(1));
  return [
    kleur.bold(line(["derived: ms at one instruction a cycle", ...CLOCKS.map((mhz) => `${mhz} MHz`)])),
    ...calls.map((r) => line([r.name, ...cells(r)])),
  ];
}

function print({ compiler: cc, arm, riscv, rows }: Bench): void {
  kleur.enabled = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  console.log(`Our wasm in wasm3, built by ${cc}${arm ? `; on boards by ${arm} and ${riscv}` : ""}.`);
  for (const unit of Object.keys(UNITS) as Unit[]) {
    const found = rows.filter((r) => r.unit === unit);
    if (found.length === 0) continue;
    console.log(`\n${kleur.bold(line([UNITS[unit].says, "rival", "ours", "ratio", "must", "goal"]))}`);
    for (const r of found) console.log(text(r));
  }
  const times = derived(rows);
  if (times.length > 0) console.log(`\n${times.join("\n")}`);
}

async function run(words: string[], options: { json?: boolean; record?: boolean; svg?: boolean }): Promise<number> {
  const why = missing();
  const board = missingBoard("stm32f405") ?? missingBoard("riscv") ?? missingBoard("lx106");
  if (why !== null || (board !== null && (options.svg || chosen(words).every(needsBoard)))) {
    say(why ?? board ?? "");
    return 3;
  }
  if (board !== null) say(`${board}; its rows are left out`);
  const result = await bench(words);
  if (options.record) record(result.rows);
  if (options.svg) writeFileSync(drawing, chart(result));
  if (options.json) console.log(JSON.stringify(result, null, 1));
  else print(result);
  return 0;
}

async function main(args: string[]): Promise<number> {
  const flag = { type: "boolean" } as const;
  try {
    const options = { help: { ...flag, short: "h" }, json: flag, record: flag, svg: flag };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    if (chosen(positionals).length === 0) throw new Error(`no row is called anything like ${positionals.join(" or ")}`);
    if (values.svg && positionals.length > 0) throw new Error("--svg draws all rows: leave the words away");
    return await run(positionals, values);
  } catch (e) {
    const wrong = e instanceof Error && (/^(no row|--svg)/.test(e.message) || "code" in e);
    if (!wrong) throw e;
    say(`${e.message}\nnpm run bench -- --help says more`);
    return 2;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv.slice(2));

// Calibrates host/fleet/costs.ts: what each kind of work costs, in instructions of the emulated STM32F405.
//
//   fleets -> tapes of device 0 -> board in QEMU: instructions of every call ─┐
//                               -> V8: what its counters grew by in every call ┴─> least squares, no cost below zero -> the table
//
//   npx tsx tools/calibrate.ts            prints the table, and how far it is from the board on each tape
//   npx tsx tools/calibrate.ts --write    writes it to host/fleet/costs.ts
//
// Work that no tape did gets its cost from its like by the ratio of test/budget.json, and so does a block of SHA-512, which never comes
// without a signature. Rule: nothing of the table is typed by hand, so that a faster interpreter or cheaper crypto is one command away.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as counters from "../host/device/counters.ts";
import * as costs from "../host/fleet/costs.ts";
import { Fleet, type Options } from "../host/fleet/fleet.ts";
import * as replay from "../host/tape/replay.ts";
import * as trace from "../host/tape/trace.ts";
import { paths } from "./boards.mjs";
import { buildImage, missingFor, runImage } from "./images.mjs";
import { buildFirmware } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const TABLE = join(root, "host/fleet/costs.ts");
const [BEGIN, END] = ["// calibrated: begin\n", "// calibrated: end\n"];

type Kind = keyof costs.Instructions;
export const KINDS = Object.keys(costs.INSTRUCTIONS) as readonly Kind[];

/** A call of a tape: what it did, and what the board needed for it. */
export interface Call {
  readonly work: costs.Instructions;
  readonly instructions: number;
}

/** A fleet whose device 0 is recorded, and for how many of its calls. */
export type Course = Omit<Options, "wasm" | "engine" | "record"> & { readonly calls: number };

/** What the table is made from: small and large cells, short and long frames, losses, power cuts, silence, no tables of keys. */
const COURSES: readonly Course[] = [
  { n: 4, seed: 1, mtu: 250, traffic: 1, faults: ["loss", "cut"], calls: 240 },
  { n: 4, seed: 2, mtu: 1400, traffic: 3, calls: 200 },
  { n: 4, seed: 5, mtu: 250, senses: "nothing", calls: 200 },
  { n: 7, seed: 3, mtu: 1400, traffic: 2, faults: ["loss"], calls: 400 },
  { n: 16, seed: 4, mtu: 1400, traffic: 2, calls: 600 },
  { n: 4, seed: 6, mtu: 250, traffic: 1, tables: false, calls: 200 },
  { n: 7, seed: 7, mtu: 1400, traffic: 2, tables: false, calls: 300 },
];

/** What a device of such a fleet did, call by call, as its counters and the emulated board say. */
export async function course(
  { calls, ...options }: Course,
  wasm: Uint8Array,
  elf: string,
  file: string,
): Promise<Call[]> {
  const fleet = new Fleet({ ...options, engine: "v8", wasm, record: 0 });
  fleet.run(() => fleet.watch.stats.calls >= (calls * options.n) / 2, 600_000);
  const tape = fleet.recorder!.bytes();
  fleet.close();
  writeFileSync(file, tape);
  try {
    const { each, error, text } = await runImage({ elf, tape: file, each: true, timeoutMs: 300_000 });
    if (error !== null) throw new Error(`the board did not replay its tape: ${text}`);
    let before = counters.zero();
    return [...replay.walk(tape, "v8", wasm)].map(({ code, counted }, i) => {
      if (code === trace.BOOT) before = counters.zero();
      const work = costs.work(code, counters.grown(before, counted));
      before = counted;
      return { work, instructions: each[i] };
    });
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Costs >= 0 per column that fit y = rows x cost best, by least squares: coordinate descent on the normal equations, to rest. A difference counts as
 * it is: one weighed by the size of its call makes small calls exact and whole tapes too cheap, by up to a quarter.
 */
export function fit(rows: readonly (readonly number[])[], y: readonly number[]): number[] {
  const m = rows[0].length;
  const a = Array.from({ length: m }, () => new Array<number>(m).fill(0));
  const b = new Array<number>(m).fill(0);
  rows.forEach((row, r) => {
    for (let i = 0; i < m; i++) {
      b[i] += row[i] * y[r];
      for (let j = 0; j < m; j++) a[i][j] += row[i] * row[j];
    }
  });
  const x = new Array<number>(m).fill(0);
  for (let moved = 1, turn = 0; moved > 1e-9 && turn < 200_000; turn++) {
    moved = 0;
    for (let i = 0; i < m; i++) {
      if (a[i][i] === 0) continue;
      const rest = b[i] - a[i].reduce((sum, v, j) => (j === i ? sum : sum + v * x[j]), 0);
      const next = Math.max(0, rest / a[i][i]);
      moved = Math.max(moved, Math.abs(next - x[i]) / Math.max(1, next));
      x[i] = next;
    }
  }
  return x;
}

/** The table that fits these calls. */
export function table(calls: readonly Call[]): costs.Instructions {
  const budget = (JSON.parse(readFileSync(join(root, "test/budget.json"), "utf8")) as { counts: { instructions: Record<string, number> } }).counts.instructions; // prettier-ignore
  const sha512 = (2 * budget["SHA-512, per byte"]) / budget["SHA-256, per byte"];
  const like: Partial<Record<Kind, readonly [Kind, number]>> = {
    preparedAlone: ["alone", budget["verify, cached key 3.5 KB"] / budget.verify],
    prepared: ["batched", budget["batch of 21, cached keys"] / budget["batch of 21, per signature"]],
  };
  const done = KINDS.filter((kind) => kind !== "sha512" && calls.some(({ work }) => work[kind] > 0));
  const rows = calls.map(({ work }) => done.map((kind) => work[kind] + (kind === "sha256" ? sha512 * work.sha512 : 0)));
  const found = fit(rows, calls.map(({ instructions }) => instructions)); // prettier-ignore
  const out = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  done.forEach((kind, i) => (out[kind] = Math.round(found[i])));
  out.sha512 = Math.round(out.sha256 * sha512);
  for (const [kind, [of, ratio]] of Object.entries(like) as [Kind, readonly [Kind, number]][])
    if (!done.includes(kind)) out[kind] = Math.round(out[of] * ratio);
  return out;
}

/** Instructions that the table gives for these calls, over those that the board counted. */
export function ratio(each: costs.Instructions, calls: readonly Call[]): number {
  const sum = (of: (call: Call) => number): number => calls.reduce((s, call) => s + of(call), 0);
  return sum(({ work }) => costs.instructions(each, work)) / sum(({ instructions }) => instructions);
}

async function main(): Promise<void> {
  const lacks = missingFor("stm32f405");
  if (lacks.length > 0) {
    process.stderr.write(`the emulated board is not installed here; on Debian: apt-get install ${lacks.join(" ")}\n`);
    process.exitCode = 3;
    return;
  }
  await buildFirmware(["device"]);
  const wasm = new Uint8Array(readFileSync(join(root, "build/device.wasm")));
  await buildImage();
  const all: Call[][] = [];
  for (const one of COURSES)
    all.push(await course(one, wasm, paths.image("stm32f405", "device"), join(root, "build/calibrate.tape")));
  const found = table(all.flat());
  const lines = KINDS.map((kind) => `  ${kind}: ${String(found[kind]).replace(/\B(?=(\d{3})+$)/g, "_")},\n`);
  process.stdout.write(lines.join(""));
  all.forEach((calls, i) => {
    const counted = calls.reduce((sum, { instructions }) => sum + instructions, 0);
    process.stdout.write(`n = ${COURSES[i].n}: ${calls.length} calls, ${counted} instructions, ${(100 * ratio(found, calls)).toFixed(1)} % of them by the table\n`); // prettier-ignore
  });
  if (!process.argv.includes("--write")) return;
  const text = readFileSync(TABLE, "utf8");
  const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  writeFileSync(
    TABLE,
    `${text.slice(0, from)}export const INSTRUCTIONS: Instructions = {\n${lines.join("")}};\n${text.slice(to)}`,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();

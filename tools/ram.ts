// `npm run size -- --board NAME`: what a full validator takes on a board, every byte of RAM and flash, after a thousand blocks.
//
//   a cell of seven, simulated ──tape of device 0──> the board's image in its emulator ──> where each byte went, at its high-water mark
//
// Rule: RAM is what the image measured, not what it reserved: pages of code as far as they were written, stacks as deep as they went.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { paths } from "./boards.mjs";
import { BOARDS, buildImage, missingFor, runImage, type BoardName } from "./images.mjs";
import { course } from "./course.ts";
import { step } from "./progress.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const N = 7;
/** Bytes: the numbers to reach, for the board that has them. */
export const LIMITS: Partial<Record<BoardName, Record<"ramTotal" | "flashTotal", { must: number; goal: number }>>> = {
  stm32f405: {
    ramTotal: { must: 176 * 1024, goal: 128 * 1024 },
    flashTotal: { must: 256 * 1024, goal: 160 * 1024 },
  },
};

export interface BoardSize {
  board: BoardName;
  /** Blocks that the cell had made when the tape ends, and calls on it. */
  blocks: number;
  calls: number;
  /** Bytes. */
  ramTotal: number;
  flashTotal: number;
  parts: Record<string, number>;
}

/** The board of this name; null when there is none. */
export const named = (name: string): BoardName | null => (Object.hasOwn(BOARDS, name) ? (name as BoardName) : null);

/** Why a board cannot be weighed here; null when it can. */
export function lacking(board: BoardName): string | null {
  const packages = missingFor(board);
  return packages.length === 0 ? null : `${board} needs ${packages.join(" ")}; on Debian: apt-get install them`;
}

/** Weighs build/device.wasm on a board after this many blocks. */
export async function weighBoard(board: BoardName, height = 1000): Promise<BoardSize> {
  const path = join(root, "build/device.wasm");
  const wasm = new Uint8Array(readFileSync(path));
  const { file, blocks } = await step(`running a cell of ${N} to height ${height}`, () => course(wasm, N, height));
  await step("compiling the image", () => buildImage({ board, wasm: path }));
  const elf = paths.image(board, "device");
  const report = await step("running it on the emulated board", () =>
    runImage({ board, elf, tape: file, timeoutMs: 1_800_000 }).finally(() => rmSync(file)),
  );
  if (report.error !== null || report.status !== 0) throw new Error(`the image failed: ${report.text}`);
  const { total, ...parts } = report.ram;
  return { board, blocks, calls: report.calls, ramTotal: total, flashTotal: report.flash.used, parts };
}

/** The table of a board as lines. */
export function table(size: BoardSize): string[] {
  const line = (name: string, bytes: number, ...more: string[]): string =>
    name.padEnd(22) + [String(bytes), ...more].map((c) => c.padStart(10)).join("");
  const limits = LIMITS[size.board];
  const judged = (name: string, key: "ramTotal" | "flashTotal"): string => {
    const limit = limits?.[key];
    if (limit === undefined) return line(name, size[key]);
    const verdict = size[key] <= limit.goal ? "goal met" : size[key] <= limit.must ? "within must" : "over its must";
    return `${line(name, size[key], String(limit.must), String(limit.goal))}  ${verdict}`;
  };
  return [
    `${size.board}, a full validator of ${N} after ${size.blocks} blocks and ${size.calls} calls`,
    "",
    `${"bytes of RAM".padEnd(22)}${"used".padStart(10)}${"must".padStart(10)}${"goal".padStart(10)}`,
    ...Object.entries(size.parts).map(([name, bytes]) => line(name, bytes)),
    judged("RAM in all", "ramTotal"),
    judged("flash in all", "flashTotal"),
  ];
}

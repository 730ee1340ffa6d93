// `npm run size -- --board NAME`: what a full validator takes on a board, every byte of RAM and flash, after a thousand blocks; with
// `--target member`, what a member takes.
//
//   a cell of seven, simulated ──tape of one device──> the board's image in its emulator ──> where each byte went, at its high-water mark
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
/** What is weighed: build/TARGET.wasm as a validator, or as a member beside seven. */
export const ROLES = ["device", "member"] as const;
export type Role = (typeof ROLES)[number];
type Limits = Record<"ramTotal" | "flashTotal", { must: number; goal: number }>;
/** Bytes: the numbers to reach, for the board that has them. */
export const LIMITS: Partial<Record<BoardName, Record<Role, Limits>>> = {
  stm32f405: {
    device: {
      ramTotal: { must: 176 * 1024, goal: 128 * 1024 },
      flashTotal: { must: 256 * 1024, goal: 160 * 1024 },
    },
    member: {
      ramTotal: { must: 96 * 1024, goal: 64 * 1024 },
      flashTotal: { must: 160 * 1024, goal: 128 * 1024 },
    },
  },
};
/** Code that a member's image keeps between calls: it has little RAM, and much time. */
const MEMBER_KEEPS = "CODE_KEPT=8192";

export interface BoardSize {
  board: BoardName;
  role: Role;
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

/** Weighs build/device.wasm, or build/member.wasm, on a board after this many blocks. */
export async function weighBoard(board: BoardName, height = 1000, role: Role = "device"): Promise<BoardSize> {
  const module = (name: string): Uint8Array => new Uint8Array(readFileSync(join(root, `build/${name}.wasm`)));
  const wasm = join(root, `build/${role}.wasm`);
  const { file, blocks } = await step(`running a cell of ${N} to height ${height}`, () =>
    course(module("device"), N, height, role === "member" ? module("member") : undefined),
  );
  const defines = role === "member" ? [MEMBER_KEEPS] : [];
  await step("compiling the image", () => buildImage({ board, wasm, defines }));
  const elf = paths.image(board, role);
  const report = await step("running it on the emulated board", () =>
    runImage({ board, elf, tape: file, timeoutMs: 1_800_000 }).finally(() => rmSync(file)),
  );
  if (report.error !== null || report.status !== 0) throw new Error(`the image failed: ${report.text}`);
  const { total, ...parts } = report.ram;
  return { board, role, blocks, calls: report.calls, ramTotal: total, flashTotal: report.flash.used, parts };
}

/** The table of a board as lines. */
export function table(size: BoardSize): string[] {
  const line = (name: string, bytes: number, ...more: string[]): string =>
    name.padEnd(22) + [String(bytes), ...more].map((c) => c.padStart(10)).join("");
  const limits = LIMITS[size.board]?.[size.role];
  const judged = (name: string, key: "ramTotal" | "flashTotal"): string => {
    const limit = limits?.[key];
    if (limit === undefined) return line(name, size[key]);
    const verdict = size[key] <= limit.goal ? "goal met" : size[key] <= limit.must ? "within must" : "over its must";
    return `${line(name, size[key], String(limit.must), String(limit.goal))}  ${verdict}`;
  };
  return [
    `${size.board}, a ${size.role === "member" ? `member beside ${N}` : `full validator of ${N}`} after ${size.blocks} blocks and ${size.calls} calls`,
    "",
    `${"bytes of RAM".padEnd(22)}${"used".padStart(10)}${"must".padStart(10)}${"goal".padStart(10)}`,
    ...Object.entries(size.parts).map(([name, bytes]) => line(name, bytes)),
    judged("RAM in all", "ramTotal"),
    judged("flash in all", "flashTotal"),
  ];
}

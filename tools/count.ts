// Counts what a call costs: instructions of this machine or of the emulated Cortex-M4, operations of wasm3, and the same work
// in libsodium.
//
//   x86({ wasm, name, args, setup })    instructions per call in wasm3, by valgrind's cachegrind
//   onBoard({ wasm, name, args, setup }, board)   instructions and native stack of one call on an emulated board, by QEMU
//   ops({ wasm, name, args, setup })    executed wasm3 operations per call, and by operation
//   rival("verify", 32)                 instructions per call in libsodium, natively
//   functions({ wasm, tape })           bytes of code page by function, as on a 32-bit board, after replaying a tape
//
// x86 instructions are the difference of two runs that differ only in how often they call, so start-up and lazy compilation
// cancel out; on the board the call is made twice, and the second counts. Rule: counts, never times; every figure names its compiler.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { NOTHING, type Hal } from "../host/device/device.ts";
import { buildTool, compiler, have, paths, version } from "./boards.mjs";
import { compilerOf, missingFor, type BoardName } from "./images.mjs";
import { Board } from "./board.ts";

const run = promisify(execFile);

/** What happens before the counted calls, in order. */
export type Step =
  | { write: number; bytes: Uint8Array }
  /** n bytes at an address become the flash, of any region; without, there is none. */
  | { keep: number; n: number }
  | { call: string; args: (number | bigint)[] };

export interface Job {
  /** Path of the module. */
  wasm: string;
  /** Name of the export. */
  name: string;
  args?: (number | bigint)[];
  setup?: Step[];
  /** Calls that are counted; the more, the smaller the part of one cold call. */
  repeats?: number;
}

export interface Count {
  /** Per call. */
  count: number;
  /** What the last call returned. */
  result: bigint;
  /** The compiler of wasm3, or of the rival's caller. */
  compiler: string;
}

/** Why counting is not possible here, or null. */
export function missing(): string | null {
  return have("valgrind") ? null : "valgrind is not installed; on Debian: apt-get install valgrind";
}

/** Why counting on an emulated board is not possible here, or null. */
export function missingBoard(board: BoardName): string | null {
  const lacks = missingFor(board);
  return lacks.length === 0 ? null : `the emulated ${board} needs ${lacks.join(" ")}; on Debian: apt-get install them`;
}

const words = (job: Job): string[] => [
  ...(job.setup ?? []).map((s) =>
    "write" in s
      ? `write:${s.write}:${Buffer.from(s.bytes).toString("hex")}`
      : "keep" in s
        ? `keep:${s.keep}:${s.n}`
        : `call:${[s.call, ...s.args.map(String)].join(":")}`,
  ),
  "--",
  job.name,
  ...(job.args ?? []).map(String),
];

function result(stdout: string): bigint {
  const found = /^result (-?\d+)$/m.exec(stdout);
  if (!found) throw new Error(`no result in: ${stdout}`);
  return BigInt(found[1]);
}

/** Instructions that one process executes, and what it printed. */
async function cachegrind(program: string, args: string[]): Promise<{ instructions: number; stdout: string }> {
  const options = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
  const env = { PATH: process.env.PATH }; // it lies on the stack: its length decides how that is aligned
  const { stdout, stderr } = await run("valgrind", [...options, program, ...args], { maxBuffer: 1 << 24, env });
  const found = /I\s+refs:\s+([\d,]+)/.exec(stderr);
  if (!found) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return { instructions: Number(found[1].replaceAll(",", "")), stdout };
}

async function difference(
  program: string,
  args: (n: number) => string[],
  repeats: number,
): Promise<Omit<Count, "compiler">> {
  const [few, many] = await Promise.all([cachegrind(program, args(1)), cachegrind(program, args(1 + repeats))]);
  return { count: Math.round((many.instructions - few.instructions) / repeats), result: result(many.stdout) };
}

/** Instructions of this machine per call of an export in wasm3. */
export async function x86(job: Job): Promise<Count> {
  await buildTool("count");
  const args = (n: number): string[] => [job.wasm, String(n), ...words(job)];
  return { ...(await difference(paths.tool("count"), args, job.repeats ?? 4)), compiler: version(compiler()) };
}

/** As in boards/binding/count.c: entropy counts up, flash is what was kept, sensors have nothing new. */
function quiet(flash: () => Uint8Array): Hal {
  let counter = 0;
  return {
    entropy: (n) => Uint8Array.from({ length: n }, () => counter++),
    read: (_, offset, n) => (offset + n <= flash().length ? flash().subarray(offset, offset + n) : null),
    sense: () => NOTHING,
  };
}

/** Instructions of one call of an export on an emulated board, and the bytes of native stack that it takes. */
export async function onBoard(job: Job, name: BoardName = "stm32f405"): Promise<Count & { stack: number }> {
  let kept: Uint8Array = new Uint8Array(0);
  const board = await Board.open({ board: name, wasm: job.wasm, hal: quiet(() => kept) });
  try {
    for (const s of job.setup ?? []) {
      if ("write" in s) board.write(s.write, s.bytes);
      else if ("keep" in s) kept = board.bytes(s.keep, s.n);
      else board.call(s.call, ...s.args);
    }
    board.call(job.name, ...(job.args ?? [])); // compiles
    const result = BigInt(board.call(job.name, ...(job.args ?? [])));
    return { count: board.instructions, stack: board.stack, result, compiler: version(compilerOf(name)) };
  } finally {
    board.close();
  }
}

/** wasm3 operations per call of an export, in all and by operation, the most frequent first. */
export async function ops(job: Job): Promise<Count & { byOp: [name: string, count: number][] }> {
  await buildTool("count-ops");
  const { stdout } = await run(paths.tool("count-ops"), [job.wasm, "1", ...words(job)], { maxBuffer: 1 << 24 });
  const found = [...stdout.matchAll(/^op (\w+) (\d+)$/gm)].map(([, n, c]): [string, number] => [n, Number(c)]);
  const byOp = found.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const count = byOp.reduce((sum, [, c]) => sum + c, 0);
  return { count, byOp, result: result(stdout), compiler: version(compiler({ clang: false })) };
}

/** What libsodium is counted at (boards/binding/rival.c). */
export type Work = "verify" | "sign" | "keygen" | "x25519" | "x25519-base" | "aead" | "sha256" | "sha512";

/** Instructions per call of libsodium's own code, or null when it is not installed. `bytes`: length of the message. */
export async function rival(work: Work, bytes = 32, repeats = 16): Promise<(Count & { version: string }) | null> {
  try {
    await buildTool("rival");
  } catch {
    return null; // no libsodium headers here
  }
  const args = (n: number): string[] => [String(n), work, String(bytes)];
  const counted = await difference(paths.tool("rival"), args, repeats);
  const { stdout } = await run(paths.tool("rival"), args(1));
  return { ...counted, compiler: version(compiler()), version: /^libsodium (.+)$/m.exec(stdout)?.[1] ?? "?" };
}

export interface FunctionSize {
  /** Index in the module, imports first. */
  index: number;
  /** Bytes of its body in the wasm. */
  wasm: number;
  /** Bytes of code page it takes on a 32-bit board. */
  code: number;
}

/** The functions that ran while a tape was replayed, with their sizes. Names are in the module's name section, if it has one. */
export async function functions(job: { wasm: string; tape: string }): Promise<FunctionSize[]> {
  await buildTool("replay");
  const { stdout } = await run(paths.tool("replay"), [job.wasm, job.tape, "--functions"], { maxBuffer: 1 << 24 });
  const found = stdout.matchAll(/^function (\d+) (\d+) (\d+)$/gm);
  return [...found].map(([, index, wasm, code]) => ({ index: Number(index), wasm: Number(wasm), code: Number(code) }));
}

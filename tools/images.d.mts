// Types of images.mjs.

export type BoardName = "stm32f405" | "an385" | "an386" | "an505" | "riscv" | "lx106";
export const BOARDS: Readonly<Record<BoardName, { readonly cc: string; readonly qemu: string }>>;

/** Debian packages that this board's images and emulator lack here. */
export function missingFor(board: BoardName): string[];
/** The compiler of a board's images. */
export function compilerOf(board: BoardName): string;
export function buildImage(options?: {
  board?: BoardName;
  wasm?: string;
  main?: "replay" | "jobs" | "device";
  name?: string;
  chip?: boolean;
  optimize?: string;
  defines?: readonly string[];
  output?: string;
  contracts?: string | null;
  stack?: number | null;
}): Promise<boolean>;
/** Program and arguments that run an image. */
export function emulator(board: BoardName, elf: string, words?: readonly string[]): string[];

export interface Pair {
  used: number;
  of: number;
}

/** What an image printed; see the head comment of boards/bare/replay.c. */
export interface Report {
  trace: string;
  calls: number;
  traps: number;
  records: number;
  ram: Record<string, number>;
  bank1: Pair;
  bank2: Pair;
  flash: Pair;
  "wasm-stack": Pair;
  "native-stack": Pair;
  /** Declared, compiled. */
  functions: Pair;
  /** In all calls, in the largest call. */
  instructions: Pair;
  /** Of every call, in order; none unless asked for. */
  each: number[];
  code: number;
  module: number;
  error: string | null;
  status: number;
  text: string;
}

export function runImage(options: {
  board?: BoardName;
  elf: string;
  tape: string;
  each?: boolean;
  box?: boolean;
  timeoutMs?: number;
}): Promise<Report>;

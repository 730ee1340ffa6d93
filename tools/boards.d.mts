// Types of tools/boards.mjs for the files in TypeScript.

export const paths: {
  binding: string;
  posix: string;
  posixSan: string;
  tool(name: string): string;
  stm32(name: string): string;
};

/** The first of these programs that runs, or null. */
export function have(...programs: string[]): string | null;
/** The C compiler of this machine: $CC, clang or cc. */
export function compiler(options?: { clang?: boolean }): string;
/** The first line that a compiler says of itself. */
export function version(program: string): string;
/** wasm3's folder. */
export function wasm3Folder(): string;
/** Flags under which the files of boards/ are compiled, for the test that compiles them. */
export const strictness: readonly string[];

export function buildBinding(options?: { clang?: boolean; output?: string }): Promise<boolean>;
export function buildPosix(options?: {
  clang?: boolean;
  sanitize?: boolean;
  accelerate?: boolean;
  output?: string;
}): Promise<boolean>;
export function buildTool(
  name: "count" | "count-ops" | "replay" | "port" | "native" | "rival",
  options?: { clang?: boolean; sanitize?: boolean },
): Promise<boolean>;

/** Debian packages that buildStm32 and runQemu lack here. */
export function missingForStm32(): string[];
export function buildStm32(options?: {
  wasm?: string;
  name?: string;
  chip?: boolean;
  optimize?: string;
}): Promise<boolean>;

export interface Pair {
  used: number;
  of: number;
}

/** What an image printed; see the head comment of boards/stm32f405/main.c. */
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
  code: number;
  module: number;
  error: string | null;
  status: number;
  text: string;
}

export function runQemu(options: { elf: string; tape: string; timeoutMs?: number }): Promise<Report>;

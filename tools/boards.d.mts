// Types of tools/boards.mjs for the files in TypeScript.

export const paths: {
  binding: string;
  posix: string;
  posixSan: string;
  tool(name: string): string;
  image(board: string, name: string): string;
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

/** Flags that let boards/esp32 compile without ESP-IDF. */
export const idf: readonly string[];

export function buildBinding(options?: { clang?: boolean; output?: string }): Promise<boolean>;
export function buildPosix(options?: {
  clang?: boolean;
  sanitize?: boolean;
  accelerate?: boolean;
  output?: string;
}): Promise<boolean>;
export function buildTool(
  name:
    | "count"
    | "count-ops"
    | "count-fused"
    | "replay"
    | "port"
    | "heap"
    | "desk"
    | "line"
    | "station"
    | "native"
    | "rival"
    | "fake-esp32"
    | "fake-cut"
    | "fake-cut-plain",
  options?: { clang?: boolean; sanitize?: boolean },
): Promise<boolean>;

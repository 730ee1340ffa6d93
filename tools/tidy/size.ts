// How long a file and a function may be. STYLE: aim for 80-250 lines, stop at 500; a function ends at 70.

import { functions, type Source } from "./source.ts";

export const FILE_LINES = 500;
export const FUNCTION_LINES = 70;

/** Functions that may be longer, with the reason: straight-line arithmetic, where a call or a loop costs more than it clears up. */
export const LONG: Record<string, string> = {
  "firmware/crypto/sha256.ts unrolled":
    "eight rounds unrolled: renaming a..h costs nothing, rotating them eight moves a round",
  "firmware/crypto/sha512.ts unrolled": "the same",
  "firmware/crypto/field.ts mul":
    "limbs, blocks, differences and columns, one equation a line; a call between them would store all",
};

/** Files and functions over their limit. `long` names exceptions as `path function`. */
export function size(sources: Source[], long: Record<string, string> = LONG): string[] {
  return sources.flatMap((s) => {
    const lines = s.text.split("\n").length - 1;
    const file = lines > FILE_LINES ? [`${s.path}: ${lines} lines, ${FILE_LINES} allowed`] : [];
    const over = functions(s).filter((f) => f.lines > FUNCTION_LINES && !(`${s.path} ${f.name}` in long));
    return [
      ...file,
      ...over.map((f) => `${s.path}:${f.line}: ${f.name} has ${f.lines} lines, ${FUNCTION_LINES} allowed`),
    ];
  });
}

/** Exceptions that no function needs any more. */
export function idle(sources: Source[], long: Record<string, string> = LONG): string[] {
  const needed = new Set(
    sources.flatMap((s) => functions(s).flatMap((f) => (f.lines > FUNCTION_LINES ? [`${s.path} ${f.name}`] : []))),
  );
  return Object.keys(long).filter((name) => !needed.has(name));
}

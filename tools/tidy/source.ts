// What the rules of tidy look at: the tree's own files, their text without comments and strings, their functions.
//
// Rule: blanking keeps every line break, so that a line number found in blanked text is true of the file.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Source {
  /** Path below the root, with slashes. */
  path: string;
  text: string;
}

/** Paths of all files that are, or could be, committed. */
export function tracked(): string[] {
  const git = spawnSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  if (git.status !== 0)
    throw new Error(`tidy asks git which files belong to the tree: ${git.stderr || git.error?.message}`);
  return git.stdout.split("\0").filter((p) => p !== "");
}

/** The sources whose path matches, with their text. Files that were deleted but not yet committed are left out. */
export function sources(pattern: RegExp): Source[] {
  return tracked()
    .filter((path) => pattern.test(path))
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(join(root, path), "utf8") }];
      } catch {
        return [];
      }
    });
}

export const CODE = /\.(ts|mjs|c|h)$/;

const blank = (s: string) => s.replace(/[^\n]/g, " ");

/** End of the string or template that opens at i (index after its last character). */
function endOfString(text: string, i: number): number {
  const quote = text[i];
  for (let k = i + 1; k < text.length; k++) {
    if (text[k] === "\\") k++;
    else if (quote === "`" && text.startsWith("${", k)) k = endOfHole(text, k + 2) - 1;
    else if (text[k] === quote || (quote !== "`" && text[k] === "\n")) return k + 1;
  }
  return text.length;
}

/** End of a template's ${...} whose inside begins at i. */
function endOfHole(text: string, i: number): number {
  let depth = 1;
  for (let k = i; k < text.length; k++) {
    if (`"'\``.includes(text[k])) k = endOfString(text, k) - 1;
    else if (text[k] === "{") depth++;
    else if (text[k] === "}" && --depth === 0) return k + 1;
  }
  return text.length;
}

/** End of the regular expression that opens at i, or i when a slash there means division. */
function endOfRegExp(text: string, i: number): number {
  const before = text.slice(Math.max(0, i - 40), i).trimEnd();
  if (!/(^|[(,=:[!&|?{};~+]|=>|\breturn|\bof|\bin)$/.test(before)) return i;
  let inClass = false;
  for (let k = i + 1; k < text.length && text[k] !== "\n"; k++) {
    if (text[k] === "\\") k++;
    else if (text[k] === "[") inClass = true;
    else if (text[k] === "]") inClass = false;
    else if (text[k] === "/" && !inClass) return k + 1;
  }
  return i;
}

/** The text with comments blanked; with `strings`, also the inside of strings, templates and regular expressions. */
export function blanked(text: string, { strings }: { strings: boolean }): string {
  let out = "";
  for (let i = 0; i < text.length;) {
    let end = i + 1;
    let keep = true;
    if (text.startsWith("//", i)) {
      end = text.indexOf("\n", i) < 0 ? text.length : text.indexOf("\n", i);
      keep = false;
    } else if (text.startsWith("/*", i)) {
      end = text.indexOf("*/", i + 2) < 0 ? text.length : text.indexOf("*/", i + 2) + 2;
      keep = false;
    } else if (`"'\``.includes(text[i])) {
      end = endOfString(text, i);
      keep = !strings;
    } else if (text[i] === "/") {
      end = Math.max(endOfRegExp(text, i), i + 1);
      keep = !strings || end === i + 1;
    }
    const piece = text.slice(i, end);
    out += keep ? piece : /^["'`]/.test(piece) ? piece[0] + blank(piece.slice(1, -1)) + piece.slice(-1) : blank(piece);
    i = end;
  }
  return out;
}

export const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

export interface FunctionSpan {
  name: string;
  line: number;
  lines: number;
}

const CONTROL = /(^|[^\w.])(if|for|while|switch|catch|do|else|try|finally|with)\s*(\(|$)/;

/** The name when `header`, the text between the last statement and a brace, opens a function; else null. */
function functionName(header: string): string | null {
  const named = /\bfunction\b\s*\*?\s*(\w*)/.exec(header);
  if (named) return named[1] || "anonymous";
  if (/=>\s*$/.test(header)) return /(\w+)\s*(?::[^=]+)?=\s*(?:async\s*)?[^=]*=>\s*$/.exec(header)?.[1] ?? "arrow";
  if (CONTROL.test(header)) return null;
  return /(\w+)\s*(?:<[^>]*>)?\([^]*\)\s*(?::\s*[^;{}]+)?$/.exec(header.trim())?.[1] ?? null;
}

/** Every function of a TypeScript or C source with the lines it spans. */
export function functions(source: Source): FunctionSpan[] {
  const text = blanked(source.text, { strings: true }).replace(/^[ \t]*#.*$/gm, blank);
  const found: FunctionSpan[] = [];
  const open: { name: string | null; line: number }[] = [];
  let start = 0;
  let line = 1;
  let round = 0;
  const outer: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\n") line++;
    else if (c === "(") round++;
    else if (c === ")") round--;
    else if (c === ";" && round === 0) start = i + 1;
    else if (c === "{") {
      const header = text.slice(start, i);
      open.push({ name: functionName(header), line: line - (header.trimStart().match(/\n/g)?.length ?? 0) });
      outer.push(round);
      round = 0;
      start = i + 1;
    } else if (c === "}") {
      const f = open.pop();
      round = outer.pop() ?? 0;
      if (f?.name) found.push({ name: f.name, line: f.line, lines: line - f.line + 1 });
      start = i + 1;
    }
  }
  return found;
}

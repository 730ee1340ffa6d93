// What asc emitted, read from the .wat beside each wasm: the promises of DESIGN 2.1 and 2.2 about the finished module.
//
// Rule: names ($...) are cut out before anything is searched, so that a function called f32 is not a float.

import { blanked, type Source } from "./source.ts";

/** Every export that DESIGN 2.1 knows. firmware/index.ts exports those that are built; `memory` is asc's own. */
export const ABI = ["MEMORY_END", "abi", "boot", "host", "hostBuffer", "input", "output", "receive", "request", "tick"];

/** Names that a source exports as functions or constants, directly or by `export { a, b } from`. */
export function exportedNames(source: Source): string[] {
  const text = blanked(source.text, { strings: true });
  const direct = [...text.matchAll(/export (?:(?:declare )?function|const) (\w+)/g)].map((m) => m[1]);
  const listed = [...text.matchAll(/export\s*\{([^}]*)\}/g)].flatMap((m) => m[1].split(","));
  return [
    ...direct,
    ...listed
      .map(
        (n) =>
          n
            .trim()
            .split(/\s+as\s+/)
            .pop() ?? "",
      )
      .filter((n) => n !== ""),
  ].sort();
}

/** Names of the questions that hal.ts asks the board. */
export const halNames = (hal: Source): string[] =>
  [...hal.text.matchAll(/@external\("synod", "(\w+)"\)/g)].map((m) => m[1]);

const without = (names: string[], allowed: string[]) => names.filter((n) => !allowed.includes(n));

/** A table is allowed when all its elements are functions of the app. */
function table(wat: string): string[] {
  if (!/\(table /.test(wat)) return [];
  const elements = [...wat.matchAll(/\(elem [^\n]*/g)].flatMap((m) =>
    [...m[0].matchAll(/\$(\S+?)(?=[\s)])/g)].map((f) => f[1]),
  );
  const functions = elements.filter((name) => /\//.test(name));
  return functions
    .filter((name) => !/^(start:)?firmware\/apps\//.test(name))
    .map((name) => `the table holds ${name}, which is no hook of the app`);
}

/** Where an emitted module breaks a promise. `abi` and `hal` are the names it may export and import. */
export function emitted(module: Source, abi: string[], hal: string[]): string[] {
  const wat = module.text;
  const bare = wat.replace(/\$(?:"[^"]*"|[^\s()]+)/g, "$");
  const found: string[] = [];
  for (const m of wat.matchAll(/\(global (\S+) \(mut /g)) found.push(`mutable global ${m[1]}`);
  const float = /\bf(32|64)\b[^\s)]*/.exec(bare);
  if (float) found.push(`a float: ${float[0]}`);
  if (/\bmemory\.grow\b/.test(bare)) found.push("memory.grow");
  if (!/\(memory \$? ?1 1\)/.test(bare)) found.push("a memory that is not exactly one page");
  found.push(...table(wat));
  const exported = [...wat.matchAll(/\(export "([^"]+)"/g)].map((m) => m[1]);
  for (const name of without(exported, [...abi, "memory"])) found.push(`exports ${name}, which is not in the ABI`);
  for (const name of without([...abi, "memory"], exported)) found.push(`does not export ${name}`);
  const imported = [...wat.matchAll(/\(import "([^"]+)" "([^"]+)"/g)].map((m) => `${m[1]}.${m[2]}`);
  for (const name of without(
    imported,
    hal.map((n) => `synod.${n}`),
  ))
    found.push(`imports ${name}, which hal.ts does not name`);
  return found.map((what) => `${module.path}: ${what}`);
}

/** What a member may have of the folders that agree and execute: cell and certificate verify, transaction and readings write its own. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  consensus: ["cell", "certificate"],
  ledger: ["transaction", "readings"],
  light: ["ask", "member", "purse", "trust"],
};

/** Functions of a member's module that only a validator needs. */
export function silent(module: Source): string[] {
  const names = [...module.text.matchAll(/^ \(func \$"?firmware\/(\w+)\/(\w+)/gm)].map((m) => [m[1], m[2]] as const);
  const found = names.filter(
    ([folder, file]) =>
      MEMBERS[folder]?.includes(file) === false ||
      (folder === "core" && ["journal", "tree", "snapshot"].includes(file)),
  );
  return [...new Set(found.map(([folder, file]) => `${module.path}: it has functions of ${folder}/${file}`))];
}

// Runs the samples of the READMEs and compares, or takes them anew: a fenced block of kind `console` is what was typed and printed.
//
//   npx tsx tools/readme.ts [FILE...]           runs every sample, writes what they print now
//   npx tsx tools/readme.ts --check [FILE...]   only compares; exit code 1 when one is stale
//
//   ```console                                  the samples of a file run in one empty folder, in order
//   $ npx synod up 4 --seconds 10               a command; a last `&` lets it run until the block ends
//   00:00.0  device 5 starts                    its output
//   ...                                         lines left out
//   cose: d28443a1...                           a line cut short
//   ```
//
// A block of another kind under the comment `<!-- file: NAME -->` is put into that folder first.
// A block under the comment `<!-- varies -->` prints other numbers each time (fresh keys): only its words are compared. What is left out
// stays left out: a group of lines between two `...` is found again by its words.
//
// Rule: a sample in a README is never written by hand, except for what it leaves out.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { step } from "./progress.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const GAP = "...";
/** The files that have samples. */
export const FILES = ["README.md"];

/** A line without its numbers: what two runs have in common. */
const mask = (line: string): string =>
  line
    .replace(/[0-9a-f]{8,}/g, "H")
    .replace(/\d+([.:]\d+)*/g, "N")
    .replace(/(N \p{L}+?)s?(?=\s|$)/gu, "$1") // one block, two blocks
    .replace(/[⠀-⣿▁-█·•◆✗░\s]+/gu, " ");

const isCut = (line: string): boolean => line !== GAP && line.endsWith(GAP);

/** The sample's form, filled with what was printed now. Throws when a group of lines is not there any more. */
export function retake(sample: readonly string[], printed: readonly string[]): string[] {
  const groups: string[][] = [[]];
  for (const line of sample)
    if (line === GAP) groups.push([]);
    else groups.at(-1)!.push(line);
  const out: string[] = [];
  let at = 0;
  groups.forEach((group, g) => {
    if (g > 0) out.push(GAP);
    const last = g === groups.length - 1;
    let from = at;
    if (g > 0 && last) from = Math.max(at, printed.length - group.length);
    else if (g > 0) from = find(group, printed, at);
    const to = groups.length === 1 ? printed.length : from + group.length;
    printed.slice(from, to).forEach((line, i) => {
      const old = group[i];
      out.push(old !== undefined && isCut(old) ? line.slice(0, old.length - GAP.length) + GAP : line);
    });
    at = to;
  });
  return out;
}

function find(group: readonly string[], printed: readonly string[], from: number): number {
  const same = (line: string, i: number, at: number): boolean => {
    const now = printed[at + i] ?? "";
    return isCut(line) ? mask(now).startsWith(mask(line.slice(0, -GAP.length)).slice(0, 8)) : mask(now) === mask(line);
  };
  for (let at = from; at + group.length <= printed.length; at++)
    if (group.every((line, i) => same(line, i, at))) return at;
  throw new Error(`these lines are printed no more:\n${group.join("\n")}`);
}

/** True when two samples say the same words and differ in numbers only; of a line cut short, its beginning counts. */
export const sameWords = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length &&
  a.every((line, i) => (isCut(line) ? mask(line).slice(0, 8) === mask(b[i]).slice(0, 8) : mask(line) === mask(b[i])));

// ---- running ----

const environment = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };

function start(command: string, folder: string): ChildProcess {
  const words = command.replace(/ &$/, "").replace(/^npx synod /, `node ${join(root, "host/cli/synod.mjs")} `);
  return spawn("/bin/sh", ["-c", `exec ${words}`], {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const lines = (text: string): string[] => text.replace(/\n+$/, "").split("\n");

/** What a command prints on stdout, and on stderr when it fails. */
function output(child: ChildProcess): Promise<string[]> {
  return new Promise((done, fail) => {
    const heard = { out: "", err: "" };
    child.stdout!.on("data", (d) => (heard.out += d));
    child.stderr!.on("data", (d) => (heard.err += d));
    child.on("error", fail);
    child.on("close", (code) => done(lines(code === 0 ? heard.out : heard.out + heard.err)));
  });
}

/** A command in the background: resolves when it has said where it can be reached. */
function reachable(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error("it did not say http:// within 60 s")), 60_000);
    const heard = (d: Buffer): void => {
      if (!d.toString().includes("http://")) return;
      clearTimeout(limit);
      done();
    };
    child.stdout!.on("data", heard);
    child.stderr!.on("data", heard);
    child.on("close", () => fail(new Error("it ended at once")));
  });
}

/** One block: its lines as they are now. */
async function block(sample: readonly string[], folder: string): Promise<string[]> {
  const out: string[] = [];
  const running: ChildProcess[] = [];
  for (let i = 0; i < sample.length;) {
    const command = sample[i].replace(/^\$ /, "");
    let next = i + 1;
    while (next < sample.length && !sample[next].startsWith("$ ")) next++;
    const child = start(command, folder);
    out.push(sample[i]);
    if (command.endsWith(" &")) {
      running.push(child);
      await reachable(child);
    } else {
      const printed: string[] = await step(command, () => output(child), { quiet: true });
      const bare = printed.map((line) => line.replaceAll(`${folder}/`, "")); // as if typed there
      const old = sample.slice(i + 1, next);
      out.push(...(old.length === 0 && bare.join("") === "" ? [] : retake(old, bare)));
    }
    i = next;
  }
  for (const child of running)
    await new Promise((done) => {
      child.on("close", done);
      child.kill("SIGTERM");
    });
  return out;
}

export interface Sample {
  readonly file: string;
  readonly line: number;
  readonly varies: boolean;
  readonly was: readonly string[];
  readonly is: readonly string[];
  readonly stale: boolean;
}

/** Runs all samples of a file; with `write`, puts what they print now into it. */
export async function take(file: string, write: boolean): Promise<Sample[]> {
  const folder = mkdtempSync(join(root, "build/readme-")); // inside, so that a file may import "synod/scenario"
  const text = readFileSync(join(root, file), "utf8").split("\n");
  const samples: Sample[] = [];
  try {
    for (let i = 0; i < text.length; i++) {
      const put = /^<!-- file: ([\w.]+) -->$/.exec(text[i - 1] ?? "");
      if (put && text[i].startsWith("```"))
        writeFileSync(join(folder, put[1]), text.slice(i + 1, text.indexOf("```", i + 1)).join("\n") + "\n");
      if (text[i] !== "```console") continue;
      const end = text.indexOf("```", i + 1);
      const was = text.slice(i + 1, end);
      const varies = text[i - 1] === "<!-- varies -->";
      const is = await block(was, folder);
      const stale = varies ? !sameWords(was, is) : was.join("\n") !== is.join("\n");
      samples.push({ file, line: i + 1, varies, was, is, stale });
      text.splice(i + 1, was.length, ...is);
      i += is.length;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (write) writeFileSync(join(root, file), text.join("\n"));
  return samples;
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

async function main(words: string[]): Promise<number> {
  const check = words.includes("--check");
  const files = words.filter((word) => !word.startsWith("-")).map((word) => relative(root, word));
  let stale = 0;
  for (const file of files.length > 0 ? files : FILES)
    for (const sample of await take(file, !check)) {
      if (!sample.stale) continue;
      stale++;
      print(`${sample.file}:${sample.line}: ${check ? "stale" : "taken anew"}: ${sample.was[0]}`);
    }
  print(stale === 0 ? "all samples are as printed now" : `${stale} samples were stale`);
  return check && stale > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv.slice(2));

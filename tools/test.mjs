// Runs every check and every test/**/*.test.ts, two at a time, and ends with the line `N passed, N failed`.
//
//   npm test                   all of it
//   npm test -- wire types     only files and checks whose name contains one of these words
//
//   types      tsc, strict         host, test, tools, firmware/wire
//   format     prettier            everything that .prettierignore does not name
//   format-c   clang-format        boards
//   test/...   uvu under tsx       one process each; its lines "note: ..." and "skipped: ..." are passed on
//
// Rule: a file that runs no test has failed.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { files, root } from "./build.mjs";
import { say, step } from "./progress.mjs";

const FILE_LIMIT_MS = Math.max(900, 4 * Number(process.env.SYNOD_BUDGET ?? 0)) * 1000;
const bin = (name) => join(root, "node_modules/.bin", name);
const durationsPath = join(root, "build/.durations");

/** Runs a program to its end, or to the time limit. */
function run(program, args) {
  return new Promise((done) => {
    const env = { ...process.env, SYNOD_BUILT: "1", NO_COLOR: "1", FORCE_COLOR: "0" };
    const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const heard = [];
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, FILE_LIMIT_MS);
    child.stdout.on("data", (d) => heard.push(d));
    child.stderr.on("data", (d) => heard.push(d));
    child.on("error", (error) => heard.push(Buffer.from(error.message)));
    child.on("close", (code) => {
      clearTimeout(limit);
      const output = Buffer.concat(heard).toString();
      done({ code: code ?? 1, output: late ? `${output}\nstopped after ${FILE_LIMIT_MS / 1000} s` : output });
    });
  });
}

/** A check counts as one test. */
async function check(program, args) {
  const { code, output } = await run(program, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output };
}

const sum = (output, word) =>
  [...output.matchAll(new RegExp(`^ *${word}: +(\\d+)`, "gm"))].reduce((n, m) => n + Number(m[1]), 0);

/** Runs a test file and reads uvu's closing lines. A crash and an empty file are one failure each. */
export async function uvu(file) {
  const { code, output } = await run(process.execPath, ["--import", "tsx", file]);
  const [total, passed, skipped] = [sum(output, "Total"), sum(output, "Passed"), sum(output, "Skipped")];
  let failed = total - passed - skipped;
  if (failed === 0 && (code !== 0 || total === 0)) failed = 1;
  const why = total === 0 ? `${file} ran no test (does it end with test.run()?)\n` : "";
  return { passed, failed, skipped, output: why + output };
}

function jobs(words) {
  const c = files("boards").filter((f) => /\.[ch]$/.test(f));
  const clangFormat = spawnSync("clang-format", ["--version"]).status === 0;
  const all = [
    { name: "types", work: () => check(bin("tsc"), ["--pretty", "false"]) },
    { name: "format", work: () => check(bin("prettier"), ["--check", "."]) },
  ];
  if (clangFormat && c.length > 0) {
    all.push({ name: "format-c", work: () => check("clang-format", ["--dry-run", "-Werror", ...c]) });
  }
  for (const f of files("test").filter((f) => f.endsWith(".test.ts"))) all.push({ name: f, work: () => uvu(f) });
  if (!clangFormat) say("skipped: format-c (no clang-format here)", process.stdout);
  return words.length === 0 ? all : all.filter((j) => words.some((w) => j.name.includes(w)));
}

function durations() {
  try {
    return JSON.parse(readFileSync(durationsPath, "utf8"));
  } catch {
    return {};
  }
}

function report(job, result, seconds) {
  const verdict = result.failed > 0 ? `FAILED ${result.failed}, ` : "";
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : "";
  say(`${job.name.padEnd(44)} ${verdict}${result.passed} passed${skipped}  ${seconds.toFixed(1)} s`, process.stdout);
  for (const m of result.output.matchAll(/(?:^|[ •])((?:note|skipped): .*)$/gm)) say(`    ${m[1]}`, process.stdout);
  if (result.failed > 0) {
    const lines = result.output.trimEnd().split("\n").slice(-120);
    say(lines.map((l) => `  | ${l}`).join("\n"), process.stdout);
  }
}

async function main(words) {
  const started = performance.now();
  const known = durations();
  const queue = jobs(words).sort((a, b) => (known[b.name] ?? 5) - (known[a.name] ?? 5)); // longest first
  if (queue.length === 0) {
    say(`no test or check is called anything like ${words.join(" or ")}`, process.stdout);
    return { passed: 0, failed: 1 };
  }
  const total = { passed: 0, failed: 0 };
  const one = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const began = performance.now();
      const result = await step(job.name, job.work, { quiet: true });
      const seconds = (performance.now() - began) / 1000;
      known[job.name] = Math.round(seconds * 10) / 10;
      report(job, result, seconds);
      total.passed += result.passed;
      total.failed += result.failed;
    }
  };
  await Promise.all([one(), one()]);
  if (!existsSync(join(root, "build"))) mkdirSync(join(root, "build"));
  writeFileSync(durationsPath, JSON.stringify(known, null, 1) + "\n");
  say(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all`, process.stdout);
  return total;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { passed, failed } = await main(process.argv.slice(2));
  say(`${passed} passed, ${failed} failed`, process.stdout);
  process.exitCode = failed > 0 ? 1 : 0;
}

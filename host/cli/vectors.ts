// `synod vectors FILE...`: published test vectors through the device's own crypto, in every engine at hand.
//
//   per file and engine:  passed · failed · admitted (signatures that a vector calls invalid and ZIP-215 admits by design)
//
// Exit code 0: nothing failed. 1: something did. 2: a file is of no known kind; such files are refused, never skipped, and
// nothing is run before all files are known to be readable.

import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import kleur from "kleur";
import { Trap } from "../device/device.ts";
import { JSON_SWITCH, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { load, type Module } from "./module.ts";
import { runVectors, type Report } from "./vectors-run.ts";

interface File {
  path: string;
  json: unknown;
}

function read(path: string): File {
  if (!existsSync(path)) throw new exit.Usage(`there is no file ${path}`);
  try {
    return { path, json: JSON.parse(readFileSync(path, "utf8")) };
  } catch {
    throw new exit.Usage(`${path} is not JSON`);
  }
}

/** Runs a file; a kind of file that is not known becomes a Usage. */
function run(module: Module, { path, json }: File): Report {
  try {
    return runVectors(module, json);
  } catch (error) {
    const own = error instanceof Error && error.constructor === Error && !/disagree/.test(error.message);
    if (own) throw new exit.Usage(`${path}: ${error.message}`);
    if (error instanceof Trap || error instanceof WebAssembly.RuntimeError)
      throw new exit.Failed(`${path}: the device trapped in ${module.engine}: ${error.message}`);
    throw error;
  }
}

function describe(path: string, which: string, { passed, failed, admitted }: Report): string {
  const bad = failed.length ? kleur.red(`${failed.length} failed`) : "0 failed";
  const name = basename(path).padEnd(34);
  const lines = [
    `${name} ${which.padEnd(6)} ${String(passed).padStart(5)} passed  ${bad}  ${admitted.length} admitted`,
  ];
  if (admitted.length) lines.push(`    admitted by ZIP-215: ${admitted.join(", ")}`);
  for (const sentence of failed) lines.push(`    ${kleur.red(sentence)}`);
  return lines.join("\n");
}

export const command: Command = {
  usage: "vectors [...files]",
  about: "Run published test vectors through the device's own crypto",
  more: [
    "Wycheproof files of EDDSA (edwards25519), HMACSHA256, HMACSHA512, HKDF-SHA-256; NIST CAVP SHA-256 and SHA-512",
    "as {origin, tests: [{Len, Msg, MD}]}; plain {algorithm, tests: [{msg, digest}]}. Other kinds are refused (exit code 2).",
  ],
  options: [engine.option("both"), JSON_SWITCH],
  examples: ["vectors ed25519_test.json hmac_sha256_test.json", "vectors --engine wasm3 --json SHA256ShortMsg.json"],
  async run(values, words) {
    if (words.length === 0) throw new exit.Usage("vectors needs at least one file");
    const choice = engine.choose(values, "both");
    const files = words.map(read);
    const { engines, missing } = await engine.atHand(choice);
    if (engines.length === 0 || (choice !== "both" && missing.length)) throw new exit.Environment(missing.join("; "));
    for (const why of missing) process.stderr.write(`not run: ${why}\n`);
    let failed = 0;
    for (const which of engines) {
      const module = await load(which);
      for (const file of files) {
        const report = run(module, file);
        failed += report.failed.length;
        const line = { file: file.path, engine: which, ...report };
        process.stdout.write(
          `${flag.on(values, "json") ? JSON.stringify(line) : describe(file.path, which, report)}\n`,
        );
      }
    }
    return failed ? exit.FAILED : exit.OK;
  },
};

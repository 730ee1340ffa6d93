// `synod shrink FILE.tape`: of a run that breaks a rule, the few faults that are enough to break it; the shortest tape of that.
//
//   FILE or --seed ──> strikes and deeds ── leave out, weaken, simulate again (fleet/shrink.ts, in worker processes) ──> FILE.min.tape
//
// Exit code 0: there is a smaller tape, and it breaks the same rule. 1: the run breaks nothing. Candidates run in V8.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as campaign from "../fleet/campaign.ts";
import * as faults from "../fleet/faults.ts";
import * as shrinking from "../fleet/shrink.ts";
import * as strike from "../fleet/strike.ts";
import { sentence } from "../tape/deed.ts";
import { Log } from "../tape/log.ts";
import { TapeError } from "../tape/tape.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { Pool } from "./pool.ts";
import { Progress } from "./progress.ts";

/** The tape to shrink, and where the smaller one goes. */
function input(values: flag.Values, file: string | undefined): { name: string; tape: Uint8Array; out: string } {
  if (file !== undefined) {
    if (flag.text(values, "seed") !== "") throw new exit.Usage("shrink takes a file or --seed, not both");
    if (!existsSync(file)) throw new exit.Usage(`there is no file ${file}`);
    const out = flag.text(values, "out") || `${file.replace(/\.tape$/, "")}.min.tape`;
    return { name: file, tape: new Uint8Array(readFileSync(file)), out };
  }
  if (flag.text(values, "seed") === "") throw new exit.Usage("shrink needs a fleet's tape, or --seed of a run of sim");
  const seed = flag.integer(values, "seed", 1, 0, Number.MAX_SAFE_INTEGER);
  const n = flag.integer(values, "n", 4, 1, 32);
  const log = new Log();
  const names = flag.list(values, "faults", faults.NAMES, "all");
  campaign.runSeed({ seed, n, engine: "v8", wasm: engine.module(flag.text(values, "wasm")), faults: names, log });
  return { name: `seed ${seed}`, tape: log.bytes(), out: flag.text(values, "out") || `seed-${seed}-n${n}.min.tape` };
}

/** Tries candidates in the processes of a pool; the same answer as one after the other. */
const inPool =
  (pool: Pool<"shrinking">, rule: string): shrinking.Try =>
  async (candidates) => {
    for (let from = 0; from < candidates.length; from += pool.size) {
      const answers = await Promise.all(candidates.slice(from, from + pool.size).map((each) => pool.run(each)));
      const found = answers.findIndex((broken) => broken?.rule === rule);
      if (found >= 0) return { index: from + found, broken: answers[found]! };
    }
    return null;
  };

export const command: Command = {
  usage: "shrink [file]",
  about: "Find the few faults that are enough for a failure, and write the tape of that",
  more: [
    "FILE is a fleet's tape of a run that broke a rule: sim writes one for each seed that fails.",
    "Faults and deeds are left out, then made shorter and weaker, as long as the same rule breaks.",
  ],
  options: [
    valued("--seed", "Instead of a file: this seed, as sim runs it"),
    valued("--n", "Devices, with --seed (default 4)"),
    valued("--faults", "all, none or a list, with --seed (default all)"),
    valued("--wasm", "Module that the devices run, with --seed (default build/device.wasm)"),
    valued("--out", "The tape to write (default FILE.min.tape)"),
    valued("--jobs", "Processes that simulate side by side (default 2)"),
    JSON_SWITCH,
  ],
  examples: ["shrink seed-77-n4.tape", "shrink --seed 77 --n 7 --out small.tape"],
  async run(values, [file]) {
    const jobs = flag.integer(values, "jobs", 2, 1, 64);
    const json = flag.on(values, "json");
    const { name, tape, out } = input(values, file);
    const progress = new Progress(json);
    let pool: Pool<"shrinking"> | undefined;
    try {
      const of = shrinking.open(tape, (us) => progress.show(`${name}: repeating, ${(us / 1e6).toFixed(1)} s`));
      pool = new Pool<"shrinking">(jobs, { kind: "shrinking", tape });
      const before = shrinking.size(of.candidate);
      const { candidate, tried } = await shrinking.shrink(of, inPool(pool, of.broken.rule), (left, count, what) =>
        progress.show(`${shrinking.size(left)} of ${before} faults and deeds left, ${count} runs, ${what}`),
      );
      progress.clear();
      const log = new Log();
      const broken = shrinking.simulate(of.base, candidate, log);
      if (broken?.rule !== of.broken.rule) throw new Error("the smaller run does not repeat itself");
      writeFileSync(out, log.bytes());
      const after = shrinking.size(candidate);
      const { strikes, deeds, traffic } = candidate;
      if (json) {
        const said = { file: name, out, before, after, runs: tried, strikes, deeds, traffic };
        process.stdout.write(`${JSON.stringify({ ...said, was: of.broken, broken })}\n`);
        return exit.OK;
      }
      const lines = [
        `${name}: ${of.broken.rule}: ${of.broken.sentence}`,
        `${before} faults and deeds before, ${after} after, ${tried} runs; traffic ${traffic === 0 ? "off" : "on"}`,
        ...strikes.map((each) => `  ${strike.sentence(each)}`),
        ...deeds.map(({ atMs, deed }) => `  ${(atMs / 1000).toFixed(3)} s: ${sentence(deed)}`),
        `at ${(broken.atMs / 1000).toFixed(3)} s, ${broken.rule}: ${broken.sentence}`,
        `written to ${out}; npx synod replay ${out} repeats it`,
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
      return exit.OK;
    } catch (error) {
      if (error instanceof TapeError) throw new exit.Failed(`${name}: ${error.message}`);
      throw error;
    } finally {
      progress.clear();
      pool?.close();
    }
  },
};

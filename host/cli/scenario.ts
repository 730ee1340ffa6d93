// `synod scenario run FILE...`: plays the scenarios of files (host/scenario), each on a fleet of its own.
//
//   PASS  a cell of seven outlives two deaths        31.4 s of the fleet, 0.8 s
//   FAIL  ...                                        why, in words; its tape, and the line that replays it
//
// Exit code 0: all passed. 1: one failed.

import { existsSync, writeFileSync } from "node:fs";
import kleur from "kleur";
import * as play from "../scenario/run.ts";
import * as targets from "../target/open.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { Progress } from "./progress.ts";
import { plural } from "./render.ts";

const ENGINES = ["v8", "wasm3", "posix"] as const;

/** A file name for a tape, from the name of what failed. */
const fileOf = (name: string): string =>
  `${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)}.tape`;

function report(outcome: play.Outcome, json: boolean, file: string): string {
  const { name, passed, why, fleetMs, wallMs, height, kind } = outcome;
  const again = file === "" ? {} : { tape: file, again: `npx synod replay ${file}` };
  if (json)
    return JSON.stringify({
      name,
      passed,
      why,
      fleetMs: Math.round(fleetMs),
      wallMs: Math.round(wallMs),
      height,
      ...again,
    });
  const times = `${(fleetMs / 1000).toFixed(1)} s of the fleet, ${(wallMs / 1000).toFixed(1)} s`;
  const verdict = passed ? kleur.green("PASS") : kleur.red("FAIL");
  const lines = [`${verdict}  ${name.padEnd(56)}  ${times}`];
  if (!passed) lines.push(...why.split("\n").map((line) => `      ${line}`));
  if (file !== "")
    lines.push(
      `      ${kind === "sim" ? `npx synod replay ${file}` : `its tape is ${file}: drop it on the dashboard`}`,
    );
  return lines.join("\n");
}

export const command: Command = {
  usage: "scenario [what] [...files]",
  about: "Play scenarios: what a fleet must survive, as sentences",
  more: [
    "scenario run FILE... plays every scenario of each file, in virtual time unless --engine posix makes processes of the devices.",
    "TARGET  --target sim:4, fleet.json, posix:PATH or http://HOST:PORT; default: a fresh simulated fleet for each scenario",
  ],
  options: [
    valued("--engine", "v8, wasm3, or posix: each device a process (default v8)"),
    valued("--target", "Fleet to play on, started anew for each scenario unless it runs already"),
    valued("--wasm", "Module that the devices run (default: what scenario or target say, or build/device.wasm)"),
    valued("--token", "What the gateway of a running fleet asks for, when it asks"),
    valued("--tape", "File for the tape of a scenario that fails (default: made from its name)"),
    JSON_SWITCH,
  ],
  examples: [
    "scenario run test/scenario/outlives.scenario.ts",
    "scenario run fleet.scenario.ts --target fleet.json --engine posix",
  ],
  async run(values, [what, ...files]) {
    if (what !== "run") throw new exit.Usage(`scenario knows run: synod scenario run FILE...`);
    if (files.length === 0) throw new exit.Usage("scenario run needs at least one file");
    for (const file of files) if (!existsSync(file)) throw new exit.Usage(`there is no file ${file}`);
    const target = flag.text(values, "target");
    if (target !== "") targets.parse(target);
    const chosen = flag.text(values, "engine") === "" ? undefined : flag.oneOf(values, "engine", "v8", ENGINES);
    if (chosen === "wasm3") await engine.ready(chosen);
    const wasm = flag.text(values, "wasm");
    const settings: play.Settings = {
      ...(target === "" ? {} : { target }),
      ...(chosen === undefined ? {} : { engine: chosen }),
      ...(wasm === "" ? {} : { wasm: engine.module(wasm) }),
      ...(flag.text(values, "token") === "" ? {} : { token: flag.text(values, "token") }),
    };
    const json = flag.on(values, "json");
    const progress = new Progress(json);
    const count = { passed: 0, failed: 0 };
    for (const file of files) {
      const list = await play.load(file);
      if (list.length === 0)
        throw new exit.Failed(`${file} defines no scenario: it calls scenario(name, options, body)`);
      for (const scenario of list) {
        progress.show(scenario.name);
        const outcome = await play.play(scenario, settings);
        progress.clear();
        count[outcome.passed ? "passed" : "failed"]++;
        const tape = outcome.passed ? "" : flag.text(values, "tape") || fileOf(scenario.name);
        if (tape !== "") writeFileSync(tape, outcome.tape);
        process.stdout.write(`${report(outcome, json, tape)}\n`);
      }
    }
    const { passed, failed } = count;
    process.stdout.write(
      json ? `${JSON.stringify(count)}\n` : `${plural(passed, "scenario")} passed, ${failed} failed\n`,
    );
    return failed > 0 ? exit.FAILED : exit.OK;
  },
};

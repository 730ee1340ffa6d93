// `synod replay FILE.tape`: puts a recorded device, or a whole fleet, back through everything, and says whether it did the same.
//
//   a device's tape    its calls and answers go into a fresh device; --at T starts at the nearest keyframe and stops at T
//   a fleet's tape     the fleet is simulated again from its seed and what was done to it; --at T stops there
//
// Exit code 0: the same as recorded, in every engine asked for. 1: it differs, and the first difference is named.

import { existsSync, readFileSync } from "node:fs";
import type { Engine } from "../device/device.ts";
import * as rerun from "../fleet/rerun.ts";
import { compare, replay, seek, type Replayed } from "../tape/replay.ts";
import { TapeError } from "../tape/tape.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { Progress } from "./progress.ts";
import * as state from "./state.ts";

interface Plan {
  readonly file: string;
  readonly tape: Uint8Array;
  readonly choice: engine.Choice;
  readonly wasm: string;
  /** Virtual milliseconds at which it stops; null: at the end. */
  readonly atMs: number | null;
  readonly json: boolean;
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/** Milliseconds that a word like 12.5, 12.5s or 800ms names. */
function timeOf(given: string): number | null {
  if (given === "") return null;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|ms)?$/.exec(given) ?? [];
  if (number === undefined)
    throw new exit.Usage(`--at takes seconds or milliseconds, like 12.5 or 800ms, not "${given}"`);
  return Number(number) * (unit === "ms" ? 1 : 1000);
}

function describe(name: string, done: Replayed): string {
  const { calls, powerUps, traceHash, expected, divergence, trapped } = done;
  const lines = [
    `${done.engine.padEnd(7)}${calls} calls, ${powerUps} power-ups`,
    `trace  ${traceHash}`,
    `tape   ${expected ?? "has no end record: nothing to compare with"}`,
  ];
  if (divergence) lines.push(`differs at call ${divergence.call}: ${divergence.sentence}`);
  else if (trapped) lines.push(`trapped as recorded, in call ${calls - 1}`);
  else if (expected) lines.push("equal");
  return `${name}: ${lines.join("\n".padEnd(name.length + 3))}`;
}

/** One device, to the end. */
function device(plan: Plan, engines: readonly Engine[]): number {
  const wasm = engine.module(plan.wasm);
  let failed = false;
  for (const which of engines) {
    const done = replay(plan.tape, which, wasm);
    failed ||= done.divergence !== null;
    say(plan.json ? JSON.stringify({ file: plan.file, ...done }) : describe(plan.file, done));
  }
  if (plan.choice === "both" && failed) {
    const first = compare(plan.tape, "v8", "wasm3", wasm);
    const words = first
      ? `V8 and wasm3 first differ at call ${first.call}: ${first.sentence}`
      : "V8 and wasm3 do the same";
    process.stderr.write(`${words}\n`);
  }
  return failed ? exit.FAILED : exit.OK;
}

/** One device, to a time. */
function deviceAt(plan: Plan, engines: readonly Engine[], atMs: number): number {
  const wasm = engine.module(plan.wasm);
  let failed = false;
  for (const which of engines) {
    const { memory, trapped, events, calls, from, atMs: stoppedMs, divergence } = seek(plan.tape, which, wasm, atMs);
    failed ||= divergence !== null;
    const now = state.of(memory, wasm);
    const refused = state.refusals(events);
    if (plan.json) {
      say(
        JSON.stringify({
          file: plan.file,
          engine: which,
          calls,
          from,
          atMs: stoppedMs,
          trapped,
          ...now,
          refused,
          divergence,
        }),
      );
      continue;
    }
    say(`${plan.file}: ${which}, after call ${calls - 1}, at ${seconds(stoppedMs)}; replayed from call ${from} on`);
    for (const line of [...state.lines(now), ...refused.map((each) => `  refused         ${each}`)]) say(line);
    if (trapped) say(`  it trapped in that call; --at ${(stoppedMs / 1000 - 0.001).toFixed(3)} shows it before`);
    if (divergence) say(`  differs: ${divergence.sentence}`);
  }
  return failed ? exit.FAILED : exit.OK;
}

/** A whole fleet, to the end or to a time. */
function fleet(plan: Plan, engines: readonly Engine[]): number {
  const recorded = rerun.read(plan.tape);
  const { header, cut, end, lastUs, deeds, broken } = recorded;
  if (cut !== null) process.stderr.write(`${plan.file}: ${cut}: repeated as far as it goes\n`);
  const untilUs = plan.atMs === null ? null : Math.round(plan.atMs * 1000);
  let failed = false;
  for (const which of engines) {
    const progress = new Progress(plan.json);
    const again = new rerun.Repetition(recorded, { engine: which });
    const show = (us: number): void => progress.show(`${seconds(us / 1000)} of ${seconds((untilUs ?? lastUs) / 1000)}`);
    if (untilUs === null) again.finish(show);
    else again.to(untilUs, show);
    progress.clear();
    const { differs, pages, violations } = again;
    const { traceHash, nowMs, stations, n } = again.fleet;
    const devices = Array.from({ length: n }, (_, i) =>
      state.of(stations[i].device?.memory() ?? null, stations[i].wasm),
    );
    again.fleet.close();
    const lost = untilUs === null && broken.length > 0 && !violations.some(({ rule }) => rule === broken[0].rule);
    const wrong = differs ?? (lost ? `${broken[0].rule} was broken when it was recorded, and is not now` : null);
    failed ||= wrong !== null;
    if (plan.json) {
      const told = {
        file: plan.file,
        engine: which,
        run: header.run,
        devices: n,
        deeds: deeds.length,
        pages,
        atMs: nowMs,
      };
      const states = untilUs === null ? {} : { states: devices };
      say(JSON.stringify({ ...told, traceHash, expected: end?.digest ?? null, differs: wrong, violations, ...states }));
      continue;
    }
    say(
      `${plan.file}: ${which}: a ${header.run} of ${n} devices, ${deeds.length} deeds, repeated to ${seconds(nowMs)}`,
    );
    for (const { rule, sentence, timeMs } of violations) say(`  violation at ${seconds(timeMs)}, ${rule}: ${sentence}`);
    if (untilUs !== null) devices.forEach((each, i) => say([`device ${i}`, ...state.lines(each)].join("\n")));
    if (wrong !== null) say(`  differs: ${wrong}`);
    else
      say(`  ${untilUs === null && end ? `equal: trace ${traceHash}` : "equal so far"}, ${pages} keyframes compared`);
  }
  return failed ? exit.FAILED : exit.OK;
}

export const command: Command = {
  usage: "replay [file]",
  about: "Replay a recorded device or fleet and compare it with its tape",
  more: [
    "A device's tape is made by up --tape DEVICE:FILE or sim --tape DEVICE:FILE, and by a device that traps (crash-DEVICE.tape);",
    "a fleet's tape by up, by sim for a seed that fails, and by shrink.",
    "With --engine both, the two engines are also compared with each other, call by call.",
  ],
  options: [
    valued("--at", "Stop at this time, seconds or milliseconds (12.5, 800ms), and print the state by name"),
    engine.option("wasm3"),
    valued("--wasm", "Module to replay in (default build/device.wasm); a fleet's tape brings its own"),
    JSON_SWITCH,
  ],
  examples: ["replay bug.tape", "replay bug.tape --at 12.5", "replay crash-3.tape --engine both --json"],
  async run(values, [file]) {
    if (!file) throw new exit.Usage("replay needs the tape, a file");
    const choice = engine.choose(values, "wasm3");
    const atMs = timeOf(flag.text(values, "at"));
    if (!existsSync(file)) throw new exit.Usage(`there is no file ${file}`);
    const tape = new Uint8Array(readFileSync(file));
    const plan: Plan = { file, tape, choice, wasm: flag.text(values, "wasm"), atMs, json: flag.on(values, "json") };
    try {
      const whole = rerun.isFleet(tape);
      // A fleet's tape says which engine it was made in; another is used when it is asked for.
      const asked = whole && flag.text(values, "engine") === "" ? [rerun.engineOf(tape)] : engine.listed(choice);
      for (const which of asked) await engine.ready(which);
      if (whole) return fleet(plan, asked);
      return atMs === null ? device(plan, asked) : deviceAt(plan, asked, atMs);
    } catch (error) {
      if (error instanceof TapeError) throw new exit.Failed(`${file}: ${error.message}`);
      throw error;
    }
  },
};

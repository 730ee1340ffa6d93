// `synod up`: a fleet of devices on real sensor data, in virtual time that keeps pace with real time.
//
//   on a terminal    the live view (scene.ts, render.ts); keys kill, restart, split, heal, pause
//   elsewhere        a line of progress per virtual second; with --json a line per commit
//   at the end       a summary: {height, blocks, readings, transfers, violations, traceHash}
//
// Exit code 0 when no invariant broke, 1 otherwise.

import { writeFileSync } from "node:fs";
import kleur from "kleur";
import * as faults from "../fleet/faults.ts";
import { JSON_SWITCH, switched, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { DEMO, Live, type Settings } from "./live.ts";
import { clock, plural, render } from "./render.ts";
import * as schedule from "./schedule.ts";
import * as tape from "./tape.ts";
import * as terminal from "./terminal.ts";

/** Real milliseconds between two frames of the view, and the most of them that the fleet may compute in one go. */
const FRAME_MS = 66;
const SLICE_MS = 50;

interface Run {
  live: Live;
  /** Virtual milliseconds at which it ends. */
  endMs: number;
  /** Virtual seconds per real second; Infinity: as fast as the machine goes. */
  speed: number;
  over: boolean;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Virtual time of the next step: small, so that a key is heard even when devices need more time than there is. */
const step = (nowMs: number, dueMs: number): number =>
  Math.min(dueMs, nowMs + 20, 1000 * (Math.floor(nowMs / 1000) + 1));

/**
 * Advances virtual time with real time until the run is over. `frame` is called about every FRAME_MS of real time, `second` at
 * each whole second of virtual time.
 */
async function pace(run: Run, frame: () => void, second: () => void = () => {}): Promise<void> {
  const { live, endMs, speed } = run;
  let before = performance.now();
  while (!run.over) {
    const started = performance.now();
    const from = live.nowMs;
    const wanted = Number.isFinite(speed) ? from + (started - before) * speed : Infinity;
    const due = live.scene.paused ? from : Math.min(endMs, wanted);
    before = started;
    while (live.nowMs < due && performance.now() - started < SLICE_MS) {
      live.run(step(live.nowMs, due));
      if (live.nowMs % 1000 === 0) second();
    }
    const spent = Math.max(1, performance.now() - started);
    if (live.nowMs >= endMs) run.over = true;
    frame();
    const rest = Number.isFinite(speed) ? Math.max(1, FRAME_MS - spent) : 0;
    if (!run.over) await sleep(rest);
    const measured = (live.nowMs - from) / Math.max(1, performance.now() - started);
    live.scene.pace += (measured - live.scene.pace) * 0.2;
  }
}

/** The live view, with keys. */
async function watch(run: Run): Promise<void> {
  const { live } = run;
  const { scene } = live;
  const pressed = (key: string): void => {
    if (key === "q") run.over = true;
    else if (key === "p") scene.paused = !scene.paused;
    else if (key === "s") live.split();
    else if (key === "h") live.heal();
    else if (/^\d$/.test(key) && Number(key) < scene.lanes.length) live.toggle(Number(key));
  };
  const view = terminal.enter(pressed, () => (run.over = true));
  let asked = 0;
  try {
    await pace(run, () => {
      if (performance.now() - asked > 500) {
        asked = performance.now();
        live.balances();
      }
      view.draw(render(scene, view.look()));
    });
  } finally {
    view.leave();
  }
}

/** Lines for a file or a pipe. */
async function print(run: Run, json: boolean): Promise<void> {
  const { live } = run;
  const ended = (): void => void (run.over = true);
  process.once("SIGINT", ended);
  process.once("SIGTERM", ended);
  const say = (text: string): boolean => process.stdout.write(`${text}\n`);
  if (json)
    live.onCommit = (commit) =>
      say(JSON.stringify({ ...commit, at: Math.round(commit.at), ms: Math.round(commit.ms) }));
  else live.onNote = (sentence) => say(`${clock(live.nowMs)}  ${sentence}`);
  const progress = (): void => {
    const { blocks, readings, transfers, lanes, violations } = live.scene;
    const up = lanes.filter((lane) => lane.up).length;
    say(
      `${clock(live.nowMs)}  height ${live.summary().height}  ${plural(blocks, "block")}  ${plural(readings, "reading")}  ` +
        `${plural(transfers, "transfer")}  ${up} of ${lanes.length} devices up  ${plural(violations.length, "violation")}`,
    );
  };
  await pace(run, () => {}, json ? undefined : progress);
  process.off("SIGINT", ended);
  process.off("SIGTERM", ended);
}

/** What remains on the screen when it is over. */
function conclude({ live }: Run, json: boolean): number {
  const summary = live.summary();
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    live.balances();
    const { height, blocks, readings, transfers, violations, traceHash } = summary;
    const verdict = (violations ? kleur.red : kleur.green)(plural(violations, "violation"));
    process.stdout.write(
      `${clock(live.nowMs)} of virtual time: height ${height}, ${plural(blocks, "block")}, ` +
        `${plural(readings, "reading")}, ${plural(transfers, "transfer")}, ${verdict}\nbalances ${live.scene.balances.join(" ")} (sum ${live.scene.supply})\n` +
        `trace hash ${traceHash}\n`,
    );
    for (const sentence of live.scene.violations) process.stdout.write(`${kleur.red("violation")} ${sentence}\n`);
  }
  return summary.violations ? exit.FAILED : exit.OK;
}

/** Reads the command line into what the fleet is made of. */
function settings(values: flag.Values, words: string[]): Settings {
  const n = words[0] === undefined ? 7 : flag.integerOf(words[0], "the number of devices", 1, 32);
  const which = flag.oneOf(values, "engine", "wasm3", ["wasm3", "v8"] as const);
  return {
    n,
    engine: which,
    seed: flag.integer(values, "seed", 1, 0, Number.MAX_SAFE_INTEGER),
    mtu: flag.integer(values, "mtu", 1400, 128, 1500),
    faults: flag.list(values, "faults", faults.NAMES, "none"),
    from: flag.integer(values, "from", DEMO.from, 0, 4416),
    intervalMs: DEMO.intervalMs,
    record: tape.wanted(values, n)?.device,
    wasm: new Uint8Array(0),
  };
}

export const command: Command = {
  usage: "up [n]",
  about: "Run a fleet of n devices (default 7) on real sensor data",
  more: [
    "Devices 0 to 3 sense the four motes of a recorded sensor network, one recorded reading per virtual second;",
    "the others only validate. Keys: 0-9 kill or restart a device, s split, h heal, p pause, q quit.",
    "--json prints a line per commit and a summary last.",
  ],
  options: [
    valued("--engine", "wasm3 or v8 (default wasm3)"),
    valued("--seconds", "End after this much virtual time (default: when told to)"),
    valued("--seed", "Everything random follows from it (default 1)"),
    valued("--mtu", "Largest radio frame, bytes (default 1400)"),
    valued("--speed", "Virtual seconds per real second; max: as fast as it goes (default 1)"),
    valued("--faults", "all, none or a list, as in sim --help (default none)"),
    valued("--from", `First reading of the recording (default ${DEMO.from}, just before a labelled event)`),
    valued("--kill", "DEVICE@SECOND,...: pull a device's plug"),
    valued("--restart", "DEVICE@SECOND,...: power it up again"),
    valued("--split", "SECOND,...: even and odd devices stop hearing each other"),
    valued("--heal", "SECOND,...: they hear each other again"),
    tape.OPTION,
    valued("--wasm", "Module that the devices run (default build/device.wasm): to try an application of your own"),
    switched("--plain", "Lines instead of the live view, on a terminal too"),
    JSON_SWITCH,
  ],
  examples: [
    "up",
    "up 4 --seconds 30 --json",
    "up 7 --kill 3@5 --restart 3@15 --seconds 20 --plain",
    "up --tape 0:bug.tape",
  ],
  async run(values, words) {
    const made = settings(values, words);
    const json = flag.on(values, "json");
    const speed = flag.text(values, "speed") === "max" ? Infinity : flag.decimal(values, "speed", 1, 0.01, 1000);
    const seconds = flag.decimal(values, "seconds", Infinity, 0.001, 1e7);
    const actions = schedule.read(values, made.n);
    const keep = tape.wanted(values, made.n);
    await engine.ready(made.engine);
    const live = new Live({ ...made, wasm: engine.module(flag.text(values, "wasm")) });
    schedule.arm(live, actions);
    const run: Run = { live, endMs: seconds * 1000, speed, over: false };
    if (!json && !flag.on(values, "plain") && terminal.interactive()) await watch(run);
    else await print(run, json);
    const code = conclude(run, json);
    const recorded = live.tape();
    if (keep && recorded) writeFileSync(keep.file, recorded);
    live.close();
    return code;
  },
};

// `synod up`: a fleet on stage, in time that keeps pace with real time: simulated devices on recorded sensor data, or processes.
//
//   on a terminal    the live view (scene.ts, render.ts) and the dashboard; keys kill, restart, split, heal, pause
//   elsewhere        a line of progress per second; with --json a line per commit
//   at the end       a summary: {height, blocks, readings, transfers, violations, traceHash of a simulation}
//
// Exit code 0 when no invariant broke, 1 otherwise.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Costs } from "../fleet/costs.ts";
import * as faults from "../fleet/faults.ts";
import * as kinds from "../live/kinds.ts";
import * as fleetfile from "../target/fleetfile.ts";
import * as targets from "../target/open.ts";
import { Posix } from "../target/posix.ts";
import { Sim } from "../target/sim.ts";
import { Stage } from "../target/stage.ts";
import type { Target } from "../target/target.ts";
import * as board from "./board.ts";
import * as project from "./build.ts";
import { JSON_SWITCH, switched, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import * as schedule from "./schedule.ts";
import * as gateway from "./serve.ts";
import * as show from "./show.ts";
import * as tape from "./tape.ts";
import * as terminal from "./terminal.ts";

const DEVICES = 7;
const ENGINES = ["wasm3", "v8", "posix"] as const;

interface Plan {
  /** What is run: a word of target/open.ts. */
  readonly word: string;
  readonly options: targets.Options;
  /** The fleet.json that says where it runs; "" for none. */
  readonly file: string;
}

/** The fleet in real time that --devices lists, in a folder. */
function live(values: flag.Values, devices: string, given: number | undefined): Plan {
  const n = kinds.voters(kinds.parse(devices));
  if (given !== undefined && given !== n) throw new exit.Usage(`--devices names ${n} devices that vote, not ${given}`);
  if (!["", "posix"].includes(flag.text(values, "engine")))
    throw new exit.Usage("--devices is a fleet in real time: without --engine");
  const dir = flag.text(values, "dir");
  const folder = dir === "" ? newFolder() : resolve(dir);
  return { word: `posix:${folder}`, options: { n, devices }, file: join(folder, "fleet.json") };
}

const newFolder = (): string => join(tmpdir(), `synod-fleet-${randomBytes(4).toString("hex")}`);

/** The fleet that a number of devices and an engine ask for: simulated, or processes in a folder. */
function plain(values: flag.Values, given: number | undefined): Plan {
  const devices = flag.text(values, "devices");
  const members = flag.integer(values, "members", 0, 0, 64);
  if (devices !== "" && members > 0) throw new exit.Usage("--devices names members itself, as member:posix*2");
  if (devices !== "") return live(values, devices, given);
  const which = flag.oneOf(values, "engine", "wasm3", ENGINES);
  const dir = flag.text(values, "dir");
  if (which !== "posix") {
    if (dir !== "") throw new exit.Usage("--dir is for --engine posix: the folder of the processes' flash");
    const n = given ?? DEVICES;
    return { word: `sim:${n}`, options: { engine: which, n }, file: "" };
  }
  const folder = dir === "" ? newFolder() : resolve(dir);
  if (members > 0) return live(values, `posix*${given ?? DEVICES},member:posix*${members}`, given);
  const n = given ?? (dir === "" ? DEVICES : undefined); // a folder that is not blank knows its fleet
  return { word: `posix:${folder}`, options: n === undefined ? {} : { n }, file: join(folder, "fleet.json") };
}

/** What the words of the command line name: a number of devices, a target, or --fleet FILE. */
function named(values: flag.Values, words: string[]): Plan {
  const file = flag.text(values, "fleet");
  const [word = file] = words;
  if (file !== "" && word !== file) throw new exit.Usage(`up takes one fleet, not both ${word} and --fleet ${file}`);
  if (word === "") return plain(values, undefined);
  if (!targets.isTarget(word)) return plain(values, flag.integerOf(word, "the number of devices", 1, 32));
  const what = targets.parse(word);
  if (what.kind === "sim") return plain(values, what.n);
  if (flag.text(values, "members") !== "")
    throw new exit.Usage(
      "--members is for a fleet that begins here: a folder, a file or a running fleet knows its own",
    );
  const own = flag.text(values, "engine");
  const chosen = own === "" ? {} : { engine: flag.oneOf(values, "engine", "wasm3", ENGINES) };
  if (what.kind === "posix") return { word, options: {}, file: join(what.dir, "fleet.json") };
  return { word, options: chosen, file: what.kind === "file" ? what.path : "" };
}

/** Everything else that makes a fleet; only what was said. */
function details(values: flag.Values, simulated: boolean): targets.Options {
  const given = (name: string): boolean => flag.text(values, name) !== "";
  const seed = flag.integer(values, "seed", 1, 0, Number.MAX_SAFE_INTEGER);
  const mtu = flag.integer(values, "mtu", 1400, 128, 1500);
  const from = flag.integer(values, "from", targets.DEMO.recording.from, 0, 4416);
  const list = flag.list(values, "faults", faults.NAMES, "none");
  const members = flag.integer(values, "members", 0, 0, 64);
  const slow = board.asked(values);
  const wasm = given("wasm") ? { wasm: engine.module(flag.text(values, "wasm")) } : {};
  const token = given("token") ? { token: flag.text(values, "token") } : {};
  return {
    ...(simulated || given("seed") ? { seed } : {}),
    ...(simulated || given("mtu") ? { mtu } : {}),
    ...(simulated || given("from") ? { senses: targets.demo(slow, from) } : {}),
    ...(list.length > 0 ? { faults: list } : {}),
    ...(members > 0 && simulated ? { members, memberWasm: engine.built("member.wasm") } : {}),
    ...(slow === "none" ? {} : { board: slow }),
    ...(flag.on(values, "accelerate") ? { accelerate: true } : {}),
    ...wasm,
    ...token,
  };
}

/** A folder of processes says what it is, so that `posix:PATH` finds it. */
function describe({ file, word }: Plan, target: Target): string {
  if (!word.startsWith("posix:") || target.kind === "remote") return file;
  const dir = word.slice("posix:".length);
  if (!existsSync(dir)) mkdirSync(dir, { recursive: true });
  const { devices } = (target.log.header?.options ?? {}) as { devices?: string };
  if (!existsSync(file)) fleetfile.write(file, { engine: "posix", n: target.n, dir: resolve(dir), devices });
  return file;
}

function title(target: Target): string {
  const devices = `${target.n} ${target.n === 1 ? "device" : "devices"}`;
  const {
    engine: which,
    members,
    seed,
    mtu,
    board: slow,
    accelerate,
    devices: list,
  } = (target.log.header?.options ?? {}) as Record<string, string | number | boolean | undefined> & { board?: Costs };
  const mixed = /^posix(\*\d+)?(,member:posix(\*\d+)?)?$/.test(`${list ?? "posix"}`) ? "processes" : `${list}`;
  const beside = members ? ` and ${members} ${members === 1 ? "member" : "members"}` : "";
  if (target.log.header?.kind !== "sim") return `${devices}${beside}  ${mixed}${accelerate ? ", accelerated" : ""}`;
  return `${devices}${beside}  ${which}  seed ${seed}${mtu ? `  mtu ${mtu}` : ""}${slow ? `  ${slow.name}` : ""}`;
}

/** Writes the tape that was asked for. */
function keep(target: Target, wanted: { device: number | undefined; file: string } | undefined): void {
  if (wanted === undefined) return;
  const { device, file } = wanted;
  if (device === undefined) {
    if (target instanceof Sim) target.fleet.end();
    writeFileSync(file, target.log.bytes());
    return;
  }
  const recorded = target instanceof Sim ? target.fleet.recorder?.bytes() : undefined;
  if (recorded === undefined)
    throw new exit.Failed(
      `--tape ${device}:FILE records a device of a fresh simulation only; --tape FILE the whole fleet`,
    );
  writeFileSync(file, recorded);
}

/** The tapes that devices which trapped left behind: those of a simulation are written, each one's last calls before its first trap. */
function dumps(target: Target): readonly { device: number; message: string; file: string }[] {
  if (target instanceof Posix) return [...target.dumps.values()];
  return (target instanceof Sim ? target.fleet.dumps : []).map(({ device, message, bytes }) => {
    const file = `crash-${device}.tape`;
    writeFileSync(file, bytes);
    return { device, message, file };
  });
}

/** Says which devices trapped, and how each is seen again. */
function crashes(target: Target, wasm: string): void {
  for (const { device, message, file } of dumps(target)) {
    process.stderr.write(
      `device ${device} trapped (${message}); npx synod replay ${file}${wasm && ` --wasm ${wasm}`} shows it again\n`,
    );
  }
}

/** How it is shown; read before anything is started. */
interface Manner {
  readonly json: boolean;
  readonly view: boolean;
  readonly speed: number;
  readonly seconds: number;
  readonly served: gateway.Asked | null;
}

function manner(values: flag.Values): Manner {
  const json = flag.on(values, "json");
  const view = !json && !flag.on(values, "plain") && terminal.interactive();
  return {
    json,
    view,
    speed: flag.text(values, "speed") === "max" ? Infinity : flag.decimal(values, "speed", 1, 0.01, 1000),
    seconds: flag.decimal(values, "seconds", Infinity, 0.001, 1e7),
    served: gateway.asked(values, view),
  };
}

async function perform(values: flag.Values, target: Target, plan: Plan, how: Manner): Promise<number> {
  const { json, view, speed, seconds } = how;
  // A fleet that ran before we came is watched for so long from now on.
  const endMs = (target.kind === "remote" ? target.nowMs : 0) + 1000 * seconds;
  const actions = schedule.read(values, target.devices);
  const wanted = target.kind === "remote" ? null : how.served;
  const file = describe(plan, target);
  const stage = new Stage(target, { speed });
  let served: gateway.Served | null = null;
  try {
    served = wanted === null ? null : await gateway.serve(stage, wanted, file);
  } catch (problem) {
    await target.close();
    throw problem;
  }
  const run = new show.Run(stage, title(target), { endMs, actions, dashboard: served?.link ?? "" });
  try {
    if (view) await run.watch();
    else await run.print(json);
    keep(stage.target, tape.asked(values, target.n));
    crashes(stage.target, flag.text(values, "wasm"));
    const code = run.conclude(json);
    const where = target.kind === "posix" && plan.word.startsWith("posix:") ? plan.word : "";
    if (where !== "" && !json) process.stdout.write(`its flash stays: synod up ${where} goes on with it\n`);
    return code;
  } finally {
    await served?.close();
    await stage.target.close();
    run.close();
  }
}

export const command: Command = {
  usage: "up [fleet]",
  about: "Run a fleet (default: 7 simulated devices on real sensor data) and serve its dashboard",
  more: [
    "FLEET is a number of devices, a target (sim:4, posix:PATH, fleet.json), or a running fleet to look at (http://...).",
    "Devices 0 to 3 of a simulation sense the four motes of a recorded sensor network, one recorded reading per virtual second;",
    "the others only validate. Keys: 0-9 kill or restart a device, s split, h heal, p pause, q quit.",
    "--json prints a line per commit and a summary last.",
  ],
  options: [
    valued("--engine", "wasm3, v8, or posix: each device a process (default wasm3)"),
    valued("--members", "Devices that belong to the cell without a vote, beside those that do (default 0)"),
    valued("--dir", "posix: folder of the processes' flash (default: a new one)"),
    valued(
      "--devices",
      "A fleet of several kinds in real time: posix, sim, qemu:BOARD, serial:PATH, each with *N for N; member:KIND last",
    ),
    switched("--accelerate", "posix: libsodium checks, signs and hashes; devices decide the same, only sooner"),
    valued("--fleet", "A fleet's description, fleet.json"),
    valued("--seconds", "End after this much time of the fleet (default: when told to)"),
    valued("--seed", "Everything random follows from it (default 1)"),
    valued("--mtu", "Largest radio frame, bytes (default 1400)"),
    board.OPTION,
    valued("--speed", "Virtual seconds per real second; max: as fast as it goes (default 1)"),
    valued("--faults", "all, none or a list, as in sim --help (default none)"),
    valued(
      "--from",
      `First reading of the recording (default ${targets.DEMO.recording.from}, just before a labelled event)`,
    ),
    ...schedule.OPTIONS,
    tape.FLEET_OPTION,
    valued("--wasm", "Module that the devices run (default build/device.wasm): to try an application of your own"),
    ...gateway.OPTIONS,
    switched("--plain", "Lines instead of the live view, on a terminal too"),
    JSON_SWITCH,
  ],
  examples: [
    "up",
    "up 4 --seconds 30 --json",
    "up 4 --engine posix --accelerate",
    "up 4 --board stm32f405",
    "up --devices qemu:stm32f405,qemu:an386,posix,sim*4",
    "up 7 --kill 3@5 --restart 3@15 --seconds 20 --plain",
    "up fleet.json --tape bug.tape",
  ],
  async run(values, words) {
    const how = manner(values);
    const plan = named(values, words);
    const { kind } = targets.parse(plan.word);
    if (flag.on(values, "accelerate") && kind !== "posix" && kind !== "file")
      throw new exit.Usage("--accelerate is for --engine posix: a simulated device does everything itself");
    const made = { ...plan.options, ...details(values, kind === "sim") };
    if (kind === "file" && made.wasm === undefined) project.expectCurrent(plan.word);
    if (kind === "posix" && made.board !== undefined)
      throw new exit.Usage("--board is for simulated devices: processes are as fast as this machine");
    const n = (made.n ?? 32) + (made.members ?? 0);
    schedule.read(values, n);
    const record = tape.asked(values, n)?.device;
    if (made.engine !== undefined && made.engine !== "posix") await engine.ready(made.engine);
    if (kind === "sim" && made.wasm === undefined) Object.assign(made, { wasm: engine.built("device.wasm") });
    const target = await targets.open(plan.word, { ...made, ...(record === undefined ? {} : { record }) });
    return perform(values, target, plan, how);
  },
};

// `synod COMMAND ...`: finds the command, reads its options strictly, runs it, and turns how it ended into an exit code.
//
//   0 ok · 1 failed · 2 usage (unknown command, flag or value; nothing was run) · 3 something is missing on this machine

import { readFileSync } from "node:fs";
import sade from "sade";
import kleur from "kleur";
import * as exit from "./exit.ts";
import * as refusal from "../wire/refusal.ts";
import * as words from "../wire/words.ts";
import { hint } from "./nearest.ts";
import type { Command, Option } from "./command.ts";
import type { Values } from "./flag.ts";

/** Each command is its own file, loaded when it is called: `doctor` must run where others cannot. */
const COMMANDS: Record<string, () => Promise<{ command: Command }>> = {
  up: () => import("./up.ts"),
  sim: () => import("./sim.ts"),
  replay: () => import("./replay.ts"),
  shrink: () => import("./shrink.ts"),
  keygen: () => import("./keygen.ts"),
  provision: () => import("./provision.ts"),
  monitor: () => import("./monitor.ts"),
  tx: () => import("./tx.ts"),
  query: () => import("./query.ts"),
  tape: () => import("./record.ts"),
  kill: async () => ({ command: (await import("./deed.ts")).kill }),
  restart: async () => ({ command: (await import("./deed.ts")).restart }),
  split: async () => ({ command: (await import("./deed.ts")).split }),
  heal: async () => ({ command: (await import("./deed.ts")).heal }),
  slow: async () => ({ command: (await import("./deed.ts")).slow }),
  corrupt: async () => ({ command: (await import("./deed.ts")).corrupt }),
  lie: async () => ({ command: (await import("./deed.ts")).lie }),
  scenario: () => import("./scenario.ts"),
  vectors: () => import("./vectors.ts"),
  create: () => import("./create.ts"),
  build: () => import("./build.ts"),
  flash: () => import("./flash.ts"),
  doctor: () => import("./doctor.ts"),
};

const name = (command: Command): string => command.usage.split(" ")[0];
const version = (): string => JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

/** A parser that knows these commands; it runs nothing by itself. */
function parser(commands: Command[]): sade.Sade {
  const program = sade("synod").version(version());
  for (const command of commands) {
    program.command(command.usage).describe([command.about, ...(command.more ?? [])]);
    for (const { flag, about } of command.options) program.option(flag, about);
    for (const example of command.examples) program.example(example);
    program.action(() => undefined);
  }
  return program;
}

/** The names of an option, without dashes. */
const spellings = ({ flag }: Option): string[] => flag.split(/,\s*/).map((each) => each.replace(/^-+/, ""));

/** Parses one command's line; unknown flags and words too many are a Usage. */
function parse(command: Command, words: string[]): { values: Values; rest: string[] } {
  const unknown = (flag: string): never => {
    const bare = flag.replace(/^-+/, "");
    throw new exit.Usage(
      `${name(command)} has no option ${flag}${hint(bare, [...command.options.flatMap(spellings), "help"], "--")}`,
    );
  };
  const named = (takes: boolean): string[] => command.options.filter((each) => each.takes === takes).flatMap(spellings);
  const switches = named(false);
  // A switch is spelled out, or the parser would take the word behind it, and read digits in it as a number.
  const spelled = words.map((word) => (switches.includes(word.replace(/^--/, "")) ? `${word}=true` : word));
  const settings = { lazy: true, unknown, string: named(true), boolean: switches };
  const parsed = parser([command]).parse(["node", "synod", ...spelled], settings as { lazy: true }) as {
    args: unknown[];
  };
  const values = parsed.args.at(-1) as Values;
  const rest = [...parsed.args.slice(0, -1).filter((word) => word !== undefined), ...values._].map(String);
  const places = command.usage.split(" ").slice(1);
  if (!places.some((place) => place.includes("...")) && rest.length > places.length)
    throw new exit.Usage(`${name(command)} does not expect "${rest[places.length]}"`);
  return { values, rest };
}

/** What is refused because the command line is wrong. */
const MEANT: readonly number[] = [refusal.DEED_UNKNOWN, refusal.DEED_DEVICE, refusal.DEED_FIELD, refusal.TARGET_SHAPE];

/** What is refused because something is not installed. */
const LACKING: readonly number[] = [refusal.FLASH_TOOL];

/** Says how it went wrong, in one line, and gives its exit code. */
function explain(problem: unknown, topic: string): number {
  if (!(problem instanceof Error)) throw problem;
  const who = kleur.enabled && process.stderr.isTTY ? kleur.red("synod:") : "synod:";
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  if (problem instanceof exit.Usage) {
    say(`${who} ${problem.message}`);
    say(`       synod ${topic ? `${topic} ` : ""}--help shows what there is`);
    return exit.USAGE;
  }
  if (problem instanceof refusal.Refused) {
    say(`${who} ${problem.message} (${words.anchor(problem.number)})`);
    if (LACKING.includes(problem.number)) return exit.ENVIRONMENT;
    return MEANT.includes(problem.number) ? exit.USAGE : exit.FAILED;
  }
  if (problem instanceof exit.Environment) {
    say(`${who} ${problem.message}`);
    return exit.ENVIRONMENT;
  }
  if (problem instanceof exit.Failed) say(`${who} ${problem.message}`);
  else say(`${who} ${problem.stack ?? problem.message}`);
  return exit.FAILED;
}

async function help(): Promise<number> {
  const all = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  parser(all.map(({ command }) => command)).help();
  const { ABOUT } = await import("./target.ts");
  process.stdout.write(`  Fleets\n${ABOUT.map((line) => `    ${line}`).join("\n")}\n\n`);
  return exit.OK;
}

/** Runs one command line (without "node synod"); returns the exit code. */
export async function main(words: string[]): Promise<number> {
  kleur.enabled = process.stdout.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb";
  const [topic = ""] = words;
  try {
    if (["--version", "-v", "version"].includes(topic)) {
      process.stdout.write(`synod, ${version()}\n`);
      return exit.OK;
    }
    if (["--help", "-h", "help"].includes(topic) && !(words[1] in COMMANDS)) return await help();
    if (topic === "help") return await main([words[1], "--help"]);
    if (topic === "") {
      await help();
      return exit.USAGE;
    }
    if (!Object.hasOwn(COMMANDS, topic)) {
      const what = topic.startsWith("-")
        ? `options come after the command, so "${topic}"`
        : `there is no command "${topic}"`;
      throw new exit.Usage(
        topic.startsWith("-") ? `${what} is in the wrong place` : what + hint(topic, Object.keys(COMMANDS)),
      );
    }
    const { command } = await COMMANDS[topic]();
    if (words.includes("--help") || words.includes("-h")) {
      parser([command]).help(topic);
      return exit.OK;
    }
    const { values, rest } = parse(command, words);
    return await command.run(values, rest);
  } catch (problem) {
    return explain(problem, Object.hasOwn(COMMANDS, topic) ? topic : "");
  }
}

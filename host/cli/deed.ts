// `synod kill 3` and its like: one deed, done to the fleet that TARGET names.
//
//   kill, restart, lie DEVICE · slow DEVICE MS · corrupt DEVICE PERCENT · split GROUP GROUP ... · heal
//
//   a fleet that runs elsewhere   the deed is done, and the command ends
//   a fresh one                   --at seconds, the deed, --for seconds: did the others go on committing?
//
// Rule: every deed of host/tape/deed.ts has a command, and all commands are made here, alike.

import { sentence, SLOW_MAX_MS, type Deed } from "../tape/deed.ts";
import { seenOf } from "../target/seen.ts";
import type { Target } from "../target/target.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { plural } from "./render.ts";
import * as schedule from "./schedule.ts";
import * as named from "./target.ts";

interface Kind {
  readonly usage: string;
  readonly about: string;
  readonly examples: string[];
  /** The deed that the words behind the target ask for. */
  readonly deed: (words: readonly string[], n: number) => Deed;
  /** What is done to a fresh fleet first, so that there is something to undo. */
  readonly first?: (deed: Deed, n: number) => Deed;
}

/** What a fleet did around a deed. */
interface Told {
  readonly deed: string;
  readonly heightBefore: number;
  readonly heightAfter: number;
  readonly goesOn: boolean;
  readonly violations: number;
}

const extra = (words: readonly string[], most: number): void => {
  if (words.length > most) throw new exit.Usage(`"${words[most]}" is a word too many`);
};

/** `0,1` as devices of a group. */
function group(word: string, n: number): number[] {
  return word.split(",").map((each) => flag.integerOf(each, "a device of a group", 0, n - 1));
}

const onDevice =
  (verb: "kill" | "restart" | "lie") =>
  (words: readonly string[], n: number): Deed => {
    extra(words, 1);
    return { do: verb, device: named.device(words[0], n, verb) };
  };

const KINDS: Record<"kill" | "restart" | "lie" | "slow" | "corrupt" | "split" | "heal", Kind> = {
  kill: {
    usage: "kill [target] [device]",
    about: "Pull a device's plug (kill -9 for a process)",
    examples: ["kill 3", "kill sim:4 3", "kill http://127.0.0.1:7777 0"],
    deed: onDevice("kill"),
  },
  restart: {
    usage: "restart [target] [device]",
    about: "Power a device up again, with the flash that it has",
    examples: ["restart 3", "restart sim:4 3 --for 20"],
    deed: onDevice("restart"),
    first: (deed) => ({ do: "kill", device: (deed as { device: number }).device }),
  },
  lie: {
    usage: "lie [target] [device]",
    about: "Make a device contradict itself from now on (simulated fleets)",
    examples: ["lie 2", "lie sim:7 2 --json"],
    deed: onDevice("lie"),
  },
  slow: {
    usage: "slow [target] [device] [ms]",
    about: "Let a device's frames leave so much later; 0 ends it (simulated fleets)",
    examples: ["slow 1 200", "slow sim:4 1 500"],
    deed(words, n) {
      extra(words, 2);
      const device = named.device(words[0], n, "slow");
      return { do: "slow", device, ms: flag.integerOf(words[1] ?? "", "the delay, ms,", 0, SLOW_MAX_MS) };
    },
  },
  corrupt: {
    usage: "corrupt [target] [device] [percent]",
    about: "Damage so many of a device's frames; 0 ends it (simulated fleets)",
    examples: ["corrupt 1 50", "corrupt sim:4 1 100 --for 20"],
    deed(words, n) {
      extra(words, 2);
      const device = named.device(words[0], n, "corrupt");
      return { do: "corrupt", device, rate: flag.integerOf(words[1] ?? "", "the percentage", 0, 100) / 100 };
    },
  },
  split: {
    usage: "split [target] [...groups]",
    about: "Let the radio fall apart into groups; without groups, into even and odd devices",
    examples: ["split", "split 0,1 2,3", "split sim:7 0,1,2,3,4 5,6"],
    deed: (words, n) =>
      words.length === 0 ? schedule.evenAndOdd(n) : { do: "split", groups: words.map((word) => group(word, n)) },
  },
  heal: {
    usage: "heal [target]",
    about: "Let all devices hear each other again",
    examples: ["heal", "heal sim:4"],
    deed(words) {
      extra(words, 0);
      return { do: "heal" };
    },
    first: (_, n) => schedule.evenAndOdd(n),
  },
};

/** Runs a fresh fleet around the deed. */
async function around(target: Target, deed: Deed, first: Deed | null, atMs: number, forMs: number): Promise<Told> {
  const seen = seenOf(target.log);
  const say = (text: string): boolean => process.stderr.write(`${(target.nowMs / 1000).toFixed(1)} s  ${text}\n`);
  await target.advance(atMs);
  if (first !== null) {
    say(`height ${seen.height}, ${sentence(first)}`);
    await target.do(first);
    await target.advance(forMs);
  }
  const heightBefore = seen.height;
  say(`height ${heightBefore}, ${sentence(deed)}`);
  await target.do(deed);
  await target.advance(forMs);
  say(`height ${seen.height}`);
  const heightAfter = seen.height;
  const goesOn = heightAfter > heightBefore + 1; // one block may have been on its way
  return { deed: sentence(deed), heightBefore, heightAfter, goesOn, violations: seen.violations.length };
}

function describe({ heightBefore, heightAfter, goesOn, violations, deed }: Told, forMs: number): string {
  const blocks = plural(heightAfter - heightBefore, "block");
  const verdict = goesOn ? "the fleet goes on" : "the fleet stands still: too few are left that hear each other";
  return `${deed}; in the ${forMs / 1000} s behind it ${blocks} became final: ${verdict}, ${plural(violations, "violation")}\n`;
}

function command(kind: Kind): Command {
  return {
    usage: kind.usage,
    about: kind.about,
    more: named.ABOUT,
    options: [
      valued("--at", "Fresh fleet: seconds before the deed (default 5)"),
      valued("--for", "Fresh fleet: seconds behind it (default 10)"),
      ...named.OPTIONS,
      JSON_SWITCH,
    ],
    examples: kind.examples,
    async run(values, words) {
      const { word, rest } = named.split(words);
      const atMs = 1000 * flag.decimal(values, "at", 5, 0, 100_000);
      const forMs = 1000 * flag.decimal(values, "for", 10, 0.1, 100_000);
      kind.deed(rest, 32); // what is wrong for every fleet is said before one is opened
      return named.using(await named.open(word, named.options(values)), async (target) => {
        const deed = kind.deed(rest, target.n);
        const json = flag.on(values, "json");
        if (!named.fresh(target)) {
          await target.do(deed);
          process.stdout.write(json ? `${JSON.stringify({ deed: sentence(deed) })}\n` : `${sentence(deed)}\n`);
          return exit.OK;
        }
        const told = await around(target, deed, kind.first?.(deed, target.n) ?? null, atMs, forMs);
        process.stdout.write(json ? `${JSON.stringify(told)}\n` : describe(told, forMs));
        return told.violations > 0 ? exit.FAILED : exit.OK;
      });
    },
  };
}

export const kill = command(KINDS.kill);
export const restart = command(KINDS.restart);
export const lie = command(KINDS.lie);
export const slow = command(KINDS.slow);
export const corrupt = command(KINDS.corrupt);
export const split = command(KINDS.split);
export const heal = command(KINDS.heal);

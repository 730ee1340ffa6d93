// `synod tape TARGET`: the tape of a fleet, for replay, for the dashboard, for a bug report.
//
//   a fleet that runs elsewhere   its tape so far; with --seconds, what comes in that time too
//   a fresh one                   its first --seconds (20)
//
// Rule: what is written is the log's bytes, unchanged.

import { writeFileSync } from "node:fs";
import { Sim } from "../target/sim.ts";
import { seenOf } from "../target/seen.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { plural } from "./render.ts";
import * as named from "./target.ts";

const SECONDS = 20;

export const command: Command = {
  usage: "tape [target]",
  about: "Write a fleet's tape: everything that happened in it",
  more: [...named.ABOUT, "synod replay FILE repeats a simulated fleet from its tape; the dashboard shows any."],
  options: [
    valued("--out", "File to write (default fleet.tape)"),
    valued("--seconds", `Seconds to wait first: of a running fleet (default 0), of a fresh one (default ${SECONDS})`),
    ...named.OPTIONS,
    JSON_SWITCH,
  ],
  examples: ["tape --out now.tape", "tape sim:7 --seconds 60 --out run.tape", "tape posix:fleet --seconds 10"],
  async run(values, words) {
    const { word, rest } = named.split(words);
    if (rest.length > 0) throw new exit.Usage(`tape does not expect "${rest[0]}"`);
    const out = flag.text(values, "out") || "fleet.tape";
    const seconds = flag.decimal(values, "seconds", -1, 0, 100_000);
    return named.using(await named.open(word, named.options(values)), async (target) => {
      const wanted = seconds >= 0 ? seconds : named.fresh(target) ? SECONDS : 0;
      if (wanted > 0) await target.advance(wanted * 1000);
      if (target instanceof Sim) target.fleet.end();
      const bytes = target.log.bytes();
      writeFileSync(out, bytes);
      const { height } = seenOf(target.log);
      const told = { file: out, bytes: bytes.length, height, seconds: Math.round(target.nowMs) / 1000 };
      process.stdout.write(
        flag.on(values, "json")
          ? `${JSON.stringify(told)}\n`
          : `${out}: ${bytes.length} bytes, ${told.seconds} s of ${plural(target.n, "device")} up to height ${height}\n`,
      );
      return exit.OK;
    });
  },
};

// `synod replay FILE.tape`: puts a recorded device back through everything it ever heard, and says whether it did the same.
//
// Exit code 0: the trace hash is the recorded one, in every engine asked for. 1: it differs, and the first difference is named.

import { existsSync, readFileSync } from "node:fs";
import { compare, replay, type Replayed } from "../tape/replay.ts";
import { TapeError } from "../tape/tape.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";

function describe(name: string, done: Replayed): string {
  const { calls, powerUps, traceHash, expected, divergence } = done;
  const lines = [
    `${done.engine.padEnd(7)}${calls} calls, ${powerUps} power-ups`,
    `trace  ${traceHash}`,
    `tape   ${expected ?? "has no end record: nothing to compare with"}`,
  ];
  if (divergence) lines.push(`differs at call ${divergence.call}: ${divergence.sentence}`);
  else if (expected) lines.push("equal");
  return `${name}: ${lines.join("\n".padEnd(name.length + 3))}`;
}

export const command: Command = {
  usage: "replay [file]",
  about: "Replay a recorded device and compare its trace hash",
  more: [
    "A tape is made by up --tape DEVICE:FILE or sim --tape DEVICE:FILE; it holds all that went into one device.",
    "With --engine both, the two engines are also compared with each other, call by call.",
  ],
  options: [engine.option("wasm3"), valued("--wasm", "Module to replay in (default build/device.wasm)"), JSON_SWITCH],
  examples: ["replay bug.tape", "replay bug.tape --engine both --json"],
  async run(values, [file]) {
    if (!file) throw new exit.Usage("replay needs the tape, a file");
    const choice = engine.choose(values, "wasm3");
    if (!existsSync(file)) throw new exit.Usage(`there is no file ${file}`);
    const tape = new Uint8Array(readFileSync(file));
    const wasm = engine.module(flag.text(values, "wasm"));
    let failed = false;
    try {
      for (const which of engine.listed(choice)) {
        await engine.ready(which);
        const done = replay(tape, which, wasm);
        failed ||= done.divergence !== null;
        process.stdout.write(`${flag.on(values, "json") ? JSON.stringify({ file, ...done }) : describe(file, done)}\n`);
      }
      if (choice === "both" && failed) {
        const first = compare(tape, "v8", "wasm3", wasm);
        const words = first
          ? `V8 and wasm3 first differ at call ${first.call}: ${first.sentence}`
          : "V8 and wasm3 do the same";
        process.stderr.write(`${words}\n`);
      }
    } catch (error) {
      if (error instanceof TapeError) throw new exit.Failed(`${file}: ${error.message}`);
      throw error;
    }
    return failed ? exit.FAILED : exit.OK;
  },
};

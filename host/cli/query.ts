// `synod query`: asks one device of a fleet, and checks the proof of its answer.
//
//   query [TARGET] status | account WHOM | key WHOM | readings WHOM          (host/target/query.ts)
//
// Without TARGET a seeded fleet is run first, the same each time, which is what makes this a query. Values are verified against a
// state root that the other devices report too; a wrong proof is a failure.

import * as targets from "../target/open.ts";
import * as query from "../target/query.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { hint } from "./nearest.ts";
import * as named from "./target.ts";

/** Reads what is asked. */
function topicOf([topic, word]: readonly string[]): { topic: query.Topic; word: string | undefined } {
  const known = query.TOPICS.join(", ");
  if (!topic) throw new exit.Usage(`query what? It knows ${known}`);
  if (!query.TOPICS.includes(topic as query.Topic))
    throw new exit.Usage(`query knows ${known}, not "${topic}"${hint(topic, query.TOPICS)}`);
  if (topic !== "status" && word === undefined)
    throw new exit.Usage(`query ${topic} whom? A key id of 16 hex digits, or the number of a device`);
  return { topic: topic as query.Topic, word };
}

/** Asks a fresh fleet in each engine of the choice: the answer, which is the same in all. */
async function inEngines(
  values: flag.Values,
  word: string,
  ask: (target: targets.Options) => Promise<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const made = { ...named.options({ ...values, engine: undefined }), ...devices(values) };
  if (word.endsWith(".json") && flag.text(values, "engine") === "") return ask(made);
  const lines: string[] = [];
  for (const which of engine.listed(engine.choose(values, "v8"))) {
    await engine.ready(which);
    lines.push(JSON.stringify(await ask({ ...made, engine: which })));
  }
  if (new Set(lines).size > 1) throw new exit.Failed(`V8 and wasm3 answer differently:\n${lines.join("\n")}`);
  return JSON.parse(lines[0]) as Record<string, unknown>;
}

const devices = (values: flag.Values): { n?: number } =>
  flag.text(values, "n") === "" ? {} : { n: flag.integer(values, "n", 4, 1, 32) };

export const command: Command = {
  usage: "query [target] [what] [whom]",
  about: "Query a device of a fleet and verify its proof",
  more: [
    "status, account WHOM, key WHOM or readings WHOM; WHOM is a key id (16 hex digits) or the number of a device.",
    ...named.ABOUT.slice(0, 1),
    "        description · http://HOST:PORT a running fleet; without one, sim:4. A fresh fleet runs for --seconds first.",
  ],
  options: [
    valued("--n", "Devices of a fresh fleet (default 4)"),
    valued("--seconds", "Seconds that a fresh fleet runs before the query (default 20)"),
    valued("--device", "Which device is asked (default 0)"),
    valued("--seed", "Seed of a fresh simulated fleet (default 1)"),
    engine.option("v8"),
    valued("--token", "What the gateway of a running fleet asks for, when it asks"),
    JSON_SWITCH,
  ],
  examples: ["query account 1", "query http://127.0.0.1:7777 status", "query readings 0 --seconds 60 --json"],
  async run(values, words) {
    const { word, rest } = named.split(words);
    const { topic, word: whom } = topicOf(rest);
    const device = flag.integer(values, "device", 0, 0, 31);
    const seconds = flag.decimal(values, "seconds", 20, 1, 100_000);
    const answer = await inEngines(values, word, (made) =>
      targets.open(word || "sim:4", made).then((target) =>
        named.using(target, async () => {
          named.device(String(device), target.n, "ask");
          if (named.fresh(target)) await target.advance(seconds * 1000);
          return query.look(target, device, topic, whom);
        }),
      ),
    );
    if (flag.on(values, "json")) process.stdout.write(`${JSON.stringify(answer)}\n`);
    else for (const [name, value] of Object.entries(answer)) process.stdout.write(`${name.padEnd(20)}${value}\n`);
    return exit.OK;
  },
};

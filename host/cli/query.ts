// `synod query`: runs a seeded fleet for some virtual seconds, then asks one of its devices, and checks the answer's proof.
//
//   query status              epoch, view, heights, state root
//   query account WHOM        balance and nonce          WHOM: a key id of 16 hex digits, or the number of a device
//   query key WHOM            the registered public key
//   query readings WHOM       Merkle root, number and height of the newest batch of readings
//
// There is no running fleet to connect to: the same seed gives the same fleet each time, which is what makes this a query.
// Values are verified by host/client against a state root that the other devices report too; a wrong proof is a failure.

import * as request from "../../firmware/wire/request.ts";
import * as client from "../client/client.ts";
import { fromHex, hex, u16, u32 } from "../device/bytes.ts";
import * as words from "../wire/words.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import * as engine from "./engine.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import { DEMO, Live } from "./live.ts";
import { hint } from "./nearest.ts";

const TOPICS = ["status", "account", "key", "readings"];

interface Status {
  epoch: number;
  view: number;
  finalHeight: number;
  executedHeight: number;
  stateRoot: string;
}

/** Asks a device; its answer, or a Failed with the reason. */
function ask(live: Live, device: number, bytes: Uint8Array): Uint8Array {
  let answer: Uint8Array | undefined;
  live.fleet.on(({ device: from, said }) => {
    if (from === device && said.what === "event" && said.event.kind === "answer") answer ??= said.event.bytes.slice();
  });
  const reason = live.fleet.device(device).request(bytes);
  if (reason !== 0 || !answer) throw new exit.Failed(`device ${device} refuses the request: ${words.reason(reason)}`);
  return answer;
}

function status(live: Live, device: number): Status {
  const answer = ask(live, device, Uint8Array.of(request.STATUS));
  const [epoch, view, finalHeight, executedHeight] = [4, 8, 12, 16].map((at) => u32(answer, at));
  return { epoch, view, finalHeight, executedHeight, stateRoot: hex(answer, 24, 56) };
}

/** The proven value of a key, or null when the state has none; throws when the proof does not lead to the root. */
function proven(
  live: Live,
  device: number,
  key: Uint8Array,
  root: string,
): { value: Uint8Array | null; proof: number } {
  const asked = new Uint8Array(1 + key.length);
  asked[0] = request.QUERY;
  asked.set(key, 1);
  const answer = ask(live, device, asked);
  const proof = answer.subarray(4 + u16(answer, 2));
  try {
    return { value: client.verifyProof(fromHex(root), key, proof), proof: proof.length };
  } catch (error) {
    throw new exit.Failed(`device ${device} gave a proof that does not hold: ${(error as Error).message}`);
  }
}

/** The key id that a word names: hex, or the number of a device. */
function whom(live: Live, word: string | undefined, topic: string): Uint8Array {
  if (word === undefined)
    throw new exit.Usage(`query ${topic} whom? A key id of 16 hex digits, or the number of a device`);
  if (/^\d{1,2}$/.test(word)) {
    const device = flag.integerOf(word, "the device", 0, live.fleet.n - 1);
    return fromHex(live.fleet.device(device).kid);
  }
  return flag.hex(word, "the key id", 8);
}

/** What a value says. */
function read(topic: string, value: Uint8Array): Record<string, string | number> {
  if (topic === "account") {
    const { balance, nonce } = client.account(value);
    return { balance: String(balance), nonce: String(nonce) };
  }
  if (topic === "key") return { publicKey: hex(value, 0, 32) };
  const { root, readings, height } = client.batch(value);
  return { merkleRoot: hex(root), readings, height };
}

function look(live: Live, device: number, topic: string, word: string | undefined): Record<string, unknown> {
  const { stateRoot, executedHeight, ...rest } = status(live, device);
  const roots = live.roots(executedHeight);
  const agreed = roots.filter((root) => root === stateRoot).length;
  const where = { device, ...rest, executedHeight, stateRoot, devicesWithThisRoot: agreed };
  if (topic === "status") return where;
  const kid = whom(live, word, topic);
  const keyOf = { account: client.accountKey, key: client.publicKey, readings: client.readingsKey }[topic as "account"];
  const { value, proof } = proven(live, device, keyOf(kid), stateRoot);
  const found = value ? read(topic, value) : {};
  return { kid: hex(kid), found: value !== null, ...found, proofBytes: proof, proofHolds: true, ...where };
}

export const command: Command = {
  usage: "query [what] [whom]",
  about: "Run a seeded fleet, then query a device and verify its proof",
  more: [
    "status, account WHOM, key WHOM or readings WHOM; WHOM is a key id (16 hex digits) or the number of a device.",
    "No daemon is involved: the fleet of this seed is run first, for --seconds of virtual time, the same each time.",
  ],
  options: [
    valued("--n", "Devices of the fleet (default 4)"),
    valued("--seed", "Its seed (default 1)"),
    valued("--seconds", "Virtual seconds before the query (default 20)"),
    valued("--device", "Which device is asked (default 0)"),
    engine.option("v8"),
    JSON_SWITCH,
  ],
  examples: ["query account 1", "query readings 0 --seconds 60 --json", "query status --device 3"],
  async run(values, [topic, word]) {
    if (!topic) throw new exit.Usage(`query what? It knows ${TOPICS.join(", ")}`);
    if (!TOPICS.includes(topic))
      throw new exit.Usage(`query knows ${TOPICS.join(", ")}, not "${topic}"${hint(topic, TOPICS)}`);
    const n = flag.integer(values, "n", 4, 1, 32);
    const device = flag.integer(values, "device", 0, 0, n - 1);
    const seconds = flag.decimal(values, "seconds", 20, 1, 100_000);
    const seed = flag.integer(values, "seed", 1, 0, Number.MAX_SAFE_INTEGER);
    const lines: string[] = [];
    for (const which of engine.listed(engine.choose(values, "v8"))) {
      await engine.ready(which);
      const live = new Live({ n, seed, engine: which, wasm: engine.built("device.wasm"), ...DEMO });
      try {
        live.run(seconds * 1000);
        lines.push(JSON.stringify(look(live, device, topic, word)));
      } finally {
        live.close();
      }
    }
    if (new Set(lines).size > 1) throw new exit.Failed(`V8 and wasm3 answer differently:\n${lines.join("\n")}`);
    if (flag.on(values, "json")) process.stdout.write(`${lines[0]}\n`);
    else
      for (const [name, value] of Object.entries(JSON.parse(lines[0]) as Record<string, unknown>))
        process.stdout.write(`${name.padEnd(20)}${value}\n`);
    return exit.OK;
  },
};

// `synod tx submit | pay | enrol`: transactions that go to a fleet.
//
//   submit [TARGET] TRANSACTION       one that was made elsewhere: hex, a file with it, or - for stdin
//   pay [TARGET] DEVICE WHOM AMOUNT   a device pays from its own account
//   enrol [TARGET] DEVICE KEY         a device registers a public key, which gets an account
//
// A fresh fleet runs for a while first. Rule: a transaction that a device refuses, or that is executed without effect, is a failure,
// with the reason in words.

import { existsSync, readFileSync } from "node:fs";
import * as request from "../../firmware/wire/request.ts";
import * as query from "../target/query.ts";
import { seenOf } from "../target/seen.ts";
import type { Target } from "../target/target.ts";
import * as words from "../wire/words.ts";
import { valued, type Option } from "./command.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import * as named from "./target.ts";

export const DEEDS = ["submit", "pay", "enrol"] as const;
export type SubmitDeed = (typeof DEEDS)[number];

export const OPTIONS: Option[] = [
  valued("--device", "submit: the device that is handed the transaction (default 0)"),
  valued("--seconds", "Fresh fleet: seconds that it runs first (default 5)"),
  valued("--wait", "Seconds to wait for the transaction's effect (default: 0, of a fresh fleet 30)"),
  ...named.OPTIONS,
];

const STEP_MS = 50;

/** What became of a transaction. */
interface Told {
  readonly id: string;
  readonly device: number;
  /** Height at which it was executed; null while it is not known. */
  readonly height: number | null;
  readonly reason: number;
  readonly words: string;
}

/** The transaction that a word names: hex, a file of hex or JSON with "cose", or - for stdin. */
function transaction(word: string): Uint8Array {
  if (word !== "-" && !existsSync(word)) return flag.hex(word, "the transaction, when it is no file,");
  const text = readFileSync(word === "-" ? 0 : word, "utf8").trim();
  if (!text.startsWith("{")) return flag.hex(text, `the transaction in ${word}`);
  let cose: unknown;
  try {
    ({ cose } = JSON.parse(text) as { cose?: unknown });
  } catch {
    throw new exit.Usage(`${word} is neither hex nor the JSON that synod tx ... --json prints`);
  }
  if (typeof cose !== "string") throw new exit.Usage(`${word} has no "cose": sign the transaction with --key first`);
  return flag.hex(cose, `"cose" in ${word}`);
}

/** Which device is asked, and the request. */
type Ask = (target: Target) => { device: number; bytes: Uint8Array };

/** Reads the words behind the target; what is wrong for every fleet is said before one is opened. */
function read(deed: SubmitDeed, values: flag.Values, rest: readonly string[]): Ask {
  const most = { submit: 1, pay: 3, enrol: 2 }[deed];
  if (rest.length > most) throw new exit.Usage(`tx ${deed} does not expect "${rest[most]}"`);
  const [first = "", second = "", third = ""] = rest;
  if (deed === "submit") {
    if (first === "") throw new exit.Usage("tx submit needs the transaction: hex, a file, or - for stdin");
    const bytes = query.asked(request.SUBMIT, transaction(first));
    const device = flag.integer(values, "device", 0, 0, 31);
    return (target) => ({ device: named.device(String(device), target.n, "ask"), bytes });
  }
  if (deed === "enrol") {
    if (second === "") throw new exit.Usage("tx enrol needs a device and a public key: tx enrol 0 d75a...511a");
    const bytes = query.asked(request.REGISTER, flag.hex(second, "the public key", 32));
    return (target) => ({ device: named.device(first, target.n, "enrol at"), bytes });
  }
  if (third === "") throw new exit.Usage("tx pay needs a device, whom it pays and how much: tx pay 0 1 25");
  const amount = flag.amount(third, "the amount");
  const fee = flag.amount(flag.text(values, "fee") || "1", "--fee");
  return (target) => ({
    device: named.device(first, target.n, "pay from"),
    bytes: query.pay(query.whom(target, second), amount, fee),
  });
}

async function follow(target: Target, { device, bytes }: ReturnType<Ask>, waitMs: number): Promise<Told> {
  const { reason, submitted } = await target.request(device, bytes);
  if (reason !== 0 || submitted === null) throw new exit.Failed(`device ${device} refuses it: ${words.reason(reason)}`);
  const seen = seenOf(target.log);
  const endMs = target.nowMs + waitMs;
  while (!seen.results.has(submitted) && target.nowMs < endMs) await target.advance(STEP_MS);
  const result = seen.results.get(submitted);
  if (result !== undefined)
    return { id: submitted, device, height: result.height, reason: result.reason, words: words.reason(result.reason) };
  if (waitMs > 0) throw new exit.Failed(`${submitted} is not final after ${waitMs / 1000} s; is a quorum up?`);
  return { id: submitted, device, height: null, reason: 0, words: `Device ${device} took it; it waits for a block.` };
}

/** Runs one of DEEDS; the exit code. */
export async function run(deed: SubmitDeed, values: flag.Values, rest: string[]): Promise<number> {
  const { word, rest: own } = named.split(rest);
  const ask = read(deed, values, own);
  const seconds = flag.decimal(values, "seconds", 5, 0, 100_000);
  const wait = flag.decimal(values, "wait", -1, 0, 100_000);
  return named.using(await named.open(word, named.options(values)), async (target) => {
    const asked = ask(target);
    if (named.fresh(target)) await target.advance(seconds * 1000);
    const told = await follow(target, asked, 1000 * (wait >= 0 ? wait : named.fresh(target) ? 30 : 0));
    const { height, reason } = told;
    const had = reason === 0 ? "It took effect" : `It had no effect: ${told.words} It was executed`;
    const effect = height === null ? told.words : `${had} at height ${height}.`;
    process.stdout.write(flag.on(values, "json") ? `${JSON.stringify(told)}\n` : `${told.id}  ${effect}\n`);
    return told.reason === 0 ? exit.OK : exit.FAILED;
  });
}

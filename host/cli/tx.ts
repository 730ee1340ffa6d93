// `synod tx`: makes transactions with any key, explains those that exist, and hands them to a fleet.
//
//   tx transfer|register|readings ...   --key FILE: signed, as COSE hex and in diagnostic notation
//                                       without: the bytes to sign (Sig_structure), for a signer elsewhere
//   tx show HEX                         in words; --public checks the signature
//   tx submit|pay|enrol [TARGET] ...    to a fleet (submit.ts); the others send nothing anywhere
//
// Signatures are checked as devices do: cofactored, ZIP-215 (host/client).

import * as client from "../client/client.ts";
import { decode, encode, type Value } from "../client/cbor.ts";
import { JSON_SWITCH, valued, type Command } from "./command.ts";
import { diagnose } from "./diagnostic.ts";
import * as exit from "./exit.ts";
import * as flag from "./flag.ts";
import * as keyfile from "./keyfile.ts";
import { hint } from "./nearest.ts";
import * as submit from "./submit.ts";
import * as named from "./target.ts";

const MADE = ["transfer", "register", "readings"];
const DEEDS = [...MADE, "show", ...submit.DEEDS];
const UNITS: Record<string, string> = { temp: "mCel", temperature: "mCel", humidity: "m%RH" };

const needed = (values: flag.Values, name: string): string => {
  const given = flag.text(values, name);
  if (given === "") throw new exit.Usage(`this transaction needs --${name}`);
  return given;
};

/** `temp=27.97` as a reading. */
function reading(word: string, time: number): client.Reading {
  const [, name, sign, whole, part = ""] = /^([A-Za-z][\w-]*)=(-?)(\d+)(?:\.(\d{1,3}))?$/.exec(word) ?? [];
  if (!name) throw new exit.Usage(`a reading is NAME=VALUE with at most three decimals, not "${word}"`);
  const magnitude = BigInt(whole) * 1000n + BigInt(part.padEnd(3, "0"));
  return { name, unit: UNITS[name] ?? "m", value: sign ? -magnitude : magnitude, time: BigInt(time) };
}

/** Thousandths as a decimal, exactly. */
function exact(value: bigint): string {
  const [sign, size] = value < 0n ? ["-", -value] : ["", value];
  return `${sign}${size / 1000n}.${String(size % 1000n).padStart(3, "0")}`;
}

/** Type and arguments of the transaction that a command line asks for. */
function body(deed: string, values: flag.Values, words: string[]): Value[] {
  if (deed === "transfer") {
    const to = flag.hex(needed(values, "to"), "--to", 8);
    return [client.TRANSFER, to, flag.amount(needed(values, "amount"), "--amount")];
  }
  if (deed === "register") return [client.REGISTER, client.coseKey(flag.hex(needed(values, "public"), "--public", 32))];
  if (words.length < 1 || words.length > 8) throw new exit.Usage("tx readings needs 1 to 8 readings, like temp=27.97");
  const at = flag.integer(values, "at", 0, 0, 0xffffffff);
  const batch = words.map((word) => reading(word, at));
  return [client.READINGS, client.merkleRoot(client.records(batch)), client.pack(batch)];
}

function payload(deed: string, values: flag.Values, words: string[]): Uint8Array {
  const cell = flag.hex(needed(values, "cell"), "--cell", 8);
  const nonce = flag.amount(flag.text(values, "nonce") || "0", "--nonce");
  const fee = flag.amount(flag.text(values, "fee") || "1", "--fee");
  const expiry = flag.integer(values, "expiry", 0xffffffff, 1, 0xffffffff);
  return encode([cell, nonce, fee, expiry, ...body(deed, values, words)]);
}

/** What a transaction does, as sentences. */
function explain({ cell, nonce, fee, expiry, type, kid, subject, amount, readings }: client.Transaction): string[] {
  const who = `key ${flag.toHex(kid)}`;
  const deed = {
    [client.TRANSFER]: `A transfer: ${who} pays ${amount} to ${flag.toHex(subject)}.`,
    [client.REGISTER]: `A registration: ${who} adds public key ${flag.toHex(subject)}.`,
    [client.READINGS]: `Sensor readings: ${who} signs ${readings.length} under Merkle root ${flag.toHex(subject)}.`,
  }[type];
  return [
    deed ?? `Type ${type} by ${who}.`,
    ...readings.map(({ name, unit, value, time }) => `  ${time} s  ${name} ${exact(value)} ${unit.replace(/^m/, "")}`),
    `It pays a fee of ${fee} to the proposer of its block and is number ${nonce} of that key.`,
    `It holds in cell ${flag.toHex(cell)} only, up to height ${expiry}.`,
  ];
}

/** The facts of a signed message, for people and for scripts. */
function facts(bytes: Uint8Array, publicKey?: Uint8Array): Record<string, unknown> {
  const parsed = client.parse(bytes);
  const { kid, cell, nonce, fee, expiry, type } = parsed;
  const verified =
    publicKey && client.verify(parsed, publicKey) && flag.toHex(client.kid(publicKey)) === flag.toHex(kid);
  return {
    words: explain(parsed),
    id: flag.toHex(client.id(bytes)),
    kid: flag.toHex(kid),
    cell: flag.toHex(cell),
    nonce: String(nonce),
    fee: String(fee),
    expiry,
    type: MADE[type - 1],
    ...(publicKey ? { signatureHolds: verified } : {}),
    bytes: bytes.length,
    diagnostic: diagnose(decode(bytes)),
    cose: flag.toHex(bytes),
  };
}

function print(values: flag.Values, found: Record<string, unknown>): void {
  if (flag.on(values, "json")) return void process.stdout.write(`${JSON.stringify(found)}\n`);
  const lines = [...(found.words as string[])];
  if ("signatureHolds" in found)
    lines.push(`The signature ${found.signatureHolds ? "holds" : "does NOT hold"} under that key.`);
  for (const name of ["id", "bytes", "diagnostic", "payload", "toBeSigned", "cose"])
    if (name in found) lines.push("", `${name}:`, String(found[name]));
  process.stdout.write(`${lines.join("\n")}\n`);
}

function show(values: flag.Values, words: string[]): number {
  if (words.length === 0) throw new exit.Usage("tx show needs the transaction, in hex");
  const given = flag.text(values, "public");
  const publicKey = given ? flag.hex(given, "--public", 32) : undefined;
  const bytes = flag.hex(words.join(""), "the transaction");
  let found: Record<string, unknown>;
  try {
    found = facts(bytes, publicKey);
  } catch (error) {
    throw new exit.Failed(`a device would refuse this: ${(error as Error).message}`);
  }
  print(values, found);
  return found.signatureHolds === false ? exit.FAILED : exit.OK;
}

function make(deed: string, values: flag.Values, words: string[]): number {
  const made = payload(deed, values, words);
  const file = flag.text(values, "key");
  if (file) print(values, facts(client.sign1(keyfile.read(file), made)));
  else
    print(values, {
      words: ["Not signed: --key FILE signs it. Another signer signs the bytes under toBeSigned with Ed25519."],
      diagnostic: diagnose(decode(made)),
      payload: flag.toHex(made),
      toBeSigned: flag.toHex(client.toBeSigned(made)),
    });
  return exit.OK;
}

export const command: Command = {
  usage: "tx [what] [...words]",
  about: "Make, sign, explain and submit transactions (COSE_Sign1)",
  more: [
    "transfer --to KID --amount N  |  register --public KEY  |  readings temp=27.97 humidity=45.93  |  show HEX",
    "Without --key the bytes to be signed are printed, for a signer elsewhere. These send nothing; these do:",
    "submit [TARGET] HEX|FILE|-  |  pay [TARGET] DEVICE WHOM AMOUNT  |  enrol [TARGET] DEVICE KEY",
    ...named.ABOUT,
  ],
  options: [
    valued("--key", "Key file that signs (synod keygen --out FILE)"),
    valued("--cell", "Cell: first 8 bytes of the genesis hash, hex"),
    valued("--nonce", "How many transactions of this key came before (default 0)"),
    valued("--fee", "Fee to the proposer (default 1)"),
    valued("--expiry", "Last height at which it may be included (default 4294967295)"),
    valued("--to", "transfer: key id of the receiver, hex"),
    valued("--amount", "transfer: how much"),
    valued("--public", "register: the public key, hex. show: check the signature under this key"),
    valued("--at", "readings: seconds since genesis (default 0)"),
    ...submit.OPTIONS,
    JSON_SWITCH,
  ],
  examples: [
    "tx transfer --key operator.jwk --cell 6dd8f5c2a3b1e409 --to 4f2a90b1c3d5e7f8 --amount 25",
    "tx register --key operator.jwk --cell 6dd8f5c2a3b1e409 --nonce 1 --public d75a...511a",
    "tx readings --key operator.jwk --cell 6dd8f5c2a3b1e409 temp=27.97 humidity=45.93",
    "tx show d28443a10127...",
    "tx submit fleet.json made.json",
    "tx pay sim:4 0 1 25",
  ],
  async run(values, [deed, ...words]) {
    if (!deed) throw new exit.Usage(`tx what? It knows ${DEEDS.join(", ")}`);
    if (!DEEDS.includes(deed)) throw new exit.Usage(`tx knows ${DEEDS.join(", ")}, not "${deed}"${hint(deed, DEEDS)}`);
    if (deed === "show") return show(values, words);
    const sent = submit.DEEDS.find((each) => each === deed);
    if (sent !== undefined) return submit.run(sent, values, words);
    if (deed !== "readings" && words.length > 0) throw new exit.Usage(`tx ${deed} does not expect "${words[0]}"`);
    return make(deed, values, words);
  },
};

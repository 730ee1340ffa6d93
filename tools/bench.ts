// `npm run bench`: what the device's crypto costs in wasm3, in instructions, beside libsodium's native code in the same run.
//
//   npm run bench              a table
//   npm run -s bench -- --json      {compiler, rows: [{name, rival, rivalValue, ours, ratio, must, goal, pass}]}
//   npm run bench -- verify    only rows whose name contains the word
//   npm run bench -- --record  the same, and test/budget.json remembers the counts: a test fails when one grows by 3 %
//
//   unit "instructions": of this x86 machine, counted by cachegrind       unit "ops": operations that wasm3 executes
//   must, goal: limits on ours, or on the ratio where `limits` says so. Units of a row are per call, or per byte.
//
// Rule: a figure that is over its limit is printed as it is, and the command still ends with 0.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import kleur from "kleur";
import { compiler, version } from "./boards.mjs";
import { missing, ops, rival, x86, type Job, type Step } from "./count.ts";
import { step } from "./progress.mjs";

const wasm = process.env.SYNOD_DEBUG_WASM ?? fileURLToPath(new URL("../build/debug.wasm", import.meta.url));
const budget = fileURLToPath(new URL("../test/budget.json", import.meta.url));

type Work = "verify" | "sign" | "keygen" | "sha256" | "sha512";

/** One line of the table: what is counted, against what, and the limits. */
interface Plan {
  name: string;
  unit: "instructions" | "ops";
  limits: "ours" | "ratio";
  must: number;
  goal: number;
  /** What libsodium does for the same end. */
  rival?: Work;
  /** Ours, and how much work it is (signatures, bytes). */
  ours: () => Promise<number>;
}

export interface Row {
  name: string;
  unit: string;
  rival: string | null;
  rivalValue: number | null;
  ours: number;
  ratio: number | null;
  limits: "ours" | "ratio";
  must: number;
  goal: number;
  pass: boolean;
}

// ---- inputs, at addresses that no layer uses between calls ----

const SEED = 0x1c00; // the input region
const KEY = 0x1c20;
const PEER = KEY; // an x25519 key: any 32 bytes are
const SIGNATURE = 0x1c40;
const MESSAGE = 0x1c80;
const ENTRIES = 0x2a00; // the effect ring: 7.5 KiB
const HEAD = 0x3500; // of a prepared key, its table behind it
const TABLE = HEAD + 64;
const LONG = 4096;

/** Key pair number `of`, its signature of the 32-byte message number i, by node:crypto. */
function signed(i: number, of = i): { seed: Uint8Array; key: Uint8Array; signature: Uint8Array; message: Uint8Array } {
  const seed = Uint8Array.from({ length: 32 }, (_, k) => (7 * k + 31 * of + 1) & 0xff);
  const message = Uint8Array.from({ length: 32 }, (_, k) => (5 * k + 17 * i) & 0xff);
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex"); // PKCS #8 of an Ed25519 seed, RFC 8410
  const secret = createPrivateKey({ key: Buffer.from([...prefix, ...seed]), format: "der", type: "pkcs8" });
  const key = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);
  return { seed, key: new Uint8Array(key), signature: new Uint8Array(sign(null, message, secret)), message };
}

const one = signed(0);
const setup: Step[] = [
  { write: SEED, bytes: one.seed },
  { write: KEY, bytes: one.key },
  { write: SIGNATURE, bytes: one.signature },
  { write: MESSAGE, bytes: one.message },
];

function entries(k: number, of?: number): Step[] {
  return Array.from({ length: k }, (_, i) => {
    const s = signed(i + 1, of);
    return { write: ENTRIES + 128 * i, bytes: Uint8Array.of(...s.key, ...s.signature, ...s.message) };
  });
}

/** Counts and checks that the last call said what it must. */
async function counted(job: Omit<Job, "wasm">, expected: bigint | null, count = x86): Promise<number> {
  const found = await count({ wasm, ...job });
  if (expected !== null && found.result !== expected)
    throw new Error(`${job.name} returned ${found.result}, expected ${expected}`);
  return found.count;
}

/** Instructions per byte, from a long message less an empty one. */
async function perByte(name: string): Promise<number> {
  const hash = (n: number) => counted({ name, args: [ENTRIES, n, SEED], repeats: 8 }, null);
  return ((await hash(LONG)) - (await hash(0))) / LONG;
}

async function rivalPerByte(work: Work): Promise<number | null> {
  const [long, short] = [await rival(work, LONG), await rival(work, 0)];
  return long && short ? (long.count - short.count) / LONG : null;
}

const verify = { name: "crypto_ed25519_verify", args: [KEY, MESSAGE, 32, SIGNATURE], setup };
const batch = async (k: number) =>
  (await counted({ name: "bench_batch", args: [ENTRIES, k], setup: entries(k), repeats: 2 }, 0n)) / k;

/** A prepared key with a table of one or two halves: 1,728 or 3,456 B. All signatures are by it: other keys would cost the same. */
const prepared = (halves: number): Step[] => [
  ...setup,
  { call: "crypto_cached_prepare", args: [HEAD, KEY, TABLE, halves] },
];
const cached = (halves: number) =>
  counted(
    {
      name: "crypto_ed25519_verifyCached",
      args: [HEAD, MESSAGE, 32, SIGNATURE],
      setup: prepared(halves),
    },
    1n,
  );
const cachedBatch = async (k: number) =>
  (await counted(
    { name: "bench_batchCached", args: [HEAD, ENTRIES, k], setup: [...prepared(2), ...entries(k, 0)], repeats: 2 },
    0n,
  )) / k;
const field = (name: string, more: number[]) =>
  counted({ name, args: [ENTRIES, ENTRIES + 64, ...more], repeats: 1 }, null, ops);

// ---- the table. Limits: the project's numbers to reach ----

const PLANS: Plan[] = [
  {
    name: "verify",
    unit: "instructions",
    limits: "ratio",
    must: 12.0,
    goal: 9.2,
    rival: "verify",
    ours: () => counted(verify, 1n),
  },
  {
    name: "batch of 3, per signature",
    unit: "instructions",
    limits: "ours",
    must: 5.0e6,
    goal: 4.5e6,
    rival: "verify",
    ours: () => batch(3),
  },
  {
    name: "batch of 21, per signature",
    unit: "instructions",
    limits: "ours",
    must: 3.6e6,
    goal: 3.2e6,
    rival: "verify",
    ours: () => batch(21),
  },
  ...[2, 1].map((halves): Plan => ({
    name: `verify, cached key ${halves === 2 ? "3.5" : "1.8"} KB`,
    unit: "instructions",
    limits: "ours",
    must: 4.5e6,
    goal: 3.2e6,
    rival: "verify",
    ours: () => cached(halves),
  })),
  ...[3, 21].map((k): Plan => ({
    name: `batch of ${k}, cached keys`,
    unit: "instructions",
    limits: "ours",
    must: k === 3 ? 3.4e6 : 2.6e6,
    goal: k === 3 ? 3.1e6 : 2.2e6,
    rival: "verify",
    ours: () => cachedBatch(k),
  })),
  {
    name: "sign",
    unit: "instructions",
    limits: "ours",
    must: 2.7e6,
    goal: 2.4e6,
    rival: "sign",
    ours: () => counted({ name: "crypto_ed25519_sign", args: [SEED, KEY, MESSAGE, 32, ENTRIES], setup }, null),
  },
  {
    name: "key generation",
    unit: "instructions",
    limits: "ours",
    must: 2.55e6,
    goal: 2.2e6,
    rival: "keygen",
    ours: () => counted({ name: "crypto_ed25519_publicKey", args: [SEED, ENTRIES], setup }, null),
  },
  {
    name: "x25519",
    unit: "instructions",
    limits: "ours",
    must: 6.5e6,
    goal: 5.5e6,
    ours: () => counted({ name: "crypto_x25519_shared", args: [SEED, PEER, ENTRIES], setup }, 1n),
  },
  {
    name: "x25519 public key",
    unit: "instructions",
    limits: "ours",
    must: 2.55e6,
    goal: 2.2e6,
    ours: () => counted({ name: "crypto_x25519_publicKey", args: [SEED, ENTRIES], setup }, null),
  },
  {
    name: "ChaCha20-Poly1305, per byte",
    unit: "instructions",
    limits: "ours",
    must: 242, // Monocypher compiled to wasm, in wasm3
    goal: 170,
    ours: () => perByte("crypto_aead_count"),
  },
  {
    name: "SHA-256, per byte",
    unit: "instructions",
    limits: "ours",
    must: 325,
    goal: 300,
    rival: "sha256",
    ours: () => perByte("crypto_sha256_hash"),
  },
  {
    name: "SHA-512, per byte",
    unit: "instructions",
    limits: "ours",
    must: 200,
    goal: 185,
    rival: "sha512",
    ours: () => perByte("crypto_sha512_hash"),
  },
  {
    name: "field multiply",
    unit: "ops",
    limits: "ours",
    must: 387,
    goal: 370,
    ours: () => field("crypto_field_mul", [ENTRIES + 128]),
  },
  {
    name: "field square",
    unit: "ops",
    limits: "ours",
    must: 268,
    goal: 255,
    ours: () => field("crypto_field_sq", [1]),
  },
];

/** What test/budget.json remembers. Instructions hold for one compiler of wasm3, operations for every one. */
export interface Recorded {
  compiler: string;
  instructions: Record<string, number>;
  ops: Record<string, number>;
}

/** The counts that are guarded, by name, with their units. */
export const guarded = (): { name: string; unit: "instructions" | "ops" }[] =>
  PLANS.map(({ name, unit }) => ({ name, unit }));

/** What the row of this name takes now, without its rival. */
export const countOf = (name: string): Promise<number> => PLANS.find((p) => p.name === name)!.ours();

export const recorded = (): Recorded => JSON.parse(readFileSync(budget, "utf8")).counts;

/** Takes these rows into test/budget.json. With another compiler than before, all instructions must be among them. */
function record({ compiler, rows }: { compiler: string; rows: Row[] }): void {
  const all = JSON.parse(readFileSync(budget, "utf8"));
  const old: Recorded = all.counts;
  const counts = old?.compiler === compiler ? old : { compiler, instructions: {}, ops: old?.ops ?? {} };
  const known = new Set(PLANS.map((p) => p.name));
  for (const r of rows) counts[r.unit === "ops" ? "ops" : "instructions"][r.name] = Math.round(r.ours * 10) / 10;
  for (const unit of ["instructions", "ops"] as const)
    for (const name of Object.keys(counts[unit])) if (!known.has(name)) delete counts[unit][name];
  writeFileSync(budget, `${JSON.stringify({ ...all, counts }, null, 2)}\n`);
}

async function measure(plan: Plan): Promise<Row> {
  const ours = await plan.ours();
  const hash = plan.rival?.startsWith("sha") ?? false;
  const beside = plan.rival
    ? hash
      ? await rivalPerByte(plan.rival)
      : ((await rival(plan.rival))?.count ?? null)
    : null;
  const ratio = beside === null ? null : ours / beside;
  const judged = plan.limits === "ratio" ? ratio : ours;
  return {
    name: plan.name,
    unit: plan.unit,
    rival: beside === null ? null : `libsodium ${plan.rival}`,
    rivalValue: beside,
    ours,
    ratio,
    limits: plan.limits,
    must: plan.must,
    goal: plan.goal,
    pass: judged !== null && judged <= plan.must,
  };
}

/** Measures the rows whose name contains one of the words; all without words. */
export async function bench(words: string[] = []): Promise<{ compiler: string; rows: Row[] }> {
  const chosen = PLANS.filter(
    (p) => words.length === 0 || words.some((w) => p.name.toLowerCase().includes(w.toLowerCase())),
  );
  const rows: Row[] = [];
  for (const plan of chosen) rows.push(await step(`counting ${plan.name}`, () => measure(plan), { quiet: true }));
  return { compiler: version(compiler()), rows };
}

// ---- printing ----

const short = (n: number | null) =>
  n === null
    ? "-"
    : n >= 1e5
      ? `${(n / 1e6).toFixed(2)} M`
      : n >= 1000
        ? n.toFixed(0)
        : String(Math.round(n * 10) / 10);

function print({ compiler: cc, rows }: { compiler: string; rows: Row[] }): void {
  kleur.enabled = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  console.log(`Counts on x86-64: our wasm in wasm3 beside libsodium's native code. wasm3 built by ${cc}.\n`);
  const line = (cells: string[]) => cells.map((c, i) => (i === 0 ? c.padEnd(28) : c.padStart(11))).join(" ");
  console.log(kleur.bold(line(["", "libsodium", "ours", "ratio", "must", "goal", "unit        "])));
  for (const r of rows) {
    const limit = (n: number) => (r.limits === "ratio" ? `x${n.toFixed(1)}` : short(n));
    const judged = r.limits === "ratio" ? r.ratio : r.ours;
    const colour = !r.pass ? kleur.red : judged !== null && judged <= r.goal ? kleur.green : kleur.yellow;
    const ratio = r.ratio === null ? "-" : `x${r.ratio.toFixed(1)}`;
    const text = line([
      r.name,
      short(r.rivalValue),
      short(r.ours),
      ratio,
      limit(r.must),
      limit(r.goal),
      r.unit.padEnd(12),
    ]);
    console.log(colour(text) + (r.pass ? "" : "  over its limit"));
  }
}

async function main(args: string[]): Promise<number> {
  const why = missing();
  if (why) {
    console.error(why);
    return 3;
  }
  const result = await bench(args.filter((a) => !a.startsWith("--")));
  if (args.includes("--record")) record(result);
  if (args.includes("--json")) console.log(JSON.stringify(result, null, 1));
  else print(result);
  return 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv.slice(2));

// The rows of `npm run bench`: what is measured, against what, and the numbers to reach.
//
//   { name, unit, measure, must?, goal?, limits? }      measure() -> { ours, rival?, ratio? }
//
//   unit         one of UNITS, which says whose compiler a count depends on; a row of another unit is one more line there
//   must, goal   limits on ours, or on the ratio where `limits` says so; a row without them is printed, never judged
//
// Units of a row are per call, per signature or per byte, as its name says. Rule: a row names what it really runs, and checks that the last call said
// what it must.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { fileURLToPath } from "node:url";
import { onBoard as board, ops, rival, x86, type Job, type Step, type Work } from "./count.ts";
import { perBlock } from "./course.ts";
import { RIVALS, speed, type Rival } from "./speed.ts";

/** Units: what a figure counts, what it depends on, and whether test/budget.json remembers it. A time is never remembered. */
export const UNITS = {
  instructions: { says: "x86-64 instructions", by: "compiler", recorded: true },
  "thumb-2": { says: "Thumb-2 instructions on the emulated Cortex-M4", by: "arm", recorded: true },
  rv32imc: { says: "instructions on the emulated rv32imc core", by: "riscv", recorded: true },
  bytes: { says: "bytes", by: "arm", recorded: true },
  ops: { says: "operations of wasm3", by: null, recorded: true },
  "us of CPU": { says: "microseconds of CPU in V8", by: null, recorded: false },
} as const;
export type Unit = keyof typeof UNITS;

export interface Measured {
  ours: number;
  /** What the rival takes; null when it is not installed. */
  rival?: number | null;
  /** Ours to the rival's, where it is more exact than their quotient. */
  ratio?: number;
}

export interface Plan {
  name: string;
  unit: Unit;
  limits?: "ours" | "ratio";
  must?: number;
  goal?: number;
  /** Who does the same. */
  rival?: string;
  /** Ours and, unless `alone`, the rival's. */
  measure: (alone?: boolean) => Promise<Measured>;
}

const wasm = process.env.SYNOD_DEBUG_WASM ?? fileURLToPath(new URL("../build/debug.wasm", import.meta.url));

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

// ---- counting ----

type Call = Omit<Job, "wasm">;
type Counter = (job: Job) => Promise<{ count: number; result: bigint }>;

/** Counts and checks that the last call said what it must. */
async function counted(call: Call, expected: bigint | null, count: Counter = x86): Promise<number> {
  const found = await count({ wasm, ...call });
  if (expected !== null && found.result !== expected)
    throw new Error(`${call.name} returned ${found.result}, expected ${expected}`);
  return found.count;
}

/** Per byte, from a long message less an empty one. */
async function perByte(name: string, count?: Counter): Promise<number> {
  const hash = (n: number) => counted({ name, args: [ENTRIES, n, SEED], repeats: 8 }, null, count);
  return ((await hash(LONG)) - (await hash(0))) / LONG;
}

async function rivalPerByte(work: Work): Promise<number | null> {
  const [long, short] = [await rival(work, LONG), await rival(work, 0)];
  return long && short ? (long.count - short.count) / LONG : null;
}

/** Work that cachegrind counts, ours and libsodium's. */
function native(ours: () => Promise<number>, work: Work, each = async (w: Work) => (await rival(w))?.count ?? null) {
  return {
    unit: "instructions" as const,
    rival: `libsodium ${work}`,
    measure: async (alone = false) => ({ ours: await ours(), rival: alone ? null : await each(work) }),
  };
}

// ---- the calls ----

const verify: Call = { name: "crypto_ed25519_verify", args: [KEY, MESSAGE, 32, SIGNATURE], setup };
const signing: Call = { name: "crypto_ed25519_sign", args: [SEED, KEY, MESSAGE, 32, ENTRIES], setup };
const keygen: Call = { name: "crypto_ed25519_publicKey", args: [SEED, ENTRIES], setup };
const shared: Call = { name: "crypto_x25519_shared", args: [SEED, PEER, ENTRIES], setup };
const exchange: Call = { name: "crypto_x25519_publicKey", args: [SEED, ENTRIES], setup };

const batch = async (k: number) =>
  (await counted({ name: "bench_batch", args: [ENTRIES, k], setup: entries(k), repeats: 2 }, 0n)) / k;

/** A prepared key with a table of one or two halves: 1,728 or 3,456 B. All signatures are by it: other keys would cost the same. */
const prepared = (halves: number): Step[] => [
  ...setup,
  { call: "crypto_cached_prepare", args: [HEAD, KEY, TABLE, halves] },
];
const cached = (halves: number): Call => ({
  name: "crypto_ed25519_verifyCached",
  args: [HEAD, MESSAGE, 32, SIGNATURE],
  setup: prepared(halves),
});
const cachedBatch = async (k: number) =>
  (await counted(
    { name: "bench_batchCached", args: [HEAD, ENTRIES, k, 0], setup: [...prepared(2), ...entries(k, 0)], repeats: 2 },
    0n,
  )) / k;
const field = async (name: string, more: number[]) => ({
  ours: await counted({ name, args: [ENTRIES, ENTRIES + 64, ...more], repeats: 1 }, null, ops),
});

// ---- the tables ----

const COUNTED: Plan[] = [
  { name: "verify", ...native(() => counted(verify, 1n), "verify"), limits: "ratio", must: 12.0, goal: 9.2 },
  { name: "batch of 3, per signature", ...native(() => batch(3), "verify"), must: 5.0e6, goal: 4.5e6 },
  { name: "batch of 21, per signature", ...native(() => batch(21), "verify"), must: 3.6e6, goal: 3.2e6 },
  ...[2, 1].map((halves) => ({
    name: `verify, cached key ${halves === 2 ? "3.5" : "1.8"} KB`,
    ...native(() => counted(cached(halves), 1n), "verify"),
    must: 4.5e6,
    goal: 3.2e6,
  })),
  { name: "batch of 3, cached keys", ...native(() => cachedBatch(3), "verify"), must: 3.4e6, goal: 3.1e6 },
  { name: "batch of 21, cached keys", ...native(() => cachedBatch(21), "verify"), must: 2.6e6, goal: 2.2e6 },
  { name: "sign", ...native(() => counted(signing, null), "sign"), must: 2.7e6, goal: 2.4e6 },
  { name: "key generation", ...native(() => counted(keygen, null), "keygen"), must: 2.55e6, goal: 2.2e6 },
  { name: "x25519", ...native(() => counted(shared, 1n), "x25519"), must: 6.5e6, goal: 5.5e6 },
  { name: "x25519 public key", ...native(() => counted(exchange, null), "x25519-base"), must: 2.55e6, goal: 2.2e6 },
  {
    name: "ChaCha20-Poly1305, per byte",
    ...native(() => perByte("crypto_aead_count"), "aead", rivalPerByte),
    must: 242, // Monocypher compiled to wasm, in wasm3
    goal: 170,
  },
  {
    name: "SHA-256, per byte",
    ...native(() => perByte("crypto_sha256_hash"), "sha256", rivalPerByte),
    must: 325,
    goal: 300,
  },
  {
    name: "SHA-512, per byte",
    ...native(() => perByte("crypto_sha512_hash"), "sha512", rivalPerByte),
    must: 200,
    goal: 185,
  },
  {
    name: "field multiply",
    unit: "ops",
    measure: () => field("crypto_field_mul", [ENTRIES + 128]),
    must: 387,
    goal: 370,
  },
  { name: "field square", unit: "ops", measure: () => field("crypto_field_sq", [1]), must: 268, goal: 255 },
];

/** The emulated cores whose instructions are counted, by the unit. */
const CORES = { "thumb-2": ["M4", "stm32f405"], rv32imc: ["rv32imc", "riscv"] } as const;
type Core = keyof typeof CORES;

/** On an emulated board: instructions of a call. */
const onBoard = (name: string, call: Call, expected: bigint | null = null, unit: Core = "thumb-2"): Plan => ({
  name: `${name} on ${CORES[unit][0]}`,
  unit,
  measure: async () => ({ ours: await counted(call, expected, (job) => board(job, CORES[unit][1])) }),
});
const perByteOnBoard = (name: string, hash: string, unit: Core = "thumb-2"): Plan => ({
  name: `${name} on ${CORES[unit][0]}, per byte`,
  unit,
  measure: async () => ({ ours: await perByte(hash, (job) => board(job, CORES[unit][1])) }),
});
/** All that a validator of n does from one block to the next, when each device sends a reading or a payment now and then. */
const blockOnBoard = (n: number, unit: Core): Plan => ({
  name: `a block at n = ${n} on ${CORES[unit][0]}`,
  unit,
  measure: async () => ({ ours: await perBlock(CORES[unit][1], n) }),
});

/** Native stack of a call where every operation keeps its frame, counted on an lx106 in frames of the call0 ABI, of 16 bytes at least. The
 *  ESP32's windowed ABI takes 16 more for each: at most twice as much, which is what the row says. */
const stack = (name: string, call: Call): Plan => ({
  name: `stack without tail calls, ${name}`,
  unit: "bytes",
  measure: async () => ({ ours: 2 * (await board({ wasm, ...call }, "lx106")).stack }),
});

const BOARD: Plan[] = [
  { ...onBoard("verify", verify, 1n), must: 17.0e6, goal: 13.0e6 },
  onBoard("verify, cached key 3.5 KB", cached(2), 1n),
  onBoard("sign", signing),
  onBoard("key generation", keygen),
  onBoard("x25519", shared, 1n),
  perByteOnBoard("SHA-256", "crypto_sha256_hash"),
  perByteOnBoard("SHA-512", "crypto_sha512_hash"),
  blockOnBoard(4, "thumb-2"),
  blockOnBoard(7, "thumb-2"),
  onBoard("verify", verify, 1n, "rv32imc"),
  onBoard("verify, cached key 3.5 KB", cached(2), 1n, "rv32imc"),
  onBoard("sign", signing, null, "rv32imc"),
  perByteOnBoard("SHA-256", "crypto_sha256_hash", "rv32imc"),
  perByteOnBoard("SHA-512", "crypto_sha512_hash", "rv32imc"),
  blockOnBoard(4, "rv32imc"),
  blockOnBoard(7, "rv32imc"),
  {
    name: "native stack on M4, verify",
    unit: "bytes",
    measure: async () => ({ ours: (await board({ wasm, ...verify })).stack }),
  },
  { ...stack("verify", verify), must: 24 * 1024, goal: 12 * 1024 },
  stack("cached key", cached(2)),
  stack("sign", signing),
  stack("x25519", shared),
  stack("SHA-256", { name: "crypto_sha256_hash", args: [ENTRIES, LONG, SEED] }),
  stack("SHA-512", { name: "crypto_sha512_hash", args: [ENTRIES, LONG, SEED] }),
];

const LIMIT: Partial<Record<Rival, { must: number; goal: number }>> = {
  "libsodium-wrappers": { must: 1.0, goal: 0.75 },
};

const TIMED: Plan[] = RIVALS.map((name) => ({
  name: `verify in V8, ${name}`,
  unit: "us of CPU",
  limits: "ratio",
  rival: name,
  ...LIMIT[name],
  measure: () => speed(name, wasm, ENTRIES, one),
}));

export const PLANS: Plan[] = [...COUNTED, ...BOARD, ...TIMED];

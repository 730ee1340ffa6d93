// `accelerate`: with libsodium behind it a device decides the same, byte by byte, as without; and the runtime hands out nothing that is not
// its own memory. Verdicts, signatures, keys and digests are those of @noble/* besides.
//
//   one script ──> no offer · each operation alone · all · all offered, none done ──> the same answers, counters and memory
//   tapes: recorded with or without, replayed with or without, in V8, wasm3 and the runtime of boards ──> one trace
//
// SCRATCH may differ between calls: it is dead then. A port that says DONE wrongly is a broken board, as one whose flash lies, and no test's matter.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as op from "../../firmware/wire/accelerate.ts";
import { hex } from "../../host/device/bytes.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import { replay } from "../../host/tape/replay.ts";
import * as posix from "../../host/target/posix.ts";
import { REGIONS } from "../../host/wire/map.ts";
import { buildFirmware } from "../../tools/build.mjs";
import { buildPosix, buildTool, have, paths } from "../../tools/boards.mjs";
import { little, number, Source, unhex } from "../crypto/device.ts";
import { kinds, signed, type Signed } from "../crypto/edges.ts";
import { binding, lacking, run, scratch } from "./board.ts";
import { file, program } from "./posix.ts";

const built = (name: string): string => fileURLToPath(new URL(`../../build/${name}`, import.meta.url));
const [DEBUG, METER] = [built("debug.wasm"), built("device.wasm")];
const OPS = [op.VERIFY, op.SIGN, op.PUBLIC_KEY, op.X25519, op.X25519_PUBLIC, op.SHA256];
const ALL = OPS.reduce((bits, o) => bits | (1 << o), 0);

await buildFirmware(["debug", "device"]);
await binding();
const node = await program();
const tool = await native();

/** Path of the test's program, plain and under sanitizers; null when there is no compiler or no libsodium. */
async function native(): Promise<{ plain: string; careful: string } | null> {
  if (lacking("cc")) return null;
  await buildTool("native");
  const plain = paths.tool("native");
  const { stderr } = spawnSync(plain, [DEBUG, "2"], { input: "", encoding: "utf8" });
  if (/built without libsodium/.test(stderr)) {
    if (process.env.CI === "true") throw new Error(stderr);
    console.log("skipped: libsodium-dev is not installed here");
    return null;
  }
  try {
    await buildTool("native", { sanitize: true });
    return { plain, careful: paths.tool("native-san") };
  } catch (e) {
    if (process.env.CI === "true" || !/sanitize|asan|ubsan/i.test(String(e))) throw e;
    return { plain, careful: plain };
  }
}

// ---- scripts ----

const AT = 0x1c00; // the input region and what follows, as tests of crypto use it
const COUNTERS = 0x100;
const region = (name: string): readonly [number, number] => {
  const [, from, to] = REGIONS.find(([n]) => n === name)!;
  return [from, to];
};
const [SCRATCH, SCRATCH_END] = region("scratch");
const OFFERED = region("counters")[1] - 4;

/** Lines for test/boards/native.c, and what @noble expects as answers. */
class Script {
  readonly lines: string[] = [];
  readonly expected: [answer: number, words: string, why: string][] = [];
  #answers = 0;

  write(p: number, bytes: Uint8Array): this {
    if (bytes.length > 0) this.lines.push(`write ${p} ${hex(bytes)}`);
    return this;
  }

  call(name: string, args: number[], expected?: number, why = name): this {
    this.lines.push(`call 1 ${name} ${args.join(" ")}`);
    return this.#answer(expected === undefined ? undefined : `result ${expected | 0}`, why);
  }

  read(p: number, n: number, expected?: Uint8Array, why = "bytes"): this {
    this.lines.push(`read ${p} ${n}`);
    return this.#answer(expected === undefined ? undefined : `bytes ${hex(expected)}`, why);
  }

  /** The counters, and all memory that is alive between calls. */
  alive(): this {
    this.read(COUNTERS, 56);
    return this.read(0, OFFERED)
      .read(OFFERED + 4, SCRATCH - OFFERED - 4)
      .read(SCRATCH_END, 0x10000 - SCRATCH_END);
  }

  #answer(expected: string | undefined, why: string): this {
    if (expected !== undefined) this.expected.push([this.#answers, expected, why]);
    this.#answers++;
    return this;
  }

  /** Its answers, and how often each operation was asked for. */
  run(program: string, offer: number, ...how: string[]): { answers: string[]; asked: number[] } {
    const input = ["call 1 crypto_native_open", ...this.lines, "asked"].join("\n") + "\n";
    const stdout = execFileSync(program, [DEBUG, String(offer), ...how], {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const [offered, ...answers] = stdout.trim().split("\n");
    assert.is(offered, `result ${offer}`, "the bitmap of the offer");
    return { answers, asked: answers.pop()!.slice("asked ".length).split(",").map(Number) };
  }
}

const [SEED, PUB, OUT, MESSAGE] = [AT, AT + 32, AT + 64, AT + 0x300];

/** Keys and signatures of messages of every length near a block's end. */
function signatures(script: Script, source: Source): void {
  for (const n of [0, 1, 31, 32, 46, 47, 48, 62, 63, 64, 79, 80, 81, 111, 112, 175, 176, 240, 500]) {
    const [seed, message] = [source.bytes(32), source.bytes(n)];
    const pub = ed25519.getPublicKey(seed);
    script.write(SEED, seed).write(MESSAGE, message);
    script.call("crypto_ed25519_publicKey", [SEED, PUB]).read(PUB, 32, pub, "public key");
    script
      .call("crypto_ed25519_sign", [SEED, PUB, MESSAGE, n, OUT])
      .read(OUT, 64, ed25519.sign(message, seed), "signature");
    script.call("crypto_ed25519_verify", [PUB, MESSAGE, n, OUT], 1);
    script.call("crypto_ed25519_publicKey", [SEED, SEED]).read(SEED, 32, pub, "a key over its own seed");
  }
  // RFC 8032, 7.1, TEST 2
  const seed = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const signature = unhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
  script.write(SEED, seed).write(MESSAGE, Uint8Array.of(0x72)).call("crypto_ed25519_publicKey", [SEED, PUB]);
  script.call("crypto_ed25519_sign", [SEED, PUB, MESSAGE, 1, OUT]).read(OUT, 64, signature, "RFC 8032");
  // a public key that is not the seed's: what is signed is the same nonsense
  script.write(PUB, source.bytes(32)).call("crypto_ed25519_sign", [SEED, PUB, MESSAGE, 40, OUT]).read(OUT, 64);
  script.alive();
}

function verdicts(script: Script, source: Source, rounds: number): void {
  for (let i = 0; i < rounds; i++)
    for (const kind of kinds) {
      const s = signed(source, kind);
      script.write(PUB, s.pub).write(OUT, s.signature).write(MESSAGE, s.message);
      script.call("crypto_ed25519_verify", [PUB, MESSAGE, s.message.length, OUT], Number(s.valid), kind);
    }
  script.alive();
}

/** Batches of every size: all good, all but one, and of every odd kind. */
function batches(script: Script, source: Source, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    const size = i < 3 ? [1, 9, 32][i] : 1 + source.below(32);
    const kind = (at: number): string => (i % 3 === 2 && source.below(3) > 0 ? source.pick(kinds) : i % 3 === 1 && at === 3 ? "bit flipped" : "honest"); // prettier-ignore
    const all: Signed[] = Array.from({ length: size }, (_, at) => signed(source, kind(at)));
    script.call("crypto_batch_begin", []);
    let p = AT;
    for (const s of all) {
      script.write(p, s.pub).write(p + 32, s.signature).write(p + 96, s.message); // prettier-ignore
      script.call("crypto_batch_add", [p, p + 96, s.message.length, p + 32]);
      p += 96 + ((s.message.length + 7) & ~7);
    }
    const bad = all.reduce((bits, s, at) => (s.valid ? bits : bits | (1 << at)), 0);
    script.call("crypto_batch_run", [], bad, all.map((s) => s.kind).join(", ")).read(COUNTERS, 56);
  }
  // prepared keys, few enough to be verified alone and many
  const [HEAD, TABLE] = [0x4000, 0x4040 - 3456 - 64];
  for (const count of [3, 8]) {
    const seed = source.bytes(32);
    script.write(HEAD - 64, ed25519.getPublicKey(seed));
    script.call("crypto_cached_prepare", [HEAD, HEAD - 64, TABLE, 2], 1).call("crypto_batch_begin", []);
    for (let i = 0; i < count; i++) {
      const message = source.bytes(20);
      const signature = ed25519.sign(message, i === 2 && count === 8 ? source.bytes(32) : seed);
      script.write(AT + 96 * i, signature).write(AT + 96 * i + 64, message);
      script.call("crypto_batch_addCached", [HEAD, AT + 96 * i + 64, 20, AT + 96 * i]);
    }
    script.call("crypto_batch_run", [], count === 8 ? 4 : 0).read(COUNTERS, 56);
    script.call("crypto_ed25519_verifyCached", [HEAD, AT + 64, 20, AT], 1);
  }
  script.alive();
}

const P = 2n ** 255n - 19n;

function secrets(script: Script, source: Source, rounds: number): void {
  const small = [0n, 1n, 325606250916557431795983626356110631294008115727848805560023387167927233504n, P - 1n, P, P + 1n]; // prettier-ignore
  const peers = [
    ...small.flatMap((u) => [little(u, 32), little(u + 2n ** 255n, 32)]),
    ...Array.from({ length: rounds }, (_, i) =>
      i % 4 === 3 ? little(P + BigInt(2 + source.below(17)), 32) : source.bytes(32),
    ),
  ];
  for (const peer of peers) {
    const secret = source.bytes(32);
    const shared = ((): Uint8Array | null => {
      try {
        return x25519.getSharedSecret(secret, peer);
      } catch {
        return null;
      }
    })();
    const out = source.pick([AT + 64, AT, AT + 32]);
    script.write(AT, secret).write(AT + 32, peer);
    script.call("crypto_x25519_shared", [AT, AT + 32, out], shared === null ? 0 : 1, hex(peer));
    script.read(out, 32, shared ?? new Uint8Array(32), "shared");
    script.write(AT, secret).call("crypto_x25519_publicKey", [AT, AT]).read(AT, 32, x25519.getPublicKey(secret));
  }
  script.alive();
}

function digests(script: Script, source: Source): void {
  for (let n = 0; n <= 200; n += n < 130 ? 1 : 13) {
    const message = source.bytes(n);
    const cut = source.below(n + 1);
    const key = source.bytes(1 + source.below(100));
    script.write(MESSAGE, message).write(AT, key);
    script
      .call("crypto_hmac_sha256", [AT, key.length, MESSAGE, n, AT + 200])
      .read(AT + 200, 32, hmac(sha256, key, message));
    script.call("crypto_sha256_init", [AT]).call("crypto_sha256_update", [AT, MESSAGE, cut]);
    script.call("crypto_sha256_update", [AT, MESSAGE + cut, n - cut]).call("crypto_sha256_final", [AT, AT + 200]);
    script.read(AT + 200, 32, sha256(message));
    script.call("crypto_sha256_hash", [MESSAGE, n, MESSAGE]).read(MESSAGE, 32, sha256(message), "over the message");
  }
  const long = source.bytes(4096);
  script.write(MESSAGE, long).call("crypto_sha256_hash", [MESSAGE, long.length, AT]).read(AT, 32, sha256(long)).alive();
}

/** Everything, for some seed; `rounds` scales what is random. */
function everything(seed: number, rounds: number): Script {
  const script = new Script();
  const source = new Source(seed);
  signatures(script, source);
  verdicts(script, source, rounds);
  batches(script, source, 3 * rounds);
  secrets(script, source, 6 * rounds);
  digests(script, source);
  return script;
}

/** Runs a script without an offer, compares with @noble, then with each of these offers. */
function same(program: string, script: Script, offers: [offer: number, ...how: string[]][]): number[][] {
  const { answers } = script.run(program, 0);
  for (const [at, words, why] of script.expected) assert.is(answers[at], words, `without: ${why}`);
  return offers.map(([offer, ...how]) => {
    const found = script.run(program, offer, ...how);
    const differs = found.answers.findIndex((words, i) => words !== answers[i]);
    const line = script.lines.filter((l) => !l.startsWith("write"))[differs];
    assert.is(found.answers[differs], answers[differs], `offer ${offer} ${how}: answer ${differs}: ${line}`);
    assert.is(found.answers.length, answers.length);
    return found.asked;
  });
}

const rounds = Math.max(1, Number(process.env.SYNOD_BUDGET ?? 0) / 5);

test("with everything offered, verdicts, signatures, keys, digests, counters and memory are the device's own", () => {
  if (!tool) return;
  const [asked, declined] = same(tool.plain, everything(1, 2 * rounds), [[ALL], [ALL, "decline"]]);
  for (const o of OPS) assert.ok(asked[o] > 10 && declined[o] > 10, `operation ${o} was asked for: ${asked}`);
});

test("each operation alone, under sanitizers: nothing is asked for that is not offered", () => {
  if (!tool) return;
  const script = everything(2, 1);
  same(tool.plain, script, OPS.map((o) => [1 << o])).forEach((asked, i) => assert.ok(asked[OPS[i]] > 0)); // prettier-ignore
  same(tool.careful, everything(3, 1), [[ALL]]);
});

test("libsodium's no is not the last word: what ZIP-215 accepts beyond it is accepted", () => {
  if (!tool) return;
  const script = new Script();
  const source = new Source(4);
  for (let i = 0; i < 12; i++) {
    const s = signed(source, i % 2 ? "small-order key" : "mixed torsion");
    assert.ok(s.valid);
    script.write(PUB, s.pub).write(OUT, s.signature).write(MESSAGE, s.message);
    script.call("crypto_ed25519_verify", [PUB, MESSAGE, s.message.length, OUT], 1, s.kind);
  }
  // S + L: the same equation, another signature
  const s = signed(source, "honest");
  s.signature.set(
    little(number(s.signature.subarray(32)) + 2n ** 252n + 27742317777372353535851937790883648493n, 32),
    32,
  );
  script.write(PUB, s.pub).write(OUT, s.signature).write(MESSAGE, s.message);
  script.call("crypto_ed25519_verify", [PUB, MESSAGE, s.message.length, OUT], 0, "S of L or more");
  same(tool.plain, script, [[ALL]]);
});

// ---- tapes ----

interface Played {
  trace: string;
  asked: number[];
  /** Memory at the end, without what is dead or differs by what is offered. */
  alive: string;
}

/** Replays a tape in the runtime of boards, with an offer. */
function played(bytes: Uint8Array, offer: number, program: string): Played {
  const { stdout, stderr, status } = spawnSync(program, [METER, String(offer), "replay"], {
    input: bytes,
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  const [, trace, asked, memory] = /^trace (\w+)\nasked (.+)\nbytes (\w+)$/m.exec(stdout)!;
  const page = unhex(memory);
  assert.is(page.length, 0x10000);
  page.fill(0, SCRATCH, SCRATCH_END).fill(0, OFFERED, OFFERED + 4);
  return { trace, asked: asked.split(",").map(Number), alive: hex(page) };
}

test("a tape recorded without acceleration replays with it: same trace, counters and memory", () => {
  if (!tool) return;
  const wasm = new Uint8Array(readFileSync(METER));
  const fleet = new Fleet({
    n: 4,
    seed: 7,
    engine: "v8",
    wasm,
    mtu: 250,
    record: 0,
    tables: false, // as boards that accelerate have it
    traffic: 1,
    faults: ["loss", "cut"],
  });
  fleet.run(15_000);
  const bytes = fleet.recorder!.bytes();
  fleet.close();
  const { traceHash, expected } = replay(bytes, "v8", wasm);
  assert.is(traceHash, expected);
  const without = played(bytes, 0, tool.plain);
  assert.is(without.trace, traceHash);
  assert.ok(
    without.asked.every((n, o) => n === 0 || o === op.OFFER),
    "who offers nothing is asked for nothing else",
  );
  for (const [program, offer] of [
    [tool.plain, ALL],
    [tool.plain, 1 << op.VERIFY],
    [tool.careful, ALL],
  ] as const) {
    const { trace, asked, alive } = played(bytes, offer, program);
    assert.is(trace, traceHash, `offer ${offer}`);
    assert.ok(alive === without.alive, `offer ${offer}: memory differs`);
    assert.ok(asked[op.VERIFY] > 20, `${asked}`);
  }
});

test("processes that accelerate leave tapes that replay to the same trace without it", async () => {
  if (!tool || !node) return;
  const dir = join(scratch, "accelerated");
  const plain = await posix.start({ dir: join(scratch, "plain"), n: 1, sync: false, program: node });
  const off = (await plain.process(0)!.page())!;
  await plain.close();
  assert.is(hex(off, OFFERED, OFFERED + 4), "00000000", "off unless it is asked for");
  const senses = { recording: { from: 2330, intervalMs: 100 } };
  const fleet = await posix.start({ dir, n: 4, senses, sync: false, tapes: true, accelerate: true, program: node });
  assert.is(fleet.log.header!.options.accelerate, true);
  const wasm = new Uint8Array(fleet.folder.module);
  const device = fleet.process(0)!;
  const page = async (): Promise<DataView> => new DataView((await device.page())!.slice().buffer);
  const verified = async (): Promise<number> => (await page()).getUint32(COUNTERS, true);
  for (let i = 0; i < 1000 && (await verified()) < 30; i++) await fleet.advance(20);
  assert.is((await page()).getUint32(OFFERED, true), ALL, "it offers all that there is");
  await fleet.do({ do: "kill", device: 3 });
  await fleet.do({ do: "restart", device: 3 });
  const before = await verified();
  for (let i = 0; i < 1000 && (await verified()) < before + 10; i++) await fleet.advance(20);
  await fleet.close();
  let compared = 0;
  for (let i = 0; i < 4; i++)
    for (let life = 1; life <= fleet.life(i); life++) {
      const bytes = new Uint8Array(readFileSync(join(dir, String(i), `${life}.tape`)));
      for (const engine of ["v8", "wasm3"] as const) {
        const { divergence, traceHash, expected } = replay(bytes, engine, wasm);
        assert.is(divergence, null, `device ${i}, life ${life}, ${engine}: ${divergence?.sentence}`);
        if (expected === null) continue; // it was killed
        assert.is(traceHash, expected);
        compared++;
      }
    }
  assert.is(compared, 8);
});

test("a process that was built without libsodium says so, and does not start", async () => {
  if (!node) return;
  const output = join(scratch, "synod-node-alone");
  await buildPosix({ accelerate: false, output });
  assert.match(run(output, ["--help"]).stdout, /Built without libsodium: no --accelerate/);
  const { status, stderr, stdout } = run(output, ["--wasm", METER, "--flash", file("flash"), "--accelerate"]);
  assert.is(status, 1);
  assert.is(stdout, "");
  assert.match(stderr, /^synod-node: --accelerate: this program was built without libsodium; install/);
  const dir = join(scratch, "alone");
  try {
    await posix.start({ dir, n: 1, accelerate: true, program: output });
    assert.unreachable("it started");
  } catch (e) {
    assert.match((e as Error).message, /built without libsodium/);
  }
});

// ---- what it gains ----

test("what it gains, in instructions of wasm3 and libsodium together", () => {
  if (!tool) return;
  if (have("valgrind") === null) return console.log("skipped: valgrind is not installed");
  const source = new Source(9);
  const s = signed(source, "honest");
  const n = s.message.length;
  const setup = new Script()
    .write(SEED, source.bytes(32))
    .write(PUB, s.pub)
    .write(OUT, s.signature)
    .write(MESSAGE, s.message);
  const counted = (offer: number, times: number, call: string): number => {
    const input = ["call 1 crypto_native_open", ...setup.lines, `call ${times} ${call}`].join("\n") + "\n";
    const options = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", tool!.plain];
    const { stderr } = spawnSync("valgrind", [...options, DEBUG, String(offer)], { input, encoding: "utf8" });
    return Number(/I\s+refs:\s+([\d,]+)/.exec(stderr)![1].replaceAll(",", ""));
  };
  const each = (offer: number, call: string): number => (counted(offer, 5, call) - counted(offer, 1, call)) / 4;
  const gain = (what: string, call: string, least: number): void => {
    const [without, with_] = [each(0, call), each(ALL, call)];
    const millions = (x: number): string => `${(x / 1e6).toFixed(x < 1e5 ? 4 : 2)} M`;
    console.log(`note: ${what}: ${millions(without)} x86 instructions in wasm3, ${millions(with_)} with --accelerate`);
    assert.ok(without > least * with_, `${what}: ${without / with_} times`);
  };
  gain("verify", `crypto_ed25519_verify ${PUB} ${MESSAGE} ${n} ${OUT}`, 4);
  gain("sign", `crypto_ed25519_sign ${SEED} ${PUB} ${MESSAGE} ${n} ${AT + 0x1000}`, 4);
  gain("SHA-256 of 256 bytes", `crypto_sha256_hash ${MESSAGE} 256 ${AT + 0x1000}`, 2);
});

test.run();

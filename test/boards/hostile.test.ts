// A device as a process under fire: whatever arrives by radio from peers that know the cell key, nothing ends it, and its tape
// shows that it decided the same in every engine.
//
//   a fleet of four runs a while ──> real frames, real flash ──> device 0, under sanitizers, alone with us
//   random bytes · frames damaged · frames damaged and authenticated again · real frames in any order      ──> still answers

import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as frame from "../../firmware/wire/frame.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as line from "../../firmware/wire/line.ts";
import * as request from "../../firmware/wire/request.ts";
import type { Engine } from "../../host/device/device.ts";
import { putU32, u16 } from "../../host/device/bytes.ts";
import * as air from "../../host/fleet/air.ts";
import * as provision from "../../host/fleet/provision.ts";
import { Rng } from "../../host/fleet/rng.ts";
import { Board } from "../../host/live/board.ts";
import * as ethernet from "../../host/live/ethernet.ts";
import * as kinds from "../../host/live/kinds.ts";
import type { Message, Reply } from "../../host/live/life.ts";
import { Decoder, encode } from "../../host/live/line.ts";
import * as qemu from "../../host/live/qemu.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { replay } from "../../host/tape/replay.ts";
import * as folder from "../../host/target/folder.ts";
import * as posix from "../../host/target/posix.ts";
import { buildPosix, buildTool, paths } from "../../tools/boards.mjs";
import { emulators } from "../target/processes.ts";
import { binding, run, scratch } from "./board.ts";
import { Ear, file, program, Told, until } from "./posix.ts";

await binding();
const node = await program();
const rounds = Math.max(1, Number(process.env.SYNOD_BUDGET ?? 20) / 20);
/** Frames in all; every fifth meets a device under sanitizers, which is several times slower. */
const FRAMES = Math.round(100_000 * rounds);
/** Frames at a station's line, at an emulated Ethernet and at an emulated line, which takes 300 to 6,000 a second:
 * `SYNOD_SHOTS=1000000 npx tsx test/boards/hostile.test.ts`. */
const SHOTS = process.env.SYNOD_SHOTS === undefined ? null : Number(process.env.SYNOD_SHOTS);
/** Frames that may be on the way: a socket holds about two hundred. */
const FLYING = 64;
const SEED = 1;

const dir = join(scratch, "fleet");
let module = new Uint8Array(0);
let cellKey = new Uint8Array(0);
const corpus: Uint8Array[] = [];

test("a fleet runs, and its frames are kept", async () => {
  if (!node) return;
  await buildPosix();
  const ear = await Ear.open((_, bytes) => corpus.push(new Uint8Array(bytes)));
  const senses = { recording: { from: 2330, intervalMs: 100 } };
  const fleet = await posix.start({ dir, n: 4, senses, sync: false, ears: [ear.address] });
  module = new Uint8Array(fleet.folder.module);
  const pay = provision.pay(new Uint8Array(Buffer.from(fleet.folder.kids[1], "hex")), 5n, 1n);
  const kinds = (): Set<number> => new Set(corpus.map(air.objectKind));
  for (let i = 0; i < 400 && (corpus.length < 600 || !kinds().has(kind.NULL_CERTIFICATE)); i++) {
    if (i % 40 === 20) await fleet.do({ do: "kill", device: 3 });
    if (i % 40 === 35) await fleet.do({ do: "restart", device: 3 });
    await fleet.request(0, pay);
    await fleet.advance(20);
  }
  await fleet.close();
  ear.close();
  cellKey = new Uint8Array(readFileSync(join(dir, "cell")).subarray(1, 33));
  for (const k of [kind.NOTARIZE, kind.PROPOSAL, kind.BEACON, kind.TRANSACTION])
    assert.ok(kinds().has(k), `frames with an object of kind ${k} among ${corpus.length}`);
});

/** Authenticates a frame again, in a session of its own. */
function sign(f: Uint8Array, sequence: number): void {
  if (f.length < frame.OVERHEAD) return;
  putU32(f, frame.SEQUENCE, sequence);
  const mac = createHmac("sha256", cellKey)
    .update(f.subarray(0, f.length - frame.MAC_SIZE))
    .digest();
  f.set(mac.subarray(0, frame.MAC_SIZE), f.length - frame.MAC_SIZE);
}

/** One frame of hostility. */
function hostile(rng: Rng, sequence: number): Uint8Array {
  const how = rng.below(20);
  if (how < 10) return rng.bytes(1 + rng.below(rng.below(4) === 0 ? 1536 : 120));
  const real = corpus[rng.below(corpus.length)];
  if (how < 12) return real;
  let f = real.slice();
  if (rng.below(6) === 0) f = f.slice(0, 1 + rng.below(f.length));
  if (rng.below(12) === 0) f = Uint8Array.from([...f, ...rng.bytes(1 + rng.below(80))]).slice(0, 1536);
  const marks = rng.below(4);
  for (let i = 0; i < marks; i++) {
    const at = rng.below(2) === 0 ? rng.below(Math.min(f.length, 64)) : rng.below(f.length);
    f[at] = rng.below(3) === 0 ? 0xff : rng.below(3) === 0 ? 0 : rng.below(256);
  }
  if (how < 17) return f;
  sign(f, sequence);
  return f;
}

/** Sends frames to device 0 and replays its tape; how many it heard, and for which reasons it refused some. */
async function attack(
  program: string,
  frames: number,
  engines: readonly Engine[],
  accelerate: boolean,
): Promise<{ heard: number; reasons: Set<number> }> {
  const ear = await Ear.open();
  const tapeFile = file("tape");
  const wasm = join(dir, "module.wasm");
  const flash = folder.flashOf(dir, 0);
  const one = new Told({
    wasm,
    flash,
    program,
    accelerate,
    sync: false,
    watch: true,
    peers: [ear.address],
    tape: tapeFile,
  });
  await one.process.booted;
  const rng = new Rng(SEED, `hostile ${frames}`);
  const reasons = new Set<number>();
  let heard = 0;
  let lost = 0;
  const count = (): void => {
    for (const m of one.said.splice(0)) {
      if (m.what === "heard") heard++;
      else if (m.what === "event" && m.kind === event.REFUSED) reasons.add(u16(m.bytes, 0));
    }
  };
  for (let sent = 0; sent < frames;) {
    const batch = Array.from({ length: FLYING / 2 }, () => hostile(rng, 1_000_000 + sent++));
    for (const f of batch) await ear.send(f, one.process.port);
    const late = performance.now() + 300;
    const few = (): boolean => (count(), sent - lost - heard < FLYING / 2);
    await until(() => few() || performance.now() > late || one.process.over, "the frames are heard");
    if (!few()) lost = sent - heard; // a datagram may be lost
    assert.not.ok(one.process.over, "it ended");
    if (sent % 8192 === 0) await one.process.request(Uint8Array.of(request.STATUS));
  }
  const { reason, answer } = await one.process.request(Uint8Array.of(request.STATUS));
  assert.is(reason, 0);
  assert.is(answer?.length, 88);
  assert.is((await one.process.quit()).status, 0);
  ear.close();
  const bytes = new Uint8Array(readFileSync(tapeFile));
  rmSync(tapeFile);
  for (const engine of engines) {
    const { divergence, expected, traceHash } = replay(bytes, engine, module);
    assert.is(divergence, null, `${engine}: ${divergence?.sentence}`);
    assert.is(traceHash, expected);
  }
  return { heard, reasons };
}

/** The same with libsodium in the device's stead, whose tape is replayed without; null where there is none. */
const accelerated = node !== null && /Built with libsodium/.test(run(node, ["--help"]).stdout) ? node : null;

for (const [what, program, share, engines, accelerate] of [
  ["under sanitizers", node, 1 / 5, ["v8", "wasm3"], false],
  ["accelerated, under sanitizers", accelerated, 1 / 10, ["v8"], true],
  ["as it is shipped", node && paths.posix, 4 / 5, ["v8"], false],
] as const)
  test(`no frame ends it, and its tape replays to what it made of them: ${what}`, async () => {
    if (!program) return;
    const started = performance.now();
    const { heard, reasons } = await attack(program, FRAMES * share, engines, accelerate);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`note: ${heard} hostile frames heard ${what} in ${seconds} s, refused for ${reasons.size} reasons`);
    assert.ok(heard > FRAMES * share * 0.9, `${heard} heard`);
    assert.ok(reasons.size >= 8, [...reasons].join(" "));
  });

// ---- boards: the same frames by serial line and by Ethernet ----

/** What a line carries when its other end means harm: frames whole and damaged on the way, and noise. */
function harm(rng: Rng, sequence: number): Uint8Array {
  const how = rng.below(10);
  if (how === 0) return rng.bytes(1 + rng.below(300));
  const said = encode(rng.below(12) === 0 ? rng.below(256) : line.FRAME, rng.below(4), hostile(rng, sequence));
  if (how === 1) said[rng.below(said.length)] ^= 1 << rng.below(8);
  return how === 2 ? said.subarray(0, rng.below(said.length)) : said;
}

test("nothing that comes in on a board's line ends its device, under sanitizers", async () => {
  if (!node) return;
  await buildTool("station", { sanitize: true });
  const rng = new Rng(SEED, "line");
  const child = spawn(paths.tool("station-san"), [join(dir, "module.wasm"), folder.flashOf(dir, 0)]);
  const replies: number[] = [];
  let said = "";
  const decoder = new Decoder(({ kind: k, bytes }) => k === line.REPLY && replies.push(bytes[0]));
  child.stdout.on("data", (chunk: Buffer) => decoder.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const count = SHOTS ?? Math.round(FRAMES / 2);
  for (let i = 0; i < count; i += 64) {
    const batch = Array.from({ length: 64 }, (_, k) => harm(rng, 2_000_000 + i + k));
    if (!child.stdin.write(Buffer.concat(batch))) await new Promise((done) => child.stdin.once("drain", done));
  }
  child.stdin.end(Buffer.concat([Uint8Array.of(0), encode(line.REQUEST, 0, Uint8Array.of(request.STATUS))]));
  assert.is(await ended, 0, said);
  const [, taken, dropped] = /^taken (\d+) dropped (\d+) restarts \d+ status 0$/m.exec(said)!.map(Number);
  assert.ok(taken > count / 2 && dropped > count / 20, said);
  assert.is(replies.at(-1), 0, "it answers");
  console.log(`note: ${count} hostile records on a line: ${taken} taken, ${dropped} dropped`);
});

/** What is plugged into a board: its line, and its Ethernet. */
interface Plugs {
  write(bytes: Uint8Array): void;
  raw(bytes: Uint8Array): void;
}

/** Works on device 0 as an emulated board, booted, and what is plugged into it. */
async function emulating(
  board: string,
  work: (life: Board, wire: Plugs) => Promise<void>,
  hear: (m: Message) => void = () => {},
): Promise<void> {
  const place = join(scratch, `board-${board}`);
  mkdirSync(join(place, "0"), { recursive: true });
  copyFileSync(folder.flashOf(dir, 0), kinds.flashOf(place, 0));
  await kinds.prepare([`qemu:${board}`], join(dir, "module.wasm"), module, {});
  let wire!: Plugs;
  const elf = qemu.imageOf(board, new Uint8Array(createHash("sha256").update(module).digest()));
  const open = qemu.emulated(board, elf, join(place, "0"));
  const life = new Board({ open: (hooks) => (wire = open(hooks) as unknown as Plugs) as never }, hear);
  try {
    assert.is(await life.booted, 0);
    await work(life, wire);
    assert.not(life.over);
  } finally {
    await life.kill();
  }
}

/** Fires at device 0 as an emulated board; what it refused. */
async function fire(board: "an386" | "riscv", shots: number, way: "Ethernet" | "line"): Promise<Set<number>> {
  const reasons = new Set<number>();
  const hear = (m: Message): void => {
    if (m.what === "event" && m.kind === event.REFUSED) reasons.add(u16(m.bytes, 0));
  };
  const rng = new Rng(SEED, `${board} ${way}`);
  const shoot = async (life: Board, wire: Plugs): Promise<void> => {
    const ask = (): Promise<Reply> => life.request(Uint8Array.of(request.STATUS), 60_000);
    const status = async (): Promise<void> => {
      const down = (error: refusal.Refused): Promise<Reply> => (assert.is(error.number, refusal.DEVICE_DOWN), ask());
      const { reason, answer } = await ask().catch(down); // one record in some thousands is a RESTART
      assert.is(reason, 0);
      assert.is(answer?.length, 88);
    };
    for (let sent = 0; sent < shots; sent++) {
      const f = hostile(rng, 3_000_000 + sent);
      if (way === "line") wire.write(harm(rng, 3_000_000 + sent));
      else if (rng.below(4) > 0) wire.raw(ethernet.wrap(f.subarray(0, 1498)));
      else {
        const bytes = ethernet.wrap(f.subarray(0, 1400));
        for (let i = rng.below(3); i >= 0; i--) bytes[rng.below(20)] = rng.below(256); // head and length
        wire.raw(bytes.subarray(0, 1 + rng.below(bytes.length)));
      }
      if (sent % 32 !== 31) continue;
      if (way === "line") wire.write(Uint8Array.of(0));
      await status(); // never far behind, and alive
      if (SHOTS !== null && sent % 32_000 === 31_999) console.log(`note: ${sent + 1} of ${shots} at ${board}`);
    }
    if (way === "line") wire.write(Uint8Array.of(0));
    await status();
  };
  await emulating(board, shoot, hear);
  return reasons;
}

for (const [board, way, part] of [
  ["an386", "Ethernet", 1 / 20],
  ["riscv", "line", 1 / 60],
] as const)
  test(`nor what comes in at an emulated board: ${board}, by ${way}`, async () => {
    if (!node || !emulators) return;
    const shots = SHOTS ?? Math.round(FRAMES * part);
    const reasons = await fire(board, shots, way);
    console.log(`note: ${shots} hostile frames at ${board} by ${way}, refused for ${reasons.size} reasons`);
    assert.ok(reasons.size >= 6, [...reasons].join(" "));
  });

for (const board of qemu.BOARDS)
  test(`a line that is fuller than a board can hold waits: ${board}`, async () => {
    if (!node || !emulators) return;
    const much = Buffer.concat(Array.from({ length: 400 }, () => encode(line.FRAME, 0, new Uint8Array(24).fill(1))));
    await emulating(board, async (life, wire) => {
      for (let i = 0; i < 2; i++) {
        wire.write(encode(line.PAGE)); // busy for seconds
        wire.write(much);
        await life.request(Uint8Array.of(request.STATUS), 60_000); // throws unless it hears what comes behind
      }
    });
  });

test("what a restart swallowed is refused at once, and what is asked next is answered", async () => {
  if (!node || !emulators) return;
  await emulating("riscv", async (life, wire) => {
    wire.write(encode(line.RESTART));
    const lost = life.request(Uint8Array.of(request.STATUS), 60_000);
    const error = await lost.then(() => null, (e: refusal.Refused) => e); // prettier-ignore
    assert.is(error?.number, refusal.DEVICE_DOWN, "a board that starts anew does not answer");
    const { reason, answer } = await life.request(Uint8Array.of(request.STATUS), 60_000);
    assert.is(reason, 0);
    assert.is(answer?.length, 88);
  });
});

test.run();

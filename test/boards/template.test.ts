// boards/template, copied out of a release and built there, is a device: it joins a cell of three processes, and the cell needs its vote.
//
//   synod-node 0, 1, 2 ──UDP──> Ear ──FRAME──> line ──> template                frames of each to all others; the Ear is a peer of each
//                      <──UDP── Ear <──FRAME── line <──

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as vote from "../../firmware/wire/vote.ts";
import * as line from "../../firmware/wire/line.ts";
import { hex, u32 } from "../../host/device/bytes.ts";
import * as provision from "../../host/fleet/provision.ts";
import { Decoder, encode, type Record } from "../../host/live/line.ts";
import { buildPosix, paths } from "../../tools/boards.mjs";
import { away, cmake, port, unpacked } from "../tools/archive.ts";
import { lacking } from "./board.ts";
import { Ear, file, Told, until } from "./posix.ts";

const MODULE = fileURLToPath(new URL("../../build/device.wasm", import.meta.url));
const ready = !lacking("cc", "cmake", "tar");
const archive = ready ? await unpacked("template") : null;
const program = archive
  ? join(await cmake(port(archive, "port"), join(away, "port/build"), `-DCMAKE_PREFIX_PATH=${archive.root}`), "port")
  : "";
if (ready) await buildPosix();

const children = new Set<ChildProcessWithoutNullStreams>();
process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** A device of the template, at the other end of its line. */
class Template {
  readonly heard: Record[] = [];
  readonly ended: Promise<number | null>;
  readonly decoder = new Decoder((record) => {
    if (record.kind === line.FRAME) return this.carry(record.bytes);
    this.heard.push(record);
    if (record.kind === line.EVENT && record.a === event.VOTED && record.bytes.length === vote.SIZE)
      (this.#written(record.bytes.subarray(vote.DIGEST, vote.SIGNATURE)) ? this.kept : this.lost).push(record.bytes);
  });
  /** Votes that stood in the flash file when the device told of them, and those that did not. */
  readonly kept: Uint8Array[] = [];
  readonly lost: Uint8Array[] = [];
  /** What carries its frames. */
  carry: (frame: Uint8Array) => void = () => {};
  words = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #flash: string;

  constructor(flash: string) {
    this.#flash = flash;
    this.#child = spawn(program, [flash]);
    children.add(this.#child);
    this.#child.stdout.on("data", (bytes: Buffer) => this.decoder.push(new Uint8Array(bytes)));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.words += text));
    this.#child.stdin.on("error", () => {});
    this.ended = new Promise((done) => this.#child.on("close", done));
    void this.ended.then(() => children.delete(this.#child));
  }

  #written(bytes: Uint8Array): boolean {
    return readFileSync(this.#flash).includes(Buffer.from(bytes));
  }

  say(kind: number, a = 0, bytes?: Uint8Array): void {
    this.#child.stdin.write(encode(kind, a, bytes));
  }

  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  close(): Promise<number | null> {
    this.#child.stdin.end();
    return this.ended;
  }

  all(kind: number, a?: number): Record[] {
    return this.heard.filter((r) => r.kind === kind && (a === undefined || r.a === a));
  }

  get height(): number {
    const last = this.all(line.EVENT, event.COMMIT).at(-1);
    return last ? u32(last.bytes, 0) : 0;
  }

  async identity(): Promise<provision.Identity> {
    await until(() => this.all(line.EVENT, event.IDENTITY).length > 0, "it says who it is");
    const { bytes } = this.all(line.EVENT, event.IDENTITY)[0];
    return { publicKey: bytes.slice(0, 32), kid: bytes.slice(32, 40) };
  }
}

const heightOf = (told: Told): number =>
  Math.max(0, ...told.all("event").flatMap(({ kind, bytes }) => (kind === event.COMMIT ? [u32(bytes, 0)] : [])));

/** The digest that each device committed at a height. */
function digests(devices: Told[], of: Template, height: number): Set<string> {
  const commits = devices.flatMap((d) => d.all("event").filter((e) => e.kind === event.COMMIT));
  const bytes = [...commits.map((c) => c.bytes), ...of.all(line.EVENT, event.COMMIT).map((c) => c.bytes)];
  return new Set(bytes.filter((b) => u32(b, 0) === height).map((b) => hex(b, 16, 48)));
}

async function identityOf(told: Told): Promise<provision.Identity> {
  const said = () => told.all("event").find(({ kind }) => kind === event.IDENTITY)?.bytes;
  await told.until(() => said() !== undefined, "it says who it is");
  return { publicKey: said()!.slice(0, 32), kid: said()!.slice(32, 40) };
}

test("the template says which module it runs, and boots blank", async () => {
  if (!archive) return;
  const device = new Template(file("template.flash"));
  await until(() => device.all(line.BOOT).length > 0, "it boots");
  const here = device.all(line.HERE)[0];
  assert.is(here.a, line.VERSION);
  assert.is(hex(here.bytes, line.HERE_MODULE, 32), archive.made.module.sha256);
  assert.is(Buffer.from(here.bytes.subarray(line.HERE_NAME)).toString(), "template");
  assert.is(u32(device.all(line.BOOT)[0].bytes, 0), 0);
  assert.is(await device.close(), 0, device.words);
  assert.match(device.words, /^port: booted, reason 0$/m);
});

test("in a cell with three processes it commits 20 blocks, and without one of them the cell goes on by its vote", async () => {
  if (!archive) return;
  const nodes = Array.from({ length: 3 }, () => new Told({ wasm: MODULE, sync: false, program: paths.posix }));
  const flash = file("template.flash");
  let device = new Template(flash);
  const ear = await Ear.open((_, frame) => device.say(line.FRAME, 0, frame));
  try {
    const identities = [...(await Promise.all(nodes.map(identityOf))), await device.identity()];
    const cell = provision.settings({ n: 4, deltaMs: 60, heartbeatMs: 100 });
    const genesis = provision.provision(new Uint8Array(32).fill(7), provision.make(cell, identities));
    for (const { process } of nodes) assert.is((await process.request(genesis)).reason, 0);
    const carry = (frame: Uint8Array): void => nodes.forEach(({ process }) => void ear.send(frame, process.port));
    device.carry = carry;
    device.say(line.REQUEST, 0, genesis);
    await until(() => device.all(line.BOOT).length > 1, "it restarts as one of the cell");
    assert.is(u32(device.all(line.REPLY)[0].bytes, 0), 0, "it takes the genesis");
    nodes.forEach(({ process }, i) =>
      process.peers([...nodes.filter((_, k) => k !== i).map((o) => `127.0.0.1:${o.process.port}`), ear.address]),
    );
    await until(() => Math.min(device.height, ...nodes.map(heightOf)) >= 20, "all four commit 20 blocks");
    for (let height = 1; height <= 20; height++) assert.is(digests(nodes, device, height).size, 1, `height ${height}`);
    assert.ok(device.kept.length >= 10, "it votes");
    assert.is(device.lost.length, 0, "no vote is told of before it is in flash");

    // three of four are a quorum: with a process dead, nothing is final without the template's vote
    await nodes[0].process.kill();
    const without = Math.max(...nodes.slice(1).map(heightOf));
    await until(
      () => Math.min(device.height, ...nodes.slice(1).map(heightOf)) >= without + 5,
      "it is one of the quorum",
    );

    // power off and on: it says from its flash who it is and what it had promised
    const before = device.height;
    await device.kill("SIGKILL");
    const still = heightOf(nodes[1]);
    const again = new Template(flash);
    again.carry = carry;
    device = again;
    await until(() => again.height > Math.max(before, still) + 3, "it goes on after a power cut");
    assert.is(again.all(line.EVENT, event.RECOVERED).length, 1);
    assert.is(await again.close(), 0, again.words);
    for (const { process } of nodes.slice(1)) assert.is((await process.quit()).status, 0);
  } finally {
    device.carry = () => {};
    ear.close();
  }
});

test.run();

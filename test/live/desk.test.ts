// Boards on a desk: `serial:PATH`, `synod provision`, `synod monitor` and `synod up`, with a pseudo terminal as the serial port and an emulated
// board at its other end, which runs whether we have the port open or not (desk.c). No test here has seen a USB bridge or a real UART.

import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import * as kinds from "../../host/live/kinds.ts";
import * as qemu from "../../host/live/qemu.ts";
import * as serial from "../../host/live/serial.ts";
import * as posix from "../../host/target/posix.ts";
import * as refusal from "../../host/wire/refusal.ts";
import { buildTool, paths } from "../../tools/boards.mjs";
import { lines, synod } from "../cli/synod.ts";
import { until } from "../boards/posix.ts";
import { emulators, fresh, Watcher } from "../target/processes.ts";

const LIMIT_MS = 200_000;
const BOARD = "stm32f405";
const wasm = "build/device.wasm";
const module = new Uint8Array(readFileSync(wasm));
const elf = qemu.imageOf(BOARD, new Uint8Array(createHash("sha256").update(module).digest()));
if (emulators) {
  await buildTool("desk");
  await kinds.prepare([`qemu:${BOARD}`], wasm, module, {});
}

/** A board on a desk, from a flash that it keeps. */
class Desk {
  readonly path: Promise<string>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    qemu.emulated(BOARD, elf, folder); // its randomness
    this.#child = spawn(paths.tool("desk"), qemu.command(BOARD, elf), {
      cwd: folder,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#ended = new Promise((done) => this.#child.once("close", () => done()));
    this.path = new Promise((done) => this.#child.stdout!.once("data", (said: Buffer) => done(said.toString().trim())));
  }

  /** The cable is pulled, and the power with it. */
  close(): Promise<void> {
    this.#child.stdin!.end();
    return this.#ended;
  }
}

const folder = fresh();
const home = fresh();
const port = `${home}-port`;

/** True when this process has a file open. */
const held = (path: string): boolean =>
  readdirSync("/proc/self/fd").some(
    (fd) => existsSync(`/proc/self/fd/${fd}`) && readlinkSync(`/proc/self/fd/${fd}`).replace(" (deleted)", "") === path,
  );

/** A board on a desk for one test. */
async function desk(work: (port: string, desk: Desk) => Promise<void>): Promise<void> {
  if (!emulators) return;
  const board = new Desk(home);
  try {
    rmSync(port, { force: true });
    symlinkSync(await board.path, port); // as udev would name it: the same board, the same name
    const terminal = realpathSync(port);
    await work(port, board);
    assert.not.ok(held(terminal), "the port is closed, and stays with nobody");
  } finally {
    await board.close();
  }
}

/** Fails with this refusal. */
async function refused(number: number, action: () => unknown, words: RegExp): Promise<void> {
  const error = await Promise.resolve().then(action).then(() => null, (e: Error) => e); // prettier-ignore
  assert.instance(error, refusal.Refused);
  assert.is((error as refusal.Refused).number, number);
  assert.match(error!.message, words);
}

test("provision asks a board on a desk for its key, and gives it the cell; the same again changes nothing", () =>
  desk(async (port) => {
    const words = ["provision", `serial:${port},sim*3`, "--dir", folder, "--delta", "300", "--json"];
    const first = await synod(...words);
    assert.is(first.code, 0, first.err);
    const [made] = lines(first.out) as { cell: string; n: number; kids: string[] }[];
    assert.is(made.n, 4);
    assert.is(new Set(made.kids).size, 4);
    assert.ok(existsSync(join(folder, "cell")) && existsSync(join(folder, "fleet.json")));
    assert.not.ok(existsSync(join(folder, "0", "flash")), "its flash is its own");
    const again = await synod(...words);
    assert.is(again.code, 0, again.err);
    assert.equal(lines(again.out), [made], "the same board, the same cell");
  }));

test("a board of one cell is refused by another", () =>
  desk(async (port) => {
    const { code, err } = await synod("provision", `serial:${port},sim*3`, "--dir", fresh());
    assert.is.not(code, 0);
    assert.match(err, /device 0 belongs to another cell/);
  }));

test("monitor shows what it says, and leaves it running", () =>
  desk(async (port) => {
    const words = ["monitor", `serial:${port}`, "--seconds"];
    const { code, out, err } = await synod(...words, "6", "--json", "--frames");
    assert.is(code, 0, err);
    const said = lines(out) as { what: string; reason?: number; kind?: number }[];
    assert.ok(said.some((m) => m.what === "boot" && m.reason === 0), out); // prettier-ignore
    assert.ok(
      said.some((m) => m.what === "event" && m.kind === event.VIEW),
      "it looks for its cell",
    );
    assert.ok(said.some((m) => m.what === "sent"));
    const plain = await synod(...words, "2");
    assert.is(plain.code, 0, plain.err);
    assert.match(plain.out, /^ +\d\.\d{3} {2}booted$/m, "it still ran");
  }));

test("the cell of a board on a desk commits; the port closed and opened again, the board goes on from where it is", () =>
  desk(async (port) => {
    const devices = kinds.parse(`serial:${port},sim*3`);
    const fleet = await posix.start({
      dir: folder,
      devices,
      senses: { recording: { from: 2330, intervalMs: 1000 } },
      sync: false,
    });
    const seen = new Watcher(fleet);
    try {
      const least = (): number => Math.min(...seen.heights);
      await until(() => least() >= 5, "all four commit", LIMIT_MS);
      await fleet.do({ do: "kill", device: 0 });
      const before = seen.heights[0];
      await until(() => seen.heights[1] >= before + 5, "the others go on", LIMIT_MS);
      await fleet.do({ do: "restart", device: 0 });
      const now = seen.heights[1];
      await until(() => seen.heights[0] >= now, "it catches up", LIMIT_MS);
      assert.is(seen.recovered[0], undefined, "it was never off: opening a port resets nothing");
      const { answer } = await fleet.request(0, Uint8Array.of(request.STATUS));
      assert.is(answer?.[2], 0);
      seen.agree();
    } finally {
      await fleet.close();
    }
  }));

test("up takes the cell up from its folder, with a board that was off meanwhile", () =>
  desk(async (port) => {
    const { code, out, err } = await synod("up", join(folder, "fleet.json"), "--seconds", "12", "--json");
    assert.is(code, 0, err);
    const summary = lines(out).at(-1)!;
    assert.ok(Number(summary.blocks) >= 3, out);
    assert.is(summary.violations, 0);
  }));

test("a board that is pulled out is down, and says so", () =>
  desk(async (port, board) => {
    const place = { path: fresh(), wasm, module, device: 0 };
    const life = kinds.start(`serial:${port}`, place, () => {});
    assert.is(await life.booted, 0);
    const asked = life.request(Uint8Array.of(request.STATUS)).then(() => life.request(Uint8Array.of(request.STATUS)));
    await asked;
    await board.close();
    const end = await life.ended;
    assert.is(end.status, 1, end.words);
    await refused(refusal.DEVICE_DOWN, () => life.request(Uint8Array.of(request.STATUS)), /has ended/);
  }));

test("what is no serial port is refused before anything is started", async () => {
  await refused(refusal.TARGET_ABSENT, () => serial.serial("/dev/no-such-port"), /cannot be opened: ENOENT/);
  await refused(refusal.TARGET_ABSENT, () => serial.serial("/dev/null"), /no 921600 baud/);
  const { code, err } = await synod("monitor", "serial:/dev/no-such-port");
  assert.is.not(code, 0);
  assert.match(err, /cannot be opened/);
});

test.run();

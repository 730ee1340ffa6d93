// The import `call`: a contract ends in the same status with the same gas in V8, in wasm3 here and on emulated boards, whatever it does; the
// device's memory is its own, what a call took it gives back, and the next call works.
//
//   cases (cases.ts) ──> one region of modules ──> the fixture device in every engine ──> status, gas, memory of the device
//                                            └──> the runtime of boards, under sanitizers ──> status; no byte leaks
//
// SYNOD_ENGINES=stm32f405,riscv runs every case on these boards; most of them run on the Cortex-M4 in any case.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as contract from "../../firmware/wire/call.ts";
import { hex } from "../../host/device/bytes.ts";
import { Trap, type Device } from "../../host/device/device.ts";
import { open } from "../../host/device/open.ts";
import * as effects from "../../host/device/effects.ts";
import { Recorder } from "../../host/tape/record.ts";
import { replay } from "../../host/tape/replay.ts";
import { REGIONS } from "../../host/wire/map.ts";
import { Board } from "../../tools/board.ts";
import { buildTool, paths } from "../../tools/boards.mjs";
import { emptyHal, engines, isBoard, moduleEngines, type ModuleEngine } from "../wasm.ts";
import { at, cases, region, words, type Case } from "./cases.ts";
import { binding, careful, lacking, run, scratch } from "./board.ts";
import { calling, fixture, machine, Region, running, STATUS, storing, type Machine } from "./contract.ts";

await binding();
const INPUT = 0x1c00;
/** Native stack of boards here: three contracts, one inside the other, and their device. */
const STACK = 16384;

const OWN = ["input", "work", "scratch", "core"].map((name) => REGIONS.find(([n]) => n === name)!);
const bytes = region.bytes();
const path = await fixture();
const wasm = new Uint8Array(readFileSync(path));
const plainly = cases.find((c) => c.at === at)!;

/** All of the device's memory that no call has business in, as text. */
function alien(memory: Uint8Array): string {
  const rest = memory.slice();
  for (const [, from, to] of OWN) rest.fill(0, from, to);
  return Buffer.from(rest).toString("latin1");
}

interface Found {
  readonly status: number | "trap";
  readonly used: number;
}

/** One call; status and gas, or "trap". */
function make(m: Machine, c: Case): Found {
  m.write(INPUT, c.input);
  try {
    const answer = m.call("run", c.at.offset, c.at.length, c.input.length, c.gas) as bigint;
    return { status: Number(answer & 0xffffffffn), used: Number(answer >> 32n) };
  } catch (e) {
    assert.ok(e instanceof Trap || e instanceof WebAssembly.RuntimeError || e instanceof RangeError, String(e));
    return { status: "trap", used: c.used };
  }
}

function check(m: Machine, list: readonly Case[]): void {
  const before = alien(m.bytes(0, 65536));
  for (const c of list) {
    const found = make(m, c);
    assert.equal(found, { status: c.status, used: c.used }, `${m.engine}: ${c.name}`);
    if (found.status === "trap") assert.is(make(m, plainly).status, 5, `${m.engine}: a call after ${c.name}`);
  }
  assert.ok(alien(m.bytes(0, 65536)) === before, `${m.engine}: memory that no call has business in`);
}

const boards: ModuleEngine[] = moduleEngines.filter(isBoard);
const absent = lacking("arm-none-eabi-gcc", "qemu-system-arm");

for (const engine of [...engines, ...boards])
  test(`every contract ends as it should in ${engine}`, async () => {
    const m = await machine(engine, bytes, STACK);
    check(m, cases);
    m.close();
  });

test("and most of them on the emulated Cortex-M4", async () => {
  if (absent || boards.includes("stm32f405")) return;
  const m = await machine("stm32f405", bytes, STACK);
  check(
    m,
    cases.filter((c, i) => i % 7 === 0 || !/ of (1|5|16) KiB$|^its first /.test(c.name)),
  );
  m.close();
});

/** The request that makes a case's call. */
const request = (c: Case): Uint8Array =>
  Uint8Array.from([...new Uint8Array(words(c.at.offset, c.at.length, c.gas)), ...c.input]);

test("and in the runtime of boards, under sanitizers, where nothing leaks", async () => {
  const program = await careful("port");
  if (!program) return;
  const file = join(scratch, "stored");
  writeFileSync(file, bytes);
  for (let first = 0; first < cases.length; first += 200) {
    const part = cases.slice(first, first + 200);
    const commands = part.flatMap((c) => [
      `request:${hex(request(c))}`,
      ...(c.status === "trap" ? ["restart", "boot"] : []),
    ]);
    const { stdout, stderr, status } = run(program, [path, "0", "boot", `stored:${file}`, ...commands]);
    assert.is(status, 0, stderr);
    const said = stdout.split("\n").filter((l) => l.startsWith("request"));
    part.forEach((c, i) =>
      assert.match(said[i], c.status === "trap" ? /^request trap/ : `request ok ${c.status}`, c.name),
    );
  }
});

test("the input must be the device's own", async () => {
  for (const engine of engines) {
    const m = await machine(engine, bytes);
    assert.throws(() => m.call("outside", at.offset, at.length), /out of bounds/);
    assert.is(make(m, plainly).status, 5);
    m.close();
  }
});

test("a board without stored modules says that they are not there", async () => {
  for (const engine of engines) {
    const device = open(engine, wasm, emptyHal());
    device.boot(0n);
    assert.is(device.request(request(plainly), 0n), contract.ABSENT);
    device.close();
  }
});

test("what a board throws when it is asked for a contract reaches the caller", () => {
  const hal = {
    ...emptyHal(),
    module: (): never => {
      throw new Error("flash is gone");
    },
  };
  for (const engine of engines) {
    const device = open(engine, wasm, hal);
    device.boot(0n);
    assert.throws(() => device.request(request(plainly), 0n), /flash is gone/);
    device.close();
  }
});

// ---- tapes ----

/** All cases as requests to a device that is recorded; traps are power cycles. */
function recorded(engine: "v8" | "wasm3"): { tape: Uint8Array; trace: string } {
  const recorder = new Recorder();
  const hal = storing(bytes);
  let device: Device | null = null;
  for (const [i, c] of cases.entries()) {
    device ??= recorder.open(engine, wasm, hal);
    if (i === 0) device.boot(0n);
    try {
      const status = device.request(request(c), BigInt(i));
      assert.is(status, c.status, c.name);
      const [event] = effects.parse(effects.records(device.effects()));
      assert.is(Buffer.from(event.bytes).readUInt32LE(4), c.used, `gas of ${c.name}`);
    } catch (e) {
      if (!(e instanceof Trap)) throw e;
      assert.is(c.status, "trap", c.name);
      device.close();
      device = recorder.open(engine, wasm, hal);
      device.boot(BigInt(i));
    }
  }
  device?.close();
  return { tape: recorder.bytes(), trace: hex(recorder.digest()) };
}

test("a tape holds the contracts that ran: it replays without flash, in every engine, to the same trace", async () => {
  const tapes = (["v8", ...engines.filter((e) => e !== "v8")] as const).map(recorded);
  for (const { tape, trace } of tapes) {
    assert.is(trace, tapes[0].trace);
    for (const engine of engines) {
      const { divergence, traceHash } = replay(tape, engine, wasm);
      assert.is(divergence, null, divergence?.sentence);
      assert.is(traceHash, trace);
    }
  }
  if (lacking("cc")) return;
  await buildTool("replay");
  const file = join(scratch, "contracts.tape");
  writeFileSync(file, tapes[0].tape);
  for (const how of [[], ["--flush", "512"]]) {
    const { stdout, stderr, status } = run(paths.tool("replay"), [path, file, ...how]);
    assert.is(status, 0, stderr);
    assert.is(/^trace (\w+)/.exec(stdout)![1], tapes[0].trace, how.join(" "));
  }
});

test("a tape with another contract on it does not replay", () => {
  const { tape } = recorded("v8");
  const wrong = tape.slice();
  const where = Buffer.from(wrong).indexOf(Buffer.from(bytes.subarray(at.offset, at.offset + at.length)));
  assert.ok(where > 0);
  wrong[where + at.length - 3] ^= 2; // the constant of its sum
  assert.is.not(replay(wrong, "v8", wasm).divergence, null);
});

// ---- what a call takes ----

const MANY = cases.filter((c) => c.status !== "trap");

test("ten thousand calls take no more memory than the first ones", async () => {
  for (const engine of engines) {
    const m = await machine(engine, bytes);
    const rounds = (n: number): void => {
      for (let i = 0; i < n; i++) assert.is(make(m, MANY[i % MANY.length]).status, MANY[i % MANY.length].status);
    };
    rounds(3000);
    const before = process.memoryUsage().rss;
    rounds(10000);
    const grown = (process.memoryUsage().rss - before) >> 20;
    assert.ok(grown < 24, `${engine}: ${grown} MiB more`); // 10,000 times 1 KiB of memory, 2 of stack, 3 of interpreter: 60
    m.close();
  }
});

test("a board's heap is as large after a thousand calls as after the first of them, and says when it has no room", async () => {
  if (absent) return;
  const hungry = new Region();
  const leaf = hungry.add(running("(i32.const 5)", 16));
  const middle = hungry.add(calling(leaf, 500, [], STATUS));
  const outer = hungry.add(calling(middle, 500, [], STATUS, 16));
  const board = (await machine("stm32f405", hungry.bytes(), STACK)) as Machine & Board;
  const status = (place: typeof leaf): number =>
    Number((board.call("run", place.offset, place.length, 0, 1000) as bigint) & 0xffffffffn);
  assert.is(status(leaf), 5);
  assert.is(status(middle), 5);
  const [instructions, stack] = [board.instructions, board.stack];
  assert.is(
    status(outer),
    contract.NO_ROOM % 60000,
    "twice 16 KiB, their interpreters and the device are more than this chip has",
  );
  const heap = board.heap();
  for (let i = 0; i < 1000; i++) assert.is(status(i % 2 === 0 ? middle : leaf), 5);
  assert.is(status(outer), contract.NO_ROOM % 60000);
  assert.is(board.heap(), heap);
  console.log(
    `note: a contract that calls one, on the Cortex-M4: ${instructions} instructions, ${stack} B of native stack`,
  );
  board.close();
});

test.run();

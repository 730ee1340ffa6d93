// boards/stm32f405: the image in QEMU replays a tape to the trace that the host computed, within the RAM and flash of the chip,
// and says so when it fails.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../../host/device/bytes.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import { paths } from "../../tools/boards.mjs";
import { buildImage, runImage } from "../../tools/images.mjs";
import { binding, calls, fixture, lacking, run, scratch, tape, type Call, type Recording } from "./board.ts";
import { device } from "../fleet/wasm.ts";

const SRAM = 128 * 1024;
const CCM = 64 * 1024;
const FLASH = 1024 * 1024;

const absent = lacking("arm-none-eabi-gcc", "qemu-system-arm");
await binding();
const { path, wasm } = await fixture();
if (!absent) await buildImage({ wasm: path, name: "fixture" });
const elf = paths.image("stm32f405", "fixture");

/** A request of the fixture, on a device just booted. */
const after = (...bytes: number[]): Call[] => [
  { call: "boot", now: 0n },
  { call: "request", link: 0, bytes: Uint8Array.from(bytes), now: 1n },
];

test("the board prints the trace that V8 and wasm3 on the host computed", async () => {
  if (absent) return;
  for (const engine of ["v8", "wasm3"] as const) {
    const recording = tape(engine, wasm, calls(`stm32f405 ${engine}`, 300));
    const report = await runImage({ elf, tape: recording.path });
    assert.is(report.error, null, report.text);
    assert.is(report.status, 0);
    assert.is(report.trace, recording.trace);
    assert.is(report.traps, recording.traps);
  }
});

test("two runs of one tape are the same to the instruction", async () => {
  if (absent) return;
  const { path: file } = tape("v8", wasm, calls("twice", 60));
  const [a, b] = await Promise.all([runImage({ elf, tape: file }), runImage({ elf, tape: file })]);
  assert.is(a.text, b.text);
  assert.ok(a.instructions.used > 1e6, "instructions are counted");
});

test("its RAM table adds up and lies within the chip's two banks", async () => {
  if (absent) return;
  const report = await runImage({ elf, tape: tape("v8", wasm, calls("ram", 100)).path });
  const { total, ...parts } = report.ram;
  assert.is(
    Object.values(parts).reduce((sum, n) => sum + n, 0),
    total,
  );
  assert.is(parts["linear-memory"], 65536);
  assert.ok(parts["code-in-bank2"] > 0, "code pages lie in the second bank");
  assert.equal([report.bank1.of, report.bank2.of, report.flash.of], [SRAM, CCM, FLASH]);
  for (const name of ["bank1", "bank2", "flash", "native-stack", "wasm-stack"] as const) {
    assert.ok(report[name].used < report[name].of, `${name}: ${report[name].used} of ${report[name].of}`);
  }
});

test("a runaway recursion ends in a message, not in silence or in other data", async () => {
  if (absent) return;
  const report = await runImage({ elf, tape: tape("v8", wasm, after(7)).path, timeoutMs: 30_000 });
  assert.is.not(report.status, 0);
  assert.match(report.text, /native stack|stack overflow/);
});

test("what is no tape, or another device's, ends with a reason and status 1", async () => {
  if (absent) return;
  const file = join(scratch, "bad.tape");
  writeFileSync(file, "SYNODTAP is not enough");
  assert.match((await runImage({ elf, tape: file })).text, /error a tape of another version/);
  const good: Recording = tape("v8", wasm, after(4, 1));
  writeFileSync(file, good.bytes.subarray(0, good.bytes.length - 60));
  const cut = await runImage({ elf, tape: file });
  assert.is(cut.status, 1);
  assert.match(cut.error ?? "", /inside a record|more than the tape answers/);
  assert.match((await runImage({ elf, tape: join(scratch, "none.tape") })).text, /error no tape/);
});

test("the image for the chip itself puts code pages into the CCM", async () => {
  if (lacking("arm-none-eabi-gcc")) return;
  await buildImage({ wasm: path, name: "fixture", chip: true });
  const { stdout } = run("arm-none-eabi-nm", [paths.image("stm32f405", "fixture-chip")]);
  const symbols = new Map(stdout.split("\n").map((l) => [l.slice(11), parseInt(l.slice(0, 8), 16)]));
  assert.is(symbols.get("bank2_start"), 0x10000000);
  assert.is(symbols.get("stack_bottom"), 0x20000000, "an overflow of the stack leaves RAM");
  assert.is(symbols.get("heap_end"), 0x20000000 + SRAM);
});

test("the device itself: a tape of a fleet with losses and power cuts gives the host's trace, in the chip's RAM", async () => {
  if (absent) return;
  const bytes = await device();
  const module = join(scratch, "real.wasm");
  const file = join(scratch, "real.tape");
  writeFileSync(module, bytes);
  const faults = ["loss", "cut"] as const;
  const fleet = new Fleet({ n: 4, seed: 1, engine: "v8", wasm: bytes, mtu: 250, record: 0, traffic: 1, faults });
  fleet.run(() => fleet.watch.stats.calls >= 240, 600_000);
  writeFileSync(file, fleet.recorder!.bytes());
  const expected = hex(fleet.recorder!.digest());
  fleet.close();
  await buildImage({ wasm: module, name: "test-device" });
  const report = await runImage({ elf: paths.image("stm32f405", "test-device"), tape: file, timeoutMs: 300_000 });
  assert.is(report.error, null, report.text);
  assert.is(report.trace, expected);
  assert.ok(report.calls > 40, `${report.calls} calls`);
  const { bank1, bank2, flash } = report;
  for (const area of [bank1, bank2, flash]) assert.ok(area.used <= area.of, report.text);
  console.log(
    `note: STM32F405, ${report.calls} calls: RAM ${report.ram.total} bytes in all (SRAM ${bank1.used} of ${bank1.of}, ` +
      `CCM ${bank2.used} of ${bank2.of}), flash ${flash.used}, code of the largest call ${report.code}`,
  );
});

test("a device with the chip's own drivers links, and leaves the sectors that are the device's flash", async () => {
  if (absent) return;
  const output = join(scratch, "chip.elf");
  await buildImage({ wasm: path, main: "device", chip: true, output });
  const { stdout, status } = run("arm-none-eabi-readelf", ["-lW", output]);
  assert.is(status, 0);
  const loads = [...stdout.matchAll(/^ +LOAD +\S+ +\S+ +0x(\w+) +0x(\w+)/gm)].map(([, at, n]) => [
    parseInt(at, 16),
    parseInt(n, 16),
  ]);
  const flash = loads.filter(([at, n]) => n > 0 && at < 0x1000_0000);
  assert.ok(flash.length >= 2, stdout);
  const KIB = 1024;
  for (const [at, n] of flash) {
    const [from, to] = [at - 0x0800_0000, at + n - 0x0800_0000];
    const vectors = to <= 16 * KIB;
    const image = from >= 64 * KIB && to <= 256 * KIB;
    assert.ok(vectors || image, `${from} to ${to} lie in a sector of the device's own`);
  }
});

test.run();

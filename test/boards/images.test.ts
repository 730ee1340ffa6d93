// The device on other boards and cores: a tape replayed by the MPS2, RISC-V and Xtensa images gives the trace that the host computed, and their hashes are right.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../../host/device/bytes.ts";
import { Fleet } from "../../host/fleet/fleet.ts";
import { paths } from "../../tools/boards.mjs";
import { BOARDS, buildImage, runImage, type BoardName } from "../../tools/images.mjs";
import { lacking, scratch } from "./board.ts";
import { device, member } from "../fleet/wasm.ts";

const wasm = await device();
const memberWasm = await member();
const light = join(scratch, "light.wasm");
writeFileSync(light, memberWasm);
const module = join(scratch, "real.wasm");
writeFileSync(module, wasm);

/** A tape of one device of a fleet that loses frames and power, or of a member of it, and the trace that the host has of it. */
function course(calls: number, members = 0): { file: string; trace: string } {
  const faults = ["loss", "cut"] as const;
  const record = members > 0 ? 4 : 0;
  const fleet = new Fleet({
    n: 4,
    members,
    memberWasm,
    seed: 1,
    engine: "v8",
    wasm,
    mtu: 250,
    record,
    traffic: 1,
    faults,
  });
  fleet.run(() => fleet.watch.stats.calls >= calls, 600_000);
  const file = join(scratch, `course${members}.tape`);
  writeFileSync(file, fleet.recorder!.bytes());
  const trace = hex(fleet.recorder!.digest());
  fleet.close();
  return { file, trace };
}

for (const board of ["an385", "an386", "an505", "riscv", "lx106"] satisfies BoardName[])
  test(`${board}: the device decides what it decides elsewhere, two runs alike`, async () => {
    if (lacking(BOARDS[board].cc, BOARDS[board].qemu)) return;
    const { file, trace } = course(120);
    await buildImage({ board, wasm: module, name: "test-device" });
    const run = () => runImage({ board, elf: paths.image(board, "test-device"), tape: file, timeoutMs: 300_000 });
    const [report, again] = await Promise.all([run(), run()]);
    assert.is(report.error, null, report.text);
    assert.is(report.trace, trace);
    assert.ok(report.calls > 20, `${report.calls} calls`);
    // the lx106's cycle counter follows QEMU's clock, not its instructions
    const said = (text: string): string => (board === "lx106" ? text.replace(/^instructions .*$/m, "") : text);
    assert.is(said(again.text), said(report.text));
    for (const area of [report.bank1, report.bank2, report.flash, report["native-stack"]])
      assert.ok(area.used <= area.of, report.text);
    console.log(
      `note: ${board}, ${report.calls} calls: RAM ${report.ram.total} bytes in all, native stack ${report["native-stack"].used}, ` +
        `${(report.instructions.used / 1e6).toFixed(0)} M instructions`,
    );
  });

for (const board of ["stm32f405", "riscv"] satisfies BoardName[])
  test(`${board}: a member decides what it decides elsewhere, in the memory that its module says`, async () => {
    if (lacking(BOARDS[board].cc, BOARDS[board].qemu)) return;
    const { file, trace } = course(6000, 1);
    await buildImage({ board, wasm: light, name: "test-member" });
    const report = await runImage({ board, elf: paths.image(board, "test-member"), tape: file, timeoutMs: 300_000 });
    assert.is(report.error, null, report.text);
    assert.is(report.trace, trace);
    assert.is(report.traps, 0);
    assert.ok(report.calls > 200, `${report.calls} calls`);
    assert.is(report.ram["linear-memory"], 28672);
  });

test.run();

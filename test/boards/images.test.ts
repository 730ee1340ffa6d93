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
import { device } from "../fleet/wasm.ts";

const wasm = await device();
const module = join(scratch, "real.wasm");
writeFileSync(module, wasm);

/** A tape of one device of a fleet that loses frames and power, and the trace that the host has of it. */
function course(calls: number): { file: string; trace: string } {
  const faults = ["loss", "cut"] as const;
  const fleet = new Fleet({ n: 4, seed: 1, engine: "v8", wasm, mtu: 250, record: 0, traffic: 1, faults });
  fleet.run(() => fleet.watch.stats.calls >= calls, 600_000);
  const file = join(scratch, "course.tape");
  writeFileSync(file, fleet.recorder!.bytes());
  const trace = hex(fleet.recorder!.digest());
  fleet.close();
  return { file, trace };
}

for (const board of ["an386", "riscv", "lx106"] satisfies BoardName[])
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

test.run();

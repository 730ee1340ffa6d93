// `npm run size -- --board`: a full validator fits the chip, by what its image measured; and an image that does not fit is not made.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildFirmware } from "../../tools/build.mjs";
import { paths } from "../../tools/boards.mjs";
import { BOARDS, buildImage } from "../../tools/images.mjs";
import * as ram from "../../tools/ram.ts";
import { lacking, scratch } from "./board.ts";

const { cc, qemu } = BOARDS.stm32f405;

test("a validator of seven stays within the RAM and flash that are allowed", async () => {
  if (lacking(cc, qemu)) return;
  if (!process.env.SYNOD_BUILT) await buildFirmware(["device"]);
  const size = await ram.weighBoard("stm32f405", process.env.SYNOD_BUDGET ? 1000 : 40);
  assert.is(
    Object.values(size.parts).reduce((sum, n) => sum + n, 0),
    size.ramTotal,
  );
  assert.is(size.parts["linear-memory"], 65536);
  const { ramTotal, flashTotal } = ram.LIMITS.stm32f405!.device;
  assert.ok(size.ramTotal <= ramTotal.must, ram.table(size).join("\n"));
  assert.ok(size.flashTotal <= flashTotal.must, ram.table(size).join("\n"));
  console.log(
    `note: stm32f405, n = 7, ${size.blocks} blocks: RAM ${size.ramTotal} bytes in all, flash ${size.flashTotal}`,
  );
});

test("a member beside seven stays within what is allowed, in less than half a page", async () => {
  if (lacking(cc, qemu)) return;
  if (!process.env.SYNOD_BUILT) await buildFirmware(["device", "member"]);
  const size = await ram.weighBoard("stm32f405", process.env.SYNOD_BUDGET ? 1000 : 40, "member");
  assert.is(size.parts["linear-memory"], 28672);
  const { ramTotal, flashTotal } = ram.LIMITS.stm32f405!.member;
  assert.ok(size.ramTotal <= ramTotal.must, ram.table(size).join("\n"));
  assert.ok(size.flashTotal <= flashTotal.must, ram.table(size).join("\n"));
  console.log(
    `note: stm32f405, a member, ${size.blocks} blocks: RAM ${size.ramTotal} bytes in all, flash ${size.flashTotal}`,
  );
});

test("an image that exceeds the chip's regions is refused by the linker, and nothing is left that looks like one", async () => {
  if (lacking(cc)) return;
  const wasm = join(scratch, "large.wasm");
  writeFileSync(wasm, new Uint8Array(1 << 20));
  const said = await buildImage({ wasm, name: "test-large" }).then(
    () => "it was built",
    (e: Error) => e.message,
  );
  assert.match(said, /region .flash. overflowed/);
  assert.not.ok(existsSync(paths.image("stm32f405", "test-large")));
});

test("a board that nobody knows has no name", () => {
  assert.is(ram.named("z80"), null);
  assert.is(ram.named("toString"), null);
  assert.is(ram.named("riscv"), "riscv");
});

test.run();

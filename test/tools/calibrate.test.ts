// The table of costs is that of the emulated board: of devices that it was not made from, it gives the instructions within 25 %.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { INSTRUCTIONS } from "../../host/fleet/costs.ts";
import { paths } from "../../tools/boards.mjs";
import { buildImage } from "../../tools/images.mjs";
import { course, fit, KINDS, ratio, table, type Call, type Course } from "../../tools/calibrate.ts";
import { lacking, scratch } from "../boards/board.ts";
import { device } from "../fleet/wasm.ts";

const absent = lacking("arm-none-eabi-gcc", "qemu-system-arm");
const FAR = 0.25;
const COURSES: Record<string, Course> = {
  "four devices, losses and power cuts": { n: 4, seed: 21, mtu: 250, traffic: 1, faults: ["loss", "cut"], calls: 240 },
  "seven devices, long frames": { n: 7, seed: 22, mtu: 1400, traffic: 1, calls: 240 },
  "four devices with little to do": { n: 4, seed: 23, mtu: 1400, senses: "nothing", traffic: 0.3, calls: 160 },
};

test("the table gives the instructions of a device's tape as the emulated board counts them", async () => {
  if (absent) return;
  const wasm = await device();
  const module = join(scratch, "calibrate.wasm");
  writeFileSync(module, wasm);
  await buildImage({ wasm: module, name: "test-calibrate" });
  for (const [name, one] of Object.entries(COURSES)) {
    const calls = await course(one, wasm, paths.image("stm32f405", "test-calibrate"), join(scratch, "calibrate.tape"));
    const share = ratio(INSTRUCTIONS, calls);
    const counted = calls.reduce((sum, { instructions }) => sum + instructions, 0);
    console.log(
      `note: ${name}: ${calls.length} calls, ${counted} instructions, ${(100 * share).toFixed(1)} % by the table`,
    );
    assert.ok(Math.abs(share - 1) < FAR, `${name}: ${share}; npx tsx tools/calibrate.ts --write makes the table anew`);
  }
});

test("the fit finds costs that were put in, and none below zero", () => {
  const rows = Array.from({ length: 60 }, (_, i) => [1, i % 7, (i * i) % 5, i % 3]);
  const found = fit(rows, rows.map(([a, b, c]) => 1000 * a + 70 * b + 300 * c)); // prettier-ignore
  found.forEach((cost, i) => assert.ok(Math.abs(cost - [1000, 70, 300, 0][i]) < 0.01, `${found}`));
  const [up, down] = fit(rows.map(([a, b]) => [a, b]), rows.map(([a, b]) => 1000 * a - 10 * b)); // prettier-ignore
  assert.ok(up > 0 && down === 0);
});

test("work that no tape did costs in proportion to its like", () => {
  const none = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as unknown as Call["work"];
  const calls: Call[] = [
    { work: { ...none, tick: 1 }, instructions: 100 },
    { work: { ...none, tick: 1, alone: 1 }, instructions: 5100 },
    { work: { ...none, tick: 1, sha256: 10 }, instructions: 1100 },
  ];
  const made = table(calls);
  assert.equal([made.tick, made.alone, made.sha256], [100, 5000, 100]);
  assert.ok(made.preparedAlone > 2000 && made.preparedAlone < 4000, "by test/budget.json");
  assert.ok(made.sha512 > 100 && made.sha512 < 200);
  assert.is(made.signed, 0);
});

test.run();

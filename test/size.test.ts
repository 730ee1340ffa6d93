// What the firmware may weigh: executed wasm is RAM on a board (three to four bytes of code page each), so every folder has a budget.
// test/budget.json holds what each takes plus a little: growth is a decision, not an accident. All of it at once is more than a part
// with 192 KB holds; there the runtime drops compiled code between calls when it outgrows its room (boards/runtime/README.md).

import { test } from "uvu";
import * as assert from "uvu/assert";
import { FUNCTION_RAM, regions, regionsOf, weigh } from "../tools/size.ts";

for (const target of ["device", "member"])
  test(`executed wasm of each folder of ${target}.wasm stays within test/budget.json`, () => within(target));

async function within(target: string): Promise<void> {
  const size = await weigh(target);
  console.log(`note: ${size.functions} declared functions, ${size.functions * FUNCTION_RAM} bytes of RAM on a board`);
  const pages = Object.values(size.folders).reduce((sum, f) => sum + f.pages, 0);
  const executed = Object.values(size.folders).reduce((sum, f) => sum + f.executed, 0);
  console.log(`note: ${executed} bytes of wasm executed, ${pages} bytes of code pages on a board`);
  for (const [folder, { allowed, executed }] of Object.entries(size.budget)) {
    console.log(`note: ${folder} executes ${executed} bytes of ${allowed}`);
    assert.ok(executed > 0, `nothing of ${folder} ran: the standard run does not measure it`);
  }
  if (target === "device") {
    const { declared } = size.folders.light;
    console.log(
      `note: what it does for members takes ${declared} bytes of 640, ${size.folders.light.executed} executed`,
    );
    assert.ok(declared <= 640, "what a validator does for members outgrows its bytes");
  }
  const over = Object.entries(size.budget).filter(([, b]) => b.executed > b.allowed);
  assert.equal(
    over.map(([folder]) => folder),
    [],
  );
}

for (const [role, end] of [
  ["validator", 65536],
  ["member", 28672],
] as const)
  test(`the regions of a ${role}'s memory fill ${end} bytes and overlap nowhere`, () => {
    const all = regions(role);
    assert.ok(all.length >= 10, "layout.ts was not understood");
    for (let i = 1; i < all.length; i++)
      assert.ok(all[i].at >= all[i - 1].at + all[i - 1].bytes, `${all[i].name} overlaps`);
    const last = all[all.length - 1];
    assert.is(last.at + last.bytes, end);
  });

test("a layout is read from its constants", () => {
  const text = "export const A: usize = 0x0100;\nexport const A_END: usize = 0x0300;\nexport const LIMIT: usize = 7;\n";
  assert.equal(regionsOf(text), [{ name: "a", at: 256, bytes: 512 }]);
});

test.run();

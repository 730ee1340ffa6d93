// `synod monitor` of a device that dies: its last words, and a tape that is there when the command has ended. (Boards that live: test/live/desk.test.ts.)

import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../tools/build.mjs";
import { replay } from "../../host/tape/replay.ts";
import { root, scratch } from "../boards/board.ts";
import { lines, synod } from "./synod.ts";

const wasm = join(scratch, "dies.wasm");
await compile("test/boards/fixture/dies.ts", "device", relative(root, join(scratch, "dies")));

test("a device that traps leaves a tape, and the folder that it made is kept for it", async () => {
  const { code, out, err } = await synod("monitor", "sim", "--wasm", wasm, "--json");
  assert.is(code, 1, out + err);
  assert.match(err, /the device ended: .*unreachable/);
  const crash = lines(out).find((said) => said.what === "crash");
  const path = String(crash?.path);
  assert.ok(existsSync(path), out);
  const { trapped, divergence } = replay(new Uint8Array(readFileSync(path)), "v8", new Uint8Array(readFileSync(wasm)));
  assert.equal([trapped, divergence], [true, null]);
  rmSync(dirname(dirname(path)), { recursive: true });
});

test("in words it says how the tape is seen, and without a tape its folder goes", async () => {
  const dies = await synod("monitor", "sim", "--wasm", wasm);
  const [, path] = /leaves a tape: npx synod replay (\S+)$/m.exec(dies.out)!;
  rmSync(dirname(dirname(path)), { recursive: true });
  const lives = await synod("monitor", "sim", "--seconds", "1");
  assert.is(lives.code, 0, lives.err);
  assert.match(lives.out, /^ +\d\.\d{3} {2}booted$/m);
});

test.run();

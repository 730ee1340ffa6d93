// `synod provision` of simulated devices: a cell in a folder, finished by the same command again. (Boards at a serial port: test/live/desk.test.ts.)

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lines, synod } from "./synod.ts";

const home = mkdtempSync(join(tmpdir(), "synod-provision-"));
process.once("exit", () => rmSync(home, { recursive: true, force: true }));
const dir = join(home, "cell");

test("a cell has those that vote in its genesis, and members beside them; up runs it", async () => {
  const words = ["provision", "sim*3,member:sim", "--dir", dir, "--delta", "100", "--json"];
  const first = await synod(...words);
  assert.is(first.code, 0, first.err);
  const [made] = lines(first.out) as { cell: string; n: number; kids: string[]; devices: string[] }[];
  assert.equal([made.n, new Set(made.kids).size, made.devices.at(-1)], [3, 4, "member:sim"]);
  assert.ok(existsSync(join(dir, "member.wasm")));
  const described = JSON.parse(readFileSync(join(dir, "fleet.json"), "utf8")) as { n: number; devices: string };
  assert.equal([described.n, described.devices], [3, "sim*3,member:sim"]);
  const again = await synod(...words);
  assert.equal(lines(again.out), [made], "the same again changes nothing");
  const ran = await synod("up", join(dir, "fleet.json"), "--seconds", "3", "--json");
  assert.is(ran.code, 0, ran.err);
  assert.ok(Number(lines(ran.out).at(-1)!.height) >= 1, ran.out);
});

test("another number of devices, and words without a place, are refused", async () => {
  for (const [words, why] of [
    [["sim*4", "--dir", dir], /holds a fleet of 3 devices, not of 4/],
    [["sim*3", "--delta", "200", "--dir", dir], /deltaMs is 100, not 200/],
    [["sim*3"], /needs --dir/],
    [["member:sim", "--dir", join(home, "none")], /members come last/],
  ] as const) {
    const { code, err } = await synod("provision", ...words);
    assert.is.not(code, 0);
    assert.match(err, why);
  }
});

test.run();

// boards/runtime/box.c: a call that trapped or faulted on a board is a tape, and that tape stops in the same trap on the host.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as page from "../../host/tape/page.ts";
import { replay } from "../../host/tape/replay.ts";
import * as tape from "../../host/tape/tape.ts";
import { paths } from "../../tools/boards.mjs";
import { BOARDS, buildImage, runImage } from "../../tools/images.mjs";
import { binding, board, calls, fixture, lacking, make, scratch, tape as record, type Call } from "./board.ts";
import { program } from "./posix.ts";

const { cc, qemu } = BOARDS.stm32f405;
const absent = lacking(cc, qemu);
await binding();
const { path, wasm } = await fixture();
if (!absent) await buildImage({ wasm: path, name: "fixture" });
const elf = paths.image("stm32f405", "fixture");
const crash = join(scratch, "crash.tape");

const request = (...bytes: number[]): Call => ({
  call: "request",
  link: 0,
  bytes: Uint8Array.from(bytes),
  now: 9_000_000_000n,
});

/** Calls that leave much in memory and trap nowhere, then `last`. */
const before = (last: Call): Call[] => [
  ...calls("box", 60).filter((c) => c.call !== "boot" && !("bytes" in c && c.call === "request" && c.bytes[0] < 4)),
  last,
];

/** Runs calls behind a boot on the board; the tape of the one that went wrong, null when there is none. */
async function crashed(list: Call[]): Promise<Uint8Array | null> {
  rmSync(crash, { force: true });
  const report = await runImage({
    elf,
    tape: record("v8", wasm, [{ call: "boot", now: 0n }, ...list]).path,
    box: true,
  });
  assert.is(existsSync(crash), /^crash.tape$/m.test(report.text), report.text);
  return existsSync(crash) ? new Uint8Array(readFileSync(crash)) : null;
}

const noted = (bytes: Uint8Array): { trap?: string; page?: string }[] =>
  tape
    .parse(bytes)
    .filter(({ type }) => type === tape.NOTE)
    .map(({ payload }) => tape.note(payload) as { trap?: string });

for (const [what, bytes, why] of [
  ["unreachable", [1, 2], /unreachable/],
  ["a load past memory", [2], /out of bounds/],
  ["a division by zero", [3], /divide by zero/],
  ["a recursion without end, which faults", [7], /stack/],
] as const)
  test(`${what} on the board: the tape of its box traps in V8 and in wasm3`, async () => {
    if (absent) return;
    // 2 reads past memory in the first calls alone
    const found = await crashed(bytes[0] === 2 ? [request(2)] : before(request(...bytes)));
    assert.ok(found, "a tape");
    assert.match(noted(found).at(-1)!.trap!, why);
    assert.is(noted(found).some((n) => n.page), false, "the page before the call was kept"); // prettier-ignore
    for (const engine of ["v8", "wasm3"] as const) {
      const done = replay(found, engine, wasm);
      assert.is(done.divergence, null, done.divergence?.sentence);
      assert.is(done.calls, 1);
      assert.ok(done.trapped);
    }
  });

test("the page on the tape is the device's before the call, its input in place", async () => {
  if (absent) return;
  const list = before(request(1, 7));
  const found = await crashed(list);
  const records = tape.parse(found!);
  assert.equal(records.map(({ type }) => type), [tape.KEYFRAME, tape.CALL, tape.NOTE]); // prettier-ignore
  const seen = new Uint8Array(65536);
  page.apply(seen, records[0].payload.subarray(tape.KEYFRAME_HEAD));
  const { open } = await import("../../host/device/open.ts");
  const device = open("v8", wasm, board());
  device.boot(0n);
  for (const c of list.slice(0, -1)) make(device, c);
  const expected = device.memory().slice();
  device.close();
  let differing = 0;
  for (let i = 0; i < seen.length; i++) if (seen[i] !== expected[i]) differing++;
  assert.ok(differing <= 2, `${differing} bytes differ beside the two of the input`);
  const call = tape.call(records[1].payload);
  assert.equal([call.code, call.now, [...call.input]], [3, 9_000_000_000n, [1, 7]]);
});

test("what goes well leaves no tape; a damaged ring leaves one", async () => {
  if (absent) return;
  assert.is(await crashed([request(4, 1)]), null);
  const found = await crashed([request(6, 9, 0, 0, 0)]);
  assert.match(noted(found!).at(-1)!.trap!, /effect ring/);
  // a ring that runs past memory is no ring on any host: there its replay stops too
  const past = await crashed([request(6, 5, 0, 0xff, 0xff, 0, 0, 0, 0)]);
  for (const engine of ["v8", "wasm3"] as const) assert.ok(replay(past!, engine, wasm).trapped, engine);
});

test("a process that traps writes the same: its tape traps in V8 and in wasm3", async () => {
  const posix = await program();
  if (!posix) return;
  const file = join(scratch, "posix.tape");
  const options = ["--wasm", path, "--flash", join(scratch, "box.flash"), "--crash", file];
  const { status, stdout, stderr } = spawnSync(posix, options, {
    input: "request 04ff\nrequest 0d\n",
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.is(status, 70, stderr);
  assert.ok(stdout.includes(`crash ${file}`), stdout);
  const found = new Uint8Array(readFileSync(file));
  for (const engine of ["v8", "wasm3"] as const) {
    const done = replay(found, engine, wasm);
    assert.equal([done.divergence, done.calls, done.trapped], [null, 1, true], engine);
  }
});

test("a board's crash tape is one for `synod replay`", async () => {
  if (absent) return;
  const found = await crashed(before(request(3)));
  const file = join(scratch, "shown.tape");
  writeFileSync(file, found!);
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    ["host/cli/synod.mjs", "replay", file, "--engine", "both", "--wasm", path],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.is(status, 0, stdout + stderr);
  assert.match(stdout, /trapped as recorded, in call 0/);
});

test.run();

// boards/runtime: the C runtime replays a tape to the host's trace, under AddressSanitizer too, and no tape and no effect ring
// can make it touch what is not its own.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { buildTool, paths } from "../../tools/boards.mjs";
import { binding, calls, careful, fixture, numbers, run, scratch, tape, type Call } from "./board.ts";

await binding();
const { path, wasm } = await fixture();
const rounds = Math.max(1, Number(process.env.SYNOD_BUDGET ?? 20) / 20);

const program = await careful("replay");

/** Replays and returns what it printed; fails the test when a sanitizer spoke. */
function replay(tapePath: string): { status: number; stdout: string; stderr: string } {
  const result = run(program!, [path, tapePath]);
  assert.not.match(result.stderr, /Sanitizer|runtime error|ended by/, result.stderr);
  return result;
}

/** Replays bytes that may be no tape. */
function replayBytes(bytes: Uint8Array): { status: number; stdout: string; stderr: string } {
  const file = join(scratch, "odd.tape");
  writeFileSync(file, bytes);
  return replay(file);
}

test("tapes recorded in V8 and in wasm3 replay to the trace that the host computed", async () => {
  await buildTool("replay");
  for (const engine of ["v8", "wasm3"] as const) {
    const recording = tape(engine, wasm, calls("replay", 400));
    assert.ok(recording.traps > 5, "traps are part of it");
    for (const one of [paths.tool("replay"), program].filter((p) => p && existsSync(p))) {
      const { status, stdout, stderr } = run(one!, [path, recording.path]);
      assert.is(status, 0, stderr);
      assert.match(stdout, `trace ${recording.trace}\n`);
      assert.match(stdout, `traps ${recording.traps}\n`);
    }
  }
});

test("a board that drops its code after every call decides the same, and its heap does not fill up", async () => {
  if (!program) return;
  const recording = tape("v8", wasm, calls("flush", 600));
  const { status, stdout, stderr } = run(program, [path, recording.path, "--flush", "1"]);
  assert.is(status, 0, stderr);
  assert.match(stdout, `trace ${recording.trace}\n`);
  const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stdout)?.[1]);
  assert.ok(count("flushes") >= count("calls") - count("traps"), `${count("flushes")} times dropped`);
  assert.ok(count("ram code-pages") < 16384, "pages are used again");
});

test("a ring that is no sequence of records is refused whole", () => {
  if (!program) return;
  const below = numbers("rings");
  const odd = [
    [], // RING begins with what was there
    [9, 0, 0, 0, 0, 0, 0, 0], // no such op
    [1, 1, 0xff, 0xff, 0, 0, 0, 0], // longer than memory
    [4, 7, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0], // an ACT of four bytes
    [2, 3, 0, 0], // cut in its head
  ];
  for (let i = 0; i < 60 * rounds; i++) {
    const length = 1 + below(200);
    odd.push(Array.from({ length }, (_, k) => (k % 8 === 0 ? below(8) : k % 8 === 3 ? below(3) : below(256))));
  }
  const list: Call[] = odd.flatMap((ring): Call[] => [
    { call: "boot", now: 0n },
    { call: "request", link: 0, bytes: Uint8Array.of(6, ...ring), now: 1n },
  ]);
  const recording = tape("v8", wasm, list);
  const { status, stderr } = replay(recording.path);
  assert.is(status, 0, stderr);
});

test("a tape that is cut, or changed in any byte, ends with a reason", () => {
  if (!program) return;
  const below = numbers("tapes");
  const { bytes } = tape("v8", wasm, calls("cut", 12));
  for (let i = 0; i < 60 * rounds; i++) {
    const changed = i % 3 === 0 ? bytes.slice(0, below(bytes.length)) : bytes.slice();
    if (i % 3 !== 0)
      for (let k = 0; k < 1 + below(4); k++) changed[below(i % 3 === 1 ? 200 : bytes.length)] ^= 1 << below(8);
    const { status, stderr } = replayBytes(changed);
    if (status !== 0) assert.match(stderr, /^replay: record \d+: .+$/m);
  }
});

test("a device that asks something else than the tape answers is found out", async () => {
  await buildTool("replay");
  const list: Call[] = [
    { call: "boot", now: 0n },
    { call: "request", link: 0, bytes: Uint8Array.of(4, 9), now: 1n },
  ];
  const { bytes } = tape("v8", wasm, list);
  const sense = Buffer.from(bytes).toString("latin1").indexOf("\x04\0\0\0\x08\0\0\0"); // the record SENSE
  assert.ok(sense > 0);
  bytes[sense] = 2;
  const file = join(scratch, "other.tape");
  writeFileSync(file, bytes);
  const { status, stderr } = run(paths.tool("replay"), [path, file]);
  assert.is(status, 1);
  assert.match(stderr, /asks something else than the tape answers/);
});

test("nothing but a boot may follow a trap", async () => {
  const recording = tape("v8", wasm, [
    { call: "boot", now: 0n },
    { call: "request", link: 0, bytes: Uint8Array.of(1), now: 1n },
    { call: "tick", now: 2n },
  ]);
  const { status, stderr } = run(paths.tool("replay"), [path, recording.path]);
  assert.is(status, 1);
  assert.match(stderr, /device that is down/);
});

test.run();

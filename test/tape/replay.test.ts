// Recording and replay: the same inputs give the same trace hash in a fresh device and in another engine; any change is found.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Fleet } from "../../host/fleet/fleet.ts";
import { compare, replay, seek } from "../../host/tape/replay.ts";
import * as tape from "../../host/tape/tape.ts";
import { device, fixture } from "../fleet/wasm.ts";
import { engines } from "../wasm.ts";

const wasm = await device();
const beeper = await fixture("beeper");
if (engines.includes("wasm3")) await import("../../host/device/wasm3.ts");

/** The tape of device 1 in a run with power cuts. */
function recorded(module = wasm, seed = 3): { bytes: Uint8Array; fleetHash: string } {
  const fleet = new Fleet({
    n: 4,
    seed,
    engine: "v8",
    wasm: module,
    faults: ["loss", "duplication", "cut", "torn", "drift"],
    traffic: 1,
    record: 1,
    stopOnViolation: false,
  });
  fleet.run(3000);
  fleet.device(1).kill();
  fleet.device(1).restart(500);
  fleet.run(8000);
  fleet.close();
  return { bytes: fleet.recorder!.bytes(), fleetHash: fleet.traceHash };
}

const { bytes, fleetHash } = recorded();

/** The tape with record number `i` of this type changed. */
function changed(type: number, i: number, change: (payload: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(tape.parse(copy).filter((record) => record.type === type)[i].payload);
  return copy;
}

for (const engine of engines) {
  test(`a tape replays to the hash that was recorded, in ${engine}`, () => {
    const done = replay(bytes, engine, wasm);
    assert.is(done.divergence, null);
    assert.is(done.traceHash, done.expected);
    assert.ok(done.calls > 300, `${done.calls} calls`);
    assert.ok(done.powerUps >= 3, "provisioning, the start, and a restart at least");
  });
}

test("recording changes nothing: the fleet's hash is that of a run without a recorder", () => {
  const fleet = new Fleet({
    n: 4,
    seed: 3,
    engine: "v8",
    wasm,
    faults: ["loss", "duplication", "cut", "torn", "drift"],
    traffic: 1,
    stopOnViolation: false,
  });
  fleet.run(3000);
  fleet.device(1).kill();
  fleet.device(1).restart(500);
  fleet.run(8000);
  fleet.close();
  assert.is(fleet.traceHash, fleetHash);
});

test("another answer, another input or another hash on the tape is found, and where", () => {
  const calls = replay(bytes, "v8", wasm).calls;
  const drawn = tape.parse(bytes).filter(({ type }) => type === tape.ENTROPY);
  const key = drawn.findIndex(({ payload }) => payload.length === 32);
  const entropy = replay(
    changed(tape.ENTROPY, key, (payload) => (payload[0] ^= 1)),
    "v8",
    wasm,
  ).divergence;
  assert.ok(entropy !== null && entropy.call < 64, "the identity comes from that entropy");
  const read = replay(
    changed(tape.READ, 0, (payload) => payload.fill(0xff, 0, 4)),
    "v8",
    wasm,
  ).divergence;
  assert.ok(read !== null && read.call === 0, read?.sentence);
  const end = replay(
    changed(tape.END, 0, (payload) => (payload[31] ^= 1)),
    "v8",
    wasm,
  ).divergence;
  assert.ok(end !== null && end.call > calls - 65, "the last noted hash was right");
});

test("an answer that the device never asks for is found", () => {
  const extra = new tape.Writer();
  extra.entropy(new Uint8Array(4));
  const calls = tape.parse(bytes).filter(({ type }) => type === tape.CALL);
  const end = calls[1].payload.byteOffset - bytes.byteOffset - 8; // behind the answers of the first CALL
  const longer = new Uint8Array([
    ...bytes.subarray(0, end),
    ...extra.bytes().subarray(tape.HEAD),
    ...bytes.subarray(end),
  ]);
  const { divergence } = replay(longer, "v8", wasm);
  assert.match(divergence!.sentence, /call 0 \(boot\): 1 recorded answers were never asked for/);
});

test("a tape of another module diverges at its first call", () => {
  const { divergence } = replay(bytes, "v8", beeper);
  assert.is(divergence?.call, 0);
});

for (const engine of engines)
  test(`seeking starts at a keyframe and gives the memory of a replay from the start, in ${engine}`, () => {
    const lengthMs = seek(bytes, engine, wasm, Infinity).atMs;
    assert.ok(lengthMs > 7500 && lengthMs < 8001, `the tape is ${lengthMs} ms long`);
    let near = 0;
    for (let i = 0; i <= 12; i++) {
      const atMs = (lengthMs * i) / 12;
      const sought = seek(bytes, engine, wasm, atMs);
      const whole = seek(bytes, engine, wasm, atMs, true);
      assert.is(sought.divergence, null);
      assert.is(whole.from, 0);
      assert.equal(sought.memory, whole.memory, `at ${atMs} ms`);
      assert.ok(sought.atMs <= atMs && sought.calls - sought.from <= 256);
      if (sought.from > 0) near++;
    }
    assert.ok(near >= 6, `${near} of 13 places were reached from a keyframe`);
  });

test("at a time when its power was off, a device has no memory", () => {
  const { memory } = seek(bytes, "v8", wasm, 3200);
  assert.is(memory, null);
  assert.ok(seek(bytes, "v8", wasm, 2990).memory !== null);
});

test("a keyframe that does not fit what the calls before it do is found", () => {
  const wrong = changed(tape.KEYFRAME, 1, (payload) => (payload[30] ^= 1));
  assert.match(replay(wrong, "v8", wasm).divergence!.sentence, /memory differs from that recorded, first at 0x/);
});

test("a trap is on the tape, and replays as one", () => {
  const fleet = new Fleet({ n: 1, seed: 1, engine: "v8", wasm: beeper, record: 0, stopOnViolation: false });
  fleet.run(1000);
  fleet.device(0).request(new Uint8Array([91]));
  fleet.run(2000);
  fleet.close();
  for (const engine of engines) {
    const { divergence, traceHash, expected } = replay(fleet.recorder!.bytes(), engine, beeper);
    assert.is(divergence, null);
    assert.is(traceHash, expected);
  }
});

test("a device that traps leaves the tape of its last calls, which traps again in every engine", () => {
  const fleet = new Fleet({ n: 2, seed: 1, engine: "v8", wasm: beeper, dumps: true, stopOnViolation: false });
  const trap = new Uint8Array([91]);
  fleet.run(700);
  fleet.device(1).request(trap);
  fleet.run(60_000); // far more calls than a dump holds
  fleet.device(1).request(trap); // its first trap is kept
  fleet.device(0).request(trap);
  fleet.close();
  assert.equal(
    fleet.dumps.map(({ device, atMs }) => [device, atMs]),
    [
      [1, 700],
      [0, 60_000],
    ],
  );
  for (const { bytes: dump, message } of fleet.dumps) {
    assert.match(message, /^request: /);
    assert.ok(dump.length < 600_000, `${dump.length} bytes`);
    for (const engine of engines) {
      const { divergence, trapped, calls } = replay(dump, engine, beeper);
      assert.is(divergence, null);
      assert.is(trapped, true);
      assert.ok(calls <= 256 + 2, `${calls} calls`);
    }
  }
  const [early, late] = fleet.dumps.map((dump) => tape.parse(dump.bytes));
  assert.ok(
    early.every(({ type }) => type !== tape.KEYFRAME),
    "the first begins with its power-up",
  );
  assert.is(late[0].type, tape.KEYFRAME);
  const after = seek(fleet.dumps[1].bytes, "v8", beeper, Infinity);
  assert.equal([after.memory, after.trapped], [null, true]);
  const before = seek(fleet.dumps[1].bytes, "v8", beeper, after.atMs - 1);
  assert.ok(before.memory !== null && !before.trapped);
  const tame = replay(without(fleet.dumps[1].bytes), "v8", beeper);
  assert.match(tame.divergence!.sentence, /the device trapped/, "a trap that was not recorded is told");
});

/** A tape without its notes. */
function without(of: Uint8Array): Uint8Array {
  const kept = tape.parse(of).filter(({ type }) => type !== tape.NOTE);
  return new Uint8Array(Buffer.concat([tape.head(), ...kept.map(({ type, payload }) => tape.record(type, payload))]));
}

test("two engines side by side agree on every call", () => {
  if (!engines.includes("wasm3")) return;
  assert.is(compare(bytes, "v8", "wasm3", wasm), null);
});

test.run();

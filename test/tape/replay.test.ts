// Recording and replay: the same inputs give the same trace hash in a fresh device and in another engine; any change is found.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Fleet } from "../../host/fleet/fleet.ts";
import * as campaign from "../../host/fleet/campaign.ts";
import * as fleets from "../../host/fleet/rerun.ts";
import { compare, replay } from "../../host/tape/replay.ts";
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
  const [first, second] = tape.parse(bytes);
  const at = second.payload.byteOffset - bytes.byteOffset - 8; // behind the first CALL, before its first answer
  assert.is(first.type, tape.CALL);
  const next = tape.parse(bytes).findIndex(({ type }, i) => i > 0 && type === tape.CALL);
  const end = tape.parse(bytes)[next].payload.byteOffset - bytes.byteOffset - 8;
  assert.ok(end > at);
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

test("two engines side by side agree on every call", () => {
  if (!engines.includes("wasm3")) return;
  assert.is(compare(bytes, "v8", "wasm3", wasm), null);
});

test("the tape of a fleet run simulates it again; another module is named as such", () => {
  const run: campaign.Run & { wasm: Uint8Array } = {
    seed: 5,
    n: 4,
    engine: "v8",
    wasm,
    faults: ["loss", "crash"],
    sufferMs: 3000,
  };
  const { traceHash } = campaign.runSeed(run);
  const written = fleets.write(run, traceHash);
  const read = fleets.read(written)!;
  assert.is(read.traceHash, traceHash);
  const again = fleets.replay(read, "v8", wasm);
  assert.equal([again.same, again.sameModule], [true, true]);
  const other = fleets.replay(read, "v8", wasm.slice(0));
  assert.is(other.sameModule, true, "the module counts by content");
  assert.is(fleets.read(bytes), null, "the tape of one device is none of a fleet");
});

test.run();

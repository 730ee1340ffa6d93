// Each invariant fires on a history made to break it, and none on one that keeps the rules.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as kind from "../../firmware/wire/kind.ts";
import * as record from "../../firmware/wire/record.ts";
import { RULES } from "../../host/fleet/invariants.ts";
import { block, cell, GENESIS } from "./history.ts";

const QUORUM = [0, 1, 2];
const one = block(1);
const two = block(2, one);

/** Four devices that notarize and finalize block one, as they should. */
function agreed(villains = 0): ReturnType<typeof cell> {
  const c = cell(4, villains);
  for (const device of c.devices) device.vote(one);
  for (const device of c.devices) device.finalize(one, QUORUM);
  for (const device of c.devices) device.commit(one);
  return c;
}

test("a history that keeps the rules breaks none", () => {
  const { devices, broken } = agreed();
  for (const device of devices) device.notarized(one);
  for (const device of devices) {
    device.store(two);
    device.record(kind.NOTARIZE_F, two, 1);
    device.send(kind.NOTARIZE_F, two);
    device.executed(1, 5, 100n);
  }
  for (const device of devices) (device.record(kind.NULLIFY, [3, 4]), device.send(kind.NULLIFY, [3, 4]));
  devices[0].propose(two);
  devices[0].propose(two, true);
  assert.equal(broken(), []);
});

test("agreement: two blocks committed at one height", () => {
  const { devices, broken } = agreed();
  devices[2].commit(block(1, GENESIS, 1));
  assert.ok(broken().includes("agreement"));
});

test("agreement: a commit in flash counts as well as one that is said", () => {
  const { devices, broken } = agreed();
  devices[3].log(record.LOG_COMMIT, block(1, GENESIS, 1), new Uint8Array(4));
  assert.ok(broken().includes("agreement"));
});

test("chain: two blocks of one view with a quorum each", () => {
  const { devices, broken } = cell(4, 2);
  const other = block(1, GENESIS, 1);
  for (const i of [0, 2, 3]) devices[i].vote(one);
  for (const i of [1, 2, 3]) devices[i].vote(other);
  assert.equal(broken(), ["chain"]);
});

test("chain: a block above a final one that does not descend from it", () => {
  const { devices, broken } = agreed(2);
  const stray = block(3, GENESIS, 1);
  for (const i of QUORUM) devices[i].record(kind.NULLIFY, [1, 2]); // so that nothing else is wrong with it
  for (const i of [1, 2, 3]) devices[i].vote(stray);
  assert.equal(broken(), ["chain"]);
});

test("chain: seen also when the headers between come last", () => {
  const { devices, broken } = cell(4, 3);
  for (const i of QUORUM) devices[i].record(kind.FINALIZE, two);
  const stray = block(4, block(3, one, 1));
  for (const i of QUORUM) devices[i].record(kind.NOTARIZE, stray);
  assert.equal(broken(), []);
  devices[0].store(stray);
  assert.equal(broken(), [], "its parent is not known yet");
  devices[0].store(block(3, one, 1));
  assert.equal(broken(), ["chain"]);
});

test("chain: one header with two digests", () => {
  const { devices, broken } = cell();
  devices[0].store(one);
  devices[1].store({ ...one, digest: new Uint8Array(32).fill(1) });
  assert.equal(broken(), ["chain"]);
});

test("quorum: a commit that too few finalized", () => {
  const { devices, broken } = cell();
  for (const device of devices) device.vote(one);
  devices[0].finalize(one, QUORUM);
  devices[1].finalize(one, QUORUM);
  devices[0].commit(one);
  assert.equal(broken(), ["quorum"]);
});

test("quorum: votes for a child with F count as finalization of its parent, from whoever sent them", () => {
  const { devices, broken } = cell(4, 1);
  for (const device of devices) device.vote(one);
  for (const i of [0, 1]) devices[i].notar(one, QUORUM);
  for (const i of [0, 1, 3]) {
    devices[i].store(two);
    if (i !== 3) devices[i].record(kind.NOTARIZE_F, two, 1);
    devices[i].send(kind.NOTARIZE_F, two);
  }
  devices[0].commit(one);
  assert.equal(broken(), []);
});

test("quorum: a final descendant makes its ancestors final", () => {
  const { devices, broken } = cell();
  for (const device of devices) device.vote(one);
  for (const device of devices) device.vote(two);
  for (const device of devices) device.finalize(two, QUORUM);
  devices[0].commit(one);
  devices[0].commit(two);
  assert.equal(broken(), []);
});

test("quorum: a certificate of too few signers, or of one who never voted so", () => {
  const few = cell();
  for (const device of few.devices) device.vote(one);
  few.devices[0].notar(one, [0, 1]);
  assert.equal(few.broken(), ["quorum"]);
  const invented = cell();
  for (const i of [0, 1]) invented.devices[i].vote(one);
  invented.devices[0].notar(one, QUORUM);
  assert.equal(invented.broken(), ["quorum"]);
});

test("quorum: a block called notarized by too few", () => {
  const { devices, broken } = cell();
  devices[0].vote(one);
  devices[1].vote(one);
  devices[0].notarized(one);
  assert.equal(broken(), ["quorum"]);
});

test("journal: a vote sent before its record is in flash", () => {
  const { devices, broken } = cell();
  devices[0].store(one);
  devices[0].send(kind.NOTARIZE, one);
  assert.equal(broken(), ["journal"]);
  const nullify = cell();
  nullify.devices[1].send(kind.NULLIFY, [1, 2]);
  assert.equal(nullify.broken(), ["journal"]);
  const finalize = cell();
  for (const device of finalize.devices) device.vote(one);
  finalize.devices[1].notar(one, QUORUM);
  finalize.devices[1].send(kind.FINALIZE, one);
  assert.equal(finalize.broken(), ["journal"]);
});

test("journal: a record for something else does not count: F, the range, the digest", () => {
  const f = cell();
  for (const device of f.devices) device.vote(one);
  f.devices[0].notar(one, QUORUM);
  f.devices[0].store(two);
  f.devices[0].record(kind.NOTARIZE, two, 1);
  f.devices[0].send(kind.NOTARIZE_F, two);
  assert.equal(f.broken(), ["journal"]);
  const range = cell();
  range.devices[0].record(kind.NULLIFY, [2, 3]);
  range.devices[0].send(kind.NULLIFY, [2, 4]);
  assert.equal(range.broken(), ["journal"]);
  range.devices[0].record(kind.NULLIFY, [2, 9]);
  range.devices[0].send(kind.NULLIFY, [2, 5]);
  assert.equal(range.broken(), ["journal"], "a wider record covers it");
  const digest = cell();
  digest.devices[0].store(one);
  digest.devices[0].record(kind.NOTARIZE, block(1, GENESIS, 1));
  digest.devices[0].send(kind.NOTARIZE, one);
  assert.equal(digest.broken(), ["journal"]);
});

test("journal: a record that was erased does not count, unless a final block has overtaken it", () => {
  const early = cell();
  early.devices[0].vote(one);
  early.devices[0].erase(record.REGION_JOURNAL, 0);
  early.devices[0].send(kind.NOTARIZE, one);
  assert.equal(early.broken(), ["journal"]);
  const { devices, broken } = agreed();
  devices[0].log(record.LOG_COMMIT, one, new Uint8Array(4));
  devices[0].erase(record.REGION_JOURNAL, 0);
  devices[0].send(kind.NOTARIZE, one);
  assert.equal(broken(), []);
});

test("body: a vote for a block that is not in flash, or not whole", () => {
  const { devices, broken } = cell();
  devices[0].record(kind.NOTARIZE, one);
  devices[0].send(kind.NOTARIZE, one);
  assert.equal(broken(), ["body"]);
  const torn = cell();
  torn.devices[0].store(one, 150);
  torn.devices[0].record(kind.NOTARIZE, one);
  torn.devices[0].send(kind.NOTARIZE, one);
  assert.equal(torn.broken(), ["body"]);
});

test("body: a proposal of a block that nobody stored, whole or in fragments", () => {
  for (const fragment of [false, true]) {
    const { devices, broken } = cell();
    devices[0].propose(one, fragment);
    assert.equal(broken(), ["body"]);
  }
});

test("body: a final block held by too few", () => {
  const { devices, broken } = cell();
  for (const device of devices) device.vote(one);
  for (const device of devices) device.finalize(one, QUORUM);
  for (const i of [1, 2, 3]) devices[i].erase(record.REGION_BLOCKS, 0);
  devices[0].commit(one);
  assert.equal(broken(), ["body"]);
});

test("certificate: a vote that finalizes without the certificate in flash", () => {
  const { devices, broken } = cell();
  for (const device of devices) device.vote(one);
  devices[0].record(kind.FINALIZE, one);
  devices[0].send(kind.FINALIZE, one);
  assert.equal(broken(), ["certificate"]);
  const chained = cell();
  for (const device of chained.devices) device.vote(one);
  chained.devices[0].store(two);
  chained.devices[0].record(kind.NOTARIZE_F, two, 1);
  chained.devices[0].send(kind.NOTARIZE_F, two);
  assert.equal(chained.broken(), ["certificate"]);
});

test("contradiction: two NOTARIZE in a view; FINALIZE and NULLIFY in either order; F and NULLIFY; two FINALIZE", () => {
  const other = block(1, GENESIS, 1);
  const twice = cell();
  twice.devices[0].vote(one);
  twice.devices[0].vote(other);
  assert.equal(twice.broken(), ["contradiction"]);

  const after = agreed();
  after.devices[1].record(kind.NULLIFY, [1, 3]);
  after.devices[1].send(kind.NULLIFY, [1, 3]);
  assert.equal(after.broken(), ["contradiction"]);

  const before = cell();
  for (const device of before.devices) device.vote(one);
  before.devices[1].record(kind.NULLIFY, [1, 1]);
  before.devices[1].send(kind.NULLIFY, [1, 1]);
  before.devices[1].finalize(one, QUORUM);
  assert.equal(before.broken(), ["contradiction"]);

  const chained = cell();
  for (const device of chained.devices) device.vote(one);
  const { devices } = chained;
  devices[1].notar(one, QUORUM);
  devices[1].record(kind.NULLIFY, [1, 1]);
  devices[1].send(kind.NULLIFY, [1, 1]);
  devices[1].store(two);
  devices[1].record(kind.NOTARIZE_F, two, 1);
  devices[1].send(kind.NOTARIZE_F, two);
  assert.equal(chained.broken(), ["contradiction"]);

  const finals = cell(4, 3);
  for (const device of finals.devices) device.vote(one);
  for (const i of [1, 2, 3]) finals.devices[i].vote(other);
  finals.devices[0].finalize(one, QUORUM);
  finals.devices[0].store(other);
  finals.devices[0].record(kind.FINALIZE, other);
  finals.devices[0].send(kind.FINALIZE, other);
  assert.ok(finals.broken().includes("contradiction"));
});

test("contradiction: a villain's counts as its own, a relayed vote as nobody's", () => {
  const { devices, broken } = cell(4, 1);
  devices[3].vote(one);
  devices[3].vote(block(1, GENESIS, 1));
  devices[0].send(kind.NOTARIZE, one, 3);
  assert.equal(broken(), []);
});

test("NOTARIZE after NULLIFY of the same view is allowed", () => {
  const { devices, broken } = cell();
  devices[0].record(kind.NULLIFY, [1, 1]);
  devices[0].send(kind.NULLIFY, [1, 1]);
  devices[0].vote(one);
  assert.equal(broken(), []);
});

test("gap: a vote for a block that skips a view which no quorum gave up", () => {
  const three = block(3, one);
  const { devices, broken } = agreed();
  for (const i of [0, 1, 2]) devices[i].record(kind.NULLIFY, [2, 2]);
  devices[0].vote(three);
  assert.equal(broken(), []);
  const few = agreed();
  for (const i of [0, 1]) few.devices[i].record(kind.NULLIFY, [2, 5]);
  few.devices[0].vote(three);
  assert.equal(few.broken(), ["gap"]);
});

test("root: two state roots after one block", () => {
  const { devices, broken } = cell();
  devices[0].executed(1, 5, 100n);
  devices[1].executed(1, 6, 100n);
  assert.equal(broken(), ["root"]);
});

test("supply: balances that no longer sum to what they began with", () => {
  const { devices, broken } = cell();
  devices[0].executed(1, 5, 101n);
  assert.equal(broken(), ["supply"]);
});

test("flash: programming over what is not erased", () => {
  const { devices, broken } = cell();
  devices[0].program(record.REGION_SNAPSHOTS, 0, new Uint8Array([0x0f]));
  devices[0].program(record.REGION_SNAPSHOTS, 0, new Uint8Array([0x0e]));
  assert.equal(broken(), [], "clearing one more bit is what NOR flash can do");
  devices[0].program(record.REGION_SNAPSHOTS, 0, new Uint8Array([0x1e]));
  assert.equal(broken(), ["flash"]);
});

test("a violation carries rule, seed, time, device and a sentence", () => {
  const { all, devices } = cell();
  all.nowMs = 1234;
  devices[2].send(kind.NULLIFY, [1, 2]);
  assert.equal(all.violations, [
    {
      rule: "journal",
      seed: 42,
      timeMs: 1234,
      device: 2,
      sentence: "device 2 sent NULLIFY 1..2 without a record of it in flash",
    },
  ]);
  assert.ok(Object.values(RULES).every((what) => what.length > 20));
});

test.run();

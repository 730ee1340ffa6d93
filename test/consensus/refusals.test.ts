// Every refusal of consensus and console, provoked on the device that ships: a neighbour or a user does what it must not, the device
// says the number of wire/reason.ts that fits, and nothing else has changed: its console answers, its final block is the same, and
// three true votes still make a quorum.

import { concatBytes } from "@noble/hashes/utils.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as beacon from "../../firmware/wire/beacon.ts";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as event from "../../firmware/wire/event.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as reason from "../../firmware/wire/reason.ts";
import * as record from "../../firmware/wire/record.ts";
import * as request from "../../firmware/wire/request.ts";
import * as vote from "../../firmware/wire/vote.ts";
import { reasonName } from "../../host/wire/words.ts";
import { putU32 } from "../../host/device/bytes.ts";
import { REGIONS } from "../../host/fleet/flash.ts";
import * as provision from "../../host/fleet/provision.ts";
import { mutant } from "../../tools/mutants.mjs";
import { device } from "../fleet/wasm.ts";
import { Bench, Cell, type Block, type Said } from "./peer.ts";

const wasm = await device();
const cell = new Cell(4);
const QUORUM = [0, 1, 2];
/** Final blocks that a device can serve (firmware/consensus/block.ts). */
const KEPT = 256;

/** Device 3 of a cell whose first block is final; view 2 is under way, led by device 0. */
const bench = new Bench(wasm, cell, 3);
const origin = cell.origin(bench.status().root);
const first = cell.block(origin, 1);
bench.hearAll(cell.proposal(first), cell.final(1, first.digest, QUORUM));
const next = (more: Parameters<Cell["block"]>[2] = {}, txs: readonly Uint8Array[] = []): Block =>
  cell.block(first, 2, more, txs);

/** A copy with one byte changed. */
const damaged = (bytes: Uint8Array, at = bytes.length - 1): Uint8Array =>
  bytes.map((b, i) => (i === (at < 0 ? bytes.length + at : at) ? b ^ 1 : b));

const patched = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = bytes.slice();
  putU32(copy, at, value);
  return copy;
};

/** The device is what it was before: it answers, its final block is the same, and true votes count. */
function works(b: Bench, before: ReturnType<Bench["status"]>): void {
  const { view, finalHeight, finalDigest } = b.status();
  assert.is(finalHeight, before.finalHeight);
  assert.equal(finalDigest, before.finalDigest);
  const digest = new Uint8Array(32).fill(0x77);
  const { events } = b.hearAll(...QUORUM.map((i) => b.cell.vote(kind.NOTARIZE, i, view, digest)));
  const notarized = events.filter((e) => e.kind === event.NOTARIZED).map((e) => e.bytes.slice(8, 40));
  assert.equal(notarized, [digest], "three votes make a quorum");
}

/** Shows that `provoke` makes the device say just this refusal, and leaves it as it was. */
function refuses(why: number, sentence: string, provoke: (b: Bench) => Said): void {
  test(`${why} ${reasonName(why)}: ${sentence}`, () =>
    bench.trial(() => {
      const before = bench.status();
      assert.is(before.finalHeight, 1);
      assert.equal(provoke(bench).refused.map(reasonName), [reasonName(why)]);
      works(bench, before);
    }));
}

/** The same for one object on the air. */
const hears = (why: number, sentence: string, object: () => Uint8Array): void =>
  refuses(why, sentence, (b) => b.hear(object()));

// ---- votes -------------------------------------------------------------------------------------------------------

const d = next().digest;
hears(reason.VOTE_SHAPE, "a vote one byte short", () => cell.vote(kind.NOTARIZE, 0, 2, d).slice(0, -1));
hears(reason.VOTE_SHAPE, "a NULLIFY that ends before it begins", () => cell.nullify(0, 3, 2));
hears(reason.VOTE_EPOCH, "a vote of the next epoch", () => patched(cell.vote(kind.FINALIZE, 0, 2, d), vote.EPOCH, 1));
hears(reason.VOTE_SIGNER, "a vote of a fifth validator among four", () => {
  const bytes = cell.vote(kind.NOTARIZE, 0, 2, d);
  bytes[vote.SIGNER] = 4;
  return bytes;
});
hears(reason.VOTE_VIEW, "a vote 65 views ahead", () => cell.vote(kind.NOTARIZE, 0, 2 + 65, d));

for (const forger of QUORUM) {
  refuses(reason.VOTE_SIGNATURE, `a forged vote in the name of device ${forger} that would complete a quorum`, (b) => {
    const votes = QUORUM.map((i) => cell.vote(kind.NOTARIZE, i, 2, d));
    votes[forger] = damaged(votes[forger]);
    const said = b.hearAll(...votes);
    const refused = said.events.filter((e) => e.kind === event.REFUSED);
    assert.is(refused[0]?.bytes[4], forger, "the forger's name is told");
    assert.ok(!said.events.some((e) => e.kind === event.NOTARIZED));
    return said;
  });
}
refuses(reason.VOTE_SIGNATURE, "a forged NULLIFY that would complete f + 1", (b) =>
  b.hearAll(cell.nullify(1, 2, 2), damaged(cell.nullify(2, 2, 2))),
);

// ---- proposals ---------------------------------------------------------------------------------------------------

const payment = cell.pay(0, 1, 5n);

hears(reason.PROPOSAL_SHAPE, "a proposal cut short", () => cell.proposal(next()).slice(0, 150));
hears(reason.PROPOSAL_SHAPE, "a header that promises a longer body", () => cell.proposal(next({ bodyLength: 9 })));
hears(reason.PROPOSAL_LEADER, "a proposal by another device than the view's leader", () =>
  cell.proposal(next({ proposer: 1 }), false, 1),
);
hears(reason.PROPOSAL_LEADER, "a proposal 65 views ahead", () => cell.proposal(cell.block(first, 67)));
hears(reason.PROPOSAL_BODY, "a body under another Merkle root", () =>
  cell.proposal(next({ bodyRoot: new Uint8Array(32) }, [payment])),
);
hears(reason.BODY_SHAPE, "a body of one transaction that should have two", () =>
  cell.proposal(next({ txCount: 2 }, [payment])),
);
hears(reason.PROPOSAL_SIGNATURE, "a proposal that its leader did not sign", () => cell.proposal(next(), false, 1));
hears(reason.PROPOSAL_TRANSACTION, "a transaction in it that nobody signed", () =>
  cell.proposal(next({}, [damaged(payment)])),
);
for (const [sentence, more] of [
  ["a height left out", { height: 3 }],
  ["a time that does not advance", { time: first.head.time }],
  ["an executed height above its parent's height", { executedHeight: 2 }],
] as const) {
  hears(reason.PROPOSAL_PARENT, sentence, () => cell.proposal(next(more)));
}
hears(reason.PROPOSAL_ROOT, "another state root at a height that this device executed", () =>
  cell.proposal(next({ executedRoot: new Uint8Array(32).fill(1) })),
);
refuses(reason.PROPOSAL_TWICE, "a second proposal of one leader in one view, which is evidence", (b) => {
  const said = b.hearAll(cell.proposal(next()), cell.proposal(next({ time: 5 })));
  const evidence = said.events.filter((e) => e.kind === event.EVIDENCE).map((e) => [e.bytes[0], e.bytes[4]]);
  assert.equal(evidence, [[0, 2]], "device 0 lied in view 2");
  return said;
});

// ---- certificates, blocks, beacons -------------------------------------------------------------------------------

hears(reason.CERTIFICATE_SHAPE, "a certificate of two signers where a quorum is three", () => cell.notar(2, d, [0, 1]));
hears(reason.CERTIFICATE_SHAPE, "a certificate of another epoch", () =>
  patched(cell.nulls(2, 2, QUORUM), certificate.EPOCH, 1),
);
hears(reason.CERTIFICATE_SIGNATURE, "a NOTAR certificate with one forged signature", () =>
  damaged(cell.notar(2, d, QUORUM)),
);
hears(reason.FINAL_SIGNATURE, "a FINAL certificate with one forged signature", () => damaged(cell.final(2, d, QUORUM)));
hears(reason.FINAL_SIGNATURE, "a FINAL certificate by a child, with one forged signature", () =>
  damaged(cell.finalByChild(cell.block(next(), 3), QUORUM)),
);
hears(reason.BLOCK_UNWANTED, "a block that nobody asked for", () => cell.served(next()));
hears(reason.BLOCK_SHAPE, "a block of a header version that there is not", () => cell.served(next({ version: 2 })));
hears(reason.BEACON_SHAPE, "a beacon one byte short", () => cell.beacon(0).slice(0, -1));
hears(reason.BEACON_SHAPE, "a beacon in this device's own name", () => cell.beacon(3));
hears(reason.OBJECT_KIND, "an object of a kind that there is not", () => Uint8Array.of(kind.LAST + 1, 0));

refuses(reason.FINAL_CONFLICT, "a FINAL certificate of a block that excludes the final one", (b) => {
  const fork = cell.block(origin, 2, { time: 7 });
  return b.hearAll(cell.proposal(fork), cell.final(2, fork.digest, QUORUM));
});

test(`${reason.WINDOW_FULL} WINDOW_FULL: a view with twelve notarized blocks, which takes more liars than a cell bears`, () =>
  bench.trial(() => {
    const block = next();
    const digests = Array.from({ length: 12 }, (_, i) => (i === 0 ? block.digest : new Uint8Array(32).fill(i)));
    const certificates = digests.slice(0, 11).map((digest) => cell.notar(2, digest, QUORUM));
    assert.equal(bench.hearAll(...certificates).refused, []);
    const { refused } = bench.hearAll(...QUORUM.map((i) => cell.vote(kind.NOTARIZE, i, 2, digests[11])));
    assert.ok(refused.length > 0 && refused.every((why) => why === reason.WINDOW_FULL), refused.join(" "));
    assert.is(bench.status().finalHeight, 1);
    bench.hearAll(cell.served(block), cell.final(2, block.digest, QUORUM));
    const freed = bench.status();
    assert.is(freed.finalHeight, 2, "finality makes room");
    works(bench, freed);
  }));

test(`${reason.BEYOND_WINDOW} BEYOND_WINDOW: a neighbour further behind than the ${KEPT} blocks kept`, () => {
  const lone = new Bench(wasm, new Cell(1, { heartbeatMs: 1, deltaMs: 50 }), 0);
  for (let turn = 0; turn < 800 && lone.status().finalHeight <= KEPT; turn++) lone.wait(50);
  const { finalHeight } = lone.status();
  assert.ok(finalHeight > KEPT, `${finalHeight} blocks`);
  const near = lone.trial(() => lone.hear(lone.cell.beacon(255, { [beacon.FINAL_HEIGHT]: finalHeight - KEPT })));
  assert.equal(near.refused, [], "a neighbour that lacks just the blocks kept is served");
  assert.equal(lone.hear(lone.cell.beacon(255)).refused, [reason.BEYOND_WINDOW]);
  lone.wait(1000);
  assert.ok(lone.status().finalHeight > finalHeight, "and goes on");
  lone.close();
});

test(`${reason.JOURNAL_UNREADABLE} JOURNAL_UNREADABLE: a hole in the journal makes an observer, which counts but never votes`, () => {
  const b = new Bench(wasm, cell, 3);
  const block = cell.block(cell.origin(b.status().root), 1);
  const voted = (said: Said): number => said.events.filter((e) => e.kind === event.VOTED).length;
  assert.is(voted(b.hear(cell.proposal(block))), 1);
  const { size, sector } = REGIONS[record.REGION_JOURNAL];
  const journal = b.flash.regions[record.REGION_JOURNAL];
  // the first slot behind each sector's head decays
  for (let at = 0; at < size; at += sector) if (journal[at] !== 0xff) journal.fill(0, at + 64, at + 128);
  assert.equal(b.power().refused, [reason.JOURNAL_UNREADABLE]);
  const before = b.status();
  assert.ok(before.observer);
  b.trial(() => works(b, before));
  assert.is(voted(b.hear(cell.proposal(cell.block(cell.origin(before.root), 2)))), 0);
  assert.is(voted(b.hearAll(cell.nullify(0, 1, 1), cell.nullify(1, 1, 1))), 0, "nor does it join a NULLIFY");
  b.hear(cell.final(1, block.digest, QUORUM));
  assert.is(b.status().finalHeight, 1, "it follows");
  b.close();
});

// ---- transactions and requests -----------------------------------------------------------------------------------

hears(reason.SIGNATURE_INVALID, "a transaction on the air that its signer did not sign", () =>
  cell.transaction(damaged(payment)),
);

/** A request that is refused, by its return and by an event. */
function asks(why: number, sentence: string, bytes: Uint8Array): void {
  refuses(why, sentence, (b) => {
    const said = b.request(bytes);
    assert.is(said.reason, why);
    return said;
  });
}

asks(reason.SIGNATURE_INVALID, "a submitted one", concatBytes(Uint8Array.of(request.SUBMIT), damaged(payment)));
asks(reason.REQUEST_UNKNOWN, "a request that there is not", Uint8Array.of(request.ACCOUNT + 1));
asks(reason.REQUEST_UNKNOWN, "request number 0", Uint8Array.of(0, 0));
asks(reason.REQUEST_SHAPE, "a request of no bytes", new Uint8Array(0));
asks(reason.REQUEST_SIZE, "a payment without its fee", new Uint8Array(17).fill(request.PAY, 0, 1));
asks(reason.REQUEST_SIZE, "a registration of half a key", new Uint8Array(17).fill(request.REGISTER, 0, 1));
asks(reason.REQUEST_SIZE, "an account by half a key id", new Uint8Array(5).fill(request.ACCOUNT, 0, 1));
asks(reason.REQUEST_KEY, "a query for no key", Uint8Array.of(request.QUERY));
asks(reason.REQUEST_KEY, "a query for a key of 33 bytes", new Uint8Array(34).fill(request.QUERY, 0, 1));
asks(reason.NO_COMMAND, "a command to an application that takes none", Uint8Array.of(request.COMMAND, 1));

refuses(reason.BACKLOG, "a fifth payment while four wait for a block", (b) => {
  const pay = provision.pay(cell.validators[0].kid, 1n, 0n);
  for (let i = 0; i < 4; i++) assert.is(b.ask(pay), 0);
  const said = b.request(pay);
  assert.is(said.reason, reason.BACKLOG);
  return said;
});

test(`${reason.NOT_PROVISIONED} NOT_PROVISIONED: a question about the cell to a device that has none`, () => {
  const blank = new Bench(wasm, cell, 3, true);
  for (const op of [request.STATUS, request.SUBMIT, request.PAY, request.REGISTER, request.QUERY, request.ACCOUNT]) {
    assert.is(blank.ask(Uint8Array.of(op)), reason.NOT_PROVISIONED);
  }
  assert.is(blank.ask(Uint8Array.of(request.IDENTITY)), 0);
  blank.close();
});

test(`${reason.PACK_LONG} PACK_LONG: an application reports more than a transaction holds`, async () => {
  const b = new Bench(await mutant([], "test/consensus/fixture/packer.ts"), cell, 3);
  const report = (n: number): number => b.ask(Uint8Array.of(request.COMMAND, n & 255, n >> 8));
  assert.is(report(400), 0);
  assert.is(report(540), reason.PACK_LONG);
  works(b, b.status());
  b.close();
});

test.run();

// A member on a bench, among validators that a test speaks for: it follows certificates, asks, verifies proofs, signs its own
// transactions, refuses what lies by number, and comes back from its flash.

import { bytesToHex as hex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as beacon from "../../firmware/wire/beacon.ts";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as event from "../../firmware/wire/event.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as light from "../../firmware/wire/light.ts";
import * as reason from "../../firmware/wire/reason.ts";
import * as record from "../../firmware/wire/record.ts";
import * as request from "../../firmware/wire/request.ts";
import * as client from "../../host/client/client.ts";
import { u32, u64 } from "../../host/device/bytes.ts";
import { decode } from "../../host/device/event.ts";
import * as provision from "../../host/fleet/provision.ts";
import { reasonName } from "../../host/wire/words.ts";
import { Bench, Cell, type Block, type Said } from "../consensus/peer.ts";
import { member } from "../fleet/wasm.ts";
import { numbers } from "../wire/twin.ts";
import { account, accountKey, State } from "./state.ts";

const wasm = await member();
const QUORUM = [0, 1, 2];

const cell = new Cell(4);
const own = client.signer(sha256(utf8ToBytes("member")));
cell.validators.push(own); // a key that is no validator's
const bob = cell.validators[1].kid;

/** States after heights 0, 1, 2 ...: bob gets richer by one a block. */
/** From this height on the member has more money. */
const RICH = 41;
const stateAt = (height: number): State =>
  new State(cell.hash)
    .put(accountKey(bob), account(1000n + BigInt(height), 0n))
    .put(accountKey(own.kid), account(height < RICH ? 50n : 500n, BigInt(Math.floor(height / 4))))
    .put(utf8ToBytes("s"), account(4000n, 0n).slice(0, 8));

/** A chain of blocks, block h citing the state after h-1. */
const chain: Block[] = [cell.origin(stateAt(0).root)];
for (let height = 1; height <= 60; height++)
  chain.push(
    cell.block(chain[height - 1], height, { executedHeight: height - 1, executedRoot: stateAt(height - 1).root }),
  );
const final = (height: number, signers = QUORUM): Uint8Array => cell.finalHeader(chain[height], signers);
const byChild = (height: number, signers = QUORUM): Uint8Array => cell.finalByChild(chain[height + 1], signers);

const fresh = (): Bench => new Bench(wasm, cell, 4);
const of = (said: Said, k: number): Uint8Array[] => said.events.filter((e) => e.kind === k).map((e) => e.bytes);
const trusted = (said: Said) => of(said, event.TRUSTED).map((b) => decode(event.TRUSTED, b));
const names = (said: Said): string[] => said.refused.map(reasonName);
const sent = (said: Said, k: number): Uint8Array[] => said.sent.filter((o) => o[0] === k);
const patched = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  bytes.map((b, i) => (i === at ? value : b));
const query = (key: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(request.QUERY), key);

/** A member that trusts block `height` and knows its account. */
function settled(height: number): Bench {
  const bench = fresh();
  bench.hear(final(height));
  bench.wait(5000);
  bench.hear(stateAt(height - 1).proof(accountKey(own.kid), height - 1));
  return bench;
}

// ---- the chain -----------------------------------------------------------------------------------------------------

test("a FINAL certificate with its header, or with the child's, moves the member to that height", () => {
  const bench = fresh();
  const a = trusted(bench.hear(final(5)));
  assert.equal(a, [
    {
      kind: "trusted",
      height: 5,
      view: 5,
      executedHeight: 4,
      time: chain[5].head.time,
      digest: hex(chain[5].digest),
      root: hex(stateAt(4).root),
    },
  ]);
  const [b] = trusted(bench.hear(byChild(9)));
  assert.is(b.kind === "trusted" && b.height, 9);
  assert.is(b.kind === "trusted" && b.digest, hex(chain[9].digest));
  assert.is(b.kind === "trusted" && b.root, hex(stateAt(9).root), "the root that the child cites");
  const { finalHeight, executedHeight, finalDigest, root } = bench.status();
  assert.equal([finalHeight, executedHeight], [9, 9]);
  assert.equal(finalDigest, chain[9].digest);
  assert.equal(root, stateAt(9).root);
});

test("what is known, old or not said to members changes nothing and is no refusal", () => {
  const bench = settled(9);
  const before = bench.status();
  const { head, digest } = chain[10];
  const said = bench.hearAll(
    final(9),
    byChild(8),
    final(3),
    cell.vote(kind.NOTARIZE, 0, 10, digest),
    cell.vote(kind.FINALIZE, 1, 10, digest),
    cell.nullify(2, 10, 12),
    cell.notar(10, digest, QUORUM),
    cell.nulls(10, 11, QUORUM),
    cell.proposal(chain[10]),
    cell.served(chain[10]),
    cell.final(head.view, digest, QUORUM), // without its header it says nothing of state
    cell.transaction(cell.pay(0, 1, 5n)),
    Uint8Array.of(kind.ASK, 4, 0, 0, 0x73),
  );
  assert.equal(said.refused, []);
  assert.equal(said.events, []);
  assert.equal(bench.status(), before);
});

/** Shows that a member at height 5 says just this refusal to an object, and trusts what it trusted. */
function refuses(why: number, sentence: string, object: () => Uint8Array): void {
  test(`${why} ${reasonName(why)}: ${sentence}`, () => {
    const bench = settled(5);
    const before = bench.status();
    assert.equal(names(bench.hear(object())), [reasonName(why)]);
    assert.equal(bench.status(), before);
    assert.is(trusted(bench.hear(final(6))).length, 1, "the truth is still welcome");
  });
}

refuses(reason.TRUST_SIGNATURE, "a forged certificate", () => patched(final(8), light.CERTIFICATE + 60, 1));
refuses(reason.TRUST_SIGNATURE, "a forged certificate by child", () => patched(byChild(8), 150, 1));
refuses(reason.TRUST_SIGNATURE, "another root in the child's header", () =>
  patched(byChild(8), certificate.CHILD + header.EXECUTED_ROOT, 0x55),
);
refuses(reason.TRUST_SIGNATURE, "votes for another block", () => {
  const other = cell.block(chain[7], 8, { executedHeight: 7, executedRoot: new Uint8Array(32) });
  const c = cell.finalByChild(cell.block(other, 9), QUORUM);
  const true_ = cell.finalByChild(chain[9], QUORUM);
  return concatBytes(c.slice(0, certificate.CHILD_SIGNATURES), true_.slice(certificate.CHILD_SIGNATURES));
});
refuses(reason.TRUST_SHAPE, "fewer signers than a quorum", () => final(8, [0, 1]));
refuses(reason.TRUST_SHAPE, "a signer that is no validator", () => final(8, [0, 1, 4]));
refuses(reason.TRUST_SHAPE, "a header that is not the certificate's", () =>
  concatBytes(final(8).slice(0, light.CERTIFICATE), final(9).slice(light.CERTIFICATE)),
);
refuses(reason.TRUST_SHAPE, "another state root in the header of a true certificate", () =>
  patched(final(8), light.HEADER + header.EXECUTED_ROOT, 0x55),
);
refuses(reason.TRUST_SHAPE, "a NOTAR certificate in the place of a FINAL one", () =>
  concatBytes(final(8).slice(0, light.CERTIFICATE), cell.notar(8, chain[8].digest, QUORUM)),
);
refuses(reason.TRUST_SHAPE, "a certificate one byte short", () => final(8).slice(0, -1));
refuses(reason.TRUST_CONFLICT, "a quorum of liars signs another block of a height that is final", () =>
  cell.finalHeader(cell.block(chain[3], 7, { executedHeight: 3, executedRoot: stateAt(3).root }), QUORUM),
);
refuses(reason.TRUST_CONFLICT, "the same, citing a state that is true", () =>
  cell.finalHeader(cell.block(chain[3], 7, { executedHeight: 4, executedRoot: stateAt(4).root }), QUORUM),
);
refuses(reason.TRUST_CONFLICT, "a quorum of liars signs another state of a height that is final", () =>
  cell.finalHeader(cell.block(chain[5], 7, { executedHeight: 4, executedRoot: stateAt(9).root }), QUORUM),
);

test("it says what it trusts in beacons, as one that does not vote, more often while it is behind", () => {
  const bench = settled(5);
  const [b] = sent(bench.wait(12_000), kind.BEACON);
  assert.is(b[beacon.SIGNER], 255);
  assert.is(b[beacon.FLAGS], beacon.LIGHT);
  assert.equal([u32(b, beacon.FINAL_HEIGHT), u32(b, beacon.FINAL_VIEW), u32(b, beacon.EXECUTED_HEIGHT)], [5, 5, 4]);
  const quiet = sent(bench.wait(30_000), kind.BEACON).length;
  let busy = 0;
  for (let i = 0; i < 30; i++) {
    bench.hear(cell.beacon(i & 3, { [beacon.FINAL_VIEW]: 40 }));
    busy += sent(bench.wait(1000), kind.BEACON).length;
  }
  assert.ok(quiet > 5 && busy > 3 * quiet, `${quiet} beacons when all is quiet, ${busy} while behind`);
  bench.hear(final(40));
  const calm = sent(bench.wait(30_000), kind.BEACON).length;
  assert.ok(calm <= quiet + 2, `${calm} beacons when it has caught up`);
});

// ---- questions -----------------------------------------------------------------------------------------------------

test("a question goes to one validator after the other until a proof answers it", () => {
  const bench = settled(5);
  const asks = [...sent(bench.request(query(accountKey(bob))), kind.ASK), ...sent(bench.wait(4000), kind.ASK)];
  assert.ok(asks.length >= 4, `${asks.length} questions in 4 s`);
  for (const a of asks) assert.equal(a.slice(light.ASK_KEY), accountKey(bob));
  assert.is(new Set(asks.slice(0, 4).map((a) => a[light.TO])).size, 4);
  const said = bench.hear(stateAt(4).proof(accountKey(bob), 4));
  const [answer] = of(said, event.ANSWER);
  assert.equal([...answer.slice(0, 4)], [request.QUERY, 1, 16, 0]);
  assert.equal(answer.slice(4, 20), account(1004n, 0n));
  assert.equal(client.verifyProof(stateAt(4).root, accountKey(bob), answer.slice(20)), account(1004n, 0n));
  assert.is(sent(bench.wait(4000), kind.ASK).length, 0, "it is answered");
});

test("absence is proved like presence, and ACCOUNT is answered as a validator answers it", () => {
  const bench = settled(5);
  const nobody = accountKey(new Uint8Array(8).fill(7));
  bench.request(query(nobody));
  const [absent] = of(bench.hear(stateAt(4).proof(nobody, 4)), event.ANSWER);
  assert.equal([...absent.slice(0, 4)], [request.QUERY, 0, 0, 0]);
  assert.is(client.verifyProof(stateAt(4).root, nobody, absent.slice(4)), null);
  bench.request(concatBytes(Uint8Array.of(request.ACCOUNT), bob));
  const [answer] = of(bench.hear(stateAt(4).proof(accountKey(bob), 4)), event.ANSWER);
  assert.equal([...answer.slice(0, 2)], [request.ACCOUNT, 1]);
  assert.equal([u64(answer, 8), u64(answer, 16)], [1004n, 0n]);
});

test("a proof of a state that is not certified yet waits for the certificate", () => {
  const bench = settled(5);
  bench.request(query(accountKey(bob)));
  const early = bench.hear(stateAt(6).proof(accountKey(bob), 6));
  assert.equal([early.refused, early.events], [[], []]);
  assert.is(of(bench.hear(final(6)), event.ANSWER).length, 0, "block 6 cites the state after 5");
  const [answer] = of(bench.hear(final(7)), event.ANSWER);
  assert.equal(answer.slice(4, 20), account(1006n, 0n));
});

/** Shows that a proof is refused so, that nothing is answered, and that the true proof still answers. */
function lies(why: number, sentence: string, said: (bench: Bench) => Said): void {
  test(`${why} ${reasonName(why)}: ${sentence}`, () => {
    const bench = settled(5);
    bench.hear(final(6));
    assert.is(bench.request(query(accountKey(bob))).reason, 0);
    const answer = said(bench);
    assert.equal(names(answer), [reasonName(why)]);
    assert.is(of(answer, event.ANSWER).length, 0);
    const { executedHeight } = bench.status();
    const good = bench.hear(stateAt(executedHeight).proof(accountKey(bob), executedHeight));
    assert.is(of(good, event.ANSWER).length, 1, "the truth is still welcome");
  });
}

const rich = (height: number): State => stateAt(height).put(accountKey(bob), account(10n ** 9n, 0n));

lies(reason.PROOF_ROOT, "a forged balance", (b) => b.hear(rich(5).proof(accountKey(bob), 5)));
lies(reason.PROOF_ROOT, "a forged balance of a state to come, when it has come", (b) => {
  assert.equal(b.hear(rich(7).proof(accountKey(bob), 7)).refused, []);
  return b.hear(final(8));
});
lies(reason.PROOF_OLD, "a true proof of a state before the question, replayed", (b) =>
  b.hear(stateAt(4).proof(accountKey(bob), 4)),
);
lies(reason.PROOF_OLD, "the same under a newer height", (b) => {
  const replayed = stateAt(4).proof(accountKey(bob), 4);
  return b.hear(patched(replayed, light.EXECUTED_HEIGHT, 5));
});
lies(reason.PROOF_OLD, "the same from before all that it remembers", (b) =>
  b.hear(stateAt(1).proof(accountKey(bob), 1)),
);
lies(reason.PROOF_SHAPE, "a proof without siblings", (b) => b.hear(stateAt(5).proof(accountKey(bob), 5).slice(0, 200)));

test("a proof that nobody asked for, or of another key, is no answer and no refusal", () => {
  const bench = settled(5);
  const unasked = bench.hear(rich(4).proof(accountKey(bob), 4));
  bench.request(query(accountKey(bob)));
  const other = bench.hear(stateAt(4).proof(utf8ToBytes("s"), 4));
  const like = bench.hear(stateAt(4).proof(accountKey(own.kid), 4)); // true, of as long a key, and no absence of bob's
  for (const said of [unasked, other, like]) assert.equal([said.refused, said.events], [[], []]);
});

test("one question at a time; one that nobody answers is given up by number", () => {
  const bench = settled(5);
  assert.is(bench.request(query(accountKey(bob))).reason, 0);
  assert.is(reasonName(bench.request(query(utf8ToBytes("s"))).reason), "ASKING");
  const said = bench.wait(60_000);
  assert.ok(names(said).includes("UNANSWERED"));
  assert.is(bench.request(query(utf8ToBytes("s"))).reason, 0);
});

// ---- own transactions ----------------------------------------------------------------------------------------------

test("nothing is signed before a proof says which nonce comes next", () => {
  const bench = fresh();
  bench.hear(final(9));
  assert.is(reasonName(bench.request(provision.pay(bob, 3n, 0n)).reason), "ACCOUNT_UNKNOWN");
  assert.is(sent(bench.wait(10_000), kind.ASK).length > 0, true, "it asks for its own account");
  bench.hear(stateAt(8).proof(accountKey(own.kid), 8));
  const said = bench.request(provision.pay(bob, 3n, 1n));
  assert.is(said.reason, 0);
  assert.is(reasonName(bench.request(provision.pay(bob, 3n, 51n)).reason), "FEE_ABOVE");
  assert.is(of(said, event.SUBMITTED).length, 1);
  const [object] = sent(said, kind.TRANSACTION);
  const tx = client.parse(object.slice(1));
  assert.equal([tx.nonce, tx.amount, tx.fee, tx.type], [2n, 3n, 1n, client.TRANSFER]);
  assert.equal(tx.subject, bob);
  assert.ok(client.verify(tx, own.pub));
});

test("money that came since it last asked can be spent: a fee that seems too high makes it ask again", () => {
  const bench = settled(5);
  bench.hear(final(45));
  assert.is(sent(bench.wait(20_000), kind.ASK).length, 0, "it has no question as long as nothing is asked of it");
  const pay = (): string => reasonName(bench.request(provision.pay(bob, 3n, 51n)).reason);
  assert.is(pay(), "FEE_ABOVE");
  assert.ok(sent(bench.wait(10_000), kind.ASK).length > 0);
  assert.is(pay(), "ACCOUNT_UNKNOWN", "what it knew is not used meanwhile");
  bench.hear(stateAt(44).proof(accountKey(own.kid), 44));
  assert.is(pay(), "OK");
});

test("own transactions are sent until the certified state says that their nonce is spent", () => {
  const bench = settled(5);
  const ids = [0, 1].map(() => hex(of(bench.request(provision.pay(bob, 1n, 0n)), event.SUBMITTED)[0].slice(0, 8)));
  assert.ok(sent(bench.wait(6000), kind.TRANSACTION).length >= 4);
  bench.hear(final(6)); // the state after 5: nonce 1
  bench.wait(3000);
  const first = bench.hear(stateAt(5).proof(accountKey(own.kid), 5));
  assert.equal(of(first, event.SETTLED), [], "nonce 1 was theirs");
  bench.hear(final(13)); // after 12: nonce 3
  bench.wait(3000);
  const second = bench.hear(stateAt(12).proof(accountKey(own.kid), 12));
  const settledNow = of(second, event.SETTLED).map((b) => decode(event.SETTLED, b));
  assert.equal(
    settledNow,
    ids.map((id) => ({ kind: "settled", id, height: 12 })),
  );
  assert.is(sent(bench.wait(40_000), kind.TRANSACTION).length, 0);
});

test("five own transactions do not wait at once", () => {
  const bench = settled(5);
  for (let i = 0; i < 4; i++) assert.is(bench.request(provision.pay(bob, 1n, 0n)).reason, 0);
  assert.is(reasonName(bench.request(provision.pay(bob, 1n, 0n)).reason), "NONCE_AHEAD");
});

test("a transaction that somebody else signed is carried for a while, and no further", () => {
  const bench = settled(5);
  const tx = cell.pay(0, 1, 5n);
  assert.is(bench.request(concatBytes(Uint8Array.of(request.SUBMIT), tx)).reason, 0);
  assert.ok(sent(bench.wait(3000), kind.TRANSACTION).length >= 2);
  bench.hear(final(40));
  assert.is(sent(bench.wait(40_000), kind.TRANSACTION).length, 0);
  const foreign = patched(tx, 24, tx[24] ^ 1); // made for another cell
  assert.is(reasonName(bench.request(concatBytes(Uint8Array.of(request.SUBMIT), foreign)).reason), "TX_CELL");
});

// ---- noise ---------------------------------------------------------------------------------------------------------

test("no mutation of what members hear makes one trap, trust or answer what is not so", () => {
  const bench = settled(5);
  bench.request(query(accountKey(bob)));
  const next = numbers(5);
  const sources = [
    ...[final(8), byChild(8), final(6), byChild(5)],
    ...[stateAt(4).proof(accountKey(bob), 4), stateAt(7).proof(accountKey(bob), 7)],
    cell.beacon(1, { [beacon.FINAL_VIEW]: 9 }),
  ];
  const end = Date.now() + Number(process.env.SYNOD_BUDGET ?? 0) * 1000;
  const refused = new Set<string>();
  for (let i = 0; i < 400 || Date.now() < end; i++) {
    const object = sources[next() % sources.length].slice();
    for (let k = next() % 3; k >= 0; k--) object[next() % object.length] ^= 1 << (next() % 8);
    const cut = next() % 4 === 0 ? object.slice(0, 1 + (next() % object.length)) : object;
    bench.trial(() => {
      const said = bench.hear(cut);
      const { finalHeight, executedHeight, finalDigest, root } = bench.status(); // true still, or true anew: a pad may change
      assert.equal([finalDigest, root], [chain[finalHeight].digest, stateAt(executedHeight).root], hex(cut));
      for (const answer of of(said, event.ANSWER)) assert.equal(answer.slice(4, 20), account(1004n, 0n), hex(cut));
      for (const name of names(said)) refused.add(name);
    });
  }
  for (const name of ["TRUST_SHAPE", "TRUST_SIGNATURE", "PROOF_ROOT", "PROOF_SHAPE"])
    assert.ok(refused.has(name), `${name} was never said: ${[...refused].join(", ")}`);
});

// ---- power ---------------------------------------------------------------------------------------------------------

test("after a restart it goes on from its flash, never behind what it told", () => {
  const bench = fresh();
  for (let height = 1; height <= 35; height++) bench.hear(final(height));
  const said = bench.power();
  const [back] = of(said, event.RECOVERED).map((b) => decode(event.RECOVERED, b));
  assert.ok(back.kind === "recovered" && back.member && !back.observer);
  assert.ok(bench.status().finalHeight > 35 - 16, "a record every 16 heights");
  bench.hear(final(38));
  bench.request(query(accountKey(bob)));
  assert.is(of(bench.hear(stateAt(37).proof(accountKey(bob), 37)), event.ANSWER).length, 1);
  bench.power();
  assert.equal([bench.status().finalHeight, bench.status().executedHeight], [38, 37]);
  assert.equal(bench.status().root, stateAt(37).root);
  bench.request(query(accountKey(bob)));
  assert.equal(names(bench.hear(stateAt(36).proof(accountKey(bob), 36))), ["PROOF_OLD"]);
});

test("with a validator's key in it, it still belongs to nobody and votes never", () => {
  const bench = new Bench(wasm, cell, 2);
  const said = bench.hearAll(cell.proposal(chain[1]), cell.notar(1, chain[1].digest, QUORUM), final(2));
  const more = bench.wait(30_000);
  assert.ok(more.sent.length > 0);
  for (const o of [...said.sent, ...more.sent]) assert.ok(o[0] === kind.BEACON || o[0] === kind.ASK, `kind ${o[0]}`);
});

test("only its trust is written while it runs: a record of the log, and nothing in the journal", () => {
  const bench = settled(5);
  for (let height = 6; height <= 50; height++) bench.hear(final(height));
  const used = (region: number): boolean => bench.flash.regions[region].some((b) => b !== 0xff);
  assert.ok(used(record.REGION_BLOCKS));
  for (const region of [record.REGION_JOURNAL, record.REGION_SNAPSHOTS, record.REGION_KEYS])
    assert.not.ok(used(region), `region ${region}`);
});

test.run();

// What a validator does for members: it shows the newest certificate above what they trust, or the one that cites the state they wait for,
// proves what it is asked, and does no more than that for anybody.

import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as beacon from "../../firmware/wire/beacon.ts";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as light from "../../firmware/wire/light.ts";
import * as reason from "../../firmware/wire/reason.ts";
import * as client from "../../host/client/client.ts";
import { u32, u64 } from "../../host/device/bytes.ts";
import { reasonName } from "../../host/wire/words.ts";
import { Bench, Cell, type Block, type Said } from "../consensus/peer.ts";
import { device } from "../fleet/wasm.ts";
import { accountKey } from "./state.ts";

const wasm = await device();
const QUORUM = [0, 1, 2];

/** Device 3 of a cell in which these lists of transactions are final and executed, one block each; then an empty block citing each state. */
function validator(lists: readonly (readonly Uint8Array[])[], cell = new Cell(4)): { bench: Bench; chain: Block[] } {
  const bench = new Bench(wasm, cell, 3);
  const chain = [cell.origin(bench.status().root)];
  for (const list of lists) {
    const parent = chain[chain.length - 1];
    const { executedHeight, root } = bench.status();
    const cites = { executedHeight, executedRoot: root };
    const block = cell.block(parent, parent.head.view + 1, cites, list);
    chain.push(block);
    bench.hearAll(cell.proposal(block), cell.final(block.head.view, block.digest, QUORUM));
    bench.wait(2000);
  }
  assert.is(bench.status().executedHeight, lists.length);
  return { bench, chain };
}

const three = validator([[], [], []]);

const lit = (trusts: number, waits = 0): Uint8Array => {
  const b = three.bench.cell.beacon(255, { [beacon.FINAL_VIEW]: trusts, [beacon.WANTED]: waits });
  b[beacon.FLAGS] = beacon.LIGHT;
  return b;
};
const ask = (key: Uint8Array, to = 3): Uint8Array => concatBytes(Uint8Array.of(kind.ASK, to, 0, 0), key);
const of = (said: Said, k: number): Uint8Array[] => said.sent.filter((o) => o[0] === k);

/** What it answers to one of these beacons; two of the cell do, by chance. */
function shown(bench: Bench, object: Uint8Array): Uint8Array[] {
  for (let i = 0; i < 40; i++) {
    const { sent, refused } = bench.hear(object);
    assert.equal(refused, []);
    const certificates = sent.filter((o) => o[0] === kind.FINAL_HEADER || o[0] === kind.FINAL_BY_CHILD);
    if (certificates.length > 0) return certificates;
    bench.wait(100);
  }
  return [];
}

test("a member's beacon is answered by the newest certificate, with its header", () => {
  const { bench, chain } = three;
  const [c, ...more] = shown(bench, lit(0));
  assert.is(more.length, 0, "one certificate a beacon");
  assert.is(c[0], kind.FINAL_HEADER);
  assert.equal(c.slice(light.HEADER, light.CERTIFICATE), chain[3].header);
  assert.is(c[light.CERTIFICATE], kind.FINAL_CERTIFICATE);
  assert.equal(
    c.slice(light.CERTIFICATE + certificate.DIGEST, light.CERTIFICATE + certificate.SIGNERS),
    chain[3].digest,
  );
});

test("who trusts the newest is shown nothing, but for the certificate that cites the state it waits for", () => {
  const { bench, chain } = three;
  assert.equal(shown(bench, lit(3)), []);
  const [c] = shown(bench, lit(3, 1));
  assert.equal(c.slice(light.HEADER, light.CERTIFICATE), chain[2].header, "block 2 cites the state after 1");
  assert.is(u32(c, light.HEADER + header.EXECUTED_HEIGHT), 1);
});

test("it answers by certificates alone: no block, no vote, no proposal goes to a member", () => {
  const { bench } = three;
  for (let i = 0; i < 20; i++) {
    const { sent } = bench.hear(lit(0));
    for (const o of sent)
      assert.ok([kind.FINAL_HEADER, kind.FINAL_BY_CHILD, kind.BEACON].includes(o[0]), `kind ${o[0]}`);
  }
});

test("a question is answered by who is named, under the root that it reports", () => {
  const { bench } = three;
  const key = accountKey(bench.cell.validators[1].kid);
  assert.equal(of(bench.hear(ask(key, 2)), kind.PROOF), [], "device 2 was asked");
  const [p] = of(bench.hear(ask(key)), kind.PROOF);
  assert.is(p[light.KEY_LENGTH], 9);
  assert.is(u32(p, light.EXECUTED_HEIGHT), 3);
  assert.equal(p.slice(light.PROOF_KEY, light.PROOF_KEY + 9), key);
  const value = client.verifyProof(bench.status().root, key, p.slice(light.PROOF_KEY + 9));
  assert.is(u64(value!, 0), 1000n);
  const nobody = utf8ToBytes("nobody");
  const [absent] = of(bench.hear(ask(nobody)), kind.PROOF);
  assert.is(client.verifyProof(bench.status().root, nobody, absent.slice(light.PROOF_KEY + 6)), null);
});

test(`${reason.ASK_SHAPE} ASK_SHAPE: a question without a key, or with one of 33 bytes`, () => {
  const { bench } = three;
  for (const key of [new Uint8Array(0), new Uint8Array(33)])
    assert.equal(bench.hear(ask(key)).refused.map(reasonName), ["ASK_SHAPE"]);
});

test(`${reason.PROOF_LONG} PROOF_LONG: a bucket of keys that somebody ground`, () => {
  const cell = new Cell(4);
  const salt = sha256(cell.genesis);
  const bucketOf = (key: Uint8Array): number => sha256(concatBytes(salt, key))[0] & 63;
  const ground: Uint8Array[] = [];
  for (let i = 0; ground.length < 40; i++) {
    const { pub, kid } = client.signer(sha256(Uint8Array.of(i, i >> 8, 77)));
    if (bucketOf(concatBytes(utf8ToBytes("k"), kid)) === 5) ground.push(pub);
  }
  const lists = Array.from({ length: 5 }, (_, b) =>
    ground.slice(8 * b, 8 * b + 8).map((pub, i) => {
      const terms = { cell: salt.slice(0, 8), nonce: BigInt(8 * b + i), fee: 0n, expiry: 1000 };
      return client.register(cell.validators[0], terms, pub);
    }),
  );
  const { bench } = validator(lists, cell);
  const key = concatBytes(utf8ToBytes("k"), client.kid(ground[0]));
  const said = bench.hear(ask(key));
  assert.equal(said.refused.map(reasonName), ["PROOF_LONG"]);
  assert.equal(of(said, kind.PROOF), []);
  const other = accountKey(cell.validators[1].kid);
  assert.is(of(bench.hear(ask(other)), kind.PROOF).length, 1, "other buckets are proved as before");
});

test.run();

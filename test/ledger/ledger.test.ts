// The ledger: over any sequence of transactions it does what a plain model does, and no unit of value appears or vanishes.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { debugModule, engines, type Engine } from "../wasm.ts";
import * as client from "../../host/client/client.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { expectedRoot, type Model as Contents } from "../core/root.ts";
import { numbers } from "../wire/twin.ts";
import { cell, genesis, keyNumber, open, type Cell } from "./cell.ts";

const U64 = (1n << 64n) - 1n;

/** What the ledger is by its definition: the state and the effect of one transaction, in bigints. */
class Model {
  accounts = new Map<string, { balance: bigint; nonce: bigint }>();
  batches = new Map<string, { root: string; readings: number; height: number }>();
  constructor(keys: client.Signer[], balances: bigint[]) {
    keys.forEach((k, i) => this.accounts.set(hex(k.kid), { balance: balances[i], nonce: 0n }));
  }
  /** Bytes the state takes: an account 27, a key 43, a batch 51, the supply 11. */
  size(): number {
    return this.accounts.size * 70 + this.batches.size * 51 + 11;
  }
  execute(tx: client.Transaction, height: number, proposer: string, registered: client.Signer | null): number {
    const from = this.accounts.get(hex(tx.kid));
    if (!from) return reason.TX_KEY;
    if (tx.nonce < from.nonce) return reason.TX_NONCE_PAST;
    if (height > tx.expiry) return reason.TX_EXPIRED;
    if (tx.fee > from.balance) return reason.TX_FEE;
    if (tx.nonce > from.nonce) return reason.TX_NONCE_AHEAD;
    from.nonce++;
    const payee = this.accounts.get(proposer);
    if (payee) {
      from.balance -= tx.fee;
      payee.balance += tx.fee;
    }
    if (tx.type === client.TRANSFER) {
      const to = this.accounts.get(hex(tx.subject));
      if (!to) return reason.TX_PAYEE;
      if (from.balance < tx.amount) return reason.TX_BALANCE;
      from.balance -= tx.amount;
      to.balance += tx.amount;
      return 0;
    }
    if (tx.type === client.REGISTER) {
      if (!registered) return -1; // a key that is no good: which reason is crypto's affair
      if (this.accounts.has(hex(registered.kid))) return reason.KEY_KNOWN;
      if (this.size() + 70 > 8192) return reason.STATE_FULL;
      this.accounts.set(hex(registered.kid), { balance: 0n, nonce: 0n });
      return 0;
    }
    if (hex(client.merkleRoot(client.records(tx.readings))) !== hex(tx.subject)) return reason.READINGS_ROOT;
    const known = this.batches.has(hex(tx.kid));
    if (!known && this.size() + 51 > 8192) return reason.STATE_FULL;
    this.batches.set(hex(tx.kid), { root: hex(tx.subject), readings: tx.readings.length, height });
    return 0;
  }
}

/** An amount around the edges of what the account has, or of 64 bits. */
function amount(next: () => number, balance: bigint): bigint {
  const choices = [0n, 1n, balance, balance + 1n, balance / 2n, balance / 8n, U64, U64 - balance, U64 - balance + 1n];
  return BigInt.asUintN(64, next() % 3 ? choices[next() % choices.length] : BigInt(next() % 1000));
}

function compare(c: Cell, model: Model, what: string): void {
  let sum = 0n;
  for (const [kid, { balance, nonce }] of model.accounts) {
    assert.equal([c.balance(bytes(kid)), c.nonce(bytes(kid))], [balance, nonce], what);
    sum += balance;
  }
  assert.is(c.supply(), sum, what);
  for (const [kid, b] of model.batches) {
    const held = client.batch(c.entry(client.readingsKey(bytes(kid)))!);
    assert.equal([hex(held.root), held.readings, held.height], [b.root, b.readings, b.height], what);
  }
}

/** Signatures are the business of whoever votes for the block: the ledger does not look at them, so here they are made up. */
function unsigned(tx: Uint8Array): Uint8Array {
  return tx.fill(0x55, tx.length - 64);
}

async function campaign(engine: Engine, balances: bigint[], seed: number, steps: number): Promise<Set<number>> {
  const c = await cell(engine, balances);
  const next = numbers(seed);
  const everybody = Array.from({ length: 12 }, (_, i) => keyNumber(i));
  const model = new Model(c.keys, balances);
  const total = balances.reduce((a, b) => a + b, 0n);
  const met = new Set<number>();
  for (let step = 0; step < steps; step++) {
    const from = everybody[next() % everybody.length];
    const account = model.accounts.get(hex(from.kid)) ?? { balance: 0n, nonce: 0n };
    const nonce = next() % 8 ? account.nonce : BigInt.asUintN(64, account.nonce + BigInt(next() % 3) - 1n);
    const fee = next() % 3 ? BigInt(next() % 3) : amount(next, account.balance);
    const height = next() % 8 ? 100 : next();
    const terms = c.terms({ nonce, fee, expiry: next() % 8 ? 0xffffffff : next() % 200 });
    const other = everybody[next() % everybody.length];
    const proposer = next() % 8 ? c.keys[next() % c.keys.length].kid : other.kid;
    let tx: Uint8Array;
    const kind = next() % 5;
    if (kind < 3) tx = client.transfer(from, terms, other.kid, amount(next, account.balance - fee));
    else if (kind === 3) tx = client.register(from, terms, other.pub);
    else {
      const batch = [{ name: "t", unit: "mCel", value: BigInt(next()), time: BigInt(step) }];
      tx = client.readings(from, terms, next() % 2 ? batch : [batch[0], batch[0], batch[0]]);
      if (next() % 8 === 0) tx[tx.length - 67] ^= 1; // the last byte of the pack: the last reading's value
    }
    const what = `step ${step} of seed ${seed}`;
    const before = hex(c.root());
    const why = c.execute(unsigned(tx), height, proposer);
    assert.is(why, model.execute(client.parse(tx), height, hex(proposer), other), what);
    met.add(why);
    if (why >= reason.TX_KEY && why <= reason.TX_FEE) assert.is(hex(c.root()), before, `${what}: refused, yet changed`);
    if (step % 10 === 0) compare(c, model, what);
    assert.is(c.supply(), total, what);
  }
  compare(c, model, `the end of seed ${seed}`);
  const held = c.entry(client.supplyKey())!;
  assert.is(new DataView(held.buffer).getBigUint64(0, true), total);
  return met;
}

for (const engine of engines) {
  test(`random transactions do what the model does; the supply stays (${engine})`, async () => {
    const steps = engine === "v8" ? 1200 : 100;
    const met = new Set<number>();
    const opening = [[1000n, 1000n, 1000n, 0n], [U64 - 5n, 5n, 0n, 0n], [U64 / 2n, U64 / 2n + 1n, 0n, 0n]]; // prettier-ignore
    for (const [i, balances] of opening.entries())
      for (const why of await campaign(engine, balances, 20 + i, steps)) met.add(why);
    if (engine !== "v8") return;
    const { TX_KEY, TX_NONCE_PAST, TX_NONCE_AHEAD, TX_EXPIRED, TX_FEE, TX_BALANCE, TX_PAYEE, KEY_KNOWN } = reason;
    for (const why of [0, TX_KEY, TX_NONCE_PAST, TX_NONCE_AHEAD, TX_EXPIRED, TX_FEE, TX_BALANCE, TX_PAYEE, KEY_KNOWN])
      assert.ok(met.has(why), `reason ${why} was never met`);
    assert.ok(met.has(reason.READINGS_ROOT));
  });

  test(`a genesis gives each validator a key and its balance (${engine})`, async () => {
    const balances = [7n, 0n, U64 - 7n];
    const c = await cell(engine, balances);
    c.keys.forEach((k, i) => {
      assert.is(c.balance(k.kid), balances[i]);
      assert.is(hex(c.entry(client.publicKey(k.kid))!), hex(k.pub));
    });
    assert.is(c.supply(), U64);
  });

  test(`a genesis that cannot be is refused by number (${engine})`, async () => {
    const m = await debugModule(engine);
    const [a, b] = [keyNumber(1).pub, keyNumber(2).pub];
    assert.is(open(m, genesis([a, b], [U64, 0n])), 0);
    assert.is(open(m, genesis([a, b], [U64, 1n])), reason.GENESIS_SUPPLY);
    assert.is(open(m, genesis([a, a], [1n, 1n])), reason.KEY_KNOWN);
    assert.is(open(m, genesis([a, new Uint8Array(32)], [1n, 1n])), reason.KEY_SMALL_ORDER);
  });

  test(`paying everything, to oneself and to the last unit, is exact (${engine})`, async () => {
    const c = await cell(engine, [U64, 0n]);
    const [me, you] = c.keys;
    const pay = (nonce: bigint, fee: bigint, to: client.Signer, v: bigint) =>
      c.execute(client.transfer(me, c.terms({ nonce, fee }), to.kid, v), 1, you.kid);
    assert.is(pay(0n, 0n, me, U64), 0, "everything to oneself");
    assert.is(c.balance(me.kid), U64);
    assert.is(pay(1n, 1n, you, U64), reason.TX_BALANCE, "amount + fee is 2^64");
    assert.is(c.balance(me.kid), U64 - 1n, "the fee is gone");
    assert.is(c.balance(you.kid), 1n, "to the proposer");
    assert.is(pay(2n, U64, you, 0n), reason.TX_FEE);
    assert.is(c.nonce(me.kid), 2n, "and no nonce");
    assert.is(pay(2n, U64 - 1n, you, 0n), 0, "all that is left as a fee");
    assert.equal([c.balance(me.kid), c.balance(you.kid)], [0n, U64]);
    assert.is(c.supply(), U64);
  });

  test(`a fee has nowhere to go when the proposer has no account, and stays (${engine})`, async () => {
    const c = await cell(engine, [10n, 0n]);
    assert.is(c.execute(client.transfer(c.keys[0], c.terms({ fee: 4n }), c.keys[1].kid, 10n), 1, keyNumber(9).kid), 0);
    assert.is(c.balance(c.keys[1].kid), 10n);
    assert.is(c.supply(), 10n);
  });

  test(`keys that are no good cannot be registered (${engine})`, async () => {
    const c = await cell(engine, [10n]);
    const bad: [number, string][] = [
      [reason.KEY_SMALL_ORDER, "01" + "00".repeat(31)],
      [reason.KEY_SMALL_ORDER, "00".repeat(32)],
      [reason.KEY_NOT_CANONICAL, "ff".repeat(31) + "7f"], // 2^255 - 1, not below p
      [reason.KEY_NOT_ON_CURVE, "02" + "00".repeat(31)],
    ];
    for (const [i, [why, key]] of bad.entries()) {
      const tx = client.register(c.keys[0], c.terms({ nonce: BigInt(i), fee: 1n }), bytes(key));
      assert.is(c.execute(tx, 1), why, key);
      assert.is(c.entry(client.publicKey(client.kid(bytes(key)))), null);
    }
    assert.is(c.nonce(c.keys[0].kid), 4n);
  });

  test(`readings that are no sound pack cost nonce and fee, and leave no batch (${engine})`, async () => {
    const c = await cell(engine, [10n, 0n]);
    const payload = (nonce: number, pack: Uint8Array) =>
      client.sign1(
        c.keys[0],
        concat("87", "48" + hex(c.id), head(nonce), "02", "0a", "03", "5820" + "00".repeat(32), pack),
      );
    assert.is(c.execute(payload(0, bytes("4180")), 1, c.keys[1].kid), reason.READINGS_SHAPE);
    assert.is(c.execute(payload(1, bytes("41ff")), 1, c.keys[1].kid), reason.CBOR_SIMPLE);
    assert.equal([c.balance(c.keys[0].kid), c.nonce(c.keys[0].kid)], [6n, 2n]);
    assert.is(c.entry(client.readingsKey(c.keys[0].kid)), null);
  });
}

const u64 = (v: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(v).buffer);
const head = (n: number): string => n.toString(16).padStart(2, "0");
const concat = (...parts: (string | Uint8Array)[]): Uint8Array =>
  bytes(parts.map((p) => (typeof p === "string" ? p : hex(p))).join(""));

test("a registered key can sign; before that it cannot", async () => {
  const c = await cell("v8", [10n]);
  const fresh = keyNumber(40);
  const pay = client.transfer(fresh, c.terms({}), c.keys[0].kid, 3n);
  assert.is(c.execute(pay, 1), reason.TX_KEY);
  assert.is(c.execute(client.transfer(c.keys[0], c.terms({}), fresh.kid, 5n), 1), reason.TX_PAYEE);
  assert.is(c.execute(client.register(c.keys[0], c.terms({ nonce: 1n }), fresh.pub), 1), 0);
  assert.is(c.execute(client.transfer(c.keys[0], c.terms({ nonce: 2n }), fresh.kid, 5n), 1), 0);
  assert.is(c.execute(pay, 1), 0);
  assert.is(c.balance(fresh.kid), 2n);
});

test("a full state refuses keys and readings whole, and goes on with transfers", async () => {
  const c = await cell("v8", [1000n, 0n]);
  const model = new Model(c.keys, [1000n, 0n]);
  let nonce = 0n;
  const run = (tx: Uint8Array, registered: client.Signer | null = null): number => {
    const why = c.execute(tx, 5, c.keys[1].kid);
    assert.is(why, model.execute(client.parse(tx), 5, hex(c.keys[1].kid), registered));
    nonce++;
    return why;
  };
  const terms = () => c.terms({ nonce, fee: 1n });
  let i = 100;
  while (run(client.register(c.keys[0], terms(), keyNumber(i).pub), keyNumber(i)) === 0) i++;
  assert.ok(i > 200);
  // room for a key (43 bytes) but not for its account (27) must not leave half of it behind
  assert.is(c.entry(client.publicKey(keyNumber(i).kid)), null);
  assert.is(c.entry(client.accountKey(keyNumber(i).kid)), null);
  const batch = [{ name: "t", unit: "mCel", value: 1n, time: 1n }];
  const size = model.size();
  while (model.size() === size && 8192 - model.size() >= 51) run(client.readings(c.keys[0], terms(), batch));
  assert.is(run(client.readings(keyNumber(100), { ...terms(), nonce: 0n, fee: 0n }, batch)), reason.STATE_FULL);
  nonce--;
  assert.is(run(client.transfer(c.keys[0], terms(), keyNumber(100).kid, 3n)), 0);
  compare(c, model, "a full state");
});

test("half a registration never stays: key and account go together at every size of what is left", async () => {
  for (let left = 0; left < 80; left += 1) {
    const c = await cell("v8", [10n]);
    const used = 81; // one key, one account, the supply
    for (let rest = 8192 - used - left, i = 0; rest > 0; i++) {
      const size = rest > 250 ? 200 : rest > 200 ? rest - 100 : rest; // an entry has 3 bytes at least: never leave less
      c.m.write(0x2d00, Uint8Array.of(i));
      assert.is(c.m.call("core_tree_put", 0x2d00, 1, 0x2e00, size - 3), 0);
      rest -= size;
    }
    const fresh = keyNumber(60);
    const why = c.execute(client.register(c.keys[0], c.terms({}), fresh.pub), 1);
    assert.is(why, left >= 70 ? 0 : reason.STATE_FULL, `${left} bytes left`);
    assert.is(c.entry(client.publicKey(fresh.kid)) === null, left < 70);
    assert.is(c.entry(client.accountKey(fresh.kid)) === null, left < 70);
  }
});

test("two devices reach one root by the same transactions, and a client checks a balance against it", async () => {
  const [a, b] = [await cell("v8", [100n, 100n]), await cell("v8", [100n, 100n])];
  for (let i = 0; i < 20; i++) {
    const tx = client.transfer(
      a.keys[i % 2],
      a.terms({ nonce: BigInt(i >> 1), fee: 1n }),
      a.keys[1 - (i % 2)].kid,
      BigInt(i),
    );
    assert.is(a.execute(tx, i), 0);
    assert.is(b.execute(tx, i), 0);
  }
  assert.is(hex(a.root()), hex(b.root()));
  const root = a.root();
  const key = client.accountKey(a.keys[0].kid);
  a.m.write(0x2d00, key);
  const proof = a.m.bytes(0x3000, Number(a.m.call("core_tree_prove", 0x2d00, key.length, 0x3000, 0x1800)));
  assert.equal(client.account(client.verifyProof(root, key, proof)!), { balance: 100n - 90n + 100n + 10n, nonce: 10n });
});

test("the state root of a fixed genesis is pinned", async () => {
  const c = await cell("v8", [1n, 2n, 3n]);
  const g = genesis(c.keys.map((k) => k.pub), [1n, 2n, 3n]); // prettier-ignore
  const contents: Contents = new Map([[hex(client.supplyKey()), u64(6n)]]);
  c.keys.forEach((k, i) => {
    contents.set(hex(client.accountKey(k.kid)), bytes(hex(u64(BigInt(i + 1))) + "00".repeat(8)));
    contents.set(hex(client.publicKey(k.kid)), k.pub);
  });
  const pin = "e17f97a138a9f0f8a7a6c1d048f7247c14d6fbd2e94367134cec2d88720c032f";
  assert.is(expectedRoot(contents, sha256(g)), pin);
  assert.is(hex(c.root()), pin);
});

test.run();

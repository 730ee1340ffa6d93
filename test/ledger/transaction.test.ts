// Transactions: the device reads what clients sign and signs what clients read; each refusal names its cause; signatures
// are judged in one batch.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as cbor2 from "cbor2";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex as hex } from "@noble/hashes/utils.js";
import { Sign1 } from "@auth0/cose";
import { createPublicKey } from "node:crypto";
import { engines } from "../wasm.ts";
import * as client from "../../host/client/client.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { numbers, randomBytes } from "../wire/twin.ts";
import { become, cell, EXTRA, keyNumber, OUT, TX, type Cell } from "./cell.ts";

const TX_MAX = 640;
const U64 = (1n << 64n) - 1n;
const unsigned = (v: number | bigint): bigint => BigInt.asUintN(64, v as bigint);
const READING: client.Reading = { name: "temp", unit: "mCel", value: 21_500n, time: 1_700_000_000n };

/** A COSE_Sign1 by the first key of the cell around any payload. */
const around = (c: Cell, ...fields: unknown[]): Uint8Array =>
  client.sign1(c.keys[0], cbor2.encode(fields, cbor2.cdeEncodeOptions));

for (const engine of engines) {
  test(`the device reads every field of what a client signs (${engine})`, async () => {
    const c = await cell(engine, [10n, 10n]);
    const next = numbers(1);
    const edges = [0n, 1n, 23n, 24n, 255n, 256n, 65535n, 65536n, 2n ** 32n - 1n, 2n ** 32n, U64];
    for (let i = 0; i < edges.length; i++) {
      const terms = c.terms({ nonce: edges[i], fee: edges[(i * 7 + 3) % 11], expiry: next() });
      const signed = [
        client.transfer(c.keys[0], terms, c.keys[1].kid, edges[(i * 5 + 1) % 11]),
        client.register(c.keys[0], terms, c.keys[1].pub),
        client.readings(c.keys[0], terms, [READING]),
      ];
      for (const [k, tx] of signed.entries()) {
        assert.is(c.check(tx), 0);
        assert.is(hex(c.m.bytes(Number(c.m.call("ledger_transaction_kid")), 8)), hex(c.keys[0].kid));
        assert.is(unsigned(c.m.call("ledger_transaction_nonce")), terms.nonce);
        assert.is(unsigned(c.m.call("ledger_transaction_fee")), terms.fee);
        assert.is(Number(c.m.call("ledger_transaction_expiry")) >>> 0, terms.expiry);
        assert.is(c.m.call("ledger_transaction_type"), k + 1);
        c.m.call("ledger_transaction_id", OUT);
        assert.is(hex(c.m.bytes(OUT, 8)), hex(sha256(tx).slice(0, 8)));
        assert.is(hex(client.id(tx)), hex(sha256(tx).slice(0, 8)));
      }
    }
  });

  test(`what the device signs, clients and @auth0/cose verify and read (${engine})`, async () => {
    const c = await cell(engine, [10n, 10n]);
    const me = become(c.m, c.keys[1].seed);
    assert.is(hex(me.kid), hex(c.keys[1].kid));
    const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(me.pub).toString("base64url") };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const terms = c.terms({ nonce: 3n, fee: U64, expiry: 77 });
    const made = (n: number | bigint) => c.m.bytes(TX, Number(n));
    c.m.write(EXTRA, c.keys[0].kid);
    const transfer = made(c.m.call("ledger_transaction_transfer", 3n, -1n, 77, EXTRA, 12345678901n, TX));
    assert.is(hex(transfer), hex(client.transfer(me, terms, c.keys[0].kid, 12345678901n)));
    c.m.write(EXTRA, keyNumber(9).pub);
    const register = made(c.m.call("ledger_transaction_register", 3n, -1n, 77, EXTRA, TX));
    assert.is(hex(register), hex(client.register(me, terms, keyNumber(9).pub)));
    const pack = client.pack([READING, READING]);
    const root = client.merkleRoot(client.records([READING, READING]));
    c.m.write(EXTRA, root);
    c.m.write(OUT, pack);
    const readings = made(c.m.call("ledger_transaction_readings", 3n, -1n, 77, EXTRA, OUT, pack.length, TX));
    assert.is(hex(readings), hex(client.readings(me, terms, [READING, READING])));
    for (const tx of [transfer, register, readings]) {
      assert.is(c.check(tx), 0);
      await Sign1.decode(tx).verify(key);
      const parsed = client.parse(tx);
      assert.ok(client.verify(parsed, me.pub));
      assert.not.ok(client.verify(parsed, c.keys[0].pub));
      assert.equal([parsed.nonce, parsed.fee, parsed.expiry, hex(parsed.cell)], [3n, U64, 77, hex(c.id)]);
    }
    assert.is(client.parse(transfer).amount, 12345678901n);
    assert.is(hex(client.parse(register).subject), hex(keyNumber(9).pub));
    assert.equal(client.parse(readings).readings, [READING, READING]);
  });

  test(`a pack too long for a transaction is not signed (${engine})`, async () => {
    const c = await cell(engine, [10n]);
    become(c.m, c.keys[0].seed);
    const sign = (n: number) => Number(c.m.call("ledger_transaction_readings", 0n, 0n, 9, EXTRA, OUT, n, TX));
    let longest = 400;
    while (sign(longest + 1) !== 0) longest++;
    assert.is(sign(longest), TX_MAX);
  });

  test(`each refusal names its cause (${engine})`, async () => {
    const c = await cell(engine, [10n, 10n]);
    const kid = c.keys[1].kid;
    const key = client.coseKey(keyNumber(5).pub);
    const root = new Uint8Array(32);
    const pack = client.pack([READING]);
    const cases: [number, string, Uint8Array][] = [
      [0, "a transfer", around(c, c.id, 0, 1, 9, 1, kid, 5)],
      [0, "a registration", around(c, c.id, 0, 1, 9, 2, key)],
      [0, "readings", around(c, c.id, 0, 1, 9, 3, root, pack)],
      [0, "640 bytes", around(c, c.id, 0, 1, 9, 3, root, new Uint8Array(503))],
      [reason.TX_LONG, "641 bytes", around(c, c.id, 0, 1, 9, 3, root, new Uint8Array(504))],
      [reason.TX_CELL, "another cell", around(c, new Uint8Array(8), 0, 1, 9, 1, kid, 5)],
      [reason.TX_TYPE, "type 0", around(c, c.id, 0, 1, 9, 0, kid, 5)],
      [reason.TX_TYPE, "type 4", around(c, c.id, 0, 1, 9, 4, kid, 5)],
      [reason.TX_SHAPE, "a cell of 7 bytes", around(c, c.id.slice(1), 0, 1, 9, 1, kid, 5)],
      [reason.TX_SHAPE, "a payee of 9 bytes", around(c, c.id, 0, 1, 9, 1, new Uint8Array(9), 5)],
      [reason.TX_SHAPE, "an argument too many", around(c, c.id, 0, 1, 9, 1, kid, 5, 0)],
      [reason.TX_SHAPE, "an argument too many", around(c, c.id, 0, 1, 9, 2, key, 5)],
      [reason.TX_SHAPE, "a root of 31 bytes", around(c, c.id, 0, 1, 9, 3, root.slice(1), pack)],
      [reason.CBOR_END, "no amount", around(c, c.id, 0, 1, 9, 1, kid)],
      [reason.CBOR_END, "no fields", around(c)],
      [reason.CBOR_TYPE, "a negative nonce", around(c, c.id, -1, 1, 9, 1, kid, 5)],
      [reason.CBOR_TYPE, "a payload that is a map", client.sign1(c.keys[0], cbor2.encode(new Map([[1, 2]])))],
      [reason.CBOR_RANGE, "an expiry of 2^32", around(c, c.id, 0, 1, 2 ** 32, 1, kid, 5)],
      [reason.CBOR_RANGE, "a type of 2^32 + 1", around(c, c.id, 0, 1, 9, 2 ** 32 + 1, kid, 5)],
      [reason.CBOR_TYPE, "a fee that is no integer", around(c, c.id, 0, 1.5, 9, 1, kid, 5)],
      [reason.COSE_KEY, "a key of another form", around(c, c.id, 0, 1, 9, 2, new Uint8Array(40))],
      [reason.COSE_KEY, "a bare public key", around(c, c.id, 0, 1, 9, 2, keyNumber(5).pub)],
      [reason.COSE_SHAPE, "a bare payload", cbor2.encode([c.id, 0, 1, 9, 1, kid, 5])],
    ];
    for (const [why, what, tx] of cases) {
      assert.is(c.check(tx), why, what);
      if (why !== 0 && why !== reason.TX_LONG && why !== reason.TX_CELL)
        assert.throws(() => client.parse(tx), undefined, what);
    }
  });

  test(`admission looks at key, nonce, expiry and fee, in the state as it is (${engine})`, async () => {
    const c = await cell(engine, [10n, 10n]);
    const pay = (from: client.Signer, t: Partial<client.Terms>) => client.transfer(from, c.terms(t), c.keys[1].kid, 0n);
    assert.is(c.admit(pay(c.keys[0], { fee: 10n, expiry: 5 }), 5), 0);
    assert.is(c.admit(pay(c.keys[0], { fee: 11n }), 5), reason.TX_FEE);
    assert.is(c.admit(pay(c.keys[0], { fee: U64 }), 5), reason.TX_FEE);
    assert.is(c.admit(pay(c.keys[0], { expiry: 4 }), 5), reason.TX_EXPIRED);
    assert.is(c.admit(pay(c.keys[0], { expiry: 0xffffffff }), 0xfffffffe), 0);
    assert.is(c.admit(pay(keyNumber(77), {}), 5), reason.TX_KEY);
    assert.is(c.admit(pay(c.keys[0], { nonce: 7n }), 5), 0, "a nonce ahead may wait");
    assert.is(c.m.call("ledger_ledger_isNext"), 0);
    assert.is(c.execute(pay(c.keys[0], {}), 5), 0);
    assert.is(c.admit(pay(c.keys[0], {}), 5), reason.TX_NONCE_PAST);
    assert.is(c.admit(pay(c.keys[0], { nonce: 1n }), 5), 0);
    assert.is(c.m.call("ledger_ledger_isNext"), 1);
  });

  test(`a batch names exactly the transactions whose signatures are bad (${engine})`, async () => {
    const c = await cell(engine, [10n, 10n, 10n, 10n]);
    const next = numbers(8);
    for (let round = 0; round < (engine === "v8" ? 6 : 1); round++) {
      let at = TX;
      let out = 0x3b00;
      let bad = 0;
      c.m.call("crypto_batch_begin");
      for (let i = 0; i < 8; i++) {
        const from = c.keys[next() % 4];
        const tx = client.transfer(from, c.terms({ nonce: BigInt(i) }), c.keys[next() % 4].kid, BigInt(next()));
        if (next() % 3 === 0) {
          bad |= 1 << i;
          if (next() % 2) tx[tx.length - 64 + (next() % 63)] ^= 1 << (next() & 7);
          else tx.set(c.keys[(c.keys.indexOf(from) + 1) % 4].kid, 9); // signed by somebody else than it says
        }
        c.m.write(at, tx);
        const used = Number(c.m.call("ledger_transaction_enlist", at, tx.length, out));
        assert.is(used, client.toBeSigned(client.parse(tx).payload).length);
        assert.is(hex(c.m.bytes(out, used)), hex(client.toBeSigned(client.parse(tx).payload)));
        at += tx.length;
        out += used;
      }
      assert.is(c.m.call("crypto_batch_run"), bad);
    }
  });

  test(`a transaction of an unknown key, or none at all, is not enlisted (${engine})`, async () => {
    const c = await cell(engine, [10n]);
    const enlist = (tx: Uint8Array) => {
      c.m.write(TX, tx);
      return Number(c.m.call("ledger_transaction_enlist", TX, tx.length, 0x3b00));
    };
    c.m.call("crypto_batch_begin");
    assert.is(enlist(client.transfer(keyNumber(3), c.terms({}), c.keys[0].kid, 1n)), -reason.TX_KEY);
    assert.is(enlist(around(c, c.id)), -reason.CBOR_END);
    assert.is(c.m.call("crypto_batch_run"), 0);
  });
}

test("client and device refuse the same mutated transactions; none traps", async () => {
  const c = await cell("v8", [10n, 10n]);
  const seed = 9;
  const next = numbers(seed);
  const end = Date.now() + Number(process.env.SYNOD_BUDGET ?? 0) * 1000;
  const known = new Set(Object.values(reason) as number[]);
  const terms = c.terms({ nonce: 300n, fee: 70000n });
  const sources = [
    client.transfer(c.keys[0], terms, c.keys[1].kid, U64),
    client.register(c.keys[0], terms, c.keys[1].pub),
    client.readings(c.keys[0], terms, [READING, READING, READING]),
  ];
  const where = 19; // first byte of the payloads
  let accepted = 0;
  let i = 0;
  for (; i < 60_000 || Date.now() < end; i++) {
    const tx = sources[next() % 3].slice(0, next() % 16 ? undefined : next() % 300);
    for (let k = next() % 3; k > 0 && tx.length > where; k--) {
      const at = next() % 2 ? where + (next() % (tx.length - where)) : next() % tx.length;
      tx[at] = next() % 2 ? next() & 0xff : tx[at] ^ (1 << (next() & 7));
    }
    const why = c.check(tx);
    const what = `transaction ${i} of seed ${seed}: ${hex(tx)} gave ${why}`;
    assert.ok(why === 0 || known.has(why), what);
    let parsed: client.Transaction | null = null;
    try {
      parsed = client.parse(tx);
    } catch {
      // refused
    }
    if (why === 0) accepted++;
    if (why === reason.TX_CELL) continue; // a client knows of more than one cell
    // a pack is looked into by the client at once, by the device on execution
    if (parsed === null && why === 0) assert.is(c.m.call("ledger_transaction_type"), client.READINGS, what);
    else assert.is(parsed !== null, why === 0, what);
  }
  console.log(`note: ${i} mutated transactions`);
  assert.ok(accepted > 10_000);
});

test("random payloads in a sound envelope are refused by number", async () => {
  const c = await cell("v8", [10n]);
  const next = numbers(10);
  const known = new Set(Object.values(reason) as number[]);
  const signature = new Uint8Array(64);
  for (let i = 0; i < 20_000; i++) {
    const body = randomBytes(next, next() % 60);
    if (body.length > 9 && next() % 2) body.set([0x86 + (next() % 2), 0x48, ...c.id].slice(0, body.length));
    const parts = [Uint8Array.of(0xa1, 1, 0x27), new Map([[4, c.keys[0].kid]]), body, signature];
    assert.ok(known.has(c.check(cbor2.encode(new cbor2.Tag(18, parts), cbor2.cdeEncodeOptions))));
  }
});

test.run();

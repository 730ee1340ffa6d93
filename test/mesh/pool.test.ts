// Pending transactions are kept in order, gossiped until they are dropped, and never crowd each other out.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex as hex } from "@noble/hashes/utils.js";
import * as kind from "../../firmware/wire/kind.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { Random } from "../core/flash.ts";
import { INPUT, Station, WORK } from "./air.ts";

const s = await Station.open();
const b = await Station.open();
const TX_MAX = 640;

function reset(seed = 1): void {
  s.reset(250, 1, seed);
  b.reset(250, 2, seed + 1);
}

function add(tx: Uint8Array, own: boolean, now: number): number {
  s.m.write(INPUT, tx);
  return s.call("pool_add", INPUT, tx.length, own ? 1 : 0, BigInt(now));
}

const idOf = (tx: Uint8Array): Uint8Array => sha256(tx).subarray(0, 8);

function named(name: string, tx: Uint8Array): number {
  s.m.write(WORK, idOf(tx));
  return s.call(name, WORK);
}

/** What the pool holds, entry by entry. */
function held(): string[] {
  const found: string[] = [];
  for (let e = s.call("pool_first"); e !== 0; e = s.call("pool_next", e)) {
    const tx = s.m.bytes(s.call("pool_bytes", e), s.call("pool_length", e));
    assert.is(hex(s.m.bytes(s.call("pool_id", e), 8)), hex(idOf(tx)));
    found.push(hex(tx));
  }
  return found;
}

/** One gossip call: the transactions that it puts on the air, as a neighbour hears them, and the wait it asks for. */
function gossip(now: number): { said: string[]; wait: number } {
  let wait = 0;
  const frames = s.frames(() => (wait = s.call("pool_gossip", BigInt(now)) >>> 0));
  const said = b.objects(frames).map((o) => {
    assert.is(o[0], kind.TRANSACTION);
    return hex(o.subarray(1));
  });
  return { said, wait };
}

test("adding, finding, dropping and walking agree with a list", () => {
  reset();
  const random = new Random(1);
  let model: Uint8Array[] = [];
  const all = Array.from({ length: 60 }, () => random.bytes(1 + random.below(TX_MAX)));
  let full = 0;
  for (let i = 0; i < 20000; i++) {
    const tx = all[random.below(all.length)];
    const known = model.includes(tx);
    if (random.below(2) === 0) {
      const why = add(tx, random.below(2) === 0, i);
      if (why === reason.POOL_FULL) full++;
      else assert.is(why, 0);
      if (known) assert.is(why, 0);
      else if (why === 0) model.push(tx);
      else assert.ok(model.reduce((n, t) => n + t.length + 31, 0) + tx.length > 2900, "full only when it is");
    } else {
      named("pool_drop", tx);
      model = model.filter((t) => t !== tx);
    }
    assert.is(named("pool_has", tx), model.includes(tx) ? 1 : 0);
    assert.is(s.call("pool_count"), model.length);
    if (i % 20 === 0) assert.equal(held(), model.map(hex));
  }
  assert.ok(full > 100);
});

test("no room: POOL_FULL, also for a transaction longer than any may be, and nothing that is held suffers", () => {
  reset();
  const random = new Random(2);
  assert.is(add(random.bytes(TX_MAX + 1), true, 0), reason.POOL_FULL);
  const before: string[] = [];
  for (;;) {
    const tx = random.bytes(200);
    if (add(tx, false, 0) !== 0) break;
    before.push(hex(tx));
  }
  assert.ok(before.length >= 12, `${before.length} of 200 bytes`);
  assert.equal(held(), before);
});

test("an own transaction is said at once, after 1 s, and ever slower, every 30 s for ever", () => {
  reset();
  const tx = new Random(3).bytes(180);
  add(tx, true, 5000);
  const times: number[] = [];
  let now = 5000;
  for (let i = 0; i < 20; i++) {
    const { said, wait } = gossip(now);
    assert.equal(said, [hex(tx)]);
    times.push(wait);
    assert.equal(gossip(now + wait - 1), { said: [], wait: 1 });
    now += wait;
  }
  const expected = [1000];
  while (expected.length < 20) expected.push(Math.min(Math.floor(expected.at(-1)! * 1.5), 30000));
  assert.equal(times, expected);
});

test("another's transaction waits 4 to 8 s, differently on every device and for every one", () => {
  const waits = new Set<number>();
  for (let seed = 1; seed <= 40; seed++) {
    reset(seed * 10);
    const tx = new Random(seed).bytes(100);
    add(tx, false, 1000);
    const { said, wait } = gossip(1000);
    assert.equal(said, []);
    assert.ok(wait >= 4000 && wait < 8000, `${wait}`);
    waits.add(wait);
    assert.equal(gossip(1000 + wait).said, [hex(tx)]);
  }
  assert.ok(waits.size > 30);
});

test("hearing it from another puts the resend off, saying it again oneself does not", () => {
  reset();
  const tx = new Random(4).bytes(100);
  add(tx, true, 0);
  gossip(0); // due again at 1000, then every 1500
  assert.is(add(tx, false, 900), 0);
  assert.equal(gossip(1000), { said: [], wait: 1400 });
  add(tx, true, 2000);
  assert.equal(gossip(2400).said, [hex(tx)]);
});

test("a neighbourhood of eight says a new transaction a few times, not eight times a second", () => {
  reset();
  const random = new Random(6);
  const tx = random.bytes(150);
  // one module plays all eight: its memory is swapped
  const FIRST = 0x1c00;
  const pages = Array.from({ length: 8 }, (_, i) => {
    s.reset(250, i, 1000 + 50 * i);
    return s.m.bytes(FIRST, 0x10000 - FIRST);
  });
  const as = (i: number, body: () => void): void => {
    s.m.write(FIRST, pages[i]);
    body();
    pages[i] = s.m.bytes(FIRST, 0x10000 - FIRST);
  };
  as(0, () => add(tx, true, 0));
  let said = 0;
  for (let now = 0; now < 60000; now += 50) {
    for (let i = 0; i < 8; i++) {
      let spoke = false;
      as(i, () => (spoke = s.frames(() => void s.call("pool_gossip", BigInt(now))).length > 0));
      if (!spoke) continue;
      said++;
      for (let j = 0; j < 8; j++) if (j !== i) as(j, () => void add(tx, false, now));
    }
  }
  assert.ok(said >= 5 && said <= 40, `${said} times in a minute`);
});

test("one transaction a call, the most overdue first; a full ring loses no turn", () => {
  reset();
  const random = new Random(7);
  const txs = [1, 2, 3, 4].map(() => random.bytes(500));
  txs.forEach((tx, i) => add(tx, true, 10 - i)); // the last added is due first
  const order: string[] = [];
  for (let i = 0; i < 4; i++) {
    const { said, wait } = gossip(100);
    order.push(...said);
    assert.is(wait === 0, i < 3);
  }
  assert.equal(order, txs.map(hex).reverse());
  const frames = s.frames(() => {
    s.m.call("core_ring_event", 1, 7200);
    assert.is(s.call("pool_gossip", 5000n), 0);
  });
  assert.is(b.objects(frames).length, 0);
  b.reset(250, 2, 77); // an ear that has heard none of them yet
  const said = txs.flatMap(() => gossip(5000).said);
  assert.equal(said.sort(), txs.map(hex).sort());
});

test("an empty pool asks for nothing", () => {
  reset();
  assert.equal(gossip(0), { said: [], wait: 0xffffffff });
});

test.run();

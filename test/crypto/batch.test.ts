// Batch verification says of each signature what single verification says, and names every culprit.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { deviceCrypto } from "../../host/cli/vectors-run.ts";
import { device, engines, forSeconds, little, many, number, Source } from "./device.ts";
import { kinds, signed, type Signed } from "./edges.ts";

const L = ed25519.Point.Fn.ORDER;
const bitmap = (all: Signed[]): number => all.reduce((map, s, i) => (s.valid ? map : map | (1 << i)), 0) >>> 0;
const list = (map: number): string => [...Array(32).keys()].filter((i) => (map >>> i) & 1).join(",");

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const crypto = deviceCrypto(m);
  const counter = (i: number) =>
    new DataView(m.bytes(Number(m.call("crypto_counters")) + 4 * i, 4).buffer).getUint32(0, true);
  const [VERIFIED, BATCHES, ALONE, PREPARED] = [0, 2, 14, 15];

  test(`honest batches of every size are good, in one equation up to nine, then one per eleven, a single one left over alone (${engine})`, () => {
    const source = new Source(1);
    const all = Array.from({ length: 32 }, () => signed(source, "honest"));
    for (const n of engine === "v8" ? Array.from({ length: 33 }, (_, i) => i) : [0, 1, 3, 9, 10, 21]) {
      const [verified, batches, alone] = [counter(VERIFIED), counter(BATCHES), counter(ALONE)];
      assert.is(crypto.batch(all.slice(0, n)), 0, `${n} signatures`);
      assert.is(counter(VERIFIED) - verified, n);
      assert.is(counter(BATCHES) - batches, n <= 9 ? Math.min(n, 1) : Math.ceil(n / 11));
      assert.is(counter(ALONE) - alone, n === 1 || (n > 9 && n % 11 === 1) ? 1 : 0);
      assert.is(counter(PREPARED), 0);
    }
  });

  test(`whoever is bad is named, and nobody else (${engine})`, () => {
    const source = new Source(2);
    const good = Array.from({ length: 32 }, () => signed(source, "honest"));
    const bad = Array.from({ length: 32 }, () => signed(source, "another's signature"));
    const sets = [...Array(32).keys()]
      .map((i) => [i])
      .concat([[0, 31], [5, 6, 7, 20], [0, 1, 2, 3, 4, 5, 6], [6, 7], [30, 31], [...Array(32).keys()]]);
    for (const culprits of engine === "v8" ? sets : sets.slice(engine === "wasm3" ? 29 : 34)) {
      const all = good.map((s, i) => (culprits.includes(i) ? bad[i] : s));
      const map = crypto.batch(all);
      assert.is(list(map), list(bitmap(all)));
    }
    for (let i = 0; i < (engine === "v8" ? 100 : many(engine, 3)); i++) {
      const n = 1 + source.below(32);
      const all = good.slice(0, n).map((s, at) => (source.below(4) === 0 ? bad[at] : s));
      assert.is(list(crypto.batch(all)), list(bitmap(all)));
    }
  });

  test(`mixtures of every odd kind get the verdicts of single verification (${engine})`, () => {
    const source = new Source(3);
    const n = forSeconds(engine === "v8" ? 6 : 3, many(engine, 12), (round) => {
      const size = 1 + source.below(32);
      const all = Array.from({ length: size }, (_, i) =>
        source.below(3) === 0 ? signed(source, "mixed torsion") : signed(source, kinds[(round + i) % kinds.length]),
      );
      const map = crypto.batch(all);
      const single =
        all.reduce((bits, s, i) => (crypto.verify(s.pub, s.message, s.signature) ? bits : bits | (1 << i)), 0) >>> 0;
      assert.is(list(map), list(single), all.map((s) => s.kind).join(", "));
      assert.is(list(map), list(bitmap(all)));
    });
    console.log(`${n} mixed batches compared in ${engine}`);
  });

  test(`errors made to cancel do not cancel (${engine})`, () => {
    const source = new Source(4);
    for (let round = 0; round < (engine === "v8" ? 40 : 4); round++) {
      const all = Array.from({ length: 7 }, () => signed(source, "honest"));
      const [i, j] = source.pick([
        [0, 1],
        [2, 5],
        [3, 6],
      ]);
      const delta = round < 2 ? 1n : number(source.bytes(16));
      const shift = (s: Signed, by: bigint): Signed => {
        const raised = (((number(s.signature.subarray(32)) + by) % L) + L) % L;
        return {
          ...s,
          signature: new Uint8Array(Buffer.concat([s.signature.subarray(0, 32), little(raised, 32)])),
          valid: false,
        };
      };
      all[i] = shift(all[i], delta);
      all[j] = shift(all[j], -delta);
      assert.is(list(crypto.batch(all)), `${i},${j}`);
    }
  });

  test(`an equation of its own per chunk: the same signature may stand many times (${engine})`, () => {
    const source = new Source(5);
    const one = signed(source, "honest");
    const other = signed(source, "another's signature");
    assert.is(crypto.batch(Array(32).fill(one)), 0);
    assert.is(list(crypto.batch([...Array(9).fill(one), other, other, one])), "9,10");
    assert.is(crypto.batch(Array(8).fill(other)), 0xff);
  });

  test(`bisection asks no equation twice whose answer is known (${engine})`, () => {
    const source = new Source(6);
    const all = Array.from({ length: 7 }, () => signed(source, "honest"));
    const before = counter(BATCHES);
    all[6] = signed(source, "another's signature");
    assert.is(list(crypto.batch(all)), "6");
    // 0..7 fails; 0..3 holds, so 3..7 is bad; 3..5 holds, so 5..7 is bad; 5 holds, so 6 is bad
    assert.is(counter(BATCHES) - before, 4);
  });

  test(`other crypto between add and run disturbs nothing (${engine})`, () => {
    const source = new Source(7);
    const buffer = Number(m.call("crypto_buffer"));
    const all = Array.from({ length: 9 }, (_, i) => signed(source, i % 4 === 3 ? "another's signature" : "honest"));
    m.call("crypto_batch_begin");
    let p = buffer + 512;
    all.forEach((s, i) => {
      for (const part of [s.pub, s.message, s.signature]) {
        m.write(p, part);
        p += 320;
      }
      assert.is(m.call("crypto_batch_add", p - 960, p - 640, s.message.length, p - 320), i);
      m.call("crypto_sha256_hash", p - 640, s.message.length, buffer);
      m.call("crypto_hmac_sha512", buffer, 32, p - 640, s.message.length, buffer + 64);
      m.call("crypto_ed25519_sign", buffer, p - 960, p - 640, s.message.length, buffer + 128);
      m.call("crypto_ed25519_verify", p - 960, p - 640, s.message.length, p - 320);
    });
    assert.is(list(Number(m.call("crypto_batch_run")) >>> 0), "3,7");
    assert.is(m.call("crypto_batch_run"), 0, "nothing is left pending");
  });

  test(`coefficients are 24 digits of 1 or -1, no two neighbours, anywhere below place 251 (${engine})`, () => {
    const source = new Source(8);
    const at = Number(m.call("crypto_buffer"));
    const seen = new Set<number>();
    const values = new Set<string>();
    let minus = 0;
    const rounds = 400;
    for (let round = 0; round < rounds; round++) {
      // every tenth: bytes that are all past 227, or all the same, so that they do not suffice
      const bytes = round % 10 ? source.bytes(64) : new Uint8Array(64).fill(source.pick([0, 5, 227, 228, 255]));
      m.write(at, bytes);
      m.write(at + 64, new Uint8Array(256));
      m.call("crypto_straus_draw", at + 64, at);
      const digits = [...m.bytes(at + 64, 256)].map((v) => (v << 24) >> 28);
      const places = [...digits.keys()].filter((i) => digits[i] !== 0);
      assert.is(places.length, 24);
      places.forEach((p, i) => {
        assert.ok(Math.abs(digits[p]) === 1 && p <= 250 && (i === 0 || p - places[i - 1] >= 2), `${places}`);
        seen.add(p);
        if (digits[p] < 0) minus++;
      });
      if (round % 10) values.add(digits.join());
    }
    assert.is(seen.size, 251, "every place occurs");
    assert.is(values.size, rounds - rounds / 10);
    assert.ok(Math.abs(minus / (24 * rounds) - 0.5) < 0.05, "half of them are -1");
  });

  test(`every coefficient depends on every key, message and signature (${engine})`, () => {
    const source = new Source(9);
    const slots = Number(m.call("crypto_straus_slots"));
    const [first, second, other] = Array.from({ length: 3 }, () => signed(source, "honest"));
    const coefficients = (last: Signed): string[] => {
      crypto.batch([first, last]);
      return [slots, slots + 904].map((s) => [...m.bytes(s, 254)].map((v) => (v << 24) >> 28).join());
    };
    const before = coefficients(second);
    assert.equal(coefficients(second), before);
    assert.is.not(before[0], before[1]);
    const half = (a: Uint8Array, b: Uint8Array) => new Uint8Array([...a.subarray(0, 32), ...b.subarray(32)]);
    for (const changed of [
      { ...second, pub: other.pub },
      { ...second, message: new Uint8Array([...second.message, 0]) },
      { ...second, signature: half(other.signature, second.signature) },
      { ...second, signature: half(second.signature, other.signature) },
    ]) {
      const now = coefficients(changed);
      assert.ok(now[0] !== before[0] && now[1] !== before[1]);
    }
  });

  test(`a 33rd signature traps (${engine})`, () => {
    m.call("crypto_batch_begin");
    for (let i = 0; i < 32; i++) assert.is(m.call("crypto_batch_add", 0x1c00, 0x1c20, 4, 0x1c40), i);
    assert.throws(() => m.call("crypto_batch_add", 0x1c00, 0x1c20, 4, 0x1c40));
  });
}

test.run();

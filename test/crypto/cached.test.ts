// Prepared keys: the tables hold what their head says, and verdicts are those of keys that are not prepared, on every odd kind, alone and in
// batches, with tables in memory and in flash.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { device, engines, forSeconds, hex, many, number, Source } from "./device.ts";
import { decoded, kinds, oddEncodings, signed, type Signed } from "./edges.ts";

const Point = ed25519.Point;
const P = 2n ** 255n - 19n;
const D = Point.CURVE().d;
const mod = (x: bigint): bigint => ((x % P) + P) % P;
const value = (b: Uint8Array): bigint =>
  mod([...new Int32Array(b.slice().buffer)].reduce((sum, x, i) => sum + (BigInt(x) << BigInt(29 * i)), 0n));
const list = (map: number): string => [...Array(32).keys()].filter((i) => (map >>> i) & 1).join(",");
const [HEAD, REGION] = [40, 7];
const [BATCHES, ALONE, PREPARED, PREPARED_ALONE] = [2, 14, 15, 16];

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const buffer = Number(m.call("crypto_buffer"));
  const counter = (i: number) =>
    new DataView(m.bytes(Number(m.call("crypto_counters")) + 4 * i, 4).buffer).getUint32(0, true);
  const seconds = engine === "v8" ? 3 : 2;

  // flash of tables, one after another
  let flash: Uint8Array = new Uint8Array(0);
  m.hal = {
    ...m.hal,
    read: (region, offset, n) =>
      region === REGION && offset + n <= flash.length ? flash.slice(offset, offset + n) : null,
  };

  /** The head of a key whose table lies in flash, or null when the key names no point. */
  function prepare(pub: Uint8Array, halves: number): Uint8Array | null {
    const [head, table] = [buffer, buffer + 64];
    m!.write(buffer + 4096, pub);
    if (!m!.call("crypto_cached_prepare", head, buffer + 4096, table, halves)) return null;
    const bytes = m!.bytes(head, HEAD);
    new DataView(bytes.buffer).setUint32(32, (REGION << 24) | flash.length, true);
    flash = new Uint8Array(Buffer.concat([flash, m!.bytes(table, 1728 * halves)]));
    return bytes;
  }

  test(`a table holds what its head says, of any key that names a point (${engine})`, () => {
    const source = new Source(1);
    const keys = oddEncodings().concat(Array.from({ length: 8 }, () => ed25519.getPublicKey(source.bytes(32))));
    let refused = 0;
    for (const pub of engine === "v8" ? keys : keys.slice(-16)) {
      const point = decoded(pub);
      const halves = 1 + source.below(2);
      const step = BigInt(52 / halves);
      m.write(buffer, pub);
      const done = m.call("crypto_cached_prepare", buffer + 64, buffer, buffer + 128, halves) !== 0;
      assert.is(done, point !== null, hex(pub));
      if (point === null) refused++;
      for (let at = 0; point !== null && at < 16 * halves; at++) {
        let k = 1n << (4n * step);
        for (let i = 0n; i < 4n; i++) k += (at >> Number(i)) & 1 ? 1n << (step * i) : -(1n << (step * i));
        k <<= at < 16 ? 0n : 130n;
        const { x, y } = point
          .negate()
          .multiplyUnsafe(k % (8n * Point.Fn.ORDER))
          .toAffine();
        const [plus, minus, t] = [0, 36, 72].map((o) => value(m.bytes(buffer + 128 + 108 * at + o, 36)));
        assert.is(mod(2n * plus), mod(y + x), `${hex(pub)} ${at}`);
        assert.is(mod(2n * minus), mod(y - x));
        assert.is(t, mod(D * x * y));
      }
    }
    if (engine === "v8") assert.ok(refused > 5);
  });

  test(`a prepared key gives the verdicts of ZIP-215, its table in memory or in flash (${engine})`, () => {
    const source = new Source(2);
    const n = forSeconds(seconds, 2 * kinds.length, (round) => {
      const s = signed(source, kinds[round % kinds.length]);
      const [pub, head, message, signature, table] = [0, 64, 128, 512, 640].map((x) => buffer + x);
      m.write(message, s.message);
      m.write(signature, s.signature);
      m.write(pub, s.pub);
      if (!m.call("crypto_cached_prepare", head, pub, table, 1 + (round & 1))) {
        assert.not(s.valid);
        return;
      }
      m.write(pub, new Uint8Array(32)); // the head is enough
      const verify = () => m.call("crypto_ed25519_verifyCached", head, message, s.message.length, signature) !== 0;
      const counted = counter(PREPARED);
      assert.is(verify(), s.valid, s.kind);
      assert.is(counter(PREPARED), counted + 1);
      flash = m.bytes(table, 3456);
      m.write(table, new Uint8Array(3456));
      m.write(head + 32, new Uint8Array(Uint32Array.of(REGION << 24).buffer));
      assert.is(verify(), s.valid, s.kind);
    });
    console.log(`${n} odd signatures compared in ${engine}`);
  });

  /** The bitmap that the device gives for a batch, the i-th by a prepared key where there is a head. */
  function batch(all: Signed[], heads: (Uint8Array | null)[]): number {
    m!.call("crypto_batch_begin");
    let p = buffer;
    const put = (bytes: Uint8Array): number => {
      m!.write(p, bytes);
      p += (bytes.length + 7) & ~7;
      return p - ((bytes.length + 7) & ~7);
    };
    all.forEach((s, i) => {
      const head = heads[i];
      const name = head ? "crypto_batch_addCached" : "crypto_batch_add";
      m!.call(name, put(head ?? s.pub), put(s.message), s.message.length, put(s.signature));
    });
    return Number(m!.call("crypto_batch_run")) >>> 0;
  }
  const bitmap = (all: Signed[]): number => all.reduce((map, s, i) => (s.valid ? map : map | (1 << i)), 0) >>> 0;

  test(`in batches too, prepared keys, others, or both (${engine})`, () => {
    const source = new Source(3);
    const n = forSeconds(2 * seconds, many(engine, 12), (round) => {
      flash = new Uint8Array(0);
      const size = source.pick([1, 2, 5, 6, 7, 10, 21, 22, 32]);
      const mixed = source.below(3);
      const odd = source.below(3);
      const all = Array.from({ length: size }, (_, i) =>
        odd === 0
          ? signed(source, source.pick(["honest", "mixed torsion"]))
          : signed(source, kinds[(round + i) % kinds.length]),
      );
      const heads = all.map((s) => (mixed === 0 && source.below(2) ? null : prepare(s.pub, 1 + source.below(2))));
      assert.is(list(batch(all, heads)), list(bitmap(all)), all.map((s) => s.kind).join(", "));
    });
    console.log(`${n} batches compared in ${engine}`);
  });

  test(`up to six prepared keys are verified alone, four with one half, up to 21 in one equation, what is left over alone (${engine})`, () => {
    const source = new Source(4);
    flash = new Uint8Array(0);
    const seed = source.bytes(32);
    const pub = ed25519.getPublicKey(seed);
    for (const [halves, size, alone, equations] of [
      [2, 0, 0, 0],
      [2, 1, 1, 0],
      [2, 6, 6, 0],
      [2, 7, 0, 1],
      [1, 4, 4, 0],
      [1, 5, 0, 1],
      [2, 21, 0, 1],
      [2, 22, 1, 1],
      [2, 28, 0, 2],
    ]) {
      flash = new Uint8Array(0);
      const head = prepare(pub, halves);
      const before = [BATCHES, ALONE, PREPARED, PREPARED_ALONE].map(counter);
      const all = Array.from({ length: size }, (_, i) => {
        const message = source.bytes(1 + i);
        return { kind: "honest", pub, message, signature: ed25519.sign(message, seed), valid: true };
      });
      const heads = all.map(() => head);
      assert.is(batch(all, heads), 0);
      const grown = [BATCHES, ALONE, PREPARED, PREPARED_ALONE].map((c, i) => counter(c) - before[i]);
      assert.equal(grown, [alone + equations, alone, size, alone], `${size} signatures, ${halves} halves`);
    }
  });

  test(`a few keys that are not prepared among those that are: one by one or together, whichever is less (${engine})`, () => {
    const source = new Source(6);
    for (const [cold, warm, alone] of [
      [1, 2, 3],
      [1, 3, 0],
      [2, 0, 0],
      [2, 1, 0],
    ]) {
      flash = new Uint8Array(0);
      const all = Array.from({ length: cold + warm }, () => signed(source, "honest"));
      const heads = all.map(({ pub }, i) => (i < cold ? null : prepare(pub, 2)));
      const before = [BATCHES, ALONE, PREPARED].map(counter);
      assert.is(batch(all, heads), 0);
      const grown = [BATCHES, ALONE, PREPARED].map((c, i) => counter(c) - before[i]);
      assert.equal(grown, [alone || 1, alone, warm], `${cold} cold and ${warm} prepared`);
    }
  });

  test(`flash that cannot be read, and messages of 32 KiB, trap (${engine})`, () => {
    const source = new Source(5);
    const s = signed(source, "honest");
    flash = new Uint8Array(0);
    const head = prepare(s.pub, 1);
    assert.ok(head);
    flash = flash.slice(0, 1000);
    assert.throws(() => batch([s], [head]));
    for (const name of [
      "crypto_ed25519_verify",
      "crypto_ed25519_verifyCached",
      "crypto_batch_add",
      "crypto_batch_addCached",
    ])
      assert.throws(() => m.call(name, buffer, buffer, 0x8000, buffer), name);
    assert.ok(number(head) > 0n);
  });
}

test.run();

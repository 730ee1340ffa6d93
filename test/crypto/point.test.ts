// Points against @noble/curves: the comb table recomputed, decoding of every kind of encoding, multiples, base multiplication, small order.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { device, engines, hex, little, number, Source, unhex } from "./device.ts";
import { decoded, oddEncodings } from "./edges.ts";

const Point = ed25519.Point;
const P = 2n ** 255n - 19n;
const L = Point.Fn.ORDER;
const D = Point.CURVE().d;
const mod = (x: bigint, m = P): bigint => ((x % m) + m) % m;
const value = (b: Uint8Array): bigint =>
  mod([...new Int32Array(b.slice().buffer)].reduce((sum, x, i) => sum + (BigInt(x) << BigInt(29 * i)), 0n));

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const buffer = Number(m.call("crypto_buffer"));
  const encoded = () => {
    m.call("crypto_point_encode", buffer);
    return hex(m.bytes(buffer, 32));
  };
  const decode = (encoding: Uint8Array): boolean => {
    m.write(buffer, encoding);
    return m.call("crypto_point_decode", buffer) !== 0;
  };

  test(`the comb table holds what its head says (${engine})`, () => {
    const table = Number(m.call("crypto_comb_table"));
    for (let t = 0; t < 2; t++) {
      for (let entry = 0; entry < 16; entry++) {
        let k = 1n << 104n;
        for (let i = 0; i < 4; i++) k += (entry >> i) & 1 ? 1n << BigInt(26 * i) : -(1n << BigInt(26 * i));
        const { x, y } = Point.BASE.multiply(mod(k << BigInt(130 * t), L)).toAffine();
        const at = table + 108 * (16 * t + entry);
        assert.is(mod(2n * value(m.bytes(at, 36))), mod(y + x));
        assert.is(mod(2n * value(m.bytes(at + 36, 36))), mod(y - x));
        assert.is(value(m.bytes(at + 72, 36)), mod(D * x * y));
      }
    }
  });

  test(`an encoding is decoded as ZIP-215 decodes it, to minus the point (${engine})`, () => {
    const source = new Source(1);
    const all = oddEncodings();
    for (let i = 0; i < (engine === "v8" ? 1500 : 200); i++) all.push(source.bytes(32));
    let refused = 0;
    for (const encoding of all) {
      const expected = decoded(encoding);
      assert.is(decode(encoding), expected !== null, hex(encoding));
      if (expected === null) refused++;
      else assert.is(encoded(), expected.negate().toHex(), hex(encoding));
    }
    assert.ok(refused > 50 && refused < all.length - 50);
  });

  test(`odd multiples are those of the point, small order or not (${engine})`, () => {
    const source = new Source(2);
    const points = ED25519_TORSION_SUBGROUP.map((h) => Point.fromHex(h, true));
    for (let i = 0; i < 8; i++)
      points.push(Point.BASE.multiply(mod(number(source.bytes(32)), L - 1n) + 1n).add(source.pick(points)));
    for (const point of points) {
      assert.ok(decode(point.toBytes()));
      const count = source.pick([1, 2, 4, 8]);
      m.call("crypto_point_multiples", buffer, buffer + 144, count);
      for (let i = 0; i < count; i++) {
        const at = buffer + 144 * i;
        const [plus, minus, t] = [0, 36, 72].map((offset) => value(m.bytes(at + offset, 36)));
        const z = i === 0 ? 1n : value(m.bytes(at + 108, 36)); // the first is halved: y + x = 2 plus and so on
        const { x, y } = point
          .negate()
          .multiplyUnsafe(BigInt(2 * i + 1))
          .toAffine();
        // plus = Y + X, minus = Y - X, z = 2 Z, so that y = (plus + minus) / z
        assert.is(mod(plus + minus), mod(y * z));
        assert.is(mod(plus - minus), mod(x * z));
        assert.is(mod(t), mod(D * x * y * z));
      }
    }
  });

  test(`a doubling makes of its squares what field.test.ts proves small enough (${engine})`, () => {
    const source = new Source(5);
    const work = Number(m.call("crypto_point_work"));
    const limbs = (i: number): number[] => [...new Int32Array(m.bytes(work + 36 * i, 36).slice().buffer)];
    assert.ok(decode(Point.BASE.multiply(number(source.bytes(30))).toBytes()));
    for (let round = 0; round < 200; round++) {
      m.call("crypto_point_double");
      const [, , , e, h, a, b, c, d, f, g] = [...Array(11).keys()].map(limbs);
      const lent = a.map((_, i) => (i === 0 ? -(2 ** 29) : i === 8 ? 1 : 1 - 2 ** 29));
      a.forEach((x, i) => {
        assert.is(h[i], x + b[i]);
        assert.is(g[i], x - b[i]);
        assert.is(e[i], x + b[i] - d[i]);
        assert.is(f[i], 2 * c[i] + x - b[i] + lent[i]);
      });
    }
  });

  test(`base multiplication is right for any 256 bits (${engine})`, () => {
    const source = new Source(3);
    const scalars = [0n, 1n, 2n, 8n, L - 1n, L, L + 1n, 2n ** 252n, 2n ** 255n - 1n, 2n ** 256n - 1n];
    for (let i = 0; i < 26; i++) scalars.push(1n << BigInt(i * 9 + 3), (1n << BigInt(i * 9 + 3)) - 1n);
    for (let i = 0; i < (engine === "v8" ? 400 : 50); i++) scalars.push(number(source.bytes(32)));
    for (const s of scalars) {
      m.write(buffer, little(s, 32));
      m.call("crypto_point_base", buffer);
      assert.is(encoded(), Point.BASE.multiplyUnsafe(s % L).toHex(), `${s}`);
    }
  });

  test(`small order is seen, and nothing else taken for it (${engine})`, () => {
    const source = new Source(4);
    for (const h of ED25519_TORSION_SUBGROUP) {
      decode(unhex(h));
      assert.is(m.call("crypto_point_small"), 1, h);
      const mixed = Point.BASE.multiply(mod(number(source.bytes(32)), L - 1n) + 1n).add(Point.fromHex(h, true));
      decode(mixed.toBytes());
      assert.is(m.call("crypto_point_small"), 0, mixed.toHex());
    }
    // x, y and z of what a damaged table may lead to: off the curve, though x or y is 0
    const work = Number(m.call("crypto_point_work"));
    for (const [x, y, z, is] of [
      [0, 1, 1, 1],
      [0, 3, 3, 1],
      [0, 2, 1, 0],
      [2, 0, 1, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ]) {
      [x, y, z].forEach((v, i) => m.write(work + 36 * i, little(BigInt(v), 36)));
      assert.is(m.call("crypto_point_small"), is, `${x} ${y} ${z}`);
    }
  });
}

test.run();

// Field arithmetic against BigInt, with limbs driven to the edges that firmware/crypto/field.ts proves safe, and that proof recomputed.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { device, engines, forSeconds, little, number, Source } from "./device.ts";

const P = 2n ** 255n - 19n;
const EXPONENT = [0, 29, 57, 85, 114, 142, 170, 199, 227];
const WIDTH = [29, 28, 28, 29, 28, 28, 29, 28, 28];
const mod = (x: bigint): bigint => ((x % P) + P) % P;
const power = (base: bigint, exponent: bigint): bigint => {
  let r = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) r = mod(r * b);
  return r;
};

/** The largest limb i of size s = hundredths / 100: s * 2^w * (1 + 2^-17). */
const largest = (i: number, hundredths: number): number =>
  Math.floor((hundredths / 100) * 2 ** WIDTH[i] * (1 + 2 ** -17));

type Limbs = number[];
const value = (l: Limbs): bigint => l.reduce((sum, x, i) => sum + (BigInt(x) << BigInt(EXPONENT[i])), 0n);

/** Limbs of the given size: all at one edge, at mixed edges, near them, or anywhere. */
function limbs(source: Source, hundredths: number): Limbs {
  const kind = source.below(6);
  return WIDTH.map((_, i) => {
    const top = largest(i, hundredths);
    if (kind === 0) return top;
    if (kind === 1) return -top;
    if (kind === 2) return source.pick([top, -top]);
    if (kind === 3) return source.pick([top, -top, 0, 1, -1, top - 1, 1 - top]);
    return Math.round((source.next() / 2 ** 31 - 1) * top);
  });
}

/** Limbs as mul leaves them. */
function normal(source: Source): Limbs {
  const kind = source.below(4);
  return WIDTH.map((w, i) => {
    const [low, high] = i === 1 ? [-2047, 2 ** 28 + 2047] : [0, 2 ** w - 1];
    if (kind === 0) return source.pick([low, high]);
    if (kind === 1) return source.pick([low, high, 0, 1, 18, 19, 20, high - 18, high - 19]);
    return low + Math.floor((source.next() / 2 ** 32) * (high - low + 1));
  });
}

function assertNormal(l: Limbs): void {
  l.forEach((x, i) => {
    if (i === 1) assert.ok(x > -2048 && x < 2 ** 28 + 2048, `limb 1 is ${x}`);
    else assert.ok(x >= 0 && x < 2 ** WIDTH[i], `limb ${i} is ${x}`);
  });
}

test("no column of a product of sizes s * t = 6 leaves 63 bits", () => {
  for (const [s, t] of [
    [200, 300],
    [300, 200],
    [245, 244],
    [150, 399],
  ]) {
    const column = Array<bigint>(17).fill(0n);
    for (let i = 0; i < 9; i++) {
      for (let j = 0; j < 9; j++) {
        // l_i * m_j weighs 2^(e_i + e_j); a column's own weight is e_(i+j), or 255 + e_(i+j-9)
        const own = i + j < 9 ? EXPONENT[i + j] : 255 + EXPONENT[i + j - 9];
        const times = 1n << BigInt(EXPONENT[i] + EXPONENT[j] - own);
        assert.ok(times === 1n || times === 2n);
        column[i + j] += times * BigInt(largest(i, s)) * BigInt(largest(j, t));
      }
    }
    let carry = 0n;
    let most = 0n;
    const high: bigint[] = [];
    for (let k = 9; k <= 16; k++) {
      const total = column[k] + carry;
      most = total > most ? total : most;
      high.push((1n << BigInt(WIDTH[k - 9])) - 1n);
      carry = (total >> BigInt(WIDTH[k - 9])) + 1n;
    }
    high.push(carry);
    carry = 0n;
    for (let k = 0; k <= 8; k++) {
      const total = column[k] + carry + 19n * high[k];
      most = total > most ? total : most;
      carry = (total >> BigInt(WIDTH[k])) + 1n;
    }
    assert.ok(most < 2n ** 63n, `sizes ${s}, ${t}: ${most}`);
    assert.ok((19n * carry + 2n ** 29n) >> 29n < 2n ** 11n, "the last carry moves limb 1 by less than 2^11");
  }
});

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const [o, a, b, s] = [0, 64, 128, 192].map((x) => Number(m.call("crypto_buffer")) + x);
  const seconds = engine === "v8" ? 1.5 : 0.7;
  const write = (p: number, l: Limbs) => m.write(p, new Uint8Array(Int32Array.from(l).buffer));
  const read = (p: number): Limbs => [...new Int32Array(m.bytes(p, 36).buffer)];
  const encoded = (p: number): bigint => {
    m.call("crypto_field_encode", s, p);
    return number(m.bytes(s, 32));
  };

  test(`products of limbs at their limits are right and come out normal (${engine})`, () => {
    const source = new Source(1);
    forSeconds(seconds, 500, (round) => {
      const [x, y] = source.pick([
        [200, 300],
        [300, 200],
        [100, 300],
        [200, 200],
        [100, 100],
      ]);
      const [p, q] =
        round < 8
          ? [
              WIDTH.map((_, i) => (round & 1 ? -1 : 1) * largest(i, x)),
              WIDTH.map((_, i) => (round & 2 ? -1 : 1) * largest(i, y)),
            ]
          : [limbs(source, x), limbs(source, y)];
      write(a, p);
      write(b, q);
      const target = source.pick([o, a, b]);
      m.call("crypto_field_mul", target, a, b);
      assert.is(mod(value(read(target))), mod(value(p) * value(q)), `${p} * ${q}`);
      assertNormal(read(target));
    });
  });

  test(`squares of limbs at their limits are right and come out normal (${engine})`, () => {
    const source = new Source(2);
    forSeconds(seconds, 500, (round) => {
      const p =
        round < 2
          ? WIDTH.map((_, i) => (round ? -1 : 1) * largest(i, 244))
          : limbs(source, source.pick([100, 200, 244]));
      write(a, p);
      const n = source.pick([1, 1, 1, 2, 3, 50]);
      const target = source.pick([o, a]);
      m.call("crypto_field_sq", target, a, n);
      assert.is(mod(value(read(target))), power(value(p), 1n << BigInt(n)), `${p} squared ${n} times`);
      assertNormal(read(target));
    });
  });

  test(`sums and differences are exact, in place too (${engine})`, () => {
    const source = new Source(3);
    for (let round = 0; round < 2000; round++) {
      const [p, q] = [normal(source), normal(source)];
      for (const [x, y] of [
        [p, q],
        [p.map((l, i) => l + q[i]), q],
      ]) {
        write(a, x);
        write(b, y);
        const target = source.pick([o, a, b]);
        m.call("crypto_field_add", target, a, b);
        assert.equal(
          read(target),
          x.map((l, i) => l + y[i]),
        );
      }
      const [u, v] = [limbs(source, 150), limbs(source, 150)];
      write(a, u);
      write(b, v);
      const [sum, difference] = source.pick([
        [o, a],
        [a, b],
        [b, a],
        [o, b],
      ]);
      m.call("crypto_field_both", sum, difference, a, b);
      assert.equal(
        read(sum),
        u.map((l, i) => l + v[i]),
      );
      assert.equal(
        read(difference),
        u.map((l, i) => l - v[i]),
      );
    }
  });

  test(`every value has one encoding, below p (${engine})`, () => {
    const source = new Source(4);
    const edges: bigint[] = [];
    for (let near = -40n; near <= 40n; near++) {
      for (const at of [0n, P, 2n * P, -P, 2n ** 255n, 2n ** 29n]) edges.push(at + near);
    }
    for (const v of edges) {
      if (v <= -2n * P) continue;
      // the value put wholly into limbs 0 to 8, the rest (sign included) into limb 8
      const l: Limbs = [];
      let rest = v;
      for (let i = 0; i < 8; i++) {
        l.push(Number(BigInt.asUintN(WIDTH[i], rest)));
        rest >>= BigInt(WIDTH[i]);
      }
      l.push(Number(rest));
      write(a, l);
      assert.is(encoded(a), mod(v), `${v}`);
    }
    write(a, [2 ** 29 - 1, -1, 0, 0, 0, 0, 0, 0, 0]); // -1 with a negative limb
    assert.is(encoded(a), P - 1n);
    forSeconds(seconds / 2, 500, () => {
      const [p, q, r] = [normal(source), normal(source), normal(source)];
      const l = source.pick([
        p,
        p.map((x, i) => x - q[i]),
        p.map((x, i) => x + q[i]),
        p.map((x, i) => x + q[i] + r[i]),
      ]);
      write(a, l);
      assert.is(encoded(a), mod(value(l)), `${l}`);
    });
  });

  test(`32 bytes are read as they stand, without bit 255 (${engine})`, () => {
    const source = new Source(5);
    const all = [0n, 1n, P - 1n, P, P + 18n, 2n ** 255n - 1n, 2n ** 255n, 2n ** 256n - 1n];
    for (let i = 0; i < 500; i++) all.push(number(source.bytes(32)));
    for (const v of all) {
      m.write(b, little(v, 32));
      m.call("crypto_field_decode", a, b);
      assertNormal(read(a));
      assert.is(value(read(a)), BigInt.asUintN(255, v));
      assert.is(encoded(a), mod(BigInt.asUintN(255, v)));
    }
  });

  test(`inverse and root power are right, also of 0 and 1 (${engine})`, () => {
    const source = new Source(6);
    for (const v of [0n, 1n, P - 1n, 2n, ...Array.from({ length: 30 }, () => mod(number(source.bytes(32))))]) {
      m.write(b, little(v, 32));
      m.call("crypto_field_decode", a, b);
      m.call("crypto_field_power", o, a, 1);
      assert.is(encoded(o), power(v, P - 2n));
      m.call("crypto_field_power", o, a, 0);
      assert.is(encoded(o), power(v, (P - 5n) / 8n));
    }
  });
}

test.run();

// Field arithmetic against BigInt, with limbs driven to the edges that firmware/crypto/field.ts proves safe, and that proof recomputed.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { device, engines, forSeconds, little, number, Source } from "./device.ts";

const P = 2n ** 255n - 19n;
const WIDTH = [29, 29, 29, 29, 29, 29, 29, 29, 23];
const mod = (x: bigint): bigint => ((x % P) + P) % P;
const power = (base: bigint, exponent: bigint): bigint => {
  let r = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) r = mod(r * b);
  return r;
};

type Limbs = number[];
const value = (l: Limbs): bigint => l.reduce((sum, x, i) => sum + (BigInt(x) << BigInt(29 * i)), 0n);

/** Lowest and highest limbs of a class of operands (firmware/crypto/field.ts). */
interface Class {
  low: Limbs;
  high: Limbs;
}
const unit = (i: number): number => 2 ** WIDTH[i];
const within = (low: number, high: number): Class => ({
  low: WIDTH.map((_, i) => Math.ceil(low * unit(i) * (1 + 2 ** -12))),
  high: WIDTH.map((_, i) => Math.floor(high * unit(i) * (1 + 2 ** -12))),
});
/** What a sum or difference moves between neighbours. */
const SUM = [0, -(2 ** 29), 1, -(2 ** 29), 1, -(2 ** 29), 1, -(2 ** 29), 1];
const DIFFERENCE = [2 ** 29, -1, 2 ** 29, -1, 2 ** 29, -1, 2 ** 29, -1, 0];
const N: Class = {
  low: WIDTH.map((_, i) => (i === 1 ? -(2 ** 16) : 0)),
  high: WIDTH.map((w, i) => 2 ** w - 1 + (i === 1 ? 2 ** 16 : 0)),
};
const S: Class = {
  low: N.low.map((l, i) => 2 * l + SUM[i]),
  high: N.high.map((h, i) => 2 * h + SUM[i]),
};
const D: Class = {
  low: N.low.map((l, i) => l - N.high[i] + DIFFERENCE[i]),
  high: N.high.map((h, i) => h - N.low[i] + DIFFERENCE[i]),
};
const PRODUCTS: [Class, Class][] = [
  [N, N],
  [S, N],
  [N, D],
  [S, S],
  [S, D],
  [D, S],
  [D, D],
  [within(-1, 2), N], // E q and C H of point.add, whose entry may be negated
  [within(-1, 2), within(-1, 1)],
  [within(-1, 1), within(0, 2)], // G H of point.double
  [within(-2, 2), within(-1, 1)], // F G of point.double
];

/** Limbs of a class: all at one edge, at mixed edges, near them, or anywhere. */
function limbs(source: Source, { low, high }: Class): Limbs {
  const kind = source.below(6);
  return WIDTH.map((_, i) => {
    if (kind === 0) return high[i];
    if (kind === 1) return low[i];
    if (kind === 2) return source.pick([low[i], high[i]]);
    if (kind === 3) return source.pick([low[i], high[i], 0, low[i] + 1, high[i] - 1, high[i] - 18, high[i] - 19]);
    return low[i] + Math.floor((source.next() / 2 ** 32) * (high[i] - low[i] + 1));
  });
}

const normal = (source: Source): Limbs => limbs(source, N);

/** E and F as point.double makes them of squares a, b, c and d. */
function doubling(a: Limbs, b: Limbs, c: Limbs, d: Limbs): [e: Limbs, f: Limbs] {
  const lent = WIDTH.map((_, i) => (i === 0 ? -(2 ** 29) : i === 8 ? 1 : 1 - 2 ** 29));
  return [a.map((x, i) => x + b[i] - d[i]), a.map((x, i) => 2 * c[i] + x - b[i] + lent[i])];
}

function assertNormal(l: Limbs): void {
  l.forEach((x, i) => assert.ok(x >= N.low[i] && x <= N.high[i], `limb ${i} is ${x}`));
}

/** Asserts that a product whose columns are at most these leaves 63 bits nowhere, and comes out normal. */
function assertFits(column: bigint[], what: string): void {
  let carry = 0n;
  let most = 0n;
  const high: bigint[] = [];
  const take = (sum: bigint): bigint => {
    if (sum > most) most = sum;
    return sum;
  };
  for (let k = 9; k <= 15; k++) {
    carry = (take(column[k] + carry) >> 29n) + 1n;
    high.push(2n ** 29n - 1n);
  }
  high.push(take(column[16] + carry), 0n);
  carry = 0n;
  for (let k = 0; k <= 8; k++) carry = (take(column[k] + carry + 1216n * high[k]) >> BigInt(WIDTH[k])) + 1n;
  assert.ok(most < 2n ** 63n, `${what}: ${most}`);
  assert.ok((19n * carry + 2n ** 29n) >> 29n < 2n ** 16n, "the last carry moves limb 1 by less than 2^16");
}

test("no column of a product leaves 63 bits", () => {
  const size = ({ low, high }: Class, i: number): bigint => BigInt(Math.max(-low[i], high[i]));
  for (const [x, y] of PRODUCTS) {
    const column = Array<bigint>(17).fill(0n);
    for (let i = 0; i < 9; i++) for (let j = 0; j < 9; j++) column[i + j] += size(x, i) * size(y, j);
    assertFits(column, `${x.high} * ${y.high}`);
  }
});

test("nor does one of E F in a doubling, at all its corners", () => {
  const bits = [...Array(16).keys()].map((n) => [n & 1, (n >> 1) & 1, (n >> 2) & 1, n >> 3]);
  const e = ([a, b, , d]: number[]) => a + b - d;
  const f = ([a, b, c]: number[]) => 2 * c + a - b - 1;
  let pair = 0;
  for (const p of bits) for (const q of bits) pair = Math.max(pair, Math.abs(e(p) * f(q) + e(q) * f(p)));
  assert.is(pair, 5);
  // E_i F_i is no more than (1 + b)(2 - b) at the worst corner or edge: below 4 in any case
  const units = (i: number, times: number): bigint => (BigInt(times) << BigInt(2 * WIDTH[i])) + 2n ** 47n;
  const column = Array<bigint>(17).fill(0n);
  for (let i = 0; i < 9; i++) {
    for (let j = i; j < 9; j++) column[i + j] += j < 8 ? units(0, i === j ? 4 : 5) : i < 8 ? 6n << 52n : 12n << 46n;
  }
  assertFits(column, "E F");
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
    forSeconds(seconds, 800, (round) => {
      const [x, y] = PRODUCTS[round % PRODUCTS.length];
      const corner = () => limbs(source, source.pick([N, { low: N.low, high: N.low }, { low: N.high, high: N.high }]));
      const [p, q] =
        source.below(5) === 0
          ? doubling(corner(), corner(), corner(), corner())
          : source.below(5) === 0
            ? [source.pick([x.low, x.high]), source.pick([y.low, y.high])]
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
      const of = [N, S, D][round % 3];
      const p = round < 6 ? (round < 3 ? of.low : of.high) : limbs(source, of);
      write(a, p);
      const n = source.pick([1, 1, 1, 2, 3, 50]);
      const target = source.pick([o, a]);
      m.call("crypto_field_sq", target, a, n);
      assert.is(mod(value(read(target))), power(value(p), 1n << BigInt(n)), `${p} squared ${n} times`);
      assertNormal(read(target));
    });
  });

  test(`sums and differences keep their value and their class, in place too (${engine})`, () => {
    const source = new Source(3);
    for (let round = 0; round < 2000; round++) {
      const [p, q] = [normal(source), normal(source)];
      const sums = p.map((l, i) => l + q[i] + SUM[i]);
      write(a, p);
      write(b, q);
      const target = source.pick([o, a, b]);
      m.call("crypto_field_add", target, a, b);
      assert.equal(read(target), sums);
      assert.is(value(sums), value(p) + value(q));
      write(a, p);
      write(b, q);
      const [sum, difference] = source.pick([
        [o, a],
        [a, b],
        [b, a],
        [o, b],
      ]);
      m.call("crypto_field_both", sum, difference, a, b);
      assert.equal(read(sum), sums);
      assert.equal(
        read(difference),
        p.map((l, i) => l - q[i] + DIFFERENCE[i]),
      );
      assert.is(value(read(difference)), value(p) - value(q));
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

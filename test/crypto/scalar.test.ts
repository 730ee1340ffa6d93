// Scalars mod L against BigInt: reduction and multiply-add at the edges, canonical check, halves, comb and wNAF digits.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { device, engines, forSeconds, little, number, Source } from "./device.ts";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** A number below 2^bits: anywhere, at an edge of L's multiples, or with long runs of equal bits. */
function wide(source: Source, bits: number): bigint {
  const top = (1n << BigInt(bits)) - 1n;
  switch (source.below(5)) {
    case 0:
      return number(source.bytes(bits / 8));
    case 1: {
      const multiple = (number(source.bytes(bits / 8)) / L) * L + BigInt(source.below(5)) - 2n;
      return multiple < 0n || multiple > top ? top : multiple;
    }
    case 2:
      return top - BigInt(source.below(3));
    case 3:
      return number(source.bytes(bits / 8).map((x) => (x < 128 ? 0 : 255)));
    default:
      return source.pick([
        0n,
        1n,
        L - 1n,
        L,
        L + 1n,
        2n * L - 1n,
        2n * L,
        2n ** 252n,
        2n ** 253n - 1n,
        2n ** 255n - 1n,
        2n ** 256n - 1n,
      ]);
  }
}

for (const engine of engines) {
  const m = await device(engine);
  if (m === null) continue;
  const [o, a, b, c] = [0, 320, 400, 480].map((x) => Number(m.call("crypto_buffer")) + x);
  const seconds = engine === "v8" ? 1 : 0.5;
  const put = (p: number, x: bigint, n = 32) => m.write(p, little(x, n));
  const get = (p: number, n = 32) => number(m.bytes(p, n));

  test(`512 bits are reduced mod L (${engine})`, () => {
    const source = new Source(1);
    for (const x of [0n, L - 1n, L, 2n ** 512n - 1n, (2n ** 512n / L) * L, (2n ** 512n / L) * L - 1n]) {
      put(a, x, 64);
      m.call("crypto_scalar_reduce", o, a);
      assert.is(get(o), x % L);
    }
    forSeconds(seconds, 1000, () => {
      const x = wide(source, 512);
      put(a, x, 64);
      const target = source.pick([o, a]);
      m.call("crypto_scalar_reduce", target, a);
      assert.is(get(target), x % L, `${x}`);
    });
  });

  test(`a b + c is right for any 256 bits, in place too (${engine})`, () => {
    const source = new Source(2);
    forSeconds(seconds, 1000, () => {
      const [x, y, z] = [wide(source, 256), wide(source, 256), wide(source, 256)];
      put(a, x);
      put(b, y);
      put(c, z);
      const target = source.pick([o, a, b, c]);
      m.call("crypto_scalar_multiplyAdd", target, a, b, c);
      assert.is(get(target), (x * y + z) % L, `${x} * ${y} + ${z}`);
    });
  });

  test(`canonical means below L (${engine})`, () => {
    const source = new Source(3);
    const all = [0n, 1n, L - 1n, L, L + 1n, 2n ** 252n - 1n, 2n ** 252n, 2n ** 253n - 1n, 2n * L, 2n ** 256n - 1n];
    for (let i = 0; i < 256; i++) all.push(L ^ (1n << BigInt(i)), (L - 1n) ^ (1n << BigInt(i)));
    for (let i = 0; i < 1000; i++) all.push(wide(source, 256));
    for (const x of all) {
      put(a, x);
      assert.is(m.call("crypto_scalar_canonical", a), Number(x < L), `${x}`);
    }
  });

  test(`comb digits are all +1 or -1 and sum to the scalar (${engine})`, () => {
    const source = new Source(4);
    for (let i = 0; i < 300; i++) {
      const x = wide(source, 256);
      put(a, x);
      m.write(o, new Uint8Array(40).fill(0xff));
      m.call("crypto_scalar_recode", o, a);
      const bits = get(o, 40);
      assert.ok(bits < L);
      assert.is((2n * bits - (2n ** 260n - 1n) - x) % L, 0n);
    }
  });

  /** The signed digits in the low or high four bits of the bytes at o. */
  const digits = (shift: number) => [...m.bytes(o, 254)].map((v) => (((v >> shift) & 15) << 28) >> 28);
  const sum = (all: number[]) => all.reduce((x, d, at) => x + (BigInt(d) << BigInt(at)), 0n);

  test(`digits are odd, short, sparse and sum to the scalar or minus it (${engine})`, () => {
    const source = new Source(5);
    for (let i = 0; i < 600; i++) {
      const most = source.pick([5, 7]);
      const shift = source.pick([0, 4]);
      const flip = source.pick([0, 0xffffffff]);
      const x = i < 40 ? [0n, 1n, 2n ** 253n - 1n, L - 1n, 2n ** 128n - 1n][i % 5] : wide(source, 256) % L;
      put(a, x, 40);
      m.write(o, new Uint8Array(256).fill(0xf0 >> shift));
      m.call("crypto_scalar_digits", o, a, most, shift, flip);
      const found = digits(shift);
      assert.ok(
        digits(4 - shift).every((d) => d === -1),
        "the other half stays",
      );
      assert.equal([...m.bytes(o + 254, 2)], [0xf0 >> shift, 0xf0 >> shift], "nothing past place 253");
      assert.is(sum(found), flip ? -x : x);
      found.forEach((d, at) => {
        if (d === 0) return;
        assert.ok(d % 2 !== 0 && Math.abs(d) <= most);
        assert.ok(found.slice(at + 1, at + (most === 7 ? 4 : 3)).every((next) => next === 0));
      });
    }
  });

  test(`digits are gathered again (${engine})`, () => {
    const source = new Source(6);
    for (let i = 0; i < 300; i++) {
      const all = Array.from({ length: 254 }, (_, at) =>
        i === 0 || (i < 4 && at > 250)
          ? 0
          : i < 3
            ? [1, -1][i - 1] * 7
            : at < 252
              ? source.pick([0, 0, 1, -1, 3, -7])
              : 0,
      );
      if (i > 3 && sum(all) < -8n * L) continue;
      m.write(
        o,
        Uint8Array.from(all, (d) => ((d << 4) & 0xf0) | source.below(16)),
      );
      m.call("crypto_scalar_gather", a, o);
      assert.is(get(a), 8n * L + sum(all));
    }
  });

  test(`every k below L is a quotient of two halves (${engine})`, () => {
    const source = new Source(7);
    const all = [
      0n,
      1n,
      2n,
      L - 1n,
      L - 2n,
      L >> 1n,
      2n ** 127n - 1n,
      2n ** 127n,
      2n ** 127n + 1n,
      2n ** 126n,
      2n ** 128n,
    ];
    for (let e = 0n; e < 253n; e++) all.push(2n ** e % L, (L - 2n ** e) % L, L / 2n ** e, L / (2n ** e + 1n));
    for (const r of [3n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n, 2n ** 64n - 1n]) all.push(L / r, L - L / r);
    let flipped = 0;
    const n = forSeconds(seconds, 2000, (i) => {
      const k = (i < all.length ? all[i] : wide(source, 256)) % L;
      put(a, k);
      const flip = Number(m.call("crypto_scalar_halve", o, a)) | 0;
      const [u, v] = [get(o), get(o + 32)];
      assert.ok(u < 2n ** 127n && v > 0n && v < 2n ** 127n, `${k}: ${u}, ${v}`);
      assert.ok(flip === 0 || flip === -1);
      assert.is((v * k) % L, (flip ? L - u : u) % L, `${k}`);
      flipped += flip;
    });
    assert.ok(flipped < -n / 4 && flipped > (-3 * n) / 4, "both signs occur");
  });
}

test.run();

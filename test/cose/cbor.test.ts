// CBOR on the device: it accepts the deterministic form of RFC 8949 4.2.1 and nothing else, says why not, and never traps.

import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as cbor2 from "cbor2";
import { bytesToHex as hex, hexToBytes as bytes } from "@noble/hashes/utils.js";
import { debugModule, engines, type DebugModule } from "../wasm.ts";
import * as client from "../../host/client/cbor.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { numbers, randomBytes } from "../wire/twin.ts";

const P = 0x2a00;
const TEXT = 0x4800;
const PAGE = 0x10000;
const U64 = (1n << 64n) - 1n;

function check(m: DebugModule, input: Uint8Array, p = P): number {
  m.write(p, input);
  return Number(m.call("cose_cbor_check", p, input.length));
}

// RFC 8949 appendix A: what a transaction may hold ...
const GOOD =
  "00 01 0a 17 1818 1819 1864 1903e8 1a000f4240 1b000000e8d4a51000 1bffffffffffffffff 3bffffffffffffffff 20 29 3863 3903e7 " +
  "c249010000000000000000 c349010000000000000000 c074323031332d30332d32315432303a30343a30305a c11a514b67b0 d74401020304 " +
  "d818456449455446 d82076687474703a2f2f7777772e6578616d706c652e636f6d 40 4401020304 60 6161 6449455446 62225c 62c3bc " +
  "63e6b0b4 64f0908591 80 83010203 8301820203820405 98190102030405060708090a0b0c0d0e0f101112131415161718181819 a0 " +
  "a201020304 a26161016162820203 826161a161626163 a56161614161626142616361436164614461656145";
// ... and what not: floats and simple values, indefinite lengths
const SIMPLE =
  "f90000 f98000 f93c00 fb3ff199999999999a f93e00 f97bff fa47c35000 fa7f7fffff fb7e37e43c8800759c f90001 f90400 f9c400 " +
  "fbc010666666666666 f97c00 f97e00 f9fc00 fa7f800000 fb7ff8000000000000 f4 f5 f6 f7 f0 f8ff c1fb41d452d9ec200000";
const INDEFINITE =
  "5f42010243030405ff 7f657374726561646d696e67ff 9fff 9f018202039f0405ffff 83018202039f0405ff bf61610161629f0203ffff";
// appendix F.1: not well-formed. Ends early, reserved, stray breaks, lengths that nothing follows
const BROKEN =
  "18 19 1a 1b 1901 1a0102 1b01020304050607 38 58 78 98 9a01ff00 b8 d8 f8 f900 fa0000 fb000000 41 61 5affffffff00 " +
  "5bffffffffffffffff010203 7affffffff00 7b7fffffffffffffff010203 81 818181818181818181 8200 a1 a20102 a100 a2000000 c0 " +
  "5f4100 7f6100 9f 9f0102 bf bf01020102 819f 9f8000 9f9f9f9f9fffffffff 9f819f819f9fffffff 1c 1d 1e 3c 3d 3e 5c 5d 5e 7c " +
  "7d 7e 9c 9d 9e bc bd be dc dd de fc fd fe f800 f801 f818 f81f 5f00ff 5f21ff 5f6100ff 5f80ff 5fa0ff 5fc000ff 5fe0ff " +
  "7f4100ff 5f5f4100ffff 7f7f6100ffff ff 81ff 8200ff a1ff a1ff00 a100ff a20000ff 9f81ff 9f829f819f9fffffffff bf00ff " +
  "bf000000ff 1f 3f df";

const FACTS: [number, string, string][] = [
  [reason.CBOR_END, "an empty input", ""],
  [reason.CBOR_END, "a text one byte longer than its input", "6261"],
  [reason.CBOR_END, "an array of 2^64-1 items", "9bffffffffffffffff"],
  [reason.CBOR_LONG_FORM, "23 in two bytes", "1817"],
  [reason.CBOR_LONG_FORM, "255 in three bytes", "1900ff"],
  [reason.CBOR_LONG_FORM, "65535 in five bytes", "1a0000ffff"],
  [reason.CBOR_LONG_FORM, "2^32-1 in nine bytes", "1b00000000ffffffff"],
  [reason.CBOR_LONG_FORM, "a length in a longer form", "580100"],
  [reason.CBOR_LONG_FORM, "a tag in a longer form", "d80100"],
  [reason.CBOR_INDEFINITE, "an array without a length", "9f01ff"],
  [reason.CBOR_ORDER, "keys 2, 1", "a202000100"],
  [reason.CBOR_ORDER, "-1 before 10: bytewise 20 after 0a", "a220000a00"],
  [reason.CBOR_ORDER, "text b before a", "a2616200616100"],
  [reason.CBOR_ORDER, "a longer key first", "a262616100616200"],
  [reason.CBOR_DUPLICATE, "one key twice", "a201000100"],
  [reason.CBOR_DUPLICATE, "one array as key twice", "a2810100810100"],
  [reason.CBOR_TRAILING, "a byte behind the item", "0000"],
  [reason.CBOR_DEPTH, "nine arrays", "81".repeat(9) + "00"],
  [reason.CBOR_DEPTH, "nine tags", "c1".repeat(9) + "00"],
  [reason.CBOR_RESERVED, "additional information 28", "1c"],
  [reason.CBOR_SIMPLE, "true", "f5"],
  [reason.CBOR_SIMPLE, "1.0", "f93c00"],
  [reason.CBOR_TEXT, "a continuation byte alone", "6180"],
  [reason.CBOR_TEXT, "an overlong slash", "62c0af"],
  [reason.CBOR_TEXT, "three bytes for U+07FF", "63e09fbf"],
  [reason.CBOR_TEXT, "a surrogate", "63eda080"],
  [reason.CBOR_TEXT, "four bytes for U+FFFF", "64f08fbfbf"],
  [reason.CBOR_TEXT, "above U+10FFFF", "64f4908080"],
  [reason.CBOR_TEXT, "a sequence that the text cuts", "62e6b0"],
  [0, "eight arrays", "81".repeat(8) + "00"],
  [
    0,
    "U+0080, U+07FF, U+0800, U+D7FF, U+E000, U+FFFF, U+10000, U+10FFFF",
    "7818c280dfbfe0a080ed9fbfee8080efbfbff0908080f48fbfbf",
  ],
];

for (const engine of engines) {
  test(`the examples of RFC 8949 are accepted or refused as 4.2.1 asks (${engine})`, async () => {
    const m = await debugModule(engine);
    for (const item of GOOD.split(" ")) assert.is(check(m, bytes(item)), 0, item);
    for (const item of SIMPLE.split(" ")) assert.is(check(m, bytes(item)), reason.CBOR_SIMPLE, item);
    for (const item of INDEFINITE.split(" ")) assert.is(check(m, bytes(item)), reason.CBOR_INDEFINITE, item);
    for (const item of BROKEN.split(" ")) assert.is.not(check(m, bytes(item)), 0, item);
  });

  test(`each refusal names its cause (${engine})`, async () => {
    const m = await debugModule(engine);
    for (const [why, what, item] of FACTS) assert.is(check(m, bytes(item)), why, what);
  });

  test(`integers are read whole, in their range, or refused (${engine})`, async () => {
    const m = await debugModule(engine);
    const read = (how: string, v: Uint8Array) => {
      m.write(P, v);
      m.call("cose_cbor_open", P, v.length);
      const value = BigInt(m.call(how));
      return [value, m.call("cose_cbor_close")];
    };
    const unsigned = (n: bigint) => cbor2.encode(n, { collapseBigInts: true });
    for (const n of [0n, 23n, 24n, 255n, 256n, 65535n, 65536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, U64]) {
      const [value, why] = read("cose_cbor_uint", unsigned(n));
      assert.equal([BigInt.asUintN(64, value as bigint), why], [n, 0]);
      const [small, smallWhy] = read("cose_cbor_uint32", unsigned(n));
      if (n < 2n ** 32n) assert.equal([BigInt.asUintN(32, small as bigint), smallWhy], [n, 0]);
      else assert.equal([small, smallWhy], [0n, reason.CBOR_RANGE]);
    }
    for (const n of [0n, -1n, -24n, -25n, -256n, -257n, -(2n ** 32n), 2n ** 63n - 1n, -(2n ** 63n)])
      assert.equal(read("cose_cbor_int", unsigned(n)), [n, 0]);
    assert.equal(read("cose_cbor_int", unsigned(2n ** 63n))[1], reason.CBOR_RANGE);
    assert.equal(read("cose_cbor_int", unsigned(-(2n ** 63n) - 1n))[1], reason.CBOR_RANGE);
    assert.equal(read("cose_cbor_uint", unsigned(-1n))[1], reason.CBOR_TYPE);
  });

  test(`lengths of 2^32 and more do not wrap around (${engine})`, async () => {
    const m = await debugModule(engine);
    for (const [how, major] of [
      ["cose_cbor_string", 2],
      ["cose_cbor_string", 3],
      ["cose_cbor_array", 4],
      ["cose_cbor_map", 5],
    ] as const) {
      // prettier-ignore
      m.write(P, Uint8Array.of((major << 5) | 27, 0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0x61, 0x61));
      m.call("cose_cbor_open", P, 12);
      assert.is(major < 4 ? m.call(how, major) : m.call(how), 0);
      assert.is(m.call("cose_cbor_close"), reason.CBOR_END);
    }
  });

  test(`the first error sticks and ends the reading (${engine})`, async () => {
    const m = await debugModule(engine);
    m.write(P, bytes("83181701f5"));
    m.call("cose_cbor_open", P, 5);
    assert.is(m.call("cose_cbor_array"), 3);
    assert.is(m.call("cose_cbor_uint"), 0n); // 23 in two bytes
    assert.is(m.call("cose_cbor_uint"), 0n);
    assert.is(m.call("cose_cbor_string", 2), 0);
    assert.is(m.call("cose_cbor_peek"), 8);
    assert.is(m.call("cose_cbor_close"), reason.CBOR_LONG_FORM);
  });

  test(`nothing is read behind the input, which may end where memory ends (${engine})`, async () => {
    const m = await debugModule(engine);
    for (const item of `${GOOD} ${BROKEN} ${SIMPLE} ${INDEFINITE}`.split(" ")) {
      const input = bytes(item);
      for (let n = 0; n <= input.length; n++) {
        const here = check(m, input.subarray(0, n));
        assert.is(check(m, input.subarray(0, n), PAGE - n), here, `${item} cut to ${n}`);
      }
    }
  });

  test(`what the device writes is what cbor2 writes deterministically (${engine})`, async () => {
    const m = await debugModule(engine);
    const next = numbers(11);
    for (let i = 0; i < 2000; i++) {
      const v = value(next, 3);
      m.call("cose_cbor_begin", P, TEXT);
      write(m, v);
      const n = Number(m.call("cose_cbor_length"));
      assert.is(hex(m.bytes(P, n)), hex(order(v)));
    }
  });

  test(`a writer without room writes nothing outside and says so (${engine})`, async () => {
    const m = await debugModule(engine);
    m.write(P, new Uint8Array(32).fill(0xee));
    m.write(P + 64, new Uint8Array(8).fill(7));
    m.call("cose_cbor_begin", P, P + 8);
    m.call("cose_cbor_putString", 2, P + 64, 8); // takes nine
    m.call("cose_cbor_put", 0, 1n);
    assert.is(m.call("cose_cbor_length"), 0);
    assert.equal(m.bytes(P, 32), new Uint8Array(32).fill(0xee));
  });
}

/** The deterministic form, from cbor2. */
const order = (v: client.Value) => cbor2.encode(v, cbor2.cdeEncodeOptions);

/** A random value that has a deterministic form without floats and simple values. */
function value(next: () => number, depth: number): client.Value {
  const kind = next() % (depth ? 6 : 4);
  const n = (BigInt(next()) << 32n) | BigInt(next());
  if (kind < 2) return (kind ? ~n : n) >> BigInt(next() % 64);
  if (kind === 2) return randomBytes(next, next() % 9 === 0 ? next() % 300 : next() % 12);
  if (kind === 3) return String.fromCodePoint(...Array.from({ length: next() % 6 }, () => next() % 0xd800));
  const items = Array.from({ length: next() % (next() % 9 === 0 ? 30 : 4) }, () => value(next, depth - 1));
  if (kind === 4) return items;
  const pairs = items.map((v) => [value(next, next() % 4 ? 0 : depth - 1), v] as const);
  return new Map(new Map(pairs.map((p) => [hex(client.encode(p[0])), p])).values());
}

function write(m: DebugModule, v: client.Value): void {
  const text = typeof v === "string" ? new TextEncoder().encode(v) : v;
  if (text instanceof Uint8Array) {
    m.write(TEXT, text);
    m.call("cose_cbor_putString", typeof v === "string" ? 3 : 2, TEXT, text.length);
  } else if (Array.isArray(v)) {
    m.call("cose_cbor_put", 4, BigInt(v.length));
    for (const x of v) write(m, x);
  } else if (v instanceof Map) {
    m.call("cose_cbor_put", 5, BigInt(v.size));
    for (const [k, x] of [...v].sort(([a], [b]) => Buffer.compare(order(a), order(b)))) {
      write(m, k);
      write(m, x);
    }
  } else {
    const n = v as bigint;
    if (BigInt.asIntN(64, n) === n) m.call("cose_cbor_putInt", n);
    else m.call("cose_cbor_put", n < 0n ? 1 : 0, BigInt.asIntN(64, n < 0n ? ~n : n));
  }
}

/** Changes a few bytes, or cuts, doubles or inserts some: what noise and malice do to an encoding. */
function mutate(next: () => number, input: Uint8Array): Uint8Array {
  const out = [...input];
  for (let changes = 1 + (next() % 3); changes > 0; changes--) {
    const at = next() % (out.length + 1);
    const kind = next() % 6;
    if (kind === 0) out[at] = next() & 0xff;
    else if (kind === 1) out[at] = (out[at] ?? 0) ^ (1 << (next() & 7));
    else if (kind === 2) out.splice(at, next() % 4);
    else if (kind === 3) out.splice(at, 0, next() & 0xff);
    else if (kind === 4) out.splice(at, 0, ...out.slice(at, at + (next() % 6)));
    else out[at] = [0x18, 0x19, 0x1a, 0x1b, 0x5f, 0x9f, 0xbf, 0xff, 0xa2, 0x82, 0xc1, 0xf4, 0x7f][next() % 13];
  }
  return Uint8Array.from(out).subarray(0, 2000);
}

/** What cbor2 says in its strict mode, or undefined where it has rules of its own: values of known tags. */
function strict(input: Uint8Array): boolean {
  try {
    const options = { rejectFloats: true, rejectSimple: true, rejectUndefined: true, ignoreGlobalTags: true };
    const v = cbor2.decode(input, { ...cbor2.cdeDecodeOptions, ...options, maxDepth: 1000, preferMap: true });
    return plain(v, 8);
  } catch {
    return false;
  }
}

/** No boolean, null or float anywhere, nested no deeper than a device follows. */
function plain(v: unknown, depth: number): boolean {
  if (typeof v === "string" || v instanceof Uint8Array || typeof v === "bigint") return true;
  if (typeof v === "number") return Number.isInteger(v);
  if (depth === 0 || typeof v !== "object" || v === null) return false;
  if (v instanceof cbor2.Tag) return plain(v.contents, depth - 1);
  if (Array.isArray(v)) return v.every((x) => plain(x, depth - 1));
  return v instanceof Map && [...v].flat().every((x) => plain(x, depth - 1));
}

test("device and strict readers accept and refuse the same mutated inputs", async () => {
  const m = await debugModule("v8");
  const seed = 12;
  const next = numbers(seed);
  const budget = Number(process.env.SYNOD_BUDGET ?? 0) * 1000;
  const end = Date.now() + budget;
  const found = new Map<number, number>();
  let source = new Uint8Array(0);
  let i = 0;
  for (; i < 200_000 || Date.now() < end; i++) {
    if (i % 8 === 0) source = client.encode(value(next, 3)) as Uint8Array<ArrayBuffer>;
    const input = i % 8 === 0 ? source : mutate(next, source);
    const why = check(m, input);
    const what = () => `input ${i} of seed ${seed}: ${hex(input)}, device ${why}`;
    assert.ok(why === 0 || (why >= reason.CBOR_END && why <= reason.CBOR_TEXT), what());
    found.set(why, (found.get(why) ?? 0) + 1);
    let accepted = true;
    try {
      client.decode(input);
    } catch {
      accepted = false;
    }
    assert.is(accepted, why === 0, `the client differs: ${what()}`);
    if (i % 20 === 1 && why !== reason.CBOR_DEPTH) assert.is(strict(input), why === 0, `cbor2 differs: ${what()}`);
  }
  console.log(`note: ${i} mutated CBOR inputs`);
  const never = Object.entries(reason).filter(([name, n]) => name.startsWith("CBOR_") && !found.has(n));
  // TYPE and RANGE are for typed readers: a whole item has neither
  assert.equal(never.map(([name]) => name).sort(), ["CBOR_RANGE", "CBOR_TYPE"]);
  assert.ok(found.get(0)! > i / 8, "mutation leaves too little that is accepted");
});

test("appendix A of RFC 8949, the published file", async () => {
  const file = new URL("../../../shared/vectors/cbor/appendix_a.json", import.meta.url);
  if (!existsSync(file)) return console.log("skipped: no shared vectors");
  const m = await debugModule("v8");
  const cases = JSON.parse(readFileSync(file, "utf8")) as { hex: string; roundtrip: boolean }[];
  const simple = new Set(SIMPLE.split(" "));
  for (const { hex, roundtrip } of cases) {
    const why = check(m, bytes(hex));
    if (simple.has(hex) || /^f/.test(hex)) assert.is(why, reason.CBOR_SIMPLE, hex);
    else assert.is(why === 0, roundtrip, hex);
  }
});

test.run();

// The tape's format, byte for byte as its head comment draws it, and the refusal of what is no tape.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as tape from "../../host/tape/tape.ts";
import * as trace from "../../host/tape/trace.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/[^0-9a-f]/g, ""), "hex"));

test("a tape is these bytes", () => {
  const writer = new tape.Writer();
  writer.call(2, 7, 0x0102030405n, new Uint8Array([0xaa, 0xbb, 0xcc]));
  writer.entropy(new Uint8Array([1, 2, 3, 4, 5]));
  writer.read(new Uint8Array([9]));
  writer.read(null);
  writer.sense(-2n);
  writer.note({ cut: 3 });
  writer.end(new Uint8Array(32).fill(0xee));
  const expected = [
    "53594e4f44544150 01000000 00000000",
    "01000000 13000000  02000000 07000000 0504030201000000 aabbcc00",
    "02000000 05000000  0102030405000000",
    "03000000 05000000  00000000 09000000",
    "03000000 04000000  ffffffff",
    "04000000 08000000  feffffffffffffff",
    "06000000 09000000  7b22637574223a337d000000", // {"cut":3}
    `05000000 20000000  ${"ee".repeat(32)}`,
  ];
  assert.is(hex(writer.bytes()), expected.join("").replaceAll(" ", ""));
});

test("what was written is read", () => {
  const writer = new tape.Writer();
  const input = new Uint8Array(1500).map((_, i) => i);
  for (let i = 0; i < 200; i++) writer.call(4, i, BigInt(i) << 33n, input.subarray(0, i));
  writer.note({ a: [1, "ü"] });
  const records = tape.parse(writer.bytes());
  assert.is(records.length, 201);
  for (let i = 0; i < 200; i++) {
    const { code, link, now, input: read } = tape.call(records[i].payload);
    assert.equal([code, link, now, read.length, read[0]], [4, i, BigInt(i) << 33n, i, i === 0 ? undefined : 0]);
  }
  assert.equal(tape.note(records[200].payload), { a: [1, "ü"] });
});

test("what is no tape is refused with the reason", () => {
  const good = new tape.Writer();
  good.call(1, 0, 0n, new Uint8Array(0));
  const whole = good.bytes();
  const refused = (b: Uint8Array, why: RegExp): void =>
    assert.throws(
      () => tape.parse(b),
      (e: Error) => e instanceof tape.TapeError && why.test(e.message),
    );
  refused(new Uint8Array(0), /no tape/);
  refused(bytes("00".repeat(64)), /no tape/);
  const version = whole.slice();
  version[8] = 2;
  refused(version, /version 2/);
  for (let n = 17; n < whole.length; n++) refused(whole.subarray(0, n), /ends inside/);
  const type = whole.slice();
  type[16] = 9;
  refused(type, /unknown type 9/);
  const short = whole.slice();
  short[20] = 15;
  refused(short, /CALL of 15 bytes/);
});

test("the trace hash covers code, result, length and records of each call, as trace.ts says", () => {
  const sum = new trace.Trace();
  sum.call(trace.BOOT, 0, bytes("0102"));
  const early = hex(sum.digest());
  sum.call(trace.TICK, -2, new Uint8Array(0));
  const first = bytes("01 00000000 02000000 0102");
  assert.is(early, createHash("sha256").update(first).digest("hex"), "the hash so far");
  const expected = createHash("sha256").update(first).update(bytes("04 feffffff 00000000")).digest("hex");
  assert.is(hex(sum.digest()), expected);
});

test.run();

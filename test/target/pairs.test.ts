// Frames between processes, whichever end tells of them first.

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as frame from "../../firmware/wire/frame.ts";
import * as kind from "../../firmware/wire/kind.ts";
import { hex } from "../../host/device/bytes.ts";
import { Pairs, type Arrival } from "../../host/target/pairs.ts";

const HEAD = 32;

/** A frame that carries a transaction of 90 bytes; the sequence makes it one of a kind. */
function carrying(sequence: number): { bytes: Uint8Array; id: string } {
  const bytes = new Uint8Array(frame.PAYLOAD + 91 + frame.MAC_SIZE).map((_, i) => i ^ sequence);
  bytes[frame.MAGIC] = frame.MAGIC_1;
  bytes[frame.TYPE] = frame.WHOLE;
  bytes[frame.PAYLOAD] = kind.TRANSACTION;
  const transaction = bytes.subarray(frame.PAYLOAD + 1, bytes.length - frame.MAC_SIZE);
  return { bytes, id: createHash("sha256").update(transaction).digest("hex").slice(0, 16) };
}

const heard = (from: number, to: number, bytes: Uint8Array) => ({
  from,
  to,
  head: bytes.slice(0, HEAD),
  length: bytes.length,
});

test("a frame that is heard before its sender tells of it is about the same as one that is heard after", () => {
  const told: Arrival[] = [];
  const pairs = new Pairs((arrival) => told.push(arrival));
  const { bytes, id } = carrying(1);
  pairs.heard(heard(0, 1, bytes));
  pairs.heard(heard(0, 2, bytes));
  assert.is(told.length, 0, "nothing is guessed from its head");
  pairs.sent(bytes);
  pairs.heard(heard(0, 3, bytes));
  assert.equal(
    told.map(({ from, to, object, about, length }) => [from, to, object, hex(about), length]),
    [1, 2, 3].map((to) => [0, to, kind.TRANSACTION, id, bytes.length]),
  );
});

test("what a sender that died never told of is still an arrival, about nothing known", () => {
  const told: Arrival[] = [];
  const pairs = new Pairs((arrival) => told.push(arrival));
  const [a, b] = [carrying(1), carrying(2)];
  pairs.heard(heard(0, 1, a.bytes));
  pairs.heard(heard(2, 1, b.bytes));
  pairs.silent(0);
  assert.equal(
    told.map(({ from, object, about }) => [from, object, hex(about)]),
    [[0, 0, "0".repeat(16)]],
  );
  pairs.silent(0);
  pairs.sent(a.bytes); // too late: it was told
  assert.is(told.length, 1);
  pairs.sent(b.bytes);
  assert.is(told.length, 2);
  assert.is(hex(told[1].about), b.id);
});

test("however much is heard and never told of, each is an arrival once, and little is kept", () => {
  let told = 0;
  const pairs = new Pairs(() => told++);
  for (let i = 0; i < 5000; i++) {
    const { bytes } = carrying(0);
    new DataView(bytes.buffer).setUint32(frame.SEQUENCE, i);
    pairs.heard(heard(0, 1, bytes));
  }
  assert.is(told, 5000 - 4096);
  pairs.silent(0);
  assert.is(told, 5000);
});

test.run();

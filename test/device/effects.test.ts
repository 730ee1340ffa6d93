// The effect ring and events, taken apart.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import * as kind from "../../firmware/wire/kind.ts";
import { decode } from "../../host/device/event.ts";
import * as effects from "../../host/device/effects.ts";

const ring = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

test("records are read in order, padding and terminator left out", () => {
  const bytes = ring("01 02 0500 40000000 0102030405000000  03 00 0000 ffffffff  00 00 0000 00000000 01");
  const [store, send, ...rest] = effects.parse(bytes);
  assert.equal([store.op, store.a, store.b, [...store.bytes]], [effect.STORE, 2, 64, [1, 2, 3, 4, 5]]);
  assert.equal([send.op, send.b, send.bytes.length], [effect.SEND, effect.EVERYBODY, 0]);
  assert.is(rest.length, 0);
  assert.is(effects.records(bytes).length, 24);
  assert.equal([effects.name(store.op), effects.name(9)], ["STORE", "op 9"]);
});

test("an empty ring has no effects; a ring that no device writes is refused", () => {
  assert.equal(effects.parse(ring("00000000 00000000")), []);
  assert.equal(effects.parse(new Uint8Array(0)), []);
  assert.throws(() => effects.parse(ring("07 00 0000 00000000 00")), /unknown op 7/);
  assert.throws(() => effects.parse(ring("01 02 0900 40000000 01020304")), /past the end/);
});

test("each kind of event is read as event.ts draws it", () => {
  const bytes = new Uint8Array(120).map((_, i) => i + 1);
  const u32 = (at: number): number => new DataView(bytes.buffer).getUint32(at, true);
  const hex = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString("hex");
  const kinds = Object.fromEntries(
    Object.values(event).map((number) => [decode(number, bytes).kind, decode(number, bytes)]),
  );
  assert.is(Object.keys(kinds).length, Object.keys(event).length, "no event is unknown or read as another");
  assert.equal(kinds.identity, { kind: "identity", publicKey: hex(0, 32), kid: hex(32, 40) });
  assert.equal(kinds.commit, {
    kind: "commit",
    height: u32(0),
    view: u32(4),
    time: u32(8),
    txCount: 13 | (14 << 8),
    proposer: 15,
    digest: hex(16, 48),
  });
  assert.equal(kinds.executed, {
    kind: "executed",
    height: u32(0),
    root: hex(8, 40),
    supply: new DataView(bytes.buffer).getBigUint64(40, true),
  });
  assert.equal(kinds.refused, { kind: "refused", reason: 0x0201, context: 0x0403, detail: u32(4) });
  assert.equal(kinds.recovered, {
    kind: "recovered",
    finalHeight: u32(0),
    executedHeight: u32(4),
    view: u32(8),
    observer: true,
    member: false,
  });
});

test("votes are named; too few bytes and newer kinds are unknown, not an error", () => {
  const vote = new Uint8Array(106);
  for (const [k, name] of [
    [kind.NOTARIZE, "notarize"],
    [kind.NOTARIZE_F, "notarize+finalize"],
    [kind.FINALIZE, "finalize"],
    [kind.NULLIFY, "nullify"],
  ] as const) {
    vote[0] = k;
    const e = decode(event.VOTED, vote);
    assert.is(e.kind === "voted" && e.vote, name);
  }
  assert.is(decode(event.COMMIT, new Uint8Array(47)).kind, "unknown");
  assert.is(decode(200, new Uint8Array(0)).kind, "unknown");
});

test.run();

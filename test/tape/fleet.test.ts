// The fleet tape's records, byte for byte as host/tape/fleet.ts draws them, there and back.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as facts from "../../host/tape/fleet.ts";
import * as tape from "../../host/tape/tape.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (words: string): string => Buffer.from(words).toString("hex");
const AT = 0x0102030405; // microseconds

// prettier-ignore
const DRAWN: readonly [facts.Fact, string][] = [
  [{ type: facts.DEED, atUs: AT, order: 7, deed: { do: "kill", device: 3 } },
    `0504030201000000 07000000 ${text('{"do":"kill","device":3}')}`],
  [{ type: facts.POWER, atUs: AT, device: 2, twin: true, on: false, why: "killed" }, `0504030201000000 02 01 00 00 ${text("killed")}`],
  [{ type: facts.SAID, atUs: AT, device: 1, twin: false, kind: 6, bytes: Uint8Array.of(9, 8) }, "0504030201000000 01 00 06 00 0908"],
  [{ type: facts.SENT, atUs: AT, device: 1, twin: true, object: 5, frame: 2, length: 250, about: Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0),
    arrivals: [{ to: 0, twin: false, delayUs: 2300 }, { to: 2, twin: true, delayUs: null }] },
    "0504030201000000 01 01 05 02 fa00 0200 0102030400000000 00 00 1700 02 01 ffff"],
  [{ type: facts.ACT, atUs: AT, device: 3, twin: false, channel: 4, value: -2n }, "0504030201000000 03 00 04 00 feffffffffffffff"],
  [{ type: facts.PAGE, atUs: AT, device: 0, twin: false, whole: true, runs: Uint8Array.of(1, 0, 0, 0) }, "0504030201000000 00 00 01 00 01000000"],
  [{ type: facts.BLOCK, atUs: AT, height: 258, bytes: Uint8Array.of(1, 2, 3) }, "0504030201000000 02010000 010203"],
  [{ type: facts.BROKEN, atUs: AT, device: -1, rule: "chain", sentence: "ü" },
    `0504030201000000 ff 000000 ${text('{"rule":"chain","sentence":"ü"}')}`],
  [{ type: facts.GAP, atUs: AT }, "0504030201000000 00000000"],
  [{ type: facts.NOTE, atUs: 5, note: { end: { order: 9 } } }, text('{"atUs":5,"end":{"order":9}}')],
  [{ type: facts.MODULE, wasm: Uint8Array.of(0, 97, 115, 109) }, "0061736d"],
];

test("each record has the bytes that its picture says, and reads back", () => {
  for (const [fact, bytes] of DRAWN) {
    const payload = facts.encode(fact);
    assert.is(hex(payload), bytes.replaceAll(" ", ""));
    assert.equal(facts.decode(fact.type, payload), fact);
  }
});

test("a delay is told to a tenth of a millisecond, and never reads as lost", () => {
  const arrivals = [0, 149, 151, 6_553_400, 9e9].map((delayUs) => ({ to: 1, twin: false, delayUs }));
  const about = new Uint8Array(8);
  const fact = {
    type: facts.SENT,
    atUs: 0,
    device: 0,
    twin: false,
    object: 0,
    frame: 1,
    length: 1,
    about,
    arrivals,
  } as const;
  const read = facts.decode(facts.SENT, facts.encode(fact)) as typeof fact;
  assert.equal(read.arrivals.map(({ delayUs }) => delayUs), [0, 100, 200, 6_553_400, 6_553_400]); // prettier-ignore
});

test("a record that is too short, or of another tape, gives no fact; cutting one anywhere never throws", () => {
  for (const [fact] of DRAWN) {
    const payload = facts.encode(fact);
    for (let n = 0; n < payload.length; n++) facts.decode(fact.type, payload.subarray(0, n));
  }
  assert.is(facts.decode(facts.DEED, new Uint8Array(20)), null, "zeros are no JSON");
  assert.is(facts.decode(facts.SENT, new Uint8Array(23)), null);
  for (const type of [tape.CALL, tape.END, tape.KEYFRAME, 27, 200])
    assert.is(facts.decode(type, new Uint8Array(64)), null);
});

test.run();

// Deeds: what is one is read, what is none is refused by number with words that say what was expected.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as deeds from "../../host/tape/deed.ts";
import * as refusal from "../../host/wire/refusal.ts";

const GOOD: readonly deeds.Deed[] = [
  { do: "kill", device: 3 },
  { do: "restart", device: 0 },
  { do: "lie", device: 1 },
  { do: "split", groups: [[0, 1], [2]] },
  { do: "split", groups: [] },
  { do: "heal" },
  { do: "slow", device: 1, ms: 0 },
  { do: "slow", device: 1, ms: deeds.SLOW_MAX_MS },
  { do: "corrupt", device: 1, rate: 0.5 },
  { do: "request", device: 2, hex: "06" },
];

test("every verb is read as it is written, and has a sentence", () => {
  for (const deed of GOOD) {
    assert.equal(deeds.check(JSON.parse(JSON.stringify(deed)), 4), deed);
    assert.ok(deeds.sentence(deed).length > 5);
  }
  assert.equal([...new Set(GOOD.map((deed) => deed.do))].sort(), [...deeds.VERBS].sort());
  assert.equal(deeds.check({ do: "request", device: 0, hex: "0A" }, 4), { do: "request", device: 0, hex: "0a" });
});

test("what is no deed is refused by number", () => {
  const number = (value: unknown): number => {
    try {
      deeds.check(value, 4);
    } catch (e) {
      assert.ok(e instanceof refusal.Refused, String(e));
      assert.ok((e as Error).message.length > 5);
      return e.number;
    }
    return 0;
  };
  for (const value of [null, 7, "kill", [], undefined, [{ do: "heal" }]]) assert.is(number(value), refusal.DEED_FIELD);
  for (const value of [{}, { do: "fly" }, { do: 7 }, { do: "constructor" }, { do: "__proto__" }])
    assert.is(number(value), refusal.DEED_UNKNOWN);
  for (const device of [4, -1, 1e9]) assert.is(number({ do: "kill", device }), refusal.DEED_DEVICE);
  for (const value of [
    { do: "kill" },
    { do: "kill", device: "0" },
    { do: "kill", device: 0.5 },
    { do: "kill", device: 0, now: true },
    { do: "heal", device: 0 },
    { do: "slow", device: 0 },
    { do: "slow", device: 0, ms: deeds.SLOW_MAX_MS + 1 },
    { do: "slow", device: 0, ms: NaN },
    { do: "corrupt", device: 0, rate: 1.1 },
    { do: "corrupt", device: 0, rate: "1" },
    { do: "split" },
    { do: "split", groups: [0, 1] },
    { do: "split", groups: [[0], [0]] },
    { do: "split", groups: [[], [], [], [], []] },
    { do: "request", device: 0 },
    { do: "request", device: 0, hex: "" },
    { do: "request", device: 0, hex: "0" },
    { do: "request", device: 0, hex: "0g" },
    { do: "request", device: 0, hex: "00".repeat(1537) },
  ])
    assert.is(number(value), refusal.DEED_FIELD, JSON.stringify(value).slice(0, 80));
});

test.run();

// Every number that a device can say has words.

import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { decode } from "../../host/device/event.ts";
import * as words from "../../host/wire/words.ts";

test("every reason has a sentence of its own: what happened, what was expected, what to do", () => {
  const said = new Map<string, string>();
  for (const [name, number] of Object.entries(reason)) {
    const sentence = words.reason(number);
    assert.is(words.reasonName(number), name);
    if (name === "OK") continue;
    assert.match(sentence, /^[A-Z0-9].+; expected: .+\. To do: .+\.$/, name);
    assert.is(said.get(sentence), undefined, `${name} and ${said.get(sentence)} say the same`);
    said.set(sentence, name);
  }
  assert.ok(said.size > 60);
});

test("a reason of newer firmware is said to be one", () => {
  assert.match(words.reason(9999), /9999 has no words/);
  assert.is(words.reasonName(9999), "reason 9999");
});

test("every event has words", () => {
  const said = new Set<string>();
  for (const [name, number] of Object.entries(event)) {
    const sentence = words.event(decode(number, new Uint8Array(120)));
    assert.ok(sentence.length > 10 && !/undefined|NaN/.test(sentence), `${name}: ${sentence}`);
    said.add(sentence);
  }
  assert.is(said.size, Object.keys(event).length);
  assert.match(words.event(decode(200, new Uint8Array(3))), /newer than this host/);
});

test.run();

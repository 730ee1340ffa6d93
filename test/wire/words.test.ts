// Every number that a device can say has words.

import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import * as reason from "../../firmware/wire/reason.ts";
import { decode } from "../../host/device/event.ts";
import * as refusal from "../../host/wire/refusal.ts";
import * as words from "../../host/wire/words.ts";
import * as errors from "../../tools/errors.ts";

test("every reason has a sentence of its own: what happened, what was expected, what to do", () => {
  const said = new Map<string, string>();
  for (const [name, number] of Object.entries({ ...reason, ...refusal })) {
    if (typeof number !== "number") continue;
    const sentence = words.reason(number);
    assert.is(words.reasonName(number), name);
    if (name === "OK") continue;
    assert.match(sentence, /^[A-Z0-9].+; expected: .+\. To do: .+ \(ERRORS\.md#e\d+\)\.$/, name);
    assert.is(said.get(sentence), undefined, `${name} and ${said.get(sentence)} say the same`);
    said.set(sentence, name);
  }
  assert.ok(said.size > 60);
});

test("a reason of newer firmware is said to be one", () => {
  assert.match(words.reason(9999), /9999 has no words/);
  assert.is(words.reasonName(9999), "reason 9999");
});

test("ERRORS.md explains every number at its anchor, as tools/errors.ts writes it", () => {
  const page = readFileSync(new URL("../../ERRORS.md", import.meta.url), "utf8");
  assert.is(page, errors.text(), "type: npx tsx tools/errors.ts");
  for (const { number, name } of words.entries()) {
    if (number === 0) continue;
    assert.ok(words.reason(number).includes(`(ERRORS.md#e${number})`), name);
    assert.is(page.split(`<a id="e${number}"></a>\n\n### ${number} ${name}\n`).length, 2, name);
  }
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

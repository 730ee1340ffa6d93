// The wallet: what a device may queue by itself, seen through the requests that a user makes.

import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as reason from "../../firmware/wire/reason.ts";
import { Fleet } from "../../host/fleet/fleet.ts";

const wasm = readFileSync(new URL("../../build/node.wasm", import.meta.url));

test("a device queues four payments, refuses the fifth, and takes another once they are final", () => {
  const fleet = new Fleet({ n: 4, seed: 7, engine: "v8", wasm, mtu: 1400 });
  fleet.run(500);
  fleet.partition([[0], [1, 2, 3]]); // alone, so nothing of it becomes final
  const answers = Array.from({ length: 5 }, () => fleet.device(0).pay(1, 1n));
  assert.equal(
    answers.map((answer) => typeof answer),
    ["string", "string", "string", "string", "number"],
  );
  assert.is(answers[4], reason.BACKLOG);
  fleet.heal();
  fleet.run(30_000);
  assert.type(fleet.device(0).pay(1, 1n), "string");
  assert.equal(fleet.violations, []);
  fleet.close();
});

test.run();

// What this meter promises, as sentences. `npm test` plays them in virtual time on recorded sensors; each gets a fleet of its own.

import * as assert from "node:assert/strict";
import { agreed, caughtUp, final, height, scenario, silent } from "synod/scenario";

const SENSES = { recording: { from: 2330, intervalMs: 1000 } };
const FLEET = { n: 4, wasm: "build/app.wasm", senses: SENSES };
const TEMPERATURE = 0; // channels, as in app.ts
const HUMIDITY = 1;

scenario("what is sensed is reported, and everybody has the same ledger", FLEET, async (fleet) => {
  await fleet.until(height(10));
  await fleet.until(agreed(10));
  const temperature = fleet.device(0).reading(TEMPERATURE)!;
  assert.ok(temperature > 20_000n && temperature < 60_000n, `${temperature} thousandths of a degree`);
  assert.ok(fleet.device(0).reading(HUMIDITY)! > 0n);
});

scenario("the fleet outlives one device, which catches up when it is back", FLEET, async (fleet) => {
  await fleet.until(height(5));
  fleet.device(2).kill();
  await fleet.until(height(12));
  fleet.device(2).restart();
  await fleet.until(caughtUp(2));
});

scenario("split in two halves it waits; healed, it goes on", FLEET, async (fleet) => {
  await fleet.until(height(3));
  fleet.split([
    [0, 1],
    [2, 3],
  ]);
  await fleet.until(silent(5000));
  fleet.heal();
  await fleet.until(final(fleet.device(0).pay(1, 100)));
});

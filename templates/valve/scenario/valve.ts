// What this valve promises, as sentences. `npm test` plays them in virtual time on recorded temperatures; each gets a fleet of its own.
//
// In the recording somebody steams the sensor of device 0 from second 13 on: 28 degrees become 56, then it cools down again.

import * as assert from "node:assert/strict";
import { acts, agreed, caughtUp, height, scenario } from "synod/scenario";

const SENSES = { recording: { from: 2330, intervalMs: 1000 } };
const FLEET = { n: 4, wasm: "build/app.wasm", senses: SENSES };
const TEMPERATURE = 0; // channels, as in app.ts
const VALVE = 0;
const LIMITS_GAP = 202; // why app.ts refuses limits

/** New limits as app.ts takes them: two numbers of 32 bits, thousandths of a degree. */
function limits(openAt: number, closeAt: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setInt32(0, openAt, true);
  bytes.setInt32(4, closeAt, true);
  return new Uint8Array(bytes.buffer);
}

scenario("heat opens the valve of the device that feels it; cooled down, it closes", FLEET, async (fleet) => {
  await fleet.until(acts(0, VALVE, 1000));
  assert.ok(fleet.device(0).reading(TEMPERATURE)! >= 30_000n);
  await fleet.check(acts(1, VALVE, 0)); // there it stays cool
  await fleet.until(acts(0, VALVE, 0));
  assert.ok(fleet.device(0).reading(TEMPERATURE)! <= 28_500n);
  await fleet.until(agreed(fleet.height)); // everybody has it in the same ledger
});

scenario("limits are set by a command; senseless ones are refused by number", FLEET, async (fleet) => {
  await fleet.until(height(2));
  const refused = await fleet.device(1).command(limits(27_000, 27_000));
  assert.equal(refused.reason, LIMITS_GAP);
  await fleet.device(1).command(limits(27_000, 20_000)); // it is 27.5 degrees there
  await fleet.until(acts(1, VALVE, 1000));
});

scenario("a valve acts while another device is dead, which learns of it when it is back", FLEET, async (fleet) => {
  await fleet.until(height(2));
  fleet.device(2).kill();
  await fleet.until(acts(0, VALVE, 1000));
  await fleet.until(height(fleet.height + 5));
  fleet.device(2).restart();
  await fleet.until(caughtUp(2));
  await fleet.until(agreed(fleet.height));
});

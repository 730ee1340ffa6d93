// What this node promises, as sentences. `npm test` plays them in virtual time; each gets a fleet of its own.

import { agreed, all, caughtUp, final, running, scenario, took } from "synod/scenario";

const FLEET = { n: 4, wasm: "build/app.wasm" };
const started = all(running(0), running(1), running(2), running(3));

scenario("a payment takes effect at every device", FLEET, async (fleet) => {
  await fleet.until(started);
  await fleet.until(final(fleet.device(0).pay(1, 100)));
  await fleet.until(agreed(fleet.height));
});

scenario("one of four may be dead, and catches up when it is back", FLEET, async (fleet) => {
  await fleet.until(started);
  await fleet.until(took(fleet.device(0).pay(1, 100)));
  fleet.device(3).kill();
  for (let i = 0; i < 5; i++) await fleet.until(final(fleet.device(1).pay(2, 10)));
  fleet.device(3).restart();
  await fleet.until(caughtUp(3));
  await fleet.until(agreed(fleet.height));
});

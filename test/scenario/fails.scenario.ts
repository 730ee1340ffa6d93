// Scenarios that must fail: the test compares their words.

import { height, scenario, took } from "../../host/scenario/scenario.ts";

scenario("a cell of four cannot go on with two", { n: 4, limitMs: 8_000 }, async (fleet) => {
  await fleet.until(height(3));
  fleet.device(0).kill();
  fleet.device(3).kill();
  await fleet.until(height(50));
});

scenario("nobody pays what nobody has", { n: 4 }, async (fleet) => {
  await fleet.until(height(2));
  await fleet.until(took(fleet.device(0).pay(1, 2_000_000)));
});

scenario("who is down cannot be asked", { n: 4 }, async (fleet) => {
  fleet.device(1).kill();
  fleet.device(1).pay(0, 1);
  await fleet.advance(100);
});

scenario("there is no device 9", { n: 4 }, async (fleet) => {
  fleet.device(9).kill();
});

// What only a simulated fleet can be made to do: a liar, a slow device, one whose frames are damaged, and more devices than this
// machine would like to run as processes.

import {
  acts,
  agreed,
  any,
  balance,
  caughtUp,
  height,
  not,
  scenario,
  time,
  took,
} from "../../host/scenario/scenario.ts";

scenario("a cell of seven outlives two deaths", { n: 7, seed: 3 }, async (fleet) => {
  await fleet.until(height(10));
  fleet.device(2).kill();
  fleet.device(5).kill();
  await fleet.until(height(20));
  fleet.device(2).restart();
  await fleet.until(caughtUp(2));
});

scenario("one liar of four persuades nobody", { n: 4, seed: 5 }, async (fleet) => {
  await fleet.until(height(5));
  fleet.device(1).lie();
  await fleet.until(height(fleet.height + 10));
  await fleet.until(agreed(fleet.height));
});

scenario("a late and a noisy device hold nobody up", { n: 7, seed: 7 }, async (fleet) => {
  await fleet.until(height(3));
  fleet.device(0).slow(400);
  fleet.device(1).corrupt(0.9);
  await fleet.until(height(fleet.height + 10));
  fleet.device(0).slow(0);
  fleet.device(1).corrupt(0);
  await fleet.until(caughtUp(0));
  await fleet.until(caughtUp(1));
});

scenario("money moves where it was sent", { n: 4, seed: 9 }, async (fleet) => {
  await fleet.until(height(2));
  await fleet.until(took(fleet.device(0).pay(2, 250_000)));
  await fleet.until(balance(2, 1_240_000n));
  await fleet.check(not(any(balance(0, 900_000n), time(60_000), acts(0, 0, 1))));
});

scenario("four boards as slow as real ones agree", { n: 4, seed: 11, board: "stm32f405" }, async (fleet) => {
  await fleet.until(height(5));
  await fleet.until(took(fleet.device(0).pay(2, 5)));
});

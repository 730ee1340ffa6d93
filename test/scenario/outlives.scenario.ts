// What a cell promises when devices die, hang apart or lie.

import { agreed, all, caughtUp, final, height, running, scenario, silent } from "../../host/scenario/scenario.ts";

scenario("a cell of four outlives one device", { n: 4 }, async (fleet) => {
  await fleet.until(height(4));
  fleet.device(2).kill();
  await fleet.until(height(fleet.height + 6));
  fleet.device(2).restart();
  await fleet.until(caughtUp(2));
  await fleet.until(agreed(fleet.height));
});

scenario("split in halves nothing becomes final; healed, it does", { n: 4 }, async (fleet) => {
  await fleet.until(height(3));
  fleet.split([
    [0, 1],
    [2, 3],
  ]);
  await fleet.until(silent(4_000));
  const { height: before } = fleet;
  fleet.heal();
  await fleet.until(height(before + 3));
  await fleet.until(agreed(fleet.height));
});

scenario("a payment reaches everybody, and a device that was away learns of it", { n: 4 }, async (fleet) => {
  await fleet.until(all(height(2), running(0), running(1)));
  fleet.device(3).kill();
  const paid = await fleet.device(0).pay(1, 500);
  await fleet.until(final(paid));
  fleet.device(3).restart();
  await fleet.until(all(caughtUp(3), final(paid)));
  const [asked, knows] = [await fleet.device(0).balance(), await fleet.device(3).balance(fleet.device(0).kid)];
  if (asked > 1_000_000n - 500n || knows > 1_000_000n - 500n) throw new Error(`device 0 still owns ${asked}, ${knows}`);
});

scenario("a crash between vote and commit loses nothing", { n: 4 }, async (fleet) => {
  for (let round = 0; round < 4; round++) {
    const victim = round % 4;
    await fleet.until(height(fleet.height + 2));
    const { view } = fleet.device(victim);
    await fleet.until({
      sentence: `device ${victim} to vote in a later view`,
      holds: ({ seen }) => seen.devices[victim].view > view && seen.devices[victim].votedUs / 1000 >= fleet.nowMs - 20,
    });
    fleet.device(victim).kill();
    await fleet.advance(700);
    fleet.device(victim).restart();
    await fleet.until(caughtUp(victim));
  }
  await fleet.until(agreed(fleet.height));
});

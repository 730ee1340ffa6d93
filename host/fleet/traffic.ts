// Traffic: people and programs that let random devices pay random devices.
//
// Rule: one payment in twenty asks for more than there is, so that refusals are part of every run.

import type { Fleet } from "./fleet.ts";
import * as provision from "./provision.ts";
import type { Rng } from "./rng.ts";

/** Payments begin now and go on for ever, about `perSecond` of them. */
export function start(fleet: Fleet, perSecond: number, rng: Rng): void {
  const payers = fleet.stations.filter(({ index }) => index < fleet.n);
  const pay = (): void => {
    const station = rng.pick(payers);
    const to = fleet.identities[rng.below(fleet.n)].kid;
    const amount = rng.chance(0.05) ? 10n ** 15n : BigInt(rng.between(1, 500));
    fleet.request(station, provision.pay(to, amount, BigInt(rng.below(3))));
    next();
  };
  const next = (): void => fleet.plan((200 + rng.below(1600)) / perSecond, pay);
  next();
}

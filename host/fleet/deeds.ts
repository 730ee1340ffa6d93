// Deeds carried out on a simulated fleet: the hand on a plug, on the air, at a console; and a device that begins to lie.
//
//   kill, restart   all copies of the device     split, heal   the radio      slow, corrupt   the radio, for one sender
//   lie             a second copy of the device wakes up from a clone of its flash (villain.ts); at most f devices ever lie
//   request         at the console of its first copy
//
// Rule: a deed is checked wholly before anything happens.

import { fromHex } from "../device/bytes.ts";
import * as deeds from "../tape/deed.ts";
import * as refusal from "../wire/refusal.ts";
import type { Fleet } from "./fleet.ts";

/** The deed, checked against what this fleet can do now. Throws Refused. */
export function check(fleet: Fleet, value: unknown): deeds.Deed {
  const deed = deeds.check(value, fleet.devices);
  if (deed.do === "request" && !fleet.device(deed.device).up)
    throw new refusal.Refused(refusal.DEVICE_DOWN, `device ${deed.device} is down: restart it first`);
  if (deed.do === "lie") mayLie(fleet, deed.device);
  return deed;
}

function mayLie(fleet: Fleet, device: number): void {
  const { f } = fleet.invariants;
  const cannot = (why: string): refusal.Refused => new refusal.Refused(refusal.DEED_CANNOT, why);
  if (device >= fleet.n) throw cannot(`device ${device} is a member: it has no vote to lie with`);
  if (!fleet.honest(device)) throw cannot(`device ${device} is no honest device any more`);
  if (fleet.n - fleet.honestStations.length >= f)
    throw cannot(`${fleet.n} devices tolerate ${f === 1 ? "1 liar" : `${f} liars`}, and there are no fewer already`);
}

/** Carries out a deed that was checked. What the device answered to a request; 0 otherwise. */
export function carryOut(fleet: Fleet, deed: deeds.Deed): number {
  const say = (): void => fleet.watch.tell(fleet.nowMs, null, { what: "chaos", sentence: deeds.sentence(deed) });
  switch (deed.do) {
    case "kill":
      for (const station of fleet.stationsOf(deed.device)) fleet.powerOff(station, "killed");
      return 0;
    case "restart":
      for (const station of fleet.stationsOf(deed.device)) fleet.powerUp(station);
      return 0;
    case "request":
      return fleet.request(fleet.stationsOf(deed.device)[0], fromHex(deed.hex));
    case "lie":
      fleet.turn(deed.device);
      break;
    case "split":
      fleet.radio.partition(groups(fleet, deed.groups));
      break;
    case "heal":
      fleet.radio.heal();
      break;
    case "slow":
      for (const { id } of fleet.stationsOf(deed.device)) fleet.radio.slow(id, deed.ms * 1000);
      break;
    case "corrupt":
      for (const { id } of fleet.stationsOf(deed.device)) fleet.radio.corrupt(id, deed.rate);
      break;
  }
  say();
  return 0;
}

/** The group of each station; a device that is in none is alone. */
function groups(fleet: Fleet, given: readonly (readonly number[])[]): number[] {
  return fleet.stations.map(({ index }) => {
    const group = given.findIndex((devices) => devices.includes(index));
    return group < 0 ? given.length + index : group;
  });
}

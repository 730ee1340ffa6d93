// What a device decided, done to its world: flash is programmed, frames go on the air, events are told. And where the power fails.
//
//   STORE, ERASE -> flash      SEND -> radio -> arrivals      EVENT, ACT -> listeners and log      RESET, power cut -> off
//
// Rule: effects are done in the order of the ring; nothing behind a power cut is done, and of a torn write its first bytes only.

import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import { u32, u64 } from "../device/bytes.ts";
import type { Effect } from "../device/effects.ts";
import type { Arrival as Told } from "../tape/fleet.ts";
import * as failing from "./failing.ts";
import type { Fleet } from "./fleet.ts";
import { airTimeUs, type Arrival } from "./radio.ts";
import type { Rng } from "./rng.ts";
import { REBOOT_MS, type Station } from "./station.ts";

/** A frame that will arrive. */
export interface Flight {
  readonly to: Station;
  readonly from: Station;
  readonly link: number;
  readonly arrival: Arrival;
  /** When the frame was handed to the radio, and the end of its air time. */
  readonly sentUs: number;
  readonly endUs: number;
}

export class Effects {
  readonly #fleet: Fleet;
  readonly #rng: Rng;
  readonly #arrive: (flight: Flight) => void;

  constructor(fleet: Fleet, rng: Rng, arrive: (flight: Flight) => void) {
    this.#fleet = fleet;
    this.#rng = rng;
    this.#arrive = arrive;
  }

  /** Carries out the effects of one call, in order, until the power fails. */
  carryOut(station: Station, list: readonly Effect[]): void {
    this.#fleet.scribe?.learn(list);
    const cut = station.failing === null ? -1 : failing.place(station.failing, list, station.failing.rng ?? this.#rng);
    for (let i = 0; i < list.length; i++) {
      if (i === cut) return this.#fail(station, list[i]);
      const { op, a, b, bytes } = list[i];
      if (op === effect.STORE) this.#store(station, a, b, bytes, bytes.length);
      else if (op === effect.SEND) this.#send(station, a, b, bytes);
      else if (op === effect.EVENT) this.#event(station, a, bytes);
      else if (op === effect.ERASE) this.#erase(station, a, b, Infinity);
      else if (op === effect.ACT) this.#act(station, a, BigInt.asIntN(64, u64(bytes, 0)));
      else return this.#fleet.powerOff(station, "reset", station.provisioned ? REBOOT_MS : null);
    }
    if (cut === list.length) this.#fail(station, null);
  }

  /** The power fails now: in the middle of `during`, when that is torn. */
  #fail(station: Station, during: Effect | null): void {
    const { how, backMs, site } = station.failing!;
    if (how === "torn" && during !== null) {
      const done = failing.done(station.failing!, during, station.failing!.rng ?? this.#rng);
      if (during.op === effect.STORE) this.#store(station, during.a, during.b, during.bytes, done);
      else this.#erase(station, during.a, during.b, done);
      this.#fleet.coverage.torn++;
    } else if (site !== true) this.#fleet.coverage.cut++;
    this.#fleet.powerOff(station, how === "torn" ? "torn write" : site ? "site power cut" : "power cut", backMs);
  }

  #store(station: Station, region: number, offset: number, bytes: Uint8Array, limit: number): void {
    const kept = station.flash.store(region, offset, bytes, limit);
    this.#fleet.watch.stats.stores++;
    station.watched!.stored(region, offset, bytes.length, kept);
  }

  #erase(station: Station, region: number, sector: number, limit: number): void {
    const there = station.flash.erase(region, sector, limit);
    if (there) station.watched!.erased(region, sector);
    else if (this.#fleet.honest(station.index)) {
      this.#fleet.invariants.broken(
        "flash",
        station.index,
        `erased sector ${sector} of region ${region}, which does not exist`,
      );
    }
  }

  #send(station: Station, link: number, peer: number, bytes: Uint8Array): void {
    station.watched!.sent(bytes);
    const { stats } = this.#fleet.watch;
    stats.frames++;
    stats.bytesOnAir += bytes.length;
    const sentUs = this.#fleet.nowUs;
    const endUs = Math.max(sentUs, station.airUs) + airTimeUs(bytes.length);
    station.airUs = endUs;
    const told: Told[] | null = this.#fleet.scribe === null ? null : [];
    for (const to of this.#fleet.stations) {
      if (to.index === station.index || (peer !== effect.EVERYBODY && peer !== to.index)) continue;
      const before = told?.length;
      if (this.#fleet.villains.hears(station, to))
        this.#fleet.radio.send(station.id, to.id, bytes, endUs, (arrival) => {
          this.#arrive({ to, from: station, link, arrival, sentUs, endUs });
          told?.push({ to: to.index, twin: to.id !== to.index, delayUs: arrival.at - sentUs });
        });
      if (told !== null && told.length === before) told.push({ to: to.index, twin: to.id !== to.index, delayUs: null });
    }
    if (told !== null) this.#fleet.scribe!.sent(sentUs, station, bytes, told);
  }

  #act(station: Station, channel: number, value: bigint): void {
    this.#fleet.scribe?.act(this.#fleet.nowUs, station, channel, value);
    this.#fleet.watch.tell(this.#fleet.nowMs, station, { what: "act", channel, value });
  }

  #event(station: Station, number: number, bytes: Uint8Array): void {
    station.watched!.event(number, bytes);
    if (number === event.IDENTITY && this.#fleet.identities[station.index] === undefined && bytes.length >= 40) {
      this.#fleet.identities[station.index] = { publicKey: bytes.slice(0, 32), kid: bytes.slice(32, 40) };
    } else if (
      number === event.RECOVERED &&
      bytes.length >= 16 &&
      (u32(bytes, 12) & 1) !== 0 &&
      this.#fleet.honest(station.index)
    ) {
      this.#fleet.invariants.broken(
        "recovery",
        station.index,
        "came back as an observer: its journal is unreadable to it",
      );
    }
    this.#fleet.scribe?.said(this.#fleet.nowUs, station, number, bytes, this.#fleet.honest(station.index));
    this.#fleet.watch.heard(station, number, bytes, this.#fleet.nowMs);
  }
}

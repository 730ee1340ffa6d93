// Chaos: when and how hard each fault strikes, drawn from the seed.
//
//   weather     redrawn every one to six seconds     loss, burst, duplication, delay, reorder, corruption
//   partition   begins every two to nine seconds     lasts up to six
//   power       per device, at a rate of its own     torn, cut, crash; all devices at once: sitecut
//   clocks      once                                 drift
//
// Rule: faults come only from the list the fleet was given, and none after stop().

import { NETWORK, type Fault } from "./faults.ts";
import type { Fleet } from "./fleet.ts";
import { fairWeather } from "./radio.ts";
import type { Rng } from "./rng.ts";
import type { Station } from "./station.ts";

export class Chaos {
  readonly #fleet: Fleet;
  readonly #rng: Rng;
  readonly #faults: ReadonlySet<Fault>;
  #stopped = false;

  constructor(fleet: Fleet, faults: readonly Fault[], rng: Rng) {
    this.#fleet = fleet;
    this.#faults = new Set(faults);
    this.#rng = rng;
  }

  /** Clocks are set before the first power-up. */
  drift(stations: readonly Station[]): void {
    if (!this.#faults.has("drift")) return;
    for (const station of stations) station.rate = 1 + (this.#rng.real() - 0.5) * 0.04;
  }

  start(): void {
    if (NETWORK.some((fault) => this.#faults.has(fault))) this.#weather();
    if (this.#faults.has("partition")) this.#later(200, 4000, () => this.#partition());
    const rng = this.#rng;
    for (const station of this.#fleet.honestStations) {
      // Seconds between two failures of one kind at one device.
      for (const how of ["torn", "cut", "crash"] as const) {
        if (this.#faults.has(how)) this.#strike(station, how, rng.between(4, 25) * 1000);
      }
    }
    if (this.#faults.has("sitecut")) this.#later(500, 20_000, () => this.#sitecut());
  }

  stop(): void {
    this.#stopped = true;
    this.#fleet.radio.weather = fairWeather(this.#fleet.stations.length);
    this.#fleet.radio.heal();
    for (const station of this.#fleet.stations) station.failing = null;
  }

  #later(fromMs: number, toMs: number, run: () => void): void {
    this.#fleet.after(this.#rng.between(fromMs, toMs), () => {
      if (!this.#stopped) run();
    });
  }

  /** A rate that is zero now and then, mostly small, sometimes up to `most`. */
  #rate(fault: Fault, most: number): number {
    const rng = this.#rng;
    if (!this.#faults.has(fault) || rng.chance(0.3)) return 0;
    const x = rng.real();
    return most * x * x;
  }

  #weather(): void {
    const rng = this.#rng;
    const weather = fairWeather(this.#fleet.stations.length);
    const common = this.#rate("loss", 0.6);
    if (common !== 0) {
      for (const row of weather.loss)
        for (let to = 0; to < row.length; to++) row[to] = Math.min(0.9, common * 2 * rng.real());
    }
    const burst = this.#rate("burst", 0.1);
    if (burst !== 0) weather.burst = { enter: burst, leave: 0.05 + 0.3 * rng.real(), loss: 0.5 + 0.5 * rng.real() };
    weather.duplication = this.#rate("duplication", 0.5);
    weather.delay = { rate: this.#rate("delay", 0.8), maxUs: rng.between(10, 1000) * 1000 };
    weather.reorder = { rate: this.#rate("reorder", 0.5), maxUs: rng.between(5, 300) * 1000 };
    weather.corruption = this.#rate("corruption", 0.3);
    this.#fleet.radio.weather = weather;
    this.#later(1000, 6000, () => this.#weather());
  }

  #partition(): void {
    const rng = this.#rng;
    const groups = this.#fleet.stations.map(() => rng.below(rng.chance(0.8) ? 2 : 3));
    this.#fleet.radio.partition(groups, rng.chance(0.2));
    this.#later(300, 6000, () => {
      this.#fleet.radio.heal();
      this.#later(1000, 5000, () => this.#partition());
    });
  }

  /** Lets the power of a device fail about every `everyMs`. */
  #strike(station: Station, how: "torn" | "cut" | "crash", everyMs: number): void {
    const rng = this.#rng;
    this.#later(everyMs * 0.1, everyMs * 1.9, () => {
      const backMs = rng.chance(0.7) ? rng.between(20, 800) : rng.between(800, 6000);
      if (how !== "crash") station.failing = { how, effects: -1, bytes: -1, backMs };
      else if (station.on) {
        this.#fleet.coverage.crash++;
        this.#fleet.powerOff(station, "crash", backMs);
      }
      this.#strike(station, how, everyMs);
    });
  }

  /** The mains fail: whoever is in a call with effects within 20 ms is cut in it, the others stop where they are. */
  #sitecut(): void {
    const rng = this.#rng;
    this.#fleet.coverage.sitecut++;
    const outage = rng.between(20, 2000);
    const spread = rng.chance(0.5) ? 0 : rng.between(0, 1500);
    for (const station of this.#fleet.honestStations) {
      if (!station.on) continue;
      const backMs = outage + rng.between(0, spread);
      const { life } = station;
      if (rng.chance(0.5)) {
        this.#fleet.powerOff(station, "site power cut", backMs);
        continue;
      }
      station.failing = { how: "cut", effects: -1, bytes: -1, backMs, site: true };
      this.#fleet.after(20, () => {
        if (station.life === life && station.on) this.#fleet.powerOff(station, "site power cut", backMs);
      });
    }
    this.#later(3000, 25_000, () => this.#sitecut());
  }
}

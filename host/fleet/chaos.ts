// Chaos carries out strikes (strike.ts), one after the other: those that the faults of a fleet draw from its seed, or a given list.
//
//   strikes, in order of time ──> at its time: radio, station ──> until its end
//                             └──> struck: what was carried out so far, a list that does the same again
//
// Rule: the next strike enters the queue when the one before it strikes, whoever chose them, so that a run from the list of what
// struck is the same run. None strikes after stop().

import type { Fleet } from "./fleet.ts";
import { fairWeather } from "./radio.ts";
import { Rng } from "./rng.ts";
import { FIRST_MS, type Strike, type Weather } from "./strike.ts";

export class Chaos {
  /** What struck so far. */
  readonly struck: Strike[] = [];
  readonly #fleet: Fleet;
  readonly #strikes: Iterator<Strike>;
  /** The strike that makes the weather, by fault. */
  readonly #weather = new Map<Strike["what"], Strike>();
  #split: Strike | null = null;
  #next: Strike | null = null;
  #stopped = false;

  /** `strikes`: in order of time, drifts first. */
  constructor(fleet: Fleet, strikes: Iterable<Strike>) {
    this.#fleet = fleet;
    this.#strikes = strikes[Symbol.iterator]();
    this.#advance();
  }

  /** Before the first power-up: clocks are set, villains are known. */
  prepare(): void {
    for (; this.#next !== null && this.#next.atMs === 0; this.#advance()) {
      const strike = this.#next;
      this.struck.push(strike);
      if (strike.what !== "drift") continue;
      for (const station of this.#fleet.stationsOf(strike.device)) station.rate = strike.rate;
    }
  }

  /** Begins; FIRST_MS after the start. */
  start(): void {
    this.#await();
  }

  stop(): void {
    this.#stopped = true;
    this.#weather.clear();
    this.#fleet.radio.weather = fairWeather(this.#fleet.radio.size);
    this.#fleet.radio.heal();
    for (const station of this.#fleet.stations) station.failing = null;
  }

  #advance(): void {
    const { value, done } = this.#strikes.next();
    this.#next = done === true ? null : value;
  }

  #await(): void {
    if (this.#next === null) return;
    const strike = this.#next;
    this.#later(Math.max(FIRST_MS, strike.atMs), () => {
      this.struck.push(strike);
      this.#carryOut(strike);
      this.#advance();
      this.#await();
    });
  }

  #later(atMs: number, run: () => void): void {
    this.#fleet.plan(Math.max(0, atMs - this.#fleet.nowMs), () => {
      if (!this.#stopped) run();
    });
  }

  #carryOut(strike: Strike): void {
    switch (strike.what) {
      case "loss":
      case "burst":
      case "duplication":
      case "corruption":
      case "delay":
      case "reorder":
        return this.#begin(strike);
      case "partition":
        this.#split = strike;
        this.#fleet.radio.partition(
          this.#fleet.stations.map(({ id }) => strike.groups[id] ?? 0),
          strike.oneWay,
        );
        return this.#later(strike.untilMs, () => {
          if (this.#split === strike) this.#fleet.radio.heal();
        });
      case "torn":
      case "cut":
      case "crash":
        return this.#fail(strike);
      case "sitecut":
        return this.#sitecut(strike);
    }
  }

  #begin(strike: Weather): void {
    this.#weather.set(strike.what, strike);
    this.#set(strike, new Rng(strike.seed, strike.what));
    this.#later(strike.untilMs, () => {
      if (this.#weather.get(strike.what) === strike) this.#fleet.radio.clear(strike.what);
    });
  }

  #set(strike: Weather, rng: Rng): void {
    const { radio } = this.#fleet;
    radio.luck[strike.what] = rng;
    if (strike.what === "loss") {
      const { loss } = fairWeather(radio.size);
      for (const row of loss)
        for (let to = 0; to < row.length; to++) row[to] = Math.min(0.9, strike.rate * 2 * rng.real());
      radio.weather.loss = loss;
    } else if (strike.what === "burst") {
      const { enter, leave, loss } = strike;
      radio.weather.burst = { enter, leave, loss };
    } else if (strike.what === "delay" || strike.what === "reorder")
      radio.weather[strike.what] = { rate: strike.rate, maxUs: strike.maxMs * 1000 };
    else radio.weather[strike.what] = strike.rate;
  }

  /** The power of a device fails: now, or in the next call that offers the occasion. */
  #fail(strike: Extract<Strike, { what: "torn" | "cut" | "crash" }>): void {
    const station = this.#fleet.stationsOf(strike.device)[0];
    const { backMs } = strike;
    if (strike.what !== "crash") {
      const rng = new Rng(strike.seed, strike.what);
      station.failing = { how: strike.what, effects: -1, bytes: -1, backMs, rng };
    } else if (station.on) {
      this.#fleet.coverage.crash++;
      this.#fleet.powerOff(station, "crash", backMs);
    }
  }

  /** The mains fail: whoever is in a call with effects within 20 ms is cut in it, the others stop where they are. */
  #sitecut(strike: Extract<Strike, { what: "sitecut" }>): void {
    this.#fleet.coverage.sitecut++;
    for (const station of this.#fleet.honestStations) {
      const rng = new Rng(strike.seed, `sitecut ${station.id}`);
      const backMs = strike.backMs + rng.between(0, strike.spreadMs);
      if (!station.on) continue;
      const { life } = station;
      if (rng.chance(0.5)) {
        this.#fleet.powerOff(station, "site power cut", backMs);
        continue;
      }
      station.failing = { how: "cut", effects: -1, bytes: -1, backMs, site: true, rng };
      this.#fleet.plan(20, () => {
        if (station.life === life && station.on) this.#fleet.powerOff(station, "site power cut", backMs);
      });
    }
  }
}

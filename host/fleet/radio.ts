// The air of one neighbourhood: who hears a frame, when, and in what condition.
//
//   send ── air time ──> per receiver: partition? loss? burst? ── corrupt? ── delay ──> arrival, and maybe a second one
//
// A link is directed and keeps order unless the reorder fault holds a frame back. With all faults off, every frame reaches
// everybody within three milliseconds of the end of its air time. A sender can also be made slow or garbled by hand.
// Rule: the radio invents no frame; it only loses, repeats, delays and damages.

import type { Coverage } from "./faults.ts";
import type { Rng } from "./rng.ts";

/** What the weather does to frames. Rates are probabilities per frame. */
export interface Weather {
  /** Loss by [from][to]. */
  loss: number[][];
  burst: { enter: number; leave: number; loss: number } | null;
  duplication: number;
  delay: { rate: number; maxUs: number };
  reorder: { rate: number; maxUs: number };
  corruption: number;
}

export interface Arrival {
  readonly at: number; // microseconds
  readonly bytes: Uint8Array;
  /** Number of the frame on its link, from 1; 0 for the second copy of a frame. */
  readonly number: number;
}

const PREAMBLE_US = 200;
const BYTE_US = 8; // 1 Mbit/s

/** Time on the air of n bytes, in microseconds. */
export const airTimeUs = (n: number): number => PREAMBLE_US + BYTE_US * n;

export function fairWeather(n: number): Weather {
  const row = (): number[] => new Array<number>(n).fill(0);
  return {
    loss: Array.from({ length: n }, row),
    burst: null,
    duplication: 0,
    delay: { rate: 0, maxUs: 0 },
    reorder: { rate: 0, maxUs: 0 },
    corruption: 0,
  };
}

interface Link {
  bad: boolean; // state of the burst model
  lastUs: number; // arrival of the last frame that kept its place
  sent: number;
  heard: number; // highest number delivered
}

/** The part of the weather that a fault makes. */
type Part = keyof Weather;

export class Radio {
  weather: Weather;
  /** Where each part of the weather draws its chances from; the radio's own stream where none is set. */
  readonly luck: Partial<Record<Part, Rng>> = {};
  readonly #n: number;
  readonly #rng: Rng;
  readonly #coverage: Coverage;
  readonly #links: Link[];
  /** blocked[from * n + to]: 1 while a partition lies between. */
  readonly #blocked: Uint8Array;
  /** By sender, as done by hand: microseconds that its frames are late, and the share of them that is damaged. */
  readonly #slowUs: number[];
  readonly #corrupt: number[];

  /** A radio among at most n stations (devices, a twin counted extra). */
  constructor(n: number, rng: Rng, coverage: Coverage) {
    this.#n = n;
    this.#rng = rng;
    this.#coverage = coverage;
    this.weather = fairWeather(n);
    this.#links = Array.from({ length: n * n }, () => ({ bad: false, lastUs: 0, sent: 0, heard: 0 }));
    this.#blocked = new Uint8Array(n * n);
    this.#slowUs = new Array<number>(n).fill(0);
    this.#corrupt = new Array<number>(n).fill(0);
  }

  /** One part of the weather is fair again. */
  clear(part: Part): void {
    delete this.luck[part];
    Object.assign(this.weather, { [part]: fairWeather(this.#n)[part] });
  }

  /** How many stations it has room for. */
  get size(): number {
    return this.#n;
  }

  /** The frames of a station arrive so much later; 0 ends it. */
  slow(from: number, us: number): void {
    this.#slowUs[from] = us;
  }

  /** Damages this share of a station's frames; 0 ends it. */
  corrupt(from: number, rate: number): void {
    this.#corrupt[from] = rate;
  }

  /** A new station stands where another one does: what is between others and that one is between others and it. */
  join(id: number, like: number): void {
    const n = this.#n;
    for (let other = 0; other < n; other++) {
      this.#blocked[id * n + other] = this.#blocked[like * n + other];
      this.#blocked[other * n + id] = this.#blocked[other * n + like];
    }
    this.#slowUs[id] = this.#slowUs[like];
    this.#corrupt[id] = this.#corrupt[like];
  }

  /** Separates groups: stations of different groups do not hear each other. `oneWay`: only the later group is deaf. */
  partition(groupOf: readonly number[], oneWay = false): void {
    for (let from = 0; from < this.#n; from++)
      for (let to = 0; to < this.#n; to++) {
        const apart = oneWay ? groupOf[from] < groupOf[to] : groupOf[from] !== groupOf[to];
        this.#blocked[from * this.#n + to] = apart ? 1 : 0;
      }
  }

  heal(): void {
    this.#blocked.fill(0);
  }

  /** Sends a frame whose air time ends at `endUs`; calls `arrive` for each copy that `to` will hear. */
  send(from: number, to: number, bytes: Uint8Array, endUs: number, arrive: (arrival: Arrival) => void): void {
    const link = this.#links[from * this.#n + to];
    const number = ++link.sent;
    if (this.#blocked[from * this.#n + to] !== 0) {
      this.#coverage.partition++;
      return;
    }
    if (this.#lost(from, to, link)) return;
    const rng = this.#rng;
    const { luck } = this;
    const { delay, reorder, duplication, corruption } = this.weather;
    let heard = bytes;
    if (corruption !== 0 && (luck.corruption ?? rng).chance(corruption)) {
      heard = this.#damage(bytes, luck.corruption ?? rng);
      this.#coverage.corruption++;
    } else if (this.#corrupt[from] !== 0 && rng.chance(this.#corrupt[from])) heard = this.#damage(bytes, rng);
    let at = endUs + 100 + rng.below(2900) + this.#slowUs[from];
    if (delay.rate !== 0 && (luck.delay ?? rng).chance(delay.rate)) {
      at += 3000 + (luck.delay ?? rng).below(delay.maxUs);
      this.#coverage.delay++;
    }
    if (reorder.rate !== 0 && (luck.reorder ?? rng).chance(reorder.rate))
      at += 3000 + (luck.reorder ?? rng).below(reorder.maxUs);
    else {
      at = Math.max(at, link.lastUs + 1);
      link.lastUs = at;
    }
    arrive({ at, bytes: heard, number });
    if (duplication !== 0 && (luck.duplication ?? rng).chance(duplication)) {
      this.#coverage.duplication++;
      arrive({ at: at + 500 + (luck.duplication ?? rng).below(50_000), bytes: heard, number: 0 });
    }
  }

  /** To be called when an arrival is heard; counts frames that were overtaken. */
  heard(from: number, to: number, number: number): void {
    const link = this.#links[from * this.#n + to];
    if (number > link.heard) link.heard = number;
    else if (number !== 0 && number < link.heard && this.weather.reorder.rate !== 0) this.#coverage.reorder++;
  }

  #lost(from: number, to: number, link: Link): boolean {
    const { loss, burst } = this.weather;
    const rate = loss[from][to];
    if (rate !== 0 && (this.luck.loss ?? this.#rng).chance(rate)) {
      this.#coverage.loss++;
      return true;
    }
    if (burst === null) return false;
    const rng = this.luck.burst ?? this.#rng;
    link.bad = link.bad ? !rng.chance(burst.leave) : rng.chance(burst.enter);
    if (!link.bad || !rng.chance(burst.loss)) return false;
    this.#coverage.burst++;
    return true;
  }

  #damage(bytes: Uint8Array, rng: Rng): Uint8Array {
    if (rng.chance(0.25)) return bytes.slice(0, rng.below(bytes.length));
    const damaged = new Uint8Array(bytes);
    // An odd number of single-bit flips never undoes itself.
    for (let flips = rng.chance(0.7) ? 1 : 3; flips > 0; flips--) damaged[rng.below(bytes.length)] ^= 1 << rng.below(8);
    return damaged;
  }
}

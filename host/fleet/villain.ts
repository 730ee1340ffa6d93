// The villains: devices that keep their keys and break the rules by what they are made to hear, say and forget.
//
//   equivocator   two running copies of one identity (Twins: Bano et al. 2021), each heard by some of the others
//   withholder    runs the right code; its frames reach some of the others, at times nobody
//   stale         now and then restarts from an older image of its flash: it forgot what it voted
//   mutant        runs another module
//
// Rule: villains hold no keys but their own. Who hears them changes by moods, each lasting a fraction of a view or several.

import { VILLAINS, type VillainFault } from "./faults.ts";
import type { Fleet } from "./fleet.ts";
import type { Flash } from "./flash.ts";
import { Rng } from "./rng.ts";
import type { Station } from "./station.ts";
import type { Strike } from "./strike.ts";

export interface Villain {
  readonly device: number;
  readonly kind: "equivocator" | "withholder" | "stale" | "mutant";
  /** The module of a mutant. */
  readonly wasm?: Uint8Array;
}

const byStrike = (what: Strike["what"]): what is VillainFault => (VILLAINS as readonly string[]).includes(what);

/** The villains among strikes. */
export const villainsIn = (strikes: readonly Strike[]): Villain[] =>
  strikes.flatMap((strike) =>
    byStrike(strike.what) && "device" in strike ? [{ device: strike.device, kind: strike.what }] : [],
  );

/** Villains as strikes; a mutant, which needs its module, is none. */
export const villainStrikes = (villains: readonly Villain[]): Strike[] =>
  villains.flatMap(({ device, kind }) => (kind === "mutant" ? [] : [{ what: kind, atMs: 0, device }]));

const A = 1;
const B = 2;

interface Mood {
  /** Per device: which copy it hears (A, B, both or none); a withholder has only A. */
  readonly heard: number[];
  /** A copy hears only who hears it. */
  readonly deaf: boolean;
  /** Of the frames to those who hear it, how many come through. */
  readonly rate: number;
}

export class Villains {
  readonly #fleet: Fleet;
  /** A stream for each villain, so that one more or less moves no other. */
  readonly #streams: Rng[];
  readonly #moods = new Map<number, Mood>(); // by device
  readonly #kinds: (Villain["kind"] | undefined)[] = [];
  #quiet = false;

  constructor(fleet: Fleet, villains: readonly Villain[]) {
    this.#fleet = fleet;
    this.#streams = Array.from({ length: fleet.n }, (_, i) => new Rng(fleet.seed, `villain ${i}`));
    for (const { device, kind } of villains) this.#kinds[device] = kind;
  }

  /** Begins their work; the cell is provisioned. */
  start(): void {
    this.#kinds.forEach((kind, device) => {
      if (kind === "equivocator" || kind === "withholder") this.#changeMood(device, kind);
      if (kind === "stale") this.#rememberAndForget(this.#fleet.stationsOf(device)[0]);
    });
  }

  /** A device becomes an equivocator: it has two copies already. */
  turn(device: number): void {
    this.#kinds[device] = "equivocator";
    this.#changeMood(device, "equivocator");
  }

  /** No villain does anything of its own any more: they behave from now on. */
  stop(): void {
    this.#quiet = true;
    this.#moods.clear();
  }

  /** True when `to` may hear a frame that `from` sends. */
  hears(from: Station, to: Station): boolean {
    const { coverage } = this.#fleet;
    const mood = this.#moods.get(from.index);
    if (mood !== undefined) {
      const to_ = this.#kinds[to.index] === "equivocator" ? this.#copy(to) : (mood.heard[to.index] ?? A | B); // members hear both
      if ((to_ & this.#copy(from)) === 0 || (mood.rate < 1 && !this.#streams[from.index].chance(mood.rate))) {
        if (this.#kinds[from.index] === "withholder") coverage.withholder++;
        return false;
      }
    }
    const theirs = this.#moods.get(to.index);
    if (theirs === undefined || !theirs.deaf || this.#kinds[from.index] === "equivocator") return true;
    return ((theirs.heard[from.index] ?? A | B) & this.#copy(to)) !== 0;
  }

  /** A for a first copy, B for a second one. */
  #copy(station: Station): number {
    return station === this.#fleet.stationsOf(station.index)[0] ? A : B;
  }

  #changeMood(device: number, kind: Villain["kind"]): void {
    if (this.#quiet) return;
    const rng = this.#streams[device];
    const n = this.#fleet.n;
    const equivocates = kind === "equivocator";
    // An equivocator mostly splits the others in two; a withholder has days on which nobody hears it.
    const split = equivocates && rng.chance(0.75);
    const share = rng.real();
    const heard = Array.from({ length: n }, () => {
      if (split) return rng.chance(0.5) ? A : B;
      if (equivocates) return rng.below(4);
      return rng.chance(share) ? A : 0;
    });
    this.#moods.set(device, {
      heard,
      deaf: split && rng.chance(0.5),
      rate: rng.chance(0.6) ? 1 : 0.3 + 0.7 * rng.real(),
    });
    this.#fleet.plan(rng.between(300, 4000), () => this.#changeMood(device, kind));
  }

  /** Keeps an image of the flash now, and rolls back to it later. */
  #rememberAndForget(station: Station): void {
    const rng = this.#streams[station.index];
    const image: Flash = station.flash.clone();
    this.#fleet.plan(rng.between(400, 5000), () => {
      if (this.#quiet) return;
      this.#fleet.powerOff(station, "villain");
      this.#fleet.replaceFlash(station, image);
      this.#fleet.coverage.stale++;
      this.#fleet.plan(rng.between(10, 500), () => {
        this.#fleet.powerUp(station);
        this.#rememberAndForget(station);
      });
    });
  }
}

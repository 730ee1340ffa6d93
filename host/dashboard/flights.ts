// Frames on their way at a moment: the SENT records around it, each link's flight with its beginning and end.
//
// The air takes milliseconds, too short to see: a flight is drawn for at least `leastUs`, which the mesh says in its legend.
// Rule: every flight stands on the tape; which are drawn depends on the moment alone.

import * as fleet from "../tape/fleet.ts";
import type { Model } from "./model.ts";

export interface Flight {
  readonly from: number;
  readonly to: number;
  readonly object: number;
  readonly fromUs: number;
  /** Arrival as drawn. */
  readonly toUs: number;
  readonly lost: boolean;
}

/** No frame is longer on its way than a tape can say. */
const LONGEST_US = 6_600_000;
/** Flights that are drawn at once; beyond it those of the newest frames. */
const MOST = 2400;

export class Flights {
  #model: Model | null = null;
  #position = 0;
  #atUs = -1;
  #leastUs = 0;
  #list: Flight[] = [];

  /** The flights at a moment. */
  at(model: Model, us: number, leastUs: number): readonly Flight[] {
    const again = model !== this.#model || us < this.#atUs || us > this.#atUs + 2e6 || leastUs !== this.#leastUs;
    if (again) {
      this.#list = [];
      this.#position = model.store.after(us - LONGEST_US);
    } else this.#list = this.#list.filter(({ toUs }) => toUs >= us);
    [this.#model, this.#atUs, this.#leastUs] = [model, us, leastUs];
    this.#position = model.store.each(this.#position, us, (type, payload) => {
      if (type !== fleet.SENT) return;
      const fact = fleet.decode(type, payload);
      if (fact?.type === fleet.SENT) this.#add(fact, us, leastUs);
    });
    if (this.#list.length > MOST) this.#list.splice(0, this.#list.length - MOST);
    return this.#list;
  }

  #add(fact: Extract<fleet.Fact, { type: typeof fleet.SENT }>, us: number, leastUs: number): void {
    const { atUs, device, object, arrivals } = fact;
    for (const { to, delayUs } of arrivals) {
      const toUs = atUs + Math.max(delayUs ?? 0, leastUs);
      if (toUs >= us && to !== device)
        this.#list.push({ from: device, to, object, fromUs: atUs, toUs, lost: delayUs === null });
    }
  }
}

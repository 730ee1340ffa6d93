// What stands in a fleet's queue: a tick or a frame of a station, or an action.
//
// Rule: all events have one shape, which keeps the queue fast; an event of an earlier life of its station is void.

import type { Flight } from "./effects.ts";
import type { Timed } from "./queue.ts";
import type { Arrival } from "./radio.ts";
import type { Station } from "./station.ts";

export const TICK = 0;
export const FRAME = 1;
export const ACTION = 2;
export const OUTSIDE = 3; // an action that is no part of the simulation

export interface Scheduled extends Timed {
  readonly kind: number;
  readonly station: Station | null;
  readonly life: number;
  readonly from: Station | null;
  readonly link: number;
  readonly arrival: Arrival | null;
  /** When the frame was handed to the radio, and the end of its air time. */
  readonly sentUs: number;
  readonly endUs: number;
  readonly run: (() => void) | null;
}

const NOTHING = { order: 0, kind: ACTION, station: null, life: 0, from: null, link: 0, arrival: null, sentUs: 0, endUs: 0, run: null } as const; // prettier-ignore

/** An action at a time; `kind`: ACTION or OUTSIDE. */
export const action = (kind: number, at: number, run: () => void): Scheduled => ({ ...NOTHING, at, kind, run });

/** The tick that a station wants. */
export const tick = (station: Station): Scheduled => ({ ...NOTHING, at: station.tickUs, kind: TICK, station, life: station.life }); // prettier-ignore

/** The arrival of a frame. */
export const frame = ({ to, from, link, arrival, sentUs, endUs }: Flight): Scheduled => ({ ...NOTHING, at: arrival.at, kind: FRAME, station: to, from, link, arrival, sentUs, endUs }); // prettier-ignore

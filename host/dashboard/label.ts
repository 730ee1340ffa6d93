// What stands out in sensor values: the events that the recording's authors labelled, and values far from their neighbours.
//
// A run walks through the recording as host/sensor/recording.ts says: reading number floor(t / interval) from `from` on, round and
// round. Header.options.senses.recording of a tape holds from and interval; the labels are a fact of the recording.
// Rule: labelled(device, t) is what recording.at(device, t).event says; an anomaly is said to be one of this page's arithmetic.

import type { Header } from "../tape/fleet.ts";

/** By mote: readings in all, first and last labelled one. */
const LABELS: readonly (readonly [length: number, first: number, last: number])[] = [
  [4417, 2343, 2459],
  [4417, -1, -1],
  [5039, -1, -1],
  [5041, 2361, 2392],
];

export interface Pace {
  readonly from: number;
  readonly intervalMs: number;
}

/** How the run of this header walks through the recording; null when its devices sense something else. */
export function pace(header: Header): Pace | null {
  const senses = header.options.senses as { recording?: Partial<Pace> } | undefined;
  if (typeof senses !== "object" || senses === null || typeof senses.recording !== "object") return null;
  return { from: senses.recording.from ?? 0, intervalMs: senses.recording.intervalMs ?? 5000 };
}

/** True where the recording's authors introduced an event at this device. */
export function labelled(device: number, atUs: number, { from, intervalMs }: Pace): boolean {
  const label = LABELS[device];
  if (label === undefined || label[1] < 0) return false;
  const index = (from + Math.floor(atUs / 1000 / intervalMs)) % label[0];
  return index >= label[1] && index <= label[2];
}

/** Values of which the median is taken, and how many typical deviations from it are far. */
const WINDOW = 21;
const FAR = 6;

const median = (sorted: number[]): number => sorted[sorted.length >> 1];

/** For each value: is it further from the median of the values before it than FAR times their median deviation? */
export function anomalies(values: readonly number[]): boolean[] {
  return values.map((value, i) => {
    if (i < 8) return false;
    const before = values.slice(Math.max(0, i - WINDOW), i).sort((a, b) => a - b);
    const middle = median(before);
    const spread = median(before.map((v) => Math.abs(v - middle)).sort((a, b) => a - b));
    return Math.abs(value - middle) > FAR * Math.max(spread, 0.01 * Math.abs(middle), 1e-6);
  });
}

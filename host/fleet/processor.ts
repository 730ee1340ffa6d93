// The processor of a station on a board that computes as slowly as a real one (costs.ts).
//
//   idle ── call ──> busy until it is paid for ──> its effects, then the tick behind every call ──> the frame that waited longest, or idle
//                     └ frames wait in a bounded inbox; one that finds no room is lost. A tick that is due waits for the one behind the call
//
// A request is the exception, since its asker waits: it is answered at once, also by a busy device, and what that had decided is done with it;
// its work is paid for all the same, and frames leave in their time. Power that fails takes with it what was not paid for yet.
//
// Rule: it keeps time for one station, in whole microseconds that follow from counters alone; it never calls while it is busy.

import * as counters from "../device/counters.ts";
import * as trace from "../tape/trace.ts";
import * as costs from "./costs.ts";
import type { Station } from "./station.ts";

/** What it needs of its fleet. */
export interface Around {
  nowUs(): number;
  /** Lets something happen at a time. */
  at(us: number, run: () => void): void;
  /** Calls the station's device. */
  call(code: number, link: number, input: Uint8Array): void;
}

export class Processor {
  /** Frames that found no room. */
  overruns = 0;
  readonly #costs: costs.Costs;
  readonly #station: Station;
  readonly #around: Around;
  /** When it is done with what it does; in the past while it is idle. */
  #busyUs = 0;
  /** What remains to be done for the call under way; null while it is idle. */
  #pending: (() => void) | null = null;
  /** Microseconds that it was paid, those included that lie before #busyUs. */
  #paidUs = 0;
  #counted = counters.zero();
  #inbox: { readonly link: number; readonly bytes: Uint8Array }[] = [];
  #waiting = 0; // bytes of these

  constructor(table: costs.Costs, station: Station, around: Around) {
    this.#costs = table;
    this.#station = station;
    this.#around = around;
  }

  get busy(): boolean {
    return this.#pending !== null;
  }

  /** Virtual microseconds that it computed until this time, which has no call behind it, over all power-ups. */
  spentUs(atUs: number): number {
    return this.#paidUs - Math.max(0, this.#busyUs - atUs);
  }

  /** Power went off: what was computed or waited is gone. */
  reset(): void {
    this.#paidUs = this.spentUs(this.#around.nowUs());
    this.#pending = null;
    this.#busyUs = 0;
    this.#counted = counters.zero();
    this.#inbox = [];
    this.#waiting = 0;
  }

  /** A frame waits, where there is room. */
  wait(link: number, bytes: Uint8Array): void {
    if (this.#waiting + bytes.length > this.#costs.inboxBytes) this.overruns++;
    else {
      this.#inbox.push({ link, bytes });
      this.#waiting += bytes.length;
    }
  }

  /** The device returned from a call: `finish` carries out what it decided, when its time has passed. */
  charge(code: number, finish: () => void): void {
    const { life, device } = this.#station;
    const now = counters.read(device!.memory());
    const us = costs.microseconds(this.#costs, code, counters.grown(this.#counted, now));
    this.#counted = now;
    this.#busyUs = Math.max(this.#busyUs, this.#around.nowUs()) + us;
    this.#paidUs += us;
    if (code !== trace.REQUEST) this.#later(code, finish);
    else {
      this.#early(finish);
      if (this.#station.life === life) this.#later(code, () => {});
    }
  }

  /** Somebody asks the device: what it has computed already is done now. */
  settle(): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#early(pending);
  }

  /** Does what was decided before its time has come; frames leave no earlier. */
  #early(finish: () => void): void {
    this.#station.airUs = Math.max(this.#station.airUs, this.#busyUs);
    finish();
  }

  #later(code: number, finish: () => void): void {
    const { life } = this.#station;
    this.#pending = finish;
    this.#around.at(this.#busyUs, () => {
      if (this.#station.life !== life || this.#pending !== finish) return; // no power any more, or somebody asked meanwhile
      this.#pending = null;
      finish();
      if (this.#station.life === life) this.#next(code);
    });
  }

  #next(after: number): void {
    if (after !== trace.TICK) return this.#around.call(trace.TICK, 0, trace.NO_RECORDS);
    const frame = this.#inbox.shift();
    if (frame === undefined) return;
    this.#waiting -= frame.bytes.length;
    this.#around.call(trace.RECEIVE, frame.link, frame.bytes);
  }
}

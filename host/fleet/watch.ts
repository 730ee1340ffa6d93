// Watching a fleet: who listens, what was counted, and which transactions became final where.
//
//   EVENT effects, power, chaos ──> listeners (decoded)
//                               └─> stats · status of each device · transactions followed by id
//
// Rule: nothing here acts on the fleet; a run is the same with and without listeners.

import * as event from "../../firmware/wire/event.ts";
import { latin1, u16, u32 } from "../device/bytes.ts";
import * as events from "../device/event.ts";
import type { Station } from "./station.ts";

export type PowerWhy =
  | "start"
  | "reset"
  | "trap"
  | "crash"
  | "power cut"
  | "torn write"
  | "site power cut"
  | "villain"
  | "watchdog"
  | "killed";

export interface FleetEvent {
  readonly timeMs: number;
  /** Device concerned; -1: all. */
  readonly device: number;
  /** True for the second copy of an equivocator. */
  readonly twin: boolean;
  readonly said:
    | { readonly what: "event"; readonly event: events.DeviceEvent }
    | { readonly what: "power"; readonly on: boolean; readonly why: PowerWhy }
    | { readonly what: "act"; readonly channel: number; readonly value: bigint }
    | { readonly what: "chaos"; readonly sentence: string };
}

export type Listener = (event: FleetEvent) => void;

export interface Stats {
  /** Calls of devices. */
  calls: number;
  /** Frames sent, and frames heard by somebody. */
  frames: number;
  deliveries: number;
  bytesOnAir: number;
  stores: number;
  powerUps: number;
  traps: number;
  /** Highest block that an honest device committed. */
  height: number;
  /** Transactions that took effect, by type, each counted once. */
  transfers: number;
  registrations: number;
  reports: number;
  /** Sensor values that devices read. */
  readings: number;
  /** Transactions that were refused when executed. */
  failed: number;
  /** Inputs refused, by reason. */
  refusals: Map<number, number>;
}

/** What a device last said about itself; of a member: what it trusts, and the height of the state whose root is certified. */
export interface Status {
  view: number;
  height: number;
  executed: number;
}

/** A transaction that is followed. */
export interface Followed {
  /** Height and reason of its execution; -1 as long as nobody executed it. */
  height: number;
  reason: number;
  /** Honest devices that executed it. */
  readonly devices: Set<number>;
}

export class Watch {
  readonly listeners: Listener[] = [];
  readonly stats: Stats = {
    calls: 0,
    frames: 0,
    deliveries: 0,
    bytesOnAir: 0,
    stores: 0,
    powerUps: 0,
    traps: 0,
    height: 0,
    transfers: 0,
    registrations: 0,
    reports: 0,
    readings: 0,
    failed: 0,
    refusals: new Map(),
  };
  readonly status: Status[];
  /** Id of the last transaction that a device submitted; latin1 of 8 bytes. */
  submitted = "";
  readonly #honest: boolean[];
  readonly #followed = new Map<string, Followed>();
  #lastResult = -1; // height and index of the last RESULT that was new

  constructor(honest: readonly boolean[]) {
    this.#honest = [...honest];
    this.status = honest.map(() => ({ view: 0, height: 0, executed: 0 }));
  }

  /** A device is honest no more. */
  turned(device: number): void {
    this.#honest[device] = false;
  }

  /** Follows a transaction by its id (latin1 of 8 bytes). */
  follow(id: string): Followed {
    let followed = this.#followed.get(id);
    if (followed === undefined) this.#followed.set(id, (followed = { height: -1, reason: -1, devices: new Set() }));
    return followed;
  }

  tell(timeMs: number, station: Station | null, said: FleetEvent["said"]): void {
    if (this.listeners.length === 0) return;
    const told = { timeMs, device: station?.index ?? -1, twin: station !== null && station.id !== station.index, said };
    for (const listener of this.listeners) listener(told);
  }

  /** A device said this. */
  heard(station: Station, number: number, bytes: Uint8Array, timeMs: number): void {
    const status = this.status[station.index];
    const honest = this.#honest[station.index];
    if (number === event.COMMIT && bytes.length >= 48) {
      status.height = u32(bytes, 0);
      if (honest) this.stats.height = Math.max(this.stats.height, status.height);
    } else if (number === event.EXECUTED && bytes.length >= 48) status.executed = u32(bytes, 0);
    else if (number === event.VIEW && bytes.length >= 12) status.view = u32(bytes, 0);
    else if (number === event.RECOVERED && bytes.length >= 16) {
      status.height = u32(bytes, 0);
      status.executed = u32(bytes, 4);
      status.view = u32(bytes, 8);
    } else if (number === event.TRUSTED && bytes.length >= 80) {
      status.height = u32(bytes, 0);
      status.view = u32(bytes, 4);
      status.executed = u32(bytes, 8);
    } else if (number === event.RESULT && bytes.length >= 32) this.#result(station.index, honest, bytes);
    else if (number === event.READING) this.stats.readings++;
    else if (number === event.SUBMITTED && bytes.length >= 8) this.submitted = latin1(bytes, 0, 8);
    else if (number === event.REFUSED && bytes.length >= 8) {
      const reason = u16(bytes, 0);
      this.stats.refusals.set(reason, (this.stats.refusals.get(reason) ?? 0) + 1);
    }
    if (this.listeners.length !== 0) this.tell(timeMs, station, { what: "event", event: events.decode(number, bytes) });
  }

  #result(device: number, honest: boolean, bytes: Uint8Array): void {
    if (!honest) return;
    const height = u32(bytes, 0);
    const reason = u16(bytes, 6);
    const followed = this.#followed.get(latin1(bytes, 8, 16));
    if (followed !== undefined) {
      followed.height = height;
      followed.reason = reason;
      followed.devices.add(device);
    }
    // Devices execute the same blocks in the same order: the first to do so counts.
    const place = height * 65536 + u16(bytes, 4);
    if (place <= this.#lastResult) return;
    this.#lastResult = place;
    if (reason !== 0) this.stats.failed++;
    else if (bytes[16] === 1) this.stats.transfers++;
    else if (bytes[16] === 2) this.stats.registrations++;
    else if (bytes[16] === 3) this.stats.reports++;
  }
}

// A target: a running fleet as commands, scenarios and the gateway handle it, whatever it is made of.
//
//   sim:4  ──> simulated fleet     posix:PATH ──> processes     fleet.json, http://... ──> either, running elsewhere
//                 └───────────────── Target: do(deed) · request() · advance() · log ─────────────────┘
//
// Rule: a target is watched through its log alone (host/tape/log.ts) and changed through deeds and requests alone, so that whatever
// was done to it is on the tape.

import type { Deed, Verb } from "../tape/deed.ts";
import type { Reply } from "../live/life.ts";
import type { Log } from "../tape/log.ts";

export type { Reply };

export interface Target {
  readonly kind: "sim" | "posix" | "remote";
  /** Number of devices that vote. */
  readonly n: number;
  /** Number of all devices, members behind those that vote. */
  readonly devices: number;
  /** The deeds it can do. */
  readonly verbs: readonly Verb[];
  readonly log: Log;
  /** Time of the fleet, milliseconds: virtual in a simulation, since its start elsewhere. */
  readonly nowMs: number;
  /** True while `device` is powered. */
  up(device: number): boolean;
  /** Does a deed. Throws Refused (wire/refusal.ts); nothing has happened then. */
  do(deed: Deed): Promise<void>;
  /** Asks a device at its console. Throws Refused DEVICE_DOWN or NO_ANSWER. */
  request(device: number, bytes: Uint8Array): Promise<Reply>;
  /** Lets `ms` of the fleet's time pass: a simulation computes them, processes take them. */
  advance(ms: number): Promise<void>;
  /** Ends it: processes are stopped, a fleet that runs elsewhere is only left. */
  close(): Promise<void>;
}

/** A simulated target can also be set back: the same fleet, repeated from its tape to `atUs`, free to go another way. */
export interface Forkable extends Target {
  readonly kind: "sim";
  /** `progress` is called with the microseconds repeated so far. The old target goes on unless it is closed. */
  fork(atUs: number, progress?: (atUs: number) => void): Promise<Forkable>;
}

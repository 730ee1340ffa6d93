// What a fleet is made of. Plain values but for modules and log, so that a tape's header can say them (header.ts).

import type { Engine } from "../device/device.ts";
import type { Log } from "../tape/log.ts";
import type { Board, Costs } from "./costs.ts";
import type { Fault } from "./faults.ts";
import type { Cell } from "./provision.ts";
import type { Senses } from "./sense.ts";
import type { Strike } from "./strike.ts";
import type { Villain } from "./villain.ts";

export interface Options extends Partial<Cell> {
  readonly n: number;
  readonly seed: number;
  readonly engine: Engine;
  /** The module of all devices, or of each. */
  readonly wasm: Uint8Array | ((device: number) => Uint8Array);
  /** Devices that belong to the cell without voting: their numbers follow those of the n validators. */
  readonly members?: number;
  /** Their module, where wasm is one and not a function. */
  readonly memberWasm?: Uint8Array;
  /** The board whose speed the devices have, by name or as its whole table; none: computing takes no time. */
  readonly board?: Board | Costs;
  /** Flash has room for tables of keys (firmware/core/keys.ts); true unless said otherwise. */
  readonly tables?: boolean;
  /** What is drawn from the seed, */
  readonly faults?: readonly Fault[];
  /** or exactly what strikes, villains included (strike.ts). */
  readonly strikes?: readonly Strike[];
  readonly villains?: readonly Villain[];
  /** What the sensors say; a made-up weather unless said otherwise. */
  readonly senses?: Senses;
  /** Payments per virtual second, of random devices to random devices. */
  readonly traffic?: number;
  /** The device whose tape is recorded. */
  readonly record?: number;
  /** Keep the last calls of every device, so that one that traps leaves a tape (Fleet.dumps). On with a log, else off: it costs 5 %. */
  readonly dumps?: boolean;
  /** End run() at the first violation; true unless said otherwise. */
  readonly stopOnViolation?: boolean;
  /** Where everything that happens is written: the fleet's tape. */
  readonly log?: Log;
  /** Virtual time between two keyframes of all running devices on the log; 1000. */
  readonly keyframeMs?: number;
  /** The phases of a campaign (campaign.ts): it suffers, then it must recover. */
  readonly campaign?: { readonly sufferMs: number; readonly recoverMs: number };
}

/** What a device that trapped left behind. */
export interface Dump {
  readonly device: number;
  readonly atMs: number;
  readonly message: string;
  /** A device's tape (host/tape/tape.ts) that ends with the trap. */
  readonly bytes: Uint8Array;
}

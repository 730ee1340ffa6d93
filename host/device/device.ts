// A device as the host sees it: one firmware module with its own memory, from power-up to power-off.
//
//   open(engine, wasm, hal) ──> boot ──> receive | request | tick ... ──> close
//                                  └─ after each call: effects(), the ring of what the device decided (effects.ts)
//
// Rule: every engine gives the same bytes for the same inputs. A device is never booted twice: a restart is a new device.

/** The questions a device asks its board: the imports of the ABI (firmware/hal.ts). */
export interface Hal {
  /** n random bytes. */
  entropy(n: number): Uint8Array;
  /** n bytes of a flash region, or null when that range is not there. Region 0 describes the others (wire/record.ts). */
  read(region: number, offset: number, n: number): Uint8Array | null;
  /** A sensor's value in thousandths of its unit; NOTHING when the channel has nothing new. */
  sense(channel: number): bigint;
  /** n bytes at offset of the region of stored modules, or null when they are not all there. Absent: this board runs no contracts. */
  module?(offset: number, n: number): Uint8Array | null;
}

/** What `sense` answers when a channel has nothing new. */
export const NOTHING = -(1n << 63n);

export interface Device {
  /** Name of the engine that runs it. */
  readonly engine: string;
  /** Recovers from flash; 0 or a reason of wire/reason.ts. `now`: milliseconds since power-up. */
  boot(now: bigint): number;
  /** A frame came in on a link. */
  receive(link: number, frame: Uint8Array, now: bigint): void;
  /** A local request (wire/request.ts); 0 or a reason. */
  request(bytes: Uint8Array, now: bigint): number;
  /** Time passed; milliseconds until the device wants the next tick, 0xffffffff for never. */
  tick(now: bigint): number;
  /** A copy of the effect ring that the last call filled, with its terminator. */
  effects(): Uint8Array;
  /** The linear memory: all mutable state there is. A live view or a copy. */
  memory(): Uint8Array;
  /** Restores a linear memory taken by memory(). */
  write(bytes: Uint8Array): void;
  /** Power-off. The device must not be used afterwards. */
  close(): void;
}

export type Engine = "v8" | "wasm3";

/** The module stopped by itself: an assertion, an access out of bounds, `unreachable`. The board would reboot. */
export class Trap extends Error {
  override name = "Trap";
}

/** The module is not a Synod device: an import or export is missing, unknown or of another kind. */
export class AbiError extends Error {
  override name = "AbiError";
}

/** Exports that every device module has. */
export const EXPORTS = ["boot", "input", "receive", "request", "tick", "output", "abi"] as const;
/** Imports that a device module may ask for, all of module "synod". */
export const IMPORTS = ["entropy", "read", "sense", "call", "accelerate"] as const;
/** What `accelerate` answers in the engines of this process: devices do everything themselves, which gives the same (wire/accelerate.ts). */
export const NOT_OFFERED = 0;
/** Bytes of an input that every device takes (INPUT_MAX of firmware/layout.ts). */
export const INPUT_MAX = 1536;

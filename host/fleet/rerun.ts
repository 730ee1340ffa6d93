// The tape of a whole fleet run: seed, options and the hash of what happened. Replay simulates it again.
//
//   a tape (tape.ts) of two records:   NOTE {"fleet": options, "wasm": sha256 of the module} · END trace hash of the fleet
//
// Rule: the hash is the proof. A replay with another module says so before it says that the hash differs.

import { createHash } from "node:crypto";
import { hex } from "../device/bytes.ts";
import type { Engine } from "../device/device.ts";
import * as campaign from "./campaign.ts";
import * as faults from "./faults.ts";
import * as tape from "../tape/tape.ts";

/** What of a campaign's run is on the tape. */
export interface FleetTape {
  readonly seed: number;
  readonly n: number;
  readonly faults: readonly faults.Fault[];
  readonly sufferMs: number;
  readonly recoverMs: number;
  /** SHA-256 of the module, hex. */
  readonly wasm: string;
  /** Trace hash of the fleet, hex. */
  readonly traceHash: string;
}

export interface FleetReplayed {
  readonly result: campaign.Result;
  /** The same module as recorded? */
  readonly sameModule: boolean;
  /** The same trace hash? */
  readonly same: boolean;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The tape of a run that all devices made with one module. */
export function write(run: campaign.Run & { readonly wasm: Uint8Array }, traceHash: string): Uint8Array {
  const writer = new tape.Writer();
  const { seed, n, sufferMs = campaign.SUFFER_MS, recoverMs = campaign.RECOVER_MS } = run;
  writer.note({ fleet: { seed, n, faults: run.faults, sufferMs, recoverMs }, wasm: sha256(run.wasm) });
  writer.end(new Uint8Array(Buffer.from(traceHash, "hex")));
  return writer.bytes();
}

/** Reads a fleet's tape; null when it is the tape of one device. Throws TapeError when it is no tape. */
export function read(bytes: Uint8Array): FleetTape | null {
  const [first, end] = tape.parse(bytes);
  if (first?.type !== tape.NOTE) return null;
  const { fleet, wasm } = tape.note(first.payload) as { fleet?: Omit<FleetTape, "wasm" | "traceHash">; wasm?: string };
  if (fleet === undefined || wasm === undefined) return null;
  if (end?.type !== tape.END) throw new tape.TapeError("the tape of this fleet has no trace hash");
  return { ...fleet, wasm, traceHash: hex(end.payload) };
}

/** Simulates the run again. */
export function replay(recorded: FleetTape, engine: Engine, wasm: Uint8Array): FleetReplayed {
  const { seed, n, sufferMs, recoverMs } = recorded;
  const result = campaign.runSeed({ seed, n, engine, wasm, faults: recorded.faults, sufferMs, recoverMs });
  return { result, sameModule: sha256(wasm) === recorded.wasm, same: result.traceHash === recorded.traceHash };
}

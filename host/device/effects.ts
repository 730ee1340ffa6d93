// The effect ring, taken apart: what a device decided in one call, in the order in which it must be done.
//
// Layout and rule: firmware/wire/effect.ts. Contents are views of the ring's copy, valid as long as the caller keeps them.

import { u16, u32 } from "./bytes.ts";
import * as effect from "../../firmware/wire/effect.ts";

export interface Effect {
  /** effect.STORE, ERASE, SEND, ACT, EVENT or RESET. */
  readonly op: number;
  /** Region, link, channel or event kind. */
  readonly a: number;
  /** Offset, sector, peer or reason. */
  readonly b: number;
  readonly bytes: Uint8Array;
}

const NONE: readonly Effect[] = [];
const NAMES = ["END", "STORE", "ERASE", "SEND", "ACT", "EVENT", "RESET"];

/** The effects of a ring. Throws when a record has an unknown op or runs past the end: no device writes such a ring. */
export function parse(ring: Uint8Array): readonly Effect[] {
  if (ring.length === 0 || ring[0] === effect.END) return NONE;
  const effects: Effect[] = [];
  for (let p = 0; p < ring.length && ring[p] !== effect.END;) {
    const op = ring[p];
    if (op > effect.RESET) throw new Error(`effect ${effects.length} has the unknown op ${op}`);
    const length = u16(ring, p + effect.LENGTH);
    const from = p + effect.BYTES;
    if (from + length > ring.length) throw new Error(`effect ${effects.length} runs past the end of the ring`);
    effects.push({
      op,
      a: ring[p + effect.A],
      b: u32(ring, p + effect.B),
      bytes: ring.subarray(from, from + length),
    });
    p += effect.span(length) >>> 0;
  }
  return effects;
}

/** The ring's records without the terminator: what the trace hash covers. */
export function records(ring: Uint8Array): Uint8Array {
  let p = 0;
  while (p < ring.length && ring[p] !== effect.END) {
    p += effect.span(u16(ring, p + effect.LENGTH)) >>> 0;
  }
  return ring.subarray(0, p);
}

/** The name of an op, for people. */
export const name = (op: number): string => NAMES[op] ?? `op ${op}`;

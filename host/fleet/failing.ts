// Where the power fails: in which effect of which call, and how far into a write.
//
//   cut    between two effects: those before it are done, those behind it are not
//   torn   in the middle of a STORE or ERASE: its first bytes are done
//
// Rule: a device cannot tell when; every effect of every call is a possible place.

import * as effect from "../../firmware/wire/effect.ts";
import type { Effect } from "../device/effects.ts";
import { REGIONS } from "./flash.ts";
import type { Rng } from "./rng.ts";

export interface Failing {
  readonly how: "cut" | "torn";
  /** Effects still to be done before the power fails; -1: a random one of the next call that offers the occasion. */
  effects: number;
  /** Bytes of the failing store or erase that are done; -1: a random number of them. */
  readonly bytes: number;
  /** Milliseconds until power returns; null: it does not by itself. */
  readonly backMs: number | null;
  /** Part of a cut of the whole site: counted there. */
  readonly site?: boolean;
  /** What a random place is drawn from; the fleet's own stream unless given. */
  readonly rng?: Rng;
}

const writes = ({ op }: Effect): boolean => op === effect.STORE || op === effect.ERASE;

/**
 * Index of the effect before which (cut) or in which (torn) the power fails; the number of effects when it fails behind
 * the last one; -1 when it does not fail in this call.
 */
export function place(failing: Failing, list: readonly Effect[], rng: Rng): number {
  if (failing.effects >= 0) {
    let at = failing.effects;
    while (failing.how === "torn" && at < list.length && !writes(list[at])) at++;
    if (at < list.length || (at === list.length && failing.how === "cut")) return at;
    failing.effects = Math.max(0, failing.effects - list.length);
    return -1;
  }
  if (failing.how === "cut") return rng.below(list.length + 1);
  const candidates = list.map((_, i) => i).filter((i) => writes(list[i]));
  return candidates.length === 0 ? -1 : rng.pick(candidates);
}

/** How many bytes of a torn write are done. */
export function done(failing: Failing, { op, a, bytes }: Effect, rng: Rng): number {
  const all = op === effect.STORE ? bytes.length : (REGIONS[a]?.sector ?? 0);
  return failing.bytes >= 0 ? Math.min(failing.bytes, all) : rng.below(all);
}

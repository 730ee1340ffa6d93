// What a scenario waits for: predicates over what a fleet's log has told, each with its sentence.
//
//   height(10)  executed(10)  agreed(10)  caughtUp(2)  running(2)  took(id)  final(id)  balance(0, 500n)  acts(1, 0, 1000)
//   silent(5000)  time(30_000)      all(a, b)  any(a, b)  not(a)
//
// Rule: a predicate looks and changes nothing; it can be asked at any time, any number of times.

import * as query from "../target/query.ts";
import type { Ledger } from "../target/probe.ts";
import type { Seen } from "../target/seen.ts";
import type { Target } from "../target/target.ts";
import * as words from "../wire/words.ts";

/** What a predicate may look at. */
export interface View {
  readonly seen: Seen;
  readonly ledger: Ledger;
  readonly target: Target;
}

export interface Predicate {
  /** What is waited for, as in "waited for ...". */
  readonly sentence: string;
  holds(view: View): boolean;
  /** Why it can never hold any more; null while it can. */
  never?(view: View): string | null;
  /** What must be known before it can be asked. */
  readonly ready?: PromiseLike<unknown>;
}

/** A transaction's id (16 hex digits), or what will give it: `took(fleet.device(0).pay(1, 5))`. */
export type Id = string | PromiseLike<string>;

const make = (sentence: string, holds: (view: View) => boolean): Predicate => ({ sentence, holds });
/** Honest devices that are powered. */
const honest = ({ seen }: View): number[] => seen.up.filter((i) => !seen.devices[i].lies);

/** A block of this height is final at one device at least. */
export const height = (h: number): Predicate => make(`a block at height ${h}`, ({ seen }) => seen.height >= h);

/** Every running device has executed the block of this height. */
export const executed = (h: number): Predicate =>
  make(`every running device to execute height ${h}`, (view) =>
    honest(view).every((i) => view.seen.devices[i].executed >= h),
  );

/** Every running device has executed the block of this height, and all have the same state root there. */
export function agreed(h: number): Predicate {
  const done = executed(h);
  const states = ({ seen }: View): number =>
    new Set(seen.roots.get(h)?.filter((root, i) => root !== undefined && !seen.devices[i].lies)).size;
  return {
    sentence: `every running device to have the same state at height ${h}`,
    holds: (view) => honest(view).length > 0 && done.holds(view) && states(view) <= 1,
    never: (view) => (states(view) > 1 ? `the devices have ${states(view)} different states at height ${h}` : null),
  };
}

/** The device runs, and is at most a block behind the furthest one. */
export const caughtUp = (device: number): Predicate =>
  make(`device ${device} to catch up`, ({ seen }) => {
    const { up, executed: own } = seen.devices[device];
    return up && seen.height > 0 && own + 1 >= seen.height;
  });

/** The device is powered. */
export const running = (device: number): Predicate =>
  make(`device ${device} to run`, ({ seen }) => seen.devices[device].up);

function executedBy(
  id: Id,
  sentence: (id: string) => string,
  enough: (devices: Set<number>, view: View) => boolean,
): Predicate {
  let known = typeof id === "string" ? id : "";
  const ready = typeof id === "string" ? undefined : id.then((given) => (known = given));
  return {
    get sentence() {
      return sentence(known === "" ? "" : ` ${known.slice(0, 8)}`);
    },
    ready,
    holds(view) {
      const result = view.seen.results.get(known);
      return result !== undefined && result.reason === 0 && enough(result.devices, view);
    },
    never({ seen }) {
      const result = seen.results.get(known);
      return result !== undefined && result.reason !== 0
        ? `transaction ${known.slice(0, 8)} was executed at height ${result.height} and had no effect: ${words.reason(result.reason)}`
        : null;
    },
  };
}

/** A transaction took effect at one device at least. */
export const took = (id: Id): Predicate =>
  executedBy(
    id,
    (name) => `transaction${name} to take effect`,
    (devices) => devices.size > 0,
  );

/** A transaction took effect at every running device. */
export const final = (id: Id): Predicate =>
  executedBy(
    id,
    (name) => `transaction${name} to take effect at every running device`,
    (devices, view) => {
      const { height: at } = [...view.seen.results.values()].find((result) => result.devices === devices)!;
      return honest(view).every((i) => devices.has(i) || view.seen.devices[i].executed > at);
    },
  );

/** The account of a device, or of a key id (hex), holds so much at least, as the furthest device knew it at its last keyframe. */
export const balance = (of: number | string, atLeast: bigint | number): Predicate =>
  make(
    `${typeof of === "number" ? `device ${of}` : `account ${of}`} to own ${atLeast}`,
    ({ ledger, target }) =>
      (ledger.balances([typeof of === "number" ? query.whom(target, String(of)) : of])?.[0] ?? -1n) >= BigInt(atLeast),
  );

/** The device has set the actuator of this channel to this value, in thousandths of its unit. */
export const acts = (device: number, channel: number, value: bigint | number): Predicate =>
  make(
    `device ${device} to set actuator ${channel} to ${Number(value) / 1000}`,
    ({ seen }) => seen.devices[device].acts.get(channel) === BigInt(value),
  );

/** For so long (of the fleet's time) no block has become final. */
export const silent = (ms: number): Predicate =>
  make(`${ms / 1000} s without a new block`, ({ seen, target }) => target.nowMs - seen.commitUs / 1000 >= ms);

/** The fleet's time is this, milliseconds. */
export const time = (ms: number): Predicate => make(`${ms / 1000} s`, ({ target }) => target.nowMs >= ms);

function both(list: readonly Predicate[], word: string, holds: (view: View) => boolean): Predicate {
  const ready = list.flatMap((each) => (each.ready === undefined ? [] : [each.ready]));
  return {
    get sentence() {
      return list.map((each) => each.sentence).join(` ${word} `);
    },
    holds,
    ready: ready.length === 0 ? undefined : Promise.all(ready),
  };
}

/** All of these hold at one time. */
export const all = (...list: Predicate[]): Predicate => ({
  ...both(list, "and", (view) => list.every((each) => each.holds(view))),
  never: (view) => list.map((each) => each.never?.(view) ?? null).find((why) => why !== null) ?? null,
});

/** One of these holds. */
export const any = (...list: Predicate[]): Predicate =>
  both(list, "or", (view) => list.some((each) => each.holds(view)));

/** This does not hold. */
export const not = (of: Predicate): Predicate => both([of], "", (view) => !of.holds(view));

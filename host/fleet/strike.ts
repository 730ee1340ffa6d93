// Strikes: every fault of a run as plain data, drawn from the seed before it happens. A list of them repeats the run without the seed
// that drew them, and can be thinned: that is how `synod shrink` finds the few that matter.
//
//   weather     redrawn every one to six seconds     loss, burst, duplication, delay, reorder, corruption
//   partition   begins every two to nine seconds     lasts up to six
//   power       per device, at a rate of its own     torn, cut, crash; all devices at once: sitecut
//   clocks      once, before the first power-up      drift
//   villains    once                                 equivocator, withholder, stale
//
// Rule: what is drawn depends on the seed alone, never on what devices do. A strike that needs chance when it is carried out brings
// its own seed, so that leaving out one moves no other.

import type { Fault, VillainFault } from "./faults.ts";
import type { Rng } from "./rng.ts";

interface At {
  /** Virtual milliseconds since the start. */
  readonly atMs: number;
}

interface Lasting extends At {
  readonly untilMs: number;
  readonly seed: number;
}

interface OfDevice extends At {
  readonly device: number;
  /** Milliseconds until power returns. */
  readonly backMs: number;
}

export type Strike =
  /** Each directed link loses frames at a rate of its own, up to twice `rate`. */
  | (Lasting & { readonly what: "loss"; readonly rate: number })
  | (Lasting & { readonly what: "burst"; readonly enter: number; readonly leave: number; readonly loss: number })
  | (Lasting & { readonly what: "duplication" | "corruption"; readonly rate: number })
  | (Lasting & { readonly what: "delay" | "reorder"; readonly rate: number; readonly maxMs: number })
  /** The group of each station; `oneWay`: only the later group is deaf. */
  | (At & {
      readonly what: "partition";
      readonly untilMs: number;
      readonly groups: readonly number[];
      readonly oneWay: boolean;
    })
  | (OfDevice & { readonly what: "torn" | "cut"; readonly seed: number })
  | (OfDevice & { readonly what: "crash" })
  /** Everybody loses power; it returns after backMs, at each device up to spreadMs later. */
  | (At & { readonly what: "sitecut"; readonly backMs: number; readonly spreadMs: number; readonly seed: number })
  /** Ticks of a device's clock per true tick. */
  | (At & { readonly what: "drift"; readonly device: number; readonly rate: number })
  | (At & { readonly what: VillainFault; readonly device: number });

export type Weather = Extract<Strike, Lasting>;

/** When strikes begin: everybody is up by then. */
export const FIRST_MS = 400;

export interface Field {
  /** Devices, and stations: an equivocator has two. */
  readonly n: number;
  readonly stations: number;
  /** Devices whose power may fail. */
  readonly honest: readonly number[];
}

/** The strikes of these faults, in order of time, without end. */
export function* draw(faults: readonly Fault[], field: Field, stream: (name: string) => Rng): Generator<Strike> {
  const on = new Set(faults);
  if (on.has("drift")) yield* drifts(stream("drift"), field);
  const rng = stream("strikes");
  const sources: Iterator<Strike>[] = [weather(stream("weather"), on)];
  if (on.has("partition")) sources.push(partitions(stream("partition"), field));
  for (const device of field.honest)
    for (const how of ["torn", "cut", "crash"] as const)
      if (on.has(how)) sources.push(failures(stream(`${how} ${device}`), device, how));
  if (on.has("sitecut")) sources.push(sitecuts(rng));
  yield* inOrder(sources);
}

function* inOrder(sources: readonly Iterator<Strike>[]): Generator<Strike> {
  const heads = sources.map((source) => source.next());
  for (;;) {
    let first = -1;
    heads.forEach(({ done, value }, i) => {
      if (done !== true && (first < 0 || value.atMs < heads[first].value.atMs)) first = i;
    });
    if (first < 0) return;
    yield heads[first].value;
    heads[first] = sources[first].next();
  }
}

function* drifts(rng: Rng, { n }: Field): Generator<Strike> {
  for (let device = 0; device < n; device++)
    yield { what: "drift", atMs: 0, device, rate: 1 + (rng.real() - 0.5) * 0.04 };
}

function* weather(rng: Rng, on: ReadonlySet<Fault>): Generator<Strike> {
  /** A rate that is zero now and then, mostly small, sometimes up to `most`. */
  const rate = (fault: Fault, most: number): number => {
    if (!on.has(fault) || rng.chance(0.3)) return 0;
    const x = rng.real();
    return most * x * x;
  };
  const possible = (["loss", "burst", "duplication", "delay", "reorder", "corruption"] as const).some((f) => on.has(f));
  for (let atMs = FIRST_MS; possible;) {
    const untilMs = atMs + rng.between(1000, 6000);
    const lasting = (): Lasting => ({ atMs, untilMs, seed: rng.next() });
    const loss = rate("loss", 0.6);
    if (loss !== 0) yield { what: "loss", ...lasting(), rate: loss };
    const enter = rate("burst", 0.1);
    if (enter !== 0)
      yield { what: "burst", ...lasting(), enter, leave: 0.05 + 0.3 * rng.real(), loss: 0.5 + 0.5 * rng.real() };
    const duplication = rate("duplication", 0.5);
    if (duplication !== 0) yield { what: "duplication", ...lasting(), rate: duplication };
    const delay = rate("delay", 0.8);
    if (delay !== 0) yield { what: "delay", ...lasting(), rate: delay, maxMs: rng.between(10, 1000) };
    const reorder = rate("reorder", 0.5);
    if (reorder !== 0) yield { what: "reorder", ...lasting(), rate: reorder, maxMs: rng.between(5, 300) };
    const corruption = rate("corruption", 0.3);
    if (corruption !== 0) yield { what: "corruption", ...lasting(), rate: corruption };
    atMs = untilMs;
  }
}

function* partitions(rng: Rng, { stations }: Field): Generator<Strike> {
  for (let atMs = FIRST_MS + rng.between(200, 4000); ;) {
    const groups = Array.from({ length: stations }, () => rng.below(rng.chance(0.8) ? 2 : 3));
    const untilMs = atMs + rng.between(300, 6000);
    yield { what: "partition", atMs, untilMs, groups, oneWay: rng.chance(0.2) };
    atMs = untilMs + rng.between(1000, 5000);
  }
}

/** The power of a device fails about every 4 to 25 seconds, at a rate of its own. */
function* failures(rng: Rng, device: number, how: "torn" | "cut" | "crash"): Generator<Strike> {
  const everyMs = 1000 * rng.between(4, 25);
  for (let atMs = FIRST_MS; ;) {
    atMs += rng.between(everyMs / 10, (19 * everyMs) / 10);
    const backMs = rng.chance(0.7) ? rng.between(20, 800) : rng.between(800, 6000);
    yield how === "crash" ? { what: how, atMs, device, backMs } : { what: how, atMs, device, backMs, seed: rng.next() };
  }
}

function* sitecuts(rng: Rng): Generator<Strike> {
  for (let atMs = FIRST_MS + rng.between(500, 20_000); ; atMs += rng.between(3000, 25_000)) {
    const backMs = rng.between(20, 2000);
    const spreadMs = rng.chance(0.5) ? 0 : rng.between(0, 1500);
    yield { what: "sitecut", atMs, backMs, spreadMs, seed: rng.next() };
  }
}

/** A strike as a sentence. */
export function sentence(strike: Strike): string {
  const at = `${(strike.atMs / 1000).toFixed(3)} s: ${strike.what}`;
  if (strike.what === "drift") return `${at} of device ${strike.device}, rate ${strike.rate.toFixed(4)}`;
  if (strike.what === "partition")
    return `${at} until ${(strike.untilMs / 1000).toFixed(3)} s, stations in groups ${strike.groups.join(" ")}${strike.oneWay ? ", in one direction" : ""}`;
  if ("untilMs" in strike) return `${at} until ${(strike.untilMs / 1000).toFixed(3)} s`;
  if (strike.what === "sitecut") return `${at}, back after ${strike.backMs} ms`;
  return "backMs" in strike
    ? `${at} of device ${strike.device}, back after ${strike.backMs} ms`
    : `${at}, device ${strike.device}`;
}

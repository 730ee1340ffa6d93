// The run of a fleet tape again: simulated from its header and its deeds, in any engine, to the end or to any time before.
//
//   tape ── FLEET, MODULE ──> Fleet ── DEEDs, each between the same two events ──> the same run ──> go on from there: a fork
//     ├── PAGE ──────────> equal to the page of the repetition at that time?
//     └── END  ──────────> equal to its trace hash?
//
// Rule: a repetition that differs says where it first does, by time and device, and what differed.

import { hex } from "../device/bytes.ts";
import { AbiError, type Engine } from "../device/device.ts";
import * as deeds from "../tape/deed.ts";
import * as facts from "../tape/fleet.ts";
import { Log } from "../tape/log.ts";
import * as page from "../tape/page.ts";
import * as tape from "../tape/tape.ts";
import { Refused } from "../wire/refusal.ts";
import * as campaign from "./campaign.ts";
import { Fleet, type Options as FleetOptions } from "./fleet.ts";
import * as header from "./header.ts";
import type { Violation } from "./invariants.ts";
import * as sound from "./sound.ts";

type Deed = Extract<facts.Fact, { type: typeof facts.DEED }>;
type Page = Extract<facts.Fact, { type: typeof facts.PAGE }>;
type Gap = Extract<facts.Fact, { type: typeof facts.GAP }>;

/** A fleet tape, read. */
export interface Recorded {
  readonly header: facts.Header;
  readonly modules: readonly Uint8Array[];
  readonly deeds: readonly Deed[];
  /** Keyframes, and where some were dropped. */
  readonly pages: readonly (Page | Gap)[];
  /** What broke, as it was recorded. */
  readonly broken: readonly Extract<facts.Fact, { type: typeof facts.BROKEN }>[];
  /** Trace hash and how far the run came; null when the tape has no END. */
  readonly end: { readonly digest: string; readonly atUs: number; readonly order: number } | null;
  /** Time of the last record. */
  readonly lastUs: number;
  /** Where the tape was cut short; null when it is whole. */
  readonly cut: string | null;
}

/** True when these are the bytes of a fleet's tape, not of one device's. Throws TapeError when they are no tape. */
export const isFleet = (bytes: Uint8Array): boolean => tape.take(bytes).records[0]?.type === facts.FLEET;

/** The engine in which a fleet's tape was made. */
export const engineOf = (bytes: Uint8Array): Engine =>
  (read(bytes).header.options.engine as Engine | undefined) ?? "v8";

/** Reads a fleet tape; one that was cut short is read to its last whole record. Throws TapeError when it is none. */
export function read(bytes: Uint8Array): Recorded {
  const { records, cut } = tape.take(bytes);
  const read = { modules: [] as Uint8Array[], deeds: [] as Deed[], pages: [] as (Page | Gap)[], lastUs: 0 };
  const broken: Extract<facts.Fact, { type: typeof facts.BROKEN }>[] = [];
  let first: facts.Header | null = null;
  let place: { atUs: number; order: number } | null = null;
  let digest: string | null = null;
  for (const { type, payload } of records) {
    if (type === tape.END) digest = hex(payload);
    const fact = facts.decode(type, payload);
    if (fact === null) continue;
    if (fact.type === facts.FLEET) first ??= fact.header;
    else if (fact.type === facts.MODULE) read.modules.push(fact.wasm);
    else read.lastUs = Math.max(read.lastUs, fact.atUs);
    if (fact.type === facts.DEED) read.deeds.push(fact);
    else if (fact.type === facts.PAGE || fact.type === facts.GAP) read.pages.push(fact);
    else if (fact.type === facts.BROKEN) broken.push(fact);
    else if (fact.type === facts.NOTE && fact.note.end !== undefined)
      place = { atUs: fact.atUs, order: (fact.note.end as { order: number }).order };
  }
  if (first === null) throw new tape.TapeError("this is the tape of no fleet: it has no FLEET record");
  if (first.kind !== "sim")
    throw new tape.TapeError("this fleet was not simulated: its tape can be looked at, not repeated");
  sound.check(first);
  const end = digest !== null && place !== null ? { digest, ...place } : null;
  return { header: first, ...read, broken, end, cut };
}

type Progress = (atUs: number) => void;

export interface Options {
  /** Virtual microseconds up to which it is repeated; to the end of the tape by default. */
  readonly untilUs?: number;
  /** The recorded engine by default. */
  readonly engine?: Engine;
  /** Where the repetition is written. */
  readonly log?: Log;
  /** Called now and then with the microseconds repeated so far. */
  readonly progress?: Progress;
}

/** Virtual microseconds that are simulated between two words of progress. */
const SLICE_US = 500_000;
/** Bytes of facts that a repetition keeps which nobody asked to be logged. */
const SMALL = 1 << 20;
/** Bytes of a device's memory. */
const PAGE = 65536;

/** A fleet of these options; its modules come from a tape, and may be none. */
function made(options: FleetOptions): Fleet {
  try {
    return new Fleet(options);
  } catch (e) {
    if (e instanceof AbiError || e instanceof WebAssembly.CompileError || e instanceof WebAssembly.LinkError)
      throw new tape.TapeError(`a module of this tape is no device: ${e.message}`);
    throw e;
  }
}

/** A repetition, as far as it went. */
export class Repetition {
  readonly recorded: Recorded;
  readonly fleet: Fleet;
  /** Pages that were compared. */
  pages = 0;
  /** The first difference, as a sentence; null while there is none. */
  differs: string | null = null;
  readonly #check: Check;
  #deed = 0;

  constructor(recorded: Recorded, { engine, log = new Log(SMALL) }: Options = {}) {
    this.recorded = recorded;
    this.#check = new Check(recorded.pages);
    const stop = log.on((fact) => {
      if (fact.type !== facts.PAGE || this.differs !== null) return;
      this.differs = this.#check.page(fact);
      this.pages = this.#check.compared;
      if (this.differs !== null || this.#check.over) stop();
    });
    this.fleet = made({ ...header.options(recorded.header, recorded.modules, engine), log });
    if (recorded.header.run === "campaign") campaign.arm(this.fleet);
  }

  get violations(): readonly Violation[] {
    return this.fleet.violations;
  }

  /** Where the tape ends: time, and number of events when that is known. */
  get lastUs(): number {
    return this.recorded.end?.atUs ?? this.recorded.lastUs;
  }

  /** Goes on to this time. Deeds up to it are done. */
  to(untilUs: number, progress: Progress = () => {}): void {
    this.#deeds(untilUs, progress);
    this.#run(untilUs, Infinity, progress);
    this.fleet.pass(Math.max(untilUs, this.fleet.nowUs));
  }

  /** Goes on to the end of the tape, and compares the trace hash. */
  finish(progress: Progress = () => {}): void {
    const { end } = this.recorded;
    if (end === null) return this.to(this.lastUs, progress);
    this.#deeds(Infinity, progress);
    this.#run(end.atUs, end.order, progress);
    this.fleet.pass(Math.max(end.atUs, this.fleet.nowUs));
    const { traceHash } = this.fleet;
    if (traceHash === end.digest) return;
    this.differs ??= `the trace hash is ${traceHash.slice(0, 16)}…, on the tape it is ${end.digest.slice(0, 16)}…`;
  }

  #deeds(untilUs: number, progress: Progress): void {
    const { deeds: list } = this.recorded;
    for (; this.#deed < list.length && list[this.#deed].atUs <= untilUs; this.#deed++) {
      const { atUs, order, deed } = list[this.#deed];
      const exact = order !== facts.BY_TIME;
      this.#run(atUs, exact ? order : Infinity, progress);
      if (exact && this.fleet.events !== order)
        this.differs ??= `${at(atUs)}: ${deeds.sentence(deed)}, after ${order} events; the repetition has ${this.fleet.events}`;
      this.fleet.pass(Math.max(atUs, this.fleet.nowUs));
      try {
        this.fleet.do(deed);
      } catch (e) {
        if (!(e instanceof Refused)) throw e;
        this.differs ??= `${at(atUs)}: ${e.message}, where on the tape ${deeds.sentence(deed)}`;
      }
    }
  }

  /** Processes the events up to `untilUs`, until their number is `order`. */
  #run(untilUs: number, order: number, progress: Progress): void {
    for (let toUs = this.fleet.nowUs; toUs < untilUs && this.fleet.events < order;) {
      toUs = Math.min(untilUs, toUs + SLICE_US);
      this.fleet.step(toUs, order);
      progress(toUs);
    }
    this.fleet.step(untilUs, order);
  }
}

/** A fleet tape repeated to a time, or to its end: a fleet that is free to go on. Throws TapeError when it is none. */
export function repeat(bytes: Uint8Array, options: Options = {}): Fleet {
  const again = new Repetition(read(bytes), options);
  if (options.untilUs === undefined) again.finish(options.progress);
  else again.to(options.untilUs, options.progress);
  return again.fleet;
}

/** The pages on a tape beside those of its repetition, in their order. */
class Check {
  compared = 0;
  readonly #theirs: readonly (Page | Gap)[];
  readonly #recorded = new Map<string, Uint8Array>();
  readonly #repeated = new Map<string, Uint8Array>();
  #next = 0;
  /** Pages may be missing on the tape. */
  #gap = false;

  constructor(pages: readonly (Page | Gap)[]) {
    this.#theirs = pages;
  }

  /** True when the tape has no more pages. */
  get over(): boolean {
    return this.#next >= this.#theirs.length;
  }

  /** The next page of the repetition; a sentence when the tape has another. */
  page(mine: Page): string | null {
    const name = nameOf(mine);
    const repeated = put(this.#repeated, mine)!;
    for (; !this.over; this.#next++) {
      const theirs = this.#theirs[this.#next];
      if (theirs.type === facts.GAP) {
        this.#gap = true;
        this.#recorded.clear();
        continue;
      }
      const same = theirs.atUs === mine.atUs && nameOf(theirs) === name;
      if (!same && this.#gap) return null;
      if (!same) return `${at(mine.atUs)}: ${who(mine)} runs; on the tape ${who(theirs)} does at ${at(theirs.atUs)}`;
      this.#next++;
      const recorded = put(this.#recorded, theirs);
      if (recorded === null) return null;
      this.compared++;
      const first = repeated.findIndex((byte, i) => byte !== recorded[i]);
      if (first < 0) return null;
      return `${at(mine.atUs)}: ${who(mine)}: memory differs, first at 0x${first.toString(16).padStart(4, "0")}`;
    }
    return null;
  }
}

const nameOf = ({ device, twin }: Page): string => `${device}${twin ? "'" : ""}`;
const who = (page: Page): string => `device ${page.device}${page.twin ? " (its second copy)" : ""}`;
const at = (us: number): string => `${(us / 1e6).toFixed(6)} s`;

/** A page with these runs in it; null when the page before is not known. */
function put(pages: Map<string, Uint8Array>, { device, twin, whole, runs }: Page): Uint8Array | null {
  const name = nameOf({ device, twin } as Page);
  const bytes = whole ? new Uint8Array(PAGE) : pages.get(name);
  if (bytes === undefined) return null;
  page.apply(bytes, runs);
  pages.set(name, bytes);
  return bytes;
}

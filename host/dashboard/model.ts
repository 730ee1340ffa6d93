// The page's memory of one tape: facts in, the fleet at any time out.
//
//   push(type, payload) ──> store (records by time) · pages · history · live state ── every 2 s ──> snapshot
//   at(t)  =  the last snapshot at or before t  +  the records from there to t
//
// Bounded: store and pages have limits; what they drop, snapshots and history forget too, and `fromUs` rises.
// Rule: at(t) is what a fresh model says that was given the records up to t and no more.

import * as counters from "../device/counters.ts";
import * as events from "../device/event.ts";
import * as fleet from "../tape/fleet.ts";
import { END } from "../tape/tape.ts";
import { History } from "./history.ts";
import { Pages } from "./pages.ts";
import * as states from "./state.ts";
import { Store } from "./store.ts";

const SNAPSHOT_US = 2_000_000;
/** History is cut in steps of at least so much time. */
const DROP_US = 10_000_000;

interface Snapshot {
  /** Position of the first record that is not in it. */
  readonly position: number;
  readonly state: states.State;
}

export interface Limits {
  records?: number;
  pages?: number;
}

export class Model {
  readonly header: fleet.Header;
  readonly history: History;
  readonly pages: Pages;
  readonly store: Store;
  readonly #modules: Uint8Array[] = [];
  readonly #live: states.State;
  #snapshots: Snapshot[];
  #seen: { position: number; state: states.State } | null = null;
  #droppedUs = 0;
  /** Earliest and latest time that at() knows. */
  fromUs = Infinity;
  edgeUs = 0;
  /** The tape was closed by its trace hash. */
  ended = false;

  constructor(header: fleet.Header, limits: Limits = {}) {
    this.header = header;
    this.#live = states.begin(header);
    this.#snapshots = [{ position: 0, state: states.copy(this.#live) }];
    this.history = new History(this.n, header.n);
    this.pages = new Pages(header.n, limits.pages);
    this.store = new Store(limits.records);
  }

  get n(): number {
    return fleet.devices(this.header);
  }

  /** The module that a device runs; null when the tape has not brought it. */
  module(device: number): Uint8Array | null {
    const { modules } = this.header;
    const order = [...new Set(modules)];
    return this.#modules[order.indexOf(modules[device] ?? modules[0])] ?? null;
  }

  /** Takes the next record. */
  push(type: number, payload: Uint8Array): void {
    if (type === END) this.ended = true;
    if (type === fleet.MODULE) this.#modules.push(payload.slice());
    if (type <= fleet.MODULE) return;
    const fact = fleet.decode(type, payload);
    if (fact === null || !("atUs" in fact)) return;
    const atUs = Math.max(this.edgeUs, fact.atUs);
    if (type !== fleet.DEED) this.fromUs = Math.min(this.fromUs, atUs);
    this.edgeUs = atUs;
    if (fact.type === fleet.PAGE) this.#page(fact, atUs);
    const kept = fact.type === fleet.PAGE ? payload.subarray(0, fleet.AT_HEAD) : payload;
    if (this.store.add(type, kept, atUs)) this.#dropped();
    const event = fact.type === fleet.SAID ? events.decode(fact.kind, fact.bytes) : null;
    states.apply(this.#live, fact, event ?? undefined);
    this.history.add(fact, atUs, this.#live, event);
    if (atUs < this.#snapshots[this.#snapshots.length - 1].state.atUs + SNAPSHOT_US) return;
    this.#snapshots.push({ position: this.store.next, state: states.copy(this.#live) });
  }

  /** The fleet at a time. The answer is this model's own: read it before the next call. */
  at(us: number): states.State {
    const position = this.store.after(us);
    if (position >= this.store.next) return this.#live;
    let from = this.#snapshots.length - 1;
    while (from > 0 && this.#snapshots[from].position > position) from--;
    const snapshot = this.#snapshots[from];
    const seen = this.#seen;
    const near = seen !== null && seen.position <= position && seen.position >= snapshot.position;
    const start = near ? seen : { position: snapshot.position, state: states.copy(snapshot.state) };
    const { state } = start;
    this.store.each(start.position, us, (type, payload) => {
      const fact = fleet.decode(type, payload);
      if (fact !== null) states.apply(state, fact);
    });
    this.#seen = { position: Math.max(position, start.position), state };
    return state;
  }

  #page(fact: Extract<fleet.Fact, { type: typeof fleet.PAGE }>, atUs: number): void {
    if (fact.twin) return;
    const page = this.pages.add(fact.device, atUs, fact.whole, fact.runs);
    if (page !== null) this.history.work(fact.device, atUs, counters.read(page));
  }

  #dropped(): void {
    const { first } = this.store;
    let keep = this.#snapshots.findIndex(({ position }) => position >= first);
    if (keep < 0) keep = this.#snapshots.length - 1;
    if (keep > 0) this.#snapshots = this.#snapshots.slice(keep);
    this.fromUs = Math.max(this.fromUs, this.#snapshots[0].state.atUs);
    if (this.fromUs < this.#droppedUs + DROP_US) return;
    this.#droppedUs = this.fromUs;
    this.history.drop(this.fromUs);
  }
}

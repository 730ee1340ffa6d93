// A simulated fleet as a target: virtual time, every deed, and forks.
//
//   do, request ──> Fleet ──> Log          advance: computes, in slices, so that the process stays awake
//                     └─ fork(atUs): the same fleet, repeated from its own tape, free to go another way
//
// Rule: what was done to it, and between which of its events, is on its tape; so the tape repeats it to the byte.

import * as event from "../../firmware/wire/event.ts";
import { hex } from "../device/bytes.ts";
import { Fleet } from "../fleet/fleet.ts";
import type { Options as FleetOptions } from "../fleet/options.ts";
import * as rerun from "../fleet/rerun.ts";
import type { Deed, Verb } from "../tape/deed.ts";
import * as tape from "../tape/fleet.ts";
import { Log } from "../tape/log.ts";
import * as refusal from "../wire/refusal.ts";
import type { Forkable, Reply } from "./target.ts";

export type Options = Omit<FleetOptions, "log" | "stopOnViolation">;

/** Virtual milliseconds that are computed at a time, and real ones after which others are let in. */
const SLICE_MS = 10;
const AWAKE_MS = 40;
/** Virtual microseconds that a fork repeats at a time. */
const FORK_US = 200_000;

const others = (): Promise<void> => new Promise((done) => setImmediate(done));

export class Sim implements Forkable {
  readonly kind = "sim";
  readonly log: Log;
  /** The fleet itself, for what only a simulation has: its trace hash, its recorder. */
  readonly fleet: Fleet;
  #closed = false;

  constructor(fleet: Fleet, log: Log) {
    this.fleet = fleet;
    this.log = log;
  }

  /** A fresh fleet; what happens to it is on its log from the first fact on. */
  static start(options: Options): Sim {
    const log = new Log();
    return new Sim(new Fleet({ ...options, log, stopOnViolation: false }), log);
  }

  get n(): number {
    return this.fleet.n;
  }

  get devices(): number {
    return this.fleet.devices;
  }

  get verbs(): readonly Verb[] {
    return this.fleet.verbs;
  }

  get nowMs(): number {
    return this.fleet.nowMs;
  }

  /** SHA-256 over all outputs of all devices so far, hex. */
  get traceHash(): string {
    return this.fleet.traceHash;
  }

  up(device: number): boolean {
    return this.fleet.device(device).up;
  }

  async do(deed: Deed): Promise<void> {
    this.#open();
    this.fleet.do(deed);
  }

  async request(device: number, bytes: Uint8Array): Promise<Reply> {
    this.#open();
    let answer: Uint8Array | null = null;
    let submitted: string | null = null;
    const stop = this.log.on((fact) => {
      if (fact.type !== tape.SAID || fact.device !== device || fact.twin) return;
      if (fact.kind === event.ANSWER) answer ??= fact.bytes.slice();
      else if (fact.kind === event.SUBMITTED) submitted ??= hex(fact.bytes, 0, 8);
    });
    try {
      const reason = this.fleet.ask(device, bytes);
      return { reason, answer, submitted };
    } finally {
      stop();
    }
  }

  async advance(ms: number): Promise<void> {
    this.#open();
    // In whole microseconds, at least one: rounding must not leave an end that is never reached.
    const us = (): number => Math.round(1000 * this.nowMs);
    const endUs = us() + (ms > 0 ? Math.max(1, Math.round(1000 * ms)) : 0);
    let since = performance.now();
    while (us() < endUs && !this.#closed) {
      this.fleet.run(Math.min(endUs, us() + 1000 * SLICE_MS) / 1000);
      if (performance.now() - since < AWAKE_MS) continue;
      await others();
      since = performance.now();
    }
  }

  async fork(atUs: number, progress?: (atUs: number) => void): Promise<Sim> {
    const nowUs = Math.round(1000 * this.nowMs);
    if (!(atUs >= 0 && atUs <= nowUs))
      throw new refusal.Refused(
        refusal.HTTP_FORK,
        `the fleet has lived ${(nowUs / 1e6).toFixed(3)} s; ${(atUs / 1e6).toFixed(3)} s is not in them`,
      );
    const log = new Log();
    const again = new rerun.Repetition(rerun.read(this.log.bytes()), { log });
    for (let toUs = 0; toUs < atUs;) {
      await others();
      toUs = Math.min(atUs, toUs + FORK_US);
      again.to(toUs);
      progress?.(toUs);
    }
    const { fleet } = again;
    return new Sim(fleet, log);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.fleet.close();
  }

  #open(): void {
    if (this.#closed) throw new refusal.Refused(refusal.FLEET_OVER, "this simulated fleet was closed");
  }
}

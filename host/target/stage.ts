// A target on stage: it runs in real time, at a pace, and can be paused, stepped and forked while others watch.
//
//   run ──> advance, advance, ...   virtual time follows real time x speed; processes take their own time
//   fork(at) ──> a new target, repeated to `at`; generation + 1; the old one is closed
//
// Rule: one thing at a time moves the fleet: run, step and fork wait for each other. Time never passes beyond `untilMs`.

import * as refusal from "../wire/refusal.ts";
import { seenOf } from "./seen.ts";
import type { Forkable, Target } from "./target.ts";

export interface Options {
  /** Fleet seconds per real second; Infinity: as fast as the machine goes. */
  readonly speed?: number;
}

/** Real milliseconds between two turns of a running stage, and the most of them that a simulation may compute in one turn. */
const TURN_MS = 66;
const COMPUTE_MS = 50;
/** The most that time moves at once, so that listeners of time and typed keys are served often. */
const STEP_MS = { sim: 20, posix: 20, remote: 100 } as const;
const SPEEDS = { least: 0.01, most: 1000 };

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const forkable = (target: Target): target is Forkable => target.kind === "sim";

export class Stage {
  #target: Target;
  #speed: number;
  #paused = false;
  #generation = 0;
  #pace = 1;
  #stopped = false;
  /** What moves the fleet now; the next waits for it. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Ends the current sleep of run(). */
  #wake: () => void = () => {};
  readonly #listeners = new Set<() => void>();
  readonly #clocks = new Set<(nowMs: number) => void>();

  constructor(target: Target, { speed = 1 }: Options = {}) {
    this.#target = target;
    this.#speed = speed;
    seenOf(target.log);
  }

  get target(): Target {
    return this.#target;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Rises with each fork: another log holds the fleet's past then. */
  get generation(): number {
    return this.#generation;
  }

  /** Fleet seconds per real second, as measured. */
  get pace(): number {
    return this.#pace;
  }

  /** True when its time can be paused, stepped, sped up and set back. */
  get forkable(): boolean {
    return forkable(this.#target);
  }

  /** Calls `listener` when pause, speed or target changed; returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` after each step of time, which never goes over a whole second; returns what ends that. */
  onTime(listener: (nowMs: number) => void): () => void {
    this.#clocks.add(listener);
    return () => this.#clocks.delete(listener);
  }

  pause(): void {
    this.#timed("paused");
    this.#paused = true;
    this.#changed();
  }

  resume(): void {
    this.#timed("resumed");
    this.#paused = false;
    this.#changed();
  }

  /** Throws Refused DEED_FIELD for a speed that is none. */
  setSpeed(speed: number): void {
    this.#timed("sped up");
    if (speed !== Infinity && !(speed >= SPEEDS.least && speed <= SPEEDS.most))
      throw new refusal.Refused(
        refusal.DEED_FIELD,
        `"speed" is a number from ${SPEEDS.least} to ${SPEEDS.most}, not ${speed}`,
      );
    this.#speed = speed;
    this.#changed();
  }

  /** Pauses, and lets `ms` of the fleet's time pass. */
  async step(ms: number): Promise<void> {
    this.pause();
    await this.#alone(async () => {
      const endMs = this.#target.nowMs + ms;
      while (this.#target.nowMs < endMs && !this.#stopped) await this.#move(endMs);
    });
  }

  /** Goes back to `atUs`, where the fleet is free to go another way. Throws Refused HTTP_FORK; the old one goes on then. */
  async fork(atUs: number, progress?: (atUs: number) => void): Promise<void> {
    await this.#alone(async () => {
      const old = this.#target;
      if (!forkable(old)) throw new refusal.Refused(refusal.HTTP_FORK, "only a simulated fleet can be forked");
      const made = await old.fork(atUs, progress);
      this.#target = made;
      seenOf(made.log);
      this.#generation++;
      await old.close();
    });
    this.#changed();
  }

  /** Runs until the fleet's time is `untilMs`, or stop() was called. */
  async run({ untilMs = Infinity }: { readonly untilMs?: number } = {}): Promise<void> {
    this.#stopped = false;
    let before = performance.now();
    while (!this.#stopped && this.#target.nowMs < untilMs) {
      const started = performance.now();
      const fromMs = this.#target.nowMs;
      const passedMs = this.#speed === Infinity ? Infinity : (started - before) * this.#speed;
      const dueMs = Math.min(untilMs, fromMs + passedMs);
      before = started;
      await this.#alone(() => (forkable(this.#target) ? this.#compute(dueMs, started) : this.#move(untilMs)));
      const spentMs = performance.now() - started;
      const more = !this.#stopped && this.#target.nowMs < untilMs;
      if (more && this.forkable) await this.#rest(this.#paused || this.#speed !== Infinity ? TURN_MS - spentMs : 0);
      const measured = (this.#target.nowMs - fromMs) / Math.max(1, performance.now() - started);
      if (!this.#paused && measured >= 0) this.#pace += (measured - this.#pace) * 0.2;
    }
  }

  /** Ends run(). */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** A simulation's turn: as much time as is due, or as can be computed. */
  async #compute(dueMs: number, started: number): Promise<void> {
    while (!this.#paused && !this.#stopped && this.#target.nowMs < dueMs && performance.now() - started < COMPUTE_MS)
      await this.#move(dueMs);
  }

  /** One step of time towards `dueMs`. */
  async #move(dueMs: number): Promise<void> {
    const { nowMs } = this.#target;
    const second = 1000 * (Math.floor(nowMs / 1000) + 1);
    await this.#target.advance(Math.min(dueMs, nowMs + STEP_MS[this.#target.kind], second) - nowMs);
    for (const listener of this.#clocks) listener(this.#target.nowMs);
  }

  async #rest(ms: number): Promise<void> {
    await Promise.race([sleep(Math.max(1, ms)), new Promise<void>((done) => (this.#wake = done))]);
  }

  /** Runs `move` when nothing else moves the fleet. */
  #alone(move: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(move);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #timed(what: string): void {
    if (!this.forkable)
      throw new refusal.Refused(
        refusal.DEED_CANNOT,
        `only the time of a simulated fleet can be ${what}; this one runs in real time`,
      );
  }

  #changed(): void {
    this.#wake();
    for (const listener of this.#listeners) listener();
  }
}

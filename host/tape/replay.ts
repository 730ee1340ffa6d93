// Replay: the tape of a device put into a fresh one, in any engine. The device must ask the same questions and do the same.
//
//   [KEYFRAME] CALL ──> device ── question ──> next answer on the tape ── ... ──> trace hash == END ?
//
// Rule: a replay never stops at the first difference without saying where it is: the call, and what differed.

import * as effect from "../../firmware/wire/effect.ts";
import { hex, u32, u64 } from "../device/bytes.ts";
import * as counters from "../device/counters.ts";
import { Trap, type Device, type Engine, type Hal } from "../device/device.ts";
import * as effects from "../device/effects.ts";
import { open } from "../device/open.ts";
import * as steps from "./steps.ts";
import * as tape from "./tape.ts";
import * as trace from "./trace.ts";

export interface Divergence {
  /** Number of the call, from 0. */
  readonly call: number;
  readonly sentence: string;
}

export interface Replayed {
  readonly engine: Engine;
  readonly calls: number;
  readonly powerUps: number;
  /** Trace hash, hex. */
  readonly traceHash: string;
  /** What the tape says it should be; null when it has no END. */
  readonly expected: string | null;
  /** The first difference found; null when there is none. */
  readonly divergence: Divergence | null;
  /** The tape ends with a trap, and so did the replay. */
  readonly trapped: boolean;
}

/** Gives the answers of the tape, in order; a question that does not fit throws Mismatch. */
class Answers implements Hal {
  #answers: readonly tape.Record[] = [];
  #next = 0;

  start(answers: readonly tape.Record[]): void {
    this.#answers = answers;
    this.#next = 0;
  }

  get left(): number {
    return this.#answers.length - this.#next;
  }

  entropy(n: number): Uint8Array {
    const payload = this.#take(tape.ENTROPY, `${n} random bytes`);
    if (payload.length !== n)
      throw new Mismatch(`the device asked for ${n} random bytes, on the tape are ${payload.length}`);
    return payload;
  }

  read(region: number, offset: number, n: number): Uint8Array | null {
    const what = `${n} bytes at ${offset} of flash region ${region}`;
    const payload = this.#take(tape.READ, what);
    if (u32(payload, 0) !== 0) return null;
    if (payload.length !== 4 + n)
      throw new Mismatch(`the device asked for ${what}, on the tape are ${payload.length - 4}`);
    return payload.subarray(4);
  }

  sense(channel: number): bigint {
    return BigInt.asIntN(64, u64(this.#take(tape.SENSE, `sensor ${channel}`), 0));
  }

  /** There, or not there when none stands on the tape. */
  module(offset: number, n: number): Uint8Array | null {
    if (this.#answers[this.#next]?.type !== tape.MODULE) return null;
    const payload = this.#take(tape.MODULE, "a contract");
    if (payload.length !== n)
      throw new Mismatch(`the device runs a contract of ${n} bytes at ${offset}, on the tape are ${payload.length}`);
    return payload;
  }

  #take(type: number, what: string): Uint8Array {
    const answer = this.#answers[this.#next++];
    if (answer === undefined)
      throw new Mismatch(`the device asked for ${what}, the tape has no more answers for this call`);
    if (answer.type !== type) throw new Mismatch(`the device asked for ${what}, the tape answers another question`);
    return answer.payload;
  }
}

class Mismatch extends Error {}

/** Replays a tape; throws TapeError when it is none. */
export function replay(bytes: Uint8Array, engine: Engine, wasm: Uint8Array): Replayed {
  const on = steps.read(bytes);
  const sum = new trace.Trace();
  const player = new Player(engine, wasm);
  let divergence: Divergence | null = null;
  let agreed = 0; // calls up to the last noted hash or keyframe that was right
  let frame = 0;
  if (on.keyframes[0]?.before === 0) player.start(on.keyframes[frame++].memory);
  for (const [i, step] of on.steps.entries()) {
    const sentence = player.play(step, (returned, records) => sum.call(step.call.code, returned, records));
    if (sentence !== null) {
      divergence = { call: i, sentence: `call ${i} (${trace.CALLS[step.call.code] ?? "?"}): ${sentence}` };
      break;
    }
    // A tape that starts with a keyframe says nothing of the calls before, which its notes cover.
    const right = step.noted === null || on.keyframes[0]?.before === 0 || step.noted === hex(sum.digest());
    if (!right) {
      divergence = { call: agreed, sentence: `calls ${agreed}..${i}: the effects differ from those recorded` };
      break;
    }
    if (step.noted !== null) agreed = i + 1;
    if (on.keyframes[frame]?.before !== i + 1) continue;
    const at = differs(player.memory(), on.keyframes[frame++].memory);
    if (at !== null) {
      divergence = {
        call: agreed,
        sentence: `calls ${agreed}..${i}: memory differs from that recorded, first at ${at}`,
      };
      break;
    }
    agreed = i + 1;
  }
  player.close();
  const traceHash = hex(sum.digest());
  if (divergence === null && on.expected !== null && on.expected !== traceHash) {
    const last = Math.max(0, on.steps.length - 1);
    divergence = { call: agreed, sentence: `calls ${agreed}..${last}: the effects differ from those recorded` };
  }
  const { length: calls } = on.steps;
  const trapped = divergence === null && on.steps.at(-1)?.trapped === true;
  return { engine, calls, powerUps: player.powerUps, traceHash, expected: on.expected, divergence, trapped };
}

/** The first address at which two memories differ, for people; null when they are equal. */
function differs(a: Uint8Array | null, b: Uint8Array): string | null {
  if (a === null) return "its power, which is off";
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return `0x${i.toString(16).padStart(4, "0")}`;
  return null;
}

/** A device of a tape, stopped between two calls. */
export interface Stopped {
  /** Calls that it had then, and the call from whose keyframe on they were replayed. */
  readonly calls: number;
  readonly from: number;
  /** Time of the last of them, milliseconds since the tape began. */
  readonly atMs: number;
  /** Its memory; null while it is down. */
  readonly memory: Uint8Array | null;
  /** It is down because it trapped. */
  readonly trapped: boolean;
  /** Events that it said since `from`, oldest first. */
  readonly events: readonly { readonly atMs: number; readonly kind: number; readonly bytes: Uint8Array }[];
  readonly divergence: Divergence | null;
}

/**
 * The device as it was at `untilMs`, replayed from the nearest keyframe before (or from the beginning, with `whole`). Throws
 * TapeError when this is no tape.
 */
export function seek(bytes: Uint8Array, engine: Engine, wasm: Uint8Array, untilMs: number, whole = false): Stopped {
  const on = steps.read(bytes);
  const late = on.steps.findIndex((step) => step.atMs > untilMs);
  const calls = late < 0 ? on.steps.length : late;
  const frame = on.keyframes.findLast(({ before }) => before <= calls && (!whole || before === 0));
  const from = frame?.before ?? 0;
  const player = new Player(engine, wasm);
  if (frame !== undefined) player.start(frame.memory);
  const events: { atMs: number; kind: number; bytes: Uint8Array }[] = [];
  let divergence: Divergence | null = null;
  try {
    for (let i = from; i < calls && divergence === null; i++) {
      const step = on.steps[i];
      const sentence = player.play(step, (_, records) => {
        for (const { op, a, bytes } of effects.parse(records))
          if (op === effect.EVENT) events.push({ atMs: step.atMs, kind: a, bytes: bytes.slice() });
      });
      if (sentence !== null) divergence = { call: i, sentence: `call ${i}: ${sentence}` };
    }
    const last = on.steps[calls - 1];
    const { atMs = 0, offMs = null, trapped = false } = last ?? {};
    if (offMs !== null && offMs <= untilMs) player.close();
    return { calls, from, atMs, memory: player.memory()?.slice() ?? null, trapped, events, divergence };
  } finally {
    player.close();
  }
}

/** Replays a tape in two engines side by side: the first call in which they differ, or null. */
export function compare(bytes: Uint8Array, a: Engine, b: Engine, wasm: Uint8Array): Divergence | null {
  const on = steps.read(bytes);
  const left = new Player(a, wasm);
  const right = new Player(b, wasm);
  if (on.keyframes[0]?.before === 0) for (const player of [left, right]) player.start(on.keyframes[0].memory);
  try {
    for (const [i, step] of on.steps.entries()) {
      const seen: string[] = [];
      const keep = (returned: number, records: Uint8Array): void => void seen.push(`${returned} ${hex(records)}`);
      const x = left.play(step, keep);
      const y = right.play(step, keep);
      if (x === y && seen[0] === seen[1]) continue;
      const name = trace.CALLS[step.call.code] ?? "?";
      const sentence = x === y ? "return value or effects differ" : `${a}: ${x ?? "goes on"}; ${b}: ${y ?? "goes on"}`;
      return { call: i, sentence: `call ${i} (${name}): ${sentence}` };
    }
    return null;
  } finally {
    left.close();
    right.close();
  }
}

/** Replays a tape from its power-up, and says what the device had counted behind each call. Throws TapeError at a call that differs. */
export function* walk(
  bytes: Uint8Array,
  engine: Engine,
  wasm: Uint8Array,
): Generator<{ readonly code: number; readonly counted: counters.Counters }> {
  const player = new Player(engine, wasm);
  try {
    for (const [i, step] of steps.read(bytes).steps.entries()) {
      const sentence = player.play(step, () => {});
      const memory = player.memory();
      if (sentence !== null || memory === null)
        throw new tape.TapeError(`call ${i}: ${sentence ?? "the device trapped"}`);
      yield { code: step.call.code, counted: counters.read(memory) };
    }
  } finally {
    player.close();
  }
}

/** A device that plays steps. */
class Player {
  powerUps = 0;
  readonly #engine: Engine;
  readonly #wasm: Uint8Array;
  readonly #answers = new Answers();
  #device: Device | null = null;

  constructor(engine: Engine, wasm: Uint8Array) {
    this.#engine = engine;
    this.#wasm = wasm;
  }

  /** Starts it between two calls: powered, with this memory. */
  start(memory: Uint8Array): void {
    this.close();
    this.#device = open(this.#engine, this.#wasm, this.#answers);
    this.#device.write(memory);
  }

  /** Its memory, a view; null while it is down. */
  memory(): Uint8Array | null {
    return this.#device?.memory() ?? null;
  }

  /** Plays one step; `done` gets return value and effect records. A sentence when it did not go as on the tape. */
  play(step: steps.Step, done: (returned: number, records: Uint8Array) => void): string | null {
    const { code, link, now, input } = step.call;
    if (code === trace.BOOT) {
      this.close();
      this.powerUps++;
      this.#device = open(this.#engine, this.#wasm, this.#answers);
    }
    const device = this.#device;
    if (device === null) return "the device is down; expected a boot";
    this.#answers.start(step.answers);
    let returned = 0;
    let ring: Uint8Array;
    try {
      if (code === trace.BOOT) returned = device.boot(now);
      else if (code === trace.RECEIVE) device.receive(link, input, now);
      else if (code === trace.REQUEST) returned = device.request(input, now);
      else if (code === trace.TICK) returned = device.tick(now);
      else return `unknown call code ${code}`;
      ring = device.effects();
    } catch (e) {
      if (e instanceof Mismatch) return e.message;
      if (!(e instanceof Trap)) throw e;
      this.close();
      done(trace.TRAPPED, trace.NO_RECORDS);
      return step.trapped ? null : `the device trapped (${e.message})`;
    }
    if (step.trapped) return "the device did not trap, as it did when it was recorded";
    if (this.#answers.left !== 0) return `${this.#answers.left} recorded answers were never asked for`;
    done(returned, effects.records(ring));
    return null;
  }

  close(): void {
    this.#device?.close();
    this.#device = null;
  }
}

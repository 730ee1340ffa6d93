// A device's tape as steps: each call with the answers it got, and the keyframes that stand between calls.
//
//   [KEYFRAME] CALL answers... [NOTE trap] | CALL answers... | KEYFRAME | CALL ...
//   └ a tape that starts with one starts there      call 1        └ the memory behind call 1: a place to start from
//
// Rule: a keyframe stands for nothing that the calls before it do not give; whoever has time replays them and compares.

import { hex } from "../device/bytes.ts";
import * as page from "./page.ts";
import * as tape from "./tape.ts";
import * as trace from "./trace.ts";

/** Bytes of a device's memory. */
export const PAGE = 65536;

/** One CALL with the answers that follow it. */
export interface Step {
  readonly call: tape.Call;
  readonly answers: readonly tape.Record[];
  /** Time of the call since the tape began, milliseconds: the fleet's, where the recorder noted it; else the time powered. */
  readonly atMs: number;
  /** Trace hash after this call, hex, where the tape notes it. */
  noted: string | null;
  /** The tape says that the device trapped in this call. */
  trapped: boolean;
  /** The tape says that its power went off behind this call, at this time. */
  offMs: number | null;
}

/** A place to start from. */
export interface Keyframe {
  /** Steps before it. */
  readonly before: number;
  readonly memory: Uint8Array;
}

export interface Steps {
  readonly steps: readonly Step[];
  /** In order. */
  readonly keyframes: readonly Keyframe[];
  /** The trace hash that the tape ends with, hex. */
  readonly expected: string | null;
}

/** Where the device's clock stood at a time: from the note of its power-up. */
interface Clock {
  readonly atMs: number;
  readonly bootMs: number;
  readonly rate: number;
}

/** Takes a device's tape apart. Throws TapeError. */
export function read(bytes: Uint8Array): Steps {
  const steps: Step[] = [];
  const keyframes: Keyframe[] = [];
  let answers: tape.Record[] = [];
  let expected: string | null = null;
  let memory: Uint8Array | null = null;
  let clock: Clock | null = null;
  let noted: Clock | null = null; // of the power-up that comes
  let lastMs = 0;
  const timeOf = ({ code, now }: tape.Call): number => {
    if (code === trace.BOOT || clock === null) {
      clock = noted ?? { atMs: lastMs, bootMs: Number(now), rate: 1 };
      noted = null;
    }
    lastMs = Math.max(lastMs, clock.atMs + (Number(now) - clock.bootMs) / clock.rate);
    return lastMs;
  };
  for (const { type, payload } of tape.parse(bytes)) {
    if (type === tape.CALL) {
      answers = [];
      const call = tape.call(payload);
      steps.push({ call, answers, atMs: timeOf(call), noted: null, trapped: false, offMs: null });
    } else if (type === tape.END) expected = hex(payload);
    else if (type === tape.NOTE) {
      const note = tape.note(payload) as { trace?: string; trap?: string; clock?: Clock; atMs?: number };
      const last = steps.at(-1);
      if (last !== undefined && typeof note.trace === "string") last.noted = note.trace;
      if (last !== undefined && typeof note.trap === "string") last.trapped = true;
      if (last !== undefined && "power" in note) last.offMs = note.atMs ?? lastMs;
      if (note.clock !== undefined) noted = note.clock;
    } else if (type === tape.KEYFRAME) {
      memory = frame(memory, payload);
      keyframes.push({ before: steps.length, memory });
    } else if (type > tape.MODULE) throw new tape.TapeError("this is the tape of a whole fleet, not of one device");
    else if (steps.length === 0) throw new tape.TapeError("the tape begins with an answer; expected a CALL");
    else answers.push({ type, payload });
  }
  return { steps, keyframes, expected };
}

/** The memory that a KEYFRAME holds, the one before being `memory`. Throws TapeError. */
function frame(memory: Uint8Array | null, payload: Uint8Array): Uint8Array {
  const whole = payload.length >= tape.KEYFRAME_HEAD && payload[4] === 1;
  if (!whole && memory === null) throw new tape.TapeError("a keyframe says what changed, and there is none before it");
  const next = whole ? new Uint8Array(PAGE) : memory!.slice();
  try {
    page.apply(next, payload.subarray(tape.KEYFRAME_HEAD));
  } catch (e) {
    throw new tape.TapeError(`a keyframe is damaged: ${(e as Error).message}`);
  }
  return next;
}

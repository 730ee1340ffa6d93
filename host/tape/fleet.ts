// A fleet tape: what happened in a whole fleet, for whoever watches, seeks, repeats or forks it. Records in the frame of tape.ts.
//
//   type         payload (at: u64 microseconds of the fleet's time; device u8; twin u8: 1 for the second copy of a liar)
//   16 FLEET     JSON: Header. The first record
//   17 MODULE    a wasm that devices run; several when they differ, each once, in the order in which Header.modules names them
//   18 DEED      0 at · 8 order u32 (events before it; 0xffffffff: by time) · 12 JSON (deed.ts)
//   19 POWER     0 at · 8 device · 9 twin · 10 on u8 · 11 zero u8 · 12 why, UTF-8
//   20 SAID      0 at · 8 device · 9 twin · 10 kind u8 (firmware/wire/event.ts) · 11 zero u8 · 12 the EVENT's bytes, unchanged
//   21 SENT      0 at · 8 device · 9 twin · 10 object kind u8 (wire/kind.ts; 0: not known) · 11 frame type u8 · 12 length u16
//                14 count u16 · 16 about 8 B · 24 count x (0 to u8 · 1 twin u8 · 2 delay u16 in 100 us; 0xffff: never arrives)
//                about: a transaction's id, or 0 view u32 · 4 zero u32 of vote, proposal, certificate; zeros where not known
//   22 ACT       0 at · 8 device · 9 twin · 10 channel u8 · 11 zero u8 · 12 value i64
//   23 PAGE      0 at · 8 device · 9 twin · 10 whole u8 (1: from zeros, 0: from this device's page before) · 11 zero · 12 runs (page.ts)
//   24 BLOCK     0 at · 8 height u32 · 12 header and body, as on air and in the log (firmware/wire/header.ts)
//   25 BROKEN    0 at · 8 device u8 (0xff: none) · 9 zero 3 B · 12 JSON {"rule", "sentence"}
//   26 GAP       0 at: records before this were dropped to bound the tape; whole pages follow
//    6 NOTE      JSON: {"atUs": microseconds, ...}: what is worth knowing of the run itself, like {"end": {"order": events}}; on a
//                   board that takes its time {"load": {"spentUs": [microseconds computed so far, by station], "overruns": frames lost so far}}
//
// Seed, options and deeds repeat a simulated fleet to the byte; all the rest is what it showed. A live stream is this file as it
// grows; END (tape.ts) with the trace hash closes it.
//
// Rule: what a device gave (events, blocks, pages) is on the tape unchanged; a reader skips types it does not know.

import { putU32, putU64, u16, u32, u64 } from "../device/bytes.ts";
import type { Deed } from "./deed.ts";
import * as tape from "./tape.ts";

export const FLEET = 16;
export const MODULE = 17;
export const DEED = 18;
export const POWER = 19;
export const SAID = 20;
export const SENT = 21;
export const ACT = 22;
export const PAGE = 23;
export const BLOCK = 24;
export const BROKEN = 25;
export const GAP = 26;
export const NOTE = tape.NOTE;

/** `order` of a deed that is done at its time, whatever happened before. */
export const BY_TIME = 0xffffffff;
/** `delay` of a frame that does not arrive. */
export const LOST = 0xffff;
/** Bytes before the content of a record that has a time. */
export const AT_HEAD = 12;
const SENT_HEAD = 24;
const ARRIVAL = 4;

export interface Header {
  readonly version: 1;
  readonly kind: "sim" | "posix";
  /** Devices that vote; those behind them, of number `options.members`, belong to the cell without a vote. */
  readonly n: number;
  /** What kind of run it is: `fleet` of `up` and of scenarios, `campaign` of `sim`. */
  readonly run: "fleet" | "campaign";
  /** Everything that repeats it besides deeds; plain JSON, read by host/fleet/rerun.ts. */
  readonly options: Readonly<Record<string, unknown>>;
  /** SHA-256 of each device's module, hex; one alone when all run the same. A MODULE record stands for each that differs. */
  readonly modules: readonly string[];
  /** Key id of each device, hex. */
  readonly kids: readonly string[];
  /** First 8 bytes of the genesis hash, hex: what a transaction names. */
  readonly cell: string;
}

/** All devices of a fleet: those that vote, and the members behind them. */
export const devices = ({ n, options }: Header): number => n + Number(options.members ?? 0);

export interface Arrival {
  readonly to: number;
  readonly twin: boolean;
  /** Microseconds from `atUs` to the arrival; null: it is lost. */
  readonly delayUs: number | null;
}

interface Timed {
  /** Microseconds of the fleet's time. */
  readonly atUs: number;
}

interface Of extends Timed {
  readonly device: number;
  readonly twin: boolean;
}

/** A record of a fleet tape, taken apart. */
export type Fact =
  | { readonly type: typeof FLEET; readonly header: Header }
  | { readonly type: typeof MODULE; readonly wasm: Uint8Array }
  | (Timed & { readonly type: typeof DEED; readonly order: number; readonly deed: Deed })
  | (Of & { readonly type: typeof POWER; readonly on: boolean; readonly why: string })
  | (Of & { readonly type: typeof SAID; readonly kind: number; readonly bytes: Uint8Array })
  | (Of & {
      readonly type: typeof SENT;
      readonly object: number;
      readonly frame: number;
      readonly length: number;
      readonly about: Uint8Array;
      readonly arrivals: readonly Arrival[];
    })
  | (Of & { readonly type: typeof ACT; readonly channel: number; readonly value: bigint })
  | (Of & { readonly type: typeof PAGE; readonly whole: boolean; readonly runs: Uint8Array })
  | (Timed & { readonly type: typeof BLOCK; readonly height: number; readonly bytes: Uint8Array })
  | (Timed & {
      readonly type: typeof BROKEN;
      readonly device: number;
      readonly rule: string;
      readonly sentence: string;
    })
  | (Timed & { readonly type: typeof GAP })
  | (Timed & { readonly type: typeof NOTE; readonly note: Readonly<Record<string, unknown>> });

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const json = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));

/** Microseconds at p; exact up to 2^53, which is 285 years. */
const time = (payload: Uint8Array, p = 0): number => Number(u64(payload, p));

/** A payload with its time, its three bytes after that, and content. */
function timed(atUs: number, a: number, b: number, c: number, content: Uint8Array): Uint8Array {
  const payload = new Uint8Array(AT_HEAD + content.length);
  putU64(payload, 0, BigInt(Math.round(atUs)));
  payload[8] = a;
  payload[9] = b;
  payload[10] = c;
  payload.set(content, AT_HEAD);
  return payload;
}

function sent(fact: Extract<Fact, { type: typeof SENT }>): Uint8Array {
  const { atUs, device, twin, object, frame, length, about, arrivals } = fact;
  const content = new Uint8Array(SENT_HEAD - AT_HEAD + ARRIVAL * arrivals.length);
  content[0] = length;
  content[1] = length >>> 8;
  content[2] = arrivals.length;
  content[3] = arrivals.length >>> 8;
  content.set(about.subarray(0, 8), 4);
  arrivals.forEach(({ to, twin: second, delayUs }, i) => {
    const at = SENT_HEAD - AT_HEAD + ARRIVAL * i;
    const delay = delayUs === null ? LOST : Math.min(LOST - 1, Math.round(delayUs / 100));
    content[at] = to;
    content[at + 1] = second ? 1 : 0;
    content[at + 2] = delay;
    content[at + 3] = delay >>> 8;
  });
  const payload = timed(atUs, device, twin ? 1 : 0, object, content);
  payload[11] = frame;
  return payload;
}

/** The payload of a fact. */
export function encode(fact: Fact): Uint8Array {
  switch (fact.type) {
    case FLEET:
      return encoder.encode(JSON.stringify(fact.header));
    case MODULE:
      return fact.wasm;
    case DEED: {
      const payload = timed(fact.atUs, 0, 0, 0, encoder.encode(JSON.stringify(fact.deed)));
      putU32(payload, 8, fact.order);
      return payload;
    }
    case POWER:
      return timed(fact.atUs, fact.device, fact.twin ? 1 : 0, fact.on ? 1 : 0, encoder.encode(fact.why));
    case SAID:
      return timed(fact.atUs, fact.device, fact.twin ? 1 : 0, fact.kind, fact.bytes);
    case SENT:
      return sent(fact);
    case ACT: {
      const value = new Uint8Array(8);
      putU64(value, 0, BigInt.asUintN(64, fact.value));
      return timed(fact.atUs, fact.device, fact.twin ? 1 : 0, fact.channel, value);
    }
    case PAGE:
      return timed(fact.atUs, fact.device, fact.twin ? 1 : 0, fact.whole ? 1 : 0, fact.runs);
    case BLOCK: {
      const payload = timed(fact.atUs, 0, 0, 0, fact.bytes);
      putU32(payload, 8, fact.height);
      return payload;
    }
    case BROKEN: {
      const { rule, sentence } = fact;
      return timed(fact.atUs, fact.device & 0xff, 0, 0, encoder.encode(JSON.stringify({ rule, sentence })));
    }
    case GAP:
      return timed(fact.atUs, 0, 0, 0, new Uint8Array(0));
    case NOTE:
      return encoder.encode(JSON.stringify({ atUs: fact.atUs, ...fact.note }));
  }
}

function arrivals(payload: Uint8Array): Arrival[] {
  const count = Math.min(u16(payload, 14), Math.floor((payload.length - SENT_HEAD) / ARRIVAL));
  return Array.from({ length: count }, (_, i) => {
    const at = SENT_HEAD + ARRIVAL * i;
    const delay = u16(payload, at + 2);
    return { to: payload[at], twin: payload[at + 1] === 1, delayUs: delay === LOST ? null : delay * 100 };
  });
}

/**
 * The fact of a record; null for one that is not of a fleet tape, too short for its type or damaged: watching never fails. Contents
 * are views of the payload.
 */
export function decode(type: number, payload: Uint8Array): Fact | null {
  try {
    return fact(type, payload);
  } catch (e) {
    if (e instanceof SyntaxError) return null; // its JSON is none
    throw e;
  }
}

function fact(type: number, payload: Uint8Array): Fact | null {
  if (type === FLEET) return { type, header: json(payload) as Header };
  if (type === MODULE) return { type, wasm: payload };
  if (type === NOTE) {
    const { atUs = 0, ...note } = tape.note(payload) as { atUs?: number };
    return { type, atUs, note };
  }
  if (type < FLEET || type > GAP || payload.length < AT_HEAD) return null;
  const atUs = time(payload);
  const of = { atUs, device: payload[8], twin: payload[9] === 1 };
  const content = payload.subarray(AT_HEAD);
  if (type === DEED) return { type, atUs, order: u32(payload, 8), deed: json(content) as Deed };
  if (type === POWER) return { type, ...of, on: payload[10] === 1, why: decoder.decode(content) };
  if (type === SAID) return { type, ...of, kind: payload[10], bytes: content };
  if (type === PAGE) return { type, ...of, whole: payload[10] === 1, runs: content };
  if (type === BLOCK) return { type, atUs, height: u32(payload, 8), bytes: content };
  if (type === BROKEN) {
    const { rule, sentence } = json(content) as { rule: string; sentence: string };
    return { type, atUs, device: payload[8] === 0xff ? -1 : payload[8], rule, sentence };
  }
  if (type === GAP) return { type, atUs };
  if (type === ACT) {
    if (content.length < 8) return null;
    return { type, ...of, channel: payload[10], value: BigInt.asIntN(64, u64(content, 0)) };
  }
  if (type !== SENT || payload.length < SENT_HEAD) return null;
  const [object, frame, length, about] = [payload[10], payload[11], u16(payload, 12), payload.subarray(16, SENT_HEAD)];
  return { type, ...of, object, frame, length, about, arrivals: arrivals(payload) };
}

// What work costs on a board: instructions by kind of work, counted; clock, cycles per instruction and flash times, from elsewhere.
//
//   counters of a call (firmware/layout.ts) x INSTRUCTIONS x scale x cycles per instruction / clock  =  microseconds of the processor
//   records, bytes, sectors erased          x flash times                                             =  microseconds of the flash chip
//
// INSTRUCTIONS are counted on the STM32F405 image in QEMU and written here by `npx tsx tools/calibrate.ts`; all other figures say where
// they are from. No board was measured in time: milliseconds that follow from this are derived. Rule: whole virtual microseconds from
// integers and constants, the same in every engine; a tape carries its whole table, so a later calibration changes no recorded run.

import type { Counters } from "../device/counters.ts";
import * as trace from "../tape/trace.ts";

/** Thumb-2 instructions in wasm3 on the Cortex-M4, code that was dropped between calls compiled again included. */
export interface Instructions {
  /** Per call, by kind. */
  readonly boot: number;
  readonly receive: number;
  readonly request: number;
  readonly tick: number;
  /** Per signature verified alone, under a prepared key or another. */
  readonly alone: number;
  readonly preparedAlone: number;
  /** Per equation of a batch, and per signature in one. */
  readonly equation: number;
  readonly batched: number;
  readonly prepared: number;
  /** Per table made of a key. */
  readonly preparation: number;
  /** Per signature made. */
  readonly signed: number;
  /** Per block of 64 and of 128 bytes. */
  readonly sha256: number;
  readonly sha512: number;
  /** Per byte of flash checked. */
  readonly checked: number;
  /** Per flash record written, frame sent, block committed. */
  readonly record: number;
  readonly frameOut: number;
  readonly block: number;
}

// calibrated: begin
export const INSTRUCTIONS: Instructions = {
  boot: 7_810_996,
  receive: 417_621,
  request: 93_247,
  tick: 897_289,
  alone: 11_219_308,
  preparedAlone: 5_661_198,
  equation: 10_246_114,
  batched: 4_009_250,
  prepared: 3_335_102,
  preparation: 15_666_668,
  signed: 6_924_772,
  sha256: 53_668,
  sha512: 69_774,
  checked: 126,
  record: 392_959,
  frameOut: 0,
  block: 712_789,
};
// calibrated: end

/** A board, as a fleet's options and its tape say it: plain numbers. */
export interface Costs {
  readonly name: string;
  /** Processor clock, MHz. */
  readonly mhz: number;
  /** Cycles per instruction: an assumption. */
  readonly cycles: number;
  /** Instructions for one of the Cortex-M4's. */
  readonly scale: number;
  readonly instructions: Instructions;
  /** Flash: microseconds per record and per byte programmed, and per sector erased. */
  readonly recordUs: number;
  readonly byteUs: number;
  readonly eraseUs: number;
  /** Bytes of frames that wait while the device computes; what finds no room is lost. */
  readonly inboxBytes: number;
  /** Delta of the genesis, the bound on one message and its check, where nobody gives one: for each device of the cell. */
  readonly deltaPerDeviceMs: number;
}

// A serial NOR chip with sectors of 4 KiB (Winbond W25Q128JV, typical: page of 256 B 0.7 ms, sector erase 45 ms), clocked at 40 MHz:
// 2.7 us a byte programmed, 0.2 us a byte sent, 50 us a record for commands and polling (assumed). The STM32F405's own flash has
// sectors of 16 to 128 KiB, which a log of 4 KiB sectors cannot use.
const SERIAL_NOR = { recordUs: 50, byteUs: 2.9, eraseUs: 45_000 } as const;
const COMMON = { ...SERIAL_NOR, instructions: INSTRUCTIONS, inboxBytes: 8192 } as const;

/** The boards. Delta of the other two: the first's, longer as they are slower. */
export const BOARDS = {
  // 168 MHz is the chip's highest clock. Delta: host/fleet/README.md. Cycles: assumed, for flash wait states behind its cache and loads of two cycles.
  stm32f405: { name: "stm32f405", mhz: 168, cycles: 1.25, scale: 1, deltaPerDeviceMs: 300, ...COMMON },
  // Estimate: no Xtensa figure was counted. Scale: as rv32imc, and a fifth more for calls where Arm and RISC-V have jumps.
  esp32: { name: "esp32", mhz: 240, cycles: 1.3, scale: 1.6, deltaPerDeviceMs: 350, ...COMMON },
  // Estimate. Scale: a field multiplication in wasm3 takes 9,312 instructions on rv32imc and 6,938 on the Cortex-M4, both counted in QEMU.
  esp32c3: { name: "esp32c3", mhz: 160, cycles: 1.2, scale: 1.34, deltaPerDeviceMs: 450, ...COMMON },
} as const satisfies Record<string, Costs>;

export type Board = "none" | keyof typeof BOARDS;
export const NAMES: readonly Board[] = ["none", ...(Object.keys(BOARDS) as (keyof typeof BOARDS)[])];

/** Milliseconds of delta where nobody gives one: what the air needs, or the board for this many devices. */
export const deltaMs = (table: Costs | null, airMs: number, n: number): number =>
  table === null ? airMs : Math.max(airMs, Math.round(table.deltaPerDeviceMs * n));

/** The table of a board; null for none, where computing takes no time. */
export function of(board: Board | Costs | undefined): Costs | null {
  if (board === undefined || board === "none") return null;
  return typeof board === "string" ? BOARDS[board] : board;
}

/** Name of the call's own cost. */
const CALL: Readonly<Record<number, "boot" | "receive" | "request" | "tick">> = {
  [trace.BOOT]: "boot",
  [trace.RECEIVE]: "receive",
  [trace.REQUEST]: "request",
  [trace.TICK]: "tick",
};

/** How much of each kind of work a call did, from what its counters grew by. */
export function work(code: number, grown: Counters): Instructions {
  const prepared = grown.prepared - grown.preparedAlone;
  return {
    ...{ boot: 0, receive: 0, request: 0, tick: 0 },
    [CALL[code]]: 1,
    alone: grown.alone - grown.preparedAlone,
    preparedAlone: grown.preparedAlone,
    equation: grown.batches - grown.alone,
    batched: grown.verified - grown.alone - prepared,
    prepared,
    preparation: grown.preparations,
    signed: grown.signed,
    sha256: grown.sha256Blocks,
    sha512: grown.sha512Blocks,
    checked: grown.flashChecked,
    record: grown.flashRecords,
    frameOut: grown.framesOut,
    block: grown.blocksDone,
  };
}

/** Instructions of a call on the Cortex-M4. */
export function instructions(each: Instructions, done: Instructions): number {
  let sum = 0;
  for (const name of Object.keys(each) as (keyof Instructions)[]) sum += each[name] * done[name];
  return sum;
}

/** Virtual microseconds that a call takes, at least one. */
export function microseconds(costs: Costs, code: number, grown: Counters): number {
  const { mhz, cycles, scale, recordUs, byteUs, eraseUs } = costs;
  const computed = (instructions(costs.instructions, work(code, grown)) * scale * cycles) / mhz;
  const flash = grown.flashRecords * recordUs + grown.flashBytes * byteUs + grown.flashErases * eraseUs;
  return Math.max(1, Math.round(computed + flash));
}

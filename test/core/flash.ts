// A NOR flash for tests, and a board that reboots: the world in which journal, log, snapshot and identity must survive.
//
//   program clears bits, erase sets them; a STORE may stop at any byte, an ERASE anywhere, leaving any garbage
//
// Rule: what a port would not bear throws: a STORE off its 8-byte units, or onto bytes programmed since the last erase.

import * as effect from "../../firmware/wire/effect.ts";
import { parse, type Effect } from "../../host/device/effects.ts";
import { debugModule, type DebugModule } from "../wasm.ts";

export const CONFIG = 1;
export const JOURNAL = 2;
export const BLOCKS = 3;
export const SNAPSHOTS = 4;
export const KEYS = 5;

/** Where a debug call's buffers lie: the INPUT and WORK regions of layout.ts. */
export const INPUT = 0x1c00;
export const WORK = 0x2200;
const RING = 0x2a00;
const RING_SIZE = 0x1e00;
const FIRST = 0x1c00; // everything from here on is state; below lie counters and static data
const PAGE = 0x10000;
const ZEROS = new Uint8Array(PAGE - FIRST);

export interface Geometry {
  size: number;
  sector: number;
}

/** A seeded source of numbers: xorshift32. */
export class Random {
  constructor(private state: number) {
    this.state = (state * 2654435761) | 1;
  }
  below(n: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % n;
  }
  bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.below(256));
  }
}

/** How an ERASE that was cut leaves its sector. */
export const CUT_ERASES = ["untouched", "blank", "front", "back", "hole", "bits", "garbage"] as const;
export type CutErase = (typeof CUT_ERASES)[number];

export class Flash {
  readonly geometry: Geometry[];
  readonly bytes: Uint8Array[];
  private readonly written: Uint8Array[]; // 1: programmed since the last erase

  constructor(geometry: Geometry[] = DEFAULT) {
    this.geometry = geometry;
    this.bytes = geometry.map((g) => new Uint8Array(g.size).fill(0xff));
    this.written = geometry.map((g) => new Uint8Array(g.size));
  }

  clone(): Flash {
    const copy = new Flash(this.geometry);
    this.bytes.forEach((b, i) => copy.bytes[i].set(b));
    this.written.forEach((b, i) => copy.written[i].set(b));
    return copy;
  }

  read(region: number, offset: number, n: number): Uint8Array | null {
    if (region === 0) return this.about().slice(offset, offset + n);
    const bytes = this.bytes[region - 1];
    return bytes && offset + n <= bytes.length ? bytes.subarray(offset, offset + n) : null;
  }

  private about(): Uint8Array {
    const words = this.geometry.flatMap((g) => [g.size, g.sector, 8, 0]);
    return new Uint8Array(Uint32Array.from(words).buffer);
  }

  /** Does one effect; of a STORE only the first `bytes`. */
  apply(e: Effect, bytes = e.bytes.length): void {
    if (e.op === effect.ERASE) this.cutErase(e, "blank");
    if (e.op !== effect.STORE) return;
    const target = this.bytes[e.a - 1];
    const written = this.written[e.a - 1];
    if ((e.b | e.bytes.length) & 7) throw new Error(`STORE off its units: ${e.b} + ${e.bytes.length}`);
    if (e.b + e.bytes.length > target.length) throw new Error("STORE beyond its region");
    for (let i = 0; i < bytes; i++) {
      const at = e.b + i;
      target[at] &= e.bytes[i];
      if (written[at]) throw new Error(`programmed twice: region ${e.a}, byte ${at}`);
      written[at] = 1;
    }
  }

  /** An ERASE that the power left: the sector afterwards is one of several kinds of garbage, for which `seed` stands. */
  cutErase(e: Effect, how: CutErase, seed = 1): void {
    const { sector } = this.geometry[e.a - 1];
    const target = this.bytes[e.a - 1].subarray(e.b * sector, (e.b + 1) * sector);
    const random = new Random(seed);
    if (target.length !== sector) throw new Error("ERASE beyond its region");
    if (how !== "untouched") this.written[e.a - 1].fill(how === "blank" ? 0 : 1, e.b * sector, (e.b + 1) * sector);
    const edge = random.below(sector);
    if (how === "blank") target.fill(0xff);
    if (how === "front") target.fill(0xff, 0, edge);
    if (how === "back") target.fill(0xff, edge);
    if (how === "hole") target.fill(0xff, edge, edge + 1 + random.below(300));
    if (how === "bits") for (let i = 0; i < sector; i++) target[i] |= random.below(256) & random.below(256);
    if (how === "garbage") target.set(random.bytes(sector));
  }
}

/** The flash of the simulated fleet. */
export const DEFAULT: Geometry[] = [
  { size: 0x2000, sector: 0x1000 },
  { size: 0x8000, sector: 0x1000 },
  { size: 0x40000, sector: 0x1000 },
  { size: 0x10000, sector: 0x1000 },
  { size: 0x10000, sector: 0x1000 },
];

/** The smallest flash that firmware/core/flash.ts accepts for journal and log, so that rings wrap soon. */
export const SMALL: Geometry[] = [
  { size: 0x2000, sector: 0x1000 },
  { size: 0x1800, sector: 0x800 },
  { size: 0x1800, sector: 0x800 },
  { size: 0x10000, sector: 0x1000 },
  { size: 0, sector: 0 },
];

/** One debug module that plays board after board: put a flash in, power up, call, look at the effects. */
export class Board {
  flash = new Flash();
  constructor(readonly m: DebugModule) {
    m.hal.read = (region, offset, n) => this.flash.read(region, offset, n);
  }

  static async open(): Promise<Board> {
    return new Board(await debugModule("v8"));
  }

  /** Power up with this flash: memory as it is after a reset, geometry read, ring empty. */
  boot(flash: Flash): void {
    this.flash = flash;
    this.m.write(FIRST, ZEROS);
    this.call("core_ring_begin");
    const why = this.call("core_flash_open");
    if (why !== 0) throw new Error(`flash refused: ${why}`);
  }

  call(name: string, ...args: (number | bigint)[]): number {
    return Number(this.m.call(name, ...args)) >>> 0;
  }

  /** Runs `body` as one call of the ABI; its effects, nothing of them done yet. */
  effects(body: () => void): Effect[] {
    this.call("core_ring_begin");
    body();
    return [...parse(this.m.bytes(RING, RING_SIZE))];
  }
}

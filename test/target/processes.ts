// What the tests of fleets of processes share: the program, folders of their own, and what a log told of each device.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import * as event from "../../firmware/wire/event.ts";
import { hex, latin1, u16, u32 } from "../../host/device/bytes.ts";
import * as facts from "../../host/tape/fleet.ts";
import type { Posix } from "../../host/target/posix.ts";
import { buildPosix } from "../../tools/boards.mjs";
import { missingFor, type BoardName } from "../../tools/images.mjs";
import { lacking } from "../boards/board.ts";

/** True when there is a program to run, built by now. */
export const there = !lacking("cc");
if (there) await buildPosix();

const missing = ["stm32f405", "an386", "riscv"].flatMap((board) => missingFor(board as BoardName));
if (missing.length > 0 && process.env.CI === "true") throw new Error(`not installed here: ${missing.join(", ")}`);
/** True when boards can live in emulators here. */
export const emulators = there && missing.length === 0;
if (!emulators)
  console.log(`skipped: fleets with boards, ${missing.join(", ") || "a C compiler"} is not installed here`);

const scratch = mkdtempSync(join(tmpdir(), "synod-posix-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
let made = 0;
/** A folder for a fleet, not yet there. */
export const fresh = (): string => join(scratch, `fleet${made++}`);

/** Another program in place of build/synod-node, to see the tests fail. */
export const PROGRAM = process.env.SYNOD_NODE;
/** No machine is so slow. */
export const LIMIT_MS = 120_000;
/** Enough readings to vote on. */
export const SENSES = { recording: { from: 2330, intervalMs: 500 } };

/** What a log told of each device. */
export class Watcher {
  readonly heights: number[];
  readonly recovered: { height: number; observer: boolean }[] = [];
  readonly roots = new Map<number, Set<string>>();
  readonly digests = new Map<number, Set<string>>();
  readonly powers: string[] = [];
  readonly counts = new Map<number, number>();
  /** What frames were about, in hex: the ids of transactions among them. */
  readonly carried = new Set<string>();
  readonly problems: string[] = [];
  /** The last refusals of each device: reason and context. */
  readonly refusals: string[][];

  constructor(fleet: Posix) {
    this.heights = Array.from({ length: fleet.n }, () => 0);
    this.refusals = Array.from({ length: fleet.devices }, () => []);
    fleet.log.on((fact) => this.#hear(fact));
  }

  #hear(fact: facts.Fact): void {
    this.counts.set(fact.type, (this.counts.get(fact.type) ?? 0) + 1);
    if (fact.type === facts.SENT) this.carried.add(hex(fact.about));
    else if (fact.type === facts.POWER) {
      this.powers.push(`${fact.device} ${fact.on ? "on" : "off"} ${fact.why}`);
      if (!fact.on && !["killed", "closed"].includes(fact.why))
        this.problems.push(`device ${fact.device}: ${fact.why}`);
    } else if (fact.type === facts.SAID) this.#said(fact.device, fact.kind, fact.bytes);
  }

  #said(device: number, kind: number, b: Uint8Array): void {
    if (kind === event.COMMIT) {
      this.heights[device] = u32(b, 0);
      more(this.digests, u32(b, 0), latin1(b, 16, 48));
    } else if (kind === event.REFUSED) {
      this.refusals[device] = [...this.refusals[device].slice(-12), `${u16(b, 0)}(${u32(b, 4)})`];
    } else if (kind === event.EXECUTED) more(this.roots, u32(b, 0), hex(b, 8, 40));
    else if (kind === event.RECOVERED) {
      this.recovered[device] = { height: u32(b, 0), observer: (u32(b, 12) & 1) !== 0 };
      this.heights[device] = u32(b, 0);
    }
  }

  /** All devices agree on every block and every state. */
  agree(): void {
    for (const [height, of] of this.digests)
      if (of.size > 1) this.problems.push(`height ${height} has ${of.size} blocks`);
    for (const [height, of] of this.roots)
      if (of.size > 1) this.problems.push(`height ${height} has ${of.size} states`);
    assert.equal(this.problems, []);
  }
}

const more = (map: Map<number, Set<string>>, key: number, value: string): void =>
  void map.set(key, (map.get(key) ?? new Set<string>()).add(value));

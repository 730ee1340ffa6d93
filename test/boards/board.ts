// What the tests of boards/ share: the fixture device, a board that answers the same in every run, random calls, tapes.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hex } from "../../host/device/bytes.ts";
import type { Device, Engine, Hal } from "../../host/device/device.ts";
import { Recorder } from "../../host/tape/record.ts";
import { buildBinding, buildTool, have, paths } from "../../tools/boards.mjs";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A folder for this process alone, removed at its end. */
export const scratch = mkdtempSync(join(tmpdir(), "synod-boards-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** The addon and what uses it, built first. */
export async function binding(): Promise<typeof import("../../host/device/wasm3.ts")> {
  await buildBinding();
  return import("../../host/device/wasm3.ts");
}

/** Path and bytes of the fixture device, freshly compiled. */
export async function fixture(): Promise<{ path: string; wasm: Uint8Array }> {
  const { compile } = await import("../../tools/build.mjs");
  await compile("test/boards/fixture/device.ts", "device", relative(root, join(scratch, "device")));
  const path = join(scratch, "device.wasm");
  return { path, wasm: new Uint8Array(readFileSync(path)) };
}

/** True when one of these programs is missing: then the caller returns. In CI a missing program is a failure. */
export function lacking(...programs: string[]): boolean {
  const absent = programs.filter((p) => have(p) === null);
  if (absent.length === 0) return false;
  if (process.env.CI === "true") throw new Error(`not installed here: ${absent.join(", ")}`);
  console.log(`skipped: not installed here: ${absent.join(", ")}`);
  return true;
}

/** Path of a program of tools/boards.mjs, under sanitizers where the compiler has them; null when there is no compiler. */
export async function careful(name: "replay" | "port" | "heap"): Promise<string | null> {
  if (lacking("cc")) return null;
  try {
    await buildTool(name, { sanitize: true });
    return paths.tool(`${name}-san`);
  } catch (e) {
    if (process.env.CI === "true" || !/sanitize|asan|ubsan/i.test(String(e))) throw e;
  }
  console.log("note: this compiler has no sanitizers");
  await buildTool(name);
  return paths.tool(name);
}

/** Numbers below n from a seed, the same in every run. */
export function numbers(seed: string): (n: number) => number {
  let counter = 0;
  return (n) => createHash("sha256").update(`${seed} ${counter++}`).digest().readUInt32LE(0) % n;
}

/** A board whose answers follow from how often it was asked. */
export function board(): Hal {
  let asked = 0;
  return {
    entropy: (n) => Uint8Array.from({ length: n }, (_, i) => i * 31 + asked++),
    read: (region, offset, n) =>
      (asked++ & 3) === 3 ? null : Uint8Array.from({ length: n }, (_, i) => region + offset + i),
    sense: (channel) => BigInt(channel) * -1_000_000_007n + BigInt(asked++),
  };
}

export type Call =
  | { call: "boot" | "tick"; now: bigint }
  | { call: "receive" | "request"; link: number; bytes: Uint8Array; now: bigint };

/** Requests of the fixture that end well, that trap in every engine, and that ask for a reset. */
const GOOD = [0, 4, 11, 0x40];
const TRAPS = [1, 2, 3];
const RESET = 5;

/** `count` calls for the fixture, with power cycles where a board needs them. */
export function calls(seed: string, count: number): Call[] {
  const below = numbers(seed);
  const list: Call[] = [{ call: "boot", now: 0n }];
  const bytes = (n: number, first?: number): Uint8Array =>
    Uint8Array.from({ length: n }, (_, i) => (i === 0 && first !== undefined ? first : below(256)));
  for (let now = 1n; list.length < count; now += BigInt(below(5000))) {
    const kind = below(16);
    if (kind < 7) list.push({ call: "receive", link: below(4), bytes: bytes(below(1537)), now });
    else if (kind < 11) list.push({ call: "tick", now });
    else if (kind < 14) list.push({ call: "request", link: 0, bytes: bytes(1 + below(80), GOOD[below(4)]), now });
    else if (kind < 15) list.push({ call: "boot", now });
    else {
      const what = below(4) === 3 ? RESET : TRAPS[below(3)];
      list.push({ call: "request", link: 0, bytes: bytes(2, what), now }, { call: "boot", now });
    }
  }
  return list;
}

/** Makes one call; what it returned, 0 for receive. */
export function make(device: Device, c: Call): number {
  if (c.call === "boot") return device.boot(c.now);
  if (c.call === "tick") return device.tick(c.now);
  if (!("bytes" in c)) throw new Error(`no such call: ${c.call}`);
  if (c.call === "request") return device.request(c.bytes, c.now);
  device.receive(c.link, c.bytes, c.now);
  return 0;
}

export interface Recording {
  /** Path of the tape. */
  path: string;
  bytes: Uint8Array;
  /** The trace in hexadecimal, as the host computes it. */
  trace: string;
  traps: number;
}

/** Runs calls through a fresh device of an engine, and writes the tape. A boot is a power cycle. */
export function tape(engine: Engine, wasm: Uint8Array, list: Call[]): Recording {
  const recorder = new Recorder();
  const hal = board();
  let device: Device | null = null;
  let traps = 0;
  for (const c of list) {
    if (c.call === "boot") {
      device?.close();
      device = recorder.open(engine, wasm, hal);
    }
    try {
      make(device!, c);
    } catch {
      traps++;
    }
  }
  device?.close();
  const bytes = recorder.bytes();
  const path = join(scratch, `${engine}.tape`);
  writeFileSync(path, bytes);
  return { path, bytes, trace: hex(recorder.digest()), traps };
}

/** Runs a program to its end. */
export function run(program: string, args: string[]): { status: number; stdout: string; stderr: string } {
  const { status, stdout, stderr, signal } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 120_000,
    cwd: root,
  });
  return { status: status ?? -1, stdout, stderr: signal ? `${stderr}\nended by ${signal}` : stderr };
}

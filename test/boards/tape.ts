// Makes tapes for the tests of this folder: runs calls through a device, writes down calls and answers in the format of
// boards/runtime/replay.h, and computes the trace as its head comment of boards/runtime/trace.h says.

import { createHash } from "node:crypto";
import type { Device, Engine, Hal } from "../../host/device/device.ts";
import { open } from "../../host/device/open.ts";
import { records } from "../../host/device/effects.ts";

export type Call =
  | { call: "boot" | "tick"; now: bigint }
  | { call: "receive"; link: number; bytes: Uint8Array; now: bigint }
  | { call: "request"; bytes: Uint8Array; now: bigint };

const CODES = { boot: 1, receive: 2, request: 3, tick: 4 } as const;
const TRAPPED = -2147483648;

function record(type: number, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(8 + Math.ceil(payload.length / 4) * 4);
  out[0] = type;
  out.writeUInt32LE(payload.length, 4);
  out.set(payload, 8);
  return out;
}

const i32 = (v: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeInt32LE(v | 0);
  return out;
};

const i64 = (v: bigint): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(BigInt.asIntN(64, v));
  return out;
};

export interface Recording {
  tape: Uint8Array;
  /** The trace digest in hexadecimal. */
  trace: string;
  traps: number;
}

/** Runs the calls on an engine; a boot is a power cycle. */
export function recordCalls(engine: Engine, wasm: Uint8Array, hal: Hal, calls: Call[]): Recording {
  const parts: Buffer[] = [Buffer.from("SYNODTAP"), i32(1), i32(0)];
  const hash = createHash("sha256");
  const put = (type: number, ...payload: Uint8Array[]): void => void parts.push(record(type, Buffer.concat(payload)));
  const asked: Hal = {
    entropy(n) {
      const bytes = hal.entropy(n);
      put(2, bytes);
      return bytes;
    },
    read(region, offset, n) {
      const bytes = hal.read(region, offset, n);
      put(3, i32(bytes === null ? -1 : 0), bytes ?? new Uint8Array(0));
      return bytes;
    },
    sense(channel) {
      const value = hal.sense(channel);
      put(4, i64(value));
      return value;
    },
  };
  let traps = 0;
  let device: Device | null = null;
  for (const c of calls) {
    if (c.call === "boot") {
      device?.close();
      device = open(engine, wasm, asked);
      put(6, Buffer.from("power on"));
    }
    const head = Buffer.alloc(16);
    head[0] = CODES[c.call];
    if (c.call === "receive") head.writeUInt32LE(c.link, 4);
    head.writeBigUInt64LE(c.now, 8);
    put(1, head, "bytes" in c ? c.bytes : new Uint8Array(0));
    let result = 0;
    let ring: Uint8Array = new Uint8Array(0);
    try {
      result = make(device!, c);
      ring = records(device!.effects());
    } catch {
      result = TRAPPED;
      traps++;
    }
    hash.update(Uint8Array.of(CODES[c.call])).update(i32(result)).update(i32(ring.length)).update(ring);
  }
  device?.close();
  const digest = hash.digest();
  put(5, digest);
  return { tape: Buffer.concat(parts), trace: digest.toString("hex"), traps };
}

function make(device: Device, c: Call): number {
  if (c.call === "boot") return device.boot(c.now);
  if (c.call === "tick") return device.tick(c.now);
  if (c.call === "request") return device.request(c.bytes, c.now);
  device.receive(c.link, c.bytes, c.now);
  return 0;
}

// Two ends of a radio link for tests: devices that send objects and take frames, and a second, independent maker of frames.

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import * as effect from "../../firmware/wire/effect.ts";
import { parse } from "../../host/device/effects.ts";
import { type DebugModule, debugModule } from "../wasm.ts";

export const INPUT = 0x1c00;
export const WORK = 0x2200;
const RING = 0x2a00;
const RING_SIZE = 0x1e00;
const KEY_AT = 0x6fa0; // in the part of CORE that no file of core uses
const FIRST = 0x1c00;
const OBJECT_AT = 0x5000; // scratch is crypto's, but only its first bytes are used by hashes; objects to send lie behind
const ZEROS = new Uint8Array(0x10000 - FIRST);

export const KEY = Uint8Array.from({ length: 32 }, (_, i) => (i * 7 + 1) & 255);

/** Bytes of a number, little-endian. */
export const le = (value: number, n: number): Uint8Array =>
  Uint8Array.from({ length: n }, (_, i) => (value / 2 ** (8 * i)) & 255);

/** The frame around `inner`, with a right MAC, as wire/frame.ts draws it. */
export function frameOf(
  inner: Uint8Array,
  type = 1,
  source = 9,
  session = 5,
  sequence = 1,
  key: Uint8Array = KEY,
): Uint8Array {
  const head = concatBytes(Uint8Array.of(0x53, type, source, 0), le(session, 4), le(sequence, 4), inner);
  return concatBytes(head, hmac(sha256, key, head).subarray(0, 8));
}

/** A fragment's inner bytes. */
export const piece = (id: Uint8Array, total: number, index: number, count: number, bytes: Uint8Array): Uint8Array =>
  concatBytes(id, le(total, 2), Uint8Array.of(index, count), bytes);

export interface Heard {
  /** Length of an object, 0 for nothing, or minus a reason. */
  result: number;
  object: Uint8Array | null;
}

export class Station {
  now = 1000n;
  private constructor(readonly m: DebugModule) {}

  static async open(mtu = 250, me = 1, seed = 1): Promise<Station> {
    const s = new Station(await debugModule("v8"));
    s.reset(mtu, me, seed);
    return s;
  }

  /** Power up, with this session's entropy. */
  reset(mtu: number, me: number, seed = 1): void {
    this.m.hal.entropy = (n) => sha256(le(seed++, 8)).slice(0, n);
    this.m.write(FIRST, ZEROS);
    this.m.write(KEY_AT, KEY);
    this.m.call("core_ring_begin");
    this.m.call("core_rng_seed");
    this.m.call("mesh_link_open", KEY_AT, mtu, me);
  }

  call(name: string, ...args: (number | bigint)[]): number {
    return Number(this.m.call(`mesh_${name}`, ...args));
  }

  /** The frames that `body` sends. */
  frames(body: () => void): Uint8Array[] {
    this.m.call("core_ring_begin");
    body();
    return this.sent();
  }

  sent(): Uint8Array[] {
    return parse(this.m.bytes(RING, RING_SIZE))
      .filter((e) => e.op === effect.SEND)
      .map((e) => e.bytes.slice());
  }

  /** The frames of one object; `id` null: derived. Larger objects than the ring holds are sent in several calls. */
  send(object: Uint8Array, mask = 0xffffffff, id: Uint8Array | null = null): Uint8Array[] {
    this.m.write(OBJECT_AT, object);
    if (id) this.m.write(OBJECT_AT - 8, id);
    const frames = this.frames(() => {
      if (this.call("link_send", id ? OBJECT_AT - 8 : 0, OBJECT_AT, object.length, mask | 0) !== 1)
        throw new Error("no room in the ring");
    });
    return frames;
  }

  hear(frame: Uint8Array): Heard {
    this.m.write(INPUT, frame);
    const result = this.call("link_receive", INPUT, frame.length, this.now++);
    return { result, object: result > 0 ? this.m.bytes(this.call("link_object"), result) : null };
  }

  /** The objects that these frames complete. */
  objects(frames: Uint8Array[]): Uint8Array[] {
    return frames.flatMap((f) => this.hear(f).object ?? []);
  }

  partial(): { id: Uint8Array; bitmap: number } {
    const bitmap = this.call("link_partial", WORK) >>> 0;
    return { id: this.m.bytes(WORK, 8), bitmap };
  }
}

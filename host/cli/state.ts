// The state of a device by name, from its memory: what it says of itself, its account, its counters, what it refused last.
//
//   memory ──> a copy in another instance ── IDENTITY, STATUS, ACCOUNT ──> names and values
//
// Rule: the copy is asked, never the device, so looking changes nothing. A device that does not answer (another firmware, one that
// is not provisioned) gives what it can.

import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { hex, u16, u32, u64 } from "../device/bytes.ts";
import * as counters from "../device/counters.ts";
import { NOTHING, Trap, type Device } from "../device/device.ts";
import { parse } from "../device/effects.ts";
import { open } from "../device/open.ts";
import * as words from "../wire/words.ts";

export interface State {
  readonly up: boolean;
  readonly kid?: string;
  readonly validator?: number;
  readonly epoch?: number;
  readonly view?: number;
  readonly finalHeight?: number;
  readonly executedHeight?: number;
  readonly finalView?: number;
  readonly stateRoot?: string;
  readonly balance?: string;
  readonly nonce?: string;
  readonly counters?: counters.Counters;
}

/** What a request made the copy say: the contents of the first event of this kind, or null. */
function ask(device: Device, bytes: Uint8Array, kind: number): Uint8Array | null {
  try {
    if (device.request(bytes, 0n) !== 0) return null;
    return (
      parse(device.effects())
        .find(({ op, a }) => op === effect.EVENT && a === kind)
        ?.bytes.slice() ?? null
    );
  } catch (e) {
    if (e instanceof Trap) return null;
    throw e;
  }
}

/** The state of a device that runs this module and has this memory; null: it is down. */
export function of(memory: Uint8Array | null, wasm: Uint8Array): State {
  if (memory === null) return { up: false };
  const copy = open("v8", wasm, { entropy: (n) => new Uint8Array(n), read: () => null, sense: () => NOTHING });
  const asked = (bytes: Uint8Array, kind: number, size: number): Uint8Array | null => {
    copy.write(memory);
    const answer = ask(copy, bytes, kind);
    return answer !== null && answer.length >= size ? answer : null;
  };
  try {
    const identity = asked(Uint8Array.of(request.IDENTITY), event.IDENTITY, 40);
    const status = asked(Uint8Array.of(request.STATUS), event.ANSWER, 56);
    const whose = identity && asked(Uint8Array.of(request.ACCOUNT, ...identity.subarray(32, 40)), event.ANSWER, 24);
    return {
      up: true,
      ...(identity && { kid: hex(identity, 32, 40) }),
      ...(status && {
        validator: status[2],
        epoch: u32(status, 4),
        view: u32(status, 8),
        finalHeight: u32(status, 12),
        executedHeight: u32(status, 16),
        finalView: u32(status, 20),
        stateRoot: hex(status, 24, 56),
      }),
      ...(whose?.[1] === 1 && { balance: String(u64(whose, 8)), nonce: String(u64(whose, 16)) }),
      counters: counters.read(memory),
    };
  } finally {
    copy.close();
  }
}

/** The last refusals among events, as sentences, newest last. */
export function refusals(
  events: readonly { readonly atMs: number; readonly kind: number; readonly bytes: Uint8Array }[],
  most = 5,
): string[] {
  return events
    .filter(({ kind, bytes }) => kind === event.REFUSED && bytes.length >= 8)
    .slice(-most)
    .map(({ atMs, bytes }) => `${(atMs / 1000).toFixed(3)} s: ${words.reason(u16(bytes, 0))}`);
}

/** The state as lines for people, indented. */
export function lines(state: State, indent = "  "): string[] {
  if (!state.up) return [`${indent}down`];
  const { up: _, counters: count, ...named } = state;
  const shown = Object.entries(named).map(([name, value]) => `${indent}${name.padEnd(16)}${value}`);
  const work = Object.entries(count ?? {}).filter(([, n]) => n !== 0);
  return [...shown, `${indent}${"counters".padEnd(16)}${work.map(([name, n]) => `${name} ${n}`).join(", ") || "none"}`];
}

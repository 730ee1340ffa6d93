// The inspector's own device: the module of the tape in this browser's WebAssembly, given the page of memory that the tape shows.
// What it answers is what the device itself would have answered at that moment.
//
//   MODULE ──> instance <── write(page at t) ──> request(STATUS), request(ACCOUNT kid) ──> ANSWER
//
// Rule: nothing is asked of it that writes to flash; it is a copy, and no device hears of it.

import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { fromHex, hex, u32, u64 } from "../device/bytes.ts";
import { NOTHING, type Device } from "../device/device.ts";
import * as effects from "../device/effects.ts";
import * as v8 from "../device/v8.ts";

export interface Status {
  readonly n: number;
  readonly me: number;
  readonly flags: number;
  readonly epoch: number;
  readonly view: number;
  readonly finalHeight: number;
  readonly executedHeight: number;
  readonly finalView: number;
  readonly root: string;
  readonly digest: string;
}

export interface Account {
  readonly found: boolean;
  readonly balance: bigint;
  readonly nonce: bigint;
}

const HAL = { entropy: (n: number) => new Uint8Array(n), read: () => null, sense: () => NOTHING };
const open = new WeakMap<Uint8Array, Device>();

/** Why this browser does not run the module; null when it does. */
export function barred(wasm: Uint8Array): string | null {
  try {
    v8.compile(wasm);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The answer of a device with this module and this page of memory; null when it refuses, traps or does not fit the page. */
function ask(wasm: Uint8Array, page: Uint8Array, bytes: Uint8Array): Uint8Array | null {
  try {
    let device = open.get(wasm);
    if (device === undefined) open.set(wasm, (device = v8.open(wasm, HAL)));
    device.write(page);
    if (device.request(bytes, 0n) !== 0) return null;
    const found = effects.parse(device.effects()).find(({ op, a }) => op === effect.EVENT && a === event.ANSWER);
    return found?.bytes ?? null;
  } catch {
    return null;
  }
}

export function status(wasm: Uint8Array, page: Uint8Array): Status | null {
  const a = ask(wasm, page, Uint8Array.of(request.STATUS));
  if (a === null || a.length < 88) return null;
  const views = { epoch: u32(a, 4), view: u32(a, 8), finalHeight: u32(a, 12), executedHeight: u32(a, 16) };
  const hashes = { finalView: u32(a, 20), root: hex(a, 24, 56), digest: hex(a, 56, 88) };
  return { n: a[1], me: a[2], flags: a[3], ...views, ...hashes };
}

export function account(wasm: Uint8Array, page: Uint8Array, kid: string): Account | null {
  const asked = new Uint8Array(9);
  asked[0] = request.ACCOUNT;
  asked.set(fromHex(kid).subarray(0, 8), 1);
  const a = ask(wasm, page, asked);
  return a === null || a.length < 24 ? null : { found: a[1] === 1, balance: u64(a, 8), nonce: u64(a, 16) };
}

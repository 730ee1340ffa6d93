// Asking a device without disturbing it: its memory is copied into another instance, and that one is asked.
//
//   page at a keyframe (seen.ts) ──> a second instance of its module ──> balances
//
// All state of a device lies in its linear memory, so the copy answers as the device would. Rule: the device never knows.

import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import * as request from "../../firmware/wire/request.ts";
import { fromHex, u64 } from "../device/bytes.ts";
import { NOTHING, type Device } from "../device/device.ts";
import { parse } from "../device/effects.ts";
import { open } from "../device/open.ts";
import type { Seen } from "./seen.ts";

export class Probe {
  readonly #device: Device;

  constructor(wasm: Uint8Array) {
    this.#device = open("v8", wasm, { entropy: (n) => new Uint8Array(n), read: () => null, sense: () => NOTHING });
  }

  /** Becomes the device whose memory this is. */
  load(memory: Uint8Array): void {
    this.#device.write(memory);
  }

  /** The answer to a request (wire/request.ts); throws when it is refused. */
  ask(bytes: Uint8Array): Uint8Array {
    const reason = this.#device.request(bytes, 0n);
    const answer = parse(this.#device.effects()).find(({ op, a }) => op === effect.EVENT && a === event.ANSWER);
    if (reason !== 0 || !answer) throw new Error(`the device refuses the request: reason ${reason}`);
    return answer.bytes.slice();
  }

  /** Balance and nonce of an account; both 0 when there is none. */
  account(kid: string): { found: boolean; balance: bigint; nonce: bigint } {
    const asked = new Uint8Array(9);
    asked[0] = request.ACCOUNT;
    asked.set(fromHex(kid), 1);
    const answer = this.ask(asked);
    return { found: answer[1] === 1, balance: u64(answer, 8), nonce: u64(answer, 16) };
  }

  close(): void {
    this.#device.close();
  }
}

/** Accounts as the devices of a fleet knew them at their last keyframes. */
export class Ledger {
  readonly #seen: Seen;
  readonly #probes = new Map<Uint8Array, Probe>(); // by module
  #last: { name: string; balances: bigint[] } | null = null;

  constructor(seen: Seen) {
    this.#seen = seen;
  }

  /**
   * Balances of these accounts (key ids, hex), as the device knows them that has executed most of those that are up; null when
   * no device has shown its memory yet.
   */
  balances(kids: readonly string[]): bigint[] | null {
    const { devices } = this.#seen;
    const shown = devices.flatMap(({ page, executed, lies }, i) =>
      page === null || lies ? [] : [{ i, page, executed }],
    );
    if (shown.length === 0) return null;
    const furthest = shown.reduce((a, b) => (b.executed > a.executed ? b : a));
    const wasm = this.#seen.moduleOf(furthest.i);
    if (wasm === null) return null;
    const probe = this.#probes.get(wasm) ?? new Probe(wasm);
    this.#probes.set(wasm, probe);
    const name = `${furthest.i} ${devices[furthest.i].pageUs} ${kids.join()}`;
    if (this.#last?.name === name) return this.#last.balances;
    probe.load(furthest.page);
    const balances = kids.map((kid) => probe.account(kid).balance);
    this.#last = { name, balances };
    return balances;
  }

  close(): void {
    for (const probe of this.#probes.values()) probe.close();
    this.#probes.clear();
  }
}

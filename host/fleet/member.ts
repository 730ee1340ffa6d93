// One device of a fleet, as a test or a command handles it: `fleet.device(2).kill()`, `.restart()`, `.pay(0, 5n)`.
//
// Rule: what is done here could be done to a real device with a hand on its plug, or a wire to its console, and is a deed.

import { fromHex, hex } from "../device/bytes.ts";
import type { Fleet } from "./fleet.ts";
import * as provision from "./provision.ts";
import type { Station } from "./station.ts";
import type { Status } from "./watch.ts";

export class Member {
  readonly index: number;
  readonly #fleet: Fleet;
  readonly #stations: readonly Station[];

  constructor(fleet: Fleet, index: number, stations: readonly Station[]) {
    this.#fleet = fleet;
    this.index = index;
    this.#stations = stations;
  }

  get up(): boolean {
    return this.#stations[0].on;
  }

  get honest(): boolean {
    return this.#fleet.honest(this.index);
  }

  /** What it last said about itself. */
  get status(): Readonly<Status> {
    return this.#fleet.watch.status[this.index];
  }

  /** Key id, hex. */
  get kid(): string {
    return hex(this.#fleet.identities[this.index].kid);
  }

  get publicKey(): string {
    return hex(this.#fleet.identities[this.index].publicKey);
  }

  /** Pulls the plug; it stays down until restart(). */
  kill(): void {
    this.#fleet.do({ do: "kill", device: this.index });
  }

  /** Powers it up again, after `afterMs`. Nothing happens to a device that is up by then. */
  restart(afterMs = 0): void {
    const deed = { do: "restart", device: this.index } as const;
    if (afterMs === 0) this.#fleet.do(deed);
    else this.#fleet.after(afterMs, () => this.#fleet.do(deed));
  }

  /** Makes it an equivocator: from now on it leads two lives. Refused when f devices lie already. */
  lie(): void {
    this.#fleet.do({ do: "lie", device: this.index });
  }

  /** Its frames arrive so much later; 0 ends it. */
  slow(ms: number): void {
    this.#fleet.do({ do: "slow", device: this.index, ms });
  }

  /** This share of its frames is damaged; 0 ends it. */
  corrupt(rate: number): void {
    this.#fleet.do({ do: "corrupt", device: this.index, rate });
  }

  /** For tests of the simulator, no deed: lets the power fail after `effects` more effects, to come back after `backMs` (null: not by itself). */
  cut(effects: number, backMs: number | null = 50): void {
    for (const station of this.#stations) station.failing = { how: "cut", effects, bytes: -1, backMs };
  }

  /** The same: lets the power fail in the first write at or behind `effects` more effects, when `bytes` bytes of it are done. */
  tear(effects: number, bytes: number, backMs: number | null = 50): void {
    for (const station of this.#stations) station.failing = { how: "torn", effects, bytes, backMs };
  }

  /** Hands a request (wire/request.ts) to it: 0, or the reason of its refusal; -1 when it is down. */
  request(bytes: Uint8Array): number {
    if (!this.up) return -1;
    return this.#fleet.ask(this.index, bytes);
  }

  /** Lets it pay another device. The transaction's id (latin1 of 8 bytes), or the reason of the refusal; -1 when it is down. */
  pay(to: number, amount: bigint, fee = 0n): string | number {
    return this.payTo(hex(this.#fleet.identities[to].kid), amount, fee);
  }

  /** The same, to any key id (hex). */
  payTo(kid: string, amount: bigint, fee = 0n): string | number {
    const { watch } = this.#fleet;
    watch.submitted = "";
    const reason = this.request(provision.pay(fromHex(kid), amount, fee));
    return reason === 0 ? watch.submitted : reason;
  }

  /** Its linear memory; null when it is down. */
  memory(): Uint8Array | null {
    return this.#stations[0].device?.memory() ?? null;
  }

  /** Contents of one of its flash regions (a view). */
  flash(region: number): Uint8Array {
    return this.#stations[0].flash.regions[region];
  }
}

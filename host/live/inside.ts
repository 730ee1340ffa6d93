// A simulated device that lives in real time, in this process: the same module in V8, its flash a file, its radio a modem.
//
// It is what fills a cell of real boards up. Rule: effects are done in the order of the ring, and a STORE is in the file before the next one is
// looked at, so pulling the plug costs what it costs a board.

import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import * as effect from "../../firmware/wire/effect.ts";
import { u64 } from "../device/bytes.ts";
import { NOTHING, Trap, type Device, type Hal } from "../device/device.ts";
import * as effects from "../device/effects.ts";
import { Flash, REGIONS } from "../fleet/flash.ts";
import { DumpRecorder } from "../tape/record.ts";
import { Life, type Body, type Command, type Hooks, type Message } from "./life.ts";
import { Modem } from "./modem.ts";

export interface Start {
  readonly module: Uint8Array;
  /** Its flash file; made where there is none. */
  readonly flash: string;
  readonly watch?: boolean;
  /** Where the tape of a call that traps goes. */
  readonly crash?: string;
}

const NEVER = 0xffff_ffff;
const HEARD = 32;
const TRAPPED = 70;

/** Flash whose contents are a file, regions one after the other as boards/posix has them. */
class Filed {
  readonly #flash = new Flash();
  readonly #fd: number;

  constructor(path: string) {
    const { regions } = this.#flash;
    if (existsSync(path)) {
      const bytes = readFileSync(path);
      for (let r = 1; r < regions.length; r++)
        regions[r].set(bytes.subarray(this.#at(r), this.#at(r) + regions[r].length));
    } else writeFileSync(path, Buffer.concat(regions.slice(1)), { mode: 0o600 });
    this.#fd = openSync(path, "r+");
  }

  #at(region: number): number {
    let at = 0;
    for (let r = 1; r < region; r++) at += REGIONS[r].size;
    return at;
  }

  #keep(region: number, from: number, n: number): void {
    writeSync(this.#fd, this.#flash.regions[region], from, n, this.#at(region) + from);
  }

  read(region: number, offset: number, n: number): Uint8Array | null {
    return this.#flash.read(region, offset, n);
  }

  store(region: number, offset: number, bytes: Uint8Array): boolean {
    const kept = this.#flash.store(region, offset, bytes);
    if (kept) this.#keep(region, offset, bytes.length);
    return kept;
  }

  erase(region: number, sector: number): boolean {
    const there = this.#flash.erase(region, sector);
    if (there) this.#keep(region, sector * REGIONS[region].sector, REGIONS[region].sector);
    return there;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

class Inside implements Body {
  readonly pid = -1;
  readonly #start: Start;
  readonly #hooks: Hooks;
  readonly #flash: Filed;
  readonly #modem: Modem;
  readonly #sensed = new Map<number, bigint>();
  readonly #startedMs = performance.now();
  readonly #dump = new DumpRecorder();
  #device: Device;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(start: Start, hooks: Hooks) {
    this.#start = start;
    this.#hooks = hooks;
    this.#flash = new Filed(start.flash);
    this.#device = this.#fresh();
    this.#modem = new Modem((frame, port) => this.#receive(frame, port));
    this.#modem.port.then(
      (port) => {
        hooks.hear({ what: "port", port });
        this.#boot();
      },
      (error: Error) => (hooks.tell(error.message), this.#end(1, null)),
    );
  }

  #fresh(): Device {
    const hal: Hal = {
      entropy: (n) => new Uint8Array(randomBytes(n)),
      read: (region, offset, n) => this.#flash.read(region, offset, n),
      sense: (channel) => {
        const value = this.#sensed.get(channel) ?? NOTHING;
        this.#sensed.delete(channel);
        return value;
      },
    };
    return this.#dump.open("v8", this.#start.module, hal);
  }

  get #now(): bigint {
    return BigInt(Math.floor(performance.now() - this.#startedMs));
  }

  // ---- calls ----

  /** Calls the device and does what it decided; null when it is down now. */
  #call<T>(work: (device: Device, now: bigint) => T): T | null {
    if (this.#over) return null;
    try {
      const result = work(this.#device, this.#now);
      this.#perform(effects.parse(this.#device.effects()));
      return this.#over ? null : result;
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      this.#hooks.hear({ what: "trap", words: error.message });
      this.#keep();
      this.#end(TRAPPED, null);
      return null;
    }
  }

  /** The tape of the calls that led to a trap. */
  #keep(): void {
    const { crash } = this.#start;
    if (crash === undefined) return;
    writeFileSync(crash, this.#dump.bytes());
    this.#hooks.hear({ what: "crash", path: crash });
  }

  #boot(): void {
    const why = this.#call((device, now) => device.boot(now));
    if (why !== null) this.#hooks.hear({ what: "boot", reason: why });
    this.#tick();
  }

  #tick(): void {
    clearTimeout(this.#timer);
    const wait = this.#call((device, now) => device.tick(now));
    if (wait === null || wait >>> 0 === NEVER) return;
    this.#timer = setTimeout(() => this.#tick(), wait);
  }

  #receive(frame: Uint8Array, port: number): void {
    if (this.#over) return;
    if (this.#start.watch)
      this.#hooks.hear({ what: "heard", port, bytes: frame.slice(0, HEARD), length: frame.length });
    this.#call((device, now) => device.receive(0, frame, now));
    this.#tick();
  }

  // ---- what it decided ----

  #perform(list: readonly effects.Effect[]): void {
    for (const { op, a, b, bytes } of list) {
      if (op === effect.STORE || op === effect.ERASE) {
        const done = op === effect.STORE ? this.#flash.store(a, b, bytes) : this.#flash.erase(a, b);
        if (!done) return this.#down("flash refuses to be written");
      } else if (op === effect.SEND) this.#send(bytes);
      else if (op === effect.EVENT) this.#hooks.hear({ what: "event", kind: a, bytes: bytes.slice() });
      else if (op === effect.ACT)
        this.#hooks.hear({ what: "act", channel: a, value: BigInt.asIntN(64, u64(bytes, 0)) });
      else return this.#reset(b);
    }
  }

  #send(frame: Uint8Array): void {
    this.#modem.send(frame);
    if (this.#start.watch) this.#hooks.hear({ what: "sent", bytes: frame.slice() });
  }

  #down(words: string): void {
    this.#hooks.hear({ what: "error", words });
    this.#end(1, null);
  }

  #reset(reason: number): void {
    this.#hooks.hear({ what: "reset", reason });
    this.#device = this.#fresh();
    setImmediate(() => this.#boot());
  }

  // ---- power ----

  do(command: Command): void {
    if (this.#over) return;
    if (command.what === "peers") this.#modem.peers(command.list);
    else if (command.what === "sense") this.#sensed.set(command.channel, command.value);
    else if (command.what === "page") this.#hooks.hear({ what: "page", bytes: this.#device.memory().slice() });
    else this.#request(command.bytes);
  }

  #request(bytes: Uint8Array): void {
    this.#hooks.hear({ what: "asked", length: bytes.length });
    const reason = this.#call((device, now) => device.request(bytes, now));
    if (reason === null) return;
    this.#hooks.hear({ what: "reply", reason });
    this.#tick();
  }

  quit(): void {
    this.#end(0, null);
  }

  kill(): void {
    this.#end(null, "SIGKILL");
  }

  #end(status: number | null, signal: string | null): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#modem.close();
    this.#flash.close();
    setImmediate(() => this.#hooks.ended(status, signal));
  }
}

export class Simulated extends Life {
  constructor(start: Start, hear: (message: Message) => void) {
    super((hooks) => new Inside(start, hooks), hear);
  }
}

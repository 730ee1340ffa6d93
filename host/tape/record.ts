// Recording: a device like any other, with everything that goes in written to a tape.
//
//   fleet ──> recorded device ──> device          calls and inputs  ─┐
//   hal  <── recorded hal <───────┘               answers           ─┴─> tape.Writer
//
// One recorder lives as long as the board: it opens a device at every power-up. Every 64 calls it notes the trace hash, so
// that a replay that differs says where. Rule: recording changes nothing that the device sees.

import { Trap, type Device, type Engine, type Hal } from "../device/device.ts";
import { hex } from "../device/bytes.ts";
import * as effects from "../device/effects.ts";
import { open } from "../device/open.ts";
import * as tape from "./tape.ts";
import * as trace from "./trace.ts";

const EVERY = 64;
const NO_INPUT = new Uint8Array(0);

export class Recorder {
  readonly #tape = new tape.Writer();
  readonly #trace = new trace.Trace();
  #calls = 0;

  /** Powers up a device whose calls and answers go on this tape. */
  open(engine: Engine, wasm: Uint8Array, hal: Hal): Device {
    const recorded: Hal = {
      entropy: (n) => {
        const bytes = hal.entropy(n);
        this.#tape.entropy(bytes);
        return bytes;
      },
      read: (region, offset, n) => {
        const bytes = hal.read(region, offset, n);
        this.#tape.read(bytes);
        return bytes;
      },
      sense: (channel) => {
        const value = hal.sense(channel);
        this.#tape.sense(value);
        return value;
      },
    };
    return new Recorded(this, open(engine, wasm, recorded));
  }

  /** Puts a note on the tape. */
  note(what: object): void {
    this.#tape.note(what);
  }

  /** The trace hash so far. */
  digest(): Uint8Array {
    return this.#trace.digest();
  }

  /** The whole tape, ended by the trace hash. Recording may go on; the next tape is longer. */
  bytes(): Uint8Array {
    const whole = this.#tape.bytes();
    const end = new tape.Writer();
    end.end(this.#trace.digest());
    const tail = end.bytes().subarray(tape.HEAD);
    const bytes = new Uint8Array(whole.length + tail.length);
    bytes.set(whole);
    bytes.set(tail, whole.length);
    return bytes;
  }

  /** For the recorded device: a call begins. */
  begin(code: number, link: number, now: bigint, input: Uint8Array): void {
    this.#tape.call(code, link, now, input);
  }

  /** For the recorded device: the call under way trapped. */
  trapped(code: number, why: string): void {
    this.note({ trap: why });
    this.#trace.call(code, trace.TRAPPED, trace.NO_RECORDS);
    this.#calls++;
  }

  /** For the recorded device: a call ended with this ring. */
  end(code: number, returned: number, ring: Uint8Array): void {
    this.#trace.call(code, returned, effects.records(ring));
    if (++this.#calls % EVERY === 0) this.note({ calls: this.#calls, trace: hex(this.#trace.digest()) });
  }
}

class Recorded implements Device {
  readonly engine: string;
  readonly #recorder: Recorder;
  readonly #device: Device;
  #ring: Uint8Array = NO_INPUT;

  constructor(recorder: Recorder, device: Device) {
    this.#recorder = recorder;
    this.#device = device;
    this.engine = device.engine;
  }

  boot(now: bigint): number {
    this.#recorder.begin(trace.BOOT, 0, now, NO_INPUT);
    return this.#done(trace.BOOT, () => this.#device.boot(now));
  }

  receive(link: number, frame: Uint8Array, now: bigint): void {
    this.#recorder.begin(trace.RECEIVE, link, now, frame);
    this.#done(trace.RECEIVE, () => {
      this.#device.receive(link, frame, now);
      return 0;
    });
  }

  request(bytes: Uint8Array, now: bigint): number {
    this.#recorder.begin(trace.REQUEST, 0, now, bytes);
    return this.#done(trace.REQUEST, () => this.#device.request(bytes, now));
  }

  tick(now: bigint): number {
    this.#recorder.begin(trace.TICK, 0, now, NO_INPUT);
    return this.#done(trace.TICK, () => this.#device.tick(now));
  }

  effects(): Uint8Array {
    return this.#ring;
  }

  memory(): Uint8Array {
    return this.#device.memory();
  }

  write(bytes: Uint8Array): void {
    this.#device.write(bytes);
  }

  close(): void {
    this.#device.close();
  }

  #done(code: number, call: () => number): number {
    let returned = 0;
    try {
      returned = call();
      this.#ring = this.#device.effects();
    } catch (e) {
      if (e instanceof Trap) this.#recorder.trapped(code, e.message);
      throw e;
    }
    this.#recorder.end(code, returned, this.#ring);
    return returned;
  }
}

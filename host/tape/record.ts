// Recording: a device like any other, with everything that goes in written to a tape.
//
//   fleet ──> recorded device ──> device          calls and inputs  ─┐
//   hal  <── recorded hal <───────┘               answers           ─┴─> tape.Writer
//
//   Recorder       keeps everything; every 64 calls the trace hash, so that a replay that differs says where, and every 256 calls a
//                  keyframe, so that one can start there
//   DumpRecorder   keeps the last keyframe and what came after it: the tape of a crash, in bounded room
//
// One recorder lives as long as the board: it opens a device at every power-up. Rule: recording changes nothing that the device sees.

import { Trap, type Device, type Engine, type Hal } from "../device/device.ts";
import { hex } from "../device/bytes.ts";
import * as effects from "../device/effects.ts";
import { open } from "../device/open.ts";
import * as page from "./page.ts";
import * as tape from "./tape.ts";
import * as trace from "./trace.ts";

/** Calls between two notes of the trace hash, and between two keyframes. */
const NOTED = 64;
const FRAMED = 256;
/** Bytes of a dump at which the next keyframe comes early. */
const DUMP = 512 * 1024;
const NO_INPUT = new Uint8Array(0);

/** What every recorder does: calls, answers and traps go on its tape. */
abstract class Base {
  protected readonly tape = new tape.Writer();
  protected calls = 0;

  /** Powers up a device whose calls and answers go on this tape. */
  open(engine: Engine, wasm: Uint8Array, hal: Hal): Device {
    const recorded: Hal = {
      entropy: (n) => {
        const bytes = hal.entropy(n);
        this.tape.entropy(bytes);
        return bytes;
      },
      read: (region, offset, n) => {
        const bytes = hal.read(region, offset, n);
        this.tape.read(bytes);
        return bytes;
      },
      sense: (channel) => {
        const value = hal.sense(channel);
        this.tape.sense(value);
        return value;
      },
      module: (offset, n) => {
        const bytes = hal.module?.(offset, n) ?? null;
        if (bytes !== null) this.tape.module(bytes);
        return bytes;
      },
    };
    return new Recorded(this, open(engine, wasm, recorded));
  }

  /** Puts a note on the tape. */
  note(what: object): void {
    this.tape.note(what);
  }

  /** For the recorded device: a call begins. */
  begin(code: number, link: number, now: bigint, input: Uint8Array): void {
    this.tape.call(code, link, now, input);
  }

  /** For the recorded device: the call under way trapped. */
  trapped(_code: number, why: string): void {
    this.note({ trap: why });
    this.calls++;
  }

  /** For the recorded device: a call ended with this ring. */
  abstract end(device: Device, code: number, returned: number, ring: Uint8Array): void;
}

export class Recorder extends Base {
  readonly #trace = new trace.Trace();
  #page: Uint8Array | null = null;

  /** The trace hash so far. */
  digest(): Uint8Array {
    return this.#trace.digest();
  }

  /** The whole tape, ended by the trace hash. Recording may go on; the next tape is longer. */
  bytes(): Uint8Array {
    const whole = this.tape.bytes();
    const end = new tape.Writer();
    end.end(this.#trace.digest());
    const tail = end.bytes().subarray(tape.HEAD);
    const bytes = new Uint8Array(whole.length + tail.length);
    bytes.set(whole);
    bytes.set(tail, whole.length);
    return bytes;
  }

  override trapped(code: number, why: string): void {
    super.trapped(code, why);
    this.#trace.call(code, trace.TRAPPED, trace.NO_RECORDS);
  }

  end(device: Device, code: number, returned: number, ring: Uint8Array): void {
    this.#trace.call(code, returned, effects.records(ring));
    this.calls++;
    if (this.calls % NOTED === 0) this.note({ calls: this.calls, trace: hex(this.#trace.digest()) });
    if (this.calls % FRAMED !== 0) return;
    const now = device.memory();
    this.tape.keyframe(this.calls, this.#page === null, page.delta(this.#page, now));
    this.#page ??= new Uint8Array(now.length);
    this.#page.set(now);
  }
}

export class DumpRecorder extends Base {
  #framed = 0;
  /** The memory behind the last keyframe; null when the tape begins with a boot. */
  #page: Uint8Array | null = null;
  #clock: object | null = null;

  override open(engine: Engine, wasm: Uint8Array, hal: Hal): Device {
    this.tape.clear();
    this.#page = null;
    this.#framed = this.calls;
    if (this.#clock !== null) this.tape.note(this.#clock);
    return super.open(engine, wasm, hal);
  }

  /** Only when its power came up is kept: `{clock}`. */
  override note(what: object): void {
    if ("clock" in what) this.#clock = what;
    this.tape.note(what);
  }

  end(device: Device): void {
    this.calls++;
    if (this.calls - this.#framed < FRAMED && this.tape.length < DUMP) return;
    this.#framed = this.calls;
    this.tape.clear();
    if (this.#clock !== null) this.tape.note(this.#clock);
    const now = device.memory();
    this.#page ??= new Uint8Array(now.length);
    this.#page.set(now);
  }

  /** The tape of the last calls: a keyframe, unless it begins with the power-up, and what came in since. */
  bytes(): Uint8Array {
    const calls = this.tape.bytes();
    if (this.#page === null) return calls;
    const first = new tape.Writer();
    first.keyframe(this.#framed, true, page.delta(null, this.#page));
    const head = first.bytes();
    const bytes = new Uint8Array(head.length + calls.length - tape.HEAD);
    bytes.set(head);
    bytes.set(calls.subarray(tape.HEAD), head.length);
    return bytes;
  }
}

class Recorded implements Device {
  readonly engine: string;
  readonly #recorder: Base;
  readonly #device: Device;
  #ring: Uint8Array = NO_INPUT;

  constructor(recorder: Base, device: Device) {
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
    this.#recorder.end(this.#device, code, returned, this.#ring);
    return returned;
  }
}

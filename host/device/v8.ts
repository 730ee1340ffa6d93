// The V8 engine: a device as a WebAssembly instance of this process.
//
//   wasm bytes ── compiled once ──> Program ── idle slots ──> Slot (instance + its memory)
//
// V8 grants a process some thousand wasm memories only, so instances are reused: all mutable state of a device lies in its
// linear memory, and writing the image of a fresh instance over it makes it a fresh instance.

import * as effect from "../../firmware/wire/effect.ts";
import { alloc, u16 } from "./bytes.ts";
import { AbiError, EXPORTS, IMPORTS, INPUT_MAX, NOT_OFFERED, Trap, type Device, type Hal } from "./device.ts";
import { Sandbox } from "./sandbox.ts";

interface Exports {
  memory: WebAssembly.Memory;
  /** Bytes of it that the module says to touch; modules of others may say nothing. */
  MEMORY_END?: WebAssembly.Global;
  boot(now: bigint): number;
  input(): number;
  receive(link: number, n: number, now: bigint): void;
  request(n: number, now: bigint): number;
  tick(now: bigint): number;
  output(): number;
  host?(op: number, n: number): bigint;
  hostBuffer?(): number;
}

interface Program {
  readonly module: WebAssembly.Module;
  /** Memory of a fresh instance; null until there was one. */
  image: Uint8Array | null;
  readonly idle: Slot[];
}

const programs = new WeakMap<Uint8Array, Program>();
const EMPTY = new Uint8Array(effect.BYTES);
const ZEROS = new Uint8Array(65_536);

/** Compiles a module and checks that it is a device; once per array of bytes. */
export function compile(wasm: Uint8Array): WebAssembly.Module {
  return program(wasm).module;
}

function program(wasm: Uint8Array): Program {
  let known = programs.get(wasm);
  if (known === undefined) {
    const module = new WebAssembly.Module(wasm as BufferSource);
    checkAbi(module);
    known = { module, image: null, idle: [] };
    programs.set(wasm, known);
  }
  return known;
}

function checkAbi(module: WebAssembly.Module): void {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from !== "synod" || kind !== "function" || !(IMPORTS as readonly string[]).includes(name)) {
      throw new AbiError(`the module imports ${from}.${name} (${kind}); a device may import ${IMPORTS.join(", ")}`);
    }
  }
  const exported = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  for (const name of EXPORTS) {
    if (exported.get(name) !== "function") throw new AbiError(`the module does not export the function ${name}`);
  }
  if (exported.get("memory") !== "memory") throw new AbiError("the module does not export its memory");
}

/** One instance; whose device it is changes from power-up to power-up. */
class Slot {
  hal: Hal | null = null;
  readonly exports: Exports;
  readonly bytes: Uint8Array;
  /** What the module must leave alone: V8 grants whole pages, a board less. */
  readonly beyond: Uint8Array;

  constructor(module: WebAssembly.Module) {
    const at = (p: number, bytes: Uint8Array): void => this.bytes.set(bytes, p >>> 0);
    const synod = {
      entropy: (p: number, n: number): void => at(p, this.hal!.entropy(n >>> 0)),
      read: (region: number, offset: number, p: number, n: number): number => {
        const bytes = this.hal!.read(region >>> 0, offset >>> 0, n >>> 0);
        if (bytes === null) return -1;
        at(p, bytes);
        return 0;
      },
      sense: (channel: number): bigint => this.hal!.sense(channel >>> 0),
      call: (...[code, length, input, n, gas]: number[]): bigint => sandbox.call(code, length, input, n, gas),
      accelerate: (): number => NOT_OFFERED,
    };
    const sandbox = new Sandbox(() => ({ hal: this.hal!, memory: this.bytes, exports: this.exports }));
    this.exports = new WebAssembly.Instance(module, { synod }).exports as unknown as Exports;
    this.bytes = new Uint8Array(this.exports.memory.buffer);
    this.beyond = this.bytes.subarray(Number(this.exports.MEMORY_END?.value ?? this.bytes.length));
  }
}

/** A fresh device of this module. */
export function open(wasm: Uint8Array, hal: Hal): Device {
  const of = program(wasm);
  const slot = of.idle.pop() ?? new Slot(of.module);
  if (of.image === null) of.image = slot.bytes.slice();
  else slot.bytes.set(of.image);
  slot.hal = hal;
  return new V8Device(of, slot);
}

class V8Device implements Device {
  readonly engine = "v8";
  readonly #program: Program;
  #slot: Slot | null;

  constructor(program: Program, slot: Slot) {
    this.#program = program;
    this.#slot = slot;
  }

  boot(now: bigint): number {
    const { exports } = this.#powered();
    try {
      return exports.boot(now);
    } catch (e) {
      throw trap(e, "boot");
    }
  }

  receive(link: number, frame: Uint8Array, now: bigint): void {
    const { exports } = this.#powered();
    try {
      this.#input(frame);
      exports.receive(link, frame.length, now);
    } catch (e) {
      throw trap(e, "receive");
    }
  }

  request(request: Uint8Array, now: bigint): number {
    const { exports } = this.#powered();
    try {
      this.#input(request);
      return exports.request(request.length, now);
    } catch (e) {
      throw trap(e, "request");
    }
  }

  tick(now: bigint): number {
    const { exports } = this.#powered();
    try {
      return exports.tick(now) >>> 0;
    } catch (e) {
      throw trap(e, "tick");
    }
  }

  effects(): Uint8Array {
    const { exports, bytes, beyond } = this.#powered();
    if (beyond.length !== 0 && Buffer.compare(beyond, ZEROS.subarray(0, beyond.length)) !== 0)
      throw new Trap(`it wrote beyond its ${bytes.length - beyond.length} bytes of memory`);
    const start = exports.output() >>> 0;
    if (bytes[start] === effect.END) return EMPTY;
    let p = start;
    while (bytes[p] !== effect.END) {
      p += effect.span(u16(bytes, p + effect.LENGTH));
      if (p + effect.BYTES > bytes.length) throw new Trap("the effect ring runs past the end of memory");
    }
    const ring = alloc(p - start + effect.BYTES);
    ring.set(bytes.subarray(start, p));
    ring.fill(0, p - start);
    return ring;
  }

  memory(): Uint8Array {
    return this.#powered().bytes;
  }

  write(bytes: Uint8Array): void {
    this.#powered().bytes.set(bytes);
  }

  close(): void {
    if (this.#slot === null) return;
    this.#slot.hal = null;
    this.#program.idle.push(this.#slot);
    this.#slot = null;
  }

  #input(input: Uint8Array): void {
    if (input.length > INPUT_MAX)
      throw new RangeError(`an input of ${input.length} bytes; a device takes ${INPUT_MAX}`);
    const { exports, bytes } = this.#powered();
    bytes.set(input, exports.input() >>> 0);
  }

  #powered(): Slot {
    if (this.#slot === null) throw new Error("this device is closed; open a new one");
    return this.#slot;
  }
}

function trap(e: unknown, call: string): unknown {
  if (e instanceof WebAssembly.RuntimeError) return new Trap(`${call}: ${e.message}`, { cause: e });
  if (e instanceof RangeError && /call stack/.test(e.message))
    return new Trap(`${call}: stack exhausted`, { cause: e });
  return e;
}

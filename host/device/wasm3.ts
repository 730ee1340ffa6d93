// The wasm3 engine: a device in the interpreter that boards run, inside this process, through the addon of boards/binding.
//
//   Wasm3Module   any module: call exports by name, read and write its memory
//   open          a device (device.ts); importing this file registers it as engine "wasm3"
//
// Instances are reused as in v8.ts: all state of a device is its linear memory, so a fresh image makes a fresh device and
// the compiled code is kept. An instance that trapped is not reused.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import * as effect from "../../firmware/wire/effect.ts";
import { AbiError, EXPORTS, INPUT_MAX, NOT_OFFERED, Trap, type Device, type Hal } from "./device.ts";
import { register } from "./open.ts";

type Value = number | bigint;
type Handle = object;
type Import = [module: string, name: string, type: string, f: (...args: never[]) => Value | void];

type Stored = (offset: number, n: number) => Uint8Array | null;

/** What the interpreter holds, in bytes of this machine: a pointer is 8 bytes here and 4 on a board. */
export interface Usage {
  /** Code pages filled. */
  code: number;
  /** Code pages taken. */
  codePages: number;
  /** High-water mark of the operand stack. */
  stack: number;
  /** Functions declared, and those that ran. */
  functions: number;
  compiled: number;
}

interface Addon {
  open(bytes: Uint8Array, imports: Import[], stackBytes: number, stored: Stored): Handle;
  find(handle: Handle, name: string): number;
  call(handle: Handle, f: number, ...args: Value[]): Value | undefined;
  memory(handle: Handle): ArrayBuffer;
  usage(handle: Handle): Usage;
  close(handle: Handle): void;
  wasm3: string;
  compiler: string;
}

const path = fileURLToPath(new URL("../../build/wasm3.node", import.meta.url));
const addon = createRequire(import.meta.url)(path) as Addon;

/** Version of wasm3 and the compiler that built the addon. */
export const wasm3: string = addon.wasm3;
export const compiler: string = addon.compiler;

/** Bytes of a page, which keyframes hold of every device. */
const PAGE = 65_536;

/** Bytes of operand stack, as on boards. A device that needs more traps here as it would there. */
export const STACK = 4096;

/** Calls the interpreter; its traps become Trap, what an import throws passes through. */
function guarded<T>(call: string, f: () => T): T {
  try {
    return f();
  } catch (e) {
    if (e instanceof Error && e.message.startsWith("[trap]")) throw new Trap(`${call}: ${e.message}`, { cause: e });
    throw e;
  }
}

/** A module in wasm3. Its imports are those of the ABI; what it does not import is never asked. */
export class Wasm3Module {
  readonly engine = "wasm3";
  /** Who answers the module's questions; may be replaced at any time. */
  hal: Hal;
  readonly #handle: Handle;
  readonly #imports: Import[]; // kept here, since the addon does not keep them
  readonly #stored: Stored = (offset, n) => this.hal.module?.(offset, n) ?? null; // the same
  readonly #memory: Uint8Array;
  readonly #found = new Map<string, number>();

  constructor(wasm: Uint8Array, hal: Hal, stackBytes = STACK) {
    this.hal = hal;
    const put = (p: number, bytes: Uint8Array): void => this.#memory.set(bytes, p >>> 0);
    this.#imports = [
      ["synod", "entropy", "v(ii)", (p: number, n: number) => put(p, this.hal.entropy(n >>> 0))],
      [
        "synod",
        "read",
        "i(iiii)",
        (region: number, offset: number, p: number, n: number) => {
          const bytes = this.hal.read(region >>> 0, offset >>> 0, n >>> 0);
          if (bytes === null) return -1;
          put(p, bytes);
          return 0;
        },
      ],
      ["synod", "sense", "I(i)", (channel: number) => this.hal.sense(channel >>> 0)],
      ["synod", "accelerate", "i(ii)", () => NOT_OFFERED],
    ];
    this.#handle = addon.open(wasm, this.#imports, stackBytes, this.#stored);
    this.#memory = new Uint8Array(addon.memory(this.#handle));
  }

  /** True when the module exports a function of this name. */
  has(name: string): boolean {
    return this.#number(name) >= 0;
  }

  /** Calls an export: i32 gives a signed number, i64 a signed bigint, nothing gives undefined. */
  call(name: string, ...args: Value[]): Value | undefined {
    const f = this.#number(name);
    if (f < 0) throw new Error(`the module exports no function ${name}`);
    return guarded(name, () => addon.call(this.#handle, f, ...args));
  }

  /** Linear memory itself. */
  memory(): Uint8Array {
    return this.#memory;
  }

  /** A copy of n bytes at p. */
  bytes(p: number, n: number): Uint8Array {
    return this.#memory.slice(p, p + n);
  }

  write(p: number, bytes: Uint8Array): void {
    this.#memory.set(bytes, p);
  }

  usage(): Usage {
    return addon.usage(this.#handle);
  }

  /** Frees the instance; its memory becomes empty. */
  close(): void {
    addon.close(this.#handle);
  }

  #number(name: string): number {
    let f = this.#found.get(name);
    if (f === undefined) this.#found.set(name, (f = addon.find(this.#handle, name)));
    return f;
  }
}

interface Program {
  /** Memory of a fresh instance; null until there was one. */
  image: Uint8Array | null;
  readonly idle: Wasm3Module[];
}

const programs = new WeakMap<Uint8Array, Program>();
const NOBODY: Hal = {
  entropy: () => {
    throw new Error("a device asks while it is closed");
  },
  read: () => null,
  sense: () => 0n,
};

/** A fresh device of this module. */
export function open(wasm: Uint8Array, hal: Hal): Device {
  let program = programs.get(wasm);
  if (program === undefined) programs.set(wasm, (program = { image: null, idle: [] }));
  const module = program.idle.pop() ?? fresh(wasm);
  if (program.image === null) program.image = module.memory().slice();
  else module.memory().set(program.image);
  module.hal = hal;
  return new Wasm3Device(program, module);
}

function fresh(wasm: Uint8Array): Wasm3Module {
  const module = new Wasm3Module(wasm, NOBODY);
  for (const name of EXPORTS) {
    if (!module.has(name)) throw new AbiError(`the module does not export the function ${name}`);
  }
  return module;
}

class Wasm3Device implements Device {
  readonly engine = "wasm3";
  readonly #program: Program;
  #module: Wasm3Module | null;
  #trapped = false;

  constructor(program: Program, module: Wasm3Module) {
    this.#program = program;
    this.#module = module;
  }

  boot(now: bigint): number {
    return this.#call("boot", now) as number;
  }

  receive(link: number, frame: Uint8Array, now: bigint): void {
    this.#input(frame);
    this.#call("receive", link, frame.length, now);
  }

  request(request: Uint8Array, now: bigint): number {
    this.#input(request);
    return this.#call("request", request.length, now) as number;
  }

  tick(now: bigint): number {
    return (this.#call("tick", now) as number) >>> 0;
  }

  effects(): Uint8Array {
    const bytes = this.#powered().memory();
    const start = (this.#call("output") as number) >>> 0;
    let p = start;
    while (bytes[p] !== effect.END) {
      p += effect.span(bytes[p + effect.LENGTH] | (bytes[p + effect.LENGTH + 1] << 8));
      if (p + effect.BYTES > bytes.length) throw new Trap("the effect ring runs past the end of memory");
    }
    const ring = new Uint8Array(p - start + effect.BYTES);
    ring.set(bytes.subarray(start, p));
    return ring;
  }

  memory(): Uint8Array {
    const bytes = this.#powered().memory();
    if (bytes.length === PAGE) return bytes;
    const whole = new Uint8Array(PAGE); // of a member there is half a page here; tapes hold whole ones
    whole.set(bytes);
    return whole;
  }

  write(bytes: Uint8Array): void {
    const memory = this.#powered().memory();
    memory.set(bytes.subarray(0, memory.length));
  }

  close(): void {
    if (this.#module === null) return;
    this.#module.hal = NOBODY;
    if (this.#trapped) this.#module.close();
    else this.#program.idle.push(this.#module);
    this.#module = null;
  }

  #call(name: string, ...args: Value[]): Value | undefined {
    try {
      return this.#powered().call(name, ...args);
    } catch (e) {
      this.#trapped = true;
      throw e;
    }
  }

  #input(input: Uint8Array): void {
    if (input.length > INPUT_MAX)
      throw new RangeError(`an input of ${input.length} bytes; a device takes ${INPUT_MAX}`);
    this.#powered()
      .memory()
      .set(input, (this.#call("input") as number) >>> 0);
  }

  #powered(): Wasm3Module {
    if (this.#module === null) throw new Error("this device is closed; open a new one");
    return this.#module;
  }
}

register("wasm3", open);

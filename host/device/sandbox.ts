// A contract in V8: the import `call` of the device (firmware/wire/call.ts), as boards/runtime/sandbox.c does it.
//
//   stored contract ── confined (contract.ts), compiled once ──> an instance a call, on one of NESTED memories of this process
//
// Rule: whatever a contract does ends in a status; what the device throws, in its export `host`, goes through as it is.

import * as contract from "../../firmware/wire/call.ts";
import { latin1 } from "./bytes.ts";
import { confine } from "./contract.ts";
import { Trap, type Hal } from "./device.ts";

/** The device that a sandbox works for, as it is now. */
export interface Owner {
  readonly hal: Hal;
  readonly memory: Uint8Array;
  readonly exports: { host?(op: number, n: number): bigint; hostBuffer?(): number };
}

interface Outcome {
  readonly status: number;
  readonly used: number;
}

/** Thrown by host in a contract that is done. */
class Exit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/** What V8 says of a trap. */
const TRAPS: readonly (readonly [said: RegExp, status: number])[] = [
  [/memory access out of bounds/, contract.OUT_OF_BOUNDS],
  [/divide by zero|remainder by zero/, contract.DIVIDED_BY_ZERO],
  [/divide result unrepresentable/, contract.DIVIDE_OVERFLOW],
  [/table index is out of bounds|null function|signature mismatch|indirect call/, contract.INDIRECT],
];

const KEPT = 256;
const compiled = new Map<string, WebAssembly.Module | null>();
const memories: WebAssembly.Memory[] = [];
/** Contracts at work in this process. */
let working = 0;

/** The confined module of a stored contract, null when it is none. The last ones are kept. */
function compile(code: Uint8Array): WebAssembly.Module | null {
  const key = latin1(code, 0, code.length);
  let module = compiled.get(key);
  compiled.delete(key);
  if (module === undefined) {
    const wasm = confine(code);
    try {
      module = wasm && new WebAssembly.Module(wasm as BufferSource);
    } catch (e) {
      if (!(e instanceof WebAssembly.CompileError)) throw e;
      module = null;
    }
  }
  compiled.set(key, module);
  if (compiled.size > KEPT) compiled.delete(compiled.keys().next().value!);
  return module;
}

/** The bytes [p, p+n) of a memory; a trap when they are not all there. */
function range(memory: Uint8Array, p: number, n: number): Uint8Array {
  if (p + n > memory.length) throw new WebAssembly.RuntimeError("memory access out of bounds");
  return memory.subarray(p, p + n);
}

/** One contract at work. */
class Run {
  /** What the device threw below it. */
  failed: { readonly why: unknown } | null = null;
  readonly #owner: Owner;
  readonly #memory: Uint8Array;
  readonly #instance: WebAssembly.Instance;

  constructor(owner: Owner, module: WebAssembly.Module, kib: number, memory: WebAssembly.Memory) {
    this.#owner = owner;
    this.#memory = new Uint8Array(memory.buffer, 0, kib * 1024).fill(0);
    const host = (op: number, p: number, n: number, room: number): bigint =>
      this.#host(op >>> 0, p >>> 0, n >>> 0, room >>> 0);
    this.#instance = new WebAssembly.Instance(module, { synod: { host, memory } });
  }

  #host(op: number, p: number, n: number, room: number): bigint {
    if (op === contract.EXIT) throw new Exit(p);
    const at = range(this.#memory, p, Math.max(n, room));
    if (n > contract.HOST_MAX) throw new WebAssembly.RuntimeError("memory access out of bounds");
    try {
      return this.#ask(op, at, n, room);
    } catch (why) {
      this.failed = { why };
      throw why;
    }
  }

  #ask(op: number, at: Uint8Array, n: number, room: number): bigint {
    const { exports, memory } = this.#owner;
    const buffer = range(memory, exports.hostBuffer!() >>> 0, contract.HOST_MAX);
    buffer.set(at.subarray(0, n));
    const result = exports.host!(op, n);
    const length = result < 0n ? 0 : Number(result >> 32n);
    if (length > contract.HOST_MAX) throw new Trap("host: an answer longer than its buffer");
    at.set(buffer.subarray(0, Math.min(length, room)));
    return result;
  }

  /** Runs it with this input. */
  go(input: Uint8Array, gas: number): Outcome {
    const exports = this.#instance.exports as unknown as {
      run(n: number): number;
      gas: WebAssembly.Global;
      depth?: WebAssembly.Global;
    };
    this.#memory.set(input);
    exports.gas.value = gas;
    let status: number;
    try {
      status = Math.min(exports.run(input.length) >>> 0, contract.REFUSED);
    } catch (e) {
      if (this.failed !== null) throw this.failed.why;
      status = e instanceof Exit ? Math.min(e.code, contract.REFUSED) : statusOf(e);
    }
    const left = exports.gas.value as number;
    if (status === contract.UNREACHABLE && left < 0) status = contract.OUT_OF_GAS;
    else if (status === contract.UNREACHABLE && (exports.depth?.value ?? 0) < 0) status = contract.TOO_DEEP;
    const all = status === contract.OUT_OF_GAS || status === contract.TOO_DEEP || left < 0;
    return { status, used: all ? gas : gas - Math.min(left, gas) };
  }
}

function statusOf(e: unknown): number {
  if (e instanceof RangeError && /call stack/.test(e.message)) return contract.TOO_DEEP;
  if (!(e instanceof WebAssembly.RuntimeError)) throw e;
  return TRAPS.find(([said]) => said.test(e.message))?.[1] ?? contract.UNREACHABLE;
}

const never = (status: number): Outcome => ({ status, used: 0 });

/** The sandbox of one device. */
export class Sandbox {
  readonly #owner: () => Owner;
  #nested = 0;

  constructor(owner: () => Owner) {
    this.#owner = owner;
  }

  /** The import `call`: status in the lower half, gas used in the upper. */
  call(code: number, length: number, input: number, n: number, gas: number): bigint {
    const from = range(this.#owner().memory, input >>> 0, n >>> 0);
    const { status, used } = this.#call(code >>> 0, length >>> 0, from, Math.min(gas >>> 0, contract.GAS_MAX));
    return BigInt.asIntN(64, (BigInt(used) << 32n) | BigInt(status));
  }

  #call(code: number, length: number, input: Uint8Array, gas: number): Outcome {
    const owner = this.#owner();
    const { hal, exports } = owner;
    if (!exports.host || !exports.hostBuffer) return never(contract.ABSENT);
    if (this.#nested === contract.NESTED) return never(contract.NESTED_TOO_DEEP);
    if (length > contract.CODE_MAX) return never(contract.MALFORMED);
    const stored = hal.module?.(code, length) ?? null;
    if (stored === null) return never(contract.ABSENT);
    const module = compile(stored);
    if (module === null) return never(contract.MALFORMED);
    const kib = stored[contract.HEAD_MEMORY];
    if (input.length > contract.INPUT_MAX) return never(contract.INPUT_LONG);
    memories[working] ??= new WebAssembly.Memory({ initial: 1, maximum: 1 });
    this.#nested++;
    working++;
    try {
      return new Run(owner, module, kib, memories[working - 1]).go(input, gas);
    } finally {
      this.#nested--;
      working--;
    }
  }
}

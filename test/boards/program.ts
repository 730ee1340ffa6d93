// Random programs for an interpreter: valid wasm modules of the kind that a compiler emits, which always end.
//
//   program(seed) -> wasm                run(x: i64, y: i64, a: i32, b: i32) -> i64; memory of two pages, exported
//   contractProgram(seed) -> stored      the same as a stored contract (firmware/wire/call.ts) whose input are x, y, a, b: it counts gas, divides,
//                                        asks the device, and shows it the result and all its memory at the end
//
// A body is statements over locals: stores, assignments, ifs, counted loops, early exits, calls of a second function; expressions nest, read
// memory, and share subterms by tee, as real code does. Shifts and rotations come in chains, products in sums. A part of the memory accesses
// has an offset beyond 2^16, and some lie outside memory: then every engine must trap.

import * as contract from "../../firmware/wire/call.ts";
import { numbers } from "./board.ts";

type Type = "i32" | "i64";

const CODE: Record<Type, number> = { i32: 0x7f, i64: 0x7e };
/** Binary operations by type, without division: add sub mul and or xor shl shr_s shr_u rotl rotr. */
const BINARY = {
  i32: [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78],
  i64: [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a],
};
/** Divisions and remainders; sign extensions. */
const DIVIDE = { i32: [0x6d, 0x6e, 0x6f, 0x70], i64: [0x7f, 0x80, 0x81, 0x82] };
const EXTEND = { i32: [0xc0, 0xc1], i64: [0xc2, 0xc3, 0xc4] };
/** Comparisons: eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u. */
const COMPARE = { i32: 0x46, i64: 0x51 };
/** Loads: plain and narrow, signed and not. */
const LOADS = {
  i32: [0x28, 0x2c, 0x2d, 0x2e, 0x2f],
  i64: [0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35],
};
const STORES = { i32: [0x36, 0x3a, 0x3b], i64: [0x37, 0x3c, 0x3d, 0x3e] };
/** Parameters, then locals; the last i32 counts loops. */
const LOCALS: Type[] = [
  "i64", "i64", "i32", "i32", "i64", "i64", "i64", "i64", "i64", "i64", "i32", "i32", "i32", "i32", "i32", "i32", "i32",
]; // prettier-ignore
const PARAMETERS = 4;
const COUNTER = LOCALS.length - 1;

const unsigned = (value: number): number[] => {
  const out: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value & 127) | 128);
  return [...out, value];
};

function signed(value: bigint): number[] {
  const out: number[] = [];
  for (;;) {
    const low = Number(value & 127n);
    value >>= 7n;
    if ((value === 0n && (low & 64) === 0) || (value === -1n && (low & 64) !== 0)) return [...out, low];
    out.push(low | 128);
  }
}

const vector = (items: number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, bytes: number[]): number[] => [id, ...unsigned(bytes.length), ...bytes];

/** What a body may do. */
interface Kind {
  /** Index of the function that it may call; null: none. */
  readonly calls: number | null;
  /** Bytes of memory of a contract, whose function 0 is host and whose global 0 is gas; null: it is none. */
  readonly memory: number | null;
}

class Body {
  readonly #below: (n: number) => number;
  readonly #kind: Kind;
  /** Expressions still allowed. */
  #left: number;

  constructor(below: (n: number) => number, size: number, kind: Kind) {
    this.#below = below;
    this.#left = size;
    this.#kind = kind;
  }

  /** Takes gas; `unreachable` when there is none left. */
  charge(): number[] {
    if (this.#kind.memory === null) return [];
    const left = [0x23, 0, 0x41, ...signed(BigInt(this.#below(40))), 0x6b, 0x24, 0];
    return [...left, 0x23, 0, 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b];
  }

  /** Hands some of the memory to the device, which answers there. */
  #ask(memory: number): number[] {
    const n = this.#below(64);
    const p = this.#below(60) === 0 ? memory - this.#below(64) : this.#below(memory - 64);
    const int = (value: number): number[] => [0x41, ...signed(BigInt(value))];
    return [...int([1, 2, 7][this.#below(3)]), ...int(p), ...int(n), ...int(this.#below(64)), 0x10, 0];
  }

  #local(type: Type): number {
    for (;;) {
      const i = this.#below(COUNTER);
      if (LOCALS[i] === type) return i;
    }
  }

  #constant(type: Type): number[] {
    const big = BigInt(this.#below(0x7fffffff)) * BigInt(this.#below(3));
    const value = [BigInt(this.#below(64)), big, -big, 0x1fffffffn][this.#below(4)];
    return [type === "i32" ? 0x41 : 0x42, ...signed(BigInt.asIntN(type === "i32" ? 32 : 64, value))];
  }

  /** An address, mostly inside memory, and an offset for it. */
  #place(depth: number): { address: number[]; offset: number[] } {
    if (this.#kind.memory !== null) return this.#near(this.#kind.memory, depth);
    const masked = (): number[] => [...this.expression("i32", depth), 0x41, ...signed(0x7fffn), 0x71];
    const address = this.#below(3) === 0 ? [0x20, COUNTER] : masked();
    const offset = [this.#below(64), this.#below(0x8000), 0x10000 + this.#below(0x7000), 0x17ff0][this.#below(16) >> 2];
    return { address, offset: unsigned(this.#below(400) === 0 ? 0x1ffff : offset & ~7) };
  }

  /** The same in a small memory, some at its very end or behind it. */
  #near(memory: number, depth: number): { address: number[]; offset: number[] } {
    const half = 2 ** Math.floor(Math.log2(memory) - 1);
    const any = this.expression("i32", depth);
    const masked = [...any, 0x41, ...signed(BigInt(half - 1)), 0x71];
    const rare = this.#below(150);
    if (rare === 0) return { address: any, offset: unsigned(this.#below(memory)) };
    if (rare === 1)
      return { address: masked, offset: unsigned([memory - half - 4, 0xfffffffc, 65528][this.#below(3)]) };
    const end = memory - 1 - this.#below(16);
    if (rare < 5) return { address: [0x41, ...signed(BigInt(end - (end >> 2)))], offset: unsigned(end >> 2) };
    return { address: masked, offset: unsigned(this.#below(memory - half - 7)) };
  }

  /** Code that leaves one value of this type on the stack. */
  expression(type: Type, depth: number): number[] {
    if (--this.#left < 0 || depth === 0) return this.#below(3) === 0 ? this.#constant(type) : [0x20, this.#local(type)];
    const sub = (of: Type = type): number[] => this.expression(of, depth - 1);
    const other: Type = type === "i32" ? "i64" : "i32";
    switch (this.#below(this.#kind.memory === null ? 12 : 15)) {
      case 12: {
        const by =
          this.#below(8) === 0 ? sub() : [...sub(), type === "i32" ? 0x41 : 0x42, 1, type === "i32" ? 0x72 : 0x84];
        return [...sub(), ...by, DIVIDE[type][this.#below(4)]];
      }
      case 13:
        return [...sub(), EXTEND[type][this.#below(EXTEND[type].length)]];
      case 14:
        return [...this.#ask(this.#kind.memory!), ...(type === "i32" ? [0xa7] : [])];
      case 0:
        return [...sub(), 0x22, this.#local(type)]; // tee
      case 1: {
        const { address, offset } = this.#place(depth - 1);
        const loads = LOADS[type];
        return [...address, loads[this.#below(2) * this.#below(loads.length)], 0, ...offset];
      }
      case 2:
        return [...sub(other), type === "i32" ? 0xa7 : [0xac, 0xad][this.#below(2)]]; // wrap, extend
      case 3: {
        const of = [type, other][this.#below(2)];
        const compared = [...sub(of), ...sub(of), COMPARE[of] + this.#below(10)];
        return type === "i32" ? compared : [...compared, 0xad];
      }
      case 4:
        return [...sub(), ...sub(), ...sub("i32"), 0x1b]; // select
      case 5: {
        // x rotated, xored, rotated again, as in a hash
        const x = [0x20, this.#local(type)];
        const [rotate, xor] = [BINARY[type][10], BINARY[type][5]];
        const by = (): number[] => [type === "i32" ? 0x41 : 0x42, ...signed(BigInt(1 + this.#below(31)))];
        return [...x, ...by(), rotate, ...x, xor, ...by(), rotate, ...x, xor, ...by(), rotate];
      }
      case 6: {
        // a sum of products, as in a column of a field multiplication
        const product = (): number[] => [0x20, this.#local(type), 0x20, this.#local(type), BINARY[type][2]];
        const out = [...sub(), ...product(), BINARY[type][0]];
        for (let k = this.#below(6); k > 0; k--) out.push(...product(), BINARY[type][0]);
        return out;
      }
      case 7:
        if (this.#kind.calls !== null && type === "i64")
          return [...sub("i64"), ...sub("i64"), ...sub("i32"), ...sub("i32"), 0x10, this.#kind.calls];
      // falls through
      default:
        return [...sub(), ...sub(), BINARY[type][this.#below(11)]];
    }
  }

  statements(count: number, depth: number, looping: boolean): number[] {
    const out: number[] = [];
    for (; count > 0; count--) out.push(...this.#statement(depth, looping));
    return out;
  }

  #statement(depth: number, looping: boolean): number[] {
    const type: Type = this.#below(3) === 0 ? "i32" : "i64";
    switch (this.#below(depth > 0 ? 9 : 6)) {
      case 0: {
        const { address, offset } = this.#place(2);
        const stores = STORES[type];
        return [
          ...address,
          ...this.expression(type, 4),
          stores[this.#below(2) * this.#below(stores.length)],
          0,
          ...offset,
        ];
      }
      case 6: {
        const [yes, no] = [this.statements(2, depth - 1, looping), this.statements(1, depth - 1, looping)];
        return [...this.expression("i32", 3), 0x04, 0x40, ...yes, 0x05, ...no, 0x0b];
      }
      case 7: {
        if (looping) return [];
        // counter = n; loop { ...; if (--counter) continue }
        const body = [...this.charge(), ...this.statements(2, depth - 1, true)];
        const next = [0x20, COUNTER, 0x41, 1, 0x6b, 0x22, COUNTER, 0x0d, 0];
        return [0x41, 1 + this.#below(5), 0x21, COUNTER, 0x03, 0x40, ...body, ...next, 0x0b];
      }
      case 8:
        return [0x02, 0x40, ...this.statements(1, depth - 1, looping), ...this.expression("i32", 2), 0x0d, 0,
          ...this.statements(1, depth - 1, looping), 0x0b]; // prettier-ignore
      default:
        return [...this.expression(type, 5), 0x21, this.#local(type)];
    }
  }
}

function body(below: (n: number) => number, size: number, kind: Kind): number[] {
  const b = new Body(below, size, kind);
  const code = [...b.charge(), ...b.statements(6, 2, false), ...b.expression("i64", 5)];
  for (const [i, type] of LOCALS.entries()) {
    // every local shows in the result
    code.push(0x20, i, ...(type === "i32" ? [0xac] : []), 0x42, ...signed(BigInt(2 * i + 3)), 0x7e, 0x85);
  }
  const locals = LOCALS.slice(PARAMETERS).map((type) => [1, CODE[type]]);
  const bytes = [...vector(locals), ...code, 0x0b];
  return [...unsigned(bytes.length), ...bytes];
}

/** A module from a seed: `run` (function 0) and a function that it may call, both (i64, i64, i32, i32) -> i64. */
export function program(seed: string): Uint8Array {
  const below = numbers(seed);
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const type = [0x60, 4, CODE.i64, CODE.i64, CODE.i32, CODE.i32, 1, CODE.i64];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([type])),
    ...section(3, vector([[0], [0]])),
    ...section(5, [1, 1, 2, 2]),
    ...section(7, vector([[...name("memory"), 2, 0], [...name("run"), 0, 0]])), // prettier-ignore
    ...section(
      10,
      vector([body(below, 140, { calls: 1, memory: null }), body(below, 40, { calls: null, memory: null })]),
    ),
  ]);
}

/** `run` of a contract: calls function 1 with its input, shows the device what came of it. */
function runBody(kib: number): number[] {
  const load = (op: number, at: number): number[] => [0x41, ...signed(BigInt(at)), op, 0, 0];
  const called = [...load(0x29, 0), ...load(0x29, 8), ...load(0x28, 16), ...load(0x28, 20), 0x10, 1];
  const show = (i: number): number[] => [
    0x41,
    7,
    0x41,
    ...signed(BigInt(1024 * i)),
    0x41,
    ...signed(1024n),
    0x41,
    0,
    0x10,
    0,
    0x1a,
  ];
  const shown = Array.from({ length: kib }, (_, i) => show(i)).flat();
  const bytes = [0, 0x41, 0, ...called, 0x37, 0, 0, ...shown, 0x41, 5, 0x0b];
  return [...unsigned(bytes.length), ...bytes];
}

/** A stored contract from a seed. */
export function contractProgram(seed: string): Uint8Array {
  const below = numbers(seed);
  const kib = [1, 1, 2, 3, 7, 16][below(6)];
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const types = [
    [0x60, 4, CODE.i64, CODE.i64, CODE.i32, CODE.i32, 1, CODE.i64],
    [0x60, 4, CODE.i32, CODE.i32, CODE.i32, CODE.i32, 1, CODE.i64],
    [0x60, 1, CODE.i32, 1, CODE.i32],
  ];
  const memory = 1024 * kib;
  const bodies = [body(below, 140, { calls: 2, memory }), body(below, 40, { calls: null, memory }), runBody(kib)];
  return Uint8Array.from([
    ...[contract.VERSION, kib, 3, 0, contract.NONE, 0, 0, 0],
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, [1, ...name("synod"), ...name("host"), 0, 1]),
    ...section(3, vector([[0], [0], [2]])),
    ...section(5, [1, 1, 1, 1]),
    ...section(6, vector([[CODE.i32, 1, 0x41, 0, 0x0b]])),
    ...section(10, vector(bodies)),
  ]);
}

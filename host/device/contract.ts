// A stored contract (firmware/wire/call.ts) for V8: the same module, confined to the memory that its head declares.
//
//   load    a                       ->  (a <= room ? a : -1)               room: declared memory - size of the access - offset
//   store   a v                     ->  (a <= room ? a : -1) v             address -1 lies outside the page: V8 traps, as wasm3 does
//
// V8 grants whole pages, so every access is given an address that traps where boards trap. Gas is counted by the module's own code, which is
// left as it is. The memory becomes an import, since V8 has few of them; what the sandbox needs becomes exports: run, gas, depth.
//
// Rule: what boards/runtime/shape.c refuses is refused here; types are the engine's to check. Nothing of the module is executed.

import * as contract from "../../firmware/wire/call.ts";

const [TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, ELEMENT, CODE, DATA] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11];
const [I32, I64, EMPTY, SIGNATURE, FUNCTIONS, END] = [0x7f, 0x7e, 0x40, 0x60, 0x70, 0x0b];
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const HOST = [1, 5, ...text("synod"), 4, ...text("host"), 0];
const PAGE = 1024;

function text(word: string): number[] {
  return [...word].map((c) => c.charCodeAt(0));
}

/** Bytes that a load or store touches, by opcode; 0: none of them. */
const ACCESS: readonly number[] = Object.assign(new Array<number>(256).fill(0), {
  ...{ 0x28: 4, 0x29: 8, 0x2c: 1, 0x2d: 1, 0x2e: 2, 0x2f: 2, 0x30: 1, 0x31: 1, 0x32: 2, 0x33: 2, 0x34: 4, 0x35: 4 },
  ...{ 0x36: 4, 0x37: 8, 0x3a: 1, 0x3b: 2, 0x3c: 1, 0x3d: 2, 0x3e: 4 },
});
const isStore = (op: number): boolean => op >= 0x36;
const storesWide = (op: number): boolean => op === 0x37 || op >= 0x3c;

/** Instructions without operands in the code: all that compute on integers. */
const isPlain = (op: number): boolean =>
  op <= 0x01 ||
  op === 0x0f ||
  op === 0x1a ||
  op === 0x1b ||
  (op >= 0x45 && op <= 0x5a) ||
  (op >= 0x67 && op <= 0x8a) ||
  op === 0xa7 ||
  op === 0xac ||
  op === 0xad ||
  (op >= 0xc0 && op <= 0xc4);

class Malformed extends Error {}

function must(holds: boolean): void {
  if (!holds) throw new Malformed();
}

function unsigned(value: number): number[] {
  const out: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value & 127) | 128);
  return [...out, value];
}

/** A non-negative number as a signed LEB128. */
function signed(value: number): number[] {
  const out: number[] = [];
  for (; value > 63; value = Math.floor(value / 128)) out.push((value & 127) | 128);
  return [...out, value];
}

class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    [this.bytes, this.at, this.end] = [bytes, at, end];
  }

  byte(): number {
    must(this.at < this.end);
    return this.bytes[this.at++];
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const b = this.byte();
      value += (b & 127) * 2 ** shift;
      if (b < 128) return value >>> 0;
    }
    throw new Malformed();
  }

  /** A number below limit. */
  below(limit: number): number {
    const value = this.u32();
    must(value < limit);
    return value;
  }

  /** Passes a signed number of at most so many bytes; what it was, if that is below 2^31. */
  constant(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) {
      const b = this.byte();
      value += (b & 127) * 2 ** (7 * i);
      if (b < 128) return (b & 64) !== 0 && i < 4 ? -1 : value;
    }
    throw new Malformed();
  }

  type(): number {
    const type = this.byte();
    must(type === I32 || type === I64);
    return type;
  }

  /** The next n bytes as a reader of their own. */
  part(n: number): Reader {
    must(n <= this.end - this.at);
    this.at += n;
    return new Reader(this.bytes, this.at - n, this.at);
  }

  /** At most so many things, and nothing behind them. */
  each<T>(most: number, one: () => T): T[] {
    const out = Array.from({ length: this.below(most + 1) }, one);
    must(this.at === this.end);
    return out;
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.at, this.end);
  }
}

interface Signature {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** The walk over one stored contract. */
class Confinement {
  readonly #code: Uint8Array;
  readonly #memory: number;
  readonly #types: Signature[] = [];
  /** Types of its own functions. */
  #functions: number[] = [];
  #globals: { type: number; mutable: boolean }[] = [];
  #imported = 0;

  constructor(code: Uint8Array) {
    this.#code = code;
    this.#memory = code[contract.HEAD_MEMORY] * PAGE;
  }

  run(): Uint8Array {
    const code = this.#code;
    must(code.length >= contract.HEAD + MAGIC.length && code.length <= contract.CODE_MAX);
    must(code[contract.HEAD_VERSION] === contract.VERSION && this.#memory > 0);
    must(this.#memory <= contract.MEMORY_MAX * PAGE && code[5] === 0 && code[6] === 0 && code[7] === 0);
    must(MAGIC.every((b, i) => code[contract.HEAD + i] === b));
    const sections = this.#sections(new Reader(code, contract.HEAD + MAGIC.length, code.length));
    this.#compare();
    const out: number[] = [...MAGIC];
    for (const id of [TYPE, IMPORT, FUNCTION, TABLE, GLOBAL, EXPORT, ELEMENT, CODE, DATA]) {
      const bytes = id === IMPORT ? this.#imports() : id === EXPORT ? this.#exports() : sections.get(id);
      if (bytes !== undefined) out.push(id, ...unsigned(bytes.length), ...bytes);
    }
    return Uint8Array.from(out);
  }

  #sections(r: Reader): Map<number, ArrayLike<number> & Iterable<number>> {
    const found = new Map<number, ArrayLike<number> & Iterable<number>>();
    for (let last = 0; r.at < r.end;) {
      const id = r.byte();
      must(id > last);
      const body = r.part(r.u32());
      const whole = body.rest();
      found.set(id, id === CODE ? this.#bodies(body) : whole);
      if (id !== CODE) this.#section(id, body);
      last = id;
    }
    must(found.has(FUNCTION) && found.has(MEMORY) && found.has(CODE));
    return found;
  }

  #section(id: number, r: Reader): void {
    const is = (bytes: readonly number[]): boolean => bytes.every((b, i) => r.rest()[i] === b);
    const size = r.end - r.at;
    if (id === TYPE) this.#types.push(...r.each(contract.FUNCTIONS_MAX, () => this.#signature(r)));
    else if (id === IMPORT) {
      must(size === HOST.length + 1 && is(HOST) && r.rest()[size - 1] < 128);
      this.#imported = 1;
      this.#hostIs(r.rest()[size - 1]);
    } else if (id === FUNCTION) this.#functions = r.each(contract.FUNCTIONS_MAX, () => r.below(contract.FUNCTIONS_MAX));
    else if (id === TABLE) {
      must(r.byte() === 1 && r.byte() === FUNCTIONS && r.byte() === 1);
      must(r.below(contract.ELEMENTS_MAX + 1) === r.u32() && r.at === r.end);
    } else if (id === MEMORY) must(size === 4 && is([1, 1, 1, 1]));
    else if (id === GLOBAL) this.#globals = r.each(contract.GLOBALS_MAX, () => this.#global(r));
    else if (id === ELEMENT) r.each(contract.ELEMENTS_MAX, () => this.#element(r));
    else if (id === DATA) r.each(contract.ELEMENTS_MAX, () => this.#data(r));
    else throw new Malformed();
  }

  #signature(r: Reader): Signature {
    must(r.byte() === SIGNATURE);
    const types = (most: number): number[] => Array.from({ length: r.below(most + 1) }, () => r.type());
    return { parameters: types(contract.PARAMETERS_MAX), results: types(1) };
  }

  #hostIs(type: number): void {
    const { parameters, results } = this.#types[type] ?? { parameters: [], results: [] };
    must(parameters.length === 4 && parameters.every((t) => t === I32) && results[0] === I64);
  }

  #global(r: Reader): { type: number; mutable: boolean } {
    const type = r.type();
    const mutable = r.byte();
    must(mutable < 2 && r.byte() === (type === I32 ? 0x41 : 0x42));
    r.constant(type === I32 ? 5 : 10);
    must(r.byte() === END);
    return { type, mutable: mutable === 1 };
  }

  #element(r: Reader): void {
    must(r.byte() === 0 && r.byte() === 0x41);
    r.below(contract.ELEMENTS_MAX);
    must(r.byte() === END);
    for (let n = r.below(contract.ELEMENTS_MAX + 1); n > 0; n--) r.below(contract.FUNCTIONS_MAX + 1);
  }

  #data(r: Reader): void {
    must(r.byte() === 0 && r.byte() === 0x41);
    const at = r.constant(5);
    must(r.byte() === END);
    const size = r.u32();
    must(at >= 0 && at + size <= this.#memory);
    r.part(size);
  }

  /** What the head says of the module is true of it. */
  #compare(): void {
    const head = this.#code;
    const run = this.#types[this.#functions[head[contract.HEAD_RUN] - this.#imported]];
    must(run !== undefined && run.parameters.length === 1 && run.parameters[0] === I32 && run.results[0] === I32);
    const counts = (index: number): boolean => this.#globals[index]?.type === I32 && this.#globals[index].mutable;
    must(counts(head[contract.HEAD_GAS]));
    must(head[contract.HEAD_DEPTH] === contract.NONE || counts(head[contract.HEAD_DEPTH]));
  }

  /** Its import of host, if it has one, and the memory. */
  #imports(): number[] {
    const host = this.#imported > 0 ? [...HOST.slice(1), this.#hostType()] : [];
    return [this.#imported + 1, ...host, 5, ...text("synod"), 6, ...text("memory"), 2, 1, 1, 1];
  }

  #hostType(): number {
    return this.#types.findIndex(
      ({ parameters, results }) => parameters.length === 4 && parameters.every((t) => t === I32) && results[0] === I64,
    );
  }

  #exports(): number[] {
    const head = this.#code;
    const depth = head[contract.HEAD_DEPTH];
    const list = [
      [3, ...text("run"), 0, ...unsigned(head[contract.HEAD_RUN])],
      [3, ...text("gas"), 3, ...unsigned(head[contract.HEAD_GAS])],
      ...(depth === contract.NONE ? [] : [[5, ...text("depth"), 3, ...unsigned(depth)]]),
    ];
    return [list.length, ...list.flat()];
  }

  #bodies(r: Reader): number[] {
    let i = 0;
    const bodies = r.each(contract.FUNCTIONS_MAX, () => {
      const type = this.#types[this.#functions[i++]];
      must(type !== undefined);
      return this.#body(r.part(r.u32()), type.parameters.length);
    });
    return [...unsigned(bodies.length), ...bodies.flatMap((b) => [...unsigned(b.length), ...b])];
  }

  /** One function, with three locals more. */
  #body(r: Reader, parameters: number): number[] {
    const groups = r.below(contract.LOCALS_MAX + 1);
    const declared: number[] = [];
    let count = 0;
    for (let i = 0; i < groups; i++) {
      const n = r.below(contract.LOCALS_MAX + 1);
      count += n;
      declared.push(...unsigned(n), r.type());
    }
    must(count <= contract.LOCALS_MAX);
    const out = [...unsigned(groups + 2), ...declared, 2, I32, 1, I64];
    const first = parameters + count;
    for (let depth = 1; depth > 0;) {
      const start = r.at;
      const op = r.byte();
      if (op >= 0x02 && op <= 0x04) {
        const type = r.byte();
        must((type === EMPTY || type === I32 || type === I64) && ++depth <= contract.BLOCKS_MAX);
      } else if (op === END) depth--;
      else if (ACCESS[op] > 0) {
        out.push(...this.#access(op, r.u32(), r.u32(), first));
        continue;
      } else if (op !== 0x05) operands(r, op);
      for (let at = start; at < r.at; at++) out.push(r.bytes[at]);
    }
    must(r.at === r.end);
    return out;
  }

  /** A load or store at an address that is inside the declared memory, or that traps. */
  #access(op: number, align: number, offset: number, first: number): number[] {
    const address = unsigned(first);
    const value = unsigned(first + (storesWide(op) ? 2 : 1));
    const room = this.#memory - ACCESS[op] - offset;
    const clamped =
      room < 0
        ? [0x1a, 0x41, 0x7f] // drop, -1
        : [0x22, ...address, 0x41, 0x7f, 0x20, ...address, 0x41, ...signed(room), 0x4d, 0x1b]; // tee, -1, get, room, le_u, select
    const access = [op, ...unsigned(align), ...unsigned(offset)];
    return isStore(op) ? [0x21, ...value, ...clamped, 0x20, ...value, ...access] : [...clamped, ...access];
  }
}

/** Passes the operands of an instruction that is neither block nor access. */
function operands(r: Reader, op: number): void {
  const label = contract.BLOCKS_MAX + 1;
  if (isPlain(op)) return;
  if (op === 0x0c || op === 0x0d) r.below(label);
  else if (op === 0x0e) for (let n = r.below(contract.TARGETS_MAX + 1); n >= 0; n--) r.below(label);
  else if (op === 0x10 || (op >= 0x20 && op <= 0x24)) r.u32();
  else if (op === 0x11) (r.u32(), must(r.byte() === 0));
  else if (op === 0x3f) must(r.byte() === 0);
  else if (op === 0x41) r.constant(5);
  else if (op === 0x42) r.constant(10);
  else throw new Malformed();
}

/** The module of a stored contract, confined; null when it has not the shape of one. */
export function confine(code: Uint8Array): Uint8Array | null {
  try {
    return new Confinement(code).run();
  } catch (e) {
    if (e instanceof Malformed) return null;
    throw e;
  }
}

// What contracts do in the tests of the sandbox, and how each must end: status and gas, worked out by hand.
//
//   what it says itself · memory · host · traps · gas and depth · contracts that call contracts · what is no contract
//
// All lie in one region. Every case is a call of its own, on a device that has made the ones before.

import * as contract from "../../firmware/wire/call.ts";
import {
  assemble,
  calling,
  contractOf,
  FRAME,
  HOST,
  host,
  pack,
  Region,
  running,
  sections,
  STATUS,
  type Place,
} from "./contract.ts";

export const region = new Region();

export interface Case {
  readonly name: string;
  readonly at: Place;
  readonly input: Uint8Array;
  readonly gas: number;
  /** Its status; "trap": the device traps, and the call with it. */
  readonly status: number | "trap";
  readonly used: number;
}

export const cases: Case[] = [];

export const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

function add(name: string, bytes: Uint8Array, status: Case["status"], more: Partial<Case> = {}): Place {
  const at = more.at ?? region.add(bytes);
  const all = status === contract.TOO_DEEP || status === contract.OUT_OF_GAS;
  const gas = more.gas ?? 1000;
  cases.push({ name, at, input: more.input ?? new Uint8Array(0), gas, status, used: more.used ?? (all ? gas : 0) });
  return at;
}

// ---- what it says itself ----

const SPEND = `(func $spend (param $c i32) (global.set $gas (i32.sub (global.get $gas) (local.get $c)))
  (if (i32.lt_s (global.get $gas) (i32.const 0)) (then (unreachable))))`;
/** Loops in loops, so many, around this; none goes round when $n is 0. */
const nest = (n: number, inside: string): string =>
  n === 0 ? inside : `(loop $l${n} ${nest(n - 1, inside)} (br_if $l${n} (local.get $n)))`;
const exit = (code: number): string =>
  `(drop (call $host (i32.const 0) (i32.const ${code}) (i32.const 0) (i32.const 0)))`;

for (const [code, status] of [[0, 0], [1, 1], [0xffff, 0xffff], [0x10000, 0xffff], [-1, 0xffff]]) {
  add(`run answers ${code}`, running(`(i32.const ${code})`), status);
  add(`exits with ${code}`, running(`(loop (call $deep (i32.const 3)) (br 0)) (i32.const 9)) (func $deep (param i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else ${exit(code)}))`), status);
} // prettier-ignore
const sum = add("its input lies at 0, and n says how long it is", running(`(loop
    (local.set $i (i32.add (local.get $i) (i32.load8_u (i32.sub (local.get $n) (i32.const 1)))))
    (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $i)`), 6, { input: Uint8Array.of(1, 2, 3) }); // prettier-ignore
add("as much input as may be", running(`(i32.load8_u (i32.const 511))`), 77, { input: new Uint8Array(512).fill(77) });
add("one byte more", running(`(i32.const 1)`), contract.INPUT_LONG, { input: new Uint8Array(513) });
add("input over its data", contractOf(`(data (i32.const 0) "\\05\\06") (data (i32.const 1020) "\\01\\00\\00\\02")
  (func $run (param i32) (result i32) (i32.add (i32.load16_u (i32.const 0)) (i32.load16_u (i32.const 1022))))`), 0x0609 + 0x200 - 5, { input: Uint8Array.of(9 - 5) }); // prettier-ignore
add(
  "its globals begin anew",
  contractOf(`(global $g (mut i32) (i32.const 4))
  (func $run (param i32) (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))`),
  5,
);
add(
  "its memory begins anew",
  running(`(local.set $i (i32.load (i32.const 600))) (i32.store (i32.const 600) (i32.const 3)) (local.get $i)`),
  0,
);

// ---- memory ----

const LOADS: [string, number][] = [["i32.load", 4], ["i64.load", 8], ["i32.load8_s", 1], ["i32.load8_u", 1], ["i32.load16_s", 2], ["i32.load16_u", 2],
  ["i64.load8_s", 1], ["i64.load8_u", 1], ["i64.load16_s", 2], ["i64.load16_u", 2], ["i64.load32_s", 4], ["i64.load32_u", 4]]; // prettier-ignore
const STORES: [string, number][] = [["i32.store", 4], ["i64.store", 8], ["i32.store8", 1], ["i32.store16", 2], ["i64.store8", 1], ["i64.store16", 2],
  ["i64.store32", 4]]; // prettier-ignore

/** One access at an address that comes from the input, so that no compiler sees it. */
function access(op: string, offset: number, kib: number): Uint8Array {
  const place = `${op} offset=${offset} align=1 (i32.load (i32.const 0))`;
  const type = op.slice(0, 3);
  return running(
    op.includes("store") ? `(${place} (${type}.const -1)) (i32.const 0)` : `(drop (${place})) (i32.const 0)`,
    kib,
  );
}

for (const [op, size] of [...LOADS, ...STORES])
  for (const kib of op.startsWith("i64.") && size > 1 ? [1, 5, 16] : [1]) {
    const last = 1024 * kib - size;
    for (const offset of [0, 7, last]) {
      const at = region.add(access(op, offset, kib));
      const try_ = (address: number, status: number): unknown =>
        add(`${op} at ${address} + ${offset} of ${kib} KiB`, new Uint8Array(0), status, { at, input: words(address) });
      try_(last - offset, 0);
      try_(last - offset + 1, contract.OUT_OF_BOUNDS);
      try_(last - offset + size, contract.OUT_OF_BOUNDS);
      try_(65536 - size - offset, kib === 64 ? 0 : contract.OUT_OF_BOUNDS);
      for (const far of [-1, -8, -offset >>> 0 || -2, 0x80000000]) try_(far >>> 0, contract.OUT_OF_BOUNDS);
    }
    for (const offset of [last + 1, 65536, 0xffffffff, 0xfffffff0]) {
      const at = region.add(access(op, offset, kib));
      for (const address of [0, 1, 16, 0xffffffff])
        add(`${op} at ${address} + ${offset} of ${kib} KiB`, new Uint8Array(0), contract.OUT_OF_BOUNDS, { at, input: words(address) });
    }
  } // prettier-ignore
add("memory is one page to itself", running(`(memory.size)`), 1);

// ---- host ----

const low = (call: string): string => `(i32.wrap_i64 ${call})`;
add("the device answers in its memory", running(`(i32.store (i32.const 100) (i32.const 0x04030201))
  (local.set $w ${host(1, 100, 4, 4)})
  (i32.and (i32.eq (i32.load (i32.const 100)) (i32.const 0x01020304)) (i64.eq (local.get $w) (i64.const 0x400000004)))`), 1); // prettier-ignore
add(
  "no more of the answer than there is room",
  running(`(drop ${host(10, 600, 0, 3)}) (i32.load (i32.const 600))`),
  contract.REFUSED,
);
add("which leaves the next byte alone", running(`(drop ${host(10, 600, 0, 3)}) (i32.load8_u (i32.const 603))`), 0);
add(
  "and the answer's length is told",
  running(`(i32.wrap_i64 (i64.shr_u ${host(10, 600, 0, 3)} (i64.const 32)))`),
  1024,
);
add(
  "a reason is negative and brings nothing",
  running(`(i32.or (i32.load (i32.const 600)) (i32.sub (i32.const 0) ${low(host(5, 600, 0, 64))}))`),
  187,
);
add("even when the buffer is full", running(`(drop ${host(11, 600, 8, 64)}) (i32.load (i32.const 600))`), 0);
for (const [p, n, room] of [[1020, 5, 0], [1020, 0, 5], [1024, 1, 0], [1025, 0, 0], [-1, 0, 0], [-1, 1, 1], [-16, 32, 32], [0, -1, 0], [0, 0, -1], [0, 1025, 0], [16, -8, -8]])
  add(`host of ${n} bytes at ${p}, room ${room}`, running(low(host(1, p, n, room))), contract.OUT_OF_BOUNDS); // prettier-ignore
add("host of more than it takes", running(low(host(1, 0, 1025, 0)), 16), contract.OUT_OF_BOUNDS);
add("host of as much", running(`(drop ${host(7, 0, 1024, 0)}) (i32.const 0)`, 16), 0);
add("host at the very end", running(`(drop ${host(7, 1020, 4, 4)}) (drop ${host(7, 1024, 0, 0)}) (i32.const 0)`), 0);
add(
  "the device counts for it",
  running(`(i64.store (i32.const 0) (i64.const 5)) (drop ${host(2, 0, 8, 8)}) (i32.const 0)`),
  0,
);
add("a deep call of the device", running(low(host(9, 0, 0, 0))), 60);
add(
  "a deep call of the device from a deep call: the contract's limit is not the device's",
  contractOf(`(func $f (param $n i32) (result i32) (if (result i32) (local.get $n)
    (then (i32.add (i32.const 1) (call $f (i32.sub (local.get $n) (i32.const 1))))) (else ${low(host(9, 0, 0, 0))})))
  (func $run (param i32) (result i32) (call $f (i32.const 30)))`),
  90,
);
for (const op of [4, 6, 8, 12]) add(`host ${op}: the device traps`, running(low(host(op, 0, 0, 0))), "trap");

// ---- traps ----

add("unreachable", running(`(unreachable)`), contract.UNREACHABLE);
for (const type of ["i32", "i64"]) {
  const least = type === "i32" ? "-2147483648" : "-9223372036854775808";
  const zero = `(${type}.${type === "i32" ? "load" : "load"} (i32.const 900))`;
  for (const op of ["div_s", "div_u", "rem_s", "rem_u"])
    add(
      `${type}.${op} by zero`,
      running(`(drop (${type}.${op} (${type}.const 7) ${zero})) (i32.const 0)`),
      contract.DIVIDED_BY_ZERO,
    );
  const one = `(${type}.sub ${zero} (${type}.const 1))`;
  add(
    `${type}.div_s overflows`,
    running(`(drop (${type}.div_s (${type}.const ${least}) ${one})) (i32.const 0)`),
    contract.DIVIDE_OVERFLOW,
  );
  add(`${type}.rem_s does not`, running(`(drop (${type}.rem_s (${type}.const ${least}) ${one})) (i32.const 3)`), 3);
}
const TABLE = `(type $v (func)) (type $i (func (param i32) (result i32))) (table 4 4 funcref) (elem (i32.const 0) $f $run)
  (func $f) (func $run (param i32) (result i32) (call_indirect (type $v) (i32.load (i32.const 0))) (i32.const 3))`;
const table = region.add(contractOf(TABLE));
for (const [index, status] of [[0, 3], [1, contract.INDIRECT], [2, contract.INDIRECT], [4, contract.INDIRECT], [-1, contract.INDIRECT]])
  add(`call_indirect ${index}`, new Uint8Array(0), status, { at: table, input: words(index) }); // prettier-ignore

// ---- gas and depth ----

const spend = (body: string): Uint8Array => contractOf(`${SPEND} (func $run (param $n i32) (result i32) ${body})`);
const thirteen = spend(`(call $spend (i32.const 13)) (i32.load (i32.load (i32.const 0)))`);
for (const [gas, status, used] of [[1000, 0, 13], [13, 0, 13], [12, contract.OUT_OF_GAS, 12], [0, contract.OUT_OF_GAS, 0], [0x7fffffff, 0, 13], [0xffffffff, 0, 13]])
  add(`13 of ${gas} gas`, thirteen, status, { gas, used }); // prettier-ignore
add("gas until a trap", thirteen, contract.OUT_OF_BOUNDS, { input: words(5000), used: 13 });
add("gas until unreachable", spend(`(call $spend (i32.const 4)) (unreachable)`), contract.UNREACHABLE, { used: 4 });
add(
  "gas until an exit",
  contractOf(`${SPEND} (func $run (param i32) (result i32) (call $spend (i32.const 4)) ${exit(3)} (i32.const 0))`),
  3,
  { used: 4 },
);
const endless = add(
  "a loop without end",
  spend(`(loop (call $spend (i32.const 7)) (br 0)) (i32.const 0)`),
  contract.OUT_OF_GAS,
  { gas: 99999 },
);
add(
  "gas that a module gives itself is not lent",
  contractOf(`(func $run (param i32) (result i32) (global.set $gas (i32.const 0x7fffffff)) (i32.const 0))`),
  0,
);

const again = `(func $again (param $n i32) (result i32) (if (result i32) (local.get $n)
  (then (i32.add (i32.const 1) (call $again (i32.sub (local.get $n) (i32.const 1))))) (else (i32.const 0))))`;
const recursion = contractOf(`${again} (func $run (param i32) (result i32) (call $again (i32.load (i32.const 0))))`);
add("a recursion of 10", recursion, 10, { input: words(10) });
const runaway = add("a recursion without end", recursion, contract.TOO_DEEP, { input: words(0xffffffff) });
add(
  "of the smallest frames",
  contractOf(`(func $f (call $f)) (func $run (param i32) (result i32) (call $f) (i32.const 0))`),
  contract.TOO_DEEP,
);
add("of large frames", contractOf(`(func $f (param i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
  (call $f (local.get 0) (local.get 5) (local.get 1) (i64.const 7))) (func $run (param i32) (result i32) (call $f (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)) (i32.const 0))`), contract.TOO_DEEP); // prettier-ignore
add(
  "inside loops",
  contractOf(`(func $f (param $n i32) ${nest(30, "(call $f (local.get $n))")})
  (func $run (param i32) (result i32) (call $f (i32.const 1)) (i32.const 0))`),
  contract.TOO_DEEP,
);
add("through a table", contractOf(`(table 1 1 funcref) (elem (i32.const 0) $run)
  (func $run (param i32) (result i32) (i32.add (i32.const 1) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))`), contract.TOO_DEEP); // prettier-ignore
const LIMITED = `(global $depth (mut i32) (i32.const 12)) (export "depth" (global $depth))
  (func $f (param $n i32) (result i32) (local $r i32) (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
    (if (i32.lt_s (global.get $depth) (i32.const 0)) (then (unreachable)))
    (if (local.get $n) (then (local.set $r (i32.add (i32.const 1) (call $f (i32.sub (local.get $n) (i32.const 1)))))))
    (global.set $depth (i32.add (global.get $depth) (i32.const 1))) (local.get $r))`;
const limited = contractOf(
  `${LIMITED} ${SPEND} (func $run (param i32) (result i32) (call $spend (i32.const 9)) (call $f (i32.load (i32.const 0))))`,
);
add("as deep as its limiter allows", limited, 11, { input: words(11), used: 9 });
add("one deeper", limited, contract.TOO_DEEP, { input: words(12) });
add(
  "unreachable within its depth",
  contractOf(`${LIMITED} (func $run (param i32) (result i32) (drop (call $f (i32.const 3))) (unreachable))`),
  contract.UNREACHABLE,
);

// ---- contracts that call contracts ----

const seen = (status: number): number => status % 60000;
const inner = (name: string, to: Place, status: number, gas = 500, input: number[] = []): Place =>
  add(`a contract calls: ${name}`, calling(to, gas, input, STATUS), seen(status));
const inSum = inner("one that answers", sum, 15, 500, [4, 5, 6]);
inner("one that is stopped", region.add(running("(unreachable)")), contract.UNREACHABLE);
inner("one that never ends", endless, contract.OUT_OF_GAS);
inner("one that goes too deep", runaway, contract.TOO_DEEP, 500, [255, 255, 255, 127]);
inner("one that is not there", { offset: 0x7fffff00, length: 100 }, contract.ABSENT);
inner("one that is none", { offset: 0, length: 100 }, contract.MALFORMED);
const third = inner("one that calls one", inSum, 15);
inner("one that calls one that calls one too many", third, seen(contract.NESTED_TOO_DEEP));
add(
  "the gas of an inner contract is told",
  calling(endless, 500, [], `(i32.wrap_i64 (i64.shr_u (local.get $w) (i64.const 32)))`),
  500,
);
const trapping = region.add(running(low(host(4, 0, 0, 0))));
add("the device traps two contracts below", calling(trapping, 500, [], STATUS), "trap");
add(
  "the device traps three contracts below",
  calling(region.add(calling(trapping, 500, [], STATUS)), 500, [], STATUS),
  "trap",
);

// ---- what is no contract ----

const plain = running(`(i32.add (local.get $n) (i32.const 5))`);
/** A contract that answers 5 and one more for each byte of input. */
export const at = add("a plain contract", plain, 5);
for (let n = 0; n < plain.length; n++)
  add(`its first ${n} bytes`, plain, contract.MALFORMED, { at: { offset: at.offset, length: n } });
const changed = (i: number, to: number): Uint8Array => Uint8Array.from(plain, (b, k) => (k === i ? to : b));
for (const [i, to] of [[0, 0], [0, 2], [1, 0], [1, 17], [2, 0], [2, 2], [2, 255], [3, 1], [3, 255], [4, 1], [5, 1], [6, 1], [7, 1], [8, 1], [12, 2]])
  add(`with byte ${i} made ${to}`, changed(i, to), contract.MALFORMED); // prettier-ignore
const whole = (text: string): Uint8Array => pack(assemble(`(module ${text})`), 1);
const RUN = `(func $run (param i32) (result i32) (i32.const 5))`;
const odd: [string, Uint8Array][] = [
  ["floats", running(`(drop (f32.add (f32.const 1) (f32.const 2))) (i32.const 0)`)],
  ["a float local", running(`(call $f) (i32.const 0)) (func $f (local f64)`)],
  ["memory.copy", running(`(memory.copy (i32.const 0) (i32.const 8) (i32.const 8)) (i32.const 0)`)],
  ["memory.fill", running(`(memory.fill (i32.const 0) (i32.const 8) (i32.const 8)) (i32.const 0)`)],
  ["memory.grow", running(`(memory.grow (i32.const -1))`)],
  ["a start function", contractOf(`${RUN} (func $s) (start $s)`)],
  ["memory of two pages", whole(`${HOST} ${FRAME.replace("1 1", "2 2")} ${RUN}`)],
  ["memory that may grow", whole(`${HOST} ${FRAME.replace("1 1", "1 2")} ${RUN}`)],
  ["no memory", whole(`${FRAME.replace("(memory 1 1)", "")} ${RUN}`)],
  ["imported memory", whole(`(import "synod" "memory" (memory 1 1)) ${FRAME.replace("(memory 1 1)", "")} ${RUN}`)],
  ["another import", whole(`(import "synod" "sense" (func $h (param i32) (result i64))) ${FRAME} (func $run (param i32) (result i32) (i32.wrap_i64 (call $h (i32.const 1))))`)],
  ["host of another type", whole(`(import "synod" "host" (func $h (param i32) (result i64))) ${FRAME} (func $run (param i32) (result i32) (i32.wrap_i64 (call $h (i32.const 1))))`)],
  ["two imports", whole(`${HOST} (import "synod" "host" (func $h (param i32) (result i64))) ${FRAME} (func $run (param i32) (result i32) (i32.wrap_i64 (call $h (i32.const 1))))`)],
  ["no gas", whole(`${HOST} (memory 1 1) (export "run" (func $run)) ${RUN}`)],
  ["constant gas", whole(`${HOST} ${FRAME.replace("(mut i32)", "i32")} ${RUN}`)],
  ["wide gas", whole(`${HOST} ${FRAME.replace("(mut i32) (i32.const 0)", "(mut i64) (i64.const 0)")} ${RUN}`)],
  ["run of another type", contractOf(`(func $run (param i64) (result i32) (i32.const 5))`)],
  ["run without result", contractOf(`(func $run (param i32))`)],
  ["data past its memory", contractOf(`(data (i32.const 1022) "abc") ${RUN}`)],
  ["data at a negative address", contractOf(`(data (i32.const -1) "abc") ${RUN}`)],
  ["too many locals", contractOf(`${RUN} (func (export "x") ${"(local i32 i64)".repeat(33)})`)],
  ["too many parameters", contractOf(`${RUN} (func (export "x") (param ${"i32 ".repeat(13)}))`)],
  ["blocks too deep", running(`${nest(33, "(local.set $i (local.get $n))")} (i32.const 5)`)],
  ["too many targets", running(`(block (br_table ${"0 ".repeat(66)} (local.get $n))) (i32.const 5)`)],
  ["too many functions", contractOf(`${RUN} ${`(func (result i32) (i32.const 1))`.repeat(129)}`)],
  ["exports", insert(plain, 7, [1, 1, 0x61, 0, 1])],
  ["a section that is none", insert(plain, 12, [0])],
  ["a custom section", Uint8Array.from([...plain, 0, 2, 1, 0x61])],
  ["bytes behind it", Uint8Array.from([...plain, 0])],
  ["sections out of order", Uint8Array.from([...plain, 5, 4, 1, 1, 1, 1])],
]; // prettier-ignore
for (const [name, bytes] of odd) add(`with ${name}`, bytes, contract.MALFORMED);

/** A stored contract with one section more, in its place. */
function insert(stored: Uint8Array, id: number, content: number[]): Uint8Array {
  const all = sections(stored.subarray(contract.HEAD));
  const before = all.filter((s) => s.id < id).flatMap(({ bytes }) => [...bytes]);
  const after = all.filter((s) => s.id > id).flatMap(({ bytes }) => [...bytes]);
  return Uint8Array.from([
    ...stored.subarray(0, contract.HEAD + 8),
    ...before,
    id,
    content.length,
    ...content,
    ...after,
  ]);
}

add("larger than a contract may be", plain, contract.MALFORMED, {
  at: { offset: at.offset, length: contract.CODE_MAX + 1 },
});
const filler = `(drop (i64.const 0x7123456789abcdef)) `.repeat(640);
add("almost as large as it may be", running(`${filler} (i32.const 5)`), 5);
for (const [offset, length] of [[-1, 100], [0x7fffffff, plain.length], [0xffffff00, 0x200]])
  add(`a range of ${length} bytes at ${offset}`, plain, contract.ABSENT, { at: { offset: offset >>> 0, length } }); // prettier-ignore

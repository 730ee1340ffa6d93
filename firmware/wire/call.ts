// A contract as it is stored, and what running it comes to: the import `call(code, codeLength, input, n, gas)` (firmware/hal.ts).
//
//   stored   0 version u8 · 1 memory u8 (KiB) · 2 run u8 · 3 gas u8 · 4 depth u8 · 5 zero 3 B · 8 a wasm module
//
//   run      index of the function (n: i32) -> i32 that is called: 0, or why the contract refuses. Its n bytes of input lie at 0 of its memory
//   gas      index of a mutable i32 global: what is left. The sandbox sets it, the module's own code lowers it, `unreachable` once it is negative
//   depth    the same for calls within calls: the module says how many; NONE when it counts none
//
//   module   integer MVP and sign extension, no grow; no start, exports or custom sections; constants as initial values; one memory of one page
//            (1, 1), of which the sandbox grants `memory` KiB; a table of one size; the only import is
//            synod.host(op: i32, p: i32, n: i32, room: i32): i64 -- n bytes at p go to the device's hostBuffer(), its export host(op, n) answers:
//            negative, a reason; else the value below, and in the upper half how many bytes of answer hostBuffer() holds: as many of
//            them as fit into `room` are put at p. [p, p + the larger of n and room) must lie in memory. EXIT asks nobody: it ends the contract.
//
//   answer   0 status u32 · 32 gas used u32      of an i64
//   status   0 it did what it should · up to REFUSED its own number, larger ones are REFUSED · then why it was stopped, or never began
//
// Rule: on every engine the same contract, input and host give the same status and the same gas. Where that cannot be, when this device has no
// room (NO_ROOM), the number says so: it is no verdict on the contract, and must not enter what devices agree on.

export const VERSION: u32 = 1;

// A stored contract.
export const HEAD_VERSION: u32 = 0;
export const HEAD_MEMORY: u32 = 1;
export const HEAD_RUN: u32 = 2;
export const HEAD_GAS: u32 = 3;
export const HEAD_DEPTH: u32 = 4;
/** Bytes before the module. */
export const HEAD: u32 = 8;
/** In place of a global's index: there is none. */
export const NONE: u32 = 255;

/** Bytes of a stored contract, its head included. */
export const CODE_MAX: u32 = 8200;
/** KiB of memory. */
export const MEMORY_MAX: u32 = 16;
/** Functions, elements of the table, globals; parameters and locals of a function, blocks within its blocks, targets of one br_table. */
export const FUNCTIONS_MAX: u32 = 128;
export const ELEMENTS_MAX: u32 = 128;
export const GLOBALS_MAX: u32 = 64;
export const PARAMETERS_MAX: u32 = 12;
export const LOCALS_MAX: u32 = 64;
export const BLOCKS_MAX: u32 = 32;
export const TARGETS_MAX: u32 = 64;
/** Bytes of input: less than any memory. */
export const INPUT_MAX: u32 = 512;
/** Bytes that a contract hands over, and that come back. */
export const HOST_MAX: u32 = 1024;
/** Gas of one call: more counts as this much. */
export const GAS_MAX: u32 = 0x7fffffff;
/** Contracts at work at a time: one that calls one that calls one. */
export const NESTED: u32 = 3;

/** op of synod.host that ends the contract, with p as its answer. The device does not hear of it. */
export const EXIT: u32 = 0;

// Statuses beyond a contract's own.
export const OK: u32 = 0;
export const REFUSED: u32 = 0xffff;
/** `unreachable`. */
export const UNREACHABLE: u32 = 0x10000;
/** A load, a store or what host was given lies outside memory. */
export const OUT_OF_BOUNDS: u32 = 0x10001;
export const DIVIDED_BY_ZERO: u32 = 0x10002;
/** The least integer divided by -1. */
export const DIVIDE_OVERFLOW: u32 = 0x10003;
/** An indirect call of nothing, or of a function of another type. */
export const INDIRECT: u32 = 0x10004;
/** All gas is used. */
export const OUT_OF_GAS: u32 = 0x10005;
/** Calls within calls went too deep; all gas is used. */
export const TOO_DEEP: u32 = 0x10006;
/** No such range in the region of modules, or a device without that region. Nothing ran, as with all that follow. */
export const ABSENT: u32 = 0x20000;
/** Not a stored contract that any engine runs. */
export const MALFORMED: u32 = 0x20001;
/** More input than INPUT_MAX. */
export const INPUT_LONG: u32 = 0x20002;
/** NESTED contracts are at work already. */
export const NESTED_TOO_DEEP: u32 = 0x20003;
/** This device has no RAM for it now. */
export const NO_ROOM: u32 = 0x20004;

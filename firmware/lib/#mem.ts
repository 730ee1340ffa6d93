// The device half of the memory twin: what the portable files of wire/ may do with bytes, as single wasm instructions.
// Its other half is host/wire/mem.ts. A file in wire/ that needs anything else is not portable.

// @ts-ignore: decorator
@inline export function load8(p: u32): u32 { return load<u8>(p); }
// @ts-ignore: decorator
@inline export function load16(p: u32): u32 { return load<u16>(p); }
// @ts-ignore: decorator
@inline export function load32(p: u32): u32 { return load<u32>(p); }
// @ts-ignore: decorator
@inline export function load64(p: u32): u64 { return load<u64>(p); }
// @ts-ignore: decorator
@inline export function store8(p: u32, v: u32): void { store<u8>(p, <u8>v); }
// @ts-ignore: decorator
@inline export function store16(p: u32, v: u32): void { store<u16>(p, <u16>v); }
// @ts-ignore: decorator
@inline export function store32(p: u32, v: u32): void { store<u32>(p, v); }
// @ts-ignore: decorator
@inline export function store64(p: u32, v: u64): void { store<u64>(p, v); }
// @ts-ignore: decorator
@inline export function copy(to: u32, from: u32, n: u32): void { memory.copy(to, from, n); }
// @ts-ignore: decorator
@inline export function copy64(to: u32, from: u32): void { store<u64>(to, load<u64>(from)); }
// @ts-ignore: decorator
@inline export function equal64(a: u64, b: u64): bool { return a == b; }
// @ts-ignore: decorator
@inline export function less64(a: u64, b: u64): bool { return a < b; }
// @ts-ignore: decorator
@inline export function add64(a: u64, b: u64): u64 { return a + b; }

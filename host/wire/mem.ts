// The host half of the memory twin (see firmware/lib/#mem.ts): the portable files of firmware/wire read and write
// through one attached buffer. Attach, call a layout function with offsets into that buffer, done:
//
//   mem.attach(bytes); const view = mem.load32(0 + vote.VIEW);

let bytes: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(bytes.buffer);

/** Makes `target` the memory that all wire functions address, offset 0 being its first byte. */
export function attach(target: Uint8Array): void {
  bytes = target;
  view = new DataView(target.buffer, target.byteOffset, target.byteLength);
}

export const load8 = (p: number): number => view.getUint8(p);
export const load16 = (p: number): number => view.getUint16(p, true);
export const load32 = (p: number): number => view.getUint32(p, true);
export const load64 = (p: number): bigint => view.getBigUint64(p, true);
export const store8 = (p: number, v: number): void => view.setUint8(p, v);
export const store16 = (p: number, v: number): void => view.setUint16(p, v, true);
export const store32 = (p: number, v: number): void => view.setUint32(p, v, true);
export const store64 = (p: number, v: bigint): void => view.setBigUint64(p, v, true);
export const copy = (to: number, from: number, n: number): void => void bytes.copyWithin(to, from, from + n);
export const copy64 = (to: number, from: number): void => view.setBigUint64(to, view.getBigUint64(from, true), true);
export const equal64 = (a: bigint, b: bigint): boolean => a === b;
export const less64 = (a: bigint, b: bigint): boolean => a < b;
export const add64 = (a: bigint, b: bigint): bigint => BigInt.asUintN(64, a + b);

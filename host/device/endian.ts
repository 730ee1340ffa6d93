// Little-endian numbers in plain byte arrays, for Node and browsers alike.
//
// Rule: a read past the end gives zeros, never an exception; who must not do that checks lengths first.

export const u16 = (b: Uint8Array, p: number): number => b[p] | (b[p + 1] << 8);

export const u32 = (b: Uint8Array, p: number): number =>
  (b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24)) >>> 0;

export const u64 = (b: Uint8Array, p: number): bigint => BigInt(u32(b, p)) | (BigInt(u32(b, p + 4)) << 32n);

export function putU32(b: Uint8Array, p: number, v: number): void {
  b[p] = v;
  b[p + 1] = v >>> 8;
  b[p + 2] = v >>> 16;
  b[p + 3] = v >>> 24;
}

export function putU64(b: Uint8Array, p: number, v: bigint): void {
  putU32(b, p, Number(v & 0xffffffffn));
  putU32(b, p + 4, Number((v >> 32n) & 0xffffffffn));
}

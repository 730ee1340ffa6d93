// host/device/bytes.ts for a browser: the same functions without Node's Buffer and zlib. tools/dashboard.mjs puts this file in
// its place; test/dashboard/model.test.ts compares the two.

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

export const alloc = (n: number): Uint8Array => new Uint8Array(n);

export function latin1(b: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += String.fromCharCode(b[i]);
  return text;
}

export const fromLatin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

export function hex(b: Uint8Array, from = 0, to = b.length): string {
  let text = "";
  for (let i = from; i < to; i++) text += HEX[b[i]];
  return text;
}

export const fromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length >> 1 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));

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

/** CRC-32 of IEEE 802.3, bit by bit: the page never needs it in a hot place. */
export function crc32(b: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of b) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

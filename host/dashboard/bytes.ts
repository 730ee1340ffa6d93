// host/device/bytes.ts for a browser: the same functions without Node's Buffer and zlib. tools/dashboard.mjs puts this file in
// its place; test/dashboard/model.test.ts compares the two.

export * from "../device/endian.ts";

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

/** CRC-32 of IEEE 802.3, bit by bit: the page never needs it in a hot place. */
export function crc32(b: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of b) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

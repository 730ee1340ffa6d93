// Bytes as Node handles them fast: keys for maps, hex, little-endian numbers, CRC-32. One place that knows which of Node's
// functions take a plain Uint8Array.

import * as zlib from "node:zlib";

export * from "./endian.ts";

type Slice = (this: Uint8Array, from: number, to: number) => string;
const { latin1Slice, hexSlice } = Buffer.prototype as unknown as { latin1Slice: Slice; hexSlice: Slice };

/** A Buffer's bytes as a plain array of bytes: slice() of a Buffer is a view, that of a Uint8Array a copy. */
const plain = (b: Buffer): Uint8Array => new Uint8Array(b.buffer, b.byteOffset, b.length);

/** n bytes of unspecified content, from Node's pool. */
export const alloc = (n: number): Uint8Array => plain(Buffer.allocUnsafe(n));

/** Bytes [from, to) as a string of the same length, one character each: a key for maps. */
export const latin1 = (b: Uint8Array, from: number, to: number): string => latin1Slice.call(b, from, to);

/** The bytes of such a string. */
export const fromLatin1 = (text: string): Uint8Array => plain(Buffer.from(text, "latin1"));

/** Bytes [from, to) as lower-case hex. */
export const hex = (b: Uint8Array, from = 0, to = b.length): string => hexSlice.call(b, from, to);

/** The bytes of a hex string. */
export const fromHex = (text: string): Uint8Array => plain(Buffer.from(text, "hex"));

/** CRC-32 of IEEE 802.3. */
export const crc32 = (zlib as unknown as { crc32(b: Uint8Array): number }).crc32;

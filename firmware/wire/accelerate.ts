// What a port may do in the device's stead: the operations of the import `accelerate(op, p)`, and their operands at p.
//
//   p    0 a u32 · 4 b u32 · 8 c u32 · 12 bytes u32 · 16 n u32            addresses, but for n: how many bytes
//
//   op               a                b              c             bytes             done when
//   OFFER            -                -              -             -                 never; the answer is a bitmap: bit op for each that is offered
//   VERIFY           key 32           signature 64   -             message           it is a signature
//   SIGN             seed 32          key 32         signature 64  message           c is written
//   PUBLIC_KEY       seed 32          key 32         -             -                 b is written
//   X25519           secret 32        peer 32        shared 32     -                 c is written, and is not all zero
//   X25519_PUBLIC    secret 32        key 32         -             -                 b is written
//   SHA256           chaining 32      -              -             blocks of 64 B    a is written: u32 words, little-endian
//
// Answers: DONE, or anything else: the device does it itself. What is written may overlap what is read, but for SIGN's signature.
// A port that offers VERIFY has no use for tables of keys: its region 0 says that the region KEYS has size 0 (record.ts), so that its tapes
// hold no reads of tables and replay with any offer. Rule: DONE is said only where the device would come to the same bytes and the same verdict by itself.

/** Which operations the port does; nothing is at p. */
export const OFFER: u32 = 0;
export const VERIFY: u32 = 1;
export const SIGN: u32 = 2;
export const PUBLIC_KEY: u32 = 3;
export const X25519: u32 = 4;
export const X25519_PUBLIC: u32 = 5;
export const SHA256: u32 = 6;

/** The answer when it was done. */
export const DONE: u32 = 1;

export const A: u32 = 0;
export const B: u32 = 4;
export const C: u32 = 8;
export const BYTES: u32 = 12;
export const N: u32 = 16;
/** Bytes of the operands. */
export const SIZE: u32 = 20;

// COSE_Key for Ed25519 (RFC 9053 7.2) and its thumbprint (RFC 9679). One form only, 40 bytes, which is also what the
// thumbprint hashes:
//
//   0 a3 01 01 20 06 21 58 20 · 8 public key 32 B       {kty 1: OKP 1, crv -1: Ed25519 6, x -2: bstr of 32}
//
// A key id (kid) is the first 8 bytes of the thumbprint.

import * as cbor from "./cbor";
import * as reason from "../wire/reason";
import * as sha256 from "../crypto/sha256";

export const SIZE: u32 = 40;
/** Offset of the public key in an encoded key. */
export const X: u32 = 8;

const HEAD: u64 = 0x20582106200101a3;

/** Writes the COSE_Key of a public key to `out`: 40 bytes. */
export function encode(pub: usize, out: usize): void {
  memory.copy(out + X, pub, 32);
  store<u64>(out, HEAD);
}

/** Is this a COSE_Key as above? 0 or a reason; whether the point is sound is for ed25519.checkKey to say. */
export function parse(p: usize, n: u32): u32 {
  return n == SIZE && load<u64>(p) == HEAD ? 0 : reason.COSE_KEY;
}

/** Writes the SHA-256 thumbprint of a public key to `out`: 32 bytes. Ends any reading or writing of CBOR under way. */
export function thumbprint(pub: usize, out: usize): void {
  encode(pub, cbor.CURSOR);
  sha256.hash(cbor.CURSOR, SIZE, out);
}

/** Writes the key id of a public key to `out`: 8 bytes. Ends any reading or writing of CBOR under way. */
export function kid(pub: usize, out: usize): void {
  thumbprint(pub, cbor.CURSOR);
  memory.copy(out, cbor.CURSOR, 8);
}

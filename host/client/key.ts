// Keys as applications hold them: an Ed25519 seed and what follows from it.
//
//   COSE_Key   a3 01 01 20 06 21 58 20 · public key 32 B       {kty 1: OKP 1, crv -1: Ed25519 6, x -2}
//   kid        first 8 bytes of its SHA-256 thumbprint (RFC 9679), which hashes these same 40 bytes
//
// Rule: signing here serves applications; a device signs and verifies with its own code.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { encode } from "./cbor.ts";

export interface Signer {
  seed: Uint8Array;
  pub: Uint8Array;
  kid: Uint8Array;
}

/** The COSE_Key of a public key: 40 bytes. */
export function coseKey(pub: Uint8Array): Uint8Array {
  if (pub.length !== 32) throw new RangeError(`an Ed25519 public key has 32 bytes, not ${pub.length}`);
  return encode(new Map<number, number | Uint8Array>().set(1, 1).set(-1, 6).set(-2, pub));
}

/** RFC 9679 thumbprint with SHA-256: 32 bytes. */
export function thumbprint(pub: Uint8Array): Uint8Array {
  return sha256(coseKey(pub));
}

/** The key id by which the ledger knows a public key: 8 bytes. */
export function kid(pub: Uint8Array): Uint8Array {
  return thumbprint(pub).slice(0, 8);
}

/** Everything that a 32-byte seed makes. */
export function signer(seed: Uint8Array): Signer {
  const pub = ed25519.getPublicKey(seed);
  return { seed, pub, kid: kid(pub) };
}

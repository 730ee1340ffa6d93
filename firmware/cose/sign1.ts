// COSE_Sign1 with EdDSA (RFC 9052 4.2, RFC 9053 2.2), the envelope of every transaction. One form only, tagged:
//
//   0 d2 84 43 a1 01 27 · 6 a1 04 48 · 9 kid 8 B · 17 payload bstr · then 58 40 · signature 64 B
//     │  │  └ protected: bstr of {alg 1: EdDSA -8}
//     │  └ array of 4     └ unprotected: {kid 4: bstr of 8}
//     └ tag 18
//
// What is signed (Sig_structure, empty external_aad) has the same payload bstr at the same offset:
//
//   0 84 6a "Signature1" · 12 43 a1 01 27 · 16 40 · 17 payload bstr
//
// Rule: two different accepted inputs differ in kid, payload or signature; nothing else in them is free.

import * as cbor from "./cbor";
import * as ed25519 from "../crypto/ed25519";
import * as reason from "../wire/reason";

/** Bytes around a payload of 24..255 bytes. */
export const OVERHEAD: u32 = 85;
/** A payload under construction may lie here in the output of create, or behind. */
export const PAYLOAD: u32 = 20;

const PREFIX: u32 = 17;
const KID: usize = cbor.CURSOR + 16;
const BYTES: usize = cbor.CURSOR + 20;
const LENGTH: usize = cbor.CURSOR + 24;
const SIGNATURE: usize = cbor.CURSOR + 28;

/** Parses n bytes at p. Returns 0 or a reason; then the fields below are addresses inside [p, p+n). */
export function parse(p: usize, n: u32): u32 {
  cbor.open(p, n);
  if (cbor.peek() != 6 || cbor.head(6) != 18 || cbor.peek() != 4 || cbor.array() != 4) cbor.refuse(reason.COSE_SHAPE);
  const length = cbor.bytes();
  const header = cbor.at();
  const more = length != 0 && load<u8>(header) > 0xa1;
  const eddsa = length == 3 && load<u16>(header) == 0x01a1 && load<u8>(header, 2) == 0x27;
  const pairs = cbor.map();
  if (pairs > 1 || more) cbor.refuse(reason.COSE_HEADER);
  if (!eddsa) cbor.refuse(reason.COSE_ALGORITHM);
  if (pairs == 0 || cbor.peek() != 0 || cbor.uint() != 4 || cbor.peek() != 2 || cbor.bytes() != 8)
    cbor.refuse(reason.COSE_KID);
  store<usize>(KID, cbor.at());
  store<u32>(LENGTH, cbor.bytes());
  store<usize>(BYTES, cbor.at());
  if (cbor.bytes() != 64) cbor.refuse(reason.COSE_SIGNATURE);
  store<usize>(SIGNATURE, cbor.at());
  return cbor.close();
}

/** Address of the 8-byte key id. */
// @ts-ignore: decorator
@inline export function kid(): usize {
  return load<usize>(KID);
}
// @ts-ignore: decorator
@inline export function payload(): usize {
  return load<usize>(BYTES);
}
// @ts-ignore: decorator
@inline export function payloadLength(): u32 {
  return load<u32>(LENGTH);
}
/** Address of the 64-byte signature. */
// @ts-ignore: decorator
@inline export function signature(): usize {
  return load<usize>(SIGNATURE);
}

/** Writes the Sig_structure of an n-byte payload at p to `out`, at most n + 20 bytes. Returns its length. */
export function structure(p: usize, n: u32, out: usize): u32 {
  cbor.begin(out + PREFIX, -1);
  cbor.putBytes(p, n);
  store<u64>(out, 0x74616e6769536a84); // 84 6a "Signat"
  store<u64>(out, 0x2701a14331657275, 8); // "ure1" 43 a1 01 27
  store<u8>(out, 0x40, 16);
  return PREFIX + cbor.length();
}

/** The same of the message last parsed. */
// @ts-ignore: decorator
@inline export function toBeSigned(out: usize): u32 {
  return structure(payload(), payloadLength(), out);
}

/** Signs the n-byte payload at p. Writes the message to `out`: at most n + 86 bytes; returns its length. */
export function create(kid: usize, p: usize, n: u32, seed: usize, pub: usize, out: usize): u32 {
  const length = structure(p, n, out);
  ed25519.sign(seed, pub, out, length, out + length + 2);
  store<u16>(out + length, 0x4058);
  store<u64>(out, 0x04a12701a14384d2);
  store<u8>(out, 0x48, 8);
  store<u64>(out, load<u64>(kid), 9);
  return length + 66;
}

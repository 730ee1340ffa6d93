// Test hooks of cose/.

import * as cbor from "../cose/cbor";
import * as key from "../cose/key";
import * as sign1 from "../cose/sign1";

/** Is this exactly one item of deterministic CBOR? */
export function cose_cbor_check(p: usize, n: u32): u32 {
  cbor.open(p, n);
  cbor.skip();
  return cbor.close();
}
export function cose_cbor_open(p: usize, n: u32): void {
  cbor.open(p, n);
}
export function cose_cbor_close(): u32 {
  return cbor.close();
}
export function cose_cbor_peek(): u32 {
  return cbor.peek();
}
export function cose_cbor_uint(): u64 {
  return cbor.uint();
}
export function cose_cbor_uint32(): u32 {
  return cbor.uint32();
}
export function cose_cbor_int(): i64 {
  return cbor.int();
}
export function cose_cbor_string(major: u32): u32 {
  return cbor.string(major);
}
export function cose_cbor_at(): usize {
  return cbor.at();
}
export function cose_cbor_array(): u32 {
  return cbor.array();
}
export function cose_cbor_map(): u32 {
  return cbor.map();
}
export function cose_cbor_begin(p: usize, end: usize): void {
  cbor.begin(p, end);
}
export function cose_cbor_put(major: u32, v: u64): void {
  cbor.put(major, v, 0);
}
export function cose_cbor_putInt(v: i64): void {
  cbor.putInt(v);
}
export function cose_cbor_putString(major: u32, p: usize, n: u32): void {
  cbor.putString(major, p, n);
}
export function cose_cbor_length(): u32 {
  return cbor.length();
}
export function cose_key_encode(pub: usize, out: usize): void {
  key.encode(pub, out);
}
export function cose_key_parse(p: usize, n: u32): u32 {
  return key.parse(p, n);
}
export function cose_key_thumbprint(pub: usize, out: usize): void {
  key.thumbprint(pub, out);
}
export function cose_key_kid(pub: usize, out: usize): void {
  key.kid(pub, out);
}
export function cose_sign1_parse(p: usize, n: u32): u32 {
  return sign1.parse(p, n);
}
export function cose_sign1_kid(): usize {
  return sign1.kid();
}
export function cose_sign1_payload(): usize {
  return sign1.payload();
}
export function cose_sign1_payloadLength(): u32 {
  return sign1.payloadLength();
}
export function cose_sign1_signature(): usize {
  return sign1.signature();
}
export function cose_sign1_toBeSigned(out: usize): u32 {
  return sign1.toBeSigned(out);
}
export function cose_sign1_structure(p: usize, n: u32, out: usize): u32 {
  return sign1.structure(p, n, out);
}
export function cose_sign1_create(kid: usize, p: usize, n: u32, seed: usize, pub: usize, out: usize): u32 {
  return sign1.create(kid, p, n, seed, pub, out);
}

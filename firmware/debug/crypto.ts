// Test hooks of crypto/: the public functions, and below them field, scalar and point on test buffers.

import * as layout from "../layout";
import * as batch from "../crypto/batch";
import * as cached from "../crypto/cached";
import * as chacha20poly1305 from "../crypto/chacha20poly1305";
import * as comb from "../crypto/comb";
import * as ed25519 from "../crypto/ed25519";
import * as field from "../crypto/field";
import * as hkdf from "../crypto/hkdf";
import * as hmac from "../crypto/hmac";
import * as merkle from "../crypto/merkle";
import * as native from "../crypto/native";
import * as point from "../crypto/point";
import * as scalar from "../crypto/scalar";
import * as scratch from "../crypto/scratch";
import * as sha256 from "../crypto/sha256";
import * as sha512 from "../crypto/sha512";
import * as straus from "../crypto/straus";
import * as x25519 from "../crypto/x25519";

/** Where tests may put their bytes, and how many: input, work and effect ring, which no function of crypto touches. */
// prettier-ignore
export function crypto_buffer(): usize { return layout.INPUT; }
// prettier-ignore
export function crypto_bufferSize(): u32 { return <u32>(layout.RING_END - layout.INPUT); }
// prettier-ignore
export function crypto_counters(): usize { return layout.COUNTERS; }

/** Asks the port what it offers, as boot does; the bitmap. */
export function crypto_native_open(): u32 {
  native.open();
  return load<u32>(layout.OFFERED);
}

// prettier-ignore
export function crypto_sha256_hash(p: usize, n: u32, out: usize): void { sha256.hash(p, n, out); }
// prettier-ignore
export function crypto_sha256_init(st: usize): void { sha256.init(st); }
// prettier-ignore
export function crypto_sha256_update(st: usize, p: usize, n: u32): void { sha256.update(st, p, n); }
// prettier-ignore
export function crypto_sha256_final(st: usize, out: usize): void { sha256.final(st, out); }
// prettier-ignore
export function crypto_sha512_hash(p: usize, n: u32, out: usize): void { sha512.hash(p, n, out); }
// prettier-ignore
export function crypto_sha512_init(st: usize): void { sha512.init(st); }
// prettier-ignore
export function crypto_sha512_update(st: usize, p: usize, n: u32): void { sha512.update(st, p, n); }
// prettier-ignore
export function crypto_sha512_final(st: usize, out: usize): void { sha512.final(st, out); }
// prettier-ignore
export function crypto_hmac_sha256(key: usize, kn: u32, p: usize, n: u32, out: usize): void { hmac.sha256(key, kn, p, n, out); }
// prettier-ignore
export function crypto_hmac_sha512(key: usize, kn: u32, p: usize, n: u32, out: usize): void { hmac.sha512(key, kn, p, n, out); }
// prettier-ignore
export function crypto_hkdf_sha256(salt: usize, sn: u32, ikm: usize, n: u32, info: usize, fn: u32, out: usize, on: u32): void { hkdf.sha256(salt, sn, ikm, n, info, fn, out, on); }
// prettier-ignore
export function crypto_merkle_leaf(p: usize, n: u32, out: usize): void { merkle.leaf(p, n, out); }
// prettier-ignore
export function crypto_merkle_root(hashes: usize, count: u32, out: usize): void { merkle.root(hashes, count, out); }

// prettier-ignore
export function crypto_x25519_publicKey(secret: usize, out: usize): void { x25519.publicKey(secret, out); }
// prettier-ignore
export function crypto_x25519_shared(secret: usize, peer: usize, out: usize): bool { return x25519.shared(secret, peer, out); }
// prettier-ignore
export function crypto_aead_seal(key: usize, nonce: usize, ad: usize, an: u32, p: usize, n: u32, tag: usize): void { chacha20poly1305.seal(key, nonce, ad, an, p, n, tag); }
// prettier-ignore
export function crypto_aead_open(key: usize, nonce: usize, ad: usize, an: u32, p: usize, n: u32, tag: usize): bool { return chacha20poly1305.open(key, nonce, ad, an, p, n, tag); }
/** ChaCha20 alone: the stream from block `counter` on is xored into the n bytes at p. */
export function crypto_chacha20(key: usize, nonce: usize, counter: u32, p: usize, n: u32): void {
  chacha20poly1305.begin(key, nonce, counter);
  chacha20poly1305.crypt(p, n);
}
/** Poly1305 alone, whose last block of less than 16 bytes ends in a 1 of its own. */
export function crypto_poly1305(key: usize, p: usize, n: u32, out: usize): void {
  chacha20poly1305.key(key);
  chacha20poly1305.blocks(scratch.POLY, p, n >> 4, 1);
  const rest = n & 15;
  if (rest != 0) {
    memory.fill(scratch.STREAM, 0, 16);
    memory.copy(scratch.STREAM, p + (n - rest), rest);
    store<u8>(scratch.STREAM + rest, 1);
    chacha20poly1305.blocks(scratch.POLY, scratch.STREAM, 1, 0);
  }
  chacha20poly1305.end(out);
}
/** Seals n bytes without associated data: what is counted. */
// prettier-ignore
export function crypto_aead_count(p: usize, n: u32, at: usize): void { chacha20poly1305.seal(at, at + 32, at, 0, p, n, at + 48); }
// prettier-ignore
export function crypto_ed25519_publicKey(seed: usize, out: usize): void { ed25519.publicKey(seed, out); }
// prettier-ignore
export function crypto_ed25519_sign(seed: usize, pub: usize, p: usize, n: u32, out: usize): void { ed25519.sign(seed, pub, p, n, out); }
// prettier-ignore
export function crypto_ed25519_verify(pub: usize, p: usize, n: u32, sig: usize): bool { return ed25519.verify(pub, p, n, sig); }
// prettier-ignore
export function crypto_ed25519_checkKey(pub: usize): u32 { return ed25519.checkKey(pub); }
// prettier-ignore
export function crypto_batch_begin(): void { batch.begin(); }
// prettier-ignore
export function crypto_batch_add(pub: usize, p: usize, n: u32, sig: usize): u32 { return batch.add(pub, p, n, sig); }
// prettier-ignore
export function crypto_batch_addCached(head: usize, p: usize, n: u32, sig: usize): u32 { return batch.addCached(head, p, n, sig); }
// prettier-ignore
export function crypto_ed25519_verifyCached(head: usize, p: usize, n: u32, sig: usize): bool { return ed25519.verifyCached(head, p, n, sig); }
// prettier-ignore
export function crypto_cached_prepare(head: usize, pub: usize, table: usize, halves: u32): bool { return cached.prepare(head, pub, table, halves); }
// prettier-ignore
export function crypto_batch_run(): u32 { return batch.run(); }

// prettier-ignore
export function crypto_field_mul(o: usize, a: usize, b: usize): void { field.mul(o, a, b); }
// prettier-ignore
export function crypto_field_sq(o: usize, a: usize, n: u32): void { field.sq(o, a, n); }
// prettier-ignore
export function crypto_field_add(o: usize, a: usize, b: usize): void { field.add(o, a, b); }
// prettier-ignore
export function crypto_field_both(sum: usize, difference: usize, a: usize, b: usize): void { field.both(sum, difference, a, b); }
// prettier-ignore
export function crypto_field_decode(o: usize, p: usize): void { field.decode(o, p); }
// prettier-ignore
export function crypto_field_encode(out: usize, a: usize): void { field.encode(out, a); }
// prettier-ignore
export function crypto_field_power(o: usize, a: usize, invert: bool): void { field.power(o, a, invert); }
// prettier-ignore
export function crypto_scalar_reduce(out: usize, x: usize): void { scalar.reduce(out, x); }
// prettier-ignore
export function crypto_scalar_multiplyAdd(out: usize, a: usize, b: usize, c: usize): void { scalar.multiplyAdd(out, a, b, c); }
// prettier-ignore
export function crypto_scalar_canonical(p: usize): bool { return scalar.canonical(p); }
// prettier-ignore
export function crypto_scalar_recode(out: usize, s: usize): void { scalar.recode(out, s); }
// prettier-ignore
export function crypto_scalar_digits(out: usize, s: usize, most: u32, shift: u32, flip: u32): void { scalar.digits(out, s, most, shift, flip); }
// prettier-ignore
export function crypto_scalar_gather(out: usize, d: usize): void { scalar.gather(out, d); }
/** Writes u, then v, 32 B each; returns what halve does. */
export function crypto_scalar_halve(out: usize, k: usize): u32 {
  const flip = scalar.halve(k);
  memory.copy(out, scratch.HALVES + 72, 32);
  memory.copy(out + 32, scratch.HALVES + 104, 32);
  return flip;
}
/** Digits drawn from the 64 bytes at p. */
export function crypto_straus_draw(d: usize, p: usize): void {
  memory.copy(scratch.RANDOM, p, 64);
  straus.draw(d);
}
// prettier-ignore
export function crypto_point_decode(p: usize): bool { return point.decode(p); }
// prettier-ignore
export function crypto_point_encode(out: usize): void { point.encode(out); }
// prettier-ignore
export function crypto_point_base(s: usize): void { point.base(s); }
// prettier-ignore
export function crypto_point_multiples(q: usize, more: usize, count: u32): void { point.multiples(q, more, count); }
// prettier-ignore
export function crypto_point_double(): void { point.double(); }
/** Where the slots of a batch lie; what the last one left is still there. */
// prettier-ignore
export function crypto_straus_slots(): usize { return scratch.SLOTS; }
/** Where X Y Z E H A B C D F G lie, 36 bytes each. */
// prettier-ignore
export function crypto_point_work(): usize { return scratch.X; }
// prettier-ignore
export function crypto_point_small(): bool { return point.small(); }
// prettier-ignore
export function crypto_comb_table(): usize { return comb.TABLE; }

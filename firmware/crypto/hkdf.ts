// HKDF (RFC 5869) with SHA-256: extract a key from input keying material, expand it to as many bytes as are wanted.
//
//   prk = HMAC(salt, ikm)      T(0) = "", T(i) = HMAC(prk, T(i-1) | info | i), i = 1..255      output = T(1) | T(2) ...
//
// Rule: at most 255 * 32 = 8,160 bytes; more is a caller's error and traps.

import * as hmac from "./hmac";
import { DIGEST, A } from "./scratch";

const PRK: usize = A; // 32 B
const T: usize = A + 32; // 32 B
const INDEX: usize = A + 64; // u8

/** Writes `on` bytes to out, derived from ikm with salt (sn = 0: a block of zeros) and info. out overlaps none of them. */
export function sha256(salt: usize, sn: u32, ikm: usize, in_: u32, info: usize, fn: u32, out: usize, on: u32): void {
  assert(on <= 8160);
  hmac.sha256(salt, sn, ikm, in_, PRK);
  let i: u32 = 0;
  for (let done: u32 = 0; done < on; done += 32) {
    hmac.begin(PRK, 32);
    if (i != 0) hmac.add(T, 32);
    hmac.add(info, fn);
    store<u8>(INDEX, ++i);
    hmac.add(INDEX, 1);
    hmac.end(T);
    memory.copy(out + done, T, min<u32>(32, on - done));
  }
  memory.fill(PRK, 0, 64);
  memory.fill(DIGEST, 0, 32);
}

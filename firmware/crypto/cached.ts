// A key prepared once and kept: the comb of -A, so that its multiples cost no doublings of their own.
//
//   head    0 key 32 B · 32 where the table is u32: an address, or region << 24 | offset in flash · 36 halves u32
//   table   16 entries of 108 B a half, as in comb.ts with -A for B; digits are 26 apart with two halves, 52 with one
//
//   halves   head and table   one signature
//   1        1,768 B           52 doublings, 104 additions
//   2        3,496 B           26 doublings, 104 additions
//
// The head stays in memory. A table is made in memory; who keeps it in flash copies it there and changes `where`: an entry is then read when
// it is added, 52 reads of 108 B a signature. A head of 0 halves is a key without table: it is verified cold, by the same calls.
//
// A table that was damaged leads off the curve, where point.small calls nothing good. What a table calls bad is looked at again without it
// (straus.appeal); if it is good after all, the head gets 0 halves and keeps `where`, so that its owner sees which table to make anew.
// Rule: a table is trusted; who could write it could forge, so it lies where the key itself lies.

import * as layout from "../layout";
import * as field from "./field";
import * as point from "./point";
import * as comb from "./comb";
import { A, B, E, SLOTS, X, Y, Z } from "./scratch";

export const HEAD: u32 = 40;
export const WHERE: usize = 32;
export const HALVES: usize = 36;
const PRODUCTS: usize = SLOTS + 1440; // 32 x 36 B, behind ten entries

/** Bytes of a table. */
export function size(halves: u32): u32 {
  return halves * comb.HALF;
}

/** Writes the head of the key at pub and its table of one or two halves. False when the key names no point. */
export function prepare(head: usize, pub: usize, table: usize, halves: u32): bool {
  if (!point.decode(pub)) return false;
  layout.count(layout.PREPARATIONS, 1);
  memory.copy(head, pub, 32);
  store<u32>(head, <u32>table, WHERE);
  store<u32>(head, halves, HALVES);
  for (let i: u32 = 0; i < 5 * halves; i++) {
    point.cache(SLOTS + 144 * i); // 2^(step i) times -A
    for (let n = 52 / halves; n != 0; n--) point.double();
  }
  const end = table + size(halves);
  let product = PRODUCTS;
  let m: u32 = 0;
  for (let q = table; q != end; q += comb.ENTRY, product += 36, m++) {
    point.neutral();
    for (let i: u32 = 0; i < 5; i++) {
      const p = SLOTS + 144 * (i + 5 * (m >> 4));
      point.add(p, p + 108, i < 4 && ((m >> i) & 1) == 0);
    }
    memory.copy(q, X, 108); // X Y Z
    if (m == 0) memory.copy(product, Z, 36);
    else field.mul(product, product - 36, Z);
  }
  // all Z inverted at once: A = 1 / (Z_0 ... Z_m)
  field.power(A, product - 36, true);
  for (let q = end; q != table;) {
    q -= comb.ENTRY;
    product -= 36;
    if (q != table) field.mul(B, A, product - 36);
    else memory.copy(B, A, 36);
    field.mul(A, A, q + 72);
    field.mul(X, q, B);
    field.mul(Y, q + 36, B);
    memory.copy(E, X, 72);
    point.halved(q);
  }
  return true;
}

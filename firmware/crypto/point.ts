// Points of the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 over p = 2^255 - 19.
//
// One point is under work at scratch.X Y Z E H: x = X/Z, y = Y/Z, and E H = X Y / Z; extended coordinates (Hisil, Wong, Carter, Dawson
// 2008) whose T is left as the pair (E, H) until an addition wants it. What is added lies in memory as
//
//   entry   0 Y + X · 36 Y - X · 72 2 d T · 108 2 Z        36 B each
//   halved  0 (y + x) / 2 · 36 (y - x) / 2 · 72 d x y      Z = 1: the entries of the comb
//
// X, Y and Z are in N (field.ts) between formulas. The formulas are complete: there is no exceptional point.
// Rule: only base is for secrets; it neither branches on nor indexes by its scalar.

import * as hal from "../hal";
import * as comb from "./comb";
import * as field from "./field";
import * as scalar from "./scalar";
import { A, B, BYTES, C, D, E, F, G, H, RECODED, TWICE, X, Y, Z } from "./scratch";

export const ENTRY: usize = 144;

const LEND: i32 = 0x1fffffff; // what a limb loses that lends 2^29 to the one below and borrows 1 from the one above

// d, 2 d, sqrt(-1) and 1/2
// prettier-ignore
const CURVE: usize = memory.data<i32>([
  0x135978a3, 0x0f5a6e50, 0x10762add, 0x00149a82, 0x1e898007, 0x003cbbbc, 0x19ce331d, 0x1dc56dff, 0x0052036c,
  0x06b2f159, 0x1eb4dca1, 0x00ec55ba, 0x00293505, 0x1d13000e, 0x00797779, 0x139c663a, 0x1b8adbff, 0x002406d9,
  0x0a0ea0b0, 0x0770d93a, 0x0bf91e31, 0x06300d5a, 0x1d7a72f4, 0x004c9efd, 0x1c2cad34, 0x1009f83b, 0x002b8324,
  0x1ffffff7, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x003fffff,
]);

/** The point becomes the neutral element. */
export function neutral(): void {
  field.small(X, 0);
  field.small(Y, 1);
  field.small(Z, 1);
  field.small(E, 0);
  field.small(H, 1);
}

/**
 * The point is doubled: 3M + 4S. What stands beside a line is the range of a limb in units (field.ts).
 *
 * E F is not bounded by 3 * 4 = 12, as both are made of the same a and b: for two limbs i and j, E_i F_j + E_j F_i is linear in each of the eight
 * limbs behind it, so it is largest at corners, where it is at most 5, and E_i F_i at most 4 (field.test.ts tries them all). Column 7, four
 * such pairs, has 20 units.
 */
export function double(): void {
  field.sq(A, X, 1);
  field.sq(B, Y, 1);
  field.sq(C, Z, 1);
  field.add(D, X, Y); // S
  field.sq(D, D, 1);
  for (let p: usize = X; p != X + 36; p += 12) {
    // H = A + B: [0, 2) · G = A - B: (-1, 1) · E = H - D: (-1, 2) · F = 2 C + G, less 2^29 in each limb: (-2, 2)
    const a0 = load<i32>(p, A - X);
    const b0 = load<i32>(p, B - X);
    const h0 = a0 + b0;
    const g0 = a0 - b0;
    const c0 = load<i32>(p, C - X);
    store<i32>(p, h0, H - X);
    store<i32>(p, h0 - load<i32>(p, D - X), E - X);
    store<i32>(p, g0, G - X);
    store<i32>(p, c0 + c0 + g0 - LEND, F - X);
    const a1 = load<i32>(p, A - X + 4);
    const b1 = load<i32>(p, B - X + 4);
    const h1 = a1 + b1;
    const g1 = a1 - b1;
    const c1 = load<i32>(p, C - X + 4);
    store<i32>(p, h1, H - X + 4);
    store<i32>(p, h1 - load<i32>(p, D - X + 4), E - X + 4);
    store<i32>(p, g1, G - X + 4);
    store<i32>(p, c1 + c1 + g1 - LEND, F - X + 4);
    const a2 = load<i32>(p, A - X + 8);
    const b2 = load<i32>(p, B - X + 8);
    const h2 = a2 + b2;
    const g2 = a2 - b2;
    const c2 = load<i32>(p, C - X + 8);
    store<i32>(p, h2, H - X + 8);
    store<i32>(p, h2 - load<i32>(p, D - X + 8), E - X + 8);
    store<i32>(p, g2, G - X + 8);
    store<i32>(p, c2 + c2 + g2 - LEND, F - X + 8);
  }
  store<i32>(F, load<i32>(F) - 1); // the lowest limb was not lent to,
  store<i32>(F, load<i32>(F, 32) + 0x20000000, 32); // the highest does not lend
  field.mul(X, E, F);
  field.mul(Y, G, H); // 1 * 2
  field.mul(Z, F, G); // 2 * 1
}

/**
 * The entry at q, whose 2 Z is at `two`, is added, or subtracted when `negative`: 9M. Where `two` is 0 the entry is halved, as those of the
 * comb, with Z = 1: 8M.
 */
export function add(q: usize, two: usize, negative: bool): void {
  field.mul(C, E, q + 72); // (-1, 2) * N
  field.mul(C, C, H); // N * [0, 2)
  let d = Z;
  if (two != 0) {
    d = D;
    field.mul(D, Z, two); // N * S
  }
  field.both(B, A, Y, X);
  field.mul(B, B, negative ? q + 36 : q); // S, D with S, D
  field.mul(A, A, negative ? q : q + 36);
  field.both(H, E, B, A);
  if (negative) field.both(F, G, d, C);
  else field.both(G, F, d, C);
  field.mul(X, E, F);
  field.mul(Y, G, H);
  field.mul(Z, F, G);
}

/** Writes the point as an entry: 2M. */
export function cache(q: usize): void {
  field.both(q, q + 36, Y, X);
  field.mul(q + 72, E, CURVE + 36);
  field.mul(q + 72, q + 72, H);
  field.add(q + 108, Z, Z);
}

/** Writes the point, whose Z is 1, E is X and H is Y, as a halved entry to q. */
export function halved(q: usize): void {
  field.both(q, q + 36, Y, X);
  field.mul(q, q, CURVE + 108);
  field.mul(q + 36, q + 36, CURVE + 108);
  field.mul(q + 72, E, CURVE);
  field.mul(q + 72, q + 72, H);
}

/** Writes the point P, which decode left and which is spent, as a halved entry to q, and 3 P, 5 P ... (2 count - 1) P as entries from `more` on. */
export function multiples(q: usize, more: usize, count: u32): void {
  halved(q);
  if (--count == 0) return;
  double();
  cache(TWICE);
  add(q, 0, false);
  for (;;) {
    cache(more);
    if (--count == 0) break;
    more += ENTRY;
    add(TWICE, TWICE + 108, false);
  }
}

/**
 * The point becomes MINUS the point encoded at p, or false when no point has this y. As ZIP-215 has it, y may be p or more, and x = 0 may
 * carry a sign. x = u v^3 (u v^7)^((p-5)/8) with u = y^2 - 1, v = d y^2 + 1; then v x^2 is u, or -u (times sqrt(-1)), or there is no root.
 */
export function decode(p: usize): bool {
  field.decode(Y, p);
  field.small(Z, 1);
  field.sq(A, Y, 1);
  field.mul(B, A, CURVE);
  field.add(B, B, Z); // v: S
  field.both(F, A, A, Z); // u: D
  field.sq(C, B, 1);
  field.mul(C, C, B); // v^3
  field.sq(D, C, 1);
  field.mul(D, D, B);
  field.mul(D, D, A); // u v^7
  field.power(F, D, false);
  field.mul(C, C, A);
  field.mul(X, F, C);
  field.sq(C, X, 1);
  field.mul(C, C, B); // v x^2
  field.both(F, D, A, C); // D: (0, 3) in even limbs, so that none borrows
  if (!field.isZero(D)) {
    if (!field.isZero(F)) return false;
    field.mul(X, X, CURVE + 72);
  }
  field.encode(BYTES, X);
  if ((load<u8>(BYTES) & 1) == load<u8>(p, 31) >> 7) {
    field.small(F, 0);
    field.both(D, X, F, X); // -x: D
    field.mul(X, X, Z); // times 1: N again
  }
  memory.copy(E, X, 72); // E = X, H = Y
  return true;
}

/** Writes the canonical encoding of the point. */
export function encode(out: usize): void {
  field.power(C, Z, true);
  field.mul(A, X, C);
  field.mul(B, Y, C);
  field.encode(out, B);
  field.encode(BYTES, A);
  store<u8>(out, load<u8>(out, 31) | (load<u8>(BYTES) << 7), 31);
}

/**
 * True when 8 times the point is the neutral element; the point is spent. 8 P = 0 says that 2 P has order 1, 2 or 4; the four such points
 * are (0, 1), (0, -1), (sqrt(-1), 0) and (-sqrt(-1), 0), and on the curve x y = 0 holds for no other. That it lies on the curve is looked at
 * too, y^2 - x^2 = 1 when x y = 0: entries read from damaged flash may have led anywhere, those that are all zeros to 0 / 0, those with
 * y + x = y - x and x y = 0 along a line through the origin.
 */
export function small(): bool {
  double();
  field.mul(A, X, Y);
  if (!field.isZero(A) || field.isZero(Z)) return false;
  field.both(B, A, Y, X);
  field.mul(A, A, B);
  field.sq(B, Z, 1);
  field.both(B, A, A, B);
  return field.isZero(A);
}

/** Five digits of the recoded scalar at b, `step` apart from place i on, as bits. */
// @ts-ignore: decorator
@inline function digits(b: usize, i: u32, step: u32): u32 {
  let bits: u32 = 0;
  for (let n: u32 = 0; n < 5; n++, i += step) bits |= ((load<u8>(b + (i >> 3)) >> (i & 7)) & 1) << n;
  return bits;
}

/**
 * Adds column j of the recoded scalar at b (33 B) times the point whose comb of one or two halves is at `table`: an address, or region << 24 |
 * offset for flash. j < 52 / halves. Not constant time.
 */
export function column(b: usize, j: u32, table: usize, halves: u32): void {
  for (let half: u32 = 0; half < halves; half++) {
    const bits = digits(b, j + 130 * half, halves == 2 ? 26 : 52);
    const minus = bits < 16;
    let q = table + half * comb.HALF + ((minus ? ~bits : bits) & 15) * comb.ENTRY;
    if (table > 0xffff) {
      assert(hal.read((<u32>q) >> 24, (<u32>q) & 0xffffff, TWICE, comb.ENTRY) == 0);
      q = TWICE;
    }
    add(q, 0, minus);
  }
}

/**
 * The entry of the comb that the five digits name goes to TWICE, in the same steps and through the same addresses whatever they are: all
 * sixteen are read, and all but one masked away.
 */
// prettier-ignore
function select(table: usize, bits: u32): void {
  const minus = (bits >> 4) - 1; // all ones when the top digit is -1
  const index = (bits ^ minus) & 15;
  let s0: u64 = 0, s1: u64 = 0, s2: u64 = 0, s3: u64 = 0, s4: u64 = 0, s5: u64 = 0, s6: u64 = 0;
  let s7: u64 = 0, s8: u64 = 0, s9: u64 = 0, s10: u64 = 0, s11: u64 = 0, s12: u64 = 0, s13: u64 = 0;
  for (let i: u32 = 0; i < 16; i++, table += comb.ENTRY) {
    const mask: u64 = (<i64>(<i32>(i ^ index) - 1)) >> 63; // all ones for the one entry
    s0 |= load<u64>(table, 0) & mask;
    s1 |= load<u64>(table, 8) & mask;
    s2 |= load<u64>(table, 16) & mask;
    s3 |= load<u64>(table, 24) & mask;
    s4 |= load<u64>(table, 32) & mask;
    s5 |= load<u64>(table, 40) & mask;
    s6 |= load<u64>(table, 48) & mask;
    s7 |= load<u64>(table, 56) & mask;
    s8 |= load<u64>(table, 64) & mask;
    s9 |= load<u64>(table, 72) & mask;
    s10 |= load<u64>(table, 80) & mask;
    s11 |= load<u64>(table, 88) & mask;
    s12 |= load<u64>(table, 96) & mask;
    s13 |= load<u32>(table, 104) & mask;
  }
  store<u64>(TWICE, s0, 0);
  store<u64>(TWICE, s1, 8);
  store<u64>(TWICE, s2, 16);
  store<u64>(TWICE, s3, 24);
  store<u64>(TWICE, s4, 32);
  store<u64>(TWICE, s5, 40);
  store<u64>(TWICE, s6, 48);
  store<u64>(TWICE, s7, 56);
  store<u64>(TWICE, s8, 64);
  store<u64>(TWICE, s9, 72);
  store<u64>(TWICE, s10, 80);
  store<u64>(TWICE, s11, 88);
  store<u64>(TWICE, s12, 96);
  store<u32>(TWICE, <u32>s13, 104);
  for (let i: usize = TWICE; i != TWICE + 36; i += 4) {
    const a = load<u32>(i);
    const b = load<u32>(i, 36);
    const swap = (a ^ b) & minus; // -P has y + x and y - x exchanged, 2 d x y negated
    store<u32>(i, a ^ swap);
    store<u32>(i, b ^ swap, 36);
    store<u32>(i, (load<u32>(i, 72) ^ minus) - minus, 72);
  }
}

/** The point becomes s B, for any 256-bit s at p: 25 doublings and 52 additions, whatever s is. */
export function base(p: usize): void {
  scalar.recode(RECODED, p);
  neutral();
  for (let j: u32 = 26; ;) {
    j--;
    select(comb.TABLE, digits(RECODED, j, 26));
    add(TWICE, 0, false);
    select(comb.TABLE + comb.HALF, digits(RECODED, j + 130, 26));
    add(TWICE, 0, false);
    if (j == 0) break;
    double();
  }
}

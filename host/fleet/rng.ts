// Randomness of the simulation: xoshiro128** (Blackman, Vigna 2018) seeded through splitmix32. One seed, many streams:
// each part of the fleet draws from its own, named one, so that a new draw in one place moves nothing elsewhere.
//
// Rule: nothing random in a simulation comes from anywhere else, so a seed reproduces a run to the byte.

import { alloc } from "../device/bytes.ts";

export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** The stream named `name` of a seed (an integer, up to 2^53). */
  constructor(seed: number, name = "") {
    let s = (seed >>> 0) ^ Math.imul(Math.floor(seed / 0x100000000) | 0, 0x9e3779b9);
    s = Math.imul(s ^ (s >>> 16), 0x85ebca6b); // seeds that differ in one bit shall not meet names that do
    s ^= s >>> 13;
    for (let i = 0; i < name.length; i++) s = Math.imul(s ^ name.charCodeAt(i), 0x01000193) + 0x811c9dc5;
    const split = (): number => {
      s = (s + 0x9e3779b9) | 0;
      let z = s ^ (s >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = split();
    this.#b = split();
    this.#c = split();
    this.#d = split() | 1; // never all zero
  }

  /** 32 random bits, 0..2^32-1. */
  next(): number {
    const b5 = Math.imul(this.#b, 5);
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number in [0, 1). */
  real(): number {
    return this.next() / 0x100000000;
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.real() * n);
  }

  /** An integer in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.real() < p;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** `from` in random order, as a new array. */
  shuffle<T>(from: readonly T[]): T[] {
    const all = [...from];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all;
  }

  bytes(n: number): Uint8Array {
    const bytes = alloc(n);
    for (let i = 0; i < n; i += 4) {
      const word = this.next();
      for (let k = i; k < n && k < i + 4; k++) bytes[k] = word >>> (8 * (k - i));
    }
    return bytes;
  }
}

// The votes that one validator ever sent, over all its restarts and copies: do two of them contradict each other?
//
//   NOTARIZE(v, d)   and NOTARIZE(v, d')          contradict
//   finalize (v, d)  and finalize (v, d')         contradict      (FINALIZE, or NOTARIZE F=1 of a child)
//   finalize (v, d)  and NULLIFY(a..b), a<=v<=b   contradict, in either order
//
// NOTARIZE after a NULLIFY of the same view is allowed (CONSENSUS.md R3). This is what evidence is made of.

import { hex } from "./votes.ts";

export class Book {
  readonly #notarized = new Map<number, string>();
  readonly #finalized = new Map<number, string>();
  readonly #nullified = new Map<string, readonly [from: number, to: number]>();

  /** Each of the three enters a vote and returns null, or the contradiction in a sentence. */
  notarize(view: number, digest: string): string | null {
    const other = this.#notarized.get(view);
    if (other === undefined) this.#notarized.set(view, digest);
    if (other === undefined || other === digest) return null;
    return `sent NOTARIZE for blocks ${hex(other)} and ${hex(digest)} of view ${view}`;
  }

  finalize(view: number, digest: string): string | null {
    const other = this.#finalized.get(view);
    if (other === digest) return null;
    if (other !== undefined) return `finalized blocks ${hex(other)} and ${hex(digest)} of view ${view}`;
    this.#finalized.set(view, digest);
    for (const [from, to] of this.#nullified.values()) {
      if (from <= view && view <= to) return `finalized view ${view} after its NULLIFY ${from}..${to}`;
    }
    return null;
  }

  nullify(from: number, to: number): string | null {
    const name = `${from} ${to}`;
    if (this.#nullified.has(name)) return null;
    this.#nullified.set(name, [from, to]);
    for (const view of this.#finalized.keys()) {
      if (from <= view && view <= to) return `sent NULLIFY ${from}..${to} after it finalized view ${view}`;
    }
    return null;
  }

  /** Forgets votes below `view`. */
  prune(view: number): void {
    for (const map of [this.#notarized, this.#finalized]) for (const v of map.keys()) if (v < view) map.delete(v);
    for (const [name, [, to]] of this.#nullified) if (to < view) this.#nullified.delete(name);
  }
}

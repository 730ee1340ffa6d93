// Pages of memory by device and time: what the keyframes of a tape say, rebuilt for any moment.
//
//   whole ── runs ── runs ── ... ── whole (own copy, every 64) ── runs ── ...
//
// Bounded: above `limit` bytes of all devices together the oldest go, up to the next whole one. Rule: at(device, t) is the page
// that the last keyframe at or before t shows, byte for byte, or null where none is kept.

import * as page from "../tape/page.ts";

export const SIZE = 64 * 1024;
const UNIT = 16;
const EVERY = 64;
export const LIMIT = 64 * 1024 * 1024;

interface Entry {
  readonly atUs: number;
  readonly runs: Uint8Array;
  readonly whole: boolean;
  /** The page after this entry, where it is kept whole. */
  readonly page: Uint8Array | null;
}

class Track {
  entries: Entry[] = [];
  readonly now = new Uint8Array(SIZE);
  sinceWhole = EVERY;
}

export class Pages {
  readonly #limit: number;
  readonly #tracks: Track[];
  #size = 0;

  constructor(n: number, limit = LIMIT) {
    this.#limit = limit;
    this.#tracks = Array.from({ length: n }, () => new Track());
  }

  /** Takes a keyframe; the page after it (a live view), or null when it does not fit a page that is known. */
  add(device: number, atUs: number, whole: boolean, runs: Uint8Array): Uint8Array | null {
    const track = this.#tracks[device];
    if (track === undefined || (!whole && track.entries.length === 0)) return null;
    if (whole) track.now.fill(0);
    try {
      page.apply(track.now, runs);
    } catch {
      return null; // a page of another size: shown as none
    }
    const keep = whole || ++track.sinceWhole >= EVERY;
    if (keep) track.sinceWhole = 0;
    const entry = { atUs, whole, runs: runs.slice(), page: keep ? track.now.slice() : null };
    track.entries.push(entry);
    this.#size += runs.length + (keep ? SIZE : 0);
    if (this.#size > this.#limit) this.#drop();
    return track.now;
  }

  /** The page of a device at a time (a copy), and when its keyframe was; null where none is kept. */
  at(device: number, atUs: number): { page: Uint8Array; atUs: number } | null {
    const entries = this.#tracks[device]?.entries ?? [];
    const last = this.#last(entries, atUs);
    let from = last;
    while (from >= 0 && entries[from].page === null) from--;
    if (from < 0) return null;
    const bytes = entries[from].page!.slice();
    for (let i = from + 1; i <= last; i++) page.apply(bytes, entries[i].runs);
    return { page: bytes, atUs: entries[last].atUs };
  }

  /** How lately each 16 bytes of the page changed: 1 in the last keyframe, less before, 0 not in the last `most`. */
  heat(device: number, atUs: number, most = 6): Float32Array {
    const heat = new Float32Array(SIZE / UNIT);
    const entries = this.#tracks[device]?.entries ?? [];
    const last = this.#last(entries, atUs);
    for (let i = Math.max(0, last - most + 1); i <= last; i++) {
      const { runs, whole } = entries[i];
      if (whole) continue; // it says what is there, not what changed
      const value = 1 - (last - i) / most;
      for (let p = 0; p + 4 <= runs.length;) {
        const from = runs[p] | (runs[p + 1] << 8);
        const count = runs[p + 2] | (runs[p + 3] << 8);
        heat.fill(value, from, from + count);
        p += 4 + UNIT * count;
      }
    }
    return heat;
  }

  /** Index of the last entry at or before a time, -1 when there is none. */
  #last(entries: Entry[], atUs: number): number {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (entries[mid].atUs > atUs) high = mid;
      else low = mid + 1;
    }
    return low - 1;
  }

  #drop(): void {
    for (const track of this.#tracks) {
      const { entries } = track;
      let to = entries.length >> 1;
      while (to < entries.length && entries[to].page === null) to++;
      if (to === entries.length) continue;
      for (let i = 0; i < to; i++) this.#size -= entries[i].runs.length + (entries[i].page === null ? 0 : SIZE);
      track.entries = entries.slice(to);
    }
  }
}

// Records by time: all that the page keeps of a tape besides pages of memory, copied into segments of a megabyte.
//
//   segment   bytes  [payload payload payload ...]      index  at (us) · type · offset    of each, in the order of the tape
//
// Bounded: above `limit` bytes the oldest segments go. Rule: a position is a record's number since the beginning, and stays its
// number when older ones have gone.

const SEGMENT = 1024 * 1024;
/** Bytes of payloads that are kept, unless told otherwise. */
export const LIMIT = 64 * 1024 * 1024;

interface Segment {
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly at: number[];
  readonly type: number[];
  readonly offset: number[];
  used: number;
}

export type Visit = (type: number, payload: Uint8Array, position: number) => void;

/** Index of the first element above `value` in ascending numbers. */
export function above(list: ArrayLike<number>, value: number, length = list.length): number {
  let [low, high] = [0, length];
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (list[mid] > value) high = mid;
    else low = mid + 1;
  }
  return low;
}

export class Store {
  readonly #limit: number;
  #segments: Segment[] = [];
  #size = 0;
  /** Number of records so far: the position of the next one. */
  next = 0;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /** Position of the oldest record that is kept. */
  get first(): number {
    return this.#segments[0]?.base ?? this.next;
  }

  /** Adds a record; times never go back. True when older ones had to go. */
  add(type: number, payload: Uint8Array, atUs: number): boolean {
    let last = this.#segments.at(-1);
    if (last === undefined || last.used + payload.length > last.bytes.length) {
      const bytes = new Uint8Array(Math.max(SEGMENT, payload.length));
      last = { base: this.next, bytes, at: [], type: [], offset: [], used: 0 };
      this.#segments.push(last);
      this.#size += bytes.length;
    }
    last.bytes.set(payload, last.used);
    last.at.push(atUs);
    last.type.push(type);
    last.offset.push(last.used);
    last.used += payload.length;
    this.next++;
    if (this.#size <= this.#limit || this.#segments.length < 2) return false;
    this.#size -= this.#segments.shift()!.bytes.length;
    return true;
  }

  /** Position of the first record after `atUs`. */
  after(atUs: number): number {
    const s = this.#segments;
    let i = s.length - 1;
    while (i > 0 && s[i].at[0] > atUs) i--;
    return i < 0 ? this.next : s[i].base + above(s[i].at, atUs);
  }

  /** Time of the record at a position that is kept. */
  atUs(position: number): number {
    const segment = this.#find(position);
    return segment === null ? Infinity : segment.at[position - segment.base];
  }

  /** Visits the records from `position` on whose time is at most `untilUs`; the position after the last of them. */
  each(position: number, untilUs: number, visit: Visit): number {
    let p = Math.max(position, this.first);
    for (let segment = this.#find(p); segment !== null; segment = this.#find(p)) {
      const { base, at, type, offset, bytes, used } = segment;
      for (let i = p - base; i < at.length; i++, p++) {
        if (at[i] > untilUs) return p;
        visit(type[i], bytes.subarray(offset[i], i + 1 < offset.length ? offset[i + 1] : used), p);
      }
    }
    return p;
  }

  #find(position: number): Segment | null {
    const s = this.#segments;
    for (let i = s.length - 1; i >= 0; i--)
      if (s[i].base <= position) return position < s[i].base + s[i].at.length ? s[i] : null;
    return null;
  }
}

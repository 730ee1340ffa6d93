// The event queue: a binary heap by (time, order of insertion).
//
// Rule: events of one instant leave in the order in which they were put, so a run never depends on the heap's shape.

export interface Timed {
  /** When, in microseconds of virtual time. */
  readonly at: number;
  /** Set by the queue. */
  order: number;
}

export class Queue<T extends Timed> {
  readonly #heap: T[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Time of the earliest event; Infinity when there is none. */
  get nextAt(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].at;
  }

  put(event: T): void {
    event.order = this.#order++;
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent.at < event.at || (parent.at === event.at && parent.order < event.order)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = event;
  }

  take(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    const n = heap.length;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      const right = child + 1;
      if (right < n && before(heap[right], heap[child])) child = right;
      if (!before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function before(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

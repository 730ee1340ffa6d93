// Sixteen deadlines in milliseconds since boot. A timer is a u64; 0 means not set, so a zero page has none.
//
// Rule: asking changes nothing. Whoever finds its timer due sets it anew or clears it, else tick is called again at once.

import * as map from "./map";

const COUNT: usize = 16;

/** Sets timer `id` (0..15) to fire at time `at`. */
export function set(id: u32, at: u64): void {
  store<u64>(map.TIMERS + (id << 3), at + u64(at == 0)); // time 0 is as good as time 1
}

/** Clears timer `id`. */
export function clear(id: u32): void {
  store<u64>(map.TIMERS + (id << 3), 0);
}

/** True when timer `id` is set and its time has come. */
export function due(id: u32, now: u64): bool {
  const at = load<u64>(map.TIMERS + (id << 3));
  return at != 0 && at <= now;
}

/** Milliseconds until the earliest timer: 0 when one is due, 0xffffffff when none is set. */
export function next(now: u64): u32 {
  let wait: u64 = 0xffffffff;
  for (let p = map.TIMERS; p < map.TIMERS + COUNT * 8; p += 8) {
    const at = load<u64>(p);
    if (at == 0) continue;
    if (at <= now) return 0;
    wait = min(wait, at - now);
  }
  return <u32>wait;
}

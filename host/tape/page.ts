// A page of linear memory as the difference to another: what a keyframe holds.
//
//   runs:  ( offset u16 in units of 16 B · count u16 of such units · count * 16 B ) ...      ascending, not touching
//
// Rule: apply(before, delta(before, after)) is `after`, for every two pages of one length, a multiple of 16 B up to 1 MiB.

import { u16 } from "../device/bytes.ts";

const UNIT = 16;

/** Runs of units in which `after` differs from `before`; null means a page of zeros. */
export function delta(before: Uint8Array | null, after: Uint8Array): Uint8Array {
  const old = words(before ?? new Uint8Array(after.length));
  const now = words(after);
  const runs: { from: number; to: number }[] = [];
  for (let unit = 0; unit < after.length / UNIT; unit++) {
    const w = 4 * unit;
    if (old[w] === now[w] && old[w + 1] === now[w + 1] && old[w + 2] === now[w + 2] && old[w + 3] === now[w + 3])
      continue;
    const last = runs.at(-1);
    if (last !== undefined && last.to === unit) last.to++;
    else runs.push({ from: unit, to: unit + 1 });
  }
  const bytes = new Uint8Array(runs.reduce((sum, { from, to }) => sum + 4 + UNIT * (to - from), 0));
  let at = 0;
  for (const { from, to } of runs) {
    bytes[at] = from;
    bytes[at + 1] = from >>> 8;
    bytes[at + 2] = to - from;
    bytes[at + 3] = (to - from) >>> 8;
    bytes.set(after.subarray(UNIT * from, UNIT * to), at + 4);
    at += 4 + UNIT * (to - from);
  }
  return bytes;
}

/** Writes the runs into `page`. Throws RangeError when they do not fit it; nothing of the run at fault is written then. */
export function apply(page: Uint8Array, runs: Uint8Array): void {
  for (let at = 0; at < runs.length;) {
    if (at + 4 > runs.length) throw new RangeError("a page's runs end inside a head");
    const from = UNIT * u16(runs, at);
    const n = UNIT * u16(runs, at + 2);
    if (at + 4 + n > runs.length) throw new RangeError("a page's runs end inside a run");
    if (from + n > page.length) throw new RangeError(`a run ends at ${from + n} of a page of ${page.length} bytes`);
    page.set(runs.subarray(at + 4, at + 4 + n), from);
    at += 4 + n;
  }
}

/** The page as 32-bit words, copied only where it does not lie on a word. */
function words(page: Uint8Array): Uint32Array {
  const whole = page.byteOffset % 4 === 0 ? page : page.slice();
  return new Uint32Array(whole.buffer, whole.byteOffset, whole.length >>> 2);
}

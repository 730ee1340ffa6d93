// The operation counters that a device keeps in its memory: u32 each, in the order of firmware/layout.ts, never reset but
// by a restart. They say what a run cost in work that does not depend on the engine.

/** Address of the first counter. */
export const COUNTERS = 0x0100;

/** Names of the counters, by index. */
export const NAMES = [
  "verified",
  "votesVerified",
  "batches",
  "signed",
  "sha256Blocks",
  "sha512Blocks",
  "framesIn",
  "framesOut",
  "bytesOut",
  "flashRecords",
  "flashBytes",
  "refused",
  "dropped",
  "blocksDone",
  "alone",
  "prepared",
  "preparedAlone",
  "flashErases",
  "preparations",
  "flashChecked",
] as const;

export type Counters = Record<(typeof NAMES)[number], number>;

/** All counters at zero. */
export function zero(): Counters {
  return Object.fromEntries(NAMES.map((name) => [name, 0])) as Counters;
}

/** The counters in a device's memory. */
export function read(memory: Uint8Array): Counters {
  const view = new DataView(memory.buffer, memory.byteOffset + COUNTERS, 4 * NAMES.length);
  const counters = zero();
  NAMES.forEach((name, i) => (counters[name] = view.getUint32(4 * i, true)));
  return counters;
}

/** What counters grew by between two readings of one power-up. */
export function grown(before: Counters, now: Counters): Counters {
  const sum = zero();
  for (const name of NAMES) sum[name] = (now[name] - before[name]) >>> 0;
  return sum;
}

/** Adds `more` to `sum`: a device's counters over several power-ups. */
export function add(sum: Counters, more: Counters): void {
  for (const name of NAMES) sum[name] += more[name];
}

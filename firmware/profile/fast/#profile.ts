// The profile `device`: speed first.

/** Hashes do eight rounds a pass, with their schedule in memory, instead of sixteen with all in locals. */
export const ROLLED: bool = false;

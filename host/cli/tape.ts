// `--tape`: what of a run is recorded, and where it goes.
//
//   FILE            the fleet's tape: all that happened, for replay, fork and the dashboard
//   DEVICE:FILE     the tape of one device: all that went into it

import { valued } from "./command.ts";
import { Usage } from "./exit.ts";
import * as flag from "./flag.ts";

export const OPTION = valued("--tape", "DEVICE:FILE: record all that goes into this device, for replay");
export const FLEET_OPTION = valued(
  "--tape",
  "FILE: write the fleet's tape at the end; DEVICE:FILE: that of one device",
);

export interface Wanted {
  readonly device: number;
  readonly file: string;
}

/** The device and the file, or undefined when none is to be recorded. */
export function wanted(values: flag.Values, n: number): Wanted | undefined {
  const given = flag.text(values, "tape");
  if (given === "") return undefined;
  const [, device, file] = /^(\d+):(.+)$/.exec(given) ?? [];
  if (file === undefined) throw new Usage(`--tape takes DEVICE:FILE, like 0:bug.tape, not "${given}"`);
  return { device: flag.integerOf(device, "--tape: the device", 0, n - 1), file };
}

/** The same where the whole fleet can be recorded too: no device then. */
export function asked(values: flag.Values, n: number): { device: number | undefined; file: string } | undefined {
  const given = flag.text(values, "tape");
  if (given === "" || /^\d+:/.test(given)) return wanted(values, n);
  return { device: undefined, file: given };
}

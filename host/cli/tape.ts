// `--tape DEVICE:FILE`: which device is recorded, and where its tape goes.

import { valued } from "./command.ts";
import { Usage } from "./exit.ts";
import * as flag from "./flag.ts";

export const OPTION = valued("--tape", "DEVICE:FILE: record all that goes into this device, for replay");

/** The device and the file, or undefined when none is to be recorded. */
export function wanted(values: flag.Values, n: number): { device: number; file: string } | undefined {
  const given = flag.text(values, "tape");
  if (given === "") return undefined;
  const [, device, file] = /^(\d+):(.+)$/.exec(given) ?? [];
  if (file === undefined) throw new Usage(`--tape takes DEVICE:FILE, like 0:bug.tape, not "${given}"`);
  return { device: flag.integerOf(device, "--tape: the device", 0, n - 1), file };
}

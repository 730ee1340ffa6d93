// Why a scenario failed, in words: what was awaited, and what the fleet looked like.
//
//   after 60.0 s of waiting for a block at height 20: it did not come
//     00:00:71.200  height 13, the last block 57.9 s ago; split: 0 2 | 1 3
//     device 0  up      height 13  executed 13  view 20  last refused: FRAME_MAC
//
// Rule: whoever reads it need not run the scenario again to know where it stood.

import type { Seen } from "../target/seen.ts";
import type { Target } from "../target/target.ts";
import * as words from "../wire/words.ts";

/** What a scenario expected did not come. The message is for people. */
export class Failure extends Error {
  override name = "Failure";
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The fleet as its log shows it, in lines. */
export function portrait(seen: Seen, target: Target): string {
  const { devices, height, commitUs, split } = seen;
  const last =
    height === 0 ? "no block yet" : `height ${height}, its last block ${seconds(target.nowMs - commitUs / 1000)} ago`;
  const apart = split === null ? "" : `; split: ${split.map((group) => group.join(" ")).join(" | ")}`;
  const lines = [`  at ${seconds(target.nowMs)} the fleet has ${last}${apart}`];
  devices.forEach((device, i) => {
    const state = device.up ? "up" : device.why || "down";
    const odd = [
      ...(device.lies ? ["lies"] : []),
      ...(device.slowMs > 0 ? [`sends ${device.slowMs} ms late`] : []),
      ...(device.corruptRate > 0 ? [`${Math.round(100 * device.corruptRate)} % of its frames are damaged`] : []),
      ...refusals(device.refusals.map(({ reason }) => reason)),
    ];
    const where = `height ${device.height}  executed ${device.executed}  view ${device.view}`;
    lines.push(`  device ${i}  ${state.padEnd(6)}  ${where}${odd.length > 0 ? `  ${odd.join(", ")}` : ""}`);
  });
  return lines.join("\n");
}

/** The newest refusals in words, each once. */
function refusals(reasons: readonly number[]): string[] {
  const newest = [...new Set([...reasons].reverse())].slice(0, 2);
  return newest.map((reason) => `refused: ${words.reasonName(reason)} (${words.anchor(reason)})`);
}

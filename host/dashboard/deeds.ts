// The buttons that do something to the fleet. Each says its key, and why it cannot be used when it cannot.
//
// Rule: a button and its key do the same, through the functions of this file.

import { h, type VNode } from "./element.ts";
import type { Deed, Verb } from "../tape/deed.ts";
import * as act from "./act.ts";
import * as page from "./page.ts";

/** How late `slow` makes a device, and how much of its frames `corrupt` damages; pressed again it ends. */
const SLOW_MS = 400;
const CORRUPT = 0.5;

export type Press = Exclude<Verb, "request">;

/** What a button does now: a deed, or a sentence why not. */
function deed(verb: Press): Deed | string {
  const state = page.state();
  const device = page.device.value;
  const selected = state?.devices[device];
  if (state === null) return "No running fleet.";
  if (verb === "heal") return { do: verb };
  if (verb === "split") {
    const even = (odd: number): number[] => state.devices.map((_, i) => i).filter((i) => i % 2 === odd);
    return { do: verb, groups: [even(0), even(1)] };
  }
  if (selected === undefined) return "Select a device first: click it, or press [ and ].";
  if (verb === "slow") return { do: verb, device, ms: selected.slowMs > 0 ? 0 : SLOW_MS };
  if (verb === "corrupt") return { do: verb, device, rate: selected.corrupt > 0 ? 0 : CORRUPT };
  return { do: verb, device };
}

export function press(verb: Press): void {
  const what = deed(verb);
  if (typeof what === "string") page.tell(what, true);
  else void act.deed(what);
}

const BUTTONS: readonly [verb: Press, key: string, what: string][] = [
  ["kill", "k", "Take its power away"],
  ["restart", "r", "Power it up again"],
  ["slow", "w", `Let its frames leave ${SLOW_MS} ms late; again: on time`],
  ["corrupt", "c", "Damage half of what it sends; again: none"],
  ["lie", "l", "Let it contradict itself from now on"],
  ["split", "s", "Split the radio: even and odd devices (or draw a line across the mesh)"],
  ["heal", "h", "Let everybody hear everybody"],
];

const ABOUT_ALL = new Set<Press>(["split", "heal"]);

export function deeds(): VNode {
  page.beat.value;
  const device = page.device.value;
  return h(
    "div",
    { class: "deeds", role: "toolbar", "aria-label": "What is done to the fleet" },
    h("span", { class: "of" }, device < 0 ? "no device" : `device ${device}`),
    BUTTONS.map(([verb, key, what]) => {
      const why = act.why(verb);
      const title = why ?? `${what} (${key})`;
      const off = why !== null || (device < 0 && !ABOUT_ALL.has(verb));
      return h(
        "button",
        { key: verb, title, "data-verb": verb, "aria-disabled": off, class: ABOUT_ALL.has(verb) ? "all" : "", onClick: () => press(verb) }, // prettier-ignore
        verb,
        h("kbd", null, key),
      );
    }),
  );
}

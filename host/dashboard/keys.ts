// The keyboard: everything that a pointer can do, and the page that says so.
//
// Rule: one table makes both the keys and their help. Keys with Ctrl, Alt or Meta are the browser's.

import { h, type VNode } from "./element.ts";
import * as act from "./act.ts";
import * as bar from "./bar.ts";
import * as deeds from "./deeds.ts";
import { zoom } from "./lanesview.ts";
import * as page from "./page.ts";
import * as theme from "./theme.ts";

/** Shows a view and moves the focus to it. */
export function go(tab: page.Tab): void {
  if (tab === "chart" || tab === "inspector" || tab === "ledger") page.side.value = tab;
  page.changed();
  const id = tab === "mesh" || tab === "lanes" ? tab : "side";
  document.getElementById(id)?.focus({ preventScroll: true });
}

function next(by: number): void {
  const n = page.model.peek()?.n ?? 0;
  if (n > 0) page.select((Math.max(0, page.device.peek()) + by + n) % n);
}

function escape(): void {
  if (page.help.value) page.help.value = false;
  else if (page.transaction.value !== "") page.transaction.value = "";
  else page.notice.value = null;
  page.changed();
}

type Key = readonly [keys: readonly string[], what: string, run: (shift: boolean) => void];

const KEYS: readonly Key[] = [
  [["1"], "mesh", () => go("mesh")],
  [["2"], "lanes", () => go("lanes")],
  [["3"], "chart", () => go("chart")],
  [["4"], "inspector", () => go("inspector")],
  [["5"], "ledger", () => go("ledger")],
  [["[", "]"], "device before, device after", () => {}],
  [["k"], "kill the device", () => deeds.press("kill")],
  [["r"], "restart it", () => deeds.press("restart")],
  [["w"], "slow its frames; again: on time", () => deeds.press("slow")],
  [["c"], "corrupt its frames; again: stop", () => deeds.press("corrupt")],
  [["l"], "let it lie", () => deeds.press("lie")],
  [["s"], "split the radio: even and odd", () => deeds.press("split")],
  [["h"], "heal", () => deeds.press("heal")],
  [[" "], "play or pause what is shown", () => page.toggle()],
  [["ArrowLeft"], "a step back; shift: ten", (shift) => bar.step(shift ? -10 : -1)],
  [["ArrowRight"], "a step on; shift: ten", (shift) => bar.step(shift ? 10 : 1)],
  [["Home"], "to the beginning", () => page.seek(page.model.peek()?.fromUs ?? 0)],
  [["e", "End"], "to the newest, and follow it", () => page.live()],
  [["p"], "hold the fleet, let it go", () => bar.hold()],
  [["f"], "fork from here", () => void act.fork()],
  [["+", "-"], "zoom the lanes", () => {}],
  [["d"], "dark or light", () => theme.toggle()],
  [["?"], "this help", () => (page.help.value = !page.help.value)],
  [["Escape"], "close, back", () => escape()],
];

const RUN = new Map<string, Key[2]>(KEYS.flatMap(([keys, , run]) => keys.map((key) => [key, run])));
RUN.set("[", () => next(-1));
RUN.set("]", () => next(1));
RUN.set("+", () => zoom(0.6));
RUN.set("=", () => zoom(0.6));
RUN.set("-", () => zoom(1 / 0.6));

export function start(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = event.target as HTMLElement;
    if (at.tagName === "SELECT") return;
    if (event.key === " " && at.tagName === "BUTTON") return; // the button's own key
    const run = RUN.get(event.key) ?? RUN.get(event.key.toLowerCase());
    if (run === undefined) return;
    event.preventDefault();
    run(event.shiftKey);
  });
}

const SHOWN: Record<string, string> = { " ": "space", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };

export function Help(): VNode | null {
  if (!page.help.value) return null;
  const close = (): void => void (page.help.value = false);
  const rows = KEYS.map(([keys, what]) => h("div", { key: what }, h("dt", null, keys.map((key) => h("kbd", { key }, SHOWN[key] ?? key))), h("dd", null, what))); // prettier-ignore
  const dialog = { class: "help", role: "dialog", "aria-label": "Keys", "aria-modal": true, onClick: (e: Event) => e.stopPropagation() }; // prettier-ignore
  return h(
    "div",
    { class: "veil", onClick: close },
    h("div", dialog, h("h2", null, "Keys"), h("dl", null, rows), h("p", { class: "hint" }, "Drag a line across the mesh to split the fleet there. Drag in the lanes to move through time. Drop a tape anywhere.")), // prettier-ignore
  );
}

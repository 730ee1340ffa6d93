// The dashboard: one page that shows a fleet from the bytes of its tape, live, recorded or forked, and acts on it where there is a
// gateway.
//
//   source.ts ── records ──> model.ts <── at(t) ── clock.ts
//                               └──> mesh · lanes · chart | inspector | ledger          act.ts ──> POST /deed, /time, /fork
//
// Rule: one animation frame for all (frame.ts), asked for only while something moves; components follow the page's beat.

import { render } from "preact";
import { h, type VNode } from "./element.ts";
import * as bar from "./bar.ts";
import { paintAll } from "./canvas.ts";
import { Chart } from "./chart.ts";
import * as frame from "./frame.ts";
import { Inspector } from "./inspector.ts";
import * as keys from "./keys.ts";
import { Lanes } from "./lanesview.ts";
import { Ledger } from "./ledger.ts";
import { Mesh, placesNow, tick } from "./meshview.ts";
import * as page from "./page.ts";
import * as source from "./source.ts";
import * as theme from "./theme.ts";

/** Time between two beats of the components while time moves. */
const BEAT_MS = 200;

let beatMs = 0;

frame.onFrame((nowMs, dtMs) => {
  const m = page.model.peek();
  if (m === null) return false;
  const moved = page.clock.tick(nowMs, dtMs, m.fromUs, m.edgeUs);
  if (page.mode.peek() !== page.clock.mode) page.mode.value = page.clock.mode;
  const laid = tick();
  paintAll();
  if (moved && nowMs - beatMs >= BEAT_MS) {
    beatMs = nowMs;
    page.beat.value++;
  }
  return moved || laid;
});

const SIDES: readonly [page.Side, string, () => VNode][] = [
  ["chart", "3", Chart],
  ["inspector", "4", Inspector],
  ["ledger", "5", Ledger],
];

function Side(): VNode {
  const now = page.side.value;
  const tab = ([name, key]: (typeof SIDES)[number]): VNode =>
    h("button", { key: name, role: "tab", "aria-selected": name === now, "data-tab": name, onClick: () => keys.go(name) }, name, h("kbd", null, key)); // prettier-ignore
  const view = SIDES.find(([name]) => name === now)![2];
  return h(
    "section",
    { class: "panel side", "aria-label": now, tabIndex: -1, id: "side" },
    h("header", { role: "tablist" }, SIDES.map(tab)),
    h("div", { class: "scroll", role: "tabpanel", "aria-label": now }, h(view, { key: now })),
  );
}

function Notice(): VNode {
  const now = page.notice.value;
  return h("div", { class: `notice${now === null ? " none" : ""}${now?.bad ? " bad" : ""}`, role: "alert" }, now?.text);
}

function Welcome(): VNode | null {
  if (page.model.value !== null) return null;
  return h(
    "div",
    { class: "welcome" },
    h("h2", null, "No fleet yet"),
    h("p", null, "Drop a fleet's tape here, or start one and open the address that it prints:"),
    h("pre", null, "npx synod up 4"),
  );
}

const App = (): VNode => h("main", { class: "app" }, h(bar.Head, null), h(Mesh, null), h(Side, null), h(Lanes, null), h(bar.Foot, null), h(Welcome, null), h(Notice, null), h(keys.Help, null)); // prettier-ignore

theme.start();
keys.start();
render(h(App, null), document.body);

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const dropped = event.dataTransfer?.files[0];
  if (dropped !== undefined) void source.open(dropped);
});
addEventListener("visibilitychange", () => frame.request());

// for tests and the curious: nothing of the page reads it
Object.assign(window, { __synod: { page, frames: frame.times, resetFrames: frame.reset, placesNow } });

if (location.protocol.startsWith("http")) void source.follow();

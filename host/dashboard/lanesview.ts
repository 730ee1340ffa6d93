// The lanes as a part of the page: a button per device at the left, the canvas with its pointer at the right.
//
//   drag: moves the moment      wheel: zooms around the pointer      shift + wheel, or sideways: moves along
//
// Rule: while the page is live the window follows the moment; else it moves only when the moment would leave it.

import { h, type VNode } from "./element.ts";
import { Canvas, place } from "./canvas.ts";
import * as frame from "./frame.ts";
import * as lanes from "./lanes.ts";
import { swatch } from "./legend.ts";
import * as look from "./look.ts";
import { colours } from "./meshview.ts";
import * as page from "./page.ts";
import { word } from "./state.ts";

const NARROW_US = 50_000;
const WIDE_US = 3_600_000_000;

let fromUs = 0;
let dragging = false;

/** The window that is shown. */
function window_(): { fromUs: number; toUs: number } {
  const { clock } = page;
  const span = page.spanUs.peek();
  if (clock.mode === "live" && !dragging) fromUs = clock.atUs - span * 0.97;
  else if (!dragging && clock.atUs > fromUs + span * 0.985)
    fromUs = clock.atUs - span * (clock.mode === "playing" ? 0.97 : 0.7);
  else if (!dragging && clock.atUs < fromUs + span * 0.015) fromUs = clock.atUs - span * 0.3;
  return { fromUs, toUs: fromUs + span };
}

/** What the lanes show, for views that show the same stretch of time. */
export const shown = window_;

function paint(ctx: CanvasRenderingContext2D, w: number, height: number): void {
  const model = page.model.peek();
  if (model === null) return;
  lanes.draw(ctx, w, height, {
    model,
    us: page.clock.atUs,
    ...window_(),
    colours: colours(),
    selected: page.device.peek(),
  });
}

function scrub(event: PointerEvent): void {
  const { x, w } = place(event);
  page.seek(lanes.timeAt(Math.max(0, Math.min(w, x)), w, { fromUs, toUs: fromUs + page.spanUs.peek() }));
}

function down(event: PointerEvent): void {
  (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  window_();
  dragging = true;
  const { y, h } = place(event);
  const n = page.model.peek()?.n ?? 0;
  const row = Math.floor((y - lanes.AXIS) / lanes.rowHeight(n, h));
  if (row >= 0 && row < n) page.select(row);
  scrub(event);
}

function move(event: PointerEvent): void {
  if (dragging) scrub(event);
}

function up(): void {
  dragging = false;
  frame.request();
}

/** Makes the window `by` times as long around a point, which is a part of its width. */
export function zoom(by: number, around = 0.97): void {
  const span = page.spanUs.peek();
  const next = Math.max(NARROW_US, Math.min(WIDE_US, span * by));
  fromUs += (span - next) * around;
  page.spanUs.value = next;
  page.changed();
}

function wheel(event: WheelEvent): void {
  event.preventDefault();
  const { x, w } = place(event);
  const along = event.shiftKey ? event.deltaY : event.deltaX;
  if (Math.abs(along) > Math.abs(event.shiftKey ? 0 : event.deltaY))
    return page.seek(page.clock.atUs + (along / w) * page.spanUs.peek());
  zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), page.clock.mode === "live" ? 0.97 : x / w);
}

function row(i: number): VNode {
  const state = page.state()!;
  const device = state.devices[i];
  const how = word(device, state.height);
  const leader = state.leader === i && device.up;
  const props = {
    key: i,
    class: `row${device.up ? "" : " down"}${device.liar ? " liar" : ""}`,
    "aria-pressed": page.device.value === i,
    "data-device": i,
    "data-state": device.up ? "up" : "down",
    "aria-label": `Device ${i}: ${how}, height ${device.height}, view ${device.view}${leader ? ", leader" : ""}`,
    onClick: () => page.select(i),
  };
  const dot = h("i", { style: { background: device.up ? look.viewColour(device.view) : "var(--dead)" } });
  const crown = h("em", null, leader ? "♛" : "");
  return h("button", props, dot, h("b", null, i), crown, h("span", null, how), h("code", null, device.height));
}

export function Lanes(): VNode {
  page.beat.value;
  const n = page.model.value?.n ?? 0;
  const pointers = { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: up };
  const mounted = (element: HTMLCanvasElement): void => element.addEventListener("wheel", wheel, { passive: false });
  return h(
    "section",
    { class: "panel lanes", "aria-label": "Lanes", tabIndex: -1, id: "lanes" },
    h(
      "header",
      null,
      h("h2", null, "Lanes"),
      h(
        "div",
        { class: "legend" },
        look.MARK_LEGEND.map((mark) => swatch(look.MARKS[mark])),
      ),
      h("span", { class: "spacer" }),
      h("span", { class: "hint" }, "drag: time · wheel: zoom"),
    ),
    h(
      "div",
      { class: "body", style: { "--n": Math.max(1, n) } },
      h(
        "div",
        { class: "rows", role: "group", "aria-label": "Devices" },
        Array.from({ length: n }, (_, i) => row(i)),
      ),
      h(
        "div",
        { class: "stretch" },
        h(Canvas, { label: `What ${n} devices did over time`, paint, mounted, ...pointers }),
      ),
    ),
  );
}

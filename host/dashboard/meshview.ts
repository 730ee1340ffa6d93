// The mesh as a part of the page: its layout, its pointer (select a device, draw a line to split), its legend and its buttons.
//
// Rule: a line splits only when devices stand on both sides of it, and only where the fleet can be split.

import { h, type VNode } from "./element.ts";
import * as act from "./act.ts";
import { Canvas, place } from "./canvas.ts";
import { Flights } from "./flights.ts";
import * as frame from "./frame.ts";
import { Layout } from "./layout.ts";
import * as look from "./look.ts";
import * as mesh from "./mesh.ts";
import * as page from "./page.ts";
import { deeds } from "./deeds.ts";
import { swatch } from "./legend.ts";

/** How long a flight is drawn at least, in milliseconds of the onlooker. */
const FLIGHT_MS = 420;
const RING_MS = 500;

let layout: Layout | null = null;
let places: mesh.Place[] = [];
let box = { w: 1, h: 1 };
let cut: [mesh.Place, mesh.Place] | null = null;
const flights = new Flights();

/** Where the devices are drawn now, CSS pixels of the canvas. */
export const placesNow = (): readonly mesh.Place[] => places;

/** Moves what moves by itself; true while it does. */
export function tick(): boolean {
  const state = page.state();
  if (state === null) return false;
  if (layout === null || layout.nodes.length !== state.devices.length) layout = new Layout(state.devices.length);
  return layout.tick(state.devices.map(({ side }) => side), page.calm.matches); // prettier-ignore
}

let palette: look.Palette = {};
let painted = -1;

/** The palette of the theme, read once per theme. */
export function colours(): look.Palette {
  if (painted !== page.theme.peek()) palette = look.palette();
  painted = page.theme.peek();
  return palette;
}

function paint(ctx: CanvasRenderingContext2D, w: number, height: number): void {
  const model = page.model.peek();
  const state = page.state();
  if (model === null || state === null || layout === null) return;
  box = { w, h: height };
  const r = mesh.radius(model.n, w, height);
  places = layout.fit(w, height, r + 34);
  const { clock } = page;
  const pace = clock.mode === "playing" ? clock.speed : clock.pace;
  const leastUs = clock.mode === "paused" ? 60_000 : FLIGHT_MS * 1000 * Math.min(4, pace);
  mesh.draw(ctx, w, height, {
    model,
    state,
    us: clock.atUs,
    places,
    flights: flights.at(model, clock.atUs, leastUs),
    colours: colours(),
    selected: page.device.peek(),
    transaction: page.transaction.peek(),
    cut,
    ringUs: page.calm.matches ? 0 : RING_MS * 1000 * Math.min(4, Math.max(0.1, pace)),
  });
}

function down(event: PointerEvent): void {
  const at = place(event);
  const found = mesh.hit(places, at, mesh.radius(places.length, at.w, at.h));
  if (found >= 0) return page.select(found);
  (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  cut = [at, at];
}

function move(event: PointerEvent): void {
  const at = place(event);
  const over = mesh.hit(places, at, mesh.radius(places.length, box.w, box.h)) >= 0;
  (event.currentTarget as HTMLElement).style.cursor = over ? "pointer" : "crosshair";
  if (cut === null) return;
  cut = [cut[0], at];
  frame.request();
}

function up(): void {
  const line = cut;
  cut = null;
  frame.request();
  if (line === null || Math.hypot(line[1].x - line[0].x, line[1].y - line[0].y) < 24) return;
  const sides = mesh.sides(places, line);
  const groups = [1, 2].map((side) => sides.flatMap((s, i) => (s === side ? [i] : [])));
  if (groups.some((group) => group.length === 0)) return page.tell("All devices stand on one side of that line.");
  void act.deed({ do: "split", groups });
}

function label(): string {
  const state = page.state();
  if (state === null) return "Mesh: no fleet yet";
  const up = state.devices.filter((d) => d.up).length;
  return `Mesh of ${state.devices.length} devices, ${up} up, view ${state.view} led by device ${state.leader}, height ${state.height}${state.split ? ", split" : ""}`;
}

export function Mesh(): VNode {
  page.beat.value;
  const pointers = { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: up };
  return h(
    "section",
    { class: "panel mesh", "aria-label": "Mesh", tabIndex: -1, id: "mesh" },
    h("header", null, h("h2", null, "Mesh"), h("span", { class: "spacer" }), h(deeds, null)),
    h(Canvas, { label: label(), paint, ...pointers }),
    h(
      "footer",
      { class: "legend" },
      look.FRAME_LEGEND.map((kind) => swatch(kind)),
      h("span", { class: "hint" }, "flights slowed · draw a line to split"),
    ),
  );
}

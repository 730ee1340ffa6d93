// What the page as a whole shows: signals that components read and actions change.
//
//   bytes ──> model ──┐
//   clock ──> atUs ───┼──> beat (a few times a second): components draw themselves anew; canvases are painted per frame
//   keys, buttons ────┘
//
// Rule: a component changes nothing but through the functions here and in act.ts.

import { signal } from "@preact/signals";
import { Clock } from "./clock.ts";
import * as frame from "./frame.ts";
import type { Model } from "./model.ts";
import type { State } from "./state.ts";

export type Tab = "mesh" | "lanes" | "chart" | "inspector" | "ledger";
export const TABS: readonly Tab[] = ["mesh", "lanes", "chart", "inspector", "ledger"];
/** Those of them that share the place at the side. */
export type Side = "chart" | "inspector" | "ledger";

/** Where the tape comes from. */
export type Origin = "none" | "gateway" | "file";

/** GET /fleet of the gateway. */
export interface Fleet {
  readonly kind: string;
  readonly n: number;
  readonly verbs: readonly string[];
  readonly nowMs: number;
  readonly paused: boolean;
  readonly speed: number;
  readonly generation: number;
  readonly forkable: boolean;
  readonly cell: string;
  readonly devices: readonly { readonly device: number; readonly up: boolean; readonly kid: string }[];
}

export interface Notice {
  readonly text: string;
  readonly bad: boolean;
}

export const model = signal<Model | null>(null);
export const origin = signal<Origin>("none");
/** Name of the dropped file. */
export const file = signal("");
export const online = signal(false);
export const fleet = signal<Fleet | null>(null);
export const side = signal<Side>("chart");
/** The device that is selected; -1: none. */
export const device = signal(0);
/** Id of the transaction whose way is shown; empty: none. */
export const transaction = signal("");
export const notice = signal<Notice | null>(null);
export const help = signal(false);
export const forking = signal(false);
/** Rises a few times a second while something changes. */
export const beat = signal(0);
/** Rises with each change of colours. */
export const theme = signal(0);
/** What the clock does, for buttons. */
export const mode = signal<Clock["mode"]>("live");
export const speed = signal(1);
/** Microseconds that the lanes span. */
export const spanUs = signal(12_000_000);

export const clock = new Clock();
export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** The fleet at the moment shown; null without a tape. */
export const state = (): State | null => model.value?.at(clock.atUs) ?? null;

/** Everything may have changed: components now, canvases with the next frame. */
export function changed(): void {
  mode.value = clock.mode;
  beat.value++;
  frame.request();
}

let fading: ReturnType<typeof setTimeout> | undefined;

/** Tells the onlooker something; a refusal stays longer. */
export function tell(text: string, bad = false): void {
  notice.value = { text, bad };
  clearTimeout(fading);
  fading = setTimeout(() => (notice.value = null), bad ? 9000 : 4000);
}

export function seek(us: number): void {
  const m = model.value;
  if (m === null) return;
  clock.seek(Math.max(Math.min(us, m.edgeUs), Math.min(m.fromUs, m.edgeUs)));
  changed();
}

export function live(): void {
  clock.mode = "live";
  changed();
}

/** Play or pause what is shown; the fleet goes on. */
export function toggle(): void {
  const m = model.value;
  if (m === null) return;
  if (clock.mode !== "paused") clock.mode = "paused";
  else if (origin.value === "file" && clock.atUs >= m.edgeUs) {
    clock.atUs = m.fromUs;
    clock.mode = "playing";
  } else clock.mode = clock.atUs >= m.edgeUs ? "live" : "playing";
  changed();
}

export function setSpeed(x: number): void {
  clock.speed = speed.value = x;
  changed();
}

export function select(i: number): void {
  device.value = i;
  changed();
}

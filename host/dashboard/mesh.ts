// The mesh: devices as discs coloured by view, the frames between them, and what has been done to them.
//
//   background  links of those that hear each other · the cut that is being drawn · the way of the selected transaction
//   flights     each SENT frame from sender to receiver; shape: kind of object; a lost one fades half way
//   devices     number, view, height · crown: leader · grey: down · ≠: liar · ring: has just committed
//
// Rule: nothing is drawn that is not on the tape at the moment shown.

import type { Flight } from "./flights.ts";
import { Mark } from "./history.ts";
import * as look from "./look.ts";
import type { Model } from "./model.ts";
import type { Device, State } from "./state.ts";
import { above } from "./store.ts";

export interface Place {
  x: number;
  y: number;
}

/** All that one drawing of the mesh depends on. */
export interface Scene {
  readonly model: Model;
  readonly state: State;
  readonly us: number;
  readonly places: readonly Place[];
  readonly flights: readonly Flight[];
  readonly colours: look.Palette;
  readonly selected: number;
  readonly transaction: string;
  /** The line that is being drawn: its ends. */
  readonly cut: readonly [Place, Place] | null;
  /** How long a ring spreads after a commit; 0: no rings. */
  readonly ringUs: number;
}

type Ctx = CanvasRenderingContext2D;

/** Radius of a device among n in a box of w x h. */
export const radius = (n: number, w: number, h: number): number =>
  Math.max(9, Math.min(26, Math.sqrt((w * h) / Math.max(4, n)) / 7));

/** On which side of the line each place lies: 1 or 2. */
export function sides(places: readonly Place[], [a, b]: readonly [Place, Place]): number[] {
  return places.map(({ x, y }) => ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) > 0 ? 2 : 1));
}

/** The device at a point; -1 where there is none. */
export function hit(places: readonly Place[], at: Place, r: number): number {
  return places.findIndex(({ x, y }) => (x - at.x) ** 2 + (y - at.y) ** 2 <= (r + 6) ** 2);
}

export function draw(ctx: Ctx, w: number, h: number, scene: Scene): void {
  const r = radius(scene.places.length, w, h);
  links(ctx, scene);
  if (scene.transaction !== "") way(ctx, scene, r);
  flights(ctx, scene, r);
  scene.state.devices.forEach((device, i) => node(ctx, scene, device, i, r));
  if (scene.cut !== null) cut(ctx, scene, scene.cut, r);
}

function links(ctx: Ctx, { state, places, colours }: Scene): void {
  ctx.beginPath();
  for (let a = 0; a < places.length; a++)
    for (let b = a + 1; b < places.length; b++) {
      const [one, other] = [state.devices[a], state.devices[b]];
      if (!one.up || !other.up || one.side !== other.side) continue;
      ctx.moveTo(places[a].x, places[a].y);
      ctx.lineTo(places[b].x, places[b].y);
    }
  ctx.strokeStyle = colours.link;
  ctx.lineWidth = 1;
  ctx.globalAlpha = Math.max(0.3, 1 - places.length / 40);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** Links over which the selected transaction went so far. */
function way(ctx: Ctx, { model, us, places, colours, transaction }: Scene, r: number): void {
  const entry = model.history.entries.all.get(transaction);
  if (entry === undefined) return;
  ctx.strokeStyle = colours.transaction;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (const { atUs, device, arrivals } of entry.hops) {
    if (atUs > us || places[device] === undefined) continue;
    for (const { to, delayUs } of arrivals) {
      if (delayUs === null || places[to] === undefined) continue;
      ctx.moveTo(places[device].x, places[device].y);
      ctx.lineTo(places[to].x, places[to].y);
    }
  }
  ctx.globalAlpha = 0.45;
  ctx.stroke();
  ctx.globalAlpha = 1;
  const at = places[entry.by];
  if (at === undefined) return;
  ctx.beginPath();
  ctx.arc(at.x, at.y, r + 9, 0, 2 * Math.PI);
  ctx.setLineDash([3, 3]);
  ctx.stroke();
  ctx.setLineDash([]);
}

function flights(ctx: Ctx, { flights, places, us, colours }: Scene, r: number): void {
  const busy = flights.length > 300;
  const size = (busy ? 2.3 : 3.4) * (r < 14 ? 0.9 : 1);
  for (const { from, to, object, fromUs, toUs, lost } of flights) {
    const [a, b] = [places[from], places[to]];
    const t = Math.min(1, (us - fromUs) / (toUs - fromUs));
    if (a === undefined || b === undefined || t < 0 || (lost && t > 0.55)) continue;
    const { shape, colour } = look.FRAMES[object] ?? look.FRAMES[0];
    const eased = t * (1.5 - 0.5 * t);
    ctx.globalAlpha = (lost ? Math.max(0, 1 - t / 0.55) : 1) * (colour === "dim" ? 0.5 : 0.95);
    const picture = look.sprite(shape, colours[colour], size);
    look.stamp(ctx, picture, a.x + (b.x - a.x) * eased, a.y + (b.y - a.y) * eased);
  }
  ctx.globalAlpha = 1;
}

function circle(ctx: Ctx, { x, y }: Place, r: number): void {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
}

/** A ring that spreads for a moment after each commit. */
function ring(ctx: Ctx, { model, us, places, colours, ringUs }: Scene, i: number, r: number): void {
  const { at, kind } = model.history.marks[i];
  for (let k = above(at, us) - 1; k >= 0 && at[k] > us - ringUs; k--) {
    if (kind[k] !== Mark.commit) continue;
    const t = (us - at[k]) / ringUs;
    circle(ctx, places[i], r + 2 + 9 * t);
    ctx.strokeStyle = colours.commit;
    ctx.globalAlpha = 0.7 * (1 - t);
    ctx.lineWidth = 1.5;
    ctx.stroke();
    ctx.globalAlpha = 1;
    return;
  }
}

/** A device; members are smaller. */
function node(ctx: Ctx, scene: Scene, device: Device, i: number, full: number): void {
  const { places, colours, state, selected } = scene;
  const r = device.member ? full * 0.7 : full;
  const at = places[i];
  if (i === selected) {
    circle(ctx, at, r + 5);
    ctx.strokeStyle = colours.accent;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
  if (device.up && scene.ringUs > 0) ring(ctx, scene, i, r);
  circle(ctx, at, r);
  ctx.fillStyle = device.up ? look.viewColour(device.view) : colours.dead;
  ctx.fill();
  ctx.lineWidth = device.liar ? 3 : 1;
  ctx.strokeStyle = device.liar ? colours.bad : device.up ? colours.panel : colours.faint;
  ctx.setLineDash(device.up ? [] : [3, 3]);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.font = `600 ${Math.round(r * 0.8)}px system-ui, sans-serif`;
  ctx.fillStyle = device.up ? "#fff" : colours.dim;
  if (device.up) {
    ctx.strokeStyle = "rgba(0,0,0,.45)";
    ctx.lineWidth = 2.5;
    ctx.strokeText(String(i), at.x, at.y + 0.5);
  }
  ctx.fillText(String(i), at.x, at.y + 0.5);
  if (state.leader === i && device.up) crown(ctx, at.x, at.y - r - 4, r * 0.45, colours.transaction);
  captions(ctx, scene, device, i, r);
}

function crown(ctx: Ctx, x: number, y: number, s: number, colour: string): void {
  ctx.beginPath();
  ctx.moveTo(x - s, y);
  ctx.lineTo(x - 1.2 * s, y - 1.1 * s);
  ctx.lineTo(x - 0.5 * s, y - 0.55 * s);
  ctx.lineTo(x, y - 1.4 * s);
  ctx.lineTo(x + 0.5 * s, y - 0.55 * s);
  ctx.lineTo(x + 1.2 * s, y - 1.1 * s);
  ctx.lineTo(x + s, y);
  ctx.closePath();
  ctx.fillStyle = colour;
  ctx.fill();
}

function captions(ctx: Ctx, { places, colours, state }: Scene, device: Device, i: number, r: number): void {
  const { x, y } = places[i];
  const small = r < 14 || places.length > 9;
  const line = small ? 9 : 12;
  ctx.font = `${small ? 9.5 : 11}px ui-monospace, monospace`;
  ctx.fillStyle = device.up ? colours.text : colours.dim;
  const behind = state.height - device.height;
  const first = device.up ? `h ${device.height}${behind > 2 ? ` −${behind}` : ""}` : device.known ? device.why : "?";
  ctx.fillText(first, x, y + r + line);
  const notes = [];
  if (device.up && !small) notes.push(`view ${device.view}`);
  if (device.slowMs > 0) notes.push(`+${device.slowMs} ms`);
  if (device.corrupt > 0) notes.push(`${Math.round(100 * device.corrupt)} % damaged`);
  ctx.fillStyle = colours.dim;
  ctx.fillText(notes.join(" · "), x, y + r + 2 * line);
  if (!device.liar && !device.exposed) return;
  circle(ctx, { x: x + r * 0.8, y: y - r * 0.8 }, Math.max(7, r * 0.42));
  ctx.fillStyle = colours.bad;
  ctx.fill();
  ctx.fillStyle = "#fff";
  ctx.font = `700 ${Math.max(10, r * 0.6)}px system-ui, sans-serif`;
  ctx.fillText("≠", x + r * 0.8, y - r * 0.8);
}

function cut(ctx: Ctx, { places, colours }: Scene, line: readonly [Place, Place], r: number): void {
  const [a, b] = line;
  ctx.strokeStyle = colours.bad;
  ctx.lineWidth = 2;
  ctx.setLineDash([8, 6]);
  ctx.beginPath();
  ctx.moveTo(a.x, a.y);
  ctx.lineTo(b.x, b.y);
  ctx.stroke();
  ctx.setLineDash([]);
  sides(places, line).forEach((side, i) => {
    circle(ctx, places[i], r + 4);
    ctx.strokeStyle = side === 1 ? look.LINES[0] : look.LINES[1];
    ctx.stroke();
  });
}

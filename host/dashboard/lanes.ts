// The lanes: a row per device, time to the right, a mark for each thing that a device did.
//
//   ┌ axis ──────────────────────────────────────────────┐
//   │ device 0   ■▲ ◆●  ▲ ◆●   top: proposals, votes, views given up · middle: certificates · bottom: commits, refusals
//   │ device 1   ░░░░░░░ down   tint: side of a split                                       │ the moment
//
// Rule: of marks of one kind that fall on one pixel, one is drawn.

import { text } from "./clock.ts";
import { Mark } from "./history.ts";
import * as look from "./look.ts";
import type { Model } from "./model.ts";
import { above } from "./store.ts";

export interface Scene {
  readonly model: Model;
  /** The moment shown. */
  readonly us: number;
  /** Times at the left and the right end. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly colours: look.Palette;
  readonly selected: number;
}

type Ctx = CanvasRenderingContext2D;

export const AXIS = 22;
const STEPS = [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 3e7, 6e7, 3e8, 6e8, 1.8e9, 3.6e9];

/** Height of a row among n in a canvas of height h. */
export const rowHeight = (n: number, h: number): number => Math.min(44, (h - AXIS) / n);

/** The time at x of a canvas of width w. */
export const timeAt = (x: number, w: number, { fromUs, toUs }: Pick<Scene, "fromUs" | "toUs">): number =>
  fromUs + (x / w) * (toUs - fromUs);

export function draw(ctx: Ctx, w: number, h: number, scene: Scene): void {
  const { model, us, fromUs, toUs, colours, selected } = scene;
  const row = rowHeight(model.n, h);
  const x = (at: number): number => ((at - fromUs) / (toUs - fromUs)) * w;
  if (selected >= 0 && selected < model.n) {
    ctx.fillStyle = colours.accent;
    ctx.globalAlpha = 0.1;
    ctx.fillRect(0, AXIS + selected * row, w, row);
    ctx.globalAlpha = 1;
  }
  axis(ctx, w, h, scene, x);
  splits(ctx, w, row, scene, x);
  for (let i = 0; i < model.n; i++) dark(ctx, w, AXIS + i * row, row, scene, i, x);
  marks(ctx, w, row, scene, x);
  const now = Math.round(x(us)) + 0.5;
  ctx.strokeStyle = colours.accent;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(now, 4);
  ctx.lineTo(now, AXIS + model.n * row);
  ctx.stroke();
  ctx.fillStyle = colours.accent;
  ctx.beginPath();
  ctx.moveTo(now - 5, 2);
  ctx.lineTo(now + 5, 2);
  ctx.lineTo(now, 9);
  ctx.fill();
}

function axis(
  ctx: Ctx,
  w: number,
  h: number,
  { model, fromUs, toUs, colours }: Scene,
  x: (us: number) => number,
): void {
  const row = rowHeight(model.n, h);
  const bottom = AXIS + model.n * row;
  const step = STEPS.find((s) => (s / (toUs - fromUs)) * w >= 80) ?? 3.6e9;
  ctx.strokeStyle = colours.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = 0; i <= model.n; i++) {
    const y = Math.round(AXIS + i * row) + 0.5;
    ctx.moveTo(0, y);
    ctx.lineTo(w, y);
  }
  ctx.globalAlpha = 0.6;
  ctx.stroke();
  ctx.globalAlpha = 0.35;
  ctx.beginPath();
  ctx.font = "10px ui-monospace, monospace";
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (let at = Math.max(0, Math.ceil(fromUs / step)) * step; at <= toUs; at += step) {
    const px = Math.round(x(at)) + 0.5;
    ctx.moveTo(px, AXIS);
    ctx.lineTo(px, bottom);
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.fillStyle = colours.dim;
  const places = step >= 1e6 ? 0 : step >= 1e5 ? 1 : 3;
  for (let at = Math.max(0, Math.ceil(fromUs / step)) * step; at <= toUs; at += step)
    ctx.fillText(places === 0 ? text(at, 1).slice(0, -2) : text(at, places), x(at) + 3, AXIS / 2 + 1);
}

function splits(
  ctx: Ctx,
  w: number,
  row: number,
  { model, us, fromUs, toUs, colours }: Scene,
  x: (us: number) => number,
): void {
  for (const { fromUs: from, toUs: to, groups } of model.history.splits) {
    if (from > toUs || to < fromUs || from > us) continue;
    const [left, right] = [Math.max(0, x(from)), Math.min(w, x(Math.min(to, us)))];
    for (let i = 0; i < model.n; i++) {
      const g = groups.findIndex((group) => group.includes(i));
      ctx.fillStyle = g < 0 ? colours.bad : look.LINES[g % 2];
      ctx.globalAlpha = 0.16;
      ctx.fillRect(left, AXIS + i * row, right - left, row);
    }
    ctx.globalAlpha = 1;
  }
}

/** The time in which a device was down, hatched, with the reason. */
function dark(ctx: Ctx, w: number, y: number, row: number, scene: Scene, i: number, x: (us: number) => number): void {
  const { model, us, fromUs, toUs, colours } = scene;
  for (const span of model.history.dark[i]) {
    if (span.fromUs > Math.min(us, toUs) || span.toUs < fromUs) continue;
    const [left, right] = [Math.max(0, x(span.fromUs)), Math.min(w, x(Math.min(span.toUs, us)))];
    ctx.fillStyle = colours.dead;
    ctx.fillRect(left, y + 1, right - left, row - 2);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, y + 1, right - left, row - 2);
    ctx.clip();
    ctx.strokeStyle = colours.faint;
    ctx.lineWidth = 1;
    ctx.globalAlpha = 0.5;
    ctx.beginPath();
    for (let px = left - row - (left % 8); px < right; px += 8) {
      ctx.moveTo(px, y + row);
      ctx.lineTo(px + row, y);
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.text;
    ctx.font = "10px system-ui, sans-serif";
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    if (right - left > 40) ctx.fillText(span.why, left + 6, y + row / 2);
    ctx.restore();
  }
}

/** Height of a mark in its row, from its middle, as a part of the row. */
const LEVEL: Readonly<Record<Mark, number>> = {
  [Mark.propose]: -0.27,
  [Mark.notarize]: -0.27,
  [Mark.finalize]: -0.27,
  [Mark.nullify]: -0.27,
  [Mark.start]: 0,
  [Mark.certificate]: 0,
  [Mark.refused]: 0.27,
  [Mark.commit]: 0.27,
};

/** Width of a tile, CSS pixels; how often the one that is still being lived is drawn anew, ms. */
const TILE = 240;
const AGAIN_MS = 120;

interface Tile {
  readonly canvas: HTMLCanvasElement;
  /** Up to which time its facts were there when it was drawn, and when that was. */
  edgeUs: number;
  drawnMs: number;
}

/** Stretches of marks as pictures: a stretch that is past is drawn once. */
const tiles = new Map<string, Tile>();
let drawnFor: unknown[] = [];

function marks(ctx: Ctx, w: number, row: number, scene: Scene, x: (us: number) => number): void {
  const { model, us, fromUs, toUs, colours } = scene;
  const height = row * model.n;
  const tileUs = ((toUs - fromUs) / w) * TILE;
  const now = [model, colours, Math.round(tileUs), row, devicePixelRatio];
  if (now.some((value, i) => value !== drawnFor[i])) tiles.clear();
  drawnFor = now;
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, AXIS, Math.max(0, Math.min(w, x(us) + 1)), height);
  ctx.clip();
  for (let i = Math.floor(fromUs / tileUs); i * tileUs < Math.min(us, toUs); i++)
    ctx.drawImage(tile(i, tileUs, row, scene).canvas, Math.round(x(i * tileUs)), AXIS, TILE, height);
  ctx.restore();
}

/** The tile whose time begins at i * tileUs, as far as the tape has come. */
function tile(i: number, tileUs: number, row: number, { model, colours }: Scene): Tile {
  const nowMs = performance.now();
  const key = String(i);
  const ratio = devicePixelRatio || 1;
  let known = tiles.get(key);
  const whole = known !== undefined && known.edgeUs > (i + 1.1) * tileUs;
  if (known !== undefined && (whole || known.edgeUs === model.edgeUs || nowMs - known.drawnMs < AGAIN_MS)) return known;
  if (known === undefined) {
    const size = { width: TILE * ratio, height: Math.ceil(row * model.n * ratio) };
    known = { canvas: Object.assign(document.createElement("canvas"), size), edgeUs: 0, drawnMs: 0 };
    if (tiles.size > 48) tiles.delete(tiles.keys().next().value!);
    tiles.set(key, known);
  }
  const ctx = known.canvas.getContext("2d")!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, TILE, row * model.n);
  stretch(ctx, row, model, colours, i * tileUs, tileUs);
  [known.edgeUs, known.drawnMs] = [model.edgeUs, nowMs];
  return known;
}

function stretch(ctx: Ctx, row: number, model: Model, colours: look.Palette, fromUs: number, tileUs: number): void {
  const tall = row >= 14;
  const size = Math.max(2, Math.min(4, row / 8.5));
  const last = new Int32Array(8);
  const pictures = look.MARK_LEGEND.map(() => null as HTMLCanvasElement | null);
  model.history.marks.forEach(({ at, kind }, i) => {
    last.fill(-99);
    const end = above(at, fromUs + tileUs * 1.03);
    for (let k = above(at, fromUs - tileUs * 0.03); k < end; k++) {
      const what = kind[k];
      const px = Math.round(((at[k] - fromUs) / tileUs) * TILE);
      if (px <= last[what]) continue;
      last[what] = px;
      const { shape, colour } = look.MARKS[what];
      pictures[what] ??= look.sprite(shape, colours[colour], what === Mark.refused ? 0.7 * size : size);
      look.stamp(ctx, pictures[what], px, (i + 0.5 + (tall ? LEVEL[what] : 0)) * row);
    }
  });
}

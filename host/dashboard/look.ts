// How things look: colours of both themes, the scale of views, the shape of each kind of object. One place, so that mesh, lanes and
// legends agree.
//
// Colours are of Okabe and Ito's set and of the viridis scale, which people with colour-blindness tell apart; what matters is said
// by shape or text as well. Rule: colours of a canvas come from here, those of the page from style.css, which reads the same names.

import * as kind from "../../firmware/wire/kind.ts";
import { Mark } from "./history.ts";

export type Shape = "square" | "up" | "down" | "cross" | "diamond" | "hex" | "disc" | "dot" | "dash" | "arrow";

export interface Kind {
  readonly name: string;
  readonly shape: Shape;
  /** Name of a colour in style.css. */
  readonly colour: string;
}

const VOTE: Kind = { name: "vote", shape: "up", colour: "vote" };
const FINALIZE: Kind = { name: "finalize vote", shape: "down", colour: "vote" };
const NULLIFY: Kind = { name: "gives up view", shape: "cross", colour: "nullify" };
const PROPOSAL: Kind = { name: "proposal", shape: "square", colour: "propose" };
const CERTIFICATE: Kind = { name: "certificate", shape: "diamond", colour: "certificate" };
const BLOCK: Kind = { name: "block", shape: "hex", colour: "commit" };
const TRANSACTION: Kind = { name: "transaction", shape: "disc", colour: "transaction" };
const BEACON: Kind = { name: "beacon", shape: "dot", colour: "dim" };
const FRAGMENT: Kind = { name: "fragment", shape: "dash", colour: "dim" };

/** What is drawn for a frame, by the kind of its object. */
export const FRAMES: Readonly<Record<number, Kind>> = {
  0: FRAGMENT,
  [kind.NOTARIZE]: VOTE,
  [kind.NOTARIZE_F]: VOTE,
  [kind.FINALIZE]: FINALIZE,
  [kind.NULLIFY]: NULLIFY,
  [kind.PROPOSAL]: PROPOSAL,
  [kind.NOTAR_CERTIFICATE]: CERTIFICATE,
  [kind.FINAL_CERTIFICATE]: CERTIFICATE,
  [kind.FINAL_BY_CHILD]: CERTIFICATE,
  [kind.NULL_CERTIFICATE]: CERTIFICATE,
  [kind.BLOCK]: BLOCK,
  [kind.BEACON]: BEACON,
  [kind.TRANSACTION]: TRANSACTION,
};
export const FRAME_LEGEND = [PROPOSAL, VOTE, FINALIZE, NULLIFY, CERTIFICATE, BLOCK, TRANSACTION, BEACON, FRAGMENT];

/** What is drawn for a mark of a lane. */
export const MARKS: Readonly<Record<Mark, Kind>> = {
  [Mark.notarize]: VOTE,
  [Mark.finalize]: FINALIZE,
  [Mark.certificate]: CERTIFICATE,
  [Mark.commit]: { name: "commit", shape: "disc", colour: "commit" },
  [Mark.nullify]: NULLIFY,
  [Mark.start]: { name: "starts", shape: "arrow", colour: "start" },
  [Mark.propose]: PROPOSAL,
  [Mark.refused]: { name: "refuses an input", shape: "dash", colour: "bad" },
};
export const MARK_LEGEND: readonly Mark[] = [
  Mark.propose, Mark.notarize, Mark.finalize, Mark.certificate, Mark.commit, Mark.nullify, Mark.start, Mark.refused,
]; // prettier-ignore

/** Colours by name, as the page's theme has them now. */
export type Palette = Record<string, string>;

const NAMES =
  "bg panel line link text dim faint accent propose vote certificate commit nullify transaction start bad dead hot".split(
    " ",
  );

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// viridis, without its darkest and lightest ends
const STOPS = [
  [68, 90, 160],
  [49, 120, 160],
  [33, 150, 145],
  [60, 175, 115],
  [130, 205, 75],
  [210, 220, 60],
];
/** Views until the colours come round again: there and back. */
const ROUND = 96;

/** The colour of a view: neighbours are alike, devices that fell behind differ. */
export function viewColour(view: number): string {
  const phase = (view % ROUND) / (ROUND / 2);
  const t = (phase < 1 ? phase : 2 - phase) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(t));
  const [a, b] = [STOPS[i], STOPS[i + 1]];
  return `rgb(${a.map((x, k) => Math.round(x + (b[k] - x) * (t - i))).join(",")})`;
}

/** Okabe and Ito's colours for lines that stand side by side. */
export const LINES = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#b3a512", "#888888"];

/** Adds a shape of radius r around (x, y) to the path. */
export function shape(path: CanvasRenderingContext2D, what: Shape, x: number, y: number, r: number): void {
  const polygon = (...points: number[]): void => {
    path.moveTo(x + r * points[0], y + r * points[1]);
    for (let i = 2; i < points.length; i += 2) path.lineTo(x + r * points[i], y + r * points[i + 1]);
    path.closePath();
  };
  if (what === "square") path.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else if (what === "up") polygon(0, -1.1, 1, 0.8, -1, 0.8);
  else if (what === "down") polygon(0, 1.1, 1, -0.8, -1, -0.8);
  else if (what === "diamond") polygon(0, -1.2, 1.2, 0, 0, 1.2, -1.2, 0);
  else if (what === "hex") polygon(1, 0, 0.5, 0.9, -0.5, 0.9, -1, 0, -0.5, -0.9, 0.5, -0.9);
  else if (what === "arrow") polygon(0, -1.4, 1, 0, 0.35, 0, 0.35, 1.2, -0.35, 1.2, -0.35, 0, -1, 0);
  else if (what === "dash") path.rect(x - r, y - 0.3 * r, 2 * r, 0.6 * r);
  else if (what === "cross")
    polygon(0, -0.4, 0.7, -1.1, 1.1, -0.7, 0.4, 0, 1.1, 0.7, 0.7, 1.1, 0, 0.4, -0.7, 1.1, -1.1, 0.7, -0.4, 0, -1.1, -0.7, -0.7, -1.1); // prettier-ignore
  else {
    const radius = what === "dot" ? 0.55 * r : r;
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

const sprites = new Map<string, HTMLCanvasElement>();

/** A shape of radius r as a picture, drawn once: many of them cost less than paths. Its middle is its middle. */
export function sprite(what: Shape, colour: string, r: number): HTMLCanvasElement {
  const ratio = devicePixelRatio || 1;
  const key = `${what} ${colour} ${r.toFixed(2)} ${ratio}`;
  let picture = sprites.get(key);
  if (picture === undefined) {
    const side = Math.ceil(3.2 * r * ratio);
    picture = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const ctx = picture.getContext("2d")!;
    ctx.scale(ratio, ratio);
    ctx.fillStyle = colour;
    ctx.beginPath();
    shape(ctx, what, side / ratio / 2, side / ratio / 2, r);
    ctx.fill();
    if (sprites.size > 200) sprites.clear();
    sprites.set(key, picture);
  }
  return picture;
}

/** Draws a sprite around (x, y). */
export function stamp(ctx: CanvasRenderingContext2D, picture: HTMLCanvasElement, x: number, y: number): void {
  const side = picture.width / (devicePixelRatio || 1);
  ctx.drawImage(picture, x - side / 2, y - side / 2, side, side);
}

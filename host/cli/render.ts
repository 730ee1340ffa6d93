// Draws a scene as lines of text: a pure function of the scene and the size of the terminal.
//
//   head      what runs, virtual time, pace, violations
//   lanes     device x time: one glyph per tick
//   commits   the last blocks      sensors  a sparkline per mote      ledger  balances and supply      keys
//
// Rule: no line is wider than `columns` and there are never more than `rows`; without colour no escape byte is written.

import kleur from "kleur";
import { Mark, type Gauge, type Lane, type Scene } from "./scene.ts";

export interface Look {
  columns: number;
  rows: number;
  colour: boolean;
  /** False on terminals without UTF-8. */
  unicode: boolean;
}

type Style = "" | "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "blue";
type Span = [Style, string];

const STYLES: Record<Mark, Style> = {
  [Mark.idle]: "dim",
  [Mark.down]: "red",
  [Mark.vote]: "",
  [Mark.start]: "blue",
  [Mark.nullify]: "yellow",
  [Mark.propose]: "cyan",
  [Mark.commit]: "green",
};
const GLYPHS = { unicode: "·░•↑✗█◆", plain: ".x:^!#P" };
const BARS = { unicode: "▁▂▃▄▅▆▇█", plain: "_.-=+*%@" };

/** `1 device`, `2 devices`. */
export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Virtual time as minutes, seconds and tenths. */
export function clock(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const minutes = Math.floor(tenths / 600);
  return `${String(minutes).padStart(2, "0")}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

/** Thousandths as a decimal with two places. */
export const decimal = (thousandths: number): string => (thousandths / 1000).toFixed(2);

/** Joins spans into one line of at most `columns` cells. */
function line(look: Look, spans: Span[]): string {
  let room = look.columns;
  let out = "";
  for (const [style, text] of spans) {
    const shown = [...text].slice(0, room).join("");
    room -= [...shown].length;
    out += look.colour && style && shown ? kleur[style](shown) : shown;
  }
  return out;
}

/** One glyph per tick, equal neighbours as one span. */
function ticks(lane: Lane, width: number, look: Look): Span[] {
  const glyphs = [...(look.unicode ? GLYPHS.unicode : GLYPHS.plain)];
  const spans: Span[] = [];
  for (const mark of lane.marks.slice(-width)) {
    const last = spans.at(-1);
    if (last && last[0] === STYLES[mark]) last[1] += glyphs[mark];
    else spans.push([STYLES[mark], glyphs[mark]]);
  }
  return spans;
}

function head(scene: Scene, look: Look): string[] {
  const bad = scene.violations.length;
  const state = scene.paused ? "paused" : `x${scene.pace.toFixed(1)}`;
  const split = scene.split ? "  radio split in two" : "";
  return [
    line(look, [
      ["bold", "Synod"],
      ["", `  ${scene.title}  ${clock(scene.now)}  `],
      [scene.paused ? "yellow" : "dim", state],
      ["yellow", split],
      [bad ? "red" : "green", `  ${plural(bad, "violation")}`],
    ]),
    "",
  ];
}

const LEFT = 34; // cells in front of a lane's ticks

/** Blocks by which a device may be late without anybody having to be told. */
const LATE = 16;

/** In a word, how a device is doing; `top` is the height of the one that is furthest. */
function stateOf(lane: Lane, top: number): [string, Style] {
  if (!lane.up) return ["killed", "red"];
  if (lane.side) return [`side ${lane.side}`, "yellow"];
  return lane.height + LATE < top ? ["behind", "yellow"] : [lane.member ? "member" : "up", "green"];
}

function lanes(scene: Scene, look: Look, most: number): string[] {
  const width = Math.max(8, look.columns - LEFT - 1);
  const step = `${plural(scene.tickMs / 1000, "second")} a column, newest right`;
  const out = [line(look, [["dim", `${"device  state    height   view".padEnd(LEFT)}${step}`]])];
  const star = look.unicode ? "★" : "*";
  const top = Math.max(...scene.lanes.map(({ height }) => height));
  scene.lanes.slice(0, most).forEach((lane, i) => {
    const [state, style] = stateOf(lane, top);
    out.push(
      line(look, [
        ["bold", `${String(i).padStart(4)} `],
        ["yellow", lane.leader ? star : " "],
        [style, `  ${state.padEnd(8).slice(0, 8)}`],
        ["", `${String(lane.height).padStart(7)}${String(lane.view).padStart(7)}`.padEnd(LEFT - 16)],
        ...ticks(lane, width, look),
      ]),
    );
  });
  if (scene.lanes.length > most) out.push(line(look, [["dim", `     and ${scene.lanes.length - most} more`]]));
  return out;
}

function legend(look: Look): string {
  const glyphs = [...(look.unicode ? GLYPHS.unicode : GLYPHS.plain)];
  const star = look.unicode ? "★" : "*";
  const key = (mark: Mark, word: string): Span[] => [
    [STYLES[mark], `  ${glyphs[mark]}`],
    ["dim", ` ${word}`],
  ];
  return line(look, [
    ["yellow", `     ${star}`],
    ["dim", " leader"],
    ...key(Mark.propose, "proposes"),
    ...key(Mark.vote, "votes"),
    ...key(Mark.nullify, "gives up"),
    ...key(Mark.commit, "commits"),
    ...key(Mark.start, "starts"),
    ...key(Mark.down, "down"),
  ]);
}

function commits(scene: Scene, look: Look, most: number): string[] {
  const out = [line(look, [["dim", "height  digest    leader   txs  readings  transfers  first vote to commit"]])];
  for (const block of scene.commits.slice(-most).reverse())
    out.push(
      line(look, [
        ["green", String(block.height).padStart(6)],
        ["", `  ${block.digest.slice(0, 8)}${String(block.proposer).padStart(8)}${String(block.txs).padStart(6)}`],
        ["", `${String(block.readings).padStart(10)}${String(block.transfers).padStart(11)}`],
        ["", `${String(Math.round(block.ms)).padStart(18)} ms`],
      ]),
    );
  return out;
}

/** Bars between the lowest and the highest value; a labelled event is drawn as ! without colour, else in red. */
export function spark(values: number[], events: boolean[], width: number, look: Look): Span[] {
  const shown = values.slice(-width);
  const labels = events.slice(-width);
  const bars = [...(look.unicode ? BARS.unicode : BARS.plain)];
  const low = Math.min(...shown);
  const range = Math.max(...shown) - low || 1;
  const spans: Span[] = shown.map((value, i) => {
    const bar = bars[Math.min(bars.length - 1, Math.floor(((value - low) / range) * bars.length))];
    if (!labels[i]) return ["cyan", bar];
    return ["red", look.colour ? bar : "!"];
  });
  if (shown.length < width) spans.push(["", " ".repeat(width - shown.length)]);
  return spans;
}

function gauge(each: Gauge, look: Look): string {
  const width = Math.max(8, Math.min(30, Math.floor((look.columns - 52) / 2)));
  const last = (series: number[]): string => (series.length ? decimal(series[series.length - 1]) : "-").padStart(7);
  const event = each.event.at(-1) === true;
  return line(look, [
    ["bold", `${String(each.device).padStart(4)}  `],
    ["dim", each.indoor ? "indoor   " : "outdoor  "],
    ["", `${last(each.temperature)} Cel `],
    ...spark(each.temperature, each.event, width, look),
    ["", `${last(each.humidity)} %RH `],
    ...spark(each.humidity, each.event, width, look),
    ["red", event ? " EVENT" : ""],
  ]);
}

/** What a block costs; no line before that is known. */
function work({ work: of }: Scene, look: Look): string[] {
  if (of === null) return [];
  const busy =
    of.load === null ? "" : `  busy ${Math.round(100 * of.load.lately)} %  ${plural(of.load.overruns, "frame")} lost`;
  const words = [`${of.verified.toFixed(1)} verified`, `${of.hashed.toFixed(0)} hashes`, `${of.sent.toFixed(0)} B sent`, `${of.records.toFixed(1)} flash records`]; // prettier-ignore
  return [line(look, [["dim", `a block and device: ${words.join("  ")}`], ["yellow", busy]])]; // prettier-ignore
}

function ledger(scene: Scene, look: Look): string[] {
  const { blocks, readings, transfers, supply, balances, violations } = scene;
  const sums = `${plural(blocks, "block")}  ${plural(readings, "reading")}  ${plural(transfers, "transfer")}`;
  const words = ["balances", ...balances.map((balance, i) => `${i}:${balance}`)];
  // Whole balances or none: half a number would be another number.
  let shown = "";
  for (const word of words) if (shown.length + word.length + 1 <= look.columns) shown += `${word} `;
  return [
    line(look, [
      ["", sums],
      ["dim", supply ? `  supply ${supply}` : ""],
    ]),
    line(
      look,
      violations.length
        ? [["red", violations[violations.length - 1]]]
        : [["dim", balances.length ? shown.trimEnd() : ""]],
    ),
  ];
}

/** The whole screen. Lanes come first, keys last; commits and sensors get the rows that remain. */
export function render(scene: Scene, look: Look): string[] {
  const keys = "0-9 kill or restart a device   s split the radio   h heal   p pause   q quit";
  const { dashboard, notice } = scene;
  const last: Span[] = [
    ["bold", dashboard && `dashboard ${dashboard}`],
    ["yellow", notice && `${dashboard && "   "}${notice}`],
  ];
  const foot = [
    ...work(scene, look),
    ...ledger(scene, look),
    line(look, [["dim", keys]]),
    ...(dashboard || notice ? [line(look, last)] : []),
  ];
  const sensors = scene.gauges.map((each) => gauge(each, look));
  const fixed = 2 + 1 + 1 + 1 + foot.length; // head, title and legend of the lanes, one gap, foot
  const most = Math.max(1, Math.min(scene.lanes.length, look.rows - fixed - 1));
  const out = [...head(scene, look), ...lanes(scene, look, most), legend(look), ""];
  let room = look.rows - out.length - foot.length;
  if (sensors.length && room > sensors.length + 3) room -= sensors.length + 1;
  else sensors.length = 0;
  if (room >= 3) out.push(...commits(scene, look, Math.min(room - 2, 10)), "");
  if (sensors.length) out.push(...sensors, "");
  return [...out, ...foot].slice(0, look.rows);
}

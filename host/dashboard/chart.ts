// The charts: how long blocks take, what is on the air, what it costs, what the sensors say. uPlot draws; this file gives it numbers.
//
//   latency of each block · bytes on air per second · work per block and device · sensor values by channel
//
// All show the stretch of time before the moment shown. Rule: an event that the recording labels is a band, a value that this page
// finds far from its neighbours a ring and called so; neither changes the line.

import { Component } from "preact";
import { h, type VNode } from "./element.ts";
import uPlot from "uplot";
import type { Counters } from "../device/counters.ts";
import * as label from "./label.ts";
import * as look from "./look.ts";
import { colours } from "./meshview.ts";
import type { Model } from "./model.ts";
import * as page from "./page.ts";
import { above } from "./store.ts";

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly data: uPlot.AlignedData;
  readonly names: readonly string[];
  readonly kind: "points" | "bars" | "lines";
  /** Stretches to shade, in seconds, each with the line that it belongs to. */
  readonly bands?: readonly (readonly [from: number, to: number, line: number])[];
  readonly odd?: readonly (readonly boolean[])[];
}

const CHANNELS = [
  ["Temperature", "°C"],
  ["Humidity", "% RH"],
];
/** Points of a line that are drawn at most. */
const MOST = 1500;

/** The stretch that charts show, in seconds: that of the lanes, but not less than twenty seconds. */
function stretch(): [from: number, to: number] {
  const to = page.clock.atUs / 1e6;
  return [Math.max(0, to - Math.max(20, page.spanUs.value / 1e6)), to];
}

function latency(model: Model, from: number, to: number): Plot {
  const { blocks } = model.history.entries;
  const [x, y]: [number[], number[]] = [[], []];
  for (let i = blocks.length - 1; i >= 0 && blocks[i].atUs >= from * 1e6 && x.length < MOST; i--) {
    const { atUs, executedUs, votedUs } = blocks[i];
    const doneUs = executedUs || atUs;
    if (votedUs === 0 || doneUs > to * 1e6) continue;
    x.push(doneUs / 1e6);
    y.push((doneUs - votedUs) / 1000);
  }
  x.reverse();
  y.reverse();
  const board = (model.header.options.board as { name?: string } | undefined)?.name;
  const unit = board ? `ms, derived for ${board}` : "ms";
  const of = { id: "latency", title: "Commit latency", unit, names: ["first vote to commit"] };
  return { ...of, data: [x, y], kind: "points" };
}

function perSecond(from: number, to: number, of: (second: number) => number | null): uPlot.AlignedData {
  const x: number[] = [];
  const y: (number | null)[] = [];
  for (let second = Math.max(Math.floor(from), Math.floor(to) - MOST); second < Math.floor(to); second++) {
    x.push(second + 0.5);
    y.push(of(second));
  }
  return [x, y];
}

function air({ history }: Model, from: number, to: number): Plot {
  const data = perSecond(from, to, (second) => history.bytes.of(second) / 1000);
  return { id: "air", title: "On the air", unit: "kB/s", names: ["bytes per second"], data, kind: "bars" };
}

/** What a block costs a device: title, unit, counters. */
const WORK = [
  ["Signatures verified", "", "verified"],
  ["Hashed", "blocks of SHA-256", "sha256Blocks"],
  ["Sent", "B", "bytesOut"],
  ["Flash records", "", "flashRecords"],
] as const;
/** Seconds that are taken together, since a slow block takes longer than one. */
const TOGETHER = 10;

function work({ history: { counted } }: Model, from: number, to: number): Plot[] {
  const sum = (name: keyof Counters, second: number): number => {
    let all = 0;
    for (let i = 0; i < TOGETHER; i++) all += counted[name].of(second - i);
    return all;
  };
  return WORK.map(([title, unit, name]) => {
    const data = perSecond(from, to, (second) => {
      const blocks = sum("blocksDone", second);
      return blocks > 0 ? sum(name, second) / blocks : null;
    });
    const per = `${unit} per block and device`.trim();
    return { id: name, title, unit: per, names: [per], data, kind: "bars" };
  });
}

/** Values of one channel of all devices, on one time axis. */
function sensors(model: Model, channel: number, from: number, to: number): Plot | null {
  const lines: { device: number; at: number[]; value: number[] }[] = [];
  for (let device = 0; device < model.n; device++) {
    const series = model.history.readings.get(`${device} ${channel}`);
    if (series === undefined) continue;
    const end = above(series.at, to * 1e6);
    const begin = Math.max(above(series.at, from * 1e6 - 1), end - MOST);
    if (end > begin) lines.push({ device, at: series.at.slice(begin, end), value: series.value.slice(begin, end) });
  }
  if (lines.length === 0) return null;
  const tables = lines.map(({ at, value }): uPlot.AlignedData => [at.map((us) => us / 1e6), value]);
  const pace = label.pace(model.header);
  const bands = lines.flatMap(({ device, at }, i): [number, number, number][] => {
    if (pace === null) return [];
    const all = at.filter((us) => label.labelled(device, us, pace));
    return all.length === 0 ? [] : [[all[0] / 1e6, all[all.length - 1] / 1e6 + pace.intervalMs / 1000, i]];
  });
  const [title, unit] = CHANNELS[channel] ?? [`Channel ${channel}`, ""];
  const names = lines.map(({ device }) => String(device));
  const joined = uPlot.join(tables);
  const odd = lines.map((_, i) => spread(joined[i + 1] as (number | null)[]));
  return { id: `sensor${channel}`, title, unit, names, data: joined, kind: "lines", bands, odd };
}

/** Anomalies of a line with holes, in the places of the line. */
function spread(values: readonly (number | null | undefined)[]): boolean[] {
  const there = values.flatMap((v, i) => (v === null || v === undefined ? [] : [i]));
  const odd = label.anomalies(there.map((i) => values[i] as number));
  const out = new Array<boolean>(values.length).fill(false);
  there.forEach((i, k) => (out[i] = odd[k]));
  return out;
}

function plots(model: Model): Plot[] {
  const [from, to] = stretch();
  const all = [latency(model, from, to), air(model, from, to), ...work(model, from, to)];
  for (let channel = 0; channel < CHANNELS.length; channel++) {
    const plot = sensors(model, channel, from, to);
    if (plot !== null) all.push(plot);
  }
  return all;
}

/** Bands under, rings over the lines. */
function decorate(current: () => Plot): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (u) => {
        const { ctx, bbox } = u;
        for (const [from, to, line] of current().bands ?? []) {
          const [left, right] = [u.valToPos(from, "x", true), u.valToPos(to, "x", true)];
          const [a, b] = [Math.max(bbox.left, left), Math.min(bbox.left + bbox.width, right)];
          if (b <= a) continue;
          ctx.save();
          ctx.globalAlpha = 0.16;
          ctx.fillStyle = look.LINES[line % look.LINES.length];
          ctx.fillRect(a, bbox.top, b - a, bbox.height);
          ctx.globalAlpha = 1;
          ctx.fillStyle = colours().text;
          const late = a > bbox.left + 0.6 * bbox.width;
          ctx.textAlign = late ? "right" : "left";
          ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
          ctx.fillText(
            `labelled event, device ${current().names[line]}`,
            late ? a - 4 : a + 4,
            bbox.top + 10 * devicePixelRatio * (1 + 1.2 * line),
          );
          ctx.restore();
        }
      },
      draw: (u) => {
        const { ctx } = u;
        const { odd = [], data } = current();
        ctx.save();
        ctx.strokeStyle = colours().bad;
        ctx.lineWidth = 1.5 * devicePixelRatio;
        odd.forEach((flags, line) => {
          flags.forEach((is, i) => {
            const value = data[line + 1][i];
            if (!is || value === null || value === undefined) return;
            ctx.beginPath();
            ctx.arc(u.valToPos(data[0][i], "x", true), u.valToPos(value, "y", true), 4 * devicePixelRatio, 0, 7);
            ctx.stroke();
          });
        });
        ctx.restore();
      },
    },
  };
}

class Graph extends Component<{ plot: Plot; theme: number }> {
  #place: HTMLElement | null = null;
  #plot: uPlot | null = null;
  #watch: ResizeObserver | null = null;
  #lines = "";

  override componentDidMount(): void {
    const place = this.#place!;
    this.#watch = new ResizeObserver(() => {
      const { clientWidth: width } = place;
      if (width > 0 && this.#plot !== null && this.#plot.width !== width)
        this.#plot.setSize({ width, height: this.#height() });
    });
    this.#watch.observe(place);
    this.#draw();
  }

  override componentDidUpdate(): void {
    this.#draw();
  }

  override componentWillUnmount(): void {
    this.#watch?.disconnect();
    this.#plot?.destroy();
  }

  render(): VNode {
    return h("div", { class: "graph", ref: (element: HTMLElement | null) => void (this.#place = element) });
  }

  #height(): number {
    return this.props.plot.kind === "lines" ? 128 : 104;
  }

  #draw(): void {
    const { plot, theme } = this.props;
    const lines = `${plot.names.join()} ${theme}`;
    const [min, max] = stretch();
    if (this.#plot === null || lines !== this.#lines) {
      this.#plot?.destroy();
      this.#lines = lines;
      const place = this.#place!;
      this.#plot = new uPlot(this.#options(place.clientWidth || 420), plot.data, place);
    } else this.#plot.setData(plot.data, false);
    this.#plot.batch(() => {
      this.#plot!.setScale("x", { min, max });
    });
  }

  #options(width: number): uPlot.Options {
    const { plot } = this.props;
    const { dim, line } = colours();
    const font = "10px ui-monospace, monospace";
    const axis = { stroke: dim, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    return {
      width,
      height: this.#height(),
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, sync: { key: "synod" }, points: { size: 5 }, drag: { setScale: false } },
      scales: { x: { time: false, auto: false }, y: { range: (_u, low, high) => range(plot.kind, low, high) } },
      axes: [
        { ...axis, size: 20, gap: 2, values: (_u, at) => at.map(clockOf) },
        { ...axis, size: 42, gap: 4, space: 26 },
      ],
      series: [{}, ...plot.names.map((_, i) => this.#series(i))],
      plugins: [decorate(() => this.props.plot)],
    };
  }

  #series(i: number): uPlot.Series {
    const { kind } = this.props.plot;
    const stroke = kind === "lines" ? look.LINES[i % look.LINES.length] : colours().accent;
    if (kind === "points")
      return { stroke, paths: () => null, points: { show: true, size: 4, width: 0, fill: stroke } };
    if (kind === "bars") return { stroke, fill: `${stroke}99`, width: 0, paths: uPlot.paths.bars!({ size: [0.8, 14] }), points: { show: false } }; // prettier-ignore
    return { stroke, width: 1.5, spanGaps: true, points: { show: false } };
  }
}

const clockOf = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(seconds % 1 === 0 ? 0 : 1).padStart(2, "0")}`;

function range(kind: Plot["kind"], low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (kind !== "lines") return [0, Math.max(1, high * 1.12)];
  const room = Math.max(0.05, (high - low) * 0.12);
  return [low - room, high + room];
}

/** The newest value of a line, for the title. */
function latest({ data, names, unit }: Plot): string {
  if (names.length !== 1) return unit;
  const values = data[1];
  for (let i = values.length - 1; i >= 0; i--)
    if (values[i] !== null) return `${(values[i] as number).toFixed(1)} ${unit}`;
  return unit;
}

export function Chart(): VNode {
  page.beat.value;
  const model = page.model.value;
  if (model === null) return h("div", { class: "empty" }, "No tape yet.");
  return h(
    "div",
    { class: "charts" },
    plots(model).map((plot) =>
      h(
        "figure",
        { key: plot.id, "data-plot": plot.id },
        h(
          "figcaption",
          null,
          h("b", null, plot.title),
          h("code", null, latest(plot)),
          plot.kind === "lines" && h("span", null, "device"),
          plot.kind === "lines" && plot.names.map((name, i) => h("span", { key: name, class: "line" }, h("i", { style: { background: look.LINES[i % look.LINES.length] } }), name)), // prettier-ignore
          plot.odd?.some((flags) => flags.includes(true)) && h("span", { class: "odd" }, "○ far from median"),
        ),
        h(Graph, { plot, theme: page.theme.value }),
      ),
    ),
  );
}

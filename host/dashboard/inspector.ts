// The inspector of the selected device: what its own module answers about the page of memory at the moment shown, what it refused,
// how it voted, what it counted, and which of its memory changed.
//
// Rule: state is never read out of the page by address here; the module is asked. Only counters (host/device/counters.ts) and the
// regions of the map (host/wire/map.ts) have addresses.

import { h, type VNode } from "./element.ts";
import * as counters from "../device/counters.ts";
import * as map from "../wire/map.ts";
import * as words from "../wire/words.ts";
import { Canvas } from "./canvas.ts";
import { text } from "./clock.ts";
import { Mark } from "./history.ts";
import * as look from "./look.ts";
import { colours } from "./meshview.ts";
import type { Model } from "./model.ts";
import * as page from "./page.ts";
import * as probe from "./probe.ts";
import { word, type Device } from "./state.ts";
import { above } from "./store.ts";

/** Units of 16 B of the page side by side in the map. */
const COLUMNS = 128;
/** Regions of at least so many bytes have room for their name. */
const NAMED = 0x1800;

function paintMap(ctx: CanvasRenderingContext2D, w: number, height: number): void {
  const model = page.model.peek();
  if (model === null) return;
  const heat = model.pages.heat(page.device.peek(), page.clock.atUs);
  const palette = colours();
  const rows = heat.length / COLUMNS;
  const [cw, ch] = [w / COLUMNS, height / rows];
  map.REGIONS.forEach(([, from, to], i) => {
    ctx.fillStyle = i % 2 === 0 ? palette.line : palette.panel;
    for (let unit = from >> 4; unit < to >> 4;) {
      const [row, column] = [Math.floor(unit / COLUMNS), unit % COLUMNS];
      const n = Math.min(COLUMNS - column, (to >> 4) - unit);
      ctx.fillRect(column * cw, row * ch, n * cw, ch);
      unit += n;
    }
  });
  ctx.fillStyle = palette.hot;
  for (let unit = 0; unit < heat.length; unit++) {
    if (heat[unit] === 0) continue;
    ctx.globalAlpha = 0.25 + 0.75 * heat[unit];
    ctx.fillRect((unit % COLUMNS) * cw, Math.floor(unit / COLUMNS) * ch, Math.max(1, cw), Math.max(1, ch - 0.5));
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.text;
  ctx.strokeStyle = palette.panel;
  ctx.lineWidth = 3;
  ctx.font = "10px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  for (const [name, from, to] of map.REGIONS) {
    if (to - from < NAMED) continue;
    const y = ((from + to) / 2 / 16 / COLUMNS) * ch;
    ctx.strokeText(name, 5, y);
    ctx.fillText(name, 5, y);
  }
}

/** Bytes of each region that the last keyframes changed, most first. */
function changed(heat: Float32Array): string {
  const sums = map.REGIONS.map(([name, from, to]) => {
    let units = 0;
    for (let unit = from >> 4; unit < to >> 4; unit++) if (heat[unit] === 1) units++;
    return { name, bytes: 16 * units };
  });
  const some = sums.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  return some.map(({ name, bytes }) => `${name} ${bytes} B`).join(" · ") || "nothing";
}

const pair = (name: string, value: string | number | bigint): VNode =>
  h("div", { key: name }, h("dt", null, name), h("dd", null, String(value)));

function answers(model: Model, i: number, bytes: Uint8Array): VNode[] {
  const wasm = model.module(i);
  const kid = model.header.kids[i];
  if (wasm === null) return [h("p", { class: "hint" }, "The tape holds no module to ask.")];
  const why = probe.barred(wasm);
  if (why !== null) return [h("p", { class: "hint" }, `This browser does not run the module: ${why}`)];
  const status = probe.status(wasm, bytes);
  if (status === null) return [h("p", { class: "hint" }, "The module gives no status of this page of memory.")];
  const account = probe.account(wasm, bytes, kid);
  const pairs = [
    pair("final height", status.finalHeight),
    pair("executed", status.executedHeight),
    pair("view", status.view),
    pair("final view", status.finalView),
    pair("epoch", status.epoch),
    pair("state root", status.root.slice(0, 16)),
    pair("final block", status.digest.slice(0, 16)),
  ];
  if (account?.found) pairs.push(pair("balance", account.balance), pair("transactions", account.nonce));
  return [h("dl", { "data-answer": "status" }, pairs)];
}

const VOTES: Partial<Record<Mark, string>> = {
  [Mark.propose]: "proposed",
  [Mark.notarize]: "notarized",
  [Mark.finalize]: "finalized",
  [Mark.nullify]: "gave up",
};

function journal(model: Model, i: number): VNode {
  const { at, kind, value } = model.history.marks[i];
  const rows: VNode[] = [];
  for (let k = above(at, page.clock.atUs) - 1; k >= 0 && rows.length < 8; k--) {
    const what = VOTES[kind[k]];
    if (what === undefined) continue;
    rows.push(
      h(
        "li",
        { key: k },
        h("code", null, text(at[k])),
        h("span", { class: `vote v${kind[k]}` }, what),
        `view ${value[k]}`,
      ),
    );
  }
  return h("ol", { class: "list" }, rows);
}

function refusals(model: Model, i: number): VNode {
  const list = model.history.refusals[i]
    .filter(({ atUs }) => atUs <= page.clock.atUs)
    .slice(-4)
    .reverse();
  if (list.length === 0) return h("p", { class: "hint" }, "It refused nothing.");
  return h("ol", { class: "list" }, list.map(({ atUs, reason }) => h("li", { key: atUs, class: "said" }, h("code", null, text(atUs)), h("b", null, reason), words.reason(reason)))); // prettier-ignore
}

function counted(bytes: Uint8Array): VNode {
  const all = counters.read(bytes);
  const per = (word: keyof counters.Counters): string => all.blocksDone > 0 && word !== "blocksDone" ? ` · ${(all[word] / all.blocksDone).toFixed(1)} a block` : ""; // prettier-ignore
  const name = (word: string): string => word.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return h("dl", null, counters.NAMES.map((word) => pair(name(word), all[word].toLocaleString("en") + per(word)))); // prettier-ignore
}

function heading(device: Device, i: number, kid: string, top: number): VNode {
  const dot = h("i", { class: "dot", style: { background: device.up ? look.viewColour(device.view) : "var(--dead)" } });
  const notes = [word(device, top)];
  if (device.observer) notes.push("observer");
  if (device.exposed) notes.push("caught lying");
  if (device.slowMs > 0) notes.push(`sends ${device.slowMs} ms late`);
  if (device.corrupt > 0) notes.push(`${100 * device.corrupt} % of its frames damaged`);
  return h("h3", null, dot, `Device ${i}`, h("code", null, kid), h("span", { class: "hint" }, notes.join(" · ")));
}

export function Inspector(): VNode {
  page.beat.value;
  const [model, state, i] = [page.model.value, page.state(), page.device.value];
  const device = state?.devices[i];
  if (model === null || state === null || device === undefined)
    return h("div", { class: "empty" }, "Select a device: click it in the mesh, or press [ and ].");
  const kept = model.pages.at(i, page.clock.atUs);
  const acts = Object.entries(device.acts).map(([channel, value]) => pair(`actuator ${channel}`, value / 1000));
  const sensed = Object.entries(device.sensed).map(([channel, value]) => pair(`sensor ${channel}`, value / 1000));
  return h(
    "div",
    { class: "inspector" },
    heading(device, i, model.header.kids[i] ?? "", state.height),
    h("h4", null, "State, as its module answers", kept !== null && h("small", null, `page of ${text(kept.atUs)}`)),
    kept === null ? h("p", { class: "hint" }, device.member ? "A member verifies and holds no state: ask a device that votes." : "The tape keeps no page of its memory for this moment.") : answers(model, i, kept.page), // prettier-ignore
    sensed.length + acts.length > 0 && h("dl", null, sensed, acts),
    h("h4", null, "Votes"),
    journal(model, i),
    h("h4", null, "Refusals", h("small", null, `${device.refused} in all`)),
    refusals(model, i),
    h("h4", null, "Memory: what changed", h("small", null, "64 KiB, newest keyframe brightest")),
    h("div", { class: "map" }, h(Canvas, { label: "Heat map of the device's memory", paint: paintMap })),
    h("p", { class: "hint" }, changed(model.pages.heat(i, page.clock.atUs, 1))),
    kept !== null && [h("h4", null, "Counters since power-up"), counted(kept.page)],
  );
}

// The head of the page (what runs, at which moment, how it is) and its foot (time: slider, play, step, speed, edge, fork).
//
// Rule: time of the view is the page's own; the fleet's time (hold, let go, step, speed) is the gateway's and asked for.

import { h, type VNode } from "./element.ts";
import * as act from "./act.ts";
import { text } from "./clock.ts";
import * as page from "./page.ts";
import * as source from "./source.ts";
import * as theme from "./theme.ts";

const SPEEDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16];
/** What one step goes, microseconds; with shift ten of them. */
export const STEP_US = 50_000;

/** Steps through what is recorded; at the edge of a held fleet, lets the fleet live on for a step. */
export function step(by: number): void {
  const m = page.model.peek();
  if (m === null) return;
  const held = page.fleet.peek()?.paused === true && page.online.peek();
  if (by > 0 && held && page.clock.atUs >= m.edgeUs) {
    page.live();
    void act.time({ step: (by * STEP_US) / 1000 });
  } else page.seek(page.clock.atUs + by * STEP_US);
}

/** Holds the fleet, or lets it go. */
export function hold(): void {
  const why = act.why("time");
  if (why !== null) return page.tell(why, true);
  void act.time({ paused: page.fleet.peek()?.paused !== true });
}

/** Plays faster or slower; a fleet at its live edge is made to live so fast. */
export function setSpeed(x: number): void {
  page.setSpeed(x);
  if (page.clock.mode === "live" && act.why("time") === null) void act.time({ speed: x });
}

function choose(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.onchange = () => input.files?.[0] && void source.open(input.files[0]);
  input.click();
}

const stat = (name: string, value: string | number, bad = false): VNode =>
  h("div", { class: `stat${bad ? " bad" : ""}`, "data-stat": name }, h("b", null, value), h("span", null, name));

function whence(): VNode {
  const { header } = page.model.value ?? {};
  const parts = [];
  if (header !== undefined) {
    parts.push(`${header.kind} · ${header.n} devices`);
    if (header.options.members) parts.push(`${header.options.members as number} members`);
    if (header.options.seed !== undefined) parts.push(`seed ${String(header.options.seed)}`);
    if (typeof header.options.engine === "string") parts.push(header.options.engine);
  }
  if (page.origin.value === "file") parts.push(page.file.value);
  return h("span", { class: "whence" }, parts.join(" · "));
}

function connection(): VNode {
  const { origin, online, fleet, mode, model } = page;
  let [word, kind] = ["no fleet", "off"];
  if (origin.value === "file") [word, kind] = ["recorded", "file"];
  else if (online.value && fleet.value?.paused) [word, kind] = ["held", "held"];
  else if (online.value) [word, kind] = mode.value === "live" ? ["live", "live"] : ["running", "live"];
  else if (model.value !== null) [word, kind] = ["connection lost", "off"];
  return h("span", { class: `chip ${kind}`, role: "status" }, h("i", null), word);
}

export function Head(): VNode {
  page.beat.value;
  const state = page.state();
  const up = state?.devices.filter((d) => d.up).length ?? 0;
  return h(
    "header",
    { class: "head" },
    h("h1", null, "Synod"),
    whence(),
    connection(),
    last(),
    h("span", { class: "spacer" }),
    state !== null && [
      stat("height", state.height),
      stat("view", state.view),
      stat("up", `${up}/${state.devices.length}`, up < state.devices.length),
      stat("kB on air", Math.round(state.bytes / 1000).toLocaleString("en")),
      stat("violations", state.violations, state.violations > 0),
    ],
    h("button", { onClick: choose, title: "Open a fleet tape from a file (o), or drop it anywhere" }, "open"),
    h("button", { onClick: theme.toggle, title: "Dark or light (d)", "aria-label": "Dark or light" }, page.theme.value >= 0 && theme.dark() ? "☾" : "☀"), // prettier-ignore
    h("button", { onClick: () => (page.help.value = true), title: "Keys (?)", "aria-label": "Help" }, "?"),
  );
}

function button(label: string, title: string, onClick: () => void, more: object = {}): VNode {
  return h("button", { title, "aria-label": title, onClick, ...more }, label);
}

function slider(): VNode {
  const m = page.model.value!;
  const [from, to] = [Math.min(m.fromUs, m.edgeUs), m.edgeUs];
  const at = page.clock.atUs;
  const done = to > from ? (100 * (at - from)) / (to - from) : 100;
  const onInput = (event: Event): void => page.seek(Number((event.currentTarget as HTMLInputElement).value));
  const ticks = m.history.told.filter(({ atUs }) => atUs >= from);
  const tick = ({ atUs, sentence, broken }: (typeof ticks)[number], i: number): VNode =>
    h("i", { key: i, class: broken ? "broken" : "", title: sentence, style: { left: `${(100 * (atUs - from)) / Math.max(1, to - from)}%` } }); // prettier-ignore
  return h(
    "div",
    { class: "slider" },
    h("div", { class: "ticks", "aria-hidden": true }, ticks.slice(-120).map(tick)),
    h("input", { type: "range", min: from, max: to, step: 1000, value: at, onInput, "aria-label": "Moment shown", "aria-valuetext": text(at), id: "slider", style: { "--done": `${done}%` } }), // prettier-ignore
  );
}

/** What was done or went wrong last before the moment shown. */
function last(): VNode {
  const told = page.model.value?.history.told ?? [];
  let i = told.length - 1;
  while (i >= 0 && told[i].atUs > page.clock.atUs) i--;
  if (i < 0) return h("span", { class: "told" });
  return h(
    "span",
    { class: `told${told[i].broken ? " bad" : ""}` },
    h("code", null, text(told[i].atUs, 1)),
    told[i].sentence,
  );
}

export function Foot(): VNode {
  page.beat.value;
  const m = page.model.value;
  if (m === null) return h("footer", { class: "foot" });
  const playing = page.mode.value !== "paused";
  const live = page.mode.value === "live";
  const file = page.origin.value === "file";
  const [noFork, noTime] = [act.why("fork"), act.why("time")];
  const held = page.fleet.value?.paused === true;
  const options = SPEEDS.map((x) => h("option", { key: x, value: x }, `${x}×`));
  const speed = (event: Event): void => setSpeed(Number((event.currentTarget as HTMLSelectElement).value));
  return h(
    "footer",
    { class: "foot" },
    button(playing ? "❚❚" : "▶", playing ? "Pause what is shown (space)" : "Play (space)", page.toggle, { id: "play" }),
    button("‹", "A step back (←, with shift ten)", () => step(-1)),
    button("›", "A step on (→, with shift ten)", () => step(1)),
    h("select", { value: page.speed.value, onChange: speed, "aria-label": "Speed", title: "Speed" }, options),
    h("code", { class: "now" }, text(page.clock.atUs)),
    slider(),
    h("code", { class: "edge" }, text(m.edgeUs, 1)),
    !file && button("live", "Follow the newest (e)", page.live, { id: "live", "aria-pressed": live }),
    !file && button(held ? "let go" : "hold", noTime ?? (held ? "Let the fleet live on (p)" : "Hold the fleet itself (p)"), hold, { id: "hold", "aria-disabled": noTime !== null }), // prettier-ignore
    button(page.forking.value ? "forking…" : "fork from here", noFork ?? "The same fleet again from this moment on, free to go another way (f)", () => void act.fork(), { id: "fork", class: "primary", "aria-disabled": noFork !== null || page.forking.value }), // prettier-ignore
  );
}

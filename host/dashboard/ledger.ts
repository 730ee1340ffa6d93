// The ledger: newest blocks, newest transactions, all accounts; and of one transaction its way through the fleet, hop by hop.
//
// Rule: lists are short (the newest at the moment shown), so the page holds few elements however long the tape is. Accounts are what
// the module of a running device answers about its page, as in the inspector.

import { h, type VNode } from "./element.ts";
import * as frames from "../../firmware/wire/frame.ts";
import * as words from "../wire/words.ts";
import { hex } from "../device/bytes.ts";
import type { Transaction } from "../client/transaction.ts";
import type { Block, Entry } from "./entries.ts";
import type { Model } from "./model.ts";
import * as page from "./page.ts";
import * as probe from "./probe.ts";

const BLOCKS = 8;
const ENTRIES = 10;
const HOPS = 40;
const TYPES = ["transaction", "transfer", "registration", "readings"];

const ms = (us: number): string => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;

/** Who a key id belongs to: a device's number, or the id itself. */
function who(model: Model, kid: string): string {
  const i = model.header.kids.indexOf(kid);
  return i < 0 ? kid.slice(0, 8) : `device ${i}`;
}

function what(model: Model, content: Transaction | null | undefined, type: number): string {
  if (!content) return TYPES[type] ?? TYPES[0];
  if (content.type === 1) return `${content.amount} to ${who(model, hex(content.subject))}`;
  if (content.type === 2) return `registers ${hex(content.subject, 0, 4)}`;
  const first = content.readings[0];
  const value = `${Number(first.value) / 1000} ${first.unit.replace(/^m/, "")}`;
  return `${content.readings.length} readings, ${first.name} ${value}`;
}

const contentOf = (model: Model, { height, index }: Entry): Transaction | null | undefined =>
  model.history.entries.at(height)?.contents[index];

function table(head: readonly string[], rows: VNode[]): VNode {
  const cells = head.map((word) => h("th", { key: word, scope: "col" }, word));
  return h("table", null, h("thead", null, h("tr", null, cells)), h("tbody", null, rows));
}

function blocks(model: Model, us: number): VNode {
  const list = model.history.entries.blocks;
  const rows: VNode[] = [];
  for (let i = list.length - 1; i >= 0 && rows.length < BLOCKS; i--) {
    const { height, view, proposer, digest, txCount, atUs, executedUs, votedUs, commits } = list[i];
    if (atUs > us) continue;
    const by = commits.reduce((sum, at) => sum + (at > 0 && at <= us ? 1 : 0), 0);
    const took = votedUs > 0 && executedUs > 0 && executedUs <= us ? ms(executedUs - votedUs) : "";
    const cells = [height, digest.slice(0, 8), view, proposer, txCount, took, `${by}/${model.header.n}`];
    rows.push(h("tr", { key: height }, cells.map((cell, k) => h("td", { key: k }, cell)))); // prettier-ignore
  }
  return table(["height", "block", "view", "leader", "txs", "took", "devices"], rows);
}

function fate(entry: Entry, us: number): string {
  const first = entry.executions.reduce((least, at) => (at > 0 && at < least ? at : least), Infinity);
  if (first > us) return "on its way";
  return entry.reason === 0 ? `in ${entry.height}` : words.reasonName(entry.reason);
}

function entries(model: Model, us: number): VNode {
  const { list } = model.history.entries;
  const rows: VNode[] = [];
  for (let i = list.length - 1; i >= 0 && rows.length < ENTRIES; i--) {
    const entry = list[i];
    if (entry.atUs > us) continue;
    const open = (): void => {
      page.transaction.value = entry.id;
      page.changed();
    };
    const id = h("button", { class: "link", onClick: open, "data-tx": entry.id }, entry.id.slice(0, 8));
    const from = entry.kid ? who(model, entry.kid) : entry.by >= 0 ? `device ${entry.by}` : "";
    const cells = [id, from, what(model, contentOf(model, entry), entry.type), fate(entry, us), entry.frames];
    rows.push(h("tr", { key: entry.id }, cells.map((cell, k) => h("td", { key: k, class: k === 2 ? "what" : "" }, cell)))); // prettier-ignore
  }
  return table(["id", "from", "what", "fate", "frames"], rows);
}

function accounts(model: Model, us: number): VNode {
  const state = model.at(us);
  const i = state.devices.findIndex(({ up }, k) => up && model.pages.at(k, us) !== null);
  const kept = i < 0 ? null : model.pages.at(i, us);
  const wasm = i < 0 ? null : model.module(i);
  if (kept === null || wasm === null)
    return h("p", { class: "hint" }, "The tape keeps no page to ask for accounts here.");
  const rows = model.header.kids.map((kid, k) => {
    const account = probe.account(wasm, kept.page, kid);
    const cells = [`device ${k}`, h("code", null, kid), account?.found ? account.balance.toLocaleString("en") : "none", String(account?.nonce ?? "")]; // prettier-ignore
    return h("tr", { key: kid }, cells.map((cell, c) => h("td", { key: c }, cell))); // prettier-ignore
  });
  return table(["account", "key id", "balance", "transactions"], rows);
}

/** One line of the way of a transaction. */
interface Step {
  readonly us: number;
  readonly what: string;
  readonly cost: string;
}

function steps(model: Model, entry: Entry, block: Block | undefined): Step[] {
  const all: Step[] = [];
  if (entry.by >= 0) all.push({ us: entry.submittedUs, what: `submitted at device ${entry.by}`, cost: "" });
  for (const { atUs, device, frame, length, arrivals } of entry.hops.slice(0, HOPS)) {
    const heard = arrivals.flatMap(({ to, delayUs }) => (delayUs === null ? [] : [to]));
    const lost = arrivals.length - heard.length;
    const slowest = arrivals.reduce((most, { delayUs }) => Math.max(most, delayUs ?? 0), 0);
    const to = heard.length === 0 ? "nobody" : heard.length === model.n - 1 ? "all" : heard.join(", ");
    const part = frame === frames.FRAGMENT ? " a fragment" : "";
    const gone = lost > 0 ? `, lost to ${lost}` : "";
    all.push({ us: atUs, what: `device ${device} sends${part} to ${to}${gone}`, cost: `${length} B · ${ms(slowest)}` });
  }
  if (block !== undefined) {
    if (block.votedUs > 0) all.push({ us: block.votedUs, what: `proposed by device ${block.proposer} at height ${block.height}, view ${block.view}`, cost: `${block.txCount} tx` }); // prettier-ignore
    all.push({ us: block.atUs, what: `block ${block.digest.slice(0, 8)} is final`, cost: "" });
  }
  entry.executions.forEach((us, i) => {
    if (us > 0) all.push({ us, what: `device ${i} executes it: ${words.reasonName(entry.reason)}`, cost: "" });
  });
  return all.sort((a, b) => a.us - b.us);
}

function way(model: Model, entry: Entry, us: number): VNode {
  const block = model.history.entries.at(entry.height);
  const all = steps(model, entry, block).filter((step) => step.us <= us);
  const beganUs = entry.by >= 0 ? entry.submittedUs : entry.atUs;
  const done = [...entry.executions].filter((at) => at > 0 && at <= us);
  const close = (): void => {
    page.transaction.value = "";
    page.changed();
  };
  const costs = [`${entry.frames} ${entry.frames === 1 ? "frame" : "frames"}`, `${entry.bytes.toLocaleString("en")} B`];
  if (done.length > 0) costs.push(`${ms(Math.min(...done) - beganUs)} to the first device`, `${ms(Math.max(...done) - beganUs)} to the last of ${done.length}`); // prettier-ignore
  const rows = all.map(
    (step, i) =>
    h("tr", { key: i, onClick: () => page.seek(step.us) }, h("td", null, `+${ms(step.us - beganUs)}`), h("td", { class: "what" }, step.what), h("td", null, step.cost)), // prettier-ignore
  );
  return h(
    "div",
    { class: "way", "data-way": entry.id },
    h("h3", null, "Transaction", h("code", null, entry.id), h("button", { class: "link", onClick: close, title: "Back to the ledger (Esc)" }, "back")), // prettier-ignore
    h("p", null, what(model, contentOf(model, entry), entry.type), ` — ${fate(entry, us)}`),
    entry.reason !== 0 && h("p", { class: "hint" }, words.reason(entry.reason)),
    h("p", { class: "costs" }, costs.join(" · ")),
    table(["after", "what", "cost"], rows),
  );
}

/** The moment that the rows show while a pointer is over them: what it aims at does not move away. */
let heldUs = Infinity;
const hold = (us: number) => (): void => {
  heldUs = us;
  page.changed();
};

/** When the ledger goes, so does what was held; one function, or each drawing would count as another. */
const gone = (element: unknown): void => void (element === null && (heldUs = Infinity));

export function Ledger(): VNode {
  page.beat.value;
  const [model, state] = [page.model.value, page.state()];
  if (model === null || state === null) return h("div", { class: "empty" }, "No tape yet.");
  const us = Math.min(page.clock.atUs, heldUs);
  const chosen = model.history.entries.all.get(page.transaction.value);
  if (chosen !== undefined) return h("div", { class: "ledger" }, way(model, chosen, us));
  const sums = `${state.done} executed, ${state.failed} of them refused · supply ${state.supply.toLocaleString("en")}`;
  const held = {
    onPointerEnter: hold(page.clock.atUs),
    onPointerLeave: hold(Infinity),
    ref: gone,
  };
  return h(
    "div",
    { class: "ledger", ...held },
    h(
      "h4",
      null,
      "Blocks",
      h("small", null, us < page.clock.atUs ? "still, under the pointer" : `height ${state.height}`),
    ),
    blocks(model, us),
    h("h4", null, "Transactions", h("small", null, sums)),
    entries(model, us),
    h("h4", null, "Accounts"),
    accounts(model, us),
  );
}

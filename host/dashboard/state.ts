// What is true of a fleet at one moment, as far as its tape has told: a plain value that facts change one by one.
//
//   State   devices[]  up, view, height, leader, side, liar, last vote, counts
//           totals     frames, bytes, blocks, transactions, deeds, violations
//
// Rule: apply(state, fact) looks at nothing but its arguments, so a copy plus the facts after it is the state at any later time.

import * as events from "../device/event.ts";
import * as fleet from "../tape/fleet.ts";

export interface Device {
  /** False until the tape said anything of it. */
  known: boolean;
  up: boolean;
  /** Why it went up or down, in the fleet's word. */
  why: string;
  sinceUs: number;
  view: number;
  height: number;
  executed: number;
  observer: boolean;
  /** It belongs to the cell without a vote. */
  member: boolean;
  /** Side of a split, from 1; 0 while the radio is whole. */
  side: number;
  /** It was told to lie, or was one from the start. */
  liar: boolean;
  /** Somebody holds two votes of it that contradict each other. */
  exposed: boolean;
  slowMs: number;
  corrupt: number;
  /** Its last vote. */
  vote: events.Vote | "";
  voteView: number;
  frames: number;
  bytes: number;
  refused: number;
  /** Last sensor value by channel, thousandths. */
  sensed: Record<number, number>;
  /** Last actuator value by channel, thousandths. */
  acts: Record<number, number>;
}

export interface State {
  atUs: number;
  devices: Device[];
  /** Highest view that any device entered, and who leads it. */
  view: number;
  leader: number;
  height: number;
  executed: number;
  supply: bigint;
  split: boolean;
  frames: number;
  bytes: number;
  lost: number;
  submitted: number;
  /** Transactions executed, each once, and those of them that were refused then. */
  done: number;
  failed: number;
  lastResult: number;
  deeds: number;
  violations: number;
}

/** How a device is doing, in a word. */
export function word(device: Device, top: number): string {
  if (!device.known) return "unknown";
  if (!device.up) return device.why === "killed" ? "killed" : `down: ${device.why}`;
  if (device.liar) return "liar";
  if (device.side > 0) return `side ${device.side}`;
  return device.height + 16 < top ? "behind" : device.member ? "member" : "up";
}

/** n devices of which nothing is known. */
export function create(n: number): State {
  const devices = Array.from({ length: n }, (): Device => {
    const of = {
      view: 0,
      height: 0,
      executed: 0,
      observer: false,
      member: false,
      side: 0,
      liar: false,
      exposed: false,
    };
    const sums = { slowMs: 0, corrupt: 0, vote: "" as const, voteView: 0, frames: 0, bytes: 0, refused: 0 };
    return { known: false, up: false, why: "", sinceUs: 0, ...of, ...sums, sensed: {}, acts: {} };
  });
  const ledger = { supply: 0n, submitted: 0, done: 0, failed: 0, lastResult: -1 };
  const air = { split: false, frames: 0, bytes: 0, lost: 0 };
  return { atUs: 0, devices, view: 0, leader: -1, height: 0, executed: 0, ...ledger, ...air, deeds: 0, violations: 0 };
}

export function copy(state: State): State {
  const devices = state.devices.map((d) => ({ ...d, sensed: { ...d.sensed }, acts: { ...d.acts } }));
  return { ...state, devices };
}

/** Liars from the start, as the header of a simulated fleet names them. */
function villains(header: fleet.Header): number[] {
  const list = header.options.villains;
  return Array.isArray(list)
    ? list.map((v: { device?: unknown }) => v?.device).filter((d) => typeof d === "number")
    : [];
}

/** A fresh state for the fleet that a header describes. */
export function begin(header: fleet.Header): State {
  const state = create(fleet.devices(header));
  for (const device of state.devices.slice(header.n)) device.member = true;
  for (const device of villains(header)) if (device < header.n) state.devices[device].liar = true;
  return state;
}

function deed(state: State, { deed }: Extract<fleet.Fact, { type: typeof fleet.DEED }>): void {
  state.deeds++;
  if (deed.do === "heal") for (const d of state.devices) d.side = 0;
  if (deed.do === "split") {
    state.devices.forEach((d, i) => {
      const side = deed.groups.findIndex((group) => group.includes(i));
      d.side = side < 0 ? deed.groups.length + i + 1 : side + 1;
    });
  }
  if (deed.do === "heal" || deed.do === "split") state.split = deed.do === "split";
  const of = "device" in deed ? state.devices[deed.device] : undefined;
  if (of === undefined) return;
  if (deed.do === "lie") of.liar = true;
  else if (deed.do === "slow") of.slowMs = deed.ms;
  else if (deed.do === "corrupt") of.corrupt = deed.rate;
}

function said(state: State, device: Device, event: events.DeviceEvent): void {
  if (event.kind === "view") {
    device.view = event.view;
    if (event.view >= state.view) [state.view, state.leader] = [event.view, event.leader];
  } else if (event.kind === "trusted") [device.height, device.view] = [event.height, event.view];
  else if (event.kind === "voted") [device.vote, device.voteView] = [event.vote, event.view];
  else if (event.kind === "commit") {
    device.height = event.height;
    state.height = Math.max(state.height, event.height);
  } else if (event.kind === "executed") {
    device.executed = event.height;
    state.executed = Math.max(state.executed, event.height);
    state.supply = event.supply;
  } else if (event.kind === "recovered") {
    device.height = event.finalHeight;
    device.executed = event.executedHeight;
    device.view = event.view;
    device.observer = event.observer;
  } else if (event.kind === "refused") device.refused++;
  else if (event.kind === "reading") device.sensed[event.channel] = Number(event.value);
  else if (event.kind === "submitted") state.submitted++;
  else if (event.kind === "evidence" && state.devices[event.signer]) state.devices[event.signer].exposed = true;
  else if (event.kind === "result" && event.height * 65536 + event.index > state.lastResult) {
    state.lastResult = event.height * 65536 + event.index;
    state.done++;
    if (event.reason !== 0) state.failed++;
  }
}

/** Changes the state by one fact. `event` is the decoded event of a SAID fact, when the caller has it. */
export function apply(state: State, fact: fleet.Fact, event?: events.DeviceEvent): void {
  if (fact.type === fleet.FLEET || fact.type === fleet.MODULE) return;
  state.atUs = Math.max(state.atUs, fact.atUs);
  if (fact.type === fleet.DEED) return deed(state, fact);
  if (fact.type === fleet.BROKEN) state.violations++;
  if (!("twin" in fact)) return;
  const device = state.devices[fact.device];
  if (device === undefined) return;
  if (fact.type === fleet.SENT) {
    state.frames++;
    state.bytes += fact.length;
    device.frames++;
    device.bytes += fact.length;
    for (const { delayUs } of fact.arrivals) if (delayUs === null) state.lost++;
  }
  if (fact.twin) return;
  if (fact.type === fleet.POWER) {
    [device.known, device.up, device.why, device.sinceUs] = [true, fact.on, fact.why, fact.atUs];
    return;
  }
  // After a GAP the power-up itself may be lost: a device that does anything is up.
  if (!device.known) [device.known, device.up, device.why, device.sinceUs] = [true, true, "start", fact.atUs];
  if (fact.type === fleet.SAID) said(state, device, event ?? events.decode(fact.kind, fact.bytes));
  else if (fact.type === fleet.ACT) device.acts[fact.channel] = Number(fact.value);
}

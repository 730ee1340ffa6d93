// Where the tape comes from: the gateway that served the page, as a stream, or a file that was dropped on it.
//
//   fetch("/tape") ── pieces ──> Stream ──> Model      ends after a fork or with the fleet: asked for again, a new Model
//   dropped file   ── slices ──> Stream ──> Model      no server needed
//
// Rule: the page shows what the tape says and asks the gateway for nothing that the tape says too.

import { batch } from "@preact/signals";
import * as fleet from "../tape/fleet.ts";
import { Stream } from "../tape/stream.ts";
import * as act from "./act.ts";
import { Model } from "./model.ts";
import * as page from "./page.ts";

const SLICE = 1024 * 1024;
const AGAIN_MS = 700;
/** Longest time that a piece of tape is worked on before the page may draw. */
const BUSY_MS = 12;

let reading: AbortController | null = null;

/** A stream that fills a new model, which is shown as soon as its header came. */
function stream(origin: page.Origin): { stream: Stream; model: () => Model | null } {
  let model: Model | null = null;
  const sink = (type: number, payload: Uint8Array): void => {
    if (type === fleet.FLEET && model === null) {
      const fact = fleet.decode(type, payload);
      if (fact?.type === fleet.FLEET) show((model = new Model(fact.header)), origin);
    }
    model?.push(type, payload);
  };
  return { stream: new Stream(sink), model: () => model };
}

function show(model: Model, origin: page.Origin): void {
  batch(() => {
    page.model.value = model;
    page.origin.value = origin;
    page.clock.reset(0);
    page.clock.mode = origin === "gateway" ? "live" : "paused";
    if (page.device.value >= model.n) page.device.value = 0;
    page.transaction.value = "";
    page.changed();
  });
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Feeds bytes to a stream in slices, so that the page stays alive while much comes at once. */
async function feed(into: Stream, bytes: Uint8Array): Promise<void> {
  let began = performance.now();
  for (let p = 0; p < bytes.length; p += SLICE / 4) {
    into.push(bytes.subarray(p, p + SLICE / 4));
    if (performance.now() - began < BUSY_MS) continue;
    page.changed();
    await pause(0);
    began = performance.now();
  }
}

/** Follows the gateway's tape for as long as the page lives, or until a file is dropped. */
export async function follow(): Promise<void> {
  reading?.abort();
  const mine = (reading = new AbortController());
  while (!mine.signal.aborted) {
    try {
      await once(mine.signal);
    } catch (error) {
      if (error instanceof act.Refusal) page.tell(error.message, true);
    }
    if (mine.signal.aborted) return;
    page.online.value = false;
    page.changed();
    await pause(AGAIN_MS);
  }
}

async function once(signal: AbortSignal): Promise<void> {
  const response = await fetch("/tape", { headers: act.headers(), signal, cache: "no-store" });
  if (!response.ok || response.body === null) throw await act.refusal(response);
  page.online.value = true;
  void act.look();
  const { stream: into, model } = stream("gateway");
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    await feed(into, piece.value);
    const m = model();
    if (m !== null) page.clock.arrived(m.edgeUs, performance.now());
    page.changed();
  }
}

/** Shows a tape that was dropped or chosen. */
export async function open(file: File): Promise<void> {
  reading?.abort();
  page.file.value = file.name;
  page.online.value = false;
  page.fleet.value = null;
  const { stream: into, model } = stream("file");
  try {
    for (let p = 0; p < file.size; p += SLICE)
      await feed(into, new Uint8Array(await file.slice(p, p + SLICE).arrayBuffer()));
  } catch (error) {
    return page.tell(`${file.name}: ${(error as Error).message}.`, true);
  }
  const m = model();
  if (m === null)
    return page.tell(`${file.name} is the tape of one device or of none, not that of a fleet (synod tape).`, true);
  if (into.waiting > 0) page.tell(`${file.name} breaks off inside a record; what is whole is shown.`);
  page.clock.atUs = m.edgeUs;
  page.changed();
}

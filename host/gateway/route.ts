// What can be asked of the gateway, path by path.
//
//   GET /                     the dashboard            GET /tape[?live=0]            the fleet's tape, then as it grows
//   GET /fleet                what runs, and how       GET /state/TOPIC[/WHO][?device=0]   a device's answer, its proof verified
//   POST /deed                a deed is done           POST /tx[?device=0]           a signed transaction is submitted
//   POST /time                pause, speed, step       POST /fork                    back to a time, to go another way
//
// Rule: what changes the fleet is a POST with a content type that no page of another site can send unasked.

import * as request from "../../firmware/wire/request.ts";
import * as client from "../client/client.ts";
import { fromHex, hex } from "../device/bytes.ts";
import * as deeds from "../tape/deed.ts";
import * as query from "../target/query.ts";
import type { Stage } from "../target/stage.ts";
import type { Reply } from "../target/target.ts";
import * as refusal from "../wire/refusal.ts";
import * as words from "../wire/words.ts";
import * as answer from "./answer.ts";
import * as body from "./body.ts";

/** The part of a stage that the gateway uses. */
export type Staged = Pick<
  Stage,
  | "target"
  | "paused"
  | "speed"
  | "generation"
  | "forkable"
  | "onChange"
  | "pause"
  | "resume"
  | "setSpeed"
  | "step"
  | "fork"
>;

export interface Asked {
  /** What the parentheses of the route's path matched. */
  readonly parts: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface Route {
  readonly path: RegExp;
  readonly method: "GET" | "POST";
  /** Parameters that it takes. */
  readonly query: readonly string[];
  /** Of its body. */
  readonly type: string;
  readonly limit: number;
  /** Moves the fleet, so that it waits for no fork and no fork for it. */
  readonly moves: boolean;
  /** `tape` and `page` are answered by the server itself. */
  readonly run: "tape" | "page" | ((stage: Staged, asked: Asked) => unknown);
}

/** The longest step that one request takes, milliseconds of the fleet's time. */
export const STEP_MAX_MS = 60_000;
const JSON_MAX = 4096;
/** Submitted as a request, whose first byte is its kind (firmware/wire/request.ts). */
const TX_MAX = 1535;

const field = (detail: string): refusal.Refused => new refusal.Refused(refusal.DEED_FIELD, detail);

function fleet({ target, paused, speed, generation, forkable }: Staged): object {
  const { kind, n, verbs, nowMs, log } = target;
  const devices = Array.from({ length: target.devices }, (_, device) => ({
    device,
    up: target.up(device),
    kid: log.header?.kids[device] ?? null,
  }));
  const cell = log.header?.cell ?? null;
  return { kind, n, verbs, nowMs, paused, speed, generation, forkable, cell, devices };
}

/** The device that ?device= names; 0 without it. */
function deviceOf({ target }: Staged, { query: parameters }: Asked): number {
  const word = parameters.get("device") ?? "0";
  if (!/^\d{1,3}$/.test(word))
    throw new refusal.Refused(refusal.HTTP_QUERY, `device=${word.slice(0, 40)}: a device is a whole number`);
  if (Number(word) < target.n) return Number(word);
  throw new refusal.Refused(refusal.DEED_DEVICE, `device ${word} of a fleet of ${target.n}`);
}

function state(stage: Staged, asked: Asked): Promise<object> {
  const [topic, who] = asked.parts;
  const device = deviceOf(stage, asked);
  if (who !== undefined && !/^([0-9a-f]{16}|\d{1,3})$/i.test(who))
    throw new refusal.Refused(
      refusal.HTTP_QUERY,
      `${topic} of whom? A key id of 16 hex digits or the number of a device, not "${who.slice(0, 40)}"`,
    );
  return query.look(stage.target, device, topic as query.Topic, who);
}

const shown = ({ reason, answer: said, submitted }: Reply): object => ({
  reason,
  answer: said === null ? null : hex(said),
  submitted,
});

async function deed({ target }: Staged, { body: bytes }: Asked): Promise<object> {
  const checked = deeds.check(body.object(bytes, null), target.devices);
  if (!target.verbs.includes(checked.do))
    throw new refusal.Refused(
      refusal.DEED_CANNOT,
      `this fleet cannot ${checked.do}; it can ${target.verbs.join(", ")}`,
    );
  const done = deeds.sentence(checked);
  if (checked.do === "request")
    return { done, reply: shown(await target.request(checked.device, fromHex(checked.hex))) };
  await target.do(checked);
  return { done };
}

async function tx(stage: Staged, asked: Asked): Promise<object> {
  const device = deviceOf(stage, asked);
  if (asked.body.length === 0) throw new refusal.Refused(refusal.HTTP_SIZE, "a transaction has more than no bytes");
  const { reason, submitted } = await stage.target.request(device, query.asked(request.SUBMIT, asked.body));
  return { id: submitted ?? hex(client.id(asked.body)), reason, sentence: words.reason(reason) };
}

async function time(stage: Staged, { body: bytes }: Asked): Promise<object> {
  const { paused, speed, step } = body.object(bytes, ["paused", "speed", "step"]);
  if ((paused ?? speed ?? step) === undefined)
    throw field(`nothing to do: {"paused"?: bool, "speed"?: x, "step"?: ms}`);
  if (paused !== undefined && typeof paused !== "boolean") throw field(`"paused" is true or false`);
  if (speed !== undefined && speed !== null && typeof speed !== "number")
    throw field(`"speed" is a number, or null for as fast as it goes`);
  if (step !== undefined && !(typeof step === "number" && step > 0 && step <= STEP_MAX_MS))
    throw field(`"step" is a number of milliseconds up to ${STEP_MAX_MS}`);
  if (step !== undefined && paused === false) throw field(`a step pauses: not "paused": false with it`);
  if (speed !== undefined) stage.setSpeed((speed as number | null) ?? Infinity);
  if (paused === true) stage.pause();
  if (paused === false) stage.resume();
  if (step !== undefined) await stage.step(step as number);
  return fleet(stage);
}

async function fork(stage: Staged, { body: bytes }: Asked): Promise<object> {
  const { atUs } = body.object(bytes, ["atUs"]);
  if (!Number.isSafeInteger(atUs) || (atUs as number) < 0) throw field(`"atUs" is a whole number of microseconds`);
  await stage.fork(atUs as number);
  return fleet(stage);
}

const get = (path: RegExp, run: Route["run"], parameters: readonly string[] = []): Route => ({
  path,
  method: "GET",
  query: parameters,
  type: "",
  limit: 0,
  moves: path.source.includes("state"),
  run,
});

const post = (path: RegExp, run: Route["run"], parameters: readonly string[] = []): Route => ({
  path,
  method: "POST",
  query: parameters,
  type: run === tx ? "application/cose" : "application/json",
  limit: run === tx ? TX_MAX : JSON_MAX,
  moves: true,
  run,
});

// prettier-ignore
export const ROUTES: readonly Route[] = [
  get(/^\/$/, "page"),
  get(/^\/tape$/, "tape", ["live"]),
  get(/^\/fleet$/, fleet),
  get(/^\/state\/(status)$/, state, ["device"]),
  get(/^\/state\/(account|key|readings)\/([^/]*)$/, state, ["device"]),
  post(/^\/deed$/, deed),
  post(/^\/tx$/, tx, ["device"]),
  post(/^\/time$/, time),
  post(/^\/fork$/, fork),
];

/** Methods that a route answers. */
export const methods = ({ method, run }: Route): string[] =>
  method === "GET" && run !== state ? ["GET", "HEAD", "OPTIONS"] : [method, "OPTIONS"];

export interface Found {
  readonly route: Route;
  readonly parts: readonly string[];
  readonly query: ReadonlyMap<string, string>;
}

/** The route of a request target (RFC 9112 3.2.1, origin form). Throws Refused HTTP_PATH or HTTP_QUERY. */
export function find(url: string): Found {
  const [path, ...rest] = url.split("?");
  const shownPath = path.slice(0, 80);
  for (const route of ROUTES) {
    const match = route.path.exec(path);
    if (match === null) continue;
    const parameters = new URLSearchParams(rest.join("?"));
    for (const name of parameters.keys())
      if (!route.query.includes(name) || parameters.getAll(name).length > 1)
        throw new refusal.Refused(
          refusal.HTTP_QUERY,
          `${shownPath} takes ${route.query.length === 0 ? "no parameters" : route.query.join(", ")}, once each, not "${name.slice(0, 40)}"`,
        );
    return { route, parts: match.slice(1), query: new Map(parameters) };
  }
  throw new refusal.Refused(refusal.HTTP_PATH, `there is no ${shownPath} here`);
}

/** Is `url` the page? It says nothing of the fleet. */
export const isPage = (url: string | undefined): boolean => url === "/";

/** Refuses a method that the route does not take; the answer names those that it does. */
export function checkMethod(route: Route, method: string): answer.Answer | null {
  const allowed = methods(route);
  if (allowed.includes(method)) return null;
  const detail = `${method.slice(0, 20)} is not for this path; ${allowed.join(", ")} are`;
  return answer.refused(new refusal.Refused(refusal.HTTP_METHOD, detail), { Allow: allowed.join(", ") });
}

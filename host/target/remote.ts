// A fleet that runs elsewhere, behind a gateway (host/gateway/README.md), as a target.
//
//   do, request, advance ── POST ──> gateway          GET /tape ── records as they come ──> Log
//   an answer says up to which byte of the tape it is true (synod-at); it is given when the log has come that far
//
// After a fork, or when the stream broke, another stream begins from the fleet's first record, in another log (onLog).
//
// Rule: whoever asked sees what came of it on the log. Refusals of the gateway keep their number; where nothing answers it is
// TARGET_ABSENT.

import * as http from "node:http";
import { fromHex, hex, u32 } from "../device/bytes.ts";
import type { Deed, Verb } from "../tape/deed.ts";
import * as tape from "../tape/fleet.ts";
import { Log } from "../tape/log.ts";
import * as frame from "../tape/tape.ts";
import * as refusal from "../wire/refusal.ts";
import type { Reply, Target } from "./target.ts";

export interface Options {
  /** The gateway's token; an address that ends with #token=... has it too. */
  readonly token?: string;
}

/** What GET /fleet says. */
export interface Described {
  readonly kind: "sim" | "posix";
  readonly n: number;
  readonly verbs: readonly Verb[];
  readonly nowMs: number;
  readonly paused: boolean;
  /** Fleet seconds per real second; null: as fast as it goes. */
  readonly speed: number | null;
  readonly generation: number;
  readonly forkable: boolean;
  readonly cell: string | null;
  readonly devices: readonly { readonly device: number; readonly up: boolean; readonly kid: string | null }[];
}

/** The most that an answer in JSON has, and a record of a tape: a module, by far. */
const ANSWER_MAX = 1024 * 1024;
const RECORD_MAX = 64 * 1024 * 1024;
/** A connection on which nothing comes for this long is given up; a stream waits without end. */
const SILENT_MS = 120_000;
/** Pauses between attempts to follow the tape again. */
const AGAIN_MS = [10, 50, 200, 500, 1_000];
const REACH_MS = 10_000;
/** The fleet's time must move within this, unless it is paused. */
const STILL_MS = 10_000;
const STEP_MS = 10_000;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const absent = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_ABSENT, detail);

interface Place {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

function place(address: string, given: string | undefined): Place {
  const words = "a gateway's address is like http://127.0.0.1:7777, with #token=... behind it when it asks for one";
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== "http:" || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new refusal.Refused(refusal.TARGET_SHAPE, words);
  const token = given ?? /^#token=(.+)$/.exec(url.hash)?.[1];
  if (url.hash !== "" && token === undefined) throw new refusal.Refused(refusal.TARGET_SHAPE, words);
  return { url: url.origin, headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } };
}

/** Sends a request; the head of its answer. Throws Refused TARGET_ABSENT when nobody answers. */
function send({ url, headers }: Place, path: string, body?: unknown): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const typed =
      text === undefined ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
    const method = text === undefined ? "GET" : "POST";
    const asked = http.request(url + path, { method, agent: false, headers: { ...headers, ...typed } });
    asked.setTimeout(SILENT_MS, () => asked.destroy(new Error("silence")));
    asked.on("error", ({ message }) =>
      reject(absent(`nothing answers at ${url}: ${message}; synod up starts a fleet`)),
    );
    asked.on("response", (response) => {
      if (path === "/tape") asked.setTimeout(0);
      resolve(response);
    });
    asked.end(text);
  });
}

const stranger = ({ url }: Place, detail: string): refusal.Refused =>
  absent(`what answers at ${url} is no gateway of a fleet: ${detail}`);

const numberOf = (response: http.IncomingMessage, name: string): number => Number(response.headers[name] ?? NaN);

/** The JSON of an answer, and up to which byte of the tape it is true. Throws what the gateway refused. */
async function ask<T>(at: Place, path: string, body?: unknown): Promise<{ said: T; tapeAt: number }> {
  const response = await send(at, path, body);
  const said = await jsonOf(at, response);
  if (response.statusCode === 200) return { said: said as T, tapeAt: numberOf(response, "synod-at") };
  throw refusedOf(at, response, said);
}

async function jsonOf(at: Place, response: http.IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > ANSWER_MAX) break;
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    throw stranger(at, `its answer is not JSON (status ${response.statusCode})`);
  } finally {
    response.destroy();
  }
}

function refusedOf(at: Place, { statusCode }: http.IncomingMessage, said: unknown): refusal.Refused {
  const { error, sentence } = (said ?? {}) as { error?: unknown; sentence?: unknown };
  if (Number.isInteger(error) && typeof sentence === "string") return new refusal.Refused(error as number, sentence);
  return stranger(at, `it answers with status ${statusCode}`);
}

/** slice() of a Buffer would be a view. */
const copy = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  Uint8Array.prototype.slice.call(bytes, from, to);

/** Puts a stream of a tape into a log, record by record, however its bytes arrive. */
export class Reader {
  readonly #log: Log;
  /** What came of the next record, and how much of it is worth looking at. */
  #parts: Uint8Array[] = [];
  #length = 0;
  #needed = frame.HEAD;
  #begun = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Throws TapeError when this is no tape. */
  push(bytes: Uint8Array): void {
    this.#parts.push(copy(bytes, 0, bytes.length));
    this.#length += bytes.length;
    if (this.#length < this.#needed) return;
    const all = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    let p = 0;
    if (!this.#begun) frame.take(all.subarray(0, (p = frame.HEAD)));
    this.#begun = true;
    for (;;) {
      this.#needed = 8;
      if (all.length - p < 8) break;
      const length = u32(all, p + 4);
      if (length > RECORD_MAX) throw new frame.TapeError(`a record of ${length} bytes`);
      this.#needed = 8 + ((length + 3) & ~3);
      if (all.length - p < this.#needed) break;
      this.#record(all[p], copy(all, p + 8, p + 8 + length));
      p += this.#needed;
    }
    this.#parts = [copy(all, p, all.length)];
    this.#length = all.length - p;
  }

  #record(type: number, payload: Uint8Array): void {
    if (type === frame.END) return this.#log.end(payload);
    const fact = tape.decode(type, payload);
    if (fact !== null) this.#log.add(fact);
  }
}

export class Remote implements Target {
  readonly kind = "remote";
  readonly #place: Place;
  readonly #listeners = new Set<(log: Log) => void>();
  #fleet: Described | null = null;
  #log = new Log();
  /** Powered or not, as the tape told of each device so far. */
  #power = new Map<number, boolean>();
  #generation = NaN;
  /** Bytes of the gateway's log that are in ours. */
  #tapeAt = 0;
  #arrived = new Set<() => void>();
  #stream: http.IncomingMessage | null = null;
  #following = false;
  #over = false;
  #closed = false;

  private constructor(at: Place) {
    this.#place = at;
  }

  /** The fleet behind the gateway at `address`, with all of its tape so far. Throws Refused. */
  static async connect(address: string, { token }: Options = {}): Promise<Remote> {
    const remote = new Remote(place(address, token));
    try {
      await remote.describe();
      await remote.#follow();
      await remote.describe();
      return remote;
    } catch (error) {
      await remote.close();
      throw error;
    }
  }

  get n(): number {
    return this.#fleet!.n;
  }

  get devices(): number {
    return this.#fleet!.devices.length;
  }

  get verbs(): readonly Verb[] {
    return this.#fleet!.verbs;
  }

  /** The fleet's tape; another one after a fork. */
  get log(): Log {
    return this.#log;
  }

  get nowMs(): number {
    return Math.max(this.#fleet!.nowMs, this.#log.atUs / 1000);
  }

  /** Calls `listener` when another log took the place of `log`; returns what ends that. */
  onLog(listener: (log: Log) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  up(device: number): boolean {
    return this.#power.get(device) ?? this.#fleet!.devices[device]?.up ?? false;
  }

  /** What the gateway says of the fleet now. */
  async describe(): Promise<Described> {
    const fleet = await this.#ask<Described | null>("/fleet");
    if (!Array.isArray(fleet?.devices)) throw stranger(this.#place, "it describes no fleet");
    return (this.#fleet = fleet);
  }

  async do(deed: Deed): Promise<void> {
    await this.#ask("/deed", deed);
  }

  async request(device: number, bytes: Uint8Array): Promise<Reply> {
    type Said = { reply: { reason: number; answer: string | null; submitted: string | null } };
    const { reply } = await this.#ask<Said>("/deed", { do: "request", device, hex: hex(bytes) });
    return { ...reply, answer: reply.answer === null ? null : fromHex(reply.answer) };
  }

  /** Waits until `ms` of the fleet's time have passed there; steps it when it is paused. */
  async advance(ms: number): Promise<void> {
    let { nowMs } = await this.describe();
    const endMs = nowMs + ms;
    let moved = performance.now();
    for (let seenMs = nowMs; nowMs < endMs;) {
      const { paused, speed } = this.#fleet!;
      if (paused) ({ nowMs } = await this.#time({ step: Math.min(STEP_MS, endMs - nowMs) }));
      else {
        await sleep(Math.min(100, 5 + (endMs - nowMs) / (speed ?? 1000)));
        ({ nowMs } = await this.describe());
      }
      if (nowMs > seenMs) [seenMs, moved] = [nowMs, performance.now()];
      else if (performance.now() - moved > STILL_MS)
        throw new refusal.Refused(refusal.FLEET_OVER, `time stands still at ${nowMs} ms behind ${this.#place.url}`);
    }
  }

  /** Pauses, steps, sets the pace of a simulated fleet: POST /time. */
  async #time(change: { readonly step: number }): Promise<Described> {
    return (this.#fleet = await this.#ask<Described>("/time", change));
  }

  /** Leaves it; the fleet goes on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stream?.destroy();
    this.#tell();
  }

  async #ask<T>(path: string, body?: unknown): Promise<T> {
    if (this.#closed) throw new refusal.Refused(refusal.FLEET_OVER, "this connection was closed");
    const { said, tapeAt } = await ask<T>(this.#place, path, body);
    if (this.#stream !== null) await this.#reach(tapeAt);
    return said;
  }

  /** Waits until the log has come to `tapeAt`: no longer than a stream that lives needs. */
  async #reach(tapeAt: number): Promise<void> {
    const log = this.#log;
    const endMs = performance.now() + REACH_MS;
    while (this.#tapeAt < tapeAt && log === this.#log && this.#following && performance.now() < endMs)
      await Promise.race([sleep(100), new Promise<void>((done) => this.#arrived.add(done))]);
  }

  #tell(): void {
    const waiting = [...this.#arrived];
    this.#arrived.clear();
    for (const done of waiting) done();
  }

  /** Opens a stream; resolves when all that lay in the fleet's tape is in the log. */
  async #follow(): Promise<void> {
    const response = await send(this.#place, "/tape");
    if (response.statusCode !== 200) throw refusedOf(this.#place, response, await jsonOf(this.#place, response));
    const [generation, length] = [numberOf(response, "synod-generation"), numberOf(response, "synod-length")];
    if (Number.isNaN(generation + length)) {
      response.destroy();
      throw stranger(this.#place, "its tape says no length");
    }
    if (generation === this.#generation && this.#log.ended) {
      this.#over = true; // the fleet itself has ended, no fork did
      return void response.destroy();
    }
    const begun = this.#stream !== null;
    const log = new Log();
    const power = new Map<number, boolean>();
    log.on((fact) => {
      if (fact.type === tape.POWER && !fact.twin) power.set(fact.device, fact.on);
    });
    await this.#take(response, log, length, () => {
      [this.#log, this.#power, this.#generation] = [log, power, generation];
      this.#stream = response;
      this.#fleet = { ...this.#fleet!, nowMs: 0 }; // the log tells, until somebody asks
      if (begun) for (const listener of this.#listeners) listener(log);
    });
  }

  /** Reads a stream into `log`; `loaded` is called, and the promise resolves, when the past is there. */
  #take(response: http.IncomingMessage, log: Log, length: number, loaded: () => void): Promise<void> {
    const reader = new Reader(log);
    const begins = numberOf(response, "synod-at") - length;
    let taken = 0;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        if (taken < length) return reject(absent(`the tape of ${this.#place.url} broke off`));
        this.#following = false;
        this.#tell();
        void this.#again();
      };
      response.on("error", () => {}); // "close" follows
      response.once("close", over);
      response.on("data", (bytes: Buffer) => {
        try {
          reader.push(bytes);
        } catch {
          return void response.destroy(); // what is no tape any more is followed no further
        }
        const before = taken;
        taken += bytes.length;
        if (taken < length) return;
        if (before < length) {
          loaded();
          this.#following = true;
          resolve();
        }
        this.#tapeAt = begins + taken;
        this.#tell();
      });
    });
  }

  /** Follows the tape again after its stream ended: by a fork, by its gateway's end, or because we read too slowly. */
  async #again(): Promise<void> {
    for (const waitMs of AGAIN_MS) {
      if (this.#closed || this.#over) return;
      await sleep(waitMs);
      try {
        return await this.#follow();
      } catch {
        // the next attempt; whoever asks meanwhile is told that nothing answers
      }
    }
  }
}

/** The fleet behind the gateway at `address` (http://HOST:PORT[/#token=TOKEN]). Throws Refused. */
export const attach = (address: string, options?: Options): Promise<Remote> => Remote.connect(address, options);

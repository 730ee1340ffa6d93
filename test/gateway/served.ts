// A simulated fleet behind a gateway, for tests: what reaches it is counted, and what is sent to it may be any bytes.
//
//   test ── ask: a request with any headers ──┐
//        ── raw: any bytes at all ────────────┴──> gateway ──> Recorder (counts) ──> Stage ──> Sim

import * as http from "node:http";
import * as net from "node:net";
import type { Staged } from "../../host/gateway/route.ts";
import * as server from "../../host/gateway/server.ts";
import { Sim } from "../../host/target/sim.ts";
import { Stage } from "../../host/target/stage.ts";
import type { Target } from "../../host/target/target.ts";
import { device, member } from "../fleet/wasm.ts";

const wasm = await device();

/** What reached the fleet. */
export type Act =
  | { readonly what: "do"; readonly deed: Parameters<Target["do"]>[0] }
  | { readonly what: "request"; readonly device: number; readonly bytes: Uint8Array }
  | { readonly what: "pause" | "resume" }
  | { readonly what: "speed" | "step" | "fork"; readonly value: number };

/** A stage that writes down what it is asked to do, and does it. */
export class Recorder implements Staged {
  readonly stage: Stage;
  readonly acts: Act[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
  }

  get target(): Target {
    const { acts, stage } = this;
    const { target } = stage;
    return new Proxy(target, {
      get(_, name) {
        if (name === "do")
          return (deed: Parameters<Target["do"]>[0]) => (acts.push({ what: "do", deed }), target.do(deed));
        if (name === "request")
          return (index: number, bytes: Uint8Array) => (
            acts.push({ what: "request", device: index, bytes }),
            target.request(index, bytes)
          );
        const value = Reflect.get(target, name) as unknown;
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  }

  get paused(): boolean {
    return this.stage.paused;
  }
  get speed(): number {
    return this.stage.speed;
  }
  get generation(): number {
    return this.stage.generation;
  }
  get forkable(): boolean {
    return this.stage.forkable;
  }
  onChange(listener: () => void): () => void {
    return this.stage.onChange(listener);
  }
  pause(): void {
    this.acts.push({ what: "pause" });
    this.stage.pause();
  }
  resume(): void {
    this.acts.push({ what: "resume" });
    this.stage.resume();
  }
  setSpeed(value: number): void {
    this.stage.setSpeed(value);
    this.acts.push({ what: "speed", value });
  }
  step(value: number): Promise<void> {
    this.acts.push({ what: "step", value });
    return this.stage.step(value);
  }
  fork(value: number): Promise<void> {
    this.acts.push({ what: "fork", value });
    return this.stage.fork(value);
  }
}

export interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; null when it is none. */
  readonly json: any;
}

export interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
}

/** A fleet of four that has lived for some virtual seconds. It stands still unless its stage runs. */
export async function fleet(seconds = 3, seed = 1, members = 0): Promise<Sim> {
  const beside = members > 0 ? { members, memberWasm: await member() } : {};
  const sim = Sim.start({ n: 4, ...beside, seed, engine: "v8", wasm });
  await sim.advance(1000 * seconds);
  return sim;
}

const open = new Set<Served>();

/** Closes what a test that failed left open; for test.after, so that the file comes to its end. */
export async function closeAll(): Promise<void> {
  for (const served of open) await served.close();
}

export class Served {
  readonly recorder: Recorder;
  readonly gateway: server.Gateway;
  readonly notes: string[];

  private constructor(recorder: Recorder, gateway: server.Gateway, notes: string[]) {
    this.recorder = recorder;
    this.gateway = gateway;
    this.notes = notes;
  }

  static async open(options: Partial<server.Options> = {}, sim?: Sim): Promise<Served> {
    const recorder = new Recorder(new Stage(sim ?? (await fleet())));
    const notes: string[] = [];
    const gateway = await server.serve(recorder, { port: 0, note: (sentence) => notes.push(sentence), ...options });
    const served = new Served(recorder, gateway, notes);
    open.add(served);
    return served;
  }

  get sim(): Sim {
    return this.recorder.stage.target as Sim;
  }

  get port(): number {
    return Number(new URL(this.gateway.url).port);
  }

  /** Everything that a refusal must leave as it is. */
  get state(): object {
    const { acts, paused, speed, generation } = this.recorder;
    const { traceHash, nowMs, log } = this.sim;
    return { acts: acts.length, paused, speed, generation, traceHash, nowMs, tape: log.bytes().length };
  }

  ask(path: string, { method = "GET", headers = {}, body }: Request = {}): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const asked = http.request(this.gateway.url + path, { method, agent: false, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(parts).toString("latin1");
          resolve({ status: response.statusCode!, headers: response.headers, text, json: parsed(text) });
        });
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }

  /** POST of JSON. */
  post(path: string, value: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const body = typeof value === "string" ? value : JSON.stringify(value);
    return this.ask(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body });
  }

  /** Sends bytes as they are; what came back until the gateway closed, or until nothing came for `waitMs`. */
  raw(bytes: string | Uint8Array, waitMs = 300): Promise<string> {
    return new Promise((resolve) => {
      const parts: Buffer[] = [];
      const socket = net.connect(this.port, "127.0.0.1", () => socket.write(bytes));
      const done = (): void => {
        socket.destroy();
        resolve(Buffer.concat(parts).toString("latin1"));
      };
      socket.setTimeout(waitMs, done);
      socket.on("data", (part) => parts.push(part));
      socket.on("error", done);
      socket.on("close", done);
    });
  }

  async close(): Promise<void> {
    open.delete(this);
    this.recorder.stage.stop();
    await this.gateway.close();
    await this.sim.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Waits until `holds`; fails after much longer than it can take. */
export async function until(holds: () => boolean, what: string, limitMs = 15_000): Promise<void> {
  for (const endMs = performance.now() + limitMs; !holds();) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

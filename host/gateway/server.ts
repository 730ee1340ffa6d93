// The gateway: a fleet's face to browsers, scripts and other programs, over HTTP on this machine.
//
//   connection ── bounded in number, in time, in headers ──> guard.ts ──> route.ts ──> body.ts ──> Stage, Target
//                                                               └─ refused: a number, a sentence; nothing has happened
//
// Rule: a request acts only when it is whole, well-formed, from whom it should be and among what route.ts lists.

import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as refusal from "../wire/refusal.ts";
import * as answer from "./answer.ts";
import * as body from "./body.ts";
import * as guard from "./guard.ts";
import * as route from "./route.ts";
import { Meter, Stream } from "./stream.ts";
import * as wire from "./wire.ts";

/** What one gateway gives away at most. */
export interface Limits {
  readonly connections: number;
  readonly streams: number;
  /** Requests that are carried out at once. */
  readonly requests: number;
  /** From a connection's beginning, or a request's first byte, to the end of its headers; then to the end of its body. */
  readonly headersMs: number;
  readonly bodyMs: number;
  /** A connection on which nothing happens is closed after this; streams are not. */
  readonly idleMs: number;
  readonly headerBytes: number;
  readonly backlogBytes: number;
  readonly stalledMs: number;
  /** Bytes that may wait for all streams together; no new stream beyond. */
  readonly waitingBytes: number;
}

export const LIMITS: Limits = {
  connections: 64,
  streams: 16,
  requests: 32,
  headersMs: 10_000,
  bodyMs: 20_000,
  idleMs: 60_000,
  headerBytes: 8 * 1024,
  backlogBytes: 8 * 1024 * 1024,
  stalledMs: 30_000,
  waitingBytes: 256 * 1024 * 1024,
};

export interface Options {
  /** 0: any that is free. */
  readonly port: number;
  /** Address to listen on; 127.0.0.1 unless told otherwise. One that others reach takes a token. */
  readonly bind?: string;
  /** 16 to 256 characters; every request but GET / must carry it then. */
  readonly token?: string;
  /** The dashboard: the text of one HTML file. */
  readonly page?: string;
  readonly limits?: Partial<Limits>;
  /** Told what an operator may want to know: a stream that was cut off, a fault. */
  readonly note?: (sentence: string) => void;
}

export interface Gateway {
  /** http://ADDRESS:PORT */
  readonly url: string;
  /** What to open in a browser: `url`, with the token behind a #, which browsers keep to themselves. */
  readonly link: string;
  /** Ends streams, answers what is being asked, and closes. */
  close(): Promise<void>;
}

/** Time in which close() lets readers take what waits for them, ms. */
const CLOSING_MS = 1_000;

class Server implements Gateway {
  readonly url: string = "";
  readonly link: string = "";
  readonly #stage: route.Staged;
  readonly #door: guard.Door;
  readonly #page: answer.Answer | null;
  readonly #limits: Limits;
  readonly #note: (sentence: string) => void;
  readonly #http: http.Server;
  readonly #meter = new Meter();
  readonly #streams = new Set<Stream>();
  readonly #sockets = new wire.Sockets();
  readonly #unwatch: () => void;
  #generation: number;
  #busy = 0;
  #forking = false;
  #closed: Promise<void> | null = null;

  constructor(stage: route.Staged, door: guard.Door, options: Options) {
    this.#stage = stage;
    this.#door = door;
    this.#page = options.page === undefined ? null : answer.page(options.page);
    this.#limits = { ...LIMITS, ...options.limits };
    this.#note = options.note ?? (() => {});
    this.#generation = stage.generation;
    this.#meter.follow(stage.target.log);
    this.#unwatch = stage.onChange(() => this.#staged());
    this.#http = this.#server();
  }

  listen(port: number, bind: string, token: string | undefined): Promise<Gateway> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        this.#unwatch();
        this.#meter.stop();
        reject(error);
      };
      this.#http.once("error", failed);
      this.#http.listen({ port, host: bind }, () => {
        this.#http.off("error", failed);
        this.#http.on("error", (error) => this.#note(`the gateway's socket: ${error.message}`));
        const url = `http://${guard.named(bind)}:${(this.#http.address() as AddressInfo).port}`;
        const link = token === undefined ? url : `${url}/#token=${token}`;
        resolve(Object.assign(this, { url, link }));
      });
    });
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#unwatch();
      this.#meter.stop();
      const late = setTimeout(() => this.#http.closeAllConnections(), CLOSING_MS);
      this.#http.close(() => {
        clearTimeout(late);
        resolve();
      });
      for (const stream of this.#streams) stream.end();
      this.#http.closeIdleConnections();
    });
    return this.#closed;
  }

  #server(): http.Server {
    const { headerBytes, headersMs, bodyMs, idleMs, connections } = this.#limits;
    const server = http.createServer({
      maxHeaderSize: headerBytes,
      headersTimeout: headersMs,
      requestTimeout: headersMs + bodyMs,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, headersMs),
      requireHostHeader: false, // guard.ts says it by number
      insecureHTTPParser: false,
    });
    server.maxConnections = connections;
    server.timeout = idleMs;
    const take = (expects: boolean) => (request: http.IncomingMessage, response: http.ServerResponse) =>
      void this.#take(request, response, expects);
    server.on("connection", (socket: Socket) => this.#sockets.opened(socket));
    server.on("request", take(false));
    server.on("checkContinue", take(true));
    server.on("checkExpectation", (request, response) => {
      const odd = new refusal.Refused(refusal.HTTP_MALFORMED, "Expect knows 100-continue alone");
      this.#sockets.asked(request, response);
      wire.reply(request, response, answer.refused(odd));
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => this.#sockets.failed(error, socket));
    server.on("connect", (_request: http.IncomingMessage, socket: Socket) =>
      this.#sockets.refuse(socket, new refusal.Refused(refusal.HTTP_METHOD, "this is no proxy")),
    );
    return server;
  }

  /** One request, from its headers to its answer. */
  async #take(request: http.IncomingMessage, response: http.ServerResponse, expects: boolean): Promise<void> {
    this.#sockets.asked(request, response);
    this.#staged();
    response.setHeader("synod-generation", this.#generation);
    try {
      guard.check(request, this.#door, request.method === "GET" && route.isPage(request.url));
      const found = route.find(request.url ?? "");
      const other = route.checkMethod(found.route, request.method ?? "");
      if (other !== null) return wire.reply(request, response, other);
      await this.#answer(request, response, found, expects);
    } catch (error) {
      if (error instanceof body.Gone) return void response.destroy();
      const refused = answer.refusalOf(error);
      if (refused.number === refusal.HTTP_FAULT)
        this.#note(`${request.method} ${request.url?.slice(0, 80)}: ${(error as Error).stack ?? refused.message}`);
      wire.reply(request, response, answer.refused(refused));
    }
  }

  async #answer(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    found: route.Found,
    expects: boolean,
  ): Promise<void> {
    const { route: at } = found;
    if (request.method === "OPTIONS") {
      body.none(request);
      const headers = { ...answer.HEADERS, Allow: route.methods(at).join(", ") };
      return wire.reply(request, response, { status: 204, headers, body: "" });
    }
    if (at.method === "GET") body.none(request);
    else body.head(request, at.type, at.limit);
    if (at.run === "page") return wire.reply(request, response, this.#dashboard());
    if (at.run === "tape") return this.#tape(request, response, found.query.get("live") ?? "1");
    if (this.#busy >= this.#limits.requests) throw busy(`${this.#busy} requests are being carried out`);
    this.#busy++;
    try {
      if (expects) response.writeContinue();
      const bytes = at.method === "GET" ? new Uint8Array(0) : await body.read(request, at.limit);
      const said = await this.#run(at, { parts: found.parts, query: found.query, body: bytes });
      this.#staged();
      response.setHeader("synod-generation", this.#generation);
      response.setHeader("synod-at", this.#meter.at);
      wire.reply(request, response, answer.json(said));
    } finally {
      this.#busy--;
    }
  }

  /** Nothing else moves the fleet while it is forked. */
  async #run({ run, moves, path }: route.Route, asked: route.Asked): Promise<unknown> {
    if (typeof run !== "function") return null;
    if (moves && this.#forking) throw busy("the fleet is being forked");
    const forks = path.test("/fork");
    if (forks) this.#forking = true;
    try {
      return await run(this.#stage, asked);
    } finally {
      if (forks) this.#forking = false;
    }
  }

  #dashboard(): answer.Answer {
    if (this.#page !== null) return this.#page;
    throw new refusal.Refused(refusal.HTTP_PATH, "no dashboard was given to this gateway: npm run build makes it");
  }

  #tape(request: http.IncomingMessage, response: http.ServerResponse, live: string): void {
    if (live !== "0" && live !== "1")
      throw new refusal.Refused(refusal.HTTP_QUERY, `live=${live.slice(0, 40)}: 0 ends at the present, 1 goes on`);
    const { streams, waitingBytes } = this.#limits;
    const waiting = [...this.#streams].reduce((sum, stream) => sum + stream.waiting, 0);
    if (this.#streams.size >= streams) throw busy(`${streams} streams are open`);
    if (waiting > waitingBytes) throw busy(`${waiting} bytes wait for other streams`);
    const head = { ...answer.HEADERS, "Content-Type": "application/octet-stream", "synod-at": this.#meter.at };
    if (request.method === "HEAD") return wire.reply(request, response, { status: 200, headers: head, body: "" });
    if (request.socket.destroyed) return;
    const { log } = this.#stage.target;
    const stream = new Stream(response, log, this.#limits, (why) => {
      this.#streams.delete(stream);
      stay();
      request.socket.setTimeout(this.#limits.idleMs);
      if (why !== null) this.#note(`a stream of the tape was cut off: ${why}`);
    });
    const stay = this.#sockets.onClose(request.socket, () => stream.gone());
    this.#streams.add(stream);
    request.socket.setTimeout(0);
    request.socket.setKeepAlive(true, 30_000);
    const length = stream.waiting;
    response.writeHead(200, { ...head, "synod-length": length, ...(live === "0" ? { "Content-Length": length } : {}) });
    response.flushHeaders();
    if (live === "0" || this.#closed !== null) stream.end();
  }

  /** After a fork another log holds the fleet's past: streams of the old one end. */
  #staged(): void {
    if (this.#stage.generation === this.#generation) return;
    this.#generation = this.#stage.generation;
    this.#meter.follow(this.#stage.target.log);
    for (const stream of this.#streams) stream.end();
  }
}

const busy = (detail: string): refusal.Refused => new refusal.Refused(refusal.HTTP_BUSY, detail);

/** Opens a gateway to a fleet on stage. Throws Refused HTTP_TOKEN for an address that others reach without a token. */
export async function serve(stage: route.Staged, options: Options): Promise<Gateway> {
  const { port, bind = "127.0.0.1", token } = options;
  return new Server(stage, guard.door(bind, token), options).listen(port, bind, token);
}

// Answers on their way out, also to what never became a request.
//
//   whole request ──> reply ──> the connection goes on
//   body not read ──> reply ──> what still comes is thrown away, at most LINGER_BYTES for LINGER_MS ──> closed
//   no request    ──> the same refusal written to the socket ──> closed
//
// Rule: bytes of a refused request are never read without bound, and no answer is written into another one.

import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import * as refusal from "../wire/refusal.ts";
import * as answer from "./answer.ts";
import * as body from "./body.ts";

/** A close with unread bytes is a reset, in which an answer can be lost; so a little more is read, and thrown away. */
const LINGER_BYTES = 256 * 1024;
const LINGER_MS = 1_000;

/** Sends an answer, once. */
export function reply(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body: said }: answer.Answer,
): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const unread = body.announced(request) && !request.complete;
  response.writeHead(status, unread ? { ...headers, Connection: "close" } : headers);
  const text = request.method === "HEAD" ? "" : said;
  if (!unread) return void response.end(text);
  if (text.length > 0) response.write(text);
  let length = 0;
  const end = (): void => {
    clearTimeout(late);
    request.off("data", drop).off("end", end).off("close", end);
    request.pause();
    response.end();
    response.once("finish", () => request.socket.destroySoon());
  };
  const drop = (part: Buffer): void => {
    length += part.length;
    if (length > LINGER_BYTES) end();
  };
  const late = setTimeout(end, LINGER_MS);
  request.on("data", drop).on("end", end).on("close", end);
}

/** The connections, with the answers that are due on each. */
export class Sockets {
  readonly #due = new WeakMap<Socket, Set<ServerResponse>>();
  readonly #refused = new WeakSet<Socket>();
  readonly #leaving = new WeakMap<Socket, Set<() => void>>();

  opened(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const leaving = new Set<() => void>();
    this.#leaving.set(socket, leaving);
    socket.once("close", () => {
      for (const told of leaving) told();
    });
  }

  /**
   * Calls `told` when the connection closes; returns what ends that. An answer that waits behind another one (pipelining) hears
   * of it in no other way.
   */
  onClose(socket: Socket, told: () => void): () => void {
    const leaving = this.#leaving.get(socket);
    leaving?.add(told);
    return () => leaving?.delete(told);
  }

  asked(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const due = this.#due.get(socket) ?? new Set();
    this.#due.set(socket, due.add(response));
    response.on("error", () => response.destroy());
    response.once("close", () => due.delete(response));
  }

  /** What came on this connection is no request, or came too late. */
  failed(error: NodeJS.ErrnoException, socket: Socket): void {
    const { code = "" } = error;
    if (code === "ECONNRESET" || code === "EPIPE") return void socket.destroy();
    if (code === "ERR_HTTP_REQUEST_TIMEOUT")
      return this.refuse(socket, new refusal.Refused(refusal.HTTP_TIMEOUT, "the request took too long to arrive"));
    if (code === "HPE_HEADER_OVERFLOW")
      return this.refuse(socket, new refusal.Refused(refusal.HTTP_SIZE, "the headers are too large"));
    this.refuse(socket, new refusal.Refused(refusal.HTTP_MALFORMED, `this is no HTTP request: ${error.message}`));
  }

  /** Refuses and closes, unless an answer is on its way: that would be torn. */
  refuse(socket: Socket, refused: refusal.Refused): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const due = [...(this.#due.get(socket) ?? [])];
    if (!socket.writable || due.length > 1 || due.some(({ headersSent }) => headersSent)) return void socket.destroy();
    const { status, headers, body: said } = answer.refused(refused, { Connection: "close" });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${String(said)}`);
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }
}

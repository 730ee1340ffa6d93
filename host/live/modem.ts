// The radio of a device that has none of its own: a UDP socket on loopback, one frame a datagram, as boards/posix/udp.c has it.
//
//   device ──send──▶ modem ──▶ every peer             peers ──▶ modem ──deliver──▶ device
//
// Rule: it is a radio. It hears its peers alone, and nothing is repeated or waited for.

import { createSocket, type Socket } from "node:dgram";

const HOST = "127.0.0.1";
/** Bytes of a frame, at most: what a device takes. */
const FRAME_MAX = 1536;

export class Modem {
  /** Settles to its port. */
  readonly port: Promise<number>;
  readonly #socket: Socket;
  #peers: readonly { readonly host: string; readonly port: number }[] = [];
  #closed = false;

  constructor(deliver: (frame: Uint8Array, port: number) => void) {
    const socket = createSocket("udp4");
    this.#socket = socket;
    this.port = new Promise((done, fail) => {
      socket.once("error", fail);
      socket.bind(0, HOST, () => done(socket.address().port));
    });
    socket.on("message", (bytes, { port }) => {
      if (bytes.length > 0 && bytes.length <= FRAME_MAX && this.#peers.some((peer) => peer.port === port))
        deliver(new Uint8Array(bytes), port);
    });
    socket.on("error", () => {}); // a peer that is gone
  }

  /** Replaces its peers: HOST:PORT each. */
  peers(list: readonly string[]): void {
    this.#peers = list.map((peer) => {
      const [host, port] = peer.split(":");
      return { host, port: Number(port) };
    });
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return;
    for (const { host, port } of this.#peers) this.#socket.send(frame, port, host);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

// A serial port of this machine, in the shape of the Web Serial API: what esptool-js drives, over what the package serialport opens.
//
//   esptool-js ──▶ open · readable · writable · setSignals · close ──▶ serialport ──▶ /dev/ttyUSB0
//
// Both packages are optional dependencies, loaded when a board is flashed and not before.
//
// Rule: what is not installed or cannot be opened is said with what to type.

import { readdirSync } from "node:fs";
import * as refusal from "../wire/refusal.ts";

/** What this file asks of the package serialport. */
export interface Stream {
  on(event: "data", hear: (bytes: Uint8Array) => void): unknown;
  on(event: "close" | "error", hear: (error?: Error | null) => void): unknown;
  open(done: (error?: Error | null) => void): void;
  close(done: (error?: Error | null) => void): void;
  write(bytes: Uint8Array): boolean;
  drain(done: (error?: Error | null) => void): void;
  set(signals: { dtr: boolean; rts: boolean }, done: (error?: Error | null) => void): void;
  update(options: { baudRate: number }, done: (error?: Error | null) => void): void;
  readonly isOpen: boolean;
}
export interface Binding {
  new (options: { path: string; baudRate: number; autoOpen: false; hupcl?: boolean }): Stream;
  list(): Promise<Found[]>;
}

export interface Found {
  readonly path: string;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly manufacturer?: string | undefined;
}

/** The part of a Web Serial port that esptool-js uses. */
export interface Port {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  getInfo(): { usbVendorId?: number; usbProductId?: number };
  open(options: { baudRate: number }): Promise<void>;
  close(): Promise<void>;
  setSignals(signals: Signals): Promise<void>;
  /** Changes the rate of an open port. */
  setBaudRate(baudRate: number): Promise<void>;
}

export interface Signals {
  readonly dataTerminalReady?: boolean;
  readonly requestToSend?: boolean;
}

/** USB vendors of the bridges on boards, and Espressif itself. */
const VENDORS = ["303a", "10c4", "1a86", "0403"];

/** Loads a package that may be missing. */
export async function load<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    throw new refusal.Refused(
      refusal.FLASH_TOOL,
      `the package ${name} cannot be loaded: ${(error as Error).message.split("\n")[0]}`,
    );
  }
}

const settled = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((done, fail) => run((error) => (error ? fail(error) : done())));

/** Ports that may be boards: those of known vendors, or where the machine does not say, those whose names look so. */
export async function list(binding: Binding): Promise<Found[]> {
  try {
    const all = await binding.list();
    return all.filter(({ vendorId }) => vendorId !== undefined && VENDORS.includes(vendorId.toLowerCase()));
  } catch {
    const names = process.platform === "linux" ? readdirSync("/dev").filter((n) => /^tty(USB|ACM)\d+$/.test(n)) : [];
    return names.map((name) => ({ path: `/dev/${name}` }));
  }
}

/** The port that was named, or the only one there is. */
export async function choose(binding: Binding, named: string): Promise<Found> {
  const found = await list(binding);
  if (named !== "") return found.find(({ path }) => path === named) ?? { path: named };
  if (found.length === 1) return found[0];
  throw new refusal.Refused(
    refusal.FLASH_PORT,
    found.length === 0
      ? "no board is plugged in here; name its serial port with --port"
      : `there are several serial ports; name one with --port: ${found.map(({ path }) => path).join(", ")}`,
  );
}

/** A port of serialport as a Web Serial port. */
export class NodePort implements Port {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #binding: Binding;
  readonly #found: Found;
  #stream: Stream | null = null;
  #dtr = false;
  #rts = false;

  constructor(binding: Binding, found: Found) {
    this.#binding = binding;
    this.#found = found;
  }

  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    const { vendorId, productId } = this.#found;
    if (vendorId === undefined || productId === undefined) return {};
    return { usbVendorId: parseInt(vendorId, 16), usbProductId: parseInt(productId, 16) };
  }

  async open({ baudRate }: { baudRate: number }): Promise<void> {
    // hupcl off: closing the port must not pull the lines that reset the board
    const stream = new this.#binding({ path: this.#found.path, baudRate, autoOpen: false, hupcl: false });
    try {
      await settled((done) => stream.open(done));
    } catch (error) {
      throw new refusal.Refused(
        refusal.FLASH_PORT,
        `${this.#found.path} cannot be opened: ${(error as Error).message}${/denied|EACCES/i.test(String(error)) ? "; add yourself to the group that owns it (on Debian: dialout)" : ""}`,
      );
    }
    this.#stream = stream;
    let heard = true;
    this.readable = new ReadableStream<Uint8Array>({
      start(controller) {
        stream.on("data", (bytes) => heard && controller.enqueue(new Uint8Array(bytes)));
        stream.on("error", (error) => heard && controller.error(error));
        stream.on("close", () => {
          if (heard) controller.close();
          heard = false;
        });
      },
      cancel() {
        heard = false;
      },
    });
    this.writable = new WritableStream<Uint8Array>({
      write: async (bytes) => {
        stream.write(bytes);
        await settled((done) => stream.drain(done));
      },
    });
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = null;
    this.readable = null;
    this.writable = null;
    if (stream?.isOpen) await settled((done) => stream.close(done));
  }

  /** serialport raises every line that is not named, so both are always said. */
  async setSignals({ dataTerminalReady, requestToSend }: Signals): Promise<void> {
    const stream = this.#stream;
    if (stream === null) return;
    this.#dtr = dataTerminalReady ?? this.#dtr;
    this.#rts = requestToSend ?? this.#rts;
    await settled((done) => stream.set({ dtr: this.#dtr, rts: this.#rts }, done));
  }

  /** Without closing the port, which would reset some boards. */
  async setBaudRate(baudRate: number): Promise<void> {
    const stream = this.#stream;
    if (stream !== null) await settled((done) => stream.update({ baudRate }, done));
  }
}

// A chip in its boot loader, driven by esptool-js: identified, read, written, compared, reset.
//
//   connect ──▶ stub in RAM ──▶ read the partition table ──▶ write (compressed), MD5 of each part ──▶ reset into the image
//
// Rule: "written" is said after the chip's own MD5 over its flash agreed.

import { createHash } from "node:crypto";
import * as refusal from "../wire/refusal.ts";
import type { Part } from "./image.ts";
import * as partition from "./partition.ts";
import { load, type Port } from "./serial.ts";

/** What this file asks of esptool-js. */
interface Transport {
  trace: (message: string) => void;
  disconnect(): Promise<void>;
  setRTS(on: boolean): Promise<void>;
  setDTR(on: boolean): Promise<void>;
}
interface Loader {
  readonly chip: { readonly CHIP_NAME: string };
  readonly secureDownloadMode: boolean;
  readonly IS_STUB: boolean;
  main(mode?: string): Promise<string>;
  readFlash(offset: number, size: number): Promise<Uint8Array>;
  writeFlash(options: {
    fileArray: { data: Uint8Array; address: number }[];
    flashMode: "keep";
    flashFreq: "keep";
    flashSize: "keep";
    eraseAll: boolean;
    compress: boolean;
    reportProgress(index: number, written: number, total: number): void;
    calculateMD5Hash(image: Uint8Array): string;
  }): Promise<void>;
}
interface Tool {
  readonly Transport: new (port: Port, tracing: boolean) => Transport;
  readonly ESPLoader: new (options: {
    transport: Transport;
    baudrate: number;
    romBaudrate: number;
    terminal: { clean(): void; write(text: string): void; writeLine(text: string): void };
  }) => Loader;
}

/** Every boot loader speaks this rate; the stub changes to what was asked for. */
const ROM_BAUD = 115200;
const XTENSA = ["ESP32", "ESP32-S2", "ESP32-S3"];

const words = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem)).trim();
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** How far a part has got: bytes as they lie in flash. */
export type Progress = (part: Part, written: number) => void;

export class Chip {
  /** "ESP32-C3 (QFN32) (revision v0.4)". */
  readonly description: string;
  readonly #loader: Loader;
  readonly #transport: Transport;

  private constructor(loader: Loader, transport: Transport, description: string) {
    this.#loader = loader;
    this.#transport = transport;
    this.description = description;
  }

  /** Brings the board behind a port into its boot loader. `say` hears what esptool-js prints. */
  static async connect(port: Port, baud: number, say: (line: string) => void): Promise<Chip> {
    const { ESPLoader, Transport } = await load<Tool>("esptool-js");
    const transport = new Transport(port, false);
    transport.trace = () => undefined; // it prints some of it whether tracing is on or not
    const terminal = { clean: () => undefined, write: say, writeLine: say };
    const loader = new ESPLoader({ transport, baudrate: baud, romBaudrate: ROM_BAUD, terminal });
    try {
      return new Chip(loader, transport, await loader.main());
    } catch (problem) {
      await transport.disconnect().catch(() => undefined);
      if (problem instanceof refusal.Refused) throw problem;
      throw new refusal.Refused(refusal.FLASH_SILENT, `no chip answers at this port: ${words(problem)}`);
    }
  }

  /** "ESP32-C3". */
  get name(): string {
    return this.#loader.chip.CHIP_NAME;
  }

  /** True where wasm3's operations cost native stack: the module's profile `compact` is made for these. */
  get xtensa(): boolean {
    return XTENSA.includes(this.name);
  }

  /** The partition table that the board boots by. */
  async table(): Promise<partition.Partition[]> {
    if (!this.#loader.IS_STUB)
      throw new refusal.Refused(
        refusal.FLASH_TABLE,
        `${this.name} does not let its flash be read (Secure Download Mode); name the table with --table FILE`,
      );
    return partition.parseBinary(await this.#loader.readFlash(partition.TABLE_OFFSET, partition.TABLE_SIZE));
  }

  /** Writes the parts, one after the other. */
  async write(parts: readonly Part[], progress: Progress): Promise<void> {
    for (const part of parts) {
      try {
        await this.#loader.writeFlash({
          fileArray: [{ data: part.bytes, address: part.offset }],
          flashMode: "keep",
          flashFreq: "keep",
          flashSize: "keep",
          eraseAll: false,
          compress: true,
          reportProgress: (_, written, total) => progress(part, Math.round((part.bytes.length * written) / total)),
          calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
        });
      } catch (problem) {
        throw new refusal.Refused(
          refusal.FLASH_WRITE,
          `${part.name} was not written at 0x${part.offset.toString(16)}: ${words(problem)}`,
        );
      }
    }
  }

  /** Starts what was written. The port stays open. */
  async reset(): Promise<void> {
    await this.#transport.setDTR(false);
    await this.#transport.setRTS(true);
    await sleep(100);
    await this.#transport.setRTS(false);
  }

  async close(): Promise<void> {
    await this.#transport.disconnect().catch(() => undefined);
  }
}

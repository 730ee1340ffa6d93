// A fake ESP32 at a serial port, for tests of `synod flash`: the boot loader's protocol and the stub's, over a flash file, and behind a
// reset the fake chip of test/boards/idf that boots it. In the shape of the package serialport.
//
//   SLIP( 0 direction u8 · 1 command u8 · 2 size u16 · 4 checksum or value u32 · 8 data )
//
//   DTR and RTS:  RTS raised is reset; let go with DTR raised is the boot loader, else what lies in flash runs
//
// Rule: it is a fake. It keeps to the published protocol where esptool-js uses it, and refuses what it does not know.

import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { putU32, u32 } from "../../host/device/bytes.ts";
import type { Binding, Found, Stream } from "../../host/flash/serial.ts";

const SECTOR = 0x1000;
const PACKET = 0x1000;
const BLOCK = 16; // where a block's bytes begin in its command
const END = 0xc0;
const ESC = 0xdb;
const INVALID = 5;
const MAGIC_REGISTER = 0x40001000;

/** What tells the chips apart: by security information, or by a register. */
const CHIPS = {
  esp32: { id: null, magic: 0x00f01d83 },
  esp32c3: { id: 5, magic: 0x1b31506f },
  esp32c6: { id: 13, magic: 0x2ce0806f },
} as const;

export interface Faults {
  /** It never answers. */
  silent?: boolean;
  /** A bit of flash that does not hold what is written to it. */
  rot?: number;
  /** Bytes of flash that are written before the cable falls out. */
  cut?: number;
}

type Hear = (bytes: Uint8Array) => void;

function slip(bytes: Uint8Array): Uint8Array {
  const out = [END];
  for (const byte of bytes)
    if (byte === END) out.push(ESC, 0xdc);
    else if (byte === ESC) out.push(ESC, 0xdd);
    else out.push(byte);
  return Uint8Array.from([...out, END]);
}

export class Board {
  /** Where the host began to write, in order. */
  readonly written: number[] = [];
  readonly bauds: number[] = [];
  /** Commands of the boot loader, in their order. */
  readonly commands: number[] = [];
  readonly path: string;
  readonly #chip: keyof typeof CHIPS;
  readonly #faults: Faults;
  readonly #program: string;
  readonly #cells: Uint8Array;
  #hear: Hear = () => undefined;
  #lost: (error: Error) => void = () => undefined;
  #frame: number[] | null = null;
  #escaped = false;
  #loader = false;
  #stub = false;
  #reset = false;
  #app: ChildProcess | null = null;
  #deflated: Uint8Array[] = [];
  #at = 0;
  #reading: { left: Uint8Array; digest: Uint8Array; sent: number } | null = null;

  constructor(flash: string, program: string, chip: keyof typeof CHIPS = "esp32c3", faults: Faults = {}) {
    this.path = flash;
    this.#program = program;
    this.#chip = chip;
    this.#faults = faults;
    this.#cells = new Uint8Array(readFileSync(flash));
  }

  close(): void {
    this.#app?.kill("SIGKILL");
    this.#app = null;
  }

  hears(hear: Hear, lost: (error: Error) => void): void {
    this.#hear = hear;
    this.#lost = lost;
  }

  signals({ dtr, rts }: { dtr: boolean; rts: boolean }): void {
    if (rts && !dtr) {
      this.#reset = true;
      this.#loader = this.#stub = false;
      this.close();
    } else if (!rts && this.#reset) {
      this.#reset = false;
      this.#loader = dtr;
      if (!dtr) this.#boot();
    }
  }

  /** What lies in flash runs: a process that has the line. */
  #boot(): void {
    writeFileSync(this.path, this.#cells);
    const app = spawn(this.#program, [this.path, `key=${"07".repeat(32)}`, "udp=127.0.0.1:9"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    app.stdin.on("error", () => undefined);
    app.stdout.on("data", (bytes: Buffer) => this.#hear(new Uint8Array(bytes)));
    this.#app = app;
  }

  /** Bytes from the host. */
  take(bytes: Uint8Array): void {
    if (!this.#loader) return void this.#app?.stdin!.write(bytes);
    for (const byte of bytes) {
      if (byte === END) {
        const whole = this.#frame;
        this.#frame = whole === null || whole.length === 0 ? [] : null;
        if (whole !== null && whole.length > 0) this.#frameOf(Uint8Array.from(whole));
      } else if (byte === ESC) this.#escaped = true;
      else {
        this.#frame?.push(this.#escaped ? (byte === 0xdc ? END : ESC) : byte);
        this.#escaped = false;
      }
    }
  }

  #send(bytes: Uint8Array): void {
    if (!this.#faults.silent) setImmediate(() => this.#hear(slip(bytes)));
  }

  #answer(command: number, value: number, data: Uint8Array | number[] = [], status: [number, number] = [0, 0]): void {
    const tail = this.#stub ? status : [...status, 0, 0];
    const bytes = new Uint8Array(8 + data.length + tail.length);
    bytes.set([1, command, data.length + tail.length, 0]);
    putU32(bytes, 4, value);
    bytes.set(data, 8);
    bytes.set(tail, 8 + data.length);
    this.#send(bytes);
  }

  #frameOf(frame: Uint8Array): void {
    if (this.#reading !== null && frame.length === 4) return this.#more();
    const [direction, command] = frame;
    const data = frame.subarray(8);
    if (direction !== 0 || frame.length < 8) return;
    this.commands.push(command);
    const run = this.#known(command, data, u32(frame, 4));
    if (run === undefined) this.#answer(command, 0, [], [1, INVALID]);
    else run();
  }

  #known(command: number, data: Uint8Array, sum: number): (() => void) | undefined {
    const { id, magic } = CHIPS[this.#chip];
    const ok = (value = 0): void => this.#answer(command, value);
    const stub: Record<number, () => void> = {
      0x11: () => this.#deflate(command, data, sum),
      0x13: () => this.#answer(command, 0, this.#md5(u32(data, 0), u32(data, 4))),
      0xd2: () => this.#read(command, u32(data, 0), u32(data, 4)),
    };
    const both: Record<number, () => void> = {
      0x05: ok,
      0x06: () => {
        ok();
        this.#stub = true;
        this.#send(Uint8Array.from(Buffer.from("OHAI")));
      },
      0x07: () => (this.#whole(data, sum) ? ok() : this.#answer(command, 0, [], [1, 7])),
      0x08: () => {
        for (let i = 0; i < 8; i++) this.#answer(command, 0x20120707);
      },
      0x09: ok,
      0x0a: () => ok(u32(data, 0) === MAGIC_REGISTER ? magic : this.#register(u32(data, 0))),
      0x0f: ok,
      0x10: () => {
        this.#begin(u32(data, 0), u32(data, 12));
        ok();
      },
      0x12: () => this.#inflate(command),
    };
    if (command === 0x14 && id !== null) return () => this.#security(command, id);
    return both[command] ?? (this.#stub ? stub[command] : undefined);
  }

  /** The flash chip's identity stands where every SPI command leaves its answer; all else reads 0. */
  #register(address: number): number {
    return (address & 0xfff) === 0x58 || (address & 0xfff) === 0x080 ? 0x164020 : 0;
  }

  #security(command: number, id: number): void {
    const data = new Uint8Array(20);
    putU32(data, 12, id);
    this.#answer(command, 0, data);
  }

  /** True when a block has the length and the checksum that are said of it. */
  #whole(data: Uint8Array, sum: number): boolean {
    const block = data.subarray(BLOCK);
    return u32(data, 0) === block.length && block.reduce((xor, byte) => xor ^ byte, 0xef) === sum;
  }

  /** Erases what will be written. */
  #begin(size: number, at: number): void {
    const from = at - (at % SECTOR);
    this.#cells.fill(0xff, from, Math.ceil((at + size) / SECTOR) * SECTOR);
    this.#deflated = [];
    this.#at = at;
    this.written.push(at);
  }

  #deflate(command: number, data: Uint8Array, sum: number): void {
    const good = this.#whole(data, sum);
    if (good) this.#deflated.push(data.slice(BLOCK));
    const { cut } = this.#faults;
    const got = this.#deflated.reduce((sum, part) => sum + part.length, 0);
    if (cut !== undefined && got >= cut) return this.#fall();
    this.#answer(command, 0, [], good ? [0, 0] : [1, 7]);
  }

  /** What came so far is in flash, and the cable is out. */
  #fall(): void {
    this.#burn(new Uint8Array(inflateSync(Buffer.concat(this.#deflated), { finishFlush: 2 })));
    writeFileSync(this.path, this.#cells);
    this.#loader = false;
    this.#faults.silent = true;
    this.#lost(new Error("the device has been lost"));
  }

  #inflate(command: number): void {
    this.#burn(new Uint8Array(inflateSync(Buffer.concat(this.#deflated))));
    this.#answer(command, 0);
  }

  /** NOR: programming clears bits. */
  #burn(bytes: Uint8Array): void {
    bytes.forEach((byte, i) => (this.#cells[this.#at + i] &= byte));
    const { rot } = this.#faults;
    if (rot !== undefined) this.#cells[this.#at + rot] ^= 1;
  }

  #md5(at: number, size: number): Uint8Array {
    return new Uint8Array(
      createHash("md5")
        .update(this.#cells.subarray(at, at + size))
        .digest(),
    );
  }

  #read(command: number, at: number, size: number): void {
    this.#answer(command, 0);
    this.#reading = { left: this.#cells.slice(at, at + size), digest: this.#md5(at, size), sent: 0 };
    this.#more();
  }

  /** The next packet, or the MD5 behind the last. */
  #more(): void {
    const reading = this.#reading!;
    const { left } = reading;
    if (left.length === 0) {
      this.#reading = null;
      return this.#send(reading.digest);
    }
    reading.left = left.subarray(PACKET);
    this.#send(left.subarray(0, PACKET));
  }
}

/** The package serialport, with this board behind one port. */
export function serialport(board: Board, ports: Found[] = [{ path: "/dev/fake", vendorId: "10c4" }]): Binding {
  return class implements Stream {
    isOpen = false;
    #hear: Hear = () => undefined;
    #events = new Map<string, (error?: Error | null) => void>();
    readonly #path: string;

    constructor({ path, baudRate }: { path: string; baudRate: number }) {
      this.#path = path;
      board.bauds.push(baudRate);
    }

    static list(): Promise<Found[]> {
      return Promise.resolve(ports);
    }

    on(
      event: "data" | "close" | "error",
      hear: ((bytes: Uint8Array) => void) | ((error?: Error | null) => void),
    ): this {
      if (event === "data") this.#hear = hear as Hear;
      else this.#events.set(event, hear as (error?: Error | null) => void);
      return this;
    }

    open(done: (error?: Error | null) => void): void {
      if (this.#path !== "/dev/fake") return done(new Error(`No such file or directory, cannot open ${this.#path}`));
      this.isOpen = true;
      board.hears(
        (bytes) => this.isOpen && this.#hear(bytes),
        (error) => this.#events.get("error")?.(error),
      );
      done(null);
    }

    close(done: (error?: Error | null) => void): void {
      this.isOpen = false;
      this.#events.get("close")?.();
      done(null);
    }

    write(bytes: Uint8Array): boolean {
      if (this.isOpen) board.take(new Uint8Array(bytes));
      return true;
    }

    drain(done: (error?: Error | null) => void): void {
      setImmediate(() => done(null));
    }

    set(signals: { dtr: boolean; rts: boolean }, done: (error?: Error | null) => void): void {
      board.signals(signals);
      done(null);
    }

    update({ baudRate }: { baudRate: number }, done: (error?: Error | null) => void): void {
      board.bauds.push(baudRate);
      done(null);
    }
  };
}

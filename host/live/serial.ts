// A board on a desk: a serial port of this machine, `serial:/dev/ttyUSB0`.
//
// The board runs when we come and goes on when we leave. Rule: nothing is changed on the board by opening it; a line that goes away is the end of
// the device as far as we can tell.

import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import * as refusal from "../wire/refusal.ts";
import type { Open, Wire, WireHooks } from "./board.ts";

/** What boards/stm32f405 and boards/esp32 speak. */
export const BAUD = 921_600;

const FLAGS = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;

const absent = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_ABSENT, detail);

class Port implements Wire {
  readonly pid = -1;
  readonly #in: ReadStream;
  readonly #out: WriteStream;
  readonly #hooks: WireHooks;
  /** A stream of a terminal opens it anew, and leaves what it was given to us. */
  readonly #given: readonly number[];
  #over = false;

  constructor(path: string, hooks: WireHooks) {
    this.#given = [openSync(path, FLAGS), openSync(path, FLAGS)];
    this.#hooks = hooks;
    this.#in = new ReadStream(this.#given[0]);
    this.#in.setRawMode(true);
    this.#out = new WriteStream(this.#given[1]);
    this.#in.on("data", (chunk: Buffer) => hooks.bytes(chunk));
    for (const stream of [this.#in, this.#out]) {
      stream.on("error", (error) => (hooks.tell(error.message), this.#end(1)));
      stream.on("close", () => this.#end(1));
    }
  }

  write(bytes: Uint8Array): void {
    if (!this.#over) this.#out.write(bytes);
  }

  cut(): void {
    this.#end(0);
  }

  #end(status: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#in.destroy();
    this.#out.destroy();
    this.#given.forEach(closeSync);
    this.#hooks.ended(status, null, false);
  }
}

/** Opens a serial port. Throws Refused when there is none at `path`, or it cannot be had. */
export function serial(path: string, baud = BAUD): Open {
  try {
    closeSync(openSync(path, FLAGS));
  } catch (error) {
    throw absent(`the serial port ${path} cannot be opened: ${(error as Error).message}`);
  }
  const flag = process.platform === "darwin" ? "-f" : "-F";
  const { status, stderr } = spawnSync("stty", [flag, path, String(baud), "raw", "-echo", "clocal"], {
    encoding: "utf8",
  });
  if (status !== 0) throw absent(`the serial port ${path} takes no ${baud} baud: ${stderr.trim()}`);
  return (hooks) => new Port(path, hooks);
}

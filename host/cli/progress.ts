// Progress of a long run, on stderr: one line redrawn on a terminal, a plain line every few seconds elsewhere.

const EVERY_MS = 5000;

export class Progress {
  readonly #quiet: boolean;
  #said = performance.now();
  #drawn = false;

  /** `json`: stdout is for a program; a terminal still sees progress, a log does not. */
  constructor(json: boolean) {
    this.#quiet = json && !process.stderr.isTTY;
  }

  show(line: string): void {
    if (this.#quiet) return;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
      this.#drawn = true;
    } else if (performance.now() - this.#said >= EVERY_MS) {
      this.#said = performance.now();
      process.stderr.write(`${line}\n`);
    }
  }

  /** Takes the line away, so that something can be printed. */
  clear(): void {
    if (this.#drawn) process.stderr.write("\r\x1b[K");
    this.#drawn = false;
  }
}

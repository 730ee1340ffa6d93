// The terminal while a live view is on it: alternate screen, hidden cursor, keys as they are typed.
//
// Rule: whatever ends the process (q, Ctrl-C, a signal, an exception), the terminal is left as it was found.

import kleur from "kleur";
import type { Look } from "./render.ts";

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Terminal {
  look(): Look;
  draw(lines: string[]): void;
  leave(): void;
}

/** True when a live view can be shown: both ends of this process are a terminal that can place its cursor. */
export const interactive = (): boolean =>
  process.stdout.isTTY === true && process.stdin.isTTY === true && process.env.TERM !== "dumb";

/** Whether this terminal shows UTF-8, as its locale says. */
function speaksUtf8(): boolean {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || "";
  return /utf-?8/i.test(locale) || process.platform === "darwin" || process.platform === "win32";
}

/** Takes the terminal; `pressed` gets every key, `ended` is called once when a signal asks to end. */
export function enter(pressed: (key: string) => void, ended: () => void): Terminal {
  const { stdin, stdout } = process;
  const look = (): Look => ({
    columns: stdout.columns || 80,
    rows: stdout.rows || 24,
    colour: kleur.enabled,
    unicode: speaksUtf8(),
  });
  let inside = true;
  const typed = (bytes: Buffer): void => {
    const text = bytes.toString("utf8");
    if (text.startsWith("\x1b")) return; // arrows and function keys mean nothing here
    for (const key of text) pressed(key === "\x03" ? "q" : key);
  };
  const resized = (): void => void stdout.write("\x1b[2J");
  const leave = (): void => {
    if (!inside) return;
    inside = false;
    stdin.off("data", typed);
    stdout.off("resize", resized);
    for (const signal of SIGNALS) process.off(signal, ended);
    process.off("exit", leave);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  };
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on("data", typed);
  stdout.on("resize", resized);
  for (const signal of SIGNALS) process.on(signal, ended);
  process.on("exit", leave);
  stdout.write(ENTER);
  const draw = (lines: string[]): void => {
    // Synchronized update (?2026) where the terminal knows it: no half-drawn frames. K and J clear what is left over.
    if (inside) stdout.write(`\x1b[?2026h\x1b[H${lines.map((each) => `${each}\x1b[K`).join("\r\n")}\x1b[J\x1b[?2026l`);
  };
  return { look, draw, leave };
}

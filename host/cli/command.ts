// The shape of a command: one file each, all listed in main.ts.

import type { Values } from "./flag.ts";

export interface Option {
  /** As sade writes it: "-j, --json" or "--seeds". */
  flag: string;
  about: string;
  /** True when a value follows; false for a switch. */
  takes: boolean;
}

export interface Command {
  /** Name and its words: "up [n]". */
  usage: string;
  about: string;
  /** Longer help, after the first line. */
  more?: string[];
  options: Option[];
  examples: string[];
  /** Runs it: returns the exit code, or throws one of exit.ts. Words are what no option took. */
  run(values: Values, words: string[]): Promise<number>;
}

export const JSON_SWITCH: Option = { flag: "--json", about: "Machine-readable lines on stdout", takes: false };

/** An option with a value. */
export const valued = (flag: string, about: string): Option => ({ flag, about, takes: true });
/** A switch. */
export const switched = (flag: string, about: string): Option => ({ flag, about, takes: false });

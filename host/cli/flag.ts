// Reading the values of a command line: each reader returns a value of its type or throws a Usage that says what was expected.

import { Usage } from "./exit.ts";
import { hint } from "./nearest.ts";

/** What sade hands to a command: option values by name, and the words that no option took under `_`. */
export type Values = Record<string, unknown> & { _: string[] };

/** The text of an option, "" when it is not given. */
export function text(values: Values, name: string): string {
  const value = values[name];
  if (value === undefined) return "";
  if (Array.isArray(value)) throw new Usage(`--${name} is given ${value.length} times; once is enough`);
  if (value === "" || value === true) throw new Usage(`--${name} needs a value`);
  return String(value);
}

/** A switch that is on or off. */
export function on(values: Values, name: string): boolean {
  const value = values[name];
  if (Array.isArray(value)) return value.at(-1) === true;
  return value === true;
}

/** An integer in [low, high], or the default. */
export function integer(values: Values, name: string, otherwise: number, low: number, high: number): number {
  const given = text(values, name);
  return given === "" ? otherwise : integerOf(given, `--${name}`, low, high);
}

/** The integer that a word spells. */
export function integerOf(given: string, name: string, low: number, high: number): number {
  const value = /^-?\d+$/.test(given) ? Number(given) : NaN;
  if (!(value >= low && value <= high))
    throw new Usage(`${name} must be a whole number from ${low} to ${high}, not "${given}"`);
  return value;
}

/** A number in [low, high], or the default. */
export function decimal(values: Values, name: string, otherwise: number, low: number, high: number): number {
  const given = text(values, name);
  if (given === "") return otherwise;
  const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN;
  if (!(value >= low && value <= high))
    throw new Usage(`--${name} must be a number from ${low} to ${high}, not "${given}"`);
  return value;
}

/** A u64, or the default. */
export function amount(given: string, name: string): bigint {
  const value = /^\d+$/.test(given) ? BigInt(given) : -1n;
  if (value < 0n || value >= 1n << 64n) throw new Usage(`${name} must be a whole number below 2^64, not "${given}"`);
  return value;
}

/** One word of a list. */
export function oneOf<T extends string>(values: Values, name: string, otherwise: T, known: readonly T[]): T {
  const given = text(values, name);
  if (given === "") return otherwise;
  if (!known.includes(given as T))
    throw new Usage(`--${name} must be one of ${known.join(", ")}, not "${given}"${hint(given, known)}`);
  return given as T;
}

/** Bytes from hex; `size` when their number is fixed. */
export function hex(given: string, name: string, size?: number): Uint8Array {
  const clean = given.replace(/^0x/i, "").replace(/[\s:]/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(clean) || clean === "") throw new Usage(`${name} must be hex, not "${shorten(given)}"`);
  const bytes = Uint8Array.from(clean.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (size !== undefined && bytes.length !== size)
    throw new Usage(`${name} must be ${size} bytes (${2 * size} hex digits), not ${bytes.length}`);
  return bytes;
}

const shorten = (given: string): string => (given.length > 40 ? `${given.slice(0, 40)}…` : given);

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** `all`, `none` or a comma-separated list of the names. */
export function list<T extends string>(values: Values, name: string, known: readonly T[], otherwise: string): T[] {
  const given = text(values, name) || otherwise;
  if (given === "all") return [...known];
  if (given === "none") return [];
  return given.split(",").map((word) => {
    if (!known.includes(word as T))
      throw new Usage(`--${name}: "${word}" is none of ${known.join(", ")}${hint(word, known)}`);
    return word as T;
  });
}

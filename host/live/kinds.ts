// What a fleet in real time is made of, as `--devices` and fleet.json write it.
//
//   posix             a process (boards/posix)
//   sim               a simulated device in this process
//   qemu:BOARD        a board in an emulator: stm32f405, an385, an386, an505, riscv
//   serial:PATH       a board on a desk, serial:/dev/ttyUSB0 or serial:/dev/ttyUSB0@115200
//   member:KIND       one of these that belongs to the cell without a vote; behind all that vote
//   KIND*N            N of them                         qemu:stm32f405,qemu:an386,posix,sim*4,member:posix
//
// Rule: all that vote are the same device, of the same module, and so are all members; what differs is what carries it.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REGIONS } from "../fleet/flash.ts";
import * as native from "../device/native.ts";
import * as refusal from "../wire/refusal.ts";
import { Board, type Open } from "./board.ts";
import { Simulated } from "./inside.ts";
import type { Life, Message } from "./life.ts";
import { Process } from "./process.ts";
import * as qemu from "./qemu.ts";
import * as tty from "./serial.ts";

/** What carries a device. */
export type Carrier = "posix" | "sim" | `qemu:${string}` | `serial:${string}`;
export type Kind = Carrier | `member:${Carrier}`;

const MOST = 32;
const shape = (detail: string): refusal.Refused => new refusal.Refused(refusal.TARGET_SHAPE, detail);

const MEMBER = "member:";

/** True for a device without a vote. */
export const isMember = (what: Kind): boolean => what.startsWith(MEMBER);

/** How many of these vote. */
export const voters = (kinds: readonly Kind[]): number => kinds.filter((one) => !isMember(one)).length;

const carrier = (what: Kind): Carrier => (isMember(what) ? what.slice(MEMBER.length) : what) as Carrier;

/** One word of a list, checked. Throws Refused TARGET_SHAPE. */
function kind(word: string): Kind {
  if (word.startsWith(MEMBER) && !word.startsWith(MEMBER, MEMBER.length))
    return `${MEMBER}${kind(word.slice(MEMBER.length)) as Carrier}`;
  if (word === "posix" || word === "sim") return word;
  if (word.startsWith("qemu:")) {
    const board = word.slice("qemu:".length);
    if (qemu.BOARDS.includes(board)) return word as Kind;
    throw shape(`no board "${board}" lives in an emulator; there is ${qemu.BOARDS.join(", ")}`);
  }
  if (/^serial:[^@]+(@\d{4,7})?$/.test(word)) return word as Kind;
  throw shape(
    `a device is posix, sim, qemu:BOARD or serial:PATH, or one of these behind member:, not "${word.slice(0, 60)}"`,
  );
}

/** The devices that a list names, in order. Throws Refused TARGET_SHAPE. */
export function parse(list: string): Kind[] {
  const kinds = list.split(",").flatMap((part) => {
    const [, word, count] = /^(.*?)(?:\*(\d{1,2}))?$/.exec(part.trim())!;
    return Array<Kind>(count === undefined ? 1 : Number(count)).fill(kind(word));
  });
  if (kinds.length < 1 || kinds.length > MOST) throw shape(`a fleet has 1 to ${MOST} devices, not ${kinds.length}`);
  if (kinds.slice(0, voters(kinds)).some(isMember) || voters(kinds) === 0)
    throw shape("members come last, behind the devices that vote");
  const ports = kinds.map(carrier).filter((one) => one.startsWith("serial:"));
  if (new Set(ports).size !== ports.length) throw shape("a serial port leads to one board, and is named once");
  return kinds;
}

/** The list that `parse` reads, as short as it gets. */
export function format(kinds: readonly Kind[]): string {
  const runs: { kind: Kind; count: number }[] = [];
  for (const one of kinds) {
    const last = runs.at(-1);
    if (last?.kind === one) last.count++;
    else runs.push({ kind: one, count: 1 });
  }
  return runs.map(({ kind: one, count }) => (count === 1 ? one : `${one}*${count}`)).join(",");
}

/** How devices are started. */
export interface How {
  readonly sync?: boolean;
  readonly accelerate?: boolean;
  /** The program of processes, if it is not build/synod-node. */
  readonly program?: string;
}

/** One device: where it lives, and what it runs. */
export interface Place extends How {
  /** The fleet's folder, and the module in it. */
  readonly path: string;
  readonly wasm: string;
  readonly module: Uint8Array;
  readonly device: number;
  readonly watch?: boolean;
  readonly tape?: string;
}

/** The flash file of a device; a board on a desk has its own. */
export const flashOf = (path: string, device: number): string => qemu.flashOf(join(path, String(device)));

const hash = (module: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(module).digest());
const boardOf = (what: Carrier): string => what.slice("qemu:".length);

/** Where the tape of a device's call that trapped lies. */
export const crashOf = (path: string, device: number): string => join(path, String(device), "crash.tape");

/** True when a list names a board: it computes at a board's pace, and its line carries little. */
export const slow = (kinds: readonly Kind[]): boolean =>
  kinds.map(carrier).some((one) => one !== "posix" && one !== "sim");

/** Contents of a flash region of a device, from its file; empty for a board on a desk. */
export function region(kind: Kind, path: string, device: number, number: number): Uint8Array {
  const what = carrier(kind);
  if (what.startsWith("serial:")) return new Uint8Array();
  const usual = Object.values(REGIONS).map(({ size }) => size);
  const sizes = what.startsWith("qemu:") ? qemu.regionsOf(boardOf(what)) : usual;
  const from = sizes.slice(0, number - 1).reduce((sum, size) => sum + size, 0);
  return new Uint8Array(readFileSync(flashOf(path, device)).subarray(from, from + sizes[number - 1]));
}

/** Makes ready what these devices need, all of one module: programs, images around it. Throws Refused or an Error with a compiler's words. */
export async function prepare(
  kinds: readonly Kind[],
  wasm: string,
  module: Uint8Array,
  { program }: How,
): Promise<void> {
  const carriers = kinds.map(carrier);
  if (carriers.includes("posix") && program === undefined) await native.ensure("posix");
  const sha = hash(module);
  for (const what of new Set(carriers.filter((one) => one.startsWith("qemu:"))))
    await qemu.image(boardOf(what), wasm, qemu.imageOf(boardOf(what), sha));
}

/** Starts a device. `hear` is told each of its messages, in order. Throws Refused. */
export function start(kind: Kind, place: Place, hear: (message: Message) => void): Life {
  const what = carrier(kind);
  const { path, wasm, module, device, watch, tape, ...how } = place;
  const folder = join(path, String(device));
  mkdirSync(folder, { recursive: true });
  const flash = flashOf(path, device);
  const crash = crashOf(path, device);
  if (what === "posix") return new Process({ wasm, flash, watch, tape, crash, ...how }, hear);
  if (what === "sim") return new Simulated({ module, flash, watch, crash }, hear);
  const sha = hash(module);
  const open = what.startsWith("qemu:") ? emulated(boardOf(what), sha, folder) : onDesk(what);
  return new Board({ open, module: sha, watch, crash }, hear);
}

const emulated = (board: string, sha: Uint8Array, folder: string): Open =>
  qemu.emulated(board, qemu.imageOf(board, sha), folder);

function onDesk(what: Carrier): Open {
  const [, at, baud] = /^serial:([^@]+)(?:@(\d+))?$/.exec(what)!;
  return tty.serial(at, baud === undefined ? undefined : Number(baud));
}

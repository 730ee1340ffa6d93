// A device that votes, as far as its journal can tell: it keeps the records that bind it, restates them when a sector is full, and
// does so at every boot before it says anything. And a model of what the journal must hold after any prefix of its effects.

import type { Effect } from "../../host/device/effects.ts";
import * as effect from "../../firmware/wire/effect.ts";
import * as record from "../../firmware/wire/record.ts";
import { type Board, INPUT, JOURNAL, WORK } from "./flash.ts";

const SEAL = 255;
const PROMISE_AT = 56;

/** A safety record of 52 bytes (without CRC) that promises `digest` for `view`. */
export function promise(view: number, digest: number): Uint8Array {
  const bytes = new Uint8Array(record.SIZE);
  bytes[0] = 1 + (view % 4);
  bytes[2] = 3;
  new DataView(bytes.buffer).setUint32(record.VIEW, view, true);
  bytes.fill(digest, record.DIGEST, record.DIGEST + 32);
  return bytes;
}

export const viewOf = (r: Uint8Array): number => new DataView(r.buffer, r.byteOffset).getUint32(record.VIEW, true);
export const digestOf = (r: Uint8Array): number => r[record.DIGEST];
export const text = (records: Uint8Array[]): string => records.map((r) => `${viewOf(r)}:${digestOf(r)}`).join(" ");

/** What flash promises: the records of the newest sealed sector (null: none was ever sealed) and a prefix under way. */
export interface Truth {
  sealed: Uint8Array[] | null;
  prefix: Uint8Array[];
}

/** The truth after one more effect is wholly done. */
export function after(truth: Truth, e: Effect): Truth {
  if (e.a !== JOURNAL) return truth;
  if (e.op === effect.ERASE) return { sealed: truth.sealed, prefix: [] };
  if (e.op !== effect.STORE || e.bytes.length !== record.SLOT) return truth; // a head or a mark
  const bytes = e.bytes.slice(0, record.CRC);
  if (e.bytes[0] === SEAL) return { sealed: truth.prefix, prefix: [] };
  if (e.bytes[PROMISE_AT] === 0) return { sealed: truth.sealed, prefix: [...truth.prefix, bytes] };
  if (truth.sealed === null) throw new Error("a promise without a seal");
  return { sealed: [...truth.sealed, bytes], prefix: truth.prefix };
}

/** journal.open() on a board that just booted, and what the journal then tells. */
export function recall(board: Board): { state: number; records: Uint8Array[] } {
  const state = board.call("core_journal_open");
  const records: Uint8Array[] = [];
  for (let at = 0; ;) {
    at = board.call("core_journal_next", at, WORK);
    if (at === 0) return { state, records };
    records.push(board.m.bytes(WORK, record.CRC));
  }
}

export function append(board: Board, r: Uint8Array): void {
  board.m.write(INPUT, r);
  board.call("core_journal_append", INPUT);
}

/** A new sector with all that binds; `more` are new promises made in its prefix. */
export function restate(board: Board, live: Uint8Array[], more: Uint8Array[] = []): void {
  board.call("core_journal_turn");
  for (const r of [...live, ...more]) append(board, r);
  board.call("core_journal_seal");
}

/** Promises r: behind the last one, or in a new sector when the old one is full. */
export function vote(board: Board, live: Uint8Array[], r: Uint8Array): void {
  if (board.call("core_journal_room") !== 0) append(board, r);
  else if (viewOf(r) % 2 === 0) restate(board, live, [r]);
  else {
    restate(board, live);
    append(board, r);
  }
}

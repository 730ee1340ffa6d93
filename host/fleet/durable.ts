// What a device's flash holds, kept up to date as it is programmed: its safety records and its log, by content.
//
//   STORE, ERASE ──> JOURNAL slots ──> notarize, finalize, nullify records
//                └─> BLOCKS records ──> bodies, NOTAR and FINAL certificates, commits
//
// A record counts from the moment its CRC-32 is right in flash until its sector is erased. Torn and half-written records
// are looked at again when more of them is programmed. Rule: only flash contents count, never what a device says.

import { crc32, latin1, u16, u32 } from "../device/bytes.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as record from "../../firmware/wire/record.ts";
import { REGIONS, type Flash } from "./flash.ts";

/** A safety record. Digests are latin1 strings of 32. */
export interface Safety {
  readonly kind: number;
  readonly f: boolean;
  readonly signer: number;
  /** Of a NULLIFY: the first view of its range. */
  readonly view: number;
  /** Of a NULLIFY: the last view of its range; of a NOTARIZE: the parent's view. */
  readonly to: number;
  readonly digest: string;
}

/** A record of the log whose head and payload are intact. */
export interface Log {
  readonly kind: number;
  readonly view: number;
  readonly height: number;
  readonly digest: string;
  readonly payload: Uint8Array; // a view of the flash
}

export interface Watcher {
  safety(record: Safety): void;
  log(record: Log): void;
}

interface Entry {
  readonly offset: number;
  readonly end: number;
  readonly head: Omit<Log, "payload">;
  whole: boolean;
}

export class Durable {
  readonly #flash: Flash;
  readonly #watcher: Watcher;
  readonly #slots: (Safety | null)[] = [];
  readonly #sectors: Entry[][] = [];
  #torn: Entry[] = []; // entries whose payload is not (yet) right
  readonly #votes = new Map<string, number>(); // how many records in flash say so
  readonly #bodies = new Map<string, number>();
  readonly #certified = new Map<number, number>(); // NOTAR or FINAL certificates by view
  /** Highest view of a block that the flash ever called final. */
  finalView = 0;

  constructor(flash: Flash, watcher: Watcher) {
    this.#flash = flash;
    this.#watcher = watcher;
  }

  hasBody(digest: string): boolean {
    return this.#bodies.has(digest);
  }

  hasCertificate(view: number): boolean {
    return this.#certified.has(view);
  }

  /** A NOTARIZE record; with `f`, one that finalizes the parent too. */
  hasNotarize(view: number, digest: string, f: boolean): boolean {
    return (f ? false : this.#votes.has(`N${view} ${digest}`)) || this.#votes.has(`NF${view} ${digest}`);
  }

  /** A FINALIZE record. */
  hasFinalize(view: number, digest: string): boolean {
    return this.#votes.has(`F${view} ${digest}`);
  }

  /** The NOTARIZE records that finalize a parent at `view`. */
  *finalizing(view: number): Iterable<Safety> {
    if (!this.#votes.has(`P${view}`)) return;
    for (const slot of this.#slots) if (slot?.f && slot.to === view && isNotarize(slot.kind)) yield slot;
  }

  /** A NULLIFY record that covers from..to. */
  hasNullify(from: number, to: number): boolean {
    if (this.#votes.has(`S${from} ${to}`)) return true;
    return this.#slots.some((slot) => slot?.kind === kind.NULLIFY && slot.view <= from && to <= slot.to);
  }

  /** Highest view in a record of this kind that stands in the journal: votes are made for ever higher views only. */
  highest(k: number): number {
    let view = 0;
    for (const slot of this.#slots) {
      if (slot == null) continue;
      if (k === kind.FINALIZE ? slot.kind === kind.FINALIZE : isNotarize(slot.kind)) view = Math.max(view, slot.view);
      if (k === kind.FINALIZE && slot.f && isNotarize(slot.kind)) view = Math.max(view, slot.to);
    }
    return view;
  }

  /** Call after n bytes at `offset` were programmed. */
  stored(region: number, offset: number, n: number): void {
    if (region === record.REGION_JOURNAL) {
      const last = (offset + n - 1) >>> 6;
      for (let slot = offset >>> 6; slot <= last; slot++) this.#slot(slot);
    } else if (region === record.REGION_BLOCKS) this.#block(offset, n);
  }

  /** Call after a sector was erased, wholly or in part. */
  erased(region: number, sector: number): void {
    const about = REGIONS[region];
    if (region === record.REGION_JOURNAL) {
      const first = (sector * about.sector) >>> 6;
      for (let slot = first; slot < first + about.sector / record.SLOT; slot++) this.#slot(slot);
    } else if (region === record.REGION_BLOCKS) {
      for (const entry of this.#sectors[sector] ?? []) if (entry.whole) this.#forget(entry);
      this.#sectors[sector] = [];
      this.#torn = this.#torn.filter((entry) => Math.floor(entry.offset / about.sector) !== sector);
    }
  }

  /** Reads slot number `slot` of the journal again. */
  #slot(slot: number): void {
    const journal = this.#flash.regions[record.REGION_JOURNAL];
    const at = slot << 6;
    const old = this.#slots[slot] ?? null;
    let now: Safety | null = null;
    const k = journal[at + record.KIND];
    if (
      k !== 0 &&
      k <= kind.NULLIFY &&
      crc32(journal.subarray(at, at + record.CRC)) === u32(journal, at + record.CRC)
    ) {
      now = {
        kind: k,
        f: k === kind.NOTARIZE_F || (k === kind.NOTARIZE && journal[at + record.F] !== 0),
        signer: journal[at + record.SIGNER],
        view: u32(journal, at + record.VIEW),
        to: u32(journal, at + record.TO),
        digest: latin1(journal, at + record.DIGEST, at + record.DIGEST + 32),
      };
    }
    if (old === null && now === null) return;
    if (old !== null) for (const name of names(old)) less(this.#votes, name);
    this.#slots[slot] = now;
    if (now === null) return;
    for (const name of names(now)) more(this.#votes, name);
    this.#watcher.safety(now);
  }

  #block(offset: number, n: number): void {
    const flash = this.#flash.regions[record.REGION_BLOCKS];
    for (const entry of this.#torn) if (offset < entry.end && entry.offset < offset + n) this.#payload(entry);
    if (this.#torn.length !== 0) this.#torn = this.#torn.filter((entry) => !entry.whole);
    // Heads stand at multiples of 8. One may begin before this store, and a store may carry several.
    const end = offset + n;
    for (let at = Math.max(0, offset - record.LOG_SIZE + 8) & ~7; at < end;) {
      const entry = at + record.LOG_SIZE <= flash.length ? this.#head(at) : null;
      at = entry === null ? at + 8 : (entry.end + 7) & ~7;
    }
  }

  /** Looks for the head of a log record at `at`; a new one is entered. */
  #head(at: number): Entry | null {
    const flash = this.#flash.regions[record.REGION_BLOCKS];
    if (u16(flash, at) !== record.LOG_MAGIC_1) return null;
    if (crc32(flash.subarray(at, at + record.LOG_CRC)) !== u32(flash, at + record.LOG_CRC)) return null;
    const sector = Math.floor(at / REGIONS[record.REGION_BLOCKS].sector);
    const entries = (this.#sectors[sector] ??= []);
    const known = entries.find((entry) => entry.offset === at);
    if (known !== undefined) return known;
    const entry: Entry = {
      offset: at,
      end: at + record.LOG_SIZE + u32(flash, at + record.LOG_LENGTH),
      head: {
        kind: flash[at + record.LOG_KIND],
        view: u32(flash, at + record.LOG_VIEW),
        height: u32(flash, at + record.LOG_HEIGHT),
        digest: latin1(flash, at + record.LOG_DIGEST, at + record.LOG_DIGEST + 32),
      },
      whole: false,
    };
    entries.push(entry);
    this.#payload(entry);
    if (!entry.whole) this.#torn.push(entry);
    return entry;
  }

  #payload(entry: Entry): void {
    const flash = this.#flash.regions[record.REGION_BLOCKS];
    if (entry.whole || entry.end > flash.length) return;
    const payload = flash.subarray(entry.offset + record.LOG_SIZE, entry.end);
    if (crc32(payload) !== u32(flash, entry.offset + record.LOG_PAYLOAD_CRC)) return;
    entry.whole = true;
    const { head } = entry;
    if (head.kind === record.LOG_BLOCK) more(this.#bodies, head.digest);
    if (head.kind === record.LOG_NOTAR || head.kind === record.LOG_FINAL) more(this.#certified, head.view);
    if (head.kind === record.LOG_FINAL || head.kind === record.LOG_COMMIT)
      this.finalView = Math.max(this.finalView, head.view);
    this.#watcher.log({ ...head, payload });
  }

  #forget({ head }: Entry): void {
    if (head.kind === record.LOG_BLOCK) less(this.#bodies, head.digest);
    if (head.kind === record.LOG_NOTAR || head.kind === record.LOG_FINAL) less(this.#certified, head.view);
  }
}

const isNotarize = (k: number): boolean => k === kind.NOTARIZE || k === kind.NOTARIZE_F;

/** Under which names a record is looked up. */
function names(safety: Safety): string[] {
  const { kind: k, f, view, to, digest } = safety;
  if (k === kind.NULLIFY) return [`S${view} ${to}`];
  if (k === kind.FINALIZE) return [`F${view} ${digest}`];
  return f ? [`NF${view} ${digest}`, `P${to}`] : [`N${view} ${digest}`];
}

function more<K>(counts: Map<K, number>, name: K): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function less<K>(counts: Map<K, number>, name: K): void {
  const left = (counts.get(name) ?? 0) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}

/** The header that opens a LOG_BLOCK's payload, as a latin1 string of 128; "" when it is not there. */
export function headerOf(payload: Uint8Array): string {
  return payload.length < header.SIZE ? "" : latin1(payload, 0, header.SIZE);
}

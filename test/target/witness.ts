// A witness beside a fleet of processes: it hears every frame, reads the flash files, and says what no device may ever do.
//
//   frame from the device's own port ──> its vote ──> is its record in the flash file now?        (it was written before it was sent)
//                                              └────> does it contradict an earlier vote, of any life, or a record in the journal?
//   VOTED event ─────────────────────────────────────> the same
//   flash file after a kill ──> its safety records ──> the book of promises that no later life may break
//
// Rule: it trusts nobody: what a device says and what stands in its file are compared, neither is believed.

import { crc32, hex, latin1, u32 } from "../../host/device/bytes.ts";
import * as block from "../../host/device/block.ts";
import * as air from "../../host/fleet/air.ts";
import { Book } from "../../host/fleet/book.ts";
import { readHeader } from "../../host/fleet/votes.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as record from "../../firmware/wire/record.ts";
import * as vote from "../../firmware/wire/vote.ts";

interface Safety {
  readonly kind: number;
  readonly f: boolean;
  readonly view: number;
  readonly to: number;
  /** latin1 of 32. */
  readonly digest: string;
}

/** The digest of a record that only says that its view is taken. */
const UNKNOWN = "\0".repeat(32);

/** The safety records whose CRC is right in a JOURNAL region. */
export function journal(region: Uint8Array): Safety[] {
  const found: Safety[] = [];
  for (let at = 0; at < region.length; at += record.SLOT) {
    const k = region[at + record.KIND];
    if (k === 0 || k > kind.NULLIFY) continue;
    if (crc32(region.subarray(at, at + record.CRC)) !== u32(region, at + record.CRC)) continue;
    found.push({
      kind: k === kind.NOTARIZE_F ? kind.NOTARIZE : k,
      f: k === kind.NOTARIZE_F || (k === kind.NOTARIZE && region[at + record.F] !== 0),
      view: u32(region, at + record.VIEW),
      to: u32(region, at + record.TO),
      digest: latin1(region, at + record.DIGEST, at + record.DIGEST + 32),
    });
  }
  return found;
}

export class Witness {
  readonly problems: string[] = [];
  /** Votes that were looked up in a flash file, and VOTED events. */
  votes = 0;
  events = 0;
  readonly #books: Book[];
  /** What was once found in a device's flash: such a record may be recycled later. */
  readonly #once: Set<string>[];
  readonly #flash: (device: number, region: number) => Uint8Array;

  constructor(n: number, flash: (device: number, region: number) => Uint8Array) {
    this.#flash = flash;
    this.#books = Array.from({ length: n }, () => new Book());
    this.#once = Array.from({ length: n }, () => new Set());
  }

  /** A frame came from the port of this device. */
  frame(device: number, bytes: Uint8Array): void {
    const sent = air.voteIn(bytes);
    if (sent === null) return;
    if (sent.signer >= this.#books.length)
      return void this.problems.push(`a vote of device ${sent.signer} is on the air`);
    this.#vote(sent.signer, sent, `on the air from device ${device}`);
  }

  /** A device said that it voted: the bytes of a VOTED event. */
  voted(device: number, b: Uint8Array): void {
    this.events++;
    const k = b[vote.KIND];
    const view = u32(b, vote.VIEW);
    const nullifies = k === kind.NULLIFY;
    if (b[vote.SIGNER] !== device) this.problems.push(`device ${device} says that it voted as ${b[vote.SIGNER]}`);
    const to = nullifies ? u32(b, vote.TO) : view;
    const digest = nullifies ? "" : latin1(b, vote.DIGEST, vote.DIGEST + 32);
    this.#vote(device, { kind: k, signer: device, view, to, digest, header: "" }, "in an event");
  }

  /** Reads the journal of a device that is down: what it promised binds all its later lives. */
  postMortem(device: number): void {
    for (const { kind: k, f, view, to, digest } of journal(this.#flash(device, record.REGION_JOURNAL))) {
      if (k === kind.NULLIFY) this.#enter(device, this.#books[device].nullify(view, to));
      else if (k === kind.FINALIZE) {
        if (digest !== UNKNOWN) this.#enter(device, this.#books[device].finalize(view, digest));
      } else this.#notarize(device, view, digest, f);
    }
  }

  #enter(device: number, contradiction: string | null): void {
    if (contradiction !== null) this.problems.push(`device ${device} ${contradiction}`);
  }

  #notarize(device: number, view: number, digest: string, f: boolean): void {
    this.#enter(device, this.#books[device].notarize(view, digest));
    const head = f ? this.#header(device, digest) : null;
    if (head !== null && head.parentView !== 0)
      this.#enter(device, this.#books[device].finalize(head.parentView, head.parent));
  }

  /** The header of a block that stands in a device's flash; null when it does not. */
  #header(device: number, digest: string): ReturnType<typeof readHeader> | null {
    const bytes = Uint8Array.from(digest, (c) => c.charCodeAt(0));
    const found = block.read(this.#flash(device, record.REGION_BLOCKS), bytes);
    return found === null ? null : readHeader(digest, latin1(found, 0, header.SIZE));
  }

  #vote(device: number, sent: air.AirVote, where: string): void {
    const { kind: k, view, to } = sent;
    const f = k === kind.NOTARIZE_F;
    const wanted = f ? kind.NOTARIZE : k;
    const name = `${wanted} ${f} ${view} ${to} ${sent.digest || sent.header}`;
    if (this.#once[device].has(name)) return;
    const records = journal(this.#flash(device, record.REGION_JOURNAL));
    const digest = sent.header === "" ? sent.digest : this.#proposed(device, records, sent);
    this.votes++;
    const there = records.some((r) => {
      if (r.kind === kind.NULLIFY) return wanted === kind.NULLIFY && r.view <= view && to <= r.to;
      if (r.kind === wanted && r.view === view && r.digest === digest) return r.f || !f;
      // a NOTARIZE of a child with F = 1 is the FINALIZE of its parent
      return wanted === kind.FINALIZE && r.kind === kind.NOTARIZE && r.f && r.to === view;
    });
    if (there) this.#once[device].add(name);
    else this.problems.push(`device ${device}: vote ${k} for view ${view}..${to} ${where} is not in its flash file`);
    if (wanted === kind.NULLIFY) this.#enter(device, this.#books[device].nullify(view, to));
    else if (wanted === kind.FINALIZE) this.#enter(device, this.#books[device].finalize(view, digest));
    else this.#notarize(device, view, digest, f);
  }

  /** The digest of a proposal: that of the leader's own record whose block has this header; "" when there is none. */
  #proposed(device: number, records: readonly Safety[], { view, header: bytes }: air.AirVote): string {
    const own = records.filter((r) => r.kind === kind.NOTARIZE && r.view === view);
    for (const { digest } of own) {
      const found = block.read(
        this.#flash(device, record.REGION_BLOCKS),
        Uint8Array.from(digest, (c) => c.charCodeAt(0)),
      );
      if (found !== null && latin1(found, 0, header.SIZE) === bytes) return digest;
    }
    return own.length === 0
      ? ""
      : `no block with the header ${hex(Uint8Array.from(bytes.slice(0, 8), (c) => c.charCodeAt(0)))}`;
  }
}

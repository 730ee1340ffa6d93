// What a frame is about, for who draws it: the kind of the object in it, and the view or the transaction that this concerns.
//
//   frame ── whole ──> object ──> kind, about            about: a transaction's id (8 B), or 0 view u32 · 4 zero u32
//         └─ fragment ──> pieces by object id ─┘         a later fragment is about what the first one told
//
// The pieces of a transaction must all be seen before its id is known, so all that a call sends is looked at before the first frame
// of it is asked about. Rule: whatever bytes a frame has, looking never fails; what is not known is kind 0 and zeros.

import { createHash } from "node:crypto";
import { alloc, latin1, putU32, u16, u32 } from "../device/bytes.ts";
import * as beacon from "../../firmware/wire/beacon.ts";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as frame from "../../firmware/wire/frame.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as proposal from "../../firmware/wire/proposal.ts";
import * as vote from "../../firmware/wire/vote.ts";

export interface Subject {
  /** Kind of the object (wire/kind.ts); 0: not known. */
  readonly object: number;
  /** Eight bytes. */
  readonly about: Uint8Array;
}

interface Pieces {
  subject: Subject;
  /** The object so far, and which pieces of it are there; null when it is complete or need not be. */
  gathered: { readonly bytes: Uint8Array; have: number; readonly all: number } | null;
}

const NOTHING: Subject = { object: 0, about: new Uint8Array(8) };
/** Objects whose subject is remembered. */
const REMEMBERED = 1024;

/** Where an object of this kind says its view; -1: nowhere. */
function viewAt(object: number): number {
  if (object >= kind.NOTARIZE && object <= kind.FINALIZE) return vote.VIEW;
  if (object === kind.NULLIFY) return vote.TO;
  if (object === kind.PROPOSAL || object === kind.BLOCK) return proposal.HEADER + header.VIEW;
  if (object === kind.NOTAR_CERTIFICATE || object === kind.FINAL_CERTIFICATE) return certificate.VIEW;
  if (object === kind.FINAL_BY_CHILD) return certificate.CHILD + header.PARENT_VIEW;
  if (object === kind.NULL_CERTIFICATE) return certificate.NULL_VOTES + 4;
  return object === kind.BEACON ? beacon.VIEW : -1;
}

/** The subject of an object, from its first bytes; a transaction needs all of them (`whole`). */
function subject(bytes: Uint8Array, whole: boolean): Subject {
  const object = bytes[0];
  if (object < kind.NOTARIZE || object > kind.TRANSACTION) return NOTHING;
  const about = new Uint8Array(8);
  if (object === kind.TRANSACTION) {
    if (whole) about.set(createHash("sha256").update(bytes.subarray(1)).digest().subarray(0, 8));
  } else {
    const at = viewAt(object);
    if (at >= 0 && at + 4 <= bytes.length) putU32(about, 0, u32(bytes, at));
  }
  return { object, about };
}

export class Subjects {
  readonly #known = new Map<string, Pieces>();

  /** A frame that will be asked about. */
  learn(f: Uint8Array): void {
    if (f.length <= frame.FRAGMENT_OVERHEAD || f[frame.MAGIC] !== frame.MAGIC_1 || f[frame.TYPE] !== frame.FRAGMENT)
      return;
    const total = u16(f, frame.FRAGMENT_TOTAL);
    const index = f[frame.FRAGMENT_INDEX];
    const count = f[frame.FRAGMENT_COUNT];
    const bytes = f.subarray(frame.FRAGMENT_BYTES, f.length - frame.MAC_SIZE);
    const id = latin1(f, frame.FRAGMENT_ID, frame.FRAGMENT_ID + 8);
    const pieces = this.#known.get(id) ?? this.#remember(id, total, count);
    if (index === 0 && pieces.subject.object === 0) {
      pieces.subject = subject(bytes, count === 1);
      if (pieces.subject.object !== kind.TRANSACTION) pieces.gathered = null;
    }
    const { gathered } = pieces;
    const at = index * Math.ceil(total / Math.max(1, count));
    if (gathered === null || at + bytes.length > gathered.bytes.length) return;
    gathered.bytes.set(bytes, at);
    gathered.have |= 1 << index;
    if (gathered.have !== gathered.all) return;
    pieces.subject = subject(gathered.bytes, true);
    pieces.gathered = null;
  }

  /** What a frame is about. */
  of(f: Uint8Array): Subject {
    if (f.length <= frame.OVERHEAD || f[frame.MAGIC] !== frame.MAGIC_1) return NOTHING;
    if (f[frame.TYPE] === frame.WHOLE) return subject(f.subarray(frame.PAYLOAD, f.length - frame.MAC_SIZE), true);
    if (f[frame.TYPE] !== frame.FRAGMENT || f.length <= frame.FRAGMENT_OVERHEAD) return NOTHING;
    return this.#known.get(latin1(f, frame.FRAGMENT_ID, frame.FRAGMENT_ID + 8))?.subject ?? NOTHING;
  }

  #remember(id: string, total: number, count: number): Pieces {
    if (this.#known.size >= REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    const all = count >= 32 ? -1 : (1 << count) - 1;
    const pieces: Pieces = { subject: NOTHING, gathered: { bytes: alloc(total), have: 0, all } };
    this.#known.set(id, pieces);
    return pieces;
  }
}

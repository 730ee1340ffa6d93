// Frames between processes, seen at both ends: the sender tells all of a frame, each hearer its head, on consoles of their own, so either
// may come first.
//
//   sent ── whole ──> subject, by head ──┐
//                                        ├──> an arrival: from, to, what it is about
//   heard ── head ──> waits for it ──────┘        a sender that died without telling it: about nothing known
//
// Rule: an arrival is told once, and only when both ends are known or the sending one never will be.

import * as frame from "../../firmware/wire/frame.ts";
import { hex } from "../device/bytes.ts";
import { Subjects, type Subject } from "../fleet/subject.ts";

export interface Arrival extends Subject {
  readonly from: number;
  readonly to: number;
  /** Type of the frame (wire/frame.ts); 0: not a frame. */
  readonly frame: number;
  /** Bytes on air. */
  readonly length: number;
}

/** A frame that was heard: by whom, from whom, its first 32 bytes, its length. */
export type Heard = Pick<Arrival, "from" | "to" | "length"> & { readonly head: Uint8Array };

/** Frames remembered at either end. */
const FRAMES = 4096;

/** What makes a frame one of a kind: session and sequence in its head. */
const key = (bytes: Uint8Array): string => hex(bytes, 0, frame.PAYLOAD);

export class Pairs {
  readonly #subjects = new Subjects();
  readonly #sent = new Map<string, Subject>();
  #waiting: Heard[] = [];
  readonly #tell: (arrival: Arrival) => void;

  constructor(tell: (arrival: Arrival) => void) {
    this.#tell = tell;
  }

  /** A frame left: what it is about is known only from the whole of it. */
  sent(bytes: Uint8Array): void {
    this.#subjects.learn(bytes);
    if (this.#sent.size >= FRAMES) this.#sent.delete(this.#sent.keys().next().value!);
    const name = key(bytes);
    this.#sent.set(name, this.#subjects.of(bytes));
    this.#release((heard) => key(heard.head) === name);
  }

  /** A frame arrived. */
  heard(heard: Heard): void {
    if (this.#sent.has(key(heard.head))) return this.#arrive(heard);
    if (this.#waiting.length >= FRAMES) this.#arrive(this.#waiting.shift()!);
    this.#waiting.push(heard);
  }

  /** This device says nothing more of what it sent. */
  silent(from: number): void {
    this.#release((heard) => heard.from === from);
  }

  #release(which: (heard: Heard) => boolean): void {
    if (!this.#waiting.some(which)) return;
    const told = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((heard) => !which(heard));
    told.forEach((heard) => this.#arrive(heard));
  }

  #arrive({ from, to, head, length }: Heard): void {
    const type = length > frame.OVERHEAD ? head[frame.TYPE] : 0;
    const subject = this.#sent.get(key(head)) ?? { object: 0, about: new Uint8Array(8) };
    this.#tell({ from, to, frame: type, length, ...subject });
  }
}

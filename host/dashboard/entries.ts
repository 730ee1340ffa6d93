// Blocks and transactions out of a tape: when each device committed and executed a block, and the way of a transaction.
//
//   SUBMITTED ──> hop ──> hop ... (SENT frames about its id) ──> a block (RESULT) ──> executed, device by device
//
// Bounded: drop() forgets the oldest. Rule: each block and transaction stands once, at the time of the first device that had it.

import * as header from "../../firmware/wire/header.ts";
import { u16, u32 } from "../device/bytes.ts";
import type { DeviceEvent } from "../device/event.ts";
import * as transaction from "../client/transaction.ts";
import type { Arrival } from "../tape/fleet.ts";

type Event<K extends DeviceEvent["kind"]> = Extract<DeviceEvent, { kind: K }>;

export interface Block {
  height: number;
  view: number;
  proposer: number;
  digest: string;
  txCount: number;
  /** Bytes of header and body; 0 until the BLOCK record. */
  size: number;
  /** First vote for it, first commit, first execution; 0 where it was not seen. */
  votedUs: number;
  atUs: number;
  executedUs: number;
  /** Time at which device i committed it, and executed it; 0: not yet. */
  commits: Float64Array;
  executions: Float64Array;
  /** Root after it, hex, as the first device said. */
  root: string;
  /** Its transactions; null for one that this page cannot read. */
  contents: (transaction.Transaction | null)[];
  /** Ids by place, where a RESULT told them. */
  ids: string[];
}

export interface Hop {
  readonly atUs: number;
  readonly device: number;
  readonly frame: number;
  readonly length: number;
  readonly arrivals: readonly Arrival[];
}

export interface Entry {
  id: string;
  /** When the tape first told of it. */
  atUs: number;
  /** Device at whose console it came in, and when; -1 where it was not seen. */
  by: number;
  submittedUs: number;
  hops: Hop[];
  frames: number;
  bytes: number;
  height: number;
  index: number;
  type: number;
  kid: string;
  reason: number;
  executions: Float64Array;
}

/** Hops of one transaction that are listed; its sums count all. */
const HOPS = 256;
const BLOCKS = 40_000;
const ENTRIES = 40_000;

export class Entries {
  readonly #n: number;
  /** By time of the first commit, and so by height. */
  readonly blocks: Block[] = [];
  readonly #byHeight = new Map<number, Block>();
  readonly all = new Map<string, Entry>();
  /** In the order in which the tape told of them. */
  readonly list: Entry[] = [];
  readonly #votes = new Map<string, number>();

  constructor(n: number) {
    this.#n = n;
  }

  at(height: number): Block | undefined {
    return this.#byHeight.get(height);
  }

  /** A vote for a digest was cast: true when it is the first. */
  voted(digest: string, atUs: number): boolean {
    if (this.#votes.has(digest)) return false;
    this.#votes.set(digest, atUs);
    if (this.#votes.size > 1024) this.#votes.delete(this.#votes.keys().next().value!);
    return true;
  }

  block(atUs: number, height: number, bytes: Uint8Array): void {
    if (bytes.length < header.SIZE) return;
    const block = this.#block(height, atUs);
    block.size = bytes.length;
    block.txCount = u16(bytes, header.TX_COUNT);
    block.view = u32(bytes, header.VIEW);
    block.proposer = bytes[header.PROPOSER];
    let p = header.SIZE;
    for (let i = 0; i < block.txCount && p + 2 <= bytes.length; i++) {
      const end = p + 2 + u16(bytes, p);
      block.contents[i] = readable(bytes.slice(p + 2, end));
      p = end;
    }
  }

  commit(device: number, atUs: number, event: Event<"commit">): void {
    const block = this.#block(event.height, atUs);
    block.view = event.view;
    block.proposer = event.proposer;
    block.digest = event.digest;
    block.txCount = event.txCount;
    if (block.votedUs === 0) block.votedUs = this.#votes.get(event.digest) ?? 0;
    if (block.commits[device] === 0) block.commits[device] = atUs;
  }

  executed(device: number, atUs: number, event: Event<"executed">): void {
    const block = this.#byHeight.get(event.height);
    if (block === undefined) return;
    if (block.executedUs === 0) [block.executedUs, block.root] = [atUs, event.root];
    if (block.executions[device] === 0) block.executions[device] = atUs;
  }

  result(device: number, atUs: number, event: Event<"result">): void {
    const entry = this.#entry(event.id, atUs);
    if (entry.height < 0) {
      const { height, index, type, kid, reason } = event;
      Object.assign(entry, { height, index, type, kid, reason });
      const block = this.#byHeight.get(height);
      if (block !== undefined) block.ids[index] = event.id;
    }
    // A second time in a block it has no effect: the first one is its fate.
    if (entry.height === event.height && entry.executions[device] === 0) entry.executions[device] = atUs;
  }

  submitted(device: number, atUs: number, id: string): void {
    const entry = this.#entry(id, atUs);
    if (entry.by < 0) [entry.by, entry.submittedUs] = [device, atUs];
  }

  hop(id: string, { atUs, device, frame, length, arrivals }: Hop): void {
    const entry = this.#entry(id, atUs);
    entry.frames++;
    entry.bytes += length;
    if (entry.hops.length < HOPS) entry.hops.push({ atUs, device, frame, length, arrivals });
  }

  drop(beforeUs: number): void {
    let i = 0;
    while (i < this.blocks.length && (this.blocks[i].atUs < beforeUs || this.blocks.length - i > BLOCKS)) i++;
    for (const { height } of this.blocks.splice(0, i)) this.#byHeight.delete(height);
    i = 0;
    while (i < this.list.length && (this.list[i].atUs < beforeUs || this.list.length - i > ENTRIES)) i++;
    for (const { id } of this.list.splice(0, i)) this.all.delete(id);
  }

  #block(height: number, atUs: number): Block {
    let block = this.#byHeight.get(height);
    if (block === undefined) {
      const times = { votedUs: 0, atUs, executedUs: 0 };
      const [commits, executions] = [new Float64Array(this.#n), new Float64Array(this.#n)];
      const of = { height, view: 0, proposer: 0, digest: "", txCount: 0, size: 0, root: "", contents: [], ids: [] };
      block = { ...of, ...times, commits, executions };
      this.#byHeight.set(height, block);
      this.blocks.push(block);
    }
    return block;
  }

  #entry(id: string, atUs: number): Entry {
    let entry = this.all.get(id);
    if (entry === undefined) {
      const of = { by: -1, submittedUs: 0, hops: [], frames: 0, bytes: 0, executions: new Float64Array(this.#n) };
      entry = { id, atUs, ...of, height: -1, index: -1, type: 0, kid: "", reason: 0 };
      this.all.set(id, entry);
      this.list.push(entry);
    }
    return entry;
  }
}

function readable(bytes: Uint8Array): transaction.Transaction | null {
  try {
    return transaction.parse(bytes);
  } catch {
    return null;
  }
}

// Histories made by hand: devices that store, send and report whatever a test lets them, to show that the checker sees it.
//
//   const [a, b] = cell.devices; const one = cell.block(1);
//   a.store(one); a.record(NOTARIZE, one); a.send(NOTARIZE, one)

import { createHash } from "node:crypto";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as effect from "../../firmware/wire/event.ts";
import * as frame from "../../firmware/wire/frame.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as proposal from "../../firmware/wire/proposal.ts";
import * as record from "../../firmware/wire/record.ts";
import * as vote from "../../firmware/wire/vote.ts";
import { crc32 } from "../../host/device/bytes.ts";
import { Flash } from "../../host/fleet/flash.ts";
import { Invariants, type Rule, type Watched } from "../../host/fleet/invariants.ts";

export interface Block {
  readonly view: number;
  readonly height: number;
  readonly header: Uint8Array;
  readonly digest: Uint8Array;
}

export const GENESIS: Block = { view: 0, height: 0, header: new Uint8Array(128), digest: new Uint8Array(32).fill(9) };

/** A block on `parent`; `salt` makes another one of the same view. */
export function block(view: number, parent: Block = GENESIS, salt = 0): Block {
  const bytes = new Uint8Array(header.SIZE);
  const at = new DataView(bytes.buffer);
  bytes[header.VERSION] = 1;
  bytes[header.PROPOSER] = 0;
  at.setUint32(header.VIEW, view, true);
  at.setUint32(header.HEIGHT, parent.height + 1, true);
  at.setUint32(header.PARENT_VIEW, parent.view, true);
  at.setUint32(header.TIME, salt, true);
  bytes.set(parent.digest, header.PARENT);
  const digest = new Uint8Array(createHash("sha256").update(bytes).digest());
  return { view, height: parent.height + 1, header: bytes, digest };
}

export class Actor {
  readonly flash = new Flash();
  readonly #watched: Watched;
  #log = 16;
  #slot = 1;

  constructor(
    readonly all: Invariants,
    readonly index: number,
  ) {
    this.#watched = all.watch(index, this.flash);
  }

  /** Programs bytes, as a STORE does; `limit` tears it. */
  program(region: number, offset: number, bytes: Uint8Array, limit = bytes.length): void {
    const kept = this.flash.store(region, offset, bytes, limit);
    this.#watched.stored(region, offset, bytes.length, kept);
  }

  erase(region: number, sector: number): void {
    this.flash.erase(region, sector);
    this.#watched.erased(region, sector);
  }

  /** Stores a record of the log. */
  log(logKind: number, block: Block, payload: Uint8Array, limit?: number): void {
    const bytes = new Uint8Array(record.LOG_SIZE + payload.length);
    const at = new DataView(bytes.buffer);
    at.setUint16(record.LOG_MAGIC, record.LOG_MAGIC_1, true);
    bytes[record.LOG_KIND] = logKind;
    at.setUint32(record.LOG_LENGTH, payload.length, true);
    at.setUint32(record.LOG_VIEW, block.view, true);
    at.setUint32(record.LOG_HEIGHT, block.height, true);
    bytes.set(block.digest, record.LOG_DIGEST);
    at.setUint32(record.LOG_PAYLOAD_CRC, crc32(payload), true);
    at.setUint32(record.LOG_CRC, crc32(bytes.subarray(0, record.LOG_CRC)), true);
    bytes.set(payload, record.LOG_SIZE);
    this.program(record.REGION_BLOCKS, this.#log, bytes, limit);
    this.#log += (bytes.length + 7) & ~7;
  }

  /** Stores a block's header and a body. */
  store(block: Block, limit?: number): void {
    const payload = new Uint8Array(header.SIZE + 20).fill(7);
    payload.set(block.header);
    this.log(record.LOG_BLOCK, block, payload, limit);
  }

  /** Stores a NOTAR certificate of these signers. */
  notar(block: Block, signers: readonly number[]): void {
    const payload = new Uint8Array(certificate.NOTAR_SIGNATURES + 64 * signers.length);
    payload[0] = kind.NOTAR_CERTIFICATE;
    const at = new DataView(payload.buffer);
    at.setUint32(certificate.VIEW, block.view, true);
    payload.set(block.digest, certificate.DIGEST);
    at.setUint32(certificate.SIGNERS, bitmap(signers), true);
    this.log(record.LOG_NOTAR, block, payload);
  }

  /** Writes a safety record: for a NULLIFY of `from`..`to`, else of a block (`parent` view for F). */
  record(k: number, of: Block | [from: number, to: number], parentView = 0): void {
    const bytes = new Uint8Array(record.SIZE);
    const at = new DataView(bytes.buffer);
    bytes[record.KIND] = k === kind.NOTARIZE_F ? kind.NOTARIZE : k;
    bytes[record.F] = k === kind.NOTARIZE_F ? 1 : 0;
    bytes[record.SIGNER] = this.index;
    at.setUint32(record.VIEW, Array.isArray(of) ? of[0] : of.view, true);
    at.setUint32(record.TO, Array.isArray(of) ? of[1] : parentView, true);
    if (!Array.isArray(of)) bytes.set(of.digest, record.DIGEST);
    at.setUint32(record.CRC, crc32(bytes.subarray(0, record.CRC)), true);
    this.program(record.REGION_JOURNAL, this.#slot++ * record.SLOT, bytes);
  }

  /** Sends a vote, in a whole frame. */
  send(k: number, of: Block | [from: number, to: number], signer = this.index): void {
    const size = k === kind.NULLIFY ? vote.NULLIFY_SIZE : vote.SIZE;
    const bytes = new Uint8Array(frame.OVERHEAD + size);
    const at = new DataView(bytes.buffer, frame.PAYLOAD);
    bytes[frame.MAGIC] = frame.MAGIC_1;
    bytes[frame.TYPE] = frame.WHOLE;
    bytes[frame.SOURCE] = this.index;
    at.setUint8(vote.KIND, k);
    at.setUint8(vote.SIGNER, signer);
    at.setUint32(vote.VIEW, Array.isArray(of) ? of[0] : of.view, true);
    if (Array.isArray(of)) at.setUint32(vote.TO, of[1], true);
    else bytes.set(of.digest, frame.PAYLOAD + vote.DIGEST);
    this.#watched.sent(bytes);
  }

  /** Sends a proposal: whole, or its first fragment. */
  propose(block: Block, fragment = false): void {
    const p = fragment ? frame.FRAGMENT_BYTES : frame.PAYLOAD;
    const bytes = new Uint8Array(p + proposal.BODY + frame.MAC_SIZE);
    bytes[frame.MAGIC] = frame.MAGIC_1;
    bytes[frame.TYPE] = fragment ? frame.FRAGMENT : frame.WHOLE;
    bytes[p] = kind.PROPOSAL;
    bytes.set(block.header, p + proposal.HEADER);
    this.#watched.sent(bytes);
  }

  /** Says that the block is final here. */
  commit(block: Block): void {
    const bytes = new Uint8Array(48);
    const at = new DataView(bytes.buffer);
    at.setUint32(0, block.height, true);
    at.setUint32(4, block.view, true);
    bytes.set(block.digest, 16);
    this.#watched.event(effect.COMMIT, bytes);
  }

  notarized(block: Block): void {
    const bytes = new Uint8Array(40);
    new DataView(bytes.buffer).setUint32(0, block.view, true);
    bytes.set(block.digest, 8);
    this.#watched.event(effect.NOTARIZED, bytes);
  }

  executed(height: number, root: number, supply: bigint): void {
    const bytes = new Uint8Array(48);
    const at = new DataView(bytes.buffer);
    at.setUint32(0, height, true);
    bytes[8] = root;
    at.setBigUint64(40, supply, true);
    this.#watched.event(effect.EXECUTED, bytes);
  }

  /** All that an honest device does to vote for a block, in the right order. */
  vote(block: Block): void {
    this.store(block);
    this.record(kind.NOTARIZE, block);
    this.send(kind.NOTARIZE, block);
  }

  /** All that an honest device does to finalize a block. */
  finalize(block: Block, signers: readonly number[]): void {
    this.notar(block, signers);
    this.record(kind.FINALIZE, block);
    this.send(kind.FINALIZE, block);
  }
}

const bitmap = (signers: readonly number[]): number => signers.reduce((bits, i) => bits | (1 << i), 0) >>> 0;

/** A cell of n devices, the last `villains` of them villains. */
export function cell(n = 4, villains = 0): { all: Invariants; devices: Actor[]; broken: () => Rule[] } {
  const honest = Array.from({ length: n }, (_, i) => i < n - villains);
  const all = new Invariants({ n, seed: 42, supply: 100n, honest });
  const devices = honest.map((_, i) => new Actor(all, i));
  return { all, devices, broken: () => all.violations.map(({ rule }) => rule) };
}

// A scripted cell around one real device: all validators' keys are known here, so a test can say on the air what any of them could say.
//
//   const cell = new Cell(4);
//   const bench = new Bench(wasm, cell, 3);           device 3, provisioned as a user would, with the entropy that makes its known key
//   bench.hear(cell.vote(kind.NOTARIZE, 0, 1, d))     what it says to that: { refused, events, sent }
//
// Everything is written from the byte tables of firmware/wire and signed with @noble/curves; none of the device's own code helps.
// Rule: the device gets frames, requests and ticks, nothing else.

import { ed25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import * as beacon from "../../firmware/wire/beacon.ts";
import * as certificate from "../../firmware/wire/certificate.ts";
import * as effect from "../../firmware/wire/effect.ts";
import * as event from "../../firmware/wire/event.ts";
import * as frame from "../../firmware/wire/frame.ts";
import * as header from "../../firmware/wire/header.ts";
import * as kind from "../../firmware/wire/kind.ts";
import * as request from "../../firmware/wire/request.ts";
import * as vote from "../../firmware/wire/vote.ts";
import * as client from "../../host/client/client.ts";
import { putU32, u16, u32 } from "../../host/device/bytes.ts";
import { NOTHING, type Device, type Hal } from "../../host/device/device.ts";
import * as effects from "../../host/device/effects.ts";
import { open } from "../../host/device/open.ts";
import { Flash } from "../../host/fleet/flash.ts";
import * as provision from "../../host/fleet/provision.ts";

const bytesOf = (n: number, fill: (out: Uint8Array) => void): Uint8Array => {
  const out = new Uint8Array(n);
  fill(out);
  return out;
};

/** Fields of a header; what is left out follows from the parent, or is zero. */
export interface Head {
  view: number;
  height: number;
  time: number;
  parentView: number;
  parent: Uint8Array;
  executedHeight: number;
  executedRoot: Uint8Array;
  proposer: number;
  txCount: number;
  bodyLength: number;
  bodyRoot: Uint8Array;
  version: number;
  epoch: number;
}

/** A block as tests pass it around. */
export interface Block {
  readonly head: Head;
  readonly header: Uint8Array;
  readonly digest: Uint8Array;
  readonly body: Uint8Array;
}

/** RFC 6962's root of these leaves. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(concatBytes(Uint8Array.of(0), leaves[0]));
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(concatBytes(Uint8Array.of(1), merkleRoot(leaves.slice(0, k)), merkleRoot(leaves.slice(k))));
}

/** The body that carries these transactions. */
export const bodyOf = (transactions: readonly Uint8Array[]): Uint8Array =>
  concatBytes(...transactions.flatMap((tx) => [Uint8Array.of(tx.length, tx.length >> 8), tx]));

/** The keys of all validators, and every object that they could send. */
export class Cell {
  readonly validators: client.Signer[];
  readonly key: Uint8Array = sha256(utf8ToBytes("cell key"));
  readonly genesis: Uint8Array;
  readonly hash: Uint8Array;
  readonly ctx: Uint8Array;
  readonly n: number;
  readonly viewsPerLeader: number;

  constructor(n: number, more: Partial<provision.Cell> = {}) {
    this.n = n;
    this.validators = Array.from({ length: n }, (_, i) => client.signer(sha256(utf8ToBytes(`validator ${i}`))));
    const cell = { deltaMs: 200, mtu: 1400, viewsPerLeader: 4, windowS: 10, heartbeatMs: 0, balance: 1000n, ...more };
    this.viewsPerLeader = cell.viewsPerLeader;
    this.genesis = provision.make(
      cell,
      this.validators.map(({ pub, kid }) => ({ publicKey: pub, kid })),
    );
    this.hash = sha256(this.genesis);
    const set = sha256(concatBytes(...this.validators.map(({ pub }) => pub)));
    this.ctx = sha256(concatBytes(utf8ToBytes("synod/ctx"), this.hash, new Uint8Array(4), set));
  }

  leader(view: number): number {
    return Math.floor(view / this.viewsPerLeader) % this.n;
  }

  // ---- blocks ----

  /** The block before the first: height 0, view 0, digest = genesis hash. `root`: the state root that a device gives for height 0. */
  origin(root: Uint8Array): Block {
    const head = this.#head({ executedRoot: root });
    return { head, header: new Uint8Array(header.SIZE), digest: this.hash, body: new Uint8Array(0) };
  }

  /** A block of `view` on `parent`, as its leader would make it but for what `more` says. */
  block(parent: Block, view: number, more: Partial<Head> = {}, transactions: readonly Uint8Array[] = []): Block {
    const body = bodyOf(transactions);
    const head = this.#head({
      view,
      height: parent.head.height + 1,
      time: parent.head.time + 1,
      parentView: parent.head.view,
      parent: parent.digest,
      executedHeight: parent.head.executedHeight,
      executedRoot: parent.head.executedRoot,
      proposer: this.leader(view),
      txCount: transactions.length,
      bodyLength: body.length,
      bodyRoot: merkleRoot(transactions),
      ...more,
    });
    const bytes = this.header(head);
    return { head, header: bytes, digest: sha256(concatBytes(this.ctx, bytes)), body };
  }

  #head(more: Partial<Head>): Head {
    const zero = new Uint8Array(32);
    const none = {
      view: 0,
      height: 0,
      time: 0,
      parentView: 0,
      executedHeight: 0,
      proposer: 0,
      txCount: 0,
      bodyLength: 0,
    };
    return { ...none, version: header.VERSION_1, epoch: 0, parent: zero, executedRoot: zero, bodyRoot: zero, ...more };
  }

  header(head: Head): Uint8Array {
    return bytesOf(header.SIZE, (out) => {
      out.set([head.version, head.proposer, head.txCount, head.txCount >> 8]);
      putU32(out, header.EPOCH, head.epoch);
      putU32(out, header.VIEW, head.view);
      putU32(out, header.HEIGHT, head.height);
      putU32(out, header.TIME, head.time);
      putU32(out, header.PARENT_VIEW, head.parentView);
      putU32(out, header.EXECUTED_HEIGHT, head.executedHeight);
      putU32(out, header.BODY_LENGTH, head.bodyLength);
      out.set(head.parent, header.PARENT);
      out.set(head.bodyRoot, header.BODY_ROOT);
      out.set(head.executedRoot, header.EXECUTED_ROOT);
    });
  }

  /** PROPOSAL, signed by `signer`: the leader of its view unless said otherwise. */
  proposal({ head, header: h, digest, body }: Block, f = false, signer = this.leader(head.view)): Uint8Array {
    const k = f ? kind.NOTARIZE_F : kind.NOTARIZE;
    const signature = this.sign(signer, this.#statement(k, head.view, digest));
    return concatBytes(Uint8Array.of(kind.PROPOSAL, Number(f), 0, 0), h, signature, body);
  }

  /** BLOCK, as a neighbour serves it. */
  served({ header: h, body }: Block): Uint8Array {
    return concatBytes(Uint8Array.of(kind.BLOCK, 0, 0, 0), h, body);
  }

  // ---- votes ----

  sign(signer: number, message: Uint8Array): Uint8Array {
    return ed25519.sign(message, this.validators[signer].seed);
  }

  #statement(k: number, view: number, digest: Uint8Array): Uint8Array {
    return bytesOf(vote.SIGNED_SIZE, (out) => {
      out[0] = k;
      putU32(out, vote.SIGNED_VIEW, view);
      out.set(digest, vote.SIGNED_DIGEST);
    });
  }

  #nullification(signer: number, from: number, to: number): Uint8Array {
    const message = bytesOf(vote.SIGNED_NULLIFY_SIZE, (out) => {
      out[0] = kind.NULLIFY;
      putU32(out, vote.SIGNED_FROM, from);
      putU32(out, vote.SIGNED_TO, to);
      out.set(this.ctx, vote.SIGNED_CTX);
    });
    return this.sign(signer, message);
  }

  /** NOTARIZE, NOTARIZE_F or FINALIZE on air. */
  vote(k: number, signer: number, view: number, digest: Uint8Array): Uint8Array {
    return bytesOf(vote.SIZE, (out) => {
      out.set([k, signer]);
      putU32(out, vote.VIEW, view);
      out.set(digest, vote.DIGEST);
      out.set(this.sign(signer, this.#statement(k, view, digest)), vote.SIGNATURE);
    });
  }

  nullify(signer: number, from: number, to: number): Uint8Array {
    return bytesOf(vote.NULLIFY_SIZE, (out) => {
      out.set([kind.NULLIFY, signer]);
      putU32(out, vote.FROM, from);
      putU32(out, vote.TO, to);
      out.set(this.#nullification(signer, from, to), vote.NULLIFY_SIGNATURE);
    });
  }

  // ---- certificates; signers in ascending order ----

  notar(view: number, digest: Uint8Array, signers: readonly number[]): Uint8Array {
    const signatures = signers.map((i) => this.sign(i, this.#statement(kind.NOTARIZE, view, digest)));
    const head = bytesOf(certificate.NOTAR_SIGNATURES, (out) => {
      out[0] = kind.NOTAR_CERTIFICATE;
      putU32(out, certificate.VIEW, view);
      out.set(digest, certificate.DIGEST);
      putU32(out, certificate.SIGNERS, mask(signers));
    });
    return concatBytes(head, ...signatures);
  }

  /** FINAL (a). */
  final(view: number, digest: Uint8Array, signers: readonly number[]): Uint8Array {
    const signatures = signers.map((i) => this.sign(i, this.#statement(kind.FINALIZE, view, digest)));
    const head = bytesOf(certificate.FINAL_SIGNATURES, (out) => {
      out[0] = kind.FINAL_CERTIFICATE;
      putU32(out, certificate.VIEW, view);
      out.set(digest, certificate.DIGEST);
      putU32(out, certificate.SIGNERS, mask(signers));
    });
    return concatBytes(head, ...signatures);
  }

  /** FINAL_HEADER: what a member gets of a block that lone FINALIZE votes made final. */
  finalHeader(block: Block, signers: readonly number[]): Uint8Array {
    const certificate = this.final(block.head.view, block.digest, signers);
    return concatBytes(Uint8Array.of(kind.FINAL_HEADER, 0, 0, 0), block.header, certificate);
  }

  /** FINAL (b) of the child's parent. */
  finalByChild(child: Block, signers: readonly number[]): Uint8Array {
    const signatures = signers.map((i) =>
      this.sign(i, this.#statement(kind.NOTARIZE_F, child.head.view, child.digest)),
    );
    const head = bytesOf(certificate.CHILD_SIGNATURES, (out) => {
      out[0] = kind.FINAL_BY_CHILD;
      out.set(child.header, certificate.CHILD);
      putU32(out, certificate.CHILD_SIGNERS, mask(signers));
    });
    return concatBytes(head, ...signatures);
  }

  /** NULL of from..to, the same range by all signers. */
  nulls(from: number, to: number, signers: readonly number[]): Uint8Array {
    const head = bytesOf(certificate.NULL_VOTES, (out) => {
      out[0] = kind.NULL_CERTIFICATE;
      putU32(out, certificate.NULL_SIGNERS, mask(signers));
    });
    const range = bytesOf(8, (out) => {
      putU32(out, 0, from);
      putU32(out, 4, to);
    });
    return concatBytes(head, ...signers.flatMap((i) => [range, this.#nullification(i, from, to)]));
  }

  // ---- the rest ----

  /** A beacon of a device that has nothing and waits for nothing, but for what `fields` say (offset -> u32). */
  beacon(signer: number, fields: Readonly<Record<number, number>> = {}): Uint8Array {
    return bytesOf(beacon.SIZE, (out) => {
      out.set([kind.BEACON, signer]);
      for (const [offset, value] of Object.entries(fields)) putU32(out, Number(offset), value);
    });
  }

  transaction(tx: Uint8Array): Uint8Array {
    return concatBytes(Uint8Array.of(kind.TRANSACTION), tx);
  }

  /** A payment of `amount` by validator `from` to validator `to`. */
  pay(from: number, to: number, amount: bigint, nonce = 0n): Uint8Array {
    const terms = { cell: this.hash.slice(0, 8), nonce, fee: 0n, expiry: 1_000_000 };
    return client.transfer(this.validators[from], terms, this.validators[to].kid, amount);
  }
}

const mask = (signers: readonly number[]): number => signers.reduce((sum, i) => sum | (1 << i), 0);

/** What a device said to one input and the ticks behind it. */
export interface Said {
  /** Reasons of REFUSED events. */
  readonly refused: number[];
  readonly events: { readonly kind: number; readonly bytes: Uint8Array }[];
  /** Objects that it sent in one frame each. */
  readonly sent: Uint8Array[];
}

function append(all: Said, more: Said): void {
  all.refused.push(...more.refused);
  all.events.push(...more.events);
  all.sent.push(...more.sent);
}

export interface Status {
  readonly view: number;
  readonly finalHeight: number;
  readonly executedHeight: number;
  readonly finalView: number;
  readonly observer: boolean;
  readonly root: Uint8Array;
  readonly finalDigest: Uint8Array;
}

/** One device with its flash on a bench: power, console, radio. */
export class Bench {
  readonly cell: Cell;
  readonly me: number;
  flash = new Flash();
  now = 0;
  readonly #wasm: Uint8Array;
  #device: Device | null = null;
  #said: Said = { refused: [], events: [], sent: [] };
  #sequence = 0;
  #entropy = 0;

  /** Device `me` of the cell: blank, or provisioned as a user does it. */
  constructor(wasm: Uint8Array, cell: Cell, me: number, blank = false) {
    this.#wasm = wasm;
    this.cell = cell;
    this.me = me;
    this.power();
    if (blank) return;
    const reason = this.ask(provision.provision(cell.key, cell.genesis));
    if (reason !== 0) throw new Error(`the device refused its genesis: ${reason}`);
  }

  get #hal(): Hal {
    return {
      // 32 bytes are asked for once, for the key
      entropy: (n) =>
        n === 32 ? this.cell.validators[this.me].seed : sha256(Uint8Array.of(this.#entropy++)).slice(0, n),
      read: (region, offset, n) => this.flash.read(region, offset, n),
      sense: () => NOTHING,
    };
  }

  /** Switches it off and on again. */
  power(): Said {
    this.#device?.close();
    this.#device = open("v8", this.#wasm, this.#hal);
    return this.#watch((device) => {
      const reason = device.boot(BigInt(this.now));
      if (reason !== 0) throw new Error(`the device does not start: ${reason}`);
    });
  }

  /** A frame of the cell with this object in it. */
  hear(object: Uint8Array): Said {
    const head = bytesOf(frame.PAYLOAD, (out) => {
      out.set([frame.MAGIC_1, frame.WHOLE, 254]);
      putU32(out, frame.SESSION, 1);
      putU32(out, frame.SEQUENCE, ++this.#sequence);
    });
    const inner = concatBytes(head, object);
    const whole = concatBytes(inner, hmac(sha256, this.cell.key, inner).subarray(0, frame.MAC_SIZE));
    return this.#watch((device) => device.receive(0, whole, BigInt(this.now)));
  }

  /** Several objects, one frame each. */
  hearAll(...objects: Uint8Array[]): Said {
    const all: Said = { refused: [], events: [], sent: [] };
    for (const object of objects) append(all, this.hear(object));
    return all;
  }

  /** A request at its console: 0 or the reason of its refusal. */
  ask(bytes: Uint8Array): number {
    return this.request(bytes).reason;
  }

  request(bytes: Uint8Array): Said & { reason: number } {
    let reason = 0;
    const said = this.#watch((device) => (reason = device.request(bytes, BigInt(this.now))));
    return { ...said, reason };
  }

  /** Time passes. */
  wait(ms: number): Said {
    const end = this.now + ms;
    const all: Said = { refused: [], events: [], sent: [] };
    while (this.now < end) {
      this.now = Math.min(end, this.now + 50);
      append(
        all,
        this.#watch((device) => void device.tick(BigInt(this.now))),
      );
    }
    return all;
  }

  status(): Status {
    const { events, reason } = this.request(Uint8Array.of(request.STATUS));
    const b = events.find((e) => e.kind === event.ANSWER)?.bytes;
    if (reason !== 0 || b === undefined) throw new Error(`no answer to STATUS: ${reason}`);
    return {
      view: u32(b, 8),
      finalHeight: u32(b, 12),
      executedHeight: u32(b, 16),
      finalView: u32(b, 20),
      observer: (b[3] & 1) !== 0,
      root: b.slice(24, 56),
      finalDigest: b.slice(56, 88),
    };
  }

  /** Does `action`, then takes the device and its flash back to where they were. */
  trial<T>(action: () => T): T {
    const memory = this.#device!.memory().slice();
    const { flash, now } = this;
    this.flash = flash.clone();
    try {
      return action();
    } finally {
      this.#device!.write(memory);
      this.flash = flash;
      this.now = now;
    }
  }

  close(): void {
    this.#device?.close();
    this.#device = null;
  }

  /** One call, then ticks until the device rests; carries out all effects. */
  #watch(call: (device: Device) => void): Said {
    this.#said = { refused: [], events: [], sent: [] };
    call(this.#device!);
    let reset = this.#drain(this.#device!);
    for (let ticks = 0; !reset; ticks++) {
      if (ticks === 300) throw new Error("the device does not come to rest");
      const wait = this.#device!.tick(BigInt(this.now));
      reset = this.#drain(this.#device!);
      if (wait !== 0) break;
    }
    const said = this.#said;
    if (reset) this.power();
    return said;
  }

  /** Carries out the effects of the last call; true when the device resets itself. */
  #drain(device: Device): boolean {
    for (const { op, a, b, bytes } of effects.parse(device.effects())) {
      if (op === effect.STORE) {
        if (!this.flash.store(a, b, bytes)) throw new Error(`flash does not hold a store to region ${a} at ${b}`);
      } else if (op === effect.ERASE) this.flash.erase(a, b);
      else if (op === effect.SEND) this.#sent(bytes);
      else if (op === effect.EVENT) this.#event(a, bytes.slice());
      else if (op === effect.RESET) return true;
    }
    return false;
  }

  #sent(f: Uint8Array): void {
    if (f[frame.TYPE] === frame.WHOLE) this.#said.sent.push(f.slice(frame.PAYLOAD, f.length - frame.MAC_SIZE));
  }

  #event(k: number, bytes: Uint8Array): void {
    this.#said.events.push({ kind: k, bytes });
    if (k === event.REFUSED) this.#said.refused.push(u16(bytes, 0));
  }
}

// A state as a test holds it, and the proofs that an honest or a lying validator makes of it, by the picture in firmware/core/tree.ts.

import { bytesToHex as hex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import * as kind from "../../firmware/wire/kind.ts";
import { putU32, putU64 } from "../../host/device/bytes.ts";
import { expectedRoot, h, type Model } from "../core/root.ts";

export const accountKey = (kid: Uint8Array): Uint8Array => concatBytes(utf8ToBytes("a"), kid);

export function account(balance: bigint, nonce: bigint): Uint8Array {
  const out = new Uint8Array(16);
  putU64(out, 0, balance);
  putU64(out, 8, nonce);
  return out;
}

export class State {
  readonly model: Model = new Map();
  readonly salt: Uint8Array;

  constructor(salt: Uint8Array) {
    this.salt = salt;
  }

  put(key: Uint8Array, value: Uint8Array): this {
    this.model.set(hex(key), value);
    return this;
  }

  copy(): State {
    const other = new State(this.salt);
    for (const [key, value] of this.model) other.model.set(key, value);
    return other;
  }

  get root(): Uint8Array {
    return hexToBytes(expectedRoot(this.model, this.salt));
  }

  /** salt, siblings, entries of the bucket that a key belongs to. */
  prove(key: Uint8Array): Uint8Array {
    const bucketOf = (k: Uint8Array): number => h(this.salt, k)[0] & 63;
    const bucket = bucketOf(key);
    const entries = (b: number): Uint8Array =>
      concatBytes(
        ...[...this.model]
          .filter(([k]) => bucketOf(hexToBytes(k)) === b)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([k, v]) => concatBytes(Uint8Array.of(k.length / 2, v.length), hexToBytes(k), v)),
      );
    let level = Array.from({ length: 64 }, (_, b) => h(0, entries(b)));
    const siblings: Uint8Array[] = [];
    for (let at = bucket; level.length > 1; at >>= 1) {
      siblings.push(level[at ^ 1]);
      level = level.flatMap((x, i) => (i % 2 ? [] : [h(1, x, level[i + 1])]));
    }
    return concatBytes(this.salt, ...siblings, entries(bucket));
  }

  /** PROOF: the answer to ASK, said to be of the state after `height`. */
  proof(key: Uint8Array, height: number): Uint8Array {
    const head = new Uint8Array(8);
    head.set([kind.PROOF, key.length]);
    putU32(head, 4, height);
    return concatBytes(head, key, this.prove(key));
  }
}

// Signatures of every odd kind, for single and batch verification alike, with the verdict of @noble/curves under ZIP-215.
//
//   const source = new Source(1);
//   const s = signed(source);   // { kind: "mixed torsion", pub, message, signature, valid }

import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { little, number, Source, unhex } from "./device.ts";

const Point = ed25519.Point;
const P = 2n ** 255n - 19n;
const L = Point.Fn.ORDER;
const TORSION = ED25519_TORSION_SUBGROUP.map((h) => Point.fromHex(h, true));

export interface Signed {
  kind: string;
  pub: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
  valid: boolean;
}

/** Encodings with every odd property: small order, y of p or more, x = 0 with a sign, y that no point has. */
export function oddEncodings(): Uint8Array[] {
  const out = ED25519_TORSION_SUBGROUP.map(unhex);
  for (let y = 0n; y < 19n; y++) {
    for (const sign of [0n, 2n ** 255n]) out.push(little(y + sign, 32), little(P + y + sign, 32));
  }
  for (const y of [P - 1n, P - 2n, 2n ** 254n, 2n ** 255n - 20n]) out.push(little(y, 32), little(y + 2n ** 255n, 32));
  return out;
}

/** The point of an encoding as ZIP-215 reads it, or null. */
export function decoded(encoding: Uint8Array): InstanceType<typeof Point> | null {
  try {
    return Point.fromBytes(encoding, true);
  } catch {
    return null;
  }
}

const ODD = oddEncodings();
const ODD_SMALL = ODD.filter((e) => decoded(e)?.isSmallOrder());
const scalar = (source: Source): bigint => (number(source.bytes(40)) % (L - 1n)) + 1n;
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint =>
  number(sha512(join(r, a, message))) % L;

/** R = r B + T, S = r + k a: satisfies the cofactored equation whatever torsion T and A have, as encoded. */
function forge(r: bigint, a: bigint, encodedR: Uint8Array, encodedA: Uint8Array, message: Uint8Array): Uint8Array {
  return join(encodedR, little((r + challenge(encodedR, encodedA, message) * a) % L, 32));
}

const torsioned = (k: bigint, source: Source): Uint8Array => Point.BASE.multiply(k).add(source.pick(TORSION)).toBytes();

type Made = Omit<Signed, "kind" | "valid">;
const KINDS: Record<string, (source: Source) => Made> = {
  honest(source) {
    const seed = source.bytes(32);
    const message = source.bytes(source.below(200));
    return { pub: ed25519.getPublicKey(seed), message, signature: ed25519.sign(message, seed) };
  },
  "bit flipped": (source) => {
    const made = KINDS.honest(source);
    const part = source.pick([made.pub, made.signature, made.signature, made.message.length ? made.message : made.pub]);
    part[source.below(part.length)] ^= 1 << source.below(8);
    return made;
  },
  "another's signature": (source) => ({ ...KINDS.honest(source), signature: KINDS.honest(source).signature }),
  "mixed torsion": (source) => {
    const [r, a, message] = [scalar(source), scalar(source), source.bytes(source.below(60))];
    const [R, A] = [torsioned(r, source), torsioned(a, source)];
    return { pub: A, message, signature: forge(r, a, R, A, message) };
  },
  "small-order key": (source) => {
    const [r, message, A] = [scalar(source), source.bytes(20), source.pick(ODD_SMALL)];
    const R = torsioned(r, source);
    return { pub: A, message, signature: forge(r, 0n, R, A, message) };
  },
  "small-order R": (source) => {
    const [a, message, R] = [scalar(source), source.bytes(20), source.pick(ODD_SMALL)];
    const A = torsioned(a, source);
    return { pub: A, message, signature: forge(0n, a, R, A, message) };
  },
  "small order both": (source) => ({
    pub: source.pick(ODD_SMALL),
    message: source.bytes(8),
    signature: join(source.pick(ODD_SMALL), little(source.pick([0n, 0n, 1n, L]), 32)),
  }),
  "S of L or more": (source) => {
    const made = KINDS[source.pick(["honest", "mixed torsion", "small-order key"])](source);
    const s = number(made.signature.subarray(32));
    const times = BigInt(1 + source.below(15));
    const raised = s + times * L < 2n ** 256n ? s + times * L : s + L;
    made.signature.set(little(source.pick([raised, L, L + 1n, 2n ** 256n - 1n, 2n ** 253n]), 32), 32);
    return made;
  },
  "odd encoding of the key": (source) => ({ ...KINDS.honest(source), pub: source.pick(ODD) }),
  "odd encoding of R": (source) => {
    const made = KINDS.honest(source);
    made.signature.set(source.pick(ODD), 0);
    return made;
  },
  "torsion off by the wrong part": (source) => {
    // R moved by a small multiple of B: no torsion, so never to be forgiven
    const [r, a, message] = [scalar(source), scalar(source), source.bytes(10)];
    const [R, A] = [torsioned(r, source), torsioned(a, source)];
    return { pub: A, message, signature: forge(r + 1n + 8n * BigInt(source.below(9)), a, R, A, message) };
  },
  noise: (source) => ({ pub: source.bytes(32), message: source.bytes(5), signature: source.bytes(64) }),
};

export const kinds = Object.keys(KINDS);

/** One signature, of the kind named or of any, and what ZIP-215 says of it. */
export function signed(source: Source, kind: string = source.pick(kinds)): Signed {
  const made = KINDS[kind](source);
  return { kind, ...made, valid: ed25519.verify(made.signature, made.message, made.pub, { zip215: true }) };
}

// Transactions from an application: built, signed, read.
//
//   18([h'a10127', {4: kid}, payload, signature])      COSE_Sign1, EdDSA
//   payload = [cell, nonce, fee, expiry, 1, payee's kid, amount]     transfer
//             [cell, nonce, fee, expiry, 2, COSE_Key]                register
//             [cell, nonce, fee, expiry, 3, Merkle root, pack]       readings
//
//   const tx = transfer(me, { cell, nonce: 0n, fee: 1n, expiry: 100 }, you.kid, 25n);
//
// Rule: what is built here a device accepts byte for byte; parse refuses what a device refuses.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { decode, encode, Tagged, type Value } from "./cbor.ts";
import { coseKey, type Signer } from "./key.ts";
import { merkleRoot, pack, records, unpack, type Reading } from "./readings.ts";

export const TRANSFER = 1;
export const REGISTER = 2;
export const READINGS = 3;

/** What every transaction says. cell: first 8 bytes of the genesis hash. nonce: transactions so far of this account. expiry: last height. */
export interface Terms {
  cell: Uint8Array;
  nonce: bigint;
  fee: bigint;
  expiry: number;
}

export interface Transaction extends Terms {
  kid: Uint8Array;
  type: number;
  /** transfer: kid; register: public key; readings: Merkle root. */
  subject: Uint8Array;
  amount: bigint;
  readings: Reading[];
  payload: Uint8Array;
  signature: Uint8Array;
}

const PROTECTED = new Uint8Array([0xa1, 0x01, 0x27]); // {1: -8}

/** The bytes that are signed for a payload (RFC 9052 4.4). */
export function toBeSigned(payload: Uint8Array): Uint8Array {
  return encode(["Signature1", PROTECTED, new Uint8Array(0), payload]);
}

/** A COSE_Sign1 of any payload, with the kid in the unprotected header. */
export function sign1(signer: Signer, payload: Uint8Array): Uint8Array {
  const signature = ed25519.sign(toBeSigned(payload), signer.seed);
  return encode(new Tagged(18n, [PROTECTED, new Map([[4, signer.kid]]), payload, signature]));
}

function sign(signer: Signer, terms: Terms, type: number, ...rest: Value[]): Uint8Array {
  return sign1(signer, encode([terms.cell, terms.nonce, terms.fee, terms.expiry, type, ...rest]));
}

/** Pays `amount` to the account of a registered key. */
export function transfer(signer: Signer, terms: Terms, to: Uint8Array, amount: bigint): Uint8Array {
  return sign(signer, terms, TRANSFER, to, amount);
}

/** Registers another public key, which gets an account. */
export function register(signer: Signer, terms: Terms, pub: Uint8Array): Uint8Array {
  return sign(signer, terms, REGISTER, coseKey(pub));
}

/** Publishes 1 to 8 readings under their Merkle root. */
export function readings(signer: Signer, terms: Terms, batch: Reading[]): Uint8Array {
  return sign(signer, terms, READINGS, merkleRoot(records(batch)), pack(batch));
}

/** The id of a transaction, as pools and RESULT events have it: 8 bytes. */
export function id(tx: Uint8Array): Uint8Array {
  return sha256(tx).slice(0, 8);
}

function need(ok: boolean, what: string): asserts ok {
  if (!ok) throw new Error(`not a transaction: ${what}`);
}

const isBytes = (v: Value, n?: number): v is Uint8Array => v instanceof Uint8Array && (n ?? v.length) === v.length;

/** Reads a transaction. Throws a sentence when its bytes are not exactly as drawn above; the signature is for verify. */
export function parse(tx: Uint8Array): Transaction {
  const envelope = decode(tx);
  need(envelope instanceof Tagged && envelope.tag === 18n && Array.isArray(envelope.value), "no COSE_Sign1");
  need(envelope.value.length === 4, "a COSE_Sign1 has four parts");
  const [header, unprotected, payload, signature] = envelope.value;
  need(isBytes(header, 3) && header.every((b, i) => b === PROTECTED[i]), "the protected header is not {alg: EdDSA}");
  const kid = unprotected instanceof Map && unprotected.size === 1 ? unprotected.get(4n) : undefined;
  need(kid !== undefined && isBytes(kid, 8), "the unprotected header is not {kid: 8 bytes}");
  need(isBytes(payload) && isBytes(signature, 64), "payload or signature missing");
  const fields = decode(payload);
  need(Array.isArray(fields) && fields.length >= 6, "the payload is no array of its fields");
  const [cell, nonce, fee, expiry, type, subject, last] = fields;
  need(isBytes(cell, 8) && typeof nonce === "bigint" && typeof fee === "bigint", "cell, nonce or fee");
  need(nonce >= 0n && fee >= 0n, "a negative nonce or fee");
  need(typeof expiry === "bigint" && expiry >= 0n && expiry < 1n << 32n, "expiry");
  need(type === 1n || type === 2n || type === 3n, `type ${type}`);
  need(fields.length === (type === 2n ? 6 : 7) && isBytes(subject, [8, 40, 32][Number(type) - 1]), "arguments");
  const made = { kid, cell, nonce, fee, expiry: Number(expiry), type: Number(type), payload, signature };
  if (type === 1n) {
    need(typeof last === "bigint" && last >= 0n, "amount");
    return { ...made, subject, amount: last, readings: [] };
  }
  if (type === 2n) {
    const pub = subject.slice(8);
    need(
      coseKey(pub).every((b, i) => b === subject[i]),
      "the key is no Ed25519 COSE_Key",
    );
    return { ...made, subject: pub, amount: 0n, readings: [] };
  }
  need(isBytes(last), "pack");
  return { ...made, subject, amount: 0n, readings: unpack(last) };
}

/** Does the signature hold under this public key? (cofactored, ZIP-215, as on a device) */
export function verify(tx: Transaction, pub: Uint8Array): boolean {
  return ed25519.verify(tx.signature, toBeSigned(tx.payload), pub, { zip215: true });
}

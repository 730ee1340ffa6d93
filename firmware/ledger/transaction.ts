// Transactions: COSE_Sign1 (cose/sign1.ts) around a deterministic CBOR array.
//
//   [cell bstr 8, nonce uint, fee uint, expiry uint, type uint, ...]
//     type 1 transfer   payee's kid bstr 8 · amount uint
//     type 2 register   COSE_Key bstr 40
//     type 3 readings   Merkle root bstr 32 · SenML pack bstr
//
// cell: first 8 bytes of the genesis hash. expiry: last height at which it may stand.
// check looks at the bytes alone, admit also at the state, enlist hands the signature to the batch; the ledger executes.
// Rule: after a check that returned 0 every field here is valid and points inside the bytes checked, until the next check.

import * as batch from "../crypto/batch";
import * as cell from "../consensus/cell";
import * as cbor from "../cose/cbor";
import * as identity from "../core/identity";
import * as key from "../cose/key";
import * as layout from "../layout";
import * as reason from "../wire/reason";
import * as sha256 from "../crypto/sha256";
import * as sign1 from "../cose/sign1";
import * as state from "./state";

export const TRANSFER: u32 = 1;
export const REGISTER: u32 = 2;
export const READINGS: u32 = 3;

/** Syntax of the n bytes at p. Returns 0 or a reason. */
export function check(p: usize, n: u32): u32 {
  if (n > layout.TX_MAX) return reason.TX_LONG;
  const why = sign1.parse(p, n);
  if (why) return why;
  store<usize>(state.BYTES, p);
  store<u32>(state.LENGTH, n);
  cbor.open(sign1.payload(), sign1.payloadLength());
  const count = cbor.array();
  let fits = cbor.bytes() == 8;
  if (load<u64>(cbor.at()) != load<u64>(cell.hash()) && fits) cbor.refuse(reason.TX_CELL);
  store<u64>(state.NONCE, cbor.uint());
  store<u64>(state.FEE, cbor.uint());
  store<u32>(state.EXPIRY, cbor.uint32());
  const type = cbor.uint32();
  store<u32>(state.TYPE, type);
  if (type - 1 > 2) cbor.refuse(reason.TX_TYPE);
  const length = cbor.bytes();
  store<usize>(state.SUBJECT, cbor.at());
  if (type == REGISTER) {
    const why = key.parse(cbor.at(), length);
    if (why) cbor.refuse(why);
  } else if (type == TRANSFER) {
    fits = fits && length == 8;
    store<u64>(state.AMOUNT, cbor.uint());
  } else {
    fits = fits && length == 32;
    store<u32>(state.PACK_LENGTH, cbor.bytes());
    store<usize>(state.PACK, cbor.at());
  }
  if (!fits || count != (type == REGISTER ? 6 : 7)) cbor.refuse(reason.TX_SHAPE);
  return cbor.close();
}

/** Address of the signer's key id. */
// @ts-ignore: decorator
@inline export function kid(): usize {
  return sign1.kid();
}
// @ts-ignore: decorator
@inline export function nonce(): u64 {
  return load<u64>(state.NONCE);
}
// @ts-ignore: decorator
@inline export function fee(): u64 {
  return load<u64>(state.FEE);
}
/** The last height at which the transaction may stand. */
// @ts-ignore: decorator
@inline export function expiry(): u32 {
  return load<u32>(state.EXPIRY);
}
// @ts-ignore: decorator
@inline export function type(): u32 {
  return load<u32>(state.TYPE);
}
/** Writes the transaction's id to `out`: the first 8 bytes of the SHA-256 of all of it. */
export function id(out: usize): void {
  sha256.hash(load<usize>(state.BYTES), load<u32>(state.LENGTH), state.VALUE);
  store<u64>(out, load<u64>(state.VALUE));
}

/** check, and is the signer's key registered? Its address goes to SIGNER. */
function known(p: usize, n: u32): u32 {
  const why = check(p, n);
  if (why) return why;
  const pub = state.lookup(state.PUBLIC, sign1.kid());
  store<usize>(state.SIGNER, pub);
  return pub ? 0 : reason.TX_KEY;
}

/** May this stand in a block at `height`, or later? Key, nonce, expiry and fee; not the signature. Returns 0 or a reason. */
export function admit(p: usize, n: u32, height: u32): u32 {
  let why = known(p, n);
  if (why == 0) why = late(height);
  if (why) return why;
  return fee() > load<u64>(state.lookup(state.ACCOUNT, sign1.kid())) ? reason.TX_FEE : 0;
}

/** Why the transaction last admitted can never stand at `height` or above: overtaken or expired. 0 when it still may. */
export function late(height: u32): u32 {
  const account = state.lookup(state.ACCOUNT, sign1.kid());
  if (nonce() < load<u64>(account, 8)) return reason.TX_NONCE_PAST;
  return height > expiry() ? reason.TX_EXPIRED : 0;
}

/** Adds the signature to the batch (crypto/batch.ts), a validator's by its prepared key. Its Sig_structure goes to `out`: returns the bytes taken there, or -(reason). The tree must not change before the batch has run. */
export function enlist(p: usize, n: u32, out: usize): i32 {
  const why = known(p, n);
  if (why) return -(<i32>why);
  const length = sign1.toBeSigned(out);
  const head = cell.known(load<usize>(state.SIGNER));
  if (head != 0) batch.addCached(head, out, length, sign1.signature());
  else batch.add(load<usize>(state.SIGNER), out, length, sign1.signature());
  return length;
}

function begin(items: u32, nonce: u64, fee: u64, expiry: u32, type: u32, out: usize): void {
  cbor.begin(out + sign1.PAYLOAD, out + layout.TX_MAX - 66);
  cbor.putArray(items);
  cbor.putBytes(cell.hash(), 8);
  cbor.putUint(nonce);
  cbor.putUint(fee);
  cbor.putUint(expiry);
  cbor.putUint(type);
}

function finish(out: usize): u32 {
  const n = cbor.length();
  return n ? sign1.create(identity.kid(), out + sign1.PAYLOAD, n, identity.seed(), identity.pub(), out) : 0;
}

/** Signs a transfer with the device's key. `out` needs TX_MAX bytes. Returns the transaction's length. */
export function transfer(nonce: u64, fee: u64, expiry: u32, to: usize, amount: u64, out: usize): u32 {
  begin(7, nonce, fee, expiry, TRANSFER, out);
  cbor.putBytes(to, 8);
  cbor.putUint(amount);
  return finish(out);
}

/** Signs the registration of the public key at `pub`. */
export function register(nonce: u64, fee: u64, expiry: u32, pub: usize, out: usize): u32 {
  begin(6, nonce, fee, expiry, REGISTER, out);
  key.encode(pub, cbor.put(2, key.SIZE, key.SIZE));
  return finish(out);
}

/** Signs a pack of readings (readings.pack) with its Merkle root. Returns 0 when the pack does not fit a transaction. */
export function readings(nonce: u64, fee: u64, expiry: u32, root: usize, pack: usize, n: u32, out: usize): u32 {
  begin(7, nonce, fee, expiry, READINGS, out);
  cbor.putBytes(root, 32);
  cbor.putBytes(pack, n);
  return finish(out);
}

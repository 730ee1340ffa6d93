// A cell for the tests of the ledger: some keys with opening balances, and the device's ledger opened on them.
//
//   const c = await cell("v8", [100n, 50n]);
//   c.execute(client.transfer(c.keys[0], c.terms({ nonce: 0n }), c.keys[1].kid, 7n), 1)      0 or a reason
//   c.balance(c.keys[1].kid)                                                                 57n

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import * as client from "../../host/client/client.ts";
import { debugModule, type DebugModule, type Engine } from "../wasm.ts";

/** Where tests put a transaction, and what else a call takes. */
export const TX = 0x2a00;
export const EXTRA = 0x2d00;
export const OUT = 0x3000;
const GENESIS = 0x3a00;

export const keyNumber = (i: number): client.Signer => client.signer(sha256(Uint8Array.of(0x6b, i >> 8, i)));

/** A genesis of wire/genesis.ts, written from its byte table. */
export function genesis(pubs: Uint8Array[], balances: bigint[]): Uint8Array {
  const out = new Uint8Array(24 + 40 * pubs.length);
  const view = new DataView(out.buffer);
  out.set([1, pubs.length, 4]);
  view.setUint32(8, 200, true);
  view.setUint16(12, 1400, true);
  pubs.forEach((pub, i) => {
    out.set(pub, 24 + 40 * i);
    view.setBigUint64(56 + 40 * i, balances[i], true);
  });
  return out;
}

/** Opens the ledger on a genesis. Returns 0 or a reason. */
export function open(m: DebugModule, g: Uint8Array): number {
  m.write(GENESIS, g);
  m.write(EXTRA, sha256(g));
  return Number(m.call("ledger_ledger_open", GENESIS, g.length, EXTRA));
}

export interface Cell {
  m: DebugModule;
  keys: client.Signer[];
  id: Uint8Array;
  /** Terms of a transaction: fee 0 and a far expiry unless said otherwise. */
  terms(t: Partial<client.Terms>): client.Terms;
  check(tx: Uint8Array): number;
  admit(tx: Uint8Array, height: number): number;
  /** Executes in a block proposed by `proposer`, the first key unless said otherwise. */
  execute(tx: Uint8Array, height: number, proposer?: Uint8Array): number;
  entry(key: Uint8Array): Uint8Array | null;
  balance(kid: Uint8Array): bigint;
  nonce(kid: Uint8Array): bigint;
  supply(): bigint;
  root(): Uint8Array;
}

export async function cell(engine: Engine, balances: bigint[]): Promise<Cell> {
  const m = await debugModule(engine);
  const keys = balances.map((_, i) => keyNumber(i));
  const g = genesis(
    keys.map((k) => k.pub),
    balances,
  );
  const why = open(m, g);
  if (why !== 0) throw new Error(`the genesis was refused: ${why}`);
  const id = sha256(g).slice(0, 8);
  const entry = (key: Uint8Array): Uint8Array | null => {
    m.write(EXTRA, key);
    const n = Number(m.call("core_tree_get", EXTRA, key.length, OUT));
    return n < 0 ? null : m.bytes(OUT, n);
  };
  const account = (kid: Uint8Array) => client.account(entry(client.accountKey(kid)) ?? new Uint8Array(16));
  return {
    m,
    keys,
    id,
    entry,
    terms: (t) => ({ cell: id, nonce: 0n, fee: 0n, expiry: 1_000_000, ...t }),
    check(tx) {
      m.write(TX, tx);
      return Number(m.call("ledger_transaction_check", TX, tx.length));
    },
    admit(tx, height) {
      m.write(TX, tx);
      return Number(m.call("ledger_transaction_admit", TX, tx.length, height));
    },
    execute(tx, height, proposer = keys[0].kid) {
      m.write(TX, tx);
      m.write(EXTRA, proposer);
      return Number(m.call("ledger_ledger_execute", TX, tx.length, height, EXTRA));
    },
    balance: (kid) => account(kid).balance,
    nonce: (kid) => account(kid).nonce,
    supply: () => BigInt.asUintN(64, m.call("ledger_ledger_supply") as bigint),
    root() {
      m.call("core_tree_root", OUT);
      return m.bytes(OUT, 32);
    },
  };
}

/** Puts a device identity made from `seed` into the module: what it signs, it signs with that key. */
export function become(m: DebugModule, seed: Uint8Array): client.Signer {
  m.hal.entropy = (n) => concatBytes(seed, new Uint8Array(Math.max(0, n - 32))).slice(0, n);
  m.call("core_ring_begin");
  if (m.call("core_identity_make") !== 0) throw new Error("the module has an identity already");
  return client.signer(seed);
}

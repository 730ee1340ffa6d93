// What the ledger keeps: entries of the state tree, and its own region.
//
//   'a' kid 8 B -> balance u64 · nonce u64              an account
//   'k' kid 8 B -> public key 32 B                      a registered key; every key has an account, every account a key
//   'r' kid 8 B -> Merkle root 32 B · readings u32 · height u32      the newest batch of readings of that key
//   's'         -> sum of all balances u64, set once
//
//   LEDGER  +0   nonce u64 · 8 fee u64 · 16 amount u64 · 24 expiry u32 · 28 type u32 · 32 subject u32 · 36 pack u32
//           +40  pack length u32 · 44 public key u32 · 48 transaction u32 · 52 its length u32 · 56 samples u32
//           +64  samples 8 x 24 B
//           +256 hashes of readings 8 x 32 B; at other times key 16 B · value 40 B
//
// Rule: the sum of all balances never changes, so no credit can overflow; who debits has compared before.

import * as layout from "../layout";
import * as tree from "../core/tree";

export const ACCOUNT: u32 = 0x61;
export const PUBLIC: u32 = 0x6b;
export const READINGS: u32 = 0x72;
export const SUPPLY: u32 = 0x73;

export const NONCE: usize = layout.LEDGER;
export const FEE: usize = layout.LEDGER + 8;
export const AMOUNT: usize = layout.LEDGER + 16;
export const EXPIRY: usize = layout.LEDGER + 24;
export const TYPE: usize = layout.LEDGER + 28;
export const SUBJECT: usize = layout.LEDGER + 32; // address of the payee's kid, the COSE_Key or the Merkle root
export const PACK: usize = layout.LEDGER + 36;
export const PACK_LENGTH: usize = layout.LEDGER + 40;
export const SIGNER: usize = layout.LEDGER + 44;
export const BYTES: usize = layout.LEDGER + 48;
export const LENGTH: usize = layout.LEDGER + 52;
export const SAMPLES: usize = layout.LEDGER + 56;
export const SAMPLE: usize = layout.LEDGER + 64;
export const HASHES: usize = layout.LEDGER + 256;
export const KEY: usize = HASHES;
export const VALUE: usize = HASHES + 16;

if (HASHES + 256 > layout.LEDGER_END) ERROR("the ledger outgrows its region");

/** Address of the value that `prefix` has for the kid at `kid`, or 0. KEY then holds that key, 9 bytes. */
export function lookup(prefix: u32, kid: usize): usize {
  store<u8>(KEY, prefix);
  store<u64>(KEY, load<u64>(kid), 1);
  return tree.find(KEY, 9);
}

/** Adds `delta`, which may be a negative number, to a balance and `step` to its nonce. No account, no change. */
export function settle(kid: usize, delta: u64, step: u64): void {
  const account = lookup(ACCOUNT, kid);
  if (account == 0) return;
  store<u64>(VALUE, load<u64>(account) + delta);
  store<u64>(VALUE, load<u64>(account, 8) + step, 8);
  tree.put(KEY, 9, VALUE, 16);
}

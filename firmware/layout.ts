// The memory map of a device: every region at a fixed address, all state inside. Where a region lies is decided by the device's role: for a
// validator, one page of 64 KiB, by profile/validator/#role.ts, whose addresses are drawn here; for a member, less than half of it, by profile/member/#role.ts.
//
//   0x0000 ┌──────────────────────┐ nothing lives below 256, so that a stray null pointer is seen
//          │ counters             │ operation counts, read by the host's time model; what the port offers
//   0x0400 ├──────────────────────┤
//          │ static data          │ tables of constants, placed by asc
//   0x1c00 ├──────────────────────┤
//          │ input                │ where the host puts a frame or a request
//   0x2200 ├──────────────────────┤
//          │ work                 │ one object under construction; dead between calls
//   0x2a00 ├──────────────────────┤
//          │ effect ring          │ what the last call decided, in order
//   0x4800 ├──────────────────────┤
//          │ scratch              │ crypto's own; dead between its calls
//   0x6c00 ├──────────────────────┤
//          │ core                 │ identity, genesis, flash heads
//   0x7000 ├──────────────────────┤
//          │ tree                 │ the replicated state and its Merkle hashes
//   0xa100 ├──────────────────────┤
//          │ ledger               │ the transaction under way
//   0xa300 ├──────────────────────┤
//          │ mesh                 │ reassembly, duplicates, transaction pool
//   0xc700 ├──────────────────────┤
//          │ consensus            │ keys, block table, vote sets
//          │ light                │ of a member only: what it trusts and asks
//  0x10000 └──────────────────────┘
//
// Rule: a region belongs to the folder of its name, which alone reads and writes it. Snapshot = copy of this page.

import {
  MEMORY,
  COUNTERS,
  COUNTERS_END,
  APP,
  APP_END,
  STATIC,
  STATIC_END,
  INPUT,
  INPUT_END,
  WORK,
  WORK_END,
  RING,
  RING_END,
  SCRATCH,
  SCRATCH_END,
  CORE,
  CORE_END,
  TREE,
  TREE_END,
  LEDGER,
  LEDGER_END,
  MESH,
  MESH_END,
  CONSENSUS,
  CONSENSUS_END,
  LIGHT,
  LIGHT_END,
} from "#role";

export * from "#role";

if (COUNTERS_END > APP) ERROR("counters run into the application's state");
if (APP_END > STATIC) ERROR("the application's state runs into static data");
if (STATIC_END > INPUT) ERROR("static data runs into the input buffer");
if (INPUT_END > WORK) ERROR("input runs into work");
if (WORK_END > RING) ERROR("work runs into the effect ring");
if (RING_END > SCRATCH) ERROR("the effect ring runs into scratch");
if (SCRATCH_END > CORE) ERROR("scratch runs into core");
if (CORE_END > TREE) ERROR("core runs into the tree");
if (TREE_END > LEDGER) ERROR("the tree runs into the ledger");
if (LEDGER_END > MESH) ERROR("the ledger runs into mesh");
if (MESH_END > CONSENSUS) ERROR("mesh runs into consensus");
if (CONSENSUS_END > LIGHT) ERROR("consensus runs into light");
if (LIGHT_END > MEMORY || MEMORY > 0x10000) ERROR("light runs past memory");

/** Bytes the host may copy to input(): a radio frame or a local request. */
export const INPUT_MAX: u32 = <u32>(INPUT_END - INPUT);
/** Largest object that mesh reassembles: a proposal with its body, or a certificate of 32 validators. */
export const OBJECT_MAX: u32 = 1792;
/** Largest block body, in bytes. */
export const BODY_MAX: u32 = 1536;
/** Largest transaction (a COSE_Sign1), in bytes. */
export const TX_MAX: u32 = 640;

// Operation counters: u32 each, at COUNTERS + 4 * index. The host reads them by these indices; they never reset but by boot.
export const VERIFIED: usize = COUNTERS + 0; // signatures checked, of any kind
export const VOTES_VERIFIED: usize = COUNTERS + 4; // of these, signatures of votes
export const BATCHES: usize = COUNTERS + 8; // equations evaluated, those of one signature alone included
export const SIGNED: usize = COUNTERS + 12; // signatures made
export const SHA256_BLOCKS: usize = COUNTERS + 16;
export const SHA512_BLOCKS: usize = COUNTERS + 20;
export const FRAMES_IN: usize = COUNTERS + 24;
export const FRAMES_OUT: usize = COUNTERS + 28;
export const BYTES_OUT: usize = COUNTERS + 32;
export const FLASH_RECORDS: usize = COUNTERS + 36;
export const FLASH_BYTES: usize = COUNTERS + 40;
export const REFUSED: usize = COUNTERS + 44; // inputs refused by number
export const DROPPED: usize = COUNTERS + 48; // sends that found no room in the effect ring
export const BLOCKS_DONE: usize = COUNTERS + 52; // blocks committed since boot
export const ALONE: usize = COUNTERS + 56; // of VERIFIED, those with an equation of their own
export const PREPARED: usize = COUNTERS + 60; // of VERIFIED, those under a prepared key
export const PREPARED_ALONE: usize = COUNTERS + 64; // those that are both
export const FLASH_ERASES: usize = COUNTERS + 68; // sectors erased
export const PREPARATIONS: usize = COUNTERS + 72; // tables of keys made
export const FLASH_CHECKED: usize = COUNTERS + 76; // bytes of flash whose CRC-32 was computed

/** What the port does in the device's stead, asked at boot: a bit for each operation of wire/accelerate.ts; u32. */
export const OFFERED: usize = COUNTERS_END - 4;

/** Adds `by` to the counter at address `which`. */
// @ts-ignore: decorator
@inline export function count(which: usize, by: u32): void {
  store<u32>(which, load<u32>(which) + by);
}

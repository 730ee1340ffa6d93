// The role `member`: half a page, 32 KiB. No tree, no votes, no blocks: what is final, one question at a time, and the own transactions.
//
//   0x0000 ┌──────────────────────┐ nothing lives below 256, so that a stray null pointer is seen
//          │ counters, app        │
//   0x0400 ├──────────────────────┤
//          │ static data          │
//   0x1c00 ├──────────────────────┤
//          │ input                │
//   0x2200 ├──────────────────────┤
//          │ work                 │
//   0x2800 ├──────────────────────┤
//          │ effect ring          │ an answer with its proof, a transaction in pieces
//   0x3800 ├──────────────────────┤
//          │ scratch              │ a batch of five keys
//   0x4c00 ├──────────────────────┤
//          │ core                 │
//   0x5000 ├──────────────────────┤
//          │ ledger               │
//   0x5200 ├──────────────────────┤
//          │ mesh                 │ two objects under reassembly, 2 KiB of own transactions
//   0x6d00 ├──────────────────────┤
//          │ consensus            │ the validators' keys
//   0x7480 ├──────────────────────┤
//          │ light                │ what is trusted, what is asked, a proof that waits
//   0x8000 └──────────────────────┘

/** Does it belong to a cell without voting? */
export const MEMBER: bool = true;
/** Bytes of linear memory that it may touch. */
export const MEMORY: usize = 0x8000;
/** Objects that mesh puts together at a time. */
export const OBJECTS: u32 = 2;

export const COUNTERS: usize = 0x0100;
export const COUNTERS_END: usize = 0x0300;
export const APP: usize = 0x0300; // 256 bytes for the application's own state and its hooks
export const APP_END: usize = 0x0400;
export const STATIC: usize = 0x0400;
export const STATIC_END: usize = 0x1c00;
export const INPUT: usize = 0x1c00;
export const INPUT_END: usize = 0x2200;
export const WORK: usize = 0x2200;
export const WORK_END: usize = 0x2800;
export const RING: usize = 0x2800;
export const RING_END: usize = 0x3800;
export const SCRATCH: usize = 0x3800;
export const SCRATCH_END: usize = 0x4c00;
export const CORE: usize = 0x4c00;
export const CORE_END: usize = 0x5000;
export const TREE: usize = 0x5000; // a member has none
export const TREE_END: usize = 0x5000;
export const LEDGER: usize = 0x5000;
export const LEDGER_END: usize = 0x5200;
export const MESH: usize = 0x5200;
export const MESH_END: usize = 0x6d00;
export const CONSENSUS: usize = 0x6d00;
export const CONSENSUS_END: usize = 0x7480;
export const LIGHT: usize = 0x7480;
export const LIGHT_END: usize = 0x8000;

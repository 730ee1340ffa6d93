// The role `member`: 28 KiB, less than half a page. No tree, no votes, no blocks: what is final, one question at a time, and the own transactions.
//
//   0x0000 ┌──────────────────────┐ nothing lives below 256, so that a stray null pointer is seen
//          │ counters, app        │
//   0x0400 ├──────────────────────┤
//          │ static data          │
//   0x1800 ├──────────────────────┤
//          │ input                │
//   0x1e00 ├──────────────────────┤
//          │ work                 │
//   0x2400 ├──────────────────────┤
//          │ effect ring          │ an answer with its proof, a transaction in pieces
//   0x3000 ├──────────────────────┤
//          │ scratch              │ a batch of three keys
//   0x3f00 ├──────────────────────┤
//          │ core                 │
//   0x4300 ├──────────────────────┤
//          │ ledger               │
//   0x4500 ├──────────────────────┤
//          │ mesh                 │ two objects under reassembly, 2 KiB of own transactions
//   0x5f00 ├──────────────────────┤
//          │ consensus            │ the validators' keys
//   0x6680 ├──────────────────────┤
//          │ light                │ what is trusted, what is asked, a proof that waits
//   0x7000 └──────────────────────┘

/** Does it belong to a cell without voting? */
export const MEMBER: bool = true;
/** Bytes of linear memory that it may touch. */
export const MEMORY: usize = 0x7000;
/** Objects that mesh puts together at a time. */
export const OBJECTS: u32 = 2;

export const COUNTERS: usize = 0x0100;
export const COUNTERS_END: usize = 0x0300;
export const APP: usize = 0x0300; // 256 bytes for the application's own state and its hooks
export const APP_END: usize = 0x0400;
export const STATIC: usize = 0x0400;
export const STATIC_END: usize = 0x1800;
export const INPUT: usize = 0x1800;
export const INPUT_END: usize = 0x1e00;
export const WORK: usize = 0x1e00;
export const WORK_END: usize = 0x2400;
export const RING: usize = 0x2400;
export const RING_END: usize = 0x3000;
export const SCRATCH: usize = 0x3000;
export const SCRATCH_END: usize = 0x3f00;
export const CORE: usize = 0x3f00;
export const CORE_END: usize = 0x4300;
export const TREE: usize = 0x4300; // a member has none
export const TREE_END: usize = 0x4300;
export const LEDGER: usize = 0x4300;
export const LEDGER_END: usize = 0x4500;
export const MESH: usize = 0x4500;
export const MESH_END: usize = 0x5f00;
export const CONSENSUS: usize = 0x5f00;
export const CONSENSUS_END: usize = 0x6680;
export const LIGHT: usize = 0x6680;
export const LIGHT_END: usize = 0x7000;

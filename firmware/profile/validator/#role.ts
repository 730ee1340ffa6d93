// The role `validator`: one page of 64 KiB, every region at a fixed address. firmware/layout.ts says what a region is for.
//
//   0x0000 ┌──────────────────────┐ nothing lives below 256, so that a stray null pointer is seen
//          │ counters, app        │
//   0x0400 ├──────────────────────┤
//          │ static data          │
//   0x1c00 ├──────────────────────┤
//          │ input                │
//   0x2200 ├──────────────────────┤
//          │ work                 │
//   0x2a00 ├──────────────────────┤
//          │ effect ring          │
//   0x4800 ├──────────────────────┤
//          │ scratch              │ a batch of eleven keys, or of 21 prepared ones
//   0x6c00 ├──────────────────────┤
//          │ core                 │
//   0x7000 ├──────────────────────┤
//          │ tree                 │
//   0xa100 ├──────────────────────┤
//          │ ledger               │
//   0xa300 ├──────────────────────┤
//          │ mesh                 │ three objects under reassembly, 3 KiB of transactions
//   0xc700 ├──────────────────────┤
//          │ consensus            │
//  0x10000 └──────────────────────┘

/** Does it belong to a cell without voting? */
export const MEMBER: bool = false;
/** Bytes of linear memory that it may touch. */
export const MEMORY: usize = 0x10000;
/** Objects that mesh puts together at a time. */
export const OBJECTS: u32 = 3;

export const COUNTERS: usize = 0x0100;
export const COUNTERS_END: usize = 0x0300;
export const APP: usize = 0x0300; // 256 bytes for the application's own state and its hooks
export const APP_END: usize = 0x0400;
export const STATIC: usize = 0x0400;
export const STATIC_END: usize = 0x1c00;
export const INPUT: usize = 0x1c00;
export const INPUT_END: usize = 0x2200;
export const WORK: usize = 0x2200;
export const WORK_END: usize = 0x2a00;
export const RING: usize = 0x2a00;
export const RING_END: usize = 0x4800;
export const SCRATCH: usize = 0x4800;
export const SCRATCH_END: usize = 0x6c00;
export const CORE: usize = 0x6c00;
export const CORE_END: usize = 0x7000;
export const TREE: usize = 0x7000;
export const TREE_END: usize = 0xa100;
export const LEDGER: usize = 0xa100;
export const LEDGER_END: usize = 0xa300;
export const MESH: usize = 0xa300;
export const MESH_END: usize = 0xc700;
export const CONSENSUS: usize = 0xc700;
export const CONSENSUS_END: usize = 0x10000;
export const LIGHT: usize = 0x10000; // a validator has none
export const LIGHT_END: usize = 0x10000;

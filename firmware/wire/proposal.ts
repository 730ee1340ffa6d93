// A proposal and a block on air.
//
// PROPOSAL: 0 kind u8 · 1 F u8 · 2 zero u16 · 4 header 128 B · 132 leader's NOTARIZE signature 64 B · 196 body
// BLOCK:    0 kind u8 · 1 zero 3 B · 4 header 128 B · 132 body
// body:     txCount times: length u16 · a transaction (COSE_Sign1)

export const F: u32 = 1;
export const HEADER: u32 = 4;
export const SIGNATURE: u32 = 132;
export const BODY: u32 = 196;
export const BLOCK_BODY: u32 = 132;

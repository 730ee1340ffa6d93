// A request to a neighbour (object kind REQUEST), 48 bytes.
//
//   0 kind u8 · 1 what u8 · 2 from u8 (signer index, 255: none) · 3 to u8 (signer index, 255: anyone) · 4 epoch u32
//   8 view or height u32 · 12 zero u32 · 16 digest 32 B

export const WHAT: u32 = 1;
export const FROM: u32 = 2;
export const TO: u32 = 3;
export const EPOCH: u32 = 4;
export const NUMBER: u32 = 8;
export const DIGEST: u32 = 16;
export const SIZE: u32 = 48;

export const BLOCK: u32 = 1; // the block with this digest
export const NOTAR: u32 = 2; // the NOTAR certificate of this view
export const FINAL: u32 = 3; // the lowest FINAL certificate kept at or above this height
export const NULL: u32 = 4; // a NULL certificate that covers this view

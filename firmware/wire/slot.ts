// A module in a flash partition of its own, as `synod flash` writes it and a board reads it before it boots it.
//
//   0 magic u32 · 4 version u32 · 8 length of the module u32 · 12 zero u32 · 16 SHA-256 of the module · 48 zero 16 B · 64 the module
//
// A board boots what is whole and nothing else: all 0xff at 0 is an empty slot, anything else that does not fit together a torn one. Rule: the module
// starts at a multiple of 64, so it runs from where it lies.

export const MAGIC: u32 = 0;
export const VERSION: u32 = 4;
export const LENGTH: u32 = 8;
export const HASH: u32 = 16;
/** Where the module starts. */
export const MODULE: u32 = 64;

/** What stands at MAGIC: "SYMD". */
export const MAGIC_1: u32 = 0x444d5953;
export const VERSION_1: u32 = 1;

// Where the files of core keep their state, all in the CORE region. The last 64 bytes belong to cose's cursor.
//
//   +0    ring        4 B   where the next effect goes
//   +8    rng         8 B   xorshift state
//   +16   lately    128 B   where the last blocks lie in the log
//   +144  flash      80 B   region 0 as read at boot: size, sector, unit, flags of five regions
//   +224  identity  112 B   seed 32 · public key 32 · cell key 32 · kid 8 · length of the genesis 4 · zero 4
//   +336  journal    16 B   heads
//   +352  log        16 B   heads
//   +368  snapshot  128 B   heads 64 · meta 64
//   +496  head       64 B   one log head, while the log looks at it
//   +560  buffer    256 B   what flash.read brought, while somebody looks at it
//   +816  free
//
// Rule: a zero page is a valid start. boot finds everything that matters in flash.

import * as layout from "../layout";

export const RING: usize = layout.CORE;
export const RNG: usize = layout.CORE + 8;
export const LATELY: usize = layout.CORE + 16;
export const FLASH: usize = layout.CORE + 144;
export const IDENTITY: usize = layout.CORE + 224;
export const JOURNAL: usize = layout.CORE + 336;
export const LOG: usize = layout.CORE + 352;
export const SNAPSHOT: usize = layout.CORE + 368;
export const HEAD: usize = layout.CORE + 496;
export const BUFFER: usize = layout.CORE + 560;
export const BUFFER_SIZE: u32 = 256;
export const END: usize = BUFFER + 256;

if (END > layout.CORE_END - 64) ERROR("core's state runs into cose's cursor");

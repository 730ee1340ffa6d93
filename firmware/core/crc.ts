// CRC-32 of IEEE 802.3 (reflected, polynomial 0xedb88320), four bits at a time: 16 words of table instead of 256, since static
// data is scarce and flash records are short. It finds accidents (torn writes, worn cells), not attacks.

// prettier-ignore
const TABLE: usize = memory.data<u32>([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** CRC-32 of n bytes at p, continued from `seed`, the CRC of the bytes before them (0 at the start). */
export function crc32(seed: u32, p: usize, n: u32): u32 {
  let c = ~seed;
  for (const end = p + n; p < end; p++) {
    c ^= load<u8>(p);
    c = (c >> 4) ^ load<u32>(TABLE + ((c & 15) << 2));
    c = (c >> 4) ^ load<u32>(TABLE + ((c & 15) << 2));
  }
  return ~c;
}

// What a device writes to flash. CRC-32 is that of IEEE 802.3.
//
// safety record, 52 B in a slot of 64 of the JOURNAL region (CONSENSUS.md "Bytes"):
//   0 kind u8 · 1 F u8 · 2 signer u8 · 3 zero u8 · 4 epoch u32 · 8 view, or from, u32 · 12 parentView, or to, u32
//   16 digest 32 B · 48 CRC-32 of bytes 0..48
// log record, 56 B before its payload, in the BLOCKS region:
//   0 magic u16 (0x4e53) · 2 kind u8 · 3 zero u8 · 4 payload length u32 · 8 view u32 · 12 height u32 · 16 digest 32 B
//   48 CRC-32 of the payload · 52 CRC-32 of bytes 0..52
// sector head, 16 B at the start of each sector of both regions:
//   0 magic u32 · 4 sequence u32 · 8 zero u32 · 12 CRC-32 of bytes 0..12
// key record, one for each validator in order in the KEYS region, as many as fit in each sector, 2 KiB apart with one half and 4 KiB with two:
//   0 key 32 B · 32 where its table lies u32: region << 24 | offset · 36 halves u32, 1 or 2 · 40 table, 1,728 B a half
//   then CRC-32 of all before it · 0xffffffff

export const KIND: u32 = 0;
export const F: u32 = 1;
export const SIGNER: u32 = 2;
export const EPOCH: u32 = 4;
export const VIEW: u32 = 8;
export const PARENT_VIEW: u32 = 12;
export const FROM: u32 = 8;
export const TO: u32 = 12;
export const DIGEST: u32 = 16;
export const CRC: u32 = 48;
export const SIZE: u32 = 52;
export const SLOT: u32 = 64;

export const LOG_MAGIC: u32 = 0;
export const LOG_KIND: u32 = 2;
export const LOG_LENGTH: u32 = 4;
export const LOG_VIEW: u32 = 8;
export const LOG_HEIGHT: u32 = 12;
export const LOG_DIGEST: u32 = 16;
export const LOG_PAYLOAD_CRC: u32 = 48;
export const LOG_CRC: u32 = 52;
export const LOG_SIZE: u32 = 56;
export const LOG_MAGIC_1: u32 = 0x4e53;

// kinds of log records
export const LOG_BLOCK: u32 = 1; // header and body
export const LOG_NOTAR: u32 = 2; // a NOTAR certificate
export const LOG_FINAL: u32 = 3; // a FINAL certificate, (a) or (b)
export const LOG_COMMIT: u32 = 4; // no payload but u32: offset of the block's record. This block is final here
export const LOG_TRUST: u32 = 5; // a member's: time u32 · executedHeight u32 · state root 32 B. The head names the final block

// flash regions
export const REGION_CONFIG: u32 = 1; // identity, genesis
export const REGION_JOURNAL: u32 = 2; // safety records
export const REGION_BLOCKS: u32 = 3; // bodies and certificates
export const REGION_SNAPSHOTS: u32 = 4; // two copies of the state
export const REGION_KEYS: u32 = 5; // tables of the validators' keys; optional: a board without has it with size 0
export const REGIONS: u32 = 5;

// key records
export const KEY_SPAN: u32 = 2048; // of one half
export const KEY_WHERE: u32 = 32;
export const KEY_HALVES: u32 = 36;
export const KEY_TABLE: u32 = 40;

// region 0, read-only, describes region r at 16 * (r - 1): size u32 · sector size u32 · program unit u32 · flags u32
export const ABOUT_STRIDE: u32 = 16;
export const ABOUT_SIZE: u32 = 0;
export const ABOUT_SECTOR: u32 = 4;
export const ABOUT_UNIT: u32 = 8;
export const ABOUT_FLAGS: u32 = 12;

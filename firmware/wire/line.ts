// The line between a board and its host: a serial port, a USB console, an emulator's pipe. One record at a time, each way.
//
//   on the line   COBS( record · CRC-32 of it u32 ) · 00          COBS: no byte of it is zero, so 00 ends a record and nothing else does
//   record        0 kind u8 · 1 a u8 · 2 zero u16 · 4 bytes
//
//   host to board   a         bytes                     board to host   a         bytes
//   HELLO           -         -                         HERE            version   0 SHA-256 of the module · 32 name of the board
//   FRAME           link      a frame, heard            FRAME           link      a frame, sent
//   REQUEST         number    a request (request.ts)    ASKED           number    0 bytes of the request u32
//   SENSE           channel   0 value i64               REPLY           number    0 reason i32
//   PAGE            -         -                         PAGE            -         0 offset u32 · 4 size of memory u32 · 8 a part of it
//   RESTART         -         -                         BOOT            -         0 reason i32
//                                                       EVENT           kind      as event.ts
//                                                       ACT             channel   0 value i64
//                                                       RESET           -         0 reason u32
//                                                       TRAP, NOTICE    -         words
//                                                       CRASH           last      0 offset u32 · 4 a part of a tape
//                                                       GOT             -         0 records taken so far u32 · 4 dropped u32
//
// Between ASKED and REPLY stand the events of that request and no others; both have the number, any u8, that the host gave it. TRAP may be followed by
// the tape of what trapped (boards/runtime/box.h), in parts; a = 1 in the last, which is empty. A record that is damaged, too long or of no known kind is dropped; the next 00
// begins anew. GOT follows each FRAME, REQUEST and PAGE that was taken: who waits for it never has more on the line than the board can hold, and one that
// does not come is one that was lost. Rule: FRAME is the radio of a board that has none, so whoever holds the other end carries frames, and may lose them; of
// all else a host that hears nothing asks again.

export const KIND: u32 = 0;
export const A: u32 = 1;
export const BYTES: u32 = 4;
/** Bytes of the CRC behind a record. */
export const CHECK: u32 = 4;
/** Bytes of a record to a board, at most; the CRC left out. */
export const MAX: u32 = 1544;

// to the board
export const HELLO: u32 = 1;
export const FRAME: u32 = 2;
export const REQUEST: u32 = 3;
export const SENSE: u32 = 4;
export const PAGE: u32 = 5;
export const RESTART: u32 = 6;

// to the host
export const HERE: u32 = 16;
export const ASKED: u32 = 17;
export const REPLY: u32 = 18;
export const BOOT: u32 = 19;
export const EVENT: u32 = 20;
export const ACT: u32 = 21;
export const RESET: u32 = 22;
export const TRAP: u32 = 23;
export const NOTICE: u32 = 24;
export const GOT: u32 = 25;
export const CRASH: u32 = 26;

/** What HERE says in `a`. */
export const VERSION: u32 = 2;
export const HERE_MODULE: u32 = 0;
export const HERE_NAME: u32 = 32;

export const PAGE_OFFSET: u32 = 0;
export const PAGE_SIZE: u32 = 4;
export const PAGE_PART: u32 = 8;

export const CRASH_OFFSET: u32 = 0;
export const CRASH_PART: u32 = 4;

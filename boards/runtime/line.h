// Records on a serial line: COBS framing and a CRC-32, as drawn in firmware/wire/line.ts.
//
//   line_begin · line_add ... · line_end      a record leaves, through `write`, in blocks of at most 256
//   bytes line_take(byte)                           true when the byte ended a record that arrived whole
//
// Rule: total over all bytes. A record that is damaged or too long is dropped and counted, whatever its bytes
// are; the next 00 begins anew. Nothing is allocated; nothing waits but `write`.

#ifndef SYNOD_LINE_H
#define SYNOD_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

typedef struct line {
    /** Puts n bytes, 1 to 256, on the line. Called from within line_end and line_add; may wait. */
    void (*write)(void *self, const uint8_t *p, uint32_t n);
    void *self;

    // what line_take got: a record of `size` bytes, the CRC left out, valid until the next line_take
    uint32_t size;
    uint8_t record[SYNOD_LINE_MAX + SYNOD_LINE_CHECK];
    uint32_t taken, dropped; // records that arrived whole, and that did not

    uint32_t filled;    // bytes of record so far
    uint8_t code, left; // of the COBS block under way: its code, and how many of its bytes are due
    bool open, bad;     // a record is under way; and damaged

    uint32_t crc;       // of what leaves
    uint8_t block[256]; // its COBS block: the code, up to 254 bytes, the ending 00
    uint32_t fill;
} line;

/** An idle line. */
void line_open(line *l, void (*write)(void *self, const uint8_t *p, uint32_t n), void *self);

void line_begin(line *l, uint32_t kind, uint32_t a);
void line_add(line *l, const uint8_t *p, uint32_t n);
void line_add32(line *l, uint32_t v);
void line_end(line *l);

/** A whole record at once. */
void line_say(line *l, uint32_t kind, uint32_t a, const uint8_t *p, uint32_t n);

/** Takes the next byte that came in. */
bool line_take(line *l, uint8_t byte);

/** CRC-32 of IEEE 802.3 of n bytes at p, continued from `seed`: the CRC of the bytes before them, 0 at the
 * start. */
uint32_t line_crc(uint32_t seed, const uint8_t *p, uint32_t n);

#endif

// Both directions of a line.

#include "line.h"

#include <string.h>

#define BLOCK 254u // bytes of a COBS block behind its code, at most

uint32_t line_crc(uint32_t seed, const uint8_t *p, uint32_t n) {
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t c = ~seed;
    for (const uint8_t *end = p + n; p < end; p++) {
        c ^= *p;
        c = (c >> 4) ^ table[c & 15];
        c = (c >> 4) ^ table[c & 15];
    }
    return ~c;
}

void line_open(line *l, void (*write)(void *self, const uint8_t *p, uint32_t n), void *self) {
    memset(l, 0, sizeof *l);
    l->write = write, l->self = self;
}

// ---- what leaves ----

/** Writes the block under way. */
static void flush(line *l) {
    l->block[0] = (uint8_t)l->fill;
    l->write(l->self, l->block, l->fill);
    l->fill = 1;
}

/** COBS: a zero ends a block and is not written; so does a full block, and stands for no zero. */
static void stuff(line *l, const uint8_t *p, uint32_t n) {
    for (const uint8_t *end = p + n; p < end; p++) {
        if (*p != 0) l->block[l->fill++] = *p;
        if (*p == 0 || l->fill == BLOCK + 1) flush(l);
    }
}

void line_begin(line *l, uint32_t kind, uint32_t a) {
    const uint8_t head[SYNOD_LINE_BYTES] = {(uint8_t)kind, (uint8_t)a};
    l->crc = 0, l->fill = 1;
    line_add(l, head, sizeof head);
}

void line_add(line *l, const uint8_t *p, uint32_t n) {
    l->crc = line_crc(l->crc, p, n);
    stuff(l, p, n);
}

static void bytes32(uint8_t *to, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) to[i] = (uint8_t)(v >> (8 * i));
}

void line_add32(line *l, uint32_t v) {
    uint8_t bytes[4];
    bytes32(bytes, v);
    line_add(l, bytes, sizeof bytes);
}

void line_end(line *l) {
    uint8_t check[SYNOD_LINE_CHECK];
    bytes32(check, l->crc);
    stuff(l, check, sizeof check);
    l->block[0] = (uint8_t)l->fill;
    l->block[l->fill++] = 0;
    l->write(l->self, l->block, l->fill);
}

void line_say(line *l, uint32_t kind, uint32_t a, const uint8_t *p, uint32_t n) {
    line_begin(l, kind, a);
    line_add(l, p, n);
    line_end(l);
}

// ---- what arrives ----

static void keep(line *l, uint8_t byte) {
    if (l->filled == sizeof l->record) l->bad = true;
    else l->record[l->filled++] = byte;
}

/** The end of a record: true when it is whole. */
static bool end(line *l) {
    bool whole = l->open && !l->bad && l->left == 0 && l->filled >= SYNOD_LINE_BYTES + SYNOD_LINE_CHECK;
    bool something = l->open;
    l->open = false;
    if (whole) {
        uint8_t check[SYNOD_LINE_CHECK];
        l->size = l->filled - SYNOD_LINE_CHECK;
        bytes32(check, line_crc(0, l->record, l->size));
        whole = memcmp(check, l->record + l->size, sizeof check) == 0;
    }
    if (whole) l->taken++;
    else if (something) l->dropped++;
    return whole;
}

bool line_take(line *l, uint8_t byte) {
    if (byte == 0) return end(l);
    if (!l->open) {
        l->open = true, l->bad = false, l->filled = 0, l->left = 0, l->code = 0xff;
    }
    if (l->left > 0) {
        l->left--;
        keep(l, byte);
        return false;
    }
    if (l->code != 0xff) keep(l, 0); // the block before ended at a zero
    l->code = byte;
    l->left = (uint8_t)(byte - 1);
    return false;
}

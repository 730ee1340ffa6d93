// CONFIG bound to this chip: each sector is encrypted with a stream that only this chip's HMAC peripheral
// makes.
//
//   physical sector, 4096 B:  0 magic u32 · 4 nonce 16 B · 20 check u32 · 24 CRC-32 of bytes 0..24 · 64 cells
//   cells                     4032 B as the device sees them, each 8 B: all ones, or plaintext XOR stream
//   stream, block b of 32 B   HMAC(eFuse key, "synod seal" · 1 · sector · nonce · b u32)
//   check                     the first 4 B of HMAC(eFuse key, "synod seal" · 0 · zeros): whose chip this is
//
// An erased cell has all bits set and reads so; a programmed one that comes out as all ones (once in 2^64)
// fails its STORE, which is read back. The nonce is drawn at the first STORE after an erase and never used
// again after the next, so no two plaintexts ever share a stream.
//
// Rule: what another chip sealed is neither read as something else nor erased: seal_open says so. Not
// authenticated: who writes to this flash can turn bits, and make this device another or none; the seed he
// does not learn. Who runs his own program on this chip can ask the peripheral as well: that is for Secure
// Boot to prevent.

#include <string.h>

#include "abi.h"
#include "esp32.h"
#include "line.h"
#include "nor.h"
#include "seal.h"

#define HEAD 64u
#define CELL 8u
#define BLOCK 32u
#define SECTORS 2u
#define MAGIC 0x4c535953u // "SYSL"
#define NONCE 4u
#define NONCE_SIZE 16u
#define CHECK 20u
#define CRC 24u
#define HEAD_USED 28u

const uint32_t seal_sector = NOR_SECTOR - HEAD;

static const esp_partition_t *part;
static uint8_t whose[4]; // the check of this chip
static struct {
    bool sealed; // it has a head; without one it holds nothing
    uint8_t nonce[NONCE_SIZE];
} sectors[SECTORS];

static void put32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t load32(const uint8_t *p) {
    return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static bool secret(uint32_t what, uint32_t sector, const uint8_t *nonce, uint32_t block, uint8_t out[32]) {
    uint8_t message[32] = "synod seal";
    message[10] = (uint8_t)what, message[11] = (uint8_t)sector;
    if (nonce) memcpy(message + 12, nonce, NONCE_SIZE);
    put32(message + 28, block);
    return chip_secret(message, sizeof message, out);
}

static bool blank(const uint8_t *p, uint32_t n) {
    while (n > 0 && p[n - 1] == 0xff) n--;
    return n == 0;
}

/** Reads a sector's head. NULL, or what is wrong with it. */
static const char *look(uint32_t sector) {
    uint8_t head[HEAD_USED];
    sectors[sector].sealed = false;
    if (!nor_read(part, sector * NOR_SECTOR, head, sizeof head)) return "954 region CONFIG cannot be read";
    if (load32(head) != MAGIC || line_crc(0, head, CRC) != load32(head + CRC)) return NULL; // blank, or torn
    if (memcmp(head + CHECK, whose, sizeof whose) != 0)
        return "956 region CONFIG was sealed by another chip; put this flash back where it was, or erase "
               "partition config";
    memcpy(sectors[sector].nonce, head + NONCE, NONCE_SIZE);
    sectors[sector].sealed = true;
    return NULL;
}

const char *seal_open(const esp_partition_t *config) {
    uint8_t out[32];
    part = config;
    if (config->size != SECTORS * NOR_SECTOR) return "954 partition config has another size than two sectors";
    if (!secret(0, 0, NULL, 0, out))
        return "955 this chip has no HMAC key in the eFuse block that this image names; burn one";
    memcpy(whose, out, sizeof whose);
    for (uint32_t i = 0; i < SECTORS; i++) {
        const char *why = look(i);
        if (why) return why;
    }
    return NULL;
}

/** The bytes of block b of a sector as the device sees them. */
static bool block_read(uint32_t sector, uint32_t b, uint8_t out[BLOCK]) {
    uint8_t stream[BLOCK];
    if (!sectors[sector].sealed) {
        memset(out, 0xff, BLOCK);
        return true;
    }
    if (!nor_read(part, sector * NOR_SECTOR + HEAD + b * BLOCK, out, BLOCK)) return false;
    if (blank(out, BLOCK)) return true;
    if (!secret(1, sector, sectors[sector].nonce, b, stream)) return false;
    for (uint32_t cell = 0; cell < BLOCK; cell += CELL)
        if (!blank(out + cell, CELL))
            for (uint32_t i = cell; i < cell + CELL; i++) out[i] ^= stream[i];
    return true;
}

bool seal_read(uint32_t at, uint8_t *to, uint32_t n) {
    uint8_t bytes[BLOCK];
    for (uint32_t done = 0; done < n;) {
        uint32_t sector = (at + done) / seal_sector, in = (at + done) % seal_sector, from = in % BLOCK;
        uint32_t some = n - done < BLOCK - from ? n - done : BLOCK - from;
        if (!block_read(sector, in / BLOCK, bytes)) return false;
        memcpy(to + done, bytes + from, some);
        done += some;
    }
    return true;
}

/** Gives an erased sector its head. */
static bool begin(uint32_t sector) {
    uint8_t head[HEAD_USED];
    if (sectors[sector].sealed) return true;
    random_bytes(NULL, head + NONCE, NONCE_SIZE);
    put32(head, MAGIC);
    memcpy(head + CHECK, whose, sizeof whose);
    put32(head + CRC, line_crc(0, head, CRC));
    if (!nor_store(part, sector * NOR_SECTOR, head, sizeof head)) return false;
    memcpy(sectors[sector].nonce, head + NONCE, NONCE_SIZE);
    sectors[sector].sealed = true;
    return true;
}

bool seal_store(uint32_t at, const uint8_t *from, uint32_t n) {
    uint8_t bytes[BLOCK], back[BLOCK];
    if (at % CELL != 0 || n % CELL != 0) return false;
    for (uint32_t done = 0; done < n;) {
        uint32_t sector = (at + done) / seal_sector, in = (at + done) % seal_sector, first = in % BLOCK;
        uint32_t some = n - done < BLOCK - first ? n - done : BLOCK - first;
        if (!begin(sector) || !secret(1, sector, sectors[sector].nonce, in / BLOCK, bytes)) return false;
        for (uint32_t i = 0; i < some; i++) bytes[first + i] ^= from[done + i];
        if (!nor_store(part, sector * NOR_SECTOR + HEAD + in, bytes + first, some)) return false;
        if (!seal_read(at + done, back, some) || memcmp(back, from + done, some) != 0) return false;
        done += some;
    }
    return true;
}

bool seal_erase(uint32_t sector) {
    sectors[sector].sealed = false;
    return nor_erase(part, sector * NOR_SECTOR);
}

// Region CONFIG, which holds the device's seed and the cell's key: bound to this chip (sealed.c, with
// efuse.c) or as it is (unsealed.c). The image links one of the two.
//
// Rule: to the device it is a region like others: erased cells read as 0xff, programming clears bits.

#ifndef SYNOD_SEAL_H
#define SYNOD_SEAL_H

#include <esp_partition.h>
#include <stdbool.h>
#include <stdint.h>

/** Bytes of a sector that the device sees. */
extern const uint32_t seal_sector;

/** NULL, or why this region cannot be used by this chip: words that begin with their number. */
const char *seal_open(const esp_partition_t *config);
bool seal_read(uint32_t at, uint8_t *to, uint32_t n);
bool seal_store(uint32_t at, const uint8_t *from, uint32_t n);
bool seal_erase(uint32_t sector);

/** HMAC-SHA-256 of n bytes under a key that stands in this chip's eFuses and that no program can read; false
 * when there is none. */
bool chip_secret(const uint8_t *message, uint32_t n, uint8_t out[32]);

#endif

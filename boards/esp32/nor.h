// A partition as NOR flash: programming clears bits, erasing a sector sets them; both are read back.
//
// Rule: true means that the bytes stand in flash, seen by reading them.

#ifndef SYNOD_NOR_H
#define SYNOD_NOR_H

#include <esp_partition.h>
#include <stdbool.h>
#include <stdint.h>

#define NOR_SECTOR 4096u

bool nor_read(const esp_partition_t *p, uint32_t at, uint8_t *to, uint32_t n);
bool nor_store(const esp_partition_t *p, uint32_t at, const uint8_t *from, uint32_t n);
/** Erases the sector at this offset. */
bool nor_erase(const esp_partition_t *p, uint32_t at);

#endif

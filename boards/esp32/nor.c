// Reading back is what makes "written" true: esp_partition_write reports what the chip was told, not what it
// holds.

#include "nor.h"

#include <string.h>

#define PART 256u

bool nor_read(const esp_partition_t *p, uint32_t at, uint8_t *to, uint32_t n) {
    return esp_partition_read(p, at, to, n) == ESP_OK;
}

/** True when n bytes of flash are those at `expected`; NULL: all 0xff. */
static bool holds(const esp_partition_t *p, uint32_t at, const uint8_t *expected, uint32_t n) {
    uint8_t cells[PART];
    for (uint32_t done = 0; done < n;) {
        uint32_t part = n - done < PART ? n - done : PART;
        if (!nor_read(p, at + done, cells, part)) return false;
        for (uint32_t i = 0; i < part; i++)
            if (cells[i] != (expected ? expected[done + i] : 0xff)) return false;
        done += part;
    }
    return true;
}

bool nor_store(const esp_partition_t *p, uint32_t at, const uint8_t *from, uint32_t n) {
    return esp_partition_write(p, at, from, n) == ESP_OK && holds(p, at, from, n);
}

bool nor_erase(const esp_partition_t *p, uint32_t at) {
    return esp_partition_erase_range(p, at, NOR_SECTOR) == ESP_OK && holds(p, at, NULL, NOR_SECTOR);
}

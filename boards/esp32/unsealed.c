// CONFIG as it is: who copies this flash has the device's seed. For chips without an HMAC peripheral (ESP32),
// and for trying things out.

#include "nor.h"
#include "seal.h"

const uint32_t seal_sector = NOR_SECTOR;

static const esp_partition_t *part;

const char *seal_open(const esp_partition_t *config) {
    part = config;
    return NULL;
}

bool seal_read(uint32_t at, uint8_t *to, uint32_t n) { return nor_read(part, at, to, n); }

bool seal_store(uint32_t at, const uint8_t *from, uint32_t n) { return nor_store(part, at, from, n); }

bool seal_erase(uint32_t sector) { return nor_erase(part, sector * NOR_SECTOR); }

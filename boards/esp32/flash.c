// The device's five regions, each in a partition of type 0x53 whose subtype is the region's number.
//
//   1 config · 2 journal · 3 blocks · 4 snapshots · 5 keys (optional)         partitions.csv
//
// Rule: no partition of these is flash-encrypted: an encrypted partition is written in 16 bytes at once and
// its erased cells read as noise, so it is no NOR flash. What must stay secret lies in CONFIG, which seal.h
// binds to the chip.

#include <esp_partition.h>
#include <string.h>

#include "esp32.h"
#include "nor.h"
#include "seal.h"

#define TYPE ((esp_partition_type_t)0x53)
#define UNIT 8u // what sealed.c needs; the device writes in eights everywhere

typedef struct region {
    const esp_partition_t *part;
    uint32_t size, sector; // as the device sees them
} region;

static region regions[SYNOD_RECORD_REGIONS + 1];

const char *flash_open(void) {
    for (uint32_t r = 1; r <= SYNOD_RECORD_REGIONS; r++) {
        const esp_partition_t *p = esp_partition_find_first(TYPE, (esp_partition_subtype_t)r, NULL);
        if (!p && r == SYNOD_RECORD_REGION_KEYS) continue;
        if (!p) return "954 a partition of type 0x53 is missing; write this project's partition table";
        if (p->encrypted) return "954 a partition of the device is flash-encrypted; take the flag away";
        uint32_t sector = r == SYNOD_RECORD_REGION_CONFIG ? seal_sector : NOR_SECTOR;
        regions[r] = (region){.part = p, .sector = sector, .size = p->size / NOR_SECTOR * sector};
    }
    return seal_open(regions[SYNOD_RECORD_REGION_CONFIG].part);
}

static void put32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

/** What region 0 reads as. */
static int32_t about(uint32_t offset, uint8_t *p, uint32_t n) {
    uint8_t table[SYNOD_RECORD_ABOUT_STRIDE * SYNOD_RECORD_REGIONS];
    for (uint32_t r = 1; r <= SYNOD_RECORD_REGIONS; r++) {
        uint8_t *entry = table + SYNOD_RECORD_ABOUT_STRIDE * (r - 1);
        put32(entry + SYNOD_RECORD_ABOUT_SIZE, regions[r].size);
        put32(entry + SYNOD_RECORD_ABOUT_SECTOR, regions[r].sector);
        put32(entry + SYNOD_RECORD_ABOUT_UNIT, UNIT);
        put32(entry + SYNOD_RECORD_ABOUT_FLAGS, 1); // a unit may be programmed twice: NOR
    }
    if (offset > sizeof table || n > sizeof table - offset) return -1;
    memcpy(p, table + offset, n);
    return 0;
}

static bool within(uint32_t r, uint32_t offset, uint32_t n) {
    return r >= 1 && r <= SYNOD_RECORD_REGIONS && offset <= regions[r].size && n <= regions[r].size - offset;
}

int32_t flash_read(void *self, uint32_t r, uint32_t offset, uint8_t *p, uint32_t n) {
    (void)self;
    if (r == 0) return about(offset, p, n);
    if (!within(r, offset, n)) return -1;
    if (r == SYNOD_RECORD_REGION_CONFIG) return seal_read(offset, p, n) ? 0 : -1;
    return nor_read(regions[r].part, offset, p, n) ? 0 : -1;
}

bool flash_store(void *self, uint32_t r, uint32_t offset, const uint8_t *p, uint32_t n) {
    (void)self;
    if (!within(r, offset, n)) return false;
    return r == SYNOD_RECORD_REGION_CONFIG ? seal_store(offset, p, n)
                                           : nor_store(regions[r].part, offset, p, n);
}

bool flash_erase(void *self, uint32_t r, uint32_t sector) {
    (void)self;
    if (r < 1 || r > SYNOD_RECORD_REGIONS || regions[r].size == 0) return false;
    if (sector >= regions[r].size / regions[r].sector) return false;
    return r == SYNOD_RECORD_REGION_CONFIG ? seal_erase(sector)
                                           : nor_erase(regions[r].part, sector * NOR_SECTOR);
}

// The table of flash regions, as the device reads it.

#include <string.h>

#include "live.h"

static void little32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

int32_t regions_read(uint32_t offset, uint8_t *p, uint32_t n) {
    uint8_t table[SYNOD_RECORD_ABOUT_STRIDE * SYNOD_RECORD_REGIONS];
    for (uint32_t r = 1; r <= SYNOD_RECORD_REGIONS; r++) {
        uint8_t *entry = table + SYNOD_RECORD_ABOUT_STRIDE * (r - 1);
        little32(entry + SYNOD_RECORD_ABOUT_SIZE, live_regions[r].size);
        little32(entry + SYNOD_RECORD_ABOUT_SECTOR, live_regions[r].sector);
        little32(entry + SYNOD_RECORD_ABOUT_UNIT, live_regions[r].unit);
        little32(entry + SYNOD_RECORD_ABOUT_FLAGS, 1); // a unit may be programmed twice: NOR
    }
    if (offset > sizeof table || n > sizeof table - offset) return -1;
    memcpy(p, table + offset, n);
    return 0;
}

bool regions_hold(uint32_t region, uint32_t offset, uint32_t n) {
    if (region < 1 || region > SYNOD_RECORD_REGIONS) return false;
    uint32_t size = live_regions[region].size;
    return offset <= size && n <= size - offset;
}

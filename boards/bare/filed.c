// Flash and randomness of an emulated board: the files `flash` and `entropy` of the folder that the emulator
// runs in, by semihosting. QEMU emulates no flash controller and no random number generator; a chip has
// drivers of its own instead of this file.
//
//   flash     the regions of live_regions one after the other, NOR semantics: programming clears bits. Made
//   blank when it is
//             shorter, so a file whose making was cut short is completed
//   entropy   what the host offers; a link to its random source, or seeded bytes where a run must repeat
//
// Rule: what is stored is in the host's file when the call returns: killing the emulator loses nothing that
// was said to be written.

#include <string.h>

#include "board.h"
#include "live.h"

#define PART 256u

static int32_t cells = -1, source = -1;

static uint32_t start_of(uint32_t region) {
    uint32_t at = 0;
    for (uint32_t r = 1; r < region; r++) at += live_regions[r].size;
    return at;
}

static bool put(uint32_t at, const uint8_t *p, uint32_t n) {
    return semihost_seek(cells, at) && semihost_write(cells, p, n);
}

static bool get(uint32_t at, uint8_t *p, uint32_t n) {
    return semihost_seek(cells, at) && semihost_read(cells, p, n) == n;
}

static bool blank(uint32_t at, uint32_t end) {
    uint8_t ones[PART];
    memset(ones, 0xff, sizeof ones);
    while (at < end) {
        uint32_t n = end - at < PART ? end - at : PART;
        if (!put(at, ones, n)) return false;
        at += n;
    }
    return true;
}

const char *flash_open(void) {
    uint32_t total = start_of(SYNOD_RECORD_REGIONS + 1);
    cells = semihost_open("flash", SEMIHOST_UPDATE);
    if (cells < 0) cells = semihost_open("flash", SEMIHOST_CREATE);
    source = semihost_open("entropy", SEMIHOST_READ);
    if (cells < 0) return "no file `flash`, and none can be made";
    if (source < 0) return "no file `entropy`";
    uint32_t length = semihost_length(cells);
    if (length > total) return "the file `flash` is longer than this board's flash";
    return blank(length, total) ? NULL : "the file `flash` cannot be written";
}

int32_t flash_read(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    (void)self;
    if (region == 0) return regions_read(offset, p, n);
    if (!regions_hold(region, offset, n)) return -1;
    return get(start_of(region) + offset, p, n) ? 0 : -1;
}

bool flash_store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    uint8_t old[PART];
    bool kept = true;
    (void)self;
    if (!regions_hold(region, offset, n)) return false;
    for (uint32_t at = start_of(region) + offset, done = 0; done < n;) {
        uint32_t part = n - done < PART ? n - done : PART;
        if (!get(at + done, old, part)) return false;
        for (uint32_t i = 0; i < part; i++) {
            old[i] &= p[done + i];
            if (old[i] != p[done + i]) kept = false;
        }
        if (!put(at + done, old, part)) return false;
        done += part;
    }
    return kept;
}

bool flash_erase(void *self, uint32_t region, uint32_t sector) {
    (void)self;
    if (region < 1 || region > SYNOD_RECORD_REGIONS) return false;
    const flash_region *r = &live_regions[region];
    if (sector >= r->size / r->sector) return false;
    uint32_t at = start_of(region) + sector * r->sector;
    return blank(at, at + r->sector);
}

void random_bytes(void *self, uint8_t *p, uint32_t n) {
    (void)self;
    if (semihost_read(source, p, n) == n) return;
    semihost_print("error the file `entropy` has ended\n");
    live_end(1); // no key may ever be made of anything else
}

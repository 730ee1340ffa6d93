// A device's flash in the STM32F405's own (RM0090 chapter 3): where the regions lie is in regions.h.
//
//   read      is reading memory
//   store     words of 32 bits where all four bytes are there, single bytes at the edges; each is read back
//   erase     one sector; 16 KiB take about 300 ms, 128 KiB about 1.5 s, in which the core stands still when
//   it fetches from flash
//
// Rule: what store and erase say is what reading gives, not what the controller said.

#include <string.h>

#include "cortexm.h"
#include "live.h"
#include "regions.h"

#define KEYR (*(volatile uint32_t *)0x40023C04u)
#define SR (*(volatile uint32_t *)0x40023C0Cu)
#define CR (*(volatile uint32_t *)0x40023C10u)

#define BUSY (1u << 16)
#define ERRORS                                                                                               \
    0xF3u // operation, write protection, alignment, parallelism, sequence, and the end that clears with them
#define LOCK (1u << 31)
#define START (1u << 16)
#define PROGRAM 1u
#define ERASE 2u
#define BY_WORD (2u << 8) // 2.7 to 3.6 V
#define SECTOR(n) ((n) << 3)

const flash_region live_regions[SYNOD_RECORD_REGIONS + 1] = {STM32F405_REGIONS};

static const uint8_t first_sector[SYNOD_RECORD_REGIONS + 1] = {0, CONFIG_SECTOR, JOURNAL_SECTOR,
                                                               BLOCKS_SECTOR, SNAPSHOTS_SECTOR};

/** Where a sector of the chip begins: 0 to 3 have 16 KiB, 4 has 64, the others 128. */
static uint8_t *address_of(uint32_t sector) {
    uint32_t kib = sector < 4 ? 16 * sector : sector == 4 ? 64 : 128 * (sector - 4);
    return (uint8_t *)FLASH_BASE + kib * 1024;
}

static void settle(void) {
    while (SR & BUSY) continue;
    SR = ERRORS;
}

static void unlock(uint32_t cr) {
    settle();
    if (CR & LOCK) KEYR = 0x45670123u, KEYR = 0xCDEF89ABu;
    CR = cr;
}

static void lock(void) {
    settle();
    CR = LOCK;
}

const char *flash_open(void) { return NULL; }

int32_t flash_read(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    (void)self;
    if (region == 0) return regions_read(offset, p, n);
    if (!regions_hold(region, offset, n)) return -1;
    memcpy(p, address_of(first_sector[region]) + offset, n);
    return 0;
}

bool flash_store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    (void)self;
    if (!regions_hold(region, offset, n)) return false;
    uint8_t *to = address_of(first_sector[region]) + offset;
    for (uint32_t done = 0; done < n;) {
        bool whole = ((uintptr_t)(to + done) & 3u) == 0 && n - done >= 4;
        unlock(whole ? PROGRAM | BY_WORD : PROGRAM);
        if (whole) {
            uint32_t word;
            memcpy(&word, p + done, 4);
            *(volatile uint32_t *)(void *)(to + done) = word;
        } else *(volatile uint8_t *)(to + done) = p[done];
        settle();
        done += whole ? 4 : 1;
    }
    lock();
    return memcmp(to, p, n) == 0;
}

bool flash_erase(void *self, uint32_t region, uint32_t sector) {
    (void)self;
    if (region < 1 || region > SYNOD_RECORD_REGIONS) return false;
    const flash_region *r = &live_regions[region];
    if (sector >= r->size / r->sector) return false;
    uint32_t chip = first_sector[region] + sector;
    unlock(ERASE | SECTOR(chip));
    CR |= START;
    lock();
    const uint8_t *p = address_of(chip);
    for (uint32_t i = 0; i < r->sector; i++)
        if (p[i] != 0xff) return false;
    return true;
}

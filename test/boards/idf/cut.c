// The flash layer of boards/esp32 under a power supply that fails: at every byte of an erase and a store.
//
//   fake-cut          one line a claim that does not hold; `ok N cuts` at the end
//
// Held, for each region, and for CONFIG as it is linked (sealed or not):
//   nothing outside the sector that was written changes; before the cut, inside it, all is old or erased or
//   new: what was stored whole before reads as it did; after an erase and a store without a cut all reads as
//   stored; erased cells read as 0xff; a second STORE on programmed cells is refused.

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "esp32.h"
#include "fake.h"
#include "seal.h"

#define BYTES 136u // of the store that is cut
#define OTHER 48u  // of the one before it, in another place of the sector

static jmp_buf dark;
static unsigned broken, cuts;

static void lights_out(void) { longjmp(dark, 1); }

static void claim(bool holds, const char *what, uint32_t region, long power) {
    if (holds) return;
    printf("region %u, power for %ld bytes: %s\n", region, power, what);
    broken++;
}

static void entry(uint8_t *p, uint32_t subtype, uint32_t at, uint32_t size) {
    const uint8_t bytes[12] = {0xaa,
                               0x50,
                               0x53,
                               (uint8_t)subtype,
                               0,
                               (uint8_t)(at >> 8),
                               (uint8_t)(at >> 16),
                               0,
                               0,
                               (uint8_t)(size >> 8),
                               (uint8_t)(size >> 16),
                               0};
    memset(p, 0, 32);
    memcpy(p, bytes, sizeof bytes);
}

static void boot(void) {
    fake_power = -1;
    fake_table();
    const char *why = flash_open();
    if (why) {
        printf("%s\n", why);
        exit(1);
    }
}

static bool reads(uint32_t region, uint32_t at, const uint8_t *expected, uint32_t n) {
    uint8_t got[BYTES];
    return flash_read(NULL, region, at, got, n) == 0 && memcmp(got, expected, n) == 0;
}

static bool erased(uint32_t region, uint32_t at, uint32_t n) {
    uint8_t ones[BYTES];
    memset(ones, 0xff, sizeof ones);
    return reads(region, at, ones, n);
}

/** Cuts an erase and a store of a sector that held something, after `power` bytes; false when all was done.
 */
static bool cut(uint32_t region, uint32_t sector_size, long power, const uint8_t *old, const uint8_t *fresh) {
    const uint32_t at = sector_size + 64, neighbour = 8; // sector 1; sector 0 is not touched
    static volatile bool was_erased;
    boot();
    if (!flash_erase(NULL, region, 0) || !flash_store(NULL, region, neighbour, old, OTHER) ||
        !flash_erase(NULL, region, 1) || !flash_store(NULL, region, at, old, BYTES))
        claim(false, "a flash with power cannot be written", region, power);
    was_erased = false;
    fake_power = power;
    if (setjmp(dark) == 0) {
        bool good = flash_erase(NULL, region, 1);
        was_erased = true;
        good = good && flash_store(NULL, region, at, fresh, OTHER);
        good = good && flash_store(NULL, region, at + OTHER, fresh + OTHER, BYTES - OTHER);
        fake_power = -1;
        claim(good && reads(region, at, fresh, BYTES), "what was stored reads otherwise", region, power);
        claim(erased(region, at + BYTES, 64) && erased(region, sector_size, 64), "an erased cell is none",
              region, power);
        claim(!flash_store(NULL, region, at, old, BYTES), "a second store over the first is not noticed",
              region, power);
        return false;
    }
    cuts++;
    boot(); // the power is back
    claim(reads(region, neighbour, old, OTHER), "another sector has changed", region, power);
    if (was_erased)
        claim(erased(region, at + BYTES, 64), "a cell beyond the store has changed", region, power);
    claim(flash_erase(NULL, region, 1) && erased(region, at, BYTES), "a sector cannot be erased any more",
          region, power);
    claim(flash_store(NULL, region, at, fresh, BYTES) && reads(region, at, fresh, BYTES),
          "a sector cannot be written any more", region, power);
    return true;
}

/** The bytes of one partition of a flash that holds a secret. */
static bool shows(uint32_t from, uint32_t size, const uint8_t *secret, uint32_t n) {
    for (uint32_t at = from; at + n <= from + size; at++)
        if (memcmp(fake_cells + at, secret, n) == 0) return true;
    return false;
}

/** CONFIG in flash, with this chip and on another one. */
static void secrets(const uint8_t *secret) {
    bool sealed = seal_sector != FAKE_SECTOR;
    uint8_t first[OTHER];
    boot();
    for (int i = 0; i < 2; i++) {
        uint32_t at = 0x10000 + (sealed ? 64 : 0);
        claim(flash_erase(NULL, 1, 0) && flash_store(NULL, 1, 0, secret, OTHER), "CONFIG cannot be written",
              1, -1);
        if (i == 1 && sealed)
            claim(memcmp(first, fake_cells + at, OTHER) != 0, "one stream is used for two plaintexts", 1, -1);
        memcpy(first, fake_cells + at, OTHER);
    }
    memset(first, 0, sizeof first);
    claim(flash_store(NULL, 1, 128, first, 32) && flash_store(NULL, 1, 160, first, 32),
          "CONFIG cannot be written", 1, -1);
    claim(!sealed || memcmp(fake_cells + 0x10000 + 192, fake_cells + 0x10000 + 224, 32) != 0,
          "one stream is used for two blocks", 1, -1);
    printf("%s\n", shows(0x10000, 0x2000, secret, 16) ? "plain" : "hidden");
    if (!sealed) return;
    fake_key[0] ^= 1;
    fake_table();
    const char *why = flash_open();
    printf("elsewhere %.3s\n", why ? why : "yes");
    fake_key[0] ^= 1;
    boot();
    claim(reads(1, 0, secret, OTHER), "the chip's own secret is lost", 1, -1);
    fake_key_burnt = false;
    why = flash_open();
    printf("without %.3s\n", why ? why : "yes");
    fake_key_burnt = true;
}

int main(void) {
    static const uint32_t sizes[] = {0, 0x2000, 0x8000, 0x4000, 0x10000, 0x2000};
    uint8_t old[BYTES], fresh[BYTES];
    uint32_t at = 0x10000;
    fake_cells = malloc(FAKE_FLASH_SIZE);
    fake_dark = lights_out;
    fake_key_burnt = true;
    for (unsigned i = 0; i < 32; i++) fake_key[i] = (uint8_t)(i + 1);
    memset(fake_cells, 0xff, FAKE_FLASH_SIZE);
    for (uint32_t r = 1; r <= SYNOD_RECORD_REGIONS; r++, at += 0x10000)
        entry(fake_cells + 0x8000 + 32 * (r - 1), r, at, sizes[r]);
    for (unsigned i = 0; i < BYTES; i++) old[i] = (uint8_t)(i * 7 + 1), fresh[i] = (uint8_t)(i * 13 + 5);
    for (uint32_t r = 1; r <= SYNOD_RECORD_REGIONS; r++) {
        uint32_t sector = r == 1 ? seal_sector : FAKE_SECTOR;
        for (long power = 0; cut(r, sector, power, old, fresh); power++) continue;
    }
    secrets(old);
    if (broken == 0) printf("ok %u cuts\n", cuts);
    return broken > 0;
}

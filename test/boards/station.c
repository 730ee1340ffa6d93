// A station whose line is stdin and stdout, for test/boards/hostile.test.ts: `station MODULE FLASH`. FLASH is
// a file as boards/posix keeps it; what is written stays in memory. A restart that the device asks for is
// made; time goes on by a millisecond for every 64 bytes that come in.
//
// At the end of stdin, on stderr: `taken N dropped N restarts N status N`. Exit status 0 unless the device is
// down.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station.h"

#define REGIONS SYNOD_RECORD_REGIONS
#define SECTOR 4096u

static const uint32_t sizes[REGIONS + 1] = {0, 8192, 32768, 524288, 65536, 65536};
static uint8_t cells[8192 + 32768 + 524288 + 65536 + 65536];
static uint64_t came;

static uint8_t *at(uint32_t region, uint32_t offset, uint32_t n) {
    uint8_t *p = cells;
    if (region < 1 || region > REGIONS || offset > sizes[region] || n > sizes[region] - offset) return NULL;
    for (uint32_t r = 1; r < region; r++) p += sizes[r];
    return p + offset;
}

static void entropy(void *self, uint8_t *p, uint32_t n) {
    static uint8_t counter;
    (void)self;
    for (uint32_t i = 0; i < n; i++) p[i] = counter++;
}

static int32_t read_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    uint8_t table[SYNOD_RECORD_ABOUT_STRIDE * REGIONS] = {0};
    const uint8_t *from = at(region, offset, n);
    (void)self;
    for (uint32_t r = 1; r <= REGIONS; r++)
        for (unsigned i = 0; i < 4; i++) {
            uint8_t *entry = table + SYNOD_RECORD_ABOUT_STRIDE * (r - 1);
            entry[SYNOD_RECORD_ABOUT_SIZE + i] = (uint8_t)(sizes[r] >> (8 * i));
            entry[SYNOD_RECORD_ABOUT_SECTOR + i] = (uint8_t)(SECTOR >> (8 * i));
            entry[SYNOD_RECORD_ABOUT_UNIT + i] = entry[SYNOD_RECORD_ABOUT_FLAGS + i] = i == 0;
        }
    if (region == 0) from = offset <= sizeof table && n <= sizeof table - offset ? table + offset : NULL;
    if (!from) return -1;
    memcpy(p, from, n);
    return 0;
}

static bool store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    uint8_t *to = at(region, offset, n);
    (void)self;
    if (!to) return false;
    for (uint32_t i = 0; i < n; i++) to[i] &= p[i];
    return memcmp(to, p, n) == 0;
}

static bool erase(void *self, uint32_t region, uint32_t sector) {
    uint8_t *to = sector < 1024 ? at(region, sector * SECTOR, SECTOR) : NULL;
    (void)self;
    if (to) memset(to, 0xff, SECTOR);
    return to != NULL;
}

static uint64_t now(void *self) {
    (void)self;
    return came / 64;
}

static void put(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    fwrite(p, 1, n, stdout);
}

/** A whole file; its length, 0 when it cannot be read or is longer than `room`. */
static uint32_t load(const char *path, uint8_t *to, uint32_t room) {
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(to, 1, room, file) : 0;
    if (file) fclose(file);
    return (uint32_t)n;
}

int main(int argc, char **argv) {
    static station s;
    static uint8_t wasm[1 << 20];
    static const station_port port = {
        .name = "native",
        .board = {.entropy = entropy, .read = read_flash, .store = store, .erase = erase},
        .now = now,
        .write = put};
    uint32_t size = argc == 3 ? load(argv[1], wasm, sizeof wasm) : 0, restarts = 0;
    if (size == 0 || load(argv[2], cells, sizeof cells) == 0) return 2;
    if (station_open(&s, &port, wasm, size, NULL) != NODE_OK) return 2;
    station_boot(&s);
    for (int byte = getchar(); byte != EOF; byte = getchar()) {
        came++;
        station_byte(&s, (uint8_t)byte);
        if (!station_up(&s) && (s.status == NODE_RESET || s.restart) && node_restart(&s.node) == NODE_OK) {
            s.status = NODE_OK, s.restart = false, restarts++;
            station_boot(&s);
        }
        if (came % 64 == 0) station_step(&s);
    }
    fprintf(stderr, "taken %u dropped %u restarts %u status %d\n", s.line.taken, s.line.dropped, restarts,
            (int)s.status);
    node_close(&s.node);
    return station_up(&s) ? 0 : 1;
}

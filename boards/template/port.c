// A port to be copied: everything that a board must bring, in one file, each place marked FILL IN. As it
// stands it runs on a POSIX host: flash is a file, the serial line is stdin and stdout, and the line carries
// the frames, since there is no radio.
//
//   port FLASH-FILE        ends when its input does; 1: it cannot start
//
// Rules, which the cell's safety rests on: store and erase return true only when flash holds it; randomness
// is true randomness or the board does not run; a device that is down is restarted, not called again.

#define _DEFAULT_SOURCE // FILL IN: away with this, and with the headers below that your system does not have

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "station.h"
#include "synod_module.h"

// ---- FILL IN 1: the clock. Milliseconds since power-on, never backwards, 64 bits: it must not wrap ----

static uint64_t clock_ms(void *self) {
    struct timespec t;
    (void)self;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// ---- FILL IN 2: randomness. The chip's generator, health-tested; no seed, no counter, no unique id ----

static void random_bytes(void *self, uint8_t *p, uint32_t n) {
    (void)self;
    for (uint32_t done = 0; done < n;) {
        uint32_t part = n - done < 256 ? n - done : 256;
        if (getentropy(p + done, part) != 0) abort(); // never go on with less
        done += part;
    }
}

// ---- FILL IN 3: flash. Five regions; INTEGRATION.md says how large they may be ----

#define KIB 1024u
#define SECTOR (4 * KIB) // FILL IN: what your chip erases at once, 2 KiB or more
#define UNIT 1u          // FILL IN: what it programs at once: 1, 2, 4 or 8 bytes
#define TWICE 1u         // FILL IN: 1 when a unit may be programmed again to clear more bits, else 0
#define REGIONS SYNOD_RECORD_REGIONS

static const uint32_t sizes[REGIONS] = {8 * KIB, 32 * KIB, 512 * KIB, 64 * KIB, 64 * KIB}; // CONFIG to KEYS
static uint8_t cells[680 * KIB]; // FILL IN: away with it; read and program the chip instead
static int file;

/** Where byte `offset` of a region lies; NULL when the n bytes from there are not all in it. */
static uint8_t *place(uint32_t region, uint32_t offset, uint32_t n) {
    uint8_t *at = cells;
    if (region < 1 || region > REGIONS) return NULL;
    for (uint32_t r = 1; r < region; r++) at += sizes[r - 1];
    return offset <= sizes[region - 1] && n <= sizes[region - 1] - offset ? at + offset : NULL;
}

/** Makes what changed last; true only when it will survive the power going now. */
static bool keep(const uint8_t *at, uint32_t n) {
    return pwrite(file, at, n, at - cells) == (ssize_t)n; // survives the process; a disk would want fsync too
}

static int32_t flash_read(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    uint8_t table[SYNOD_RECORD_ABOUT_STRIDE * REGIONS] = {0};
    (void)self;
    for (uint32_t r = 0; r < REGIONS; r++) {
        uint8_t *entry = table + SYNOD_RECORD_ABOUT_STRIDE * r;
        const uint32_t words[] = {sizes[r], SECTOR, UNIT, TWICE};
        for (uint32_t i = 0; i < 16; i++) entry[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    }
    if (region == 0 && (offset > sizeof table || n > sizeof table - offset)) return -1;
    const uint8_t *from = region == 0 ? table + offset : place(region, offset, n);
    if (!from) return -1;
    memcpy(p, from, n);
    return 0;
}

static bool flash_store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    uint8_t *to = place(region, offset, n);
    bool kept = true;
    (void)self;
    if (!to) return false;
    for (uint32_t i = 0; i < n; i++) {
        to[i] &= p[i]; // NOR: programming clears bits
        if (to[i] != p[i]) kept = false;
    }
    return keep(to, n) && kept; // FILL IN: read back what was programmed, and compare
}

static bool flash_erase(void *self, uint32_t region, uint32_t sector) {
    uint8_t *from = sector < sizeof cells / SECTOR ? place(region, sector * SECTOR, SECTOR) : NULL;
    (void)self;
    if (!from) return false;
    memset(from, 0xff, SECTOR);
    return keep(from, SECTOR);
}

static bool flash_open(const char *path) {
    memset(cells, 0xff, sizeof cells);
    file = open(path, O_RDWR | O_CREAT, 0600);
    if (file < 0) return false;
    if (read(file, cells, sizeof cells) == (ssize_t)sizeof cells) return true;
    return keep(cells, sizeof cells); // a new or torn file is completed, blank
}

// ---- FILL IN 4: the serial line. UART or USB; an interrupt keeps what comes in a ring, which line_read
// empties ----

static bool ended; // FILL IN: away with it; the line of a board never ends

static void line_write(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    for (ssize_t done; n > 0; p += done, n -= (uint32_t)done)
        if ((done = write(STDOUT_FILENO, p, n)) <= 0) exit(1);
}

/** What came in, at most n bytes; 0 when nothing waits. */
static uint32_t line_read(uint8_t *p, uint32_t n) {
    struct pollfd line = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t got = poll(&line, 1, 0) > 0 ? read(STDIN_FILENO, p, n) : -1;
    if (got == 0) ended = true;
    return got > 0 ? (uint32_t)got : 0;
}

// ---- FILL IN 5: the radio. A driver that sends a frame to all in reach, and keeps those that it hears ----
// With one, give radio_send to the port below; without, frames go over the line and the host is the radio.

static uint32_t radio_hear(uint8_t *p, uint32_t room) {
    (void)p, (void)room;
    return 0; // FILL IN: the next frame and its length, 0 when none waits
}

// ---- FILL IN 6: rest until `until` on the clock, a byte or a frame; and the watchdog ----

static void rest(uint64_t until) {
    struct pollfd line = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t now = clock_ms(NULL);
    if (until > now) poll(&line, 1, until - now > 1000 ? 1000 : (int)(until - now)); // FILL IN: WFI
}

static void watchdog_feed(void) {} // FILL IN: once a turn; its period longer than the longest call

// ---- the device ----

static station device;

/** All RAM that the device takes: linear memory, code, what the interpreter keeps. */
static uint8_t ram[1024 * KIB]
    __attribute__((aligned(8))); // FILL IN: 176 KiB do on a 32-bit chip; up to four banks

/** From power-on to the moment that the device must be restarted. False when it cannot run at all. */
static bool live(void) {
    static uint8_t room[BOX_LEAST]; // of the black box: 4 KiB, or 68 that hold the page before the call too
    static const station_port port = {
        .name = "template", // FILL IN
        .board = {.entropy = random_bytes, .read = flash_read, .store = flash_store, .erase = flash_erase},
        // FILL IN: .board.send for a radio, .sense for sensors, .act for actuators, .accelerate for a crypto
        // unit
        .now = clock_ms,
        .write = line_write,
        .room = room,
        .room_size = sizeof room};
    static const node_limits limits = {
        .stack = 3072,
        .banks = {{.base = ram, .size = sizeof ram}},
        .code = 80 * KIB, // FILL IN: 32 KiB; words of code are twice as long on a 64-bit host
        .spare = 64 * KIB // FILL IN: 12 KiB, as for the same reason
    };
    static uint8_t frame[SYNOD_LAYOUT_INPUT_MAX], bytes[64];
    if (station_open(&device, &port, synod_module, synod_module_size, &limits) != NODE_OK) {
        fprintf(stderr, "port: %s\n", device.node.error); // FILL IN: your log
        return false;
    }
    station_boot(&device);
    fprintf(stderr, "port: booted, reason %d\n", (int)device.node.value);
    while (station_up(&device) && !ended) {
        watchdog_feed();
        uint32_t n = line_read(bytes, sizeof bytes);
        for (uint32_t i = 0; i < n && station_up(&device); i++) station_byte(&device, bytes[i]);
        uint32_t heard = radio_hear(frame, sizeof frame);
        if (heard > 0) station_hear(&device, 0, frame, heard);
        uint64_t due = station_step(&device);
        if (due > 0 && n == 0 && heard == 0 && station_up(&device)) rest(due);
    }
    return true;
}

int main(int argc, char **argv) {
    if (!flash_open(argc > 1 ? argv[1] : "flash")) return 1;
    while (live()) { // FILL IN: live(), then the chip's reset; node_close is for systems that have none
        node_close(&device.node);
        if (ended) return 0;
    }
    return 1;
}

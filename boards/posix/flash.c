// The flash file. A board with a flash chip replaces pread and pwrite by its driver and keeps the rest.

#define _DEFAULT_SOURCE // flock

#include "flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"

#define SECTOR 4096u
#define KIB 1024u

static const struct {
    uint32_t at, size;
} regions[SYNOD_RECORD_REGIONS + 1] = {{0, 0},
                                       {0, 8 * KIB},
                                       {8 * KIB, 32 * KIB},
                                       {40 * KIB, 512 * KIB},
                                       {552 * KIB, 64 * KIB},
                                       {616 * KIB, 64 * KIB}};

/** Keeps the words; false, so that a caller can return it. */
static bool fail(flash *f, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f->error, sizeof f->error, format, arguments);
    va_end(arguments);
    return false;
}

// ---- opening ----

/** Writes the blank flash to fd, from byte `at` on. */
static bool blank(int fd, uint32_t at) {
    uint8_t ones[SECTOR];
    memset(ones, 0xff, sizeof ones);
    while (at < FLASH_SIZE) {
        uint32_t n = SECTOR - at % SECTOR;
        if (pwrite(fd, ones, n, (off_t)at) != (ssize_t)n) return false;
        at += n;
    }
    return fsync(fd) == 0;
}

/** Makes a blank flash file: written beside its place and linked there when it is whole, so a kill leaves
 * none or all of it. */
static bool create(flash *f, const char *path) {
    char beside[1024];
    int length = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || length >= (int)sizeof beside) return fail(f, "the name of the flash file is too long");
    unlink(beside);
    int fd = open(beside, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) return fail(f, "cannot make %.100s: %s", path, strerror(errno));
    bool made = blank(fd, 0);
    if (made && link(beside, path) != 0 && errno != EEXIST) made = false;
    if (!made) fail(f, "cannot make %.100s: %s", path, strerror(errno));
    unlink(beside);
    close(fd);
    return made;
}

bool flash_open(flash *f, const char *path, bool sync) {
    struct stat about;
    f->sync = sync;
    f->no_keys = false;
    f->error[0] = 0;
    f->fd = open(path, O_RDWR);
    if (f->fd < 0 && errno == ENOENT) {
        if (!create(f, path)) return false;
        f->fd = open(path, O_RDWR);
    }
    if (f->fd < 0) return fail(f, "cannot open %.100s: %s", path, strerror(errno));
    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
        fail(f, "%.100s is in use by another process: one flash is one device", path);
    else if (fstat(f->fd, &about) != 0) fail(f, "cannot read %.100s: %s", path, strerror(errno));
    else if (!S_ISREG(about.st_mode) || about.st_size < (off_t)regions[SYNOD_RECORD_REGION_KEYS].at ||
             about.st_size > (off_t)FLASH_SIZE)
        fail(f,
             "%.100s has %lld bytes, a flash has %u: it is torn or something else; take it away to begin "
             "blank",
             path, (long long)about.st_size, FLASH_SIZE);
    else if (about.st_size < (off_t)FLASH_SIZE && !blank(f->fd, (uint32_t)about.st_size))
        fail(f, "cannot complete %.100s: %s", path, strerror(errno));
    else return true;
    flash_close(f);
    return false;
}

void flash_close(flash *f) {
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

// ---- reading ----

static void little32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t size_of(const flash *f, uint32_t region) {
    return region == SYNOD_RECORD_REGION_KEYS && f->no_keys ? 0 : regions[region].size;
}

/** The table that region 0 reads as: size, sector, program unit 1, flag 1 (a unit may be programmed twice).
 */
static int32_t about(const flash *f, uint32_t offset, uint8_t *p, uint32_t n) {
    uint8_t table[SYNOD_RECORD_ABOUT_STRIDE * SYNOD_RECORD_REGIONS];
    for (uint32_t r = 1; r <= SYNOD_RECORD_REGIONS; r++) {
        uint8_t *entry = table + SYNOD_RECORD_ABOUT_STRIDE * (r - 1);
        little32(entry + SYNOD_RECORD_ABOUT_SIZE, size_of(f, r));
        little32(entry + SYNOD_RECORD_ABOUT_SECTOR, SECTOR);
        little32(entry + SYNOD_RECORD_ABOUT_UNIT, 1);
        little32(entry + SYNOD_RECORD_ABOUT_FLAGS, 1);
    }
    if (offset > sizeof table || n > sizeof table - offset) return -1;
    memcpy(p, table + offset, n);
    return 0;
}

/** True when [offset, offset+n) lies in the region. */
static bool within(const flash *f, uint32_t region, uint32_t offset, uint32_t n) {
    return region >= 1 && region <= SYNOD_RECORD_REGIONS && offset <= size_of(f, region) &&
           n <= size_of(f, region) - offset;
}

int32_t flash_read(const flash *f, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    if (region == 0) return about(f, offset, p, n);
    if (!within(f, region, offset, n)) return -1;
    return pread(f->fd, p, n, (off_t)(regions[region].at + offset)) == (ssize_t)n ? 0 : -1;
}

// ---- changing ----

/** Writes to the file, and to the disk when asked for. */
static bool put(flash *f, uint32_t at, const uint8_t *p, uint32_t n) {
    if (pwrite(f->fd, p, n, (off_t)at) != (ssize_t)n || (f->sync && fdatasync(f->fd) != 0))
        return fail(f, "the flash file cannot be written: %s", strerror(errno));
    return true;
}

bool flash_store(flash *f, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    uint8_t cells[SECTOR];
    bool kept = true;
    if (!within(f, region, offset, n)) return fail(f, "region %u has no %u bytes at %u", region, n, offset);
    for (uint32_t done = 0; done < n;) {
        uint32_t part = n - done < sizeof cells ? n - done : (uint32_t)sizeof cells;
        if (flash_read(f, region, offset + done, cells, part) != 0)
            return fail(f, "the flash file cannot be read: %s", strerror(errno));
        for (uint32_t i = 0; i < part; i++) {
            cells[i] &= p[done + i];
            if (cells[i] != p[done + i]) kept = false;
        }
        if (!put(f, regions[region].at + offset + done, cells, part)) return false;
        done += part;
    }
    return kept || fail(f, "region %u, offset %u: programmed where it was not erased", region, offset);
}

bool flash_erase(flash *f, uint32_t region, uint32_t sector) {
    uint8_t ones[SECTOR];
    if (sector >= FLASH_SIZE / SECTOR || !within(f, region, sector * SECTOR, SECTOR))
        return fail(f, "region %u has no sector %u", region, sector);
    memset(ones, 0xff, sizeof ones);
    return put(f, regions[region].at + sector * SECTOR, ones, SECTOR);
}

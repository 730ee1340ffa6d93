// Flash as one file, with the semantics of NOR flash: programming only clears bits, erasing sets a whole
// sector to ones.
//
//   CONFIG 8 KiB | JOURNAL 32 KiB | BLOCKS 512 KiB | SNAPSHOTS 64 KiB | KEYS 64 KiB      regions 1..5, one
//   after the other, sectors of 4 KiB
//
// A file that ends in KEYS, or before it as files once did, gets what it lacks, blank: the device makes its
// tables anew. A file of any other size is no flash and is refused; one that is in use by another process is
// too. A process that is killed while it writes leaves a write half done, as a power cut does; the device
// recovers from that.
//
// Rule: flash_store and flash_erase return true only when the file holds what was asked, and, with sync, the
// disk too.

#ifndef SYNOD_POSIX_FLASH_H
#define SYNOD_POSIX_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#define FLASH_SIZE 696320u // bytes of the file

typedef struct flash {
    int fd;
    bool sync;       // fdatasync after each change
    bool no_keys;    // KEYS is not there: region 0 gives it size 0. May be set after opening
    char error[200]; // what went wrong last, in words
} flash;

/** Opens the flash file at path, or makes a blank one where there is none; locks it. False: see f->error. */
bool flash_open(flash *f, const char *path, bool sync);

/** Closes the file, which unlocks it. */
void flash_close(flash *f);

/** Reads n bytes of a region; 0, or -1 when that range is not there. Region 0 is the table of regions. */
int32_t flash_read(const flash *f, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n);

/** Programs n bytes: each becomes old AND new. False when a bit that should be 1 was 0, or the write failed:
 * f->error. */
bool flash_store(flash *f, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n);

/** Erases a sector. False when there is none of this index, or the write failed: f->error. */
bool flash_erase(flash *f, uint32_t region, uint32_t sector);

#endif

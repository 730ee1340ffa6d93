// What a board offers to device.c, which runs a device on it: a clock, a serial line, perhaps a radio, flash,
// randomness.
//
//   chip.c       clock, serial line, rest             the board's folder
//   lan9118.c    radio by Ethernet                    boards/mps2; elsewhere noradio.c: frames go over the
//   line filed.c      flash as a file, randomness of the host       in an emulator; on a chip flash.c and
//   rng.c of its folder
//
// Rule: linked, not switched: an image is made for an emulator or for a chip by the files it is linked from.

#ifndef SYNOD_LIVE_H
#define SYNOD_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/** A flash region: bytes, bytes of a sector, program unit. */
typedef struct flash_region {
    uint32_t size, sector, unit;
} flash_region;

/** The regions of this board's flash; index 0 is not one. */
extern const flash_region live_regions[SYNOD_RECORD_REGIONS + 1];

/** The board's name, as `synod up --devices qemu:NAME` calls it. */
extern const char live_name[];

/** Starts clock, serial line and what interrupts for them. NULL, or why not. */
const char *live_open(void);

/** Milliseconds since live_open. */
uint64_t live_now(void);

/** Sleeps until that time on live_now's clock, a byte, or a frame; may return early. */
void live_rest(uint64_t until);

/** Bytes that came in on the line, at most `room`; 0 when there are none. */
uint32_t live_read(uint8_t *p, uint32_t room);

/** Puts n bytes on the line; waits until there is room. */
void live_write(void *self, const uint8_t *p, uint32_t n);

/** The board cannot go on, or was asked to start again: a chip resets itself, an emulator ends with this
 * status. */
_Noreturn void live_end(int status);

// ---- radio ----

/** False on a board without one. NULL or why it does not start in *error. */
bool radio_open(const char **error);
void radio_send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n);
/** The next frame, its length; 0 when there is none. A frame longer than `room` is dropped. */
uint32_t radio_hear(uint8_t *p, uint32_t room);

// ---- flash and randomness ----

/** NULL, or why there is no flash or no randomness. */
const char *flash_open(void);
/** As node_port.read, store and erase. */
int32_t flash_read(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n);
bool flash_store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n);
bool flash_erase(void *self, uint32_t region, uint32_t sector);
/** As node_port.entropy. */
void random_bytes(void *self, uint8_t *p, uint32_t n);

// ---- for the flash drivers ----

/** What region 0 reads as. */
int32_t regions_read(uint32_t offset, uint8_t *p, uint32_t n);
/** True when [offset, offset+n) lies in a region. */
bool regions_hold(uint32_t region, uint32_t offset, uint32_t n);

#endif

// What the files of this port offer each other; device.c ties them together.
//
//   uart.c, usb.c   the line to the host, one of them     flash.c     the five regions, in partitions
//   radio.c     espnow.c, udp.c over wifi.c; or none      module.c    the sixth: device.wasm
//   sense.c     ADC, GPIO, I2C; an output                  random.c    true random bytes
//
// Rule: linked, not switched: CMakeLists.txt chooses the files by Kconfig; a function that opens something
// returns NULL, or words that begin with their number in ERRORS.md.

#ifndef SYNOD_ESP32_H
#define SYNOD_ESP32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/** Ends the device task's rest: something came in. From any task. */
void device_wake(void);

// ---- the line to the host ----

void serial_open(void);
/** Bytes that came in, at most `room`, at once; 0 when there are none. */
uint32_t serial_read(uint8_t *p, uint32_t room);
/** As station_port.write. Where nobody listens it drops them after a while. */
void serial_write(void *self, const uint8_t *p, uint32_t n);
/** Waits until all is sent, not for long. */
void serial_flush(void);

// ---- flash ----

/** Finds the partitions. */
const char *flash_open(void);
/** As node_port.read, store and erase. */
int32_t flash_read(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n);
bool flash_store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n);
bool flash_erase(void *self, uint32_t region, uint32_t sector);

/** The module, mapped into memory, when the slot holds a whole one. */
const char *module_open(const uint8_t **wasm, uint32_t *size);

// ---- randomness ----

/** As node_port.entropy. After radio_open. */
void random_bytes(void *self, uint8_t *p, uint32_t n);

// ---- radio ----

/** True in an image that has a link: Wi-Fi is on then, and with it the source of true random bits. */
extern const bool radio_linked;
const char *radio_open(void);
/** As node_port.send, on every link that this image has. */
void radio_send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n);
/** The next frame and the link it came in on; its length, 0 when there is none. */
uint32_t radio_hear(uint32_t *link, uint8_t *p, uint32_t room);

/** A link, as radio.c sees it. */
typedef struct radio_link {
    const char *(*open)(void);
    void (*send)(const uint8_t *p, uint32_t n);
} radio_link;
extern const radio_link espnow_link, udp_link;

/** A link heard a frame. From one task a link; drops it when the device does not keep up. */
void radio_heard(const radio_link *link, const uint8_t *p, uint32_t n);

/** Turns Wi-Fi on as a station, once; connects when a network is named. */
const char *wifi_open(void);
/** Own IPv4 address as it goes over the air, 0: none yet. */
uint32_t wifi_address(void);

// ---- sensors and an output ----

void sense_open(void);
/** As node_port.sense and act. */
int64_t sense_read(void *self, uint32_t channel);
void sense_act(void *self, uint32_t channel, int64_t value);

/** Milliseconds since the board started. */
uint64_t device_now(void *self);

#endif

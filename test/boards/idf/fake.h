// A fake ESP32 for tests: ESP-IDF's calls, as far as boards/esp32 uses them, over a file, two pipes and UDP
// sockets.
//
//   flash.c   a 4 MB flash chip: the partition table at 0x8000, NOR cells, power that goes at a byte
//   rtos.c    tasks as threads, notifications, message buffers, the clock
//   chip.c    UART, random numbers, the HMAC peripheral, pins, Wi-Fi, ESP-NOW
//   main.c    a process that boots; cut.c: a program that cuts the power
//
// Rule: it is a fake. It shows that the port's logic does what it should; it shows nothing of ESP-IDF or of a
// chip.

#ifndef SYNOD_IDF_FAKE
#define SYNOD_IDF_FAKE

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_FLASH_SIZE 0x400000u
#define FAKE_SECTOR 0x1000u

/** The chip's cells, FAKE_FLASH_SIZE of them. */
extern uint8_t *fake_cells;
/** Reads the partition table that lies in the cells. */
void fake_table(void);

/** Bytes that are still programmed or erased before the power goes; -1: it stays. */
extern long fake_power;
/** What happens then: does not return. */
extern void (*fake_dark)(void);

/** The key in the eFuse block for the HMAC peripheral; fake_key_burnt false: none. */
extern uint8_t fake_key[32];
extern bool fake_key_burnt;

/** Of the sockets that stand for ESP-NOW's air: own port and the neighbour's on 127.0.0.1, 0: nobody is near.
 */
extern uint16_t fake_now_own, fake_now_peer;

/** Says what cannot be, and ends the process. */
void fake_wrong(const char *words);

#endif

// The board: what the device asks, and what it decides, on a machine with POSIX.
//
//   node_port            here
//   entropy              getentropy of the system
//   read, store, erase   flash.h
//   sense                the newest value that the console gave for a channel, once
//   send                 udp.h
//   accelerate           native.h, if it is asked for
//   act, event, reset    lines on the console
//
// Rule: a call is on the tape before it is made, and is made only while the device is up.

#ifndef SYNOD_POSIX_BOARD_H
#define SYNOD_POSIX_BOARD_H

#include "flash.h"
#include "node.h"
#include "tape.h"
#include "udp.h"

#define BOARD_CHANNELS 16u         // sensors
#define BOARD_ROOM (1024u * 1024u) // of the black box: a page, and the answers of any boot

typedef struct board {
    flash flash;
    udp udp;
    tape tape;
    bool watch;      // say each frame that is sent
    bool accelerate; // native.h does what it can; native_open was called
    uint64_t zero;   // monotonic milliseconds when the board was opened
    uint64_t due;    // when the device wants to be ticked, on the board's clock; UINT64_MAX: never
    int64_t sensed[BOARD_CHANNELS]; // INT64_MIN: nothing new
    const char *crash;              // file for the tape of a call that traps; NULL: none
    box box;
    uint8_t room[BOARD_ROOM];
    node_port port;
    trace trace;
    node node;
} board;

/** Loads the module of n bytes at wasm. Flash, radio and tape are open by then. NULL, or why it does not
 * load. */
const char *board_open(board *b, const uint8_t *wasm, uint32_t n);

/** Milliseconds since board_open. */
uint64_t board_now(const board *b);

/** The calls of a device, each followed by the tick that it is owed. A RESET restarts the device within. Any
 * status but NODE_OK and NODE_INPUT means that it is down for good: board_why. */
node_status board_boot(board *b);
node_status board_receive(board *b, const uint8_t *frame, uint32_t n);
node_status board_request(board *b, const uint8_t *request, uint32_t n);
node_status board_tick(board *b);

/** Why the device is down. */
const char *board_why(const board *b, node_status status);

/** Its linear memory and size. */
const uint8_t *board_page(const board *b, uint32_t *size);

/** Ends the tape and frees all that board_open took. */
void board_close(board *b);

#endif

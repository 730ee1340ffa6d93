// A device on a board with a serial line to a host: node.h, line.h and a clock, tied together. A port that
// has these two is five functions and a loop:
//
//   station_open · station_boot · for (;;) { station_byte(...); station_hear(...); rest(station_step(...)); }
//
//   host ──line──▶ request, sense, page ─┐                        ┌─▶ flash, radio (the port's)
//   radio ───────▶ station_hear ─────────┼──▶ device ──effects────┤
//   time ────────▶ station_step ─────────┘                        └─▶ line: events, replies, acts, traps
//
// A board without a radio leaves `send` NULL: its frames go over the line, and the host is its radio.
//
// One task calls the station, and every function of the port is called from within such a call, on that
// task's stack: never from an interrupt, never two at once. None of them may call the station or the node.
//
//   function        called within          takes at most     when it cannot
//   now             every call             microseconds      it always can
//   write           every call             its n bytes       waits a while, then drops
//   entropy         every call             milliseconds      does not return: no key without randomness
//   read            every call             its n bytes       a negative number; the device goes on
//   sense           step, request          microseconds      INT64_MIN: nothing new
//   store, erase    every call             a sector's time   false: the device is down, nothing more is sent
//   send            every call             a frame's time    drops it
//   act             step, request          microseconds      the port's own affair
//   event           every call             its n bytes       drops it
//   reset           every call             microseconds      it only takes note; station_up is false next
//
// Time is in milliseconds since power-on and never wraps. Flash is addressed by region and byte, erased by
// index of a sector. Values of sensors and actuators are thousandths of their unit. Bytes handed over are
// valid until the function returns.
//
// Rule: a device that is down stays down. station_step says so, and the port restarts the board: a trap, a
// STORE that failed and a watchdog all end in the same boot.

#ifndef SYNOD_STATION_H
#define SYNOD_STATION_H

#include "line.h"
#include "node.h"

#define STATION_CHANNELS 16u     // sensors that a host can feed
#define STATION_NEVER UINT64_MAX // no time at all
#define STATION_PART 1024u       // bytes of a page, or of a tape, in one record

typedef struct station_port {
    const char *name; // of the board, for whoever asks: 1 to 64 bytes, said in HERE
    /** What node.h asks of a port. Of these `send`, `sense`, `act`, `event` and `reset` may be NULL: then the
     * line does it. Where `act`, `event` and `reset` are given, the line tells of it too, afterwards. */
    node_port board;
    /** Milliseconds since the board started; never goes back. Called once or twice within each call of the
     * station, with board.self. A clock of 32 bits is extended by the port: it may run for years. */
    uint64_t (*now)(void *self);
    /** Puts n bytes, 1 to 256, on the line, in order; waits until there is room. Called with board.self,
     * within every call, once for each 254 bytes of a record. Without a host it must not wait for ever: drop
     * what nobody takes, the next record begins anew. */
    void (*write)(void *self, const uint8_t *p, uint32_t n);
    /** RAM for the black box (box.h), BOX_LEAST bytes or more: a call that traps leaves its tape on the line.
     * From BOX_WHOLE bytes on the page before the call is kept as well. NULL: none. */
    uint8_t *room;
    uint32_t room_size;
} station_port;

typedef struct station {
    const station_port *port;
    node_port merged; // what the node gets
    line line;
    uint64_t due;                     // when the device wants its tick, on the port's clock
    int64_t sensed[STATION_CHANNELS]; // INT64_MIN: nothing new
    node_status status;               // anything but NODE_OK: the device is down
    bool restart;                     // the host asked for it
    bool booted;                      // and boot's result
    int32_t boot;
    uint8_t module[32]; // SHA-256 of the module
    box box;
    uint32_t told; // bytes of its tape that are on the line
    node node;
} station;

/** Loads the module, whose bytes must stay where they are, and takes its SHA-256. Once after power-on;
 * nothing of the port is called. NODE_MODULE when it does not load or has another ABI: station.node.error
 * says why, station.node.value its ABI if it has one. s is static or global: it has 2 KiB. `port` must
 * outlive it, limits may be NULL. */
node_status station_open(station *s, const station_port *port, const uint8_t *wasm, uint32_t size,
                         const node_limits *limits);

/** Says HERE, boots the device, and tells the line of it. Once, right after station_open. A blank device
 * makes its key here, one that was provisioned reads its journal: the longest call of all. */
void station_boot(station *s);

/** A byte came in on the line. Never within another call of the station: an interrupt handler keeps bytes in
 * a ring of its own. The last byte of a record carries it out: a REQUEST or FRAME calls the device. */
void station_byte(station *s, uint8_t byte);

/** A frame came in on a radio link: 1 to SYNOD_LAYOUT_INPUT_MAX bytes, others are ignored; copied before it
 * returns. `link` counts the board's radios from 0. Nothing of it is trusted, its checks are the device's. */
void station_hear(station *s, uint32_t link, const uint8_t *frame, uint32_t n);

/** Ticks the device if it is due. When to call it again, on the port's clock; 0: at once; STATION_NEVER: only
 * after a byte or a frame. Call it after every byte and frame too: what came in is worked on here. Early or
 * late calls do no harm but delay. */
uint64_t station_step(station *s);

/** What a fault handler calls, once, when a call may be under way: says TRAP with these words, and the tape
 * of that call where there is a box. The station is down from then on. */
void station_fault(station *s, const char *why);

/** False when the device is down, or the host asked for a restart: restart the board. */
bool station_up(const station *s);

#endif

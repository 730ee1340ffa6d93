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
// Rule: a device that is down stays down. station_step says so, and the port restarts the board: a trap, a
// STORE that failed and a watchdog all end in the same boot.

#ifndef SYNOD_STATION_H
#define SYNOD_STATION_H

#include "line.h"
#include "node.h"

#define STATION_CHANNELS 16u     // sensors that a host can feed
#define STATION_NEVER UINT64_MAX // no time at all
#define STATION_PART 1024u       // bytes of a page in one record

typedef struct station_port {
    const char *name; // of the board, for whoever asks
    /** What node.h asks of a port. Of these `send`, `sense`, `act`, `event` and `reset` may be NULL: then the
     * line does it. Where `act`, `event` and `reset` are given, the line tells of it too, afterwards. */
    node_port board;
    /** Milliseconds since the board started; never goes back. */
    uint64_t (*now)(void *self);
    /** Puts n bytes, 1 to 256, on the line; waits until there is room. */
    void (*write)(void *self, const uint8_t *p, uint32_t n);
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
    node node;
} station;

/** Loads the module; NODE_MODULE when it does not load, station.node.error says why. */
node_status station_open(station *s, const station_port *port, const uint8_t *wasm, uint32_t size,
                         const node_limits *limits);

/** Says HERE, boots the device, and tells the line of it. */
void station_boot(station *s);

/** A byte came in on the line. Never within another call of the station: an interrupt handler keeps bytes in
 * a ring of its own. */
void station_byte(station *s, uint8_t byte);

/** A frame came in on a radio link. */
void station_hear(station *s, uint32_t link, const uint8_t *frame, uint32_t n);

/** Ticks the device if it is due. When to call it again, on the port's clock; 0: at once; STATION_NEVER: only
 * after a byte or a frame. */
uint64_t station_step(station *s);

/** False when the device is down, or the host asked for a restart: restart the board. */
bool station_up(const station *s);

#endif

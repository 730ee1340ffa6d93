// Runs a recorded tape through a node: the calls come from the tape, and so do the answers to the device's
// questions. The same tape must give the same trace on every board and every host.
//
//   file    magic "SYNODTAP" 8 B · version u32 (1) · zero u32 · records
//   record  type u8 · zero u8 · zero u16 · length u32 · payload, padded with zeros to a multiple of 4
//
//   1 CALL      0 call u8 (1 boot, 2 receive, 3 request, 4 tick) · 1 zero 3 B · 4 link u32 · 8 now u64
//               16 input
//   2 ENTROPY   the bytes given
//   3 READ      0 result i32 · 4 the bytes read, when the result is 0
//   4 SENSE     0 value i64
//   5 END       0 trace digest 32 B, as the recorder saw it
//   6 NOTE      anything, skipped: chaos actions, names
//   7 KEYFRAME  the memory between two calls: skipped, since the calls before it give the same
//   8 MODULE    the stored contract that a call ran; a contract that was not there has no record
//
// Answers follow the CALL that asked for them, in the order asked. A power cycle is the next CALL boot:
// memory is then as freshly loaded. All little-endian.
//
// Rule: effects are hashed and counted, never carried out.

#ifndef SYNOD_REPLAY_H
#define SYNOD_REPLAY_H

#include "abi.h"
#include "node.h"

#define REPLAY_CALL 1
#define REPLAY_ENTROPY 2
#define REPLAY_READ 3
#define REPLAY_SENSE 4
#define REPLAY_END 5
#define REPLAY_NOTE 6
#define REPLAY_KEYFRAME 7
#define REPLAY_MODULE 8

typedef struct replay {
    /** Where the tape comes from: fills p with the next n bytes, false at the end of the file. Set by the
     * caller. */
    bool (*get)(void *self, void *p, uint32_t n);
    /** Called before and after each call when not NULL, for measurements. Set by the caller. */
    void (*around)(void *self, uint8_t call, bool after);
    void *self;
    /** node_port.accelerate, called with this struct; NULL: nothing is offered. A tape holds no answers of
     * it, since it changes nothing. Set by the caller. */
    int32_t (*accelerate)(void *self, uint32_t op, const node_operands *o);
    /** node.box; NULL: none. Set by the caller. */
    box *box;
    /** node_port.alive, called with this struct; NULL: none. Set by the caller. */
    void (*alive)(void *self);
    /** Room for the contracts that a tape runs, one inside the other; NULL: such a tape fails. Set by the
     * caller. */
    uint8_t *room;
    uint32_t room_size;

    node node;
    trace trace;
    const char *error;   // what went wrong, or NULL
    const char *trapped; // message of the last trap, or NULL; a trap is part of a tape, no error
    bool short_of_ram;   // one of the traps, or the loading, failed for want of RAM
    uint32_t records;    // read so far
    uint32_t calls;      // made so far
    uint32_t traps;      // of these, trapped
    uint32_t effects[7]; // carried out, by op of wire/effect.ts
    bool has_digest;     // the tape ended with END
    uint8_t digest[32];  // what END said
    uint8_t type;        // the record under way ...
    uint32_t left;       // ... and its payload bytes not yet read, without padding
    uint32_t padding;
    bool ahead;                         // it was read, but is not taken yet
    uint32_t stored[SYNOD_CALL_NESTED]; // where in the room each contract at work ends, by how many are
                                        // outside of it
    node_port port;
} replay;

/** Loads the module and runs the whole tape. False when the tape is malformed or asks what the device did
 * not: r->error. The trace is in r->trace either way. The node stays open for node_report; node_close is the
 * caller's. */
bool replay_run(replay *r, const uint8_t *wasm, uint32_t size, const node_limits *limits);

#endif

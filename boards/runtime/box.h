// The black box: the call under way, kept in RAM that the port gives, and written as a tape when something
// went wrong. `synod replay` plays it, in V8 and in wasm3, and stops in the same trap.
//
//   room   [ runs of the page before the call, if they fit ][ CALL · answers ... ]
//   tape   head · KEYFRAME · CALL · ENTROPY, READ, SENSE ... · NOTE {"trap": why}          (replay.h)
//
// A call follows from the page before it, its input, and the answers that it got. A boot needs no page:
// memory is fresh. Else the page is kept as a KEYFRAME holds it, the units of 16 bytes that are not zero; a
// room of BOX_WHOLE holds any page, less holds one that is emptier. Where it does not fit, the tape has the
// page as the trap left it, and a NOTE {"page": "after"} says so: mostly that suffices, since what led to a
// trap is seldom undone by it.
//
// Rule: box_begin, box_end and the answers never wait and never fail; box_dump may be called from a fault
// handler, and changes nothing.

#ifndef SYNOD_BOX_H
#define SYNOD_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of room that hold any input, and the answers of most calls. */
#define BOX_LEAST 4096u
/** And any page before it. */
#define BOX_WHOLE 69632u

typedef struct box {
    /** Set by the port: RAM of its own, `size` bytes, and whether the page before each call goes there too.
     * That costs a pass over linear memory each call: some 0.3 ms at 168 MHz. */
    uint8_t *room;
    uint32_t size;
    bool page;

    uint32_t frame;  // bytes of runs at the start of the room; 0: there are none
    uint32_t length; // of all that is in the room
    bool under_way;  // a call began and did not end well
    bool boot;       // it is one
    bool kept;       // the page before it is in the room
    bool cut;        // there was no room for all of it
    const char *why; // what box_end was told
} box;

/** A call begins: its code (trace.h), link, time, n bytes of input, and linear memory before it. */
void box_begin(box *b, uint8_t call, uint32_t link, uint64_t now, const uint8_t *input, uint32_t n,
               const uint8_t *memory, uint32_t size);

/** The device got these answers. */
void box_entropy(box *b, const uint8_t *p, uint32_t n);
void box_read(box *b, int32_t result, const uint8_t *p, uint32_t n);
void box_sense(box *b, int64_t value);

/** The call ended: `why` NULL, or what was wrong with it. */
void box_end(box *b, const char *why);

/** Writes the tape of the call that did not end well, piece by piece, through `put`, which is false when it
 * cannot; memory is linear memory as it is now. `why`: what to say where box_end was not reached. False when
 * there is no such call, or put could not. */
bool box_dump(const box *b, const uint8_t *memory, uint32_t size, const char *why,
              bool (*put)(void *self, const void *p, uint32_t n), void *self);

#endif

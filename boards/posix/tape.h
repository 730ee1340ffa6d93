// The tape: all that goes into the device, written as it goes, so that what happened here can be replayed
// elsewhere. The format is that of runtime/replay.h and host/tape/tape.ts.
//
//   tape_call ── device asks: tape_entropy, tape_read, tape_sense ── tape_called      whole calls reach the
//   file, one by one
//
// Every 64 calls a NOTE says the trace so far; a replay that differs names the place. Without a file all
// functions do nothing. Rule: a tape that cannot be written ends; the device goes on.

#ifndef SYNOD_POSIX_TAPE_H
#define SYNOD_POSIX_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

typedef struct tape {
    int fd; // -1: none, or given up
    uint32_t calls;
    uint32_t length; // of what stands in the buffer
    uint8_t buffer[64 * 1024];
} tape;

/** Begins a tape at path, over what was there. False when it cannot be written; errno says why. */
bool tape_open(tape *t, const char *path);

/** A call begins: its code (trace.h), link, time, and n bytes of input. */
void tape_call(tape *t, uint8_t call, uint32_t link, uint64_t now, const uint8_t *input, uint32_t n);

/** The device got n random bytes. */
void tape_entropy(tape *t, const uint8_t *p, uint32_t n);

/** The device read n bytes of flash; result as of node_port.read. */
void tape_read(tape *t, int32_t result, const uint8_t *p, uint32_t n);

/** The device got a sensor's value. */
void tape_sense(tape *t, int64_t value);

/** The call is over; trace is that of all calls so far. `trap`: what ended it, or NULL. */
void tape_called(tape *t, const trace *trace, const char *trap);

/** Ends the tape with the trace of all its calls. */
void tape_close(tape *t, const trace *trace);

#endif

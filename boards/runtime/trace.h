// The trace: one SHA-256 over everything a device decided. Two runs are the same when their traces are.
//
// For each call, in order:
//   call u8 (1 boot, 2 receive, 3 request, 4 tick) · result i32 (receive: 0) · length u32 · the ring's
//   records
// All little-endian. The records are those of the effect ring from output() on, padding included, without the
// op 0 that ends it. A call that trapped counts with result -2147483648 and length 0.
//
// Rule: host/tape hashes the same bytes; test/boards compares the two.

#ifndef SYNOD_TRACE_H
#define SYNOD_TRACE_H

#include <stdint.h>

#define TRACE_BOOT 1
#define TRACE_RECEIVE 2
#define TRACE_REQUEST 3
#define TRACE_TICK 4
#define TRACE_TRAPPED INT32_MIN

typedef struct trace {
    uint32_t state[8];
    uint8_t block[64]; // bytes not yet hashed: length % 64 of them
    uint64_t length;   // bytes so far
} trace;

/** Starts an empty trace. */
void trace_begin(trace *t);

/** Adds n bytes as they are: with these alone, a trace is the SHA-256 of what was added. */
void trace_add(trace *t, const uint8_t *p, uint32_t n);

/** Adds one call: its code, its result, and n bytes of effect records. */
void trace_call(trace *t, uint8_t call, int32_t result, const uint8_t *records, uint32_t n);

/** Writes the 32-byte digest of what was added so far; the trace may go on. */
void trace_digest(const trace *t, uint8_t out[32]);

/** The same as 64 lower-case hexadecimal digits and a zero. */
void trace_hex(const trace *t, char out[65]);

#endif

// What this machine does in the device's stead, with --accelerate: signatures, keys, X25519 and SHA-256, by
// libsodium.
//
// It is compiled in where tools/boards.mjs finds libsodium's headers. Rule: native_accelerate says DONE only
// for the device's own bytes and for signatures that ZIP-215 accepts; test/boards/accelerate.test.ts
// compares.

#ifndef SYNOD_POSIX_NATIVE_H
#define SYNOD_POSIX_NATIVE_H

#include "node.h"

/** What does it, as `libsodium 1.0.18`; NULL when this program was built without. */
const char *native_name(void);

/** Makes ready. NULL, or why nothing can be offered. */
const char *native_open(void);

/** node_port.accelerate, once native_open said that it is ready. */
int32_t native_accelerate(void *self, uint32_t op, const node_operands *o);

#endif

// A contract in a sandbox: the import `call` of the device (firmware/wire/call.ts).
//
//   device.wasm ──call──▶ sandbox: an interpreter of its own, its memory, its stack ──host──▶ device.wasm
//   ──call──▶ ...
//                                                                                 at most SYNOD_CALL_NESTED
//                                                                                 of them
//
// Of a port it needs `module`: stored contracts, mapped. Everything that a call takes from the heap it gives
// back. Rule: whatever a contract does, it ends in a status, and the device's memory and interpreter are as
// if it had answered. A trap of the device itself, in its export `host`, ends the device's call as any trap
// does.

#ifndef SYNOD_SANDBOX_H
#define SYNOD_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "wasm3.h"

/** Bytes of operand stack of a contract. */
#define SANDBOX_STACK 2048u

typedef struct sandbox {
    /** The n bytes of stored modules at offset, which stay there until the call is over; NULL when they are
     * not there. NULL itself: this device has no stored modules. */
    const uint8_t *(*module)(void *self, uint32_t offset, uint32_t n);
    void *self;

    IM3Runtime device;
    IM3Module firmware;
    IM3Function host, buffer; // its exports; NULL: it has none, and no contract runs
    uint32_t nested;          // contracts at work
    const char *trap;         // what the device trapped with, below contracts
} sandbox;

/** Makes a sandbox for a loaded device. Fields module and self are the caller's to set. */
M3Result sandbox_open(sandbox *s, IM3Runtime device, IM3Module firmware);

/** Links the device's import `call`, if it has it. As often as the device's imports are linked. */
M3Result sandbox_link(sandbox *s);

#endif

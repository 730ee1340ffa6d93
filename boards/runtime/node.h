// A device on a board: load the module, answer its questions, carry out what it decides.
//
//   port ──entropy, read, sense, accelerate──▶ device.wasm ──effect ring──▶ store, erase, send, act, event,
//   reset
//
// To port Synod, fill in one node_port and call node_open, then node_boot, then node_receive, node_request
// and node_tick as frames, requests and time arrive. node_tick's value is the milliseconds until it wants to
// be called again.
//
// Rule: the ring's order is the durability rule. Effects are carried out one by one, in order; a STORE or
// ERASE that fails ends everything: nothing later is sent, the device is down until node_restart and
// node_boot.

#ifndef SYNOD_NODE_H
#define SYNOD_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox.h"
#include "trace.h"
#include "wasm3.h"

/** The operands of an operation that the port does in the device's stead: firmware/wire/accelerate.ts says
 * what each op has and how long it is. All lie in linear memory; those that an op does not have are NULL. */
typedef struct node_operands {
    uint8_t *a, *b, *c;
    const uint8_t *bytes; // n of them
    uint32_t n;
} node_operands;

/** What a board offers. Every function gets `self` first; none may call back into the node. Pointers are
 * never NULL but where it is said. */
typedef struct node_port {
    void *self;

    /** Fills p with n true random bytes. */
    void (*entropy)(void *self, uint8_t *p, uint32_t n);
    /** Reads n bytes of a flash region; 0, or a negative number when that range is not there. Region 0
     * describes the regions in records of 16 bytes: size, sector size, program unit, flags, each u32
     * little-endian. */
    int32_t (*read)(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n);
    /** A sensor's value in thousandths of its unit; INT64_MIN when the channel has nothing new. */
    int64_t (*sense)(void *self, uint32_t channel);

    /** Programs n bytes; true only when they are safely in flash. */
    bool (*store)(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n);
    /** Erases the sector with this index; true only when it reads as erased. */
    bool (*erase)(void *self, uint32_t region, uint32_t sector);
    /** Sends a frame on a link to a peer (SYNOD_EFFECT_EVERYBODY: all in reach). May drop it. */
    void (*send)(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n);
    /** Sets an actuator. */
    void (*act)(void *self, uint32_t channel, int64_t value);
    /** Tells whoever watches: bytes unchanged to console, file or uplink. May drop it. */
    void (*event)(void *self, uint32_t kind, const uint8_t *p, uint32_t n);
    /** The device asks for a restart; do it after the call has returned NODE_RESET. */
    void (*reset)(void *self, uint32_t reason);

    /** Optional, NULL: offers nothing. Asked once at each boot with op SYNOD_ACCELERATE_OFFER and o NULL: a
     * bitmap, bit op for each operation that this board does faster than the interpreter. Then called for
     * those, within any call: SYNOD_ACCELERATE_DONE when it is done; anything else, and nothing written,
     * leaves it to the device, which is always right. DONE is trusted as flash is: it must give the device's
     * own bytes, and of a signature it may be said only where ZIP-215 accepts (a strict verifier's yes will
     * do; its no is no DONE). Seeds are handed over for SIGN, PUBLIC_KEY, X25519 and X25519_PUBLIC only:
     * leave no copy. */
    int32_t (*accelerate)(void *self, uint32_t op, const node_operands *o);

    /** Optional, NULL: this device runs no contracts. n bytes at offset of the region of stored modules, as
     * flash maps them into memory: they stay there while the call runs. NULL when they are not all there. */
    const uint8_t *(*module)(void *self, uint32_t offset, uint32_t n);
} node_port;

/** How much RAM the interpreter may take, and where. Zero means the default. */
typedef struct node_limits {
    uint32_t stack;      // bytes of wasm operand stack; default 4096
    void *arena;         // a second bank for code pages, aligned to 8; NULL: the heap alone
    uint32_t arena_size; // its bytes
    uint32_t code; // after a call that leaves more bytes of code than this, all code is dropped and compiled
                   // again as it is needed; 0: never. For boards that cannot hold all code at once, but the
                   // code of any one call
} node_limits;

typedef enum node_status {
    NODE_OK = 0,
    NODE_MODULE, // node_open: the module does not load, see node.error
    NODE_INPUT,  // input longer than SYNOD_LAYOUT_INPUT_MAX; the device was not called
    NODE_TRAP,   // the device trapped, see node.error
    NODE_RING,   // the effect ring is not a sequence of records; nothing of it was carried out
    NODE_STORE,  // a STORE or ERASE failed; nothing after it was carried out
    NODE_RESET,  // the device asked for a reset
    NODE_DOWN    // one of the last four happened before; node_restart first
} node_status;

/** RAM in bytes, for port authors and `npm run size`. */
typedef struct node_memory {
    uint32_t linear;       // linear memory: the device's whole state
    uint32_t code;         // code pages filled so far; grows as functions are first called
    uint32_t code_peak;    // the most they ever held
    uint32_t flushes;      // how often they were dropped
    uint32_t code_heap;    // code pages taken from the heap for that
    uint32_t code_arena;   // bytes of the arena ever written for that
    uint32_t stack;        // operand stack
    uint32_t stack_used;   // its high-water mark
    uint32_t function_ram; // descriptions of the declared functions
    uint32_t functions;    // how many are declared
    uint32_t compiled;     // how many have run
} node_memory;

/** A node. Fields up to `value` are for the port to read. */
typedef struct node {
    const node_port *port;
    const char *error; // after NODE_MODULE, NODE_TRAP, NODE_RING: what happened
    int32_t value;     // result of the last call: boot and request 0 or a reason, tick milliseconds as u32
    trace *trace;      // set it to record the trace of all calls; NULL: none

    node_limits limits;
    bool down;
    int32_t start;
    uint32_t code_peak, arena_peak, flushes;
    IM3Environment environment;
    IM3Runtime runtime;
    IM3Module module;
    IM3Function boot, input, receive, request, tick, output;
    sandbox sandbox; // of contracts
} node;

/** Loads the n bytes at wasm, which must stay where they are (flash) until node_close. limits may be NULL. */
node_status node_open(node *n, const node_port *port, const uint8_t *wasm, uint32_t size,
                      const node_limits *limits);

/** Frees everything but the arena. */
void node_close(node *n);

/** A power cycle: linear memory as if freshly loaded. Compiled code is kept. node_boot comes next. */
node_status node_restart(node *n);

node_status node_boot(node *n, uint64_t now);
node_status node_receive(node *n, uint32_t link, const uint8_t *frame, uint32_t size, uint64_t now);
node_status node_request(node *n, const uint8_t *request, uint32_t size, uint64_t now);
node_status node_tick(node *n, uint64_t now);

/** Where the next input may be written by the port itself, SYNOD_LAYOUT_INPUT_MAX bytes: pass it to
 * node_receive or node_request then, and nothing is copied. NULL when the device is down. */
uint8_t *node_input(node *n);

node_memory node_report(const node *n);

#endif

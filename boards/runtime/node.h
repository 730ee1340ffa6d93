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

#include "box.h"
#include "heap.h"
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

/** What a board offers. Every function gets `self` first, is called in the task that called node_*, within
 * that call, never from an interrupt, and may not call back into the node. It may wait for its hardware, as
 * far as the watchdog lets it; the device's clock stands still meanwhile. Pointers are never NULL but where
 * it is said, lie in linear memory, and are good until the function returns. Numbers of regions, links and
 * channels are the port's own: it refuses those that it does not have.
 *
 *   while the device computes   entropy, read, sense, accelerate      its questions
 *   when it has returned        store, erase, send, act, event, reset its decisions, in order
 *   around both                 alive */
typedef struct node_port {
    void *self;

    /** Fills p with n true random bytes, 1 to 64 KiB. In boot, and where keys are made. There is no error: a
     * source that fails must stop the board, since a key of anything else is lost. */
    void (*entropy)(void *self, uint8_t *p, uint32_t n);
    /** Reads n bytes from offset of a flash region; 0, or a negative number when that range is not there, and
     * p is as it was. In any call, most in boot. Region 0 describes the regions in records of 16 bytes: size,
     * sector size, program unit, flags, each u32 little-endian, in bytes. */
    int32_t (*read)(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n);
    /** A sensor's value in thousandths of its unit; INT64_MIN when the channel has nothing new, or there is
     * none. In tick. Gives the newest value, and measures nothing itself. */
    int64_t (*sense)(void *self, uint32_t channel);

    /** Programs n bytes, 1 to 65535, at offset of a region, in whole program units; true only when they are
     * safely in flash. False ends everything: NODE_STORE. Waits for the flash: typically 16 us a word, once
     * or twice in a call. */
    bool (*store)(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n);
    /** Erases the sector with this index in a region; true only when it reads as erased. False ends
     * everything: NODE_STORE. Waits for the flash: 20 ms to 2 s. Feed the watchdog within where that is long.
     */
    bool (*erase)(void *self, uint32_t region, uint32_t sector);
    /** Sends a frame of n bytes, at most the MTU of genesis, on a link to a peer (SYNOD_EFFECT_EVERYBODY: all
     * in reach). May drop it, and should rather than wait: copy p into the radio's queue. */
    void (*send)(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n);
    /** Sets an actuator; value is in thousandths of its unit. There is no error that the device hears of. */
    void (*act)(void *self, uint32_t channel, int64_t value);
    /** Tells whoever watches: n bytes, 0 to 65535, unchanged to console, file or uplink; kinds are
     * SYNOD_EVENT_*. May drop it, and should rather than wait. */
    void (*event)(void *self, uint32_t kind, const uint8_t *p, uint32_t n);
    /** The device asks for a restart, by SYNOD_REASON_* or a number of the application. The last effect of
     * its call, which returns NODE_RESET: restart the board, or node_restart and node_boot, after that. */
    void (*reset)(void *self, uint32_t reason);

    /** Optional, NULL: nobody asks. Feed the hardware watchdog: called when a call begins, when it ends, and
     * before each effect. Not while the device computes, so that a device that computes for ever is reset.
     * The longest way between two is the longest call: 30 M instructions on a Cortex-M4, 0.2 s at 168 MHz
     * (`instructions` of a replay image), and an erase. A watchdog of 4 s does for both. Between two calls
     * the port feeds it itself. */
    void (*alive)(void *self);

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
    uint32_t stack;              // bytes of wasm operand stack; default 4096
    heap_bank banks[HEAP_BANKS]; // all RAM of the node: linear memory comes from the first with room, code
                                 // pages from the last first. None: RAM comes from the C library (heap.h)
    uint32_t spare;              // bytes of the banks that are not made code pages but kept for what comes
                                 // and goes: constants of compiled functions, sandboxes; default 12288, which
                                 // does for `code` up to 40 KiB. Where code is never dropped: 128 KiB
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
    NODE_DOWN,   // one of NODE_TRAP, _RING, _STORE, _RESET, _RAM happened before; node_restart first
    NODE_RAM // the banks have no room, node.error says for what. In a call: as NODE_TRAP, nothing of it was
             // carried out. From node_open: as NODE_MODULE
} node_status;

/** RAM in bytes, for port authors and `npm run size`. In all: heap.peak + code_bank[] + the port's own: its
 * statics, its native stack. Flash is what the linker says. */
typedef struct node_memory {
    uint32_t linear;                // linear memory: the device's whole state
    uint32_t code;                  // code pages filled so far; grows as functions are first called
    uint32_t code_peak;             // the most they ever held
    uint32_t flushes;               // how often they were dropped
    uint32_t code_bank[HEAP_BANKS]; // code pages, heads included, at the most in each bank; of the C
                                    // library's now, in the first
    heap_usage heap;                // blocks of the banks: linear memory, operand stack, functions, and
                                    // wasm3's own records
    uint32_t stack;                 // operand stack, of node_limits
    uint32_t stack_used;            // its high-water mark, by painting
    uint32_t native;                // native stack given to node_native; 0: none was
    uint32_t native_used;           // its high-water mark, by painting; all of it: it overflowed
    uint32_t function_ram;          // descriptions of the declared functions
    uint32_t functions;             // how many are declared
    uint32_t compiled;              // how many are compiled now
} node_memory;

/** A native stack that grows down from top to bottom. */
typedef struct node_stack {
    const uint8_t *bottom, *top;
} node_stack;

/** A node. Fields up to `value` are for the port to read. */
typedef struct node {
    const node_port *port;
    const char *error; // after NODE_MODULE, NODE_TRAP, NODE_RING, NODE_RAM: what happened
    int32_t value;     // result of the last call: boot and request 0 or a reason, tick milliseconds as u32
    trace *trace;      // set it to record the trace of all calls; NULL: none
    box *box;          // set it to keep the call under way for a crash tape; NULL: none

    node_limits limits;
    node_stack native;
    bool down, short_of_ram, has_heap;
    int32_t start;
    uint32_t code_peak, bank_peak[HEAP_BANKS], flushes;
    IM3Environment environment;
    IM3Runtime runtime;
    IM3Module module;
    IM3Function boot, input, receive, request, tick, output;
    sandbox sandbox; // of contracts
} node;

/** Loads the n bytes at wasm, which must stay where they are (flash) until node_close. limits may be NULL. */
node_status node_open(node *n, const node_port *port, const uint8_t *wasm, uint32_t size,
                      const node_limits *limits);

/** Frees everything; the banks are the port's again. */
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

/** What is taken now and was at the most. Any time between two calls; passes over all pages and stacks. */
node_memory node_report(const node *n);

#define NODE_PAINT 0xA5u

/** Lets node_report tell how much of a task's native stack was ever used: the port filled it with bytes of
 * NODE_PAINT before the task began. */
void node_native(node *n, node_stack stack);

/** Writes the tape of the call that trapped, damaged the ring, ran out of RAM or is still under way, to be
 * played by `synod replay`; node.box holds it. `why` is said of a call still under way: a fault handler calls
 * this with what it knows, before anything is restarted. False when there is no such call, or put said so. */
bool node_dump(const node *n, const char *why, bool (*put)(void *self, const void *p, uint32_t size),
               void *self);

#endif

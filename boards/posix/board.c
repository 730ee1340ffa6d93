// The port itself: one node_port, and the four calls around it.

#define _DEFAULT_SOURCE // getentropy

#include "board.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "console.h"
#include "engine.h"
#include "native.h"

#define NEVER 0xffffffffu
#define ENTROPY_MAX 256u // bytes that getentropy gives at once

// ---- what the device asks ----

static void entropy(void *self, uint8_t *p, uint32_t n) {
    board *b = self;
    for (uint32_t done = 0; done < n;) {
        uint32_t part = n - done < ENTROPY_MAX ? n - done : ENTROPY_MAX;
        if (getentropy(p + done, part) != 0) abort(); // no key may ever be made of anything else
        done += part;
    }
    tape_entropy(&b->tape, p, n);
}

static int32_t read_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    board *b = self;
    int32_t result = flash_read(&b->flash, region, offset, p, n);
    tape_read(&b->tape, result, p, n);
    return result;
}

static int64_t sense(void *self, uint32_t channel) {
    board *b = self;
    int64_t value = INT64_MIN;
    if (channel < BOARD_CHANNELS) value = b->sensed[channel], b->sensed[channel] = INT64_MIN;
    tape_sense(&b->tape, value);
    return value;
}

// ---- what it decides ----

static bool store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    return flash_store(&((board *)self)->flash, region, offset, p, n);
}

static bool erase(void *self, uint32_t region, uint32_t sector) {
    return flash_erase(&((board *)self)->flash, region, sector);
}

/** There is one link, and on it everybody hears everything, whoever it is for. */
static void send_frame(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    board *b = self;
    char length[16];
    (void)link, (void)peer;
    udp_send(&b->udp, p, n);
    if (!b->watch) return;
    snprintf(length, sizeof length, " %u", n);
    console_hex("sent ", p, n, length);
}

static void act(void *self, uint32_t channel, int64_t value) {
    (void)self;
    console_say("act %u %" PRId64, channel, value);
}

static void event(void *self, uint32_t kind, const uint8_t *p, uint32_t n) {
    char head[24];
    (void)self;
    snprintf(head, sizeof head, "event %u ", kind);
    console_hex(head, p, n, "");
}

static void reset(void *self, uint32_t reason) {
    (void)self;
    console_say("reset %u", reason);
}

// ---- the clock ----

static uint64_t monotonic(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t board_now(const board *b) { return monotonic() - b->zero; }

// ---- calls ----

/** What follows a call: the tape has all of it. */
static node_status called(board *b, node_status status) {
    bool trapped = status == NODE_TRAP || status == NODE_RING;
    tape_called(&b->tape, &b->trace, trapped ? b->node.error : NULL);
    return status;
}

static node_status tick(board *b) {
    uint64_t now = board_now(b);
    tape_call(&b->tape, TRACE_TICK, 0, now, NULL, 0);
    node_status status = called(b, node_tick(&b->node, now));
    uint32_t wait = (uint32_t)b->node.value;
    b->due = wait == NEVER ? UINT64_MAX : now + wait;
    return status;
}

static node_status boot(board *b) {
    uint64_t now = board_now(b);
    tape_call(&b->tape, TRACE_BOOT, 0, now, NULL, 0);
    node_status status = called(b, node_boot(&b->node, now));
    if (status == NODE_OK) console_say("boot %" PRId32, b->node.value);
    return status;
}

/** Ends a turn: a device that asked for a reset gets it, then its tick. */
static node_status settle(board *b, node_status status) {
    bool ticked = false;
    while (status == NODE_RESET || (status == NODE_OK && !ticked)) {
        ticked = status == NODE_OK;
        if (ticked) status = tick(b);
        else if ((status = node_restart(&b->node)) == NODE_OK) status = boot(b);
    }
    return status;
}

node_status board_boot(board *b) { return settle(b, boot(b)); }

node_status board_tick(board *b) { return settle(b, NODE_OK); }

node_status board_receive(board *b, const uint8_t *frame, uint32_t n) {
    uint64_t now = board_now(b);
    if (n > SYNOD_LAYOUT_INPUT_MAX) return NODE_INPUT;
    tape_call(&b->tape, TRACE_RECEIVE, 0, now, frame, n);
    return settle(b, called(b, node_receive(&b->node, 0, frame, n, now)));
}

node_status board_request(board *b, const uint8_t *request, uint32_t n) {
    uint64_t now = board_now(b);
    if (n > SYNOD_LAYOUT_INPUT_MAX) return NODE_INPUT;
    console_say("asked %u", n);
    tape_call(&b->tape, TRACE_REQUEST, 0, now, request, n);
    node_status status = called(b, node_request(&b->node, request, n, now));
    if (status == NODE_OK || status == NODE_RESET) console_say("reply %" PRId32, b->node.value);
    return settle(b, status);
}

// ---- the board ----

const char *board_open(board *b, const uint8_t *wasm, uint32_t n) {
    b->port = (node_port){b,
                          entropy,
                          read_flash,
                          sense,
                          store,
                          erase,
                          send_frame,
                          act,
                          event,
                          reset,
                          b->accelerate ? native_accelerate : NULL,
                          NULL};
    b->zero = monotonic();
    b->due = 0;
    for (unsigned i = 0; i < BOARD_CHANNELS; i++) b->sensed[i] = INT64_MIN;
    trace_begin(&b->trace);
    if (node_open(&b->node, &b->port, wasm, n, NULL) != NODE_OK) return b->node.error;
    b->node.trace = &b->trace;
    return NULL;
}

const char *board_why(const board *b, node_status status) {
    if (status == NODE_STORE) return b->flash.error;
    return b->node.error ? b->node.error : "the device is down";
}

const uint8_t *board_page(const board *b, uint32_t *size) {
    return engine_memory(b->node.runtime, b->node.module, size);
}

void board_close(board *b) {
    tape_close(&b->tape, &b->trace);
    node_close(&b->node);
    udp_close(&b->udp);
    flash_close(&b->flash);
}

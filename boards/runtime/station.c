// The line's records become calls, the device's effects become records.

#include "station.h"

#include <string.h>

#include "engine.h"
#include "trace.h"

#define NEVER 0xffffffffu

static uint32_t load32(const uint8_t *p) {
    return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static uint64_t load64(const uint8_t *p) { return load32(p) | ((uint64_t)load32(p + 4) << 32); }

static void say32(station *s, uint32_t kind, uint32_t a, uint32_t v) {
    line_begin(&s->line, kind, a);
    line_add32(&s->line, v);
    line_end(&s->line);
}

static void say_words(station *s, uint32_t kind, const char *words) {
    line_say(&s->line, kind, 0, (const uint8_t *)words, (uint32_t)strlen(words));
}

// ---- the node's port: the board's own functions, and the line's ----

static void entropy(void *self, uint8_t *p, uint32_t n) {
    const node_port *board = &((station *)self)->port->board;
    board->entropy(board->self, p, n);
}

static int32_t read_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    const node_port *board = &((station *)self)->port->board;
    return board->read(board->self, region, offset, p, n);
}

/** A channel is the board's own, or what the host said of it last. */
static int64_t sense(void *self, uint32_t channel) {
    station *s = self;
    const node_port *board = &s->port->board;
    int64_t value = board->sense ? board->sense(board->self, channel) : INT64_MIN;
    if (value == INT64_MIN && channel < STATION_CHANNELS)
        value = s->sensed[channel], s->sensed[channel] = INT64_MIN;
    return value;
}

static bool store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    const node_port *board = &((station *)self)->port->board;
    return board->store(board->self, region, offset, p, n);
}

static bool erase(void *self, uint32_t region, uint32_t sector) {
    const node_port *board = &((station *)self)->port->board;
    return board->erase(board->self, region, sector);
}

static void send_frame(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    station *s = self;
    const node_port *board = &s->port->board;
    if (board->send) board->send(board->self, link, peer, p, n);
    else line_say(&s->line, SYNOD_LINE_FRAME, link, p, n);
}

static void act(void *self, uint32_t channel, int64_t value) {
    station *s = self;
    const node_port *board = &s->port->board;
    if (board->act) board->act(board->self, channel, value);
    line_begin(&s->line, SYNOD_LINE_ACT, channel);
    line_add32(&s->line, (uint32_t)(uint64_t)value);
    line_add32(&s->line, (uint32_t)((uint64_t)value >> 32));
    line_end(&s->line);
}

static void event(void *self, uint32_t kind, const uint8_t *p, uint32_t n) {
    station *s = self;
    const node_port *board = &s->port->board;
    if (board->event) board->event(board->self, kind, p, n);
    line_say(&s->line, SYNOD_LINE_EVENT, kind, p, n);
}

static void reset(void *self, uint32_t reason) {
    station *s = self;
    const node_port *board = &s->port->board;
    if (board->reset) board->reset(board->self, reason);
    say32(s, SYNOD_LINE_RESET, 0, reason);
}

static void alive(void *self) {
    const node_port *board = &((station *)self)->port->board;
    board->alive(board->self);
}

static const uint8_t *module_at(void *self, uint32_t offset, uint32_t n) {
    const node_port *board = &((station *)self)->port->board;
    return board->module(board->self, offset, n);
}

static int32_t accelerate(void *self, uint32_t op, const node_operands *o) {
    const node_port *board = &((station *)self)->port->board;
    return board->accelerate(board->self, op, o);
}

// ---- what went wrong ----

/** A piece of the tape: it joins the record that is open, or opens the next. */
static bool tell(void *self, const void *p, uint32_t n) {
    station *s = self;
    for (const uint8_t *from = p, *end = from + n; from < end;) {
        uint32_t filled = s->told % STATION_PART, room = STATION_PART - filled, left = (uint32_t)(end - from);
        uint32_t count = left < room ? left : room;
        if (filled == 0) {
            line_begin(&s->line, SYNOD_LINE_CRASH, 0);
            line_add32(&s->line, s->told);
        }
        line_add(&s->line, from, count);
        if (count == room) line_end(&s->line);
        s->told += count, from += count;
    }
    return true;
}

/** TRAP, and the tape of what trapped. */
static void crashed(station *s, const char *why) {
    say_words(s, SYNOD_LINE_TRAP, why);
    s->told = 0;
    if (!node_dump(&s->node, why, tell, s)) return;
    if (s->told % STATION_PART != 0) line_end(&s->line);
    say32(s, SYNOD_LINE_CRASH, 1, s->told);
}

// ---- calls ----

/** What follows a call: a device that went down says why, once. */
static void called(station *s, node_status status) {
    if (status == NODE_OK || status == NODE_INPUT || status == NODE_DOWN) return;
    s->status = status;
    if (status == NODE_RESET) return; // the device asked for it, and said so
    crashed(s, status == NODE_STORE ? "flash refuses to be written"
               : s->node.error      ? s->node.error
                                    : "the device is down");
}

/** Whatever came in is followed by a tick at once: it may be due. */
static void answered(station *s, node_status status) {
    called(s, status);
    s->due = 0;
}

static void request(station *s, uint32_t number, const uint8_t *p, uint32_t n) {
    say32(s, SYNOD_LINE_ASKED, number, n);
    node_status status = node_request(&s->node, p, n, s->port->now(s->port->board.self));
    if (status == NODE_OK || status == NODE_RESET)
        say32(s, SYNOD_LINE_REPLY, number, (uint32_t)s->node.value);
    answered(s, status);
}

static void page(station *s) {
    uint32_t size;
    const uint8_t *memory = engine_memory(s->node.runtime, s->node.module, &size);
    for (uint32_t at = 0; at < size; at += STATION_PART) {
        uint32_t n = size - at < STATION_PART ? size - at : STATION_PART;
        line_begin(&s->line, SYNOD_LINE_PAGE, 0);
        line_add32(&s->line, at);
        line_add32(&s->line, size);
        line_add(&s->line, memory + at, n);
        line_end(&s->line);
    }
}

static void here(station *s) {
    line_begin(&s->line, SYNOD_LINE_HERE, SYNOD_LINE_VERSION);
    line_add(&s->line, s->module, sizeof s->module);
    line_add(&s->line, (const uint8_t *)s->port->name, (uint32_t)strlen(s->port->name));
    line_end(&s->line);
}

/** The line is free for the next one. */
static void got(station *s) {
    line_begin(&s->line, SYNOD_LINE_GOT, 0);
    line_add32(&s->line, s->line.taken);
    line_add32(&s->line, s->line.dropped);
    line_end(&s->line);
}

/** A record came in whole. */
static void take(station *s) {
    const uint8_t *record = s->line.record, *bytes = record + SYNOD_LINE_BYTES;
    uint32_t n = s->line.size - SYNOD_LINE_BYTES, a = record[SYNOD_LINE_A];
    switch (record[SYNOD_LINE_KIND]) {
    case SYNOD_LINE_HELLO:
        here(s);
        if (s->booted) say32(s, SYNOD_LINE_BOOT, 0, (uint32_t)s->boot);
        break;
    case SYNOD_LINE_FRAME:
        got(s);
        station_hear(s, a, bytes, n);
        break;
    case SYNOD_LINE_REQUEST:
        got(s);
        if (n <= SYNOD_LAYOUT_INPUT_MAX) request(s, a, bytes, n);
        break;
    case SYNOD_LINE_SENSE:
        if (a < STATION_CHANNELS && n == 8) s->sensed[a] = (int64_t)load64(bytes);
        break;
    case SYNOD_LINE_PAGE:
        got(s);
        page(s);
        break;
    case SYNOD_LINE_RESTART: s->restart = true; break;
    default: break;
    }
}

// ---- the face ----

node_status station_open(station *s, const station_port *port, const uint8_t *wasm, uint32_t size,
                         const node_limits *limits) {
    trace hash;
    memset(s, 0, sizeof *s);
    s->port = port;
    s->merged = (node_port){.self = s,
                            .entropy = entropy,
                            .read = read_flash,
                            .sense = sense,
                            .store = store,
                            .erase = erase,
                            .send = send_frame,
                            .act = act,
                            .event = event,
                            .reset = reset,
                            .module = port->board.module ? module_at : NULL,
                            .alive = port->board.alive ? alive : NULL,
                            .accelerate = port->board.accelerate ? accelerate : NULL};
    for (uint32_t i = 0; i < STATION_CHANNELS; i++) s->sensed[i] = INT64_MIN;
    line_open(&s->line, port->write, port->board.self);
    trace_begin(&hash);
    trace_add(&hash, wasm, size);
    trace_digest(&hash, s->module);
    s->status = node_open(&s->node, &s->merged, wasm, size, limits);
    s->box = (box){.room = port->room, .size = port->room_size, .page = port->room_size >= BOX_WHOLE};
    if (port->room) s->node.box = &s->box;
    return s->status;
}

void station_boot(station *s) {
    here(s);
    node_status status = node_boot(&s->node, s->port->now(s->port->board.self));
    s->booted = status == NODE_OK, s->boot = s->node.value;
    if (s->booted) say32(s, SYNOD_LINE_BOOT, 0, (uint32_t)s->boot);
    answered(s, status);
}

void station_byte(station *s, uint8_t byte) {
    if (line_take(&s->line, byte)) take(s);
}

void station_hear(station *s, uint32_t link, const uint8_t *frame, uint32_t n) {
    if (!station_up(s) || n == 0 || n > SYNOD_LAYOUT_INPUT_MAX) return;
    answered(s, node_receive(&s->node, link, frame, n, s->port->now(s->port->board.self)));
}

uint64_t station_step(station *s) {
    if (!station_up(s)) return STATION_NEVER;
    uint64_t now = s->port->now(s->port->board.self);
    if (now < s->due) return s->due;
    called(s, node_tick(&s->node, now));
    uint32_t wait = (uint32_t)s->node.value;
    s->due = wait == NEVER ? STATION_NEVER : now + wait;
    return s->due <= now ? 0 : s->due;
}

void station_fault(station *s, const char *why) {
    static const uint8_t end = 0; // of a record that the fault cut short
    s->status = NODE_DOWN;
    s->port->write(s->port->board.self, &end, 1);
    crashed(s, why);
}

bool station_up(const station *s) { return s->status == NODE_OK && !s->restart; }

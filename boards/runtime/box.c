// The room, and the tape made of it.

#include "box.h"

#include <string.h>

#include "replay.h"

#define UNIT 16u
#define FRAME_HEAD 8u

static void little32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

/** Where bytes go: a port's function, a room, or nowhere, to be counted. */
typedef struct sink {
    bool (*put)(void *self, const void *p, uint32_t n);
    void *self;
    uint32_t length;
    bool good;
} sink;

static void give(sink *s, const void *p, uint32_t n) {
    s->length += n;
    if (s->good && s->put && n > 0) s->good = s->put(s->self, p, n);
}

// ---- the room ----

static bool into_room(void *self, const void *p, uint32_t n) {
    box *b = self;
    if (n > b->size - b->length) b->cut = true;
    if (b->cut) return false;
    memcpy(b->room + b->length, p, n);
    b->length += n;
    return true;
}

/** A record of payload a and b into the room, all of it or nothing. */
static void keep(box *b, uint8_t type, const void *a, uint32_t na, const void *p, uint32_t n) {
    static const uint8_t zeros[3];
    uint8_t head[8] = {type};
    uint32_t padding = -(na + n) & 3, start = b->length;
    if (!b->under_way || b->cut) return;
    little32(head + 4, na + n);
    into_room(b, head, sizeof head);
    into_room(b, a, na);
    if (n > 0) into_room(b, p, n);
    into_room(b, zeros, padding);
    if (b->cut) b->length = start;
}

// ---- a page ----

static bool empty(const uint8_t *unit) {
    uint32_t words[UNIT / 4];
    memcpy(words, unit, UNIT);
    return (words[0] | words[1] | words[2] | words[3]) == 0;
}

/** The runs of units that are not zero, as host/tape/page.ts has them. */
static void give_runs(sink *s, const uint8_t *memory, uint32_t size) {
    for (uint32_t at = 0; at + UNIT <= size && s->good;) {
        uint32_t end = at;
        while (end + UNIT <= size && !empty(memory + end)) end += UNIT;
        if (end > at) {
            const uint32_t from = at / UNIT, count = (end - at) / UNIT;
            const uint8_t head[4] = {(uint8_t)from, (uint8_t)(from >> 8), (uint8_t)count,
                                     (uint8_t)(count >> 8)};
            give(s, head, sizeof head);
            give(s, memory + at, end - at);
        }
        at = end + UNIT;
    }
}

static void keep_page(box *b, const uint8_t *memory, uint32_t size) {
    sink s = {into_room, b, 0, true};
    if (b->size < BOX_LEAST) return;
    b->size -= BOX_LEAST; // room for the call itself
    give_runs(&s, memory, size);
    b->size += BOX_LEAST;
    b->kept = s.good, b->cut = false;
    b->length = b->frame = s.good ? b->length : 0;
}

// ---- a call ----

void box_begin(box *b, uint8_t call, uint32_t link, uint64_t now, const uint8_t *input, uint32_t n,
               const uint8_t *memory, uint32_t size) {
    uint8_t head[16] = {call};
    b->length = b->frame = 0;
    b->kept = b->cut = false, b->why = NULL;
    b->under_way = true, b->boot = call == TRACE_BOOT;
    if (b->page && !b->boot) keep_page(b, memory, size);
    little32(head + 4, link);
    little32(head + 8, (uint32_t)now);
    little32(head + 12, (uint32_t)(now >> 32));
    keep(b, REPLAY_CALL, head, sizeof head, input, n);
}

void box_entropy(box *b, const uint8_t *p, uint32_t n) { keep(b, REPLAY_ENTROPY, p, n, NULL, 0); }

void box_read(box *b, int32_t result, const uint8_t *p, uint32_t n) {
    uint8_t head[4];
    little32(head, (uint32_t)result);
    keep(b, REPLAY_READ, head, sizeof head, p, result == 0 ? n : 0);
}

void box_sense(box *b, int64_t value) {
    uint8_t bytes[8];
    little32(bytes, (uint32_t)(uint64_t)value);
    little32(bytes + 4, (uint32_t)((uint64_t)value >> 32));
    keep(b, REPLAY_SENSE, bytes, sizeof bytes, NULL, 0);
}

void box_end(box *b, const char *why) {
    b->why = why;
    b->under_way = why != NULL;
}

// ---- the tape ----

static void give_head(sink *s, uint8_t type, uint32_t length) {
    uint8_t head[8] = {type};
    little32(head + 4, length);
    give(s, head, sizeof head);
}

static void give_padding(sink *s, uint32_t length) {
    static const uint8_t zeros[3];
    give(s, zeros, -length & 3);
}

/** NOTE {"name":"text"}; what JSON would take apart becomes a question mark. */
static void give_note(sink *s, const char *name, const char *text) {
    uint32_t named = (uint32_t)strlen(name), length = (uint32_t)strlen(text);
    give_head(s, REPLAY_NOTE, named + length + 7);
    give(s, "{\"", 2), give(s, name, named), give(s, "\":\"", 3);
    for (uint32_t i = 0; i < length; i++) {
        bool plain = text[i] >= ' ' && text[i] < 127 && text[i] != '"' && text[i] != '\\';
        give(s, plain ? &text[i] : "?", 1);
    }
    give(s, "\"}", 2);
    give_padding(s, named + length + 7);
}

static void give_frame(sink *s, const box *b, const uint8_t *memory, uint32_t size) {
    static const uint8_t head[FRAME_HEAD] = {0, 0, 0, 0, 1}; // no calls before it; whole
    sink count = {NULL, NULL, 0, true};
    if (b->kept) count.length = b->frame;
    else give_runs(&count, memory, size);
    give_head(s, REPLAY_KEYFRAME, FRAME_HEAD + count.length);
    give(s, head, sizeof head);
    if (b->kept) give(s, b->room, b->frame);
    else give_runs(s, memory, size);
    give_padding(s, count.length);
}

bool box_dump(const box *b, const uint8_t *memory, uint32_t size, const char *why,
              bool (*put)(void *self, const void *p, uint32_t n), void *self) {
    static const uint8_t head[16] = {'S', 'Y', 'N', 'O', 'D', 'T', 'A', 'P', 1};
    sink s = {put, self, 0, true};
    if (!b->under_way) return false;
    give(&s, head, sizeof head);
    if (!b->boot) give_frame(&s, b, memory, size);
    give(&s, b->room + b->frame, b->length - b->frame);
    if (!b->boot && !b->kept) give_note(&s, "page", "after");
    if (b->cut) give_note(&s, "cut", "the room of the box did not hold all answers");
    give_note(&s, "trap", b->why ? b->why : why);
    return s.good;
}

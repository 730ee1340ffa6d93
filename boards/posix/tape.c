// Records, and the buffer before the file.

#include "tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "replay.h"

#define NOTE_EVERY 64u // calls between two notes of the trace

static void little32(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static void little64(uint8_t *p, uint64_t v) {
    for (unsigned i = 0; i < 8; i++) p[i] = (uint8_t)(v >> (8 * i));
}

// ---- bytes ----

/** Gives the tape up. */
static void give_up(tape *t, const char *why) {
    console_say("error the tape ends here: %s", why);
    close(t->fd);
    t->fd = -1;
}

static void flush(tape *t) {
    for (uint32_t done = 0; t->fd >= 0 && done < t->length;) {
        ssize_t n = write(t->fd, t->buffer + done, t->length - done);
        if (n > 0) done += (uint32_t)n;
        else if (n == 0 || errno != EINTR) give_up(t, n == 0 ? "nothing is written" : strerror(errno));
    }
    t->length = 0;
}

static void put(tape *t, const void *bytes, uint32_t n) {
    const uint8_t *p = bytes;
    while (n > 0 && t->fd >= 0) {
        uint32_t room = (uint32_t)sizeof t->buffer - t->length;
        uint32_t part = n < room ? n : room;
        memcpy(t->buffer + t->length, p, part);
        t->length += part, p += part, n -= part;
        if (t->length == sizeof t->buffer) flush(t);
    }
}

/** A record: its head, its payload of a and b, padding. */
static void record(tape *t, uint8_t type, const void *a, uint32_t na, const void *b, uint32_t nb) {
    static const uint8_t zeros[3];
    uint8_t head[8] = {type};
    little32(head + 4, na + nb);
    put(t, head, sizeof head);
    put(t, a, na);
    put(t, b, nb);
    put(t, zeros, -(na + nb) & 3);
}

// ---- records ----

bool tape_open(tape *t, const char *path) {
    uint8_t head[16] = "SYNODTAP";
    t->calls = t->length = 0;
    t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (t->fd < 0) return false;
    little32(head + 8, 1);
    put(t, head, sizeof head);
    flush(t);
    return t->fd >= 0;
}

void tape_call(tape *t, uint8_t call, uint32_t link, uint64_t now, const uint8_t *input, uint32_t n) {
    uint8_t head[16] = {call};
    little32(head + 4, link);
    little64(head + 8, now);
    record(t, REPLAY_CALL, head, sizeof head, input, n);
}

void tape_entropy(tape *t, const uint8_t *p, uint32_t n) { record(t, REPLAY_ENTROPY, p, n, NULL, 0); }

void tape_read(tape *t, int32_t result, const uint8_t *p, uint32_t n) {
    uint8_t head[4];
    little32(head, (uint32_t)result);
    record(t, REPLAY_READ, head, sizeof head, p, result == 0 ? n : 0);
}

void tape_sense(tape *t, int64_t value) {
    uint8_t bytes[8];
    little64(bytes, (uint64_t)value);
    record(t, REPLAY_SENSE, bytes, sizeof bytes, NULL, 0);
}

/** The NOTE that the call under way trapped, as {"trap": "why"}. */
static void note_trap(tape *t, const char *why) {
    char text[256] = "{\"trap\":\"";
    size_t at = strlen(text);
    for (; *why && at < sizeof text - 4; why++) {
        if (*why == '"' || *why == '\\') text[at++] = '\\';
        text[at++] = *why >= ' ' && *why < 127 ? *why : '?';
    }
    memcpy(text + at, "\"}", 2);
    record(t, REPLAY_NOTE, text, (uint32_t)at + 2, NULL, 0);
}

void tape_called(tape *t, const trace *trace, const char *trap) {
    if (t->fd < 0) return;
    if (trap) note_trap(t, trap);
    if (++t->calls % NOTE_EVERY == 0) {
        char hex[65], text[128];
        trace_hex(trace, hex);
        int n = snprintf(text, sizeof text, "{\"calls\":%u,\"trace\":\"%s\"}", t->calls, hex);
        record(t, REPLAY_NOTE, text, (uint32_t)n, NULL, 0);
    }
    flush(t);
}

void tape_close(tape *t, const trace *trace) {
    uint8_t digest[32];
    if (t->fd < 0) return;
    trace_digest(trace, digest);
    record(t, REPLAY_END, digest, sizeof digest, NULL, 0);
    flush(t);
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
}

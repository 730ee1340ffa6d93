// A device as a process: the smallest whole port. Read this file first; board.c is what an OEM writes for a
// new board.
//
//   stdin ──line──> request, sense, peers ─┐
//   UDP ──frame────────────────────────────┼──> device ──> flash file, UDP, lines on stdout
//   time ──tick────────────────────────────┘
//
// The loop waits for one of the three, hands it to the device, and ticks the device right after; the tick
// says how long it may rest. Rule: one frame or a few lines a turn, so that neither a flood of the one nor of
// the other starves the rest.

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "board.h"
#include "console.h"
#include "native.h"
#include "options.h"

#define EXIT_TRAP 70  // EX_SOFTWARE
#define EXIT_FLASH 74 // EX_IOERR

typedef struct process {
    board board;
    uint8_t *wasm; // the module
    console console;
    node_status status; // of the last call
    bool quit;
} process;

static int cannot(const char *what, const char *why) {
    fprintf(stderr, "synod-node: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

// ---- the console's lines ----

/** `request HEX` */
static void request(process *self, char *words) {
    int32_t n = console_bytes(words);
    if (n < 0) console_say("error a request is written as `request HEX`, an even number of digits");
    else self->status = board_request(&self->board, (const uint8_t *)words, (uint32_t)n);
    if (self->status != NODE_INPUT) return;
    self->status = NODE_OK;
    console_say("error a request has at most %u bytes", SYNOD_LAYOUT_INPUT_MAX);
}

/** `sense CHANNEL VALUE`: what the channel measures from now on, until the device asked for it. */
static void sense(process *self, const char *words) {
    int64_t channel, value;
    bool good = console_number(&words, 0, BOARD_CHANNELS - 1, &channel) && *words++ == ' ' &&
                console_number(&words, INT64_MIN + 1, INT64_MAX, &value) && *words == 0;
    if (good) self->board.sensed[channel] = value;
    else
        console_say("error a sensor is written as `sense CHANNEL VALUE`, channel 0 to %u",
                    BOARD_CHANNELS - 1);
}

static void peers(process *self, const char *words) {
    if (!udp_peers(&self->board.udp, words)) console_say("error %s", self->board.udp.error);
}

static void page(process *self) {
    uint32_t size;
    const uint8_t *memory = board_page(&self->board, &size);
    console_hex("page ", memory, size, "");
}

/** The rest of a line that begins with this word and a blank, or that is this word; NULL for another line. */
static char *after(char *line, const char *word) {
    size_t n = strlen(word);
    if (strncmp(line, word, n) != 0 || (line[n] != ' ' && line[n] != 0)) return NULL;
    return line[n] == ' ' ? line + n + 1 : line + n;
}

/** One line of the console; false when there is no more to do. */
static bool command(void *of, char *line) {
    process *self = of;
    char *words;
    if ((words = after(line, "request"))) request(self, words);
    else if ((words = after(line, "sense"))) sense(self, words);
    else if ((words = after(line, "peers"))) peers(self, words);
    else if (strcmp(line, "page") == 0) page(self);
    else if (strcmp(line, "quit") == 0) self->quit = true;
    else console_say("error there is no such line; say request, sense, peers, page or quit");
    return self->status == NODE_OK && !self->quit;
}

// ---- the loop ----

/** Milliseconds that the process may wait; -1: as long as nothing happens. */
static int patience(const board *b) {
    uint64_t now = board_now(b);
    if (b->due == UINT64_MAX) return -1;
    if (b->due <= now) return 0;
    return b->due - now > INT_MAX ? INT_MAX : (int)(b->due - now);
}

/** Takes one frame from the air. */
static void hear(process *self) {
    board *b = &self->board;
    uint8_t frame[SYNOD_LAYOUT_INPUT_MAX + 1];
    uint16_t port;
    uint32_t n = udp_hear(&b->udp, frame, sizeof frame, &port);
    if (n == 0) return;
    if (b->watch) {
        char head[24], length[16];
        snprintf(head, sizeof head, "heard %u ", port);
        snprintf(length, sizeof length, " %u", n);
        console_hex(head, frame, n < 32 ? n : 32, length);
    }
    self->status = board_receive(b, frame, n);
}

/** Runs until the device is down or nobody needs it any more. */
static void run(process *self) {
    board *b = &self->board;
    self->status = board_boot(b);
    while (self->status == NODE_OK && !self->quit) {
        struct pollfd on[2] = {{.fd = 0, .events = POLLIN}, {.fd = udp_ear(&b->udp), .events = POLLIN}};
        if (!console_flush()) return;
        if (poll(on, 2, patience(b)) < 0 && errno != EINTR) return;
        if (on[0].revents && !console_read(&self->console, command, self)) self->quit = true;
        if (self->status == NODE_OK && on[1].revents) hear(self);
        if (self->status == NODE_OK && b->due <= board_now(b)) self->status = board_tick(b);
    }
}

/** Says how it ended; the exit status. */
static int conclude(process *self) {
    int status = EXIT_SUCCESS;
    if (self->status == NODE_STORE) {
        console_say("error the device is down: %s", board_why(&self->board, self->status));
        status = EXIT_FLASH;
    } else if (self->status != NODE_OK) {
        console_say("trap %s", board_why(&self->board, self->status));
        status = EXIT_TRAP;
    }
    board_close(&self->board);
    free(self->wasm);
    console_flush();
    return status;
}

// ---- the beginning ----

/** A whole file in memory, where it stays; NULL when it cannot be read. */
static uint8_t *load(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    long length = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    uint8_t *bytes = length > 0 && length < INT_MAX ? malloc((size_t)length) : NULL;
    if (bytes) rewind(file);
    bool good = bytes && fread(bytes, 1, (size_t)length, file) == (size_t)length;
    if (file) fclose(file);
    *size = good ? (uint32_t)length : 0;
    return good ? bytes : NULL;
}

int main(int argc, char **argv) {
    static process self;
    static char out[1 << 16];
    board *b = &self.board;
    options o;
    uint32_t size;
    int status = options_read(&o, argc, argv);
    if (status >= 0) return status;
    signal(SIGPIPE, SIG_IGN); // console_flush tells
    setvbuf(stdout, out, _IOFBF, sizeof out);
    b->watch = o.watch;
    b->accelerate = o.accelerate;
    b->crash = o.crash;
    b->tape.fd = -1;
    if (!(self.wasm = load(o.wasm, &size))) return cannot(o.wasm, "cannot be read, or is empty");
    const char *why = o.accelerate ? native_open() : NULL;
    if (why) return cannot("--accelerate", why);
    if (!flash_open(&b->flash, o.flash, !o.no_sync)) return cannot("flash", b->flash.error);
    b->flash.no_keys =
        o.accelerate; // who verifies natively has no use for tables, and its tape replays without
    if (!udp_open(&b->udp, o.bind, o.port)) return cannot("radio", b->udp.error);
    if (o.group && !udp_join(&b->udp, o.group)) return cannot("radio", b->udp.error);
    if (o.peers && !udp_peers(&b->udp, o.peers)) return cannot("radio", b->udp.error);
    if (o.tape && !tape_open(&b->tape, o.tape)) return cannot(o.tape, strerror(errno));
    if ((why = board_open(b, self.wasm, size))) return cannot(o.wasm, why);
    console_say("port %u", udp_port(&b->udp));
    run(&self);
    return conclude(&self);
}

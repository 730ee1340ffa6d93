// A port that fails on purpose, for test/boards/port.test.ts.
//
//   port MODULE.wasm FAILING COMMAND...
//
// FAILING counts STOREs and ERASEs from 1; that one fails (0: none). Commands: boot, restart, tick, receive:N
// (bytes), request:HEX, box:BYTES and page:BYTES (a black box of that room, without or with pages),
// dump:FILE, stored:FILE (contracts from now on). Prints what the port was told to do, in order, and `COMMAND
// STATUS VALUE` after each command.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

static unsigned written, failing;
static uint8_t *contracts;
static uint32_t contracts_size;

static void entropy(void *self, uint8_t *p, uint32_t n) {
    (void)self;
    memset(p, 7, n);
}

static int32_t read_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    (void)self, (void)region, (void)offset, (void)p, (void)n;
    return -1;
}

static int64_t sense(void *self, uint32_t channel) {
    (void)self, (void)channel;
    return -1234567890123;
}

static bool store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    (void)self, (void)p;
    printf("store %u %u %u\n", region, offset, n);
    return ++written != failing;
}

static bool erase(void *self, uint32_t region, uint32_t sector) {
    (void)self;
    printf("erase %u %u\n", region, sector);
    return ++written != failing;
}

static void send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    (void)self, (void)p;
    printf("send %u %u %u\n", link, peer, n);
}

static void act(void *self, uint32_t channel, int64_t value) {
    (void)self;
    printf("act %u %" PRId64 "\n", channel, value);
}

static void event(void *self, uint32_t kind, const uint8_t *p, uint32_t n) {
    (void)self, (void)p;
    printf("event %u %u\n", kind, n);
}

static void reset(void *self, uint32_t reason) {
    (void)self;
    printf("reset %u\n", reason);
}

/** Touches every byte of the operands, as a port that computes does; offers 0x7e, and is always done. */
static int32_t accelerate(void *self, uint32_t op, const node_operands *o) {
    static const uint8_t b[] = {0, 64, 32, 32, 32, 32, 0}, c[] = {0, 0, 64, 0, 32, 0, 0};
    uint32_t sum = 0;
    (void)self;
    printf("accelerate %u %u\n", op, o ? o->n : 0);
    if (!o) return 0x7e;
    for (uint32_t i = 0; i < o->n; i++) sum += o->bytes[i];
    if (o->a) memset(o->a, (int)(sum & 255), 32);
    if (o->b) memset(o->b, 2, b[op]);
    if (o->c) memset(o->c, 3, c[op]);
    return 1;
}

static const uint8_t *module(void *self, uint32_t offset, uint32_t n) {
    (void)self;
    return offset <= contracts_size && n <= contracts_size - offset ? contracts + offset : NULL;
}

static uint8_t *read_file(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = file && !fseek(file, 0, SEEK_END) ? malloc((size_t)ftell(file)) : NULL;
    if (!bytes) return NULL;
    *size = (uint32_t)ftell(file); // so many and no more: a sanitizer sees who reads behind them
    rewind(file);
    if (fread(bytes, 1, *size, file) != *size) return NULL;
    fclose(file);
    return bytes;
}

static uint32_t from_hex(const char *text, uint8_t *out, uint32_t room) {
    uint32_t n = 0;
    for (unsigned byte; n < room && sscanf(text, "%2x", &byte) == 1; text += 2) out[n++] = (uint8_t)byte;
    return n;
}

static void give_box(node *n, const char *size, bool page) {
    static box black;
    uint32_t bytes = (uint32_t)strtoul(size, NULL, 10);
    free(black.room);
    black = (box){.room = malloc(bytes), .size = bytes, .page = page};
    n->box = &black;
}

static bool put(void *self, const void *p, uint32_t size) { return fwrite(p, 1, size, self) == size; }

static void dump(const node *n, const char *path) {
    FILE *file = fopen(path, "wb");
    if (file) printf("dump %d\n", node_dump(n, "said by the port", put, file)), fclose(file);
}

static bool watched;

static void alive(void *self) {
    (void)self;
    if (watched) printf("alive\n");
}

static node_status command(node *n, const char *text) {
    static uint8_t bytes[4096];
    if (strncmp(text, "stored:", 7) == 0) {
        contracts = read_file(text + 7, &contracts_size);
        return contracts ? NODE_OK : NODE_DOWN;
    }
    if (strcmp(text, "boot") == 0) return node_boot(n, 1);
    if (strcmp(text, "restart") == 0) return node_restart(n);
    if (strncmp(text, "receive:", 8) == 0)
        return node_receive(n, 3, bytes, (uint32_t)strtoul(text + 8, NULL, 10), 2);
    if (strncmp(text, "request:", 8) == 0)
        return node_request(n, bytes, from_hex(text + 8, bytes, sizeof bytes), 3);
    if (strncmp(text, "box:", 4) == 0) give_box(n, text + 4, false);
    if (strncmp(text, "page:", 5) == 0) give_box(n, text + 5, true);
    if (strncmp(text, "dump:", 5) == 0) dump(n, text + 5);
    if (strcmp(text, "alive") == 0) watched = true;
    return strcmp(text, "tick") == 0 ? node_tick(n, 4) : NODE_OK;
}

int main(int argc, char **argv) {
    static const char *const words[] = {"ok",    "module", "input", "trap", "ring",
                                        "store", "reset",  "down",  "ram"};
    static const node_port port = {NULL, entropy, read_flash, sense, store,      erase, send,
                                   act,  event,   reset,      alive, accelerate, module};
    uint32_t size = 0;
    node n;
    uint8_t *wasm = argc > 2 ? read_file(argv[1], &size) : NULL;
    if (!wasm) return 2;
    failing = (unsigned)strtoul(argv[2], NULL, 10);
    node_status status = node_open(&n, &port, wasm, size, NULL);
    printf("open %s%s%s", words[status], status ? " " : "", status ? n.error : "");
    if (status && n.value) printf(" (%" PRId32 ")", n.value); // the ABI that the module asks for
    printf("\n");
    for (int i = 3; i < argc && status == NODE_OK; i++) {
        node_status s = command(&n, argv[i]);
        printf("%.7s %s %" PRId32 "%s%s\n", argv[i], words[s], n.value, n.error ? " " : "",
               n.error ? n.error : "");
    }
    if (status == NODE_OK) node_close(&n);
    free(wasm), free(contracts);
    return 0;
}

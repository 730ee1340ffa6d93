// Calls exports of a module as a script says, with or without boards/posix/native.c behind the import
// accelerate, for test/boards/accelerate.test.ts.
//
//   native MODULE.wasm OFFER [decline] < SCRIPT
//   native MODULE.wasm OFFER replay < TAPE         -> trace HEX, asked N,N,..., bytes HEX: all memory
//
//   write ADDRESS HEX          read ADDRESS N -> bytes HEX          asked -> asked N,N,... by op, then
//   forgotten call TIMES NAME NUMBER...  -> result N of the last, or trap WORDS
//
// OFFER: the bits of native_accelerate's offer that are passed on. `decline` offers, but never does anything.
// Rule: an op that was not offered is never asked for; it would end this program.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "engine.h"
#include "native.h"
#include "replay.h"

#define OPS 8u

static uint32_t offer, asked[OPS];
static bool decline;

static int32_t accelerate(void *self, uint32_t op, const node_operands *o) {
    if (op < OPS) asked[op]++;
    if (op == SYNOD_ACCELERATE_OFFER) return native_accelerate(self, op, o) & (int32_t)offer;
    if (op >= OPS || !(offer & 1u << op)) abort();
    return decline ? 0 : native_accelerate(self, op, o);
}

static void entropy(void *self, uint8_t *p, uint32_t n) {
    (void)self;
    memset(p, 7, n);
}

static int32_t no_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    (void)self, (void)region, (void)offset, (void)p, (void)n;
    return -1;
}

static int64_t no_sensor(void *self, uint32_t channel) {
    (void)self, (void)channel;
    return INT64_MIN;
}

static _Noreturn void die(const char *what, const char *which) {
    fprintf(stderr, "native: %s: %s\n", what, which);
    exit(1);
}

static uint8_t *memory(const node *n, uint32_t at, uint32_t length) {
    uint32_t size;
    uint8_t *bytes = engine_memory(n->runtime, n->module, &size);
    if (at > size || length > size - at) die("outside memory", "write or read");
    return bytes + at;
}

static uint32_t number(void) {
    const char *word = strtok(NULL, " \n");
    return word ? (uint32_t)strtoul(word, NULL, 0) : 0;
}

static void print_bytes(const uint8_t *p, uint32_t n) {
    printf("bytes ");
    for (uint32_t i = 0; i < n; i++) printf("%02x", p[i]);
    putchar('\n');
}

static void write_bytes(const node *n) {
    uint32_t at = number();
    const char *hex = strtok(NULL, " \n");
    for (unsigned byte; hex && sscanf(hex, "%2x", &byte) == 1; hex += 2) *memory(n, at++, 1) = (uint8_t)byte;
}

static void read_bytes(const node *n) {
    uint32_t at = number(), length = number();
    print_bytes(memory(n, at, length), length);
}

static void call(const node *n) {
    IM3Function function;
    uint32_t times = number(), values[ENGINE_ARGUMENTS] = {0}, count = 0;
    const void *pointers[ENGINE_ARGUMENTS];
    int32_t result = 0;
    const char *name = strtok(NULL, " \n"), *word;
    if (!name || engine_find(&function, n->module, name) || !function || engine_ready(function))
        die("no such export", name ? name : "");
    for (; count < ENGINE_ARGUMENTS && (word = strtok(NULL, " \n")); count++) {
        values[count] = (uint32_t)strtoul(word, NULL, 0);
        pointers[count] = &values[count];
    }
    M3Result trap = NULL;
    while (times-- > 0 && !trap) trap = m3_Call(function, count, pointers);
    if (!trap && m3_GetRetCount(function) == 1) trap = m3_GetResultsV(function, &result);
    if (trap) printf("trap %s\n", trap);
    else printf("result %" PRId32 "\n", result);
}

static void tell_asked(void) {
    for (uint32_t op = 0; op < OPS; op++) printf("%s%u", op ? "," : "asked ", asked[op]);
    putchar('\n');
    memset(asked, 0, sizeof asked);
}

static uint8_t *read_file(const char *path, uint32_t *size) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) die("cannot read", path);
    *size = (uint32_t)fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return bytes;
}

static bool get(void *self, void *p, uint32_t n) {
    (void)self;
    return fread(p, 1, n, stdin) == n;
}

static int replay_tape(const uint8_t *wasm, uint32_t size) {
    static replay r;
    char hex[65];
    r.get = get;
    r.accelerate = accelerate;
    if (!replay_run(&r, wasm, size, NULL)) die("replay", r.error);
    trace_hex(&r.trace, hex);
    printf("trace %s\n", hex);
    tell_asked();
    print_bytes(memory(&r.node, 0, 0x10000), 0x10000);
    node_close(&r.node);
    return 0;
}

int main(int argc, char **argv) {
    static char line[1 << 18];
    static const node_port port = {
        .entropy = entropy, .read = no_flash, .sense = no_sensor, .accelerate = accelerate};
    node n;
    uint32_t size;
    if (argc < 3) die("usage", "native MODULE.wasm OFFER [decline | replay] < INPUT");
    const uint8_t *wasm = read_file(argv[1], &size);
    offer = (uint32_t)strtoul(argv[2], NULL, 0);
    decline = argc > 3 && strcmp(argv[3], "decline") == 0;
    const char *why = offer ? native_open() : NULL;
    if (why) die(argv[2], why);
    if (argc > 3 && strcmp(argv[3], "replay") == 0) return replay_tape(wasm, size);
    if (node_open(&n, &port, wasm, size, NULL) != NODE_OK) die(argv[1], n.error);
    while (fgets(line, sizeof line, stdin)) {
        const char *what = strtok(line, " \n");
        if (!what) continue;
        if (strcmp(what, "write") == 0) write_bytes(&n);
        else if (strcmp(what, "read") == 0) read_bytes(&n);
        else if (strcmp(what, "call") == 0) call(&n);
        else if (strcmp(what, "asked") == 0) tell_asked();
        else die("no such line", what);
    }
    node_close(&n);
    return 0;
}

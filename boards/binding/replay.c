// Replays a tape on this machine through the very runtime that boards link: boards/runtime/replay.c.
//
//   replay MODULE.wasm TAPE [--functions | --flush BYTES]
//
// Prints `trace HEX`, counters, and RAM as the interpreter sees it (with this machine's 8-byte pointers).
// --functions adds `function INDEX WASM-BYTES CODE-BYTES NAME` for each function that ran, CODE-BYTES as on a
// 32-bit board.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "engine.h"
#include "replay.h"

static bool get(void *file, void *p, uint32_t n) { return fread(p, 1, n, file) == n; }

static uint8_t *read_file(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    long length = file && !fseek(file, 0, SEEK_END) ? ftell(file) : -1;
    uint8_t *bytes = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (bytes) rewind(file);
    if (!bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(1);
    }
    fclose(file);
    *size = (uint32_t)length;
    return bytes;
}

/** The method of counting code by function: compile each once more, alone, and see by how much the pages
 * grow. */
static void print_functions(node *n) {
    IM3Runtime second = m3_NewRuntime(n->environment, 4096, NULL);
    uint32_t count = node_report(n).functions;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes = engine_code_bytes(second, n->module, i);
        if (bytes) printf("function %u %u %u\n", i, engine_wasm_bytes(n->module, i), bytes);
    }
    m3_FreeRuntime(second);
}

int main(int argc, char **argv) {
    static replay r;
    static uint8_t room[SYNOD_CALL_NESTED * SYNOD_CALL_CODE_MAX];
    static const char *const names[] = {"end", "store", "erase", "send", "act", "event", "reset"};
    uint32_t size;
    char hex[65];
    if (argc < 3) {
        fprintf(stderr, "replay MODULE.wasm TAPE [--functions]\n");
        return 2;
    }
    uint8_t *wasm = read_file(argv[1], &size);
    FILE *tape = fopen(argv[2], "rb");
    if (!tape) {
        fprintf(stderr, "replay: cannot read %s\n", argv[2]);
        return 1;
    }
    r.get = get, r.self = tape;
    r.room = room, r.room_size = sizeof room;
    const char *option = argc > 3 ? argv[3] : "";
    node_limits limits = {0};
    if (argc > 4 && strcmp(option, "--flush") == 0) limits.code = (uint32_t)strtoul(argv[4], NULL, 10);
    bool good = replay_run(&r, wasm, size, &limits);
    if (!good) fprintf(stderr, "replay: record %u: %s\n", r.records, r.error);
    trace_hex(&r.trace, hex);
    printf("trace %s\ncalls %u\ntraps %u\n", hex, r.calls, r.traps);
    for (unsigned i = 1; i < 7; i++) printf("%s %u\n", names[i], r.effects[i]);
    if (r.node.module) {
        node_memory m = node_report(&r.node);
        printf(
            "ram linear %u\nram code-used %u\nram code-pages %u\nram wasm-stack %u\nram wasm-stack-used %u\n",
            m.linear, m.code, m.code_bank[0], m.stack, m.stack_used);
        printf("ram code-peak %u\nflushes %u\n", m.code_peak, m.flushes);
        printf("functions declared %u\nfunctions compiled %u\n", m.functions, m.compiled);
        if (strcmp(option, "--functions") == 0) print_functions(&r.node);
        node_close(&r.node);
    }
    free(wasm);
    fclose(tape);
    return good ? 0 : 1;
}

// Drives boards/runtime/heap.c for test/boards/heap.test.ts, on banks that AddressSanitizer fences.
//
//   heap pattern SEED ROUNDS BANK...       takes, resizes and gives at random; every block keeps its bytes
//   heap node MODULE CONTRACT CODE N BANK...
//                                          opens a node in these banks, boots it, N times: a request that
//                                          asks the sensor, where CONTRACT is run in a sandbox and dropped
//                                          again
//   heap short MODULE BANK...              boots and calls a node in banks that may be too small; where RAM
//                                          ran out, a hundred times more
//
// BANK is a number of bytes. `state USED LARGEST DAMAGED` is the heap's; a node's last line is its trace.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "node.h"

#define BLOCKS 64u
#define CYCLES 100u

static uint32_t seed;

static uint32_t below(uint32_t n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static _Noreturn void die(const char *why) {
    printf("failed: %s\n", why);
    exit(1);
}

static void state(const char *when) {
    heap_usage u = heap_report();
    printf("%s %u %u %u\n", when, u.used, u.largest, u.damaged);
}

static void make_banks(heap_bank banks[HEAP_BANKS], int count, char **sizes) {
    for (int i = 0; i < count && i < (int)HEAP_BANKS; i++) {
        banks[i].size = (uint32_t)strtoul(sizes[i], NULL, 10);
        banks[i].base = malloc(banks[i].size);
        if (!banks[i].base) die("no memory for a bank");
        memset(banks[i].base, 0xEE, banks[i].size); // what a chip wakes up with
    }
}

static void free_banks(heap_bank banks[HEAP_BANKS]) {
    for (unsigned i = 0; i < HEAP_BANKS; i++) free(banks[i].base);
}

// ---- blocks ----

typedef struct held {
    uint8_t *p;
    uint32_t size;
    uint8_t mark;
} held;

static void check(const held *h, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (h->p[i] != h->mark) die("a block lost its bytes");
}

static void fill(held *h, uint32_t size) {
    h->size = size, h->mark = (uint8_t)(1 + below(255));
    memset(h->p, h->mark, size);
}

static void step(held *h) {
    uint32_t size = below(100) < 3 ? 16384 : below(600);
    if (!h->p) {
        if (!(h->p = heap_take(size))) return;
        if ((uintptr_t)h->p % 8 != 0) die("a block is not aligned");
        h->mark = 0;
        check(h, size);
        fill(h, size);
        return;
    }
    check(h, h->size);
    if (below(4) == 0) {
        uint8_t *moved = heap_resize(h->p, size);
        if (!moved) return;
        h->p = moved;
        check(h, size < h->size ? size : h->size);
        fill(h, size);
    } else {
        heap_give(h->p);
        h->p = NULL;
    }
}

static int pattern(int argc, char **argv) {
    static held all[BLOCKS];
    heap_bank banks[HEAP_BANKS] = {{0}};
    uint32_t rounds = (uint32_t)strtoul(argv[3], NULL, 10);
    seed = (uint32_t)strtoul(argv[2], NULL, 10);
    make_banks(banks, argc - 4, argv + 4);
    const char *error = heap_open(banks);
    if (error) die(error);
    if (!heap_open(banks)) die("two nodes share the banks");
    state("before");
    for (uint32_t i = 0; i < rounds; i++) step(&all[below(BLOCKS)]);
    state("between");
    for (uint32_t i = 0; i < BLOCKS; i++) heap_give(all[i].p);
    state("after");
    heap_give((uint8_t *)banks[0].base + 64); // no block of the heap
    state("misused");
    heap_close();
    free_banks(banks);
    return 0;
}

// ---- a node ----

static const uint8_t *contract;
static uint32_t contract_size;

static uint8_t *read_file(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(1 << 20);
    if (!file || !bytes) die(path);
    *size = (uint32_t)fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void entropy(void *self, uint8_t *p, uint32_t n) {
    (void)self;
    memset(p, 7, n);
}

static int32_t read_flash(void *self, uint32_t region, uint32_t offset, uint8_t *p, uint32_t n) {
    (void)self, (void)region, (void)offset, (void)p, (void)n;
    return -1;
}

/** Runs the contract in a runtime of its own, in the middle of a call of the device, and drops it. */
static int64_t contract_run(void) {
    uint64_t argument = 41, value = 0;
    const void *in[] = {&argument};
    const void *out[] = {&value};
    IM3Module module = NULL;
    IM3Function f = NULL;
    IM3Environment environment = m3_NewEnvironment();
    IM3Runtime runtime = environment ? m3_NewRuntime(environment, 2048 + ENGINE_STACK_GUARD, NULL) : NULL;
    void *memory = heap_take(16384);
    bool good = runtime && memory && !engine_parse(environment, &module, contract, contract_size);
    if (good) engine_prepare(runtime, module);
    good = good && !m3_LoadModule(runtime, module) && !engine_find(&f, module, "f") && f && !engine_ready(f);
    good = good && !m3_Call(f, 1, in) && !m3_GetResults(f, 1, out);
    heap_give(memory);
    engine_free(runtime);
    m3_FreeEnvironment(environment);
    return good ? (int64_t)value : INT64_MIN;
}

static int64_t sense(void *self, uint32_t channel) {
    (void)self, (void)channel;
    return contract ? contract_run() : 5;
}

static bool store(void *self, uint32_t region, uint32_t offset, const uint8_t *p, uint32_t n) {
    (void)self, (void)region, (void)offset, (void)p, (void)n;
    return true;
}

static bool erase(void *self, uint32_t region, uint32_t sector) {
    (void)self, (void)region, (void)sector;
    return true;
}

static void send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    (void)self, (void)link, (void)peer, (void)p, (void)n;
}

static void act(void *self, uint32_t channel, int64_t value) {
    *(int64_t *)self = value;
    (void)channel;
}

static void event(void *self, uint32_t kind, const uint8_t *p, uint32_t n) {
    (void)self, (void)kind, (void)p, (void)n;
}

static void reset(void *self, uint32_t reason) { (void)self, (void)reason; }

static int64_t acted;
static const node_port port = {
    .self = &acted,
    .entropy = entropy,
    .read = read_flash,
    .sense = sense,
    .store = store,
    .erase = erase,
    .send = send,
    .act = act,
    .event = event,
    .reset = reset,
};

static void say(const char *what, const node *n, node_status status) {
    static const char *const words[] = {"ok",    "module", "input", "trap", "ring",
                                        "store", "reset",  "down",  "ram"};
    printf("%s %s%s%s\n", what, words[status], n->error ? " " : "", n->error ? n->error : "");
}

static void say_trace(const trace *t) {
    char hex[65];
    trace_hex(t, hex);
    printf("trace %s\n", hex);
}

static int run_node(int argc, char **argv) {
    static const uint8_t request[] = {4, 0}; // the fixture: sense, then ACT
    node_limits limits = {.code = (uint32_t)strtoul(argv[4], NULL, 10), .spare = 32768};
    uint32_t size, count = (uint32_t)strtoul(argv[5], NULL, 10);
    uint8_t *wasm = read_file(argv[2], &size), *bytes = read_file(argv[3], &contract_size);
    trace t;
    node n;
    contract = bytes;
    make_banks(limits.banks, argc - 6, argv + 6);
    trace_begin(&t);
    node_status status = node_open(&n, &port, wasm, size, &limits);
    say("open", &n, status);
    if (status) return 1;
    n.trace = &t;
    say("boot", &n, node_boot(&n, 1));
    for (uint32_t i = 0; i < count && status == NODE_OK; i++) {
        status = node_request(&n, request, sizeof request, i);
        if (i == 20) state("early");
    }
    say("request", &n, status);
    printf("acted %" PRId64 "\n", acted);
    state("late");
    node_memory m = node_report(&n);
    printf("flushes %u\npeak %u\n", m.flushes, m.heap.peak);
    node_close(&n);
    state("closed");
    say_trace(&t);
    free_banks(limits.banks);
    free(wasm), free(bytes);
    return 0;
}

/** Boots, and calls until RAM runs out or no call is left; the status of the last. */
static node_status lead(node *n, bool loud) {
    static const uint8_t request[2] = {0}, frame[40] = {0};
    node_status status = node_boot(n, 1);
    if (loud) say("boot", n, status);
    if (status) return status;
    status = node_request(n, request, sizeof request, 2);
    if (loud) say("request", n, status);
    if (status) return status;
    status = node_receive(n, 1, frame, sizeof frame, 3);
    if (loud) say("receive", n, status);
    return status;
}

static int run_short(int argc, char **argv) {
    node_limits limits = {.stack = 1024, .spare = 2048};
    uint32_t size;
    uint8_t *wasm = read_file(argv[2], &size);
    node n;
    make_banks(limits.banks, argc - 3, argv + 3);
    node_status status = node_open(&n, &port, wasm, size, &limits);
    say("open", &n, status);
    if (status == NODE_OK) {
        if (lead(&n, true) == NODE_RAM) {
            say("tick", &n, node_tick(&n, 4));
            for (uint32_t i = 0; i < CYCLES && status == NODE_OK; i++) {
                if ((status = node_restart(&n))) die("no restart");
                lead(&n, false);
                heap_usage u = heap_report();
                if (u.damaged) die("the heap is damaged");
                if ((status = node_restart(&n))) die("no restart");
                status = node_boot(&n, 5);
            }
            say("again", &n, status);
        }
        node_close(&n);
    }
    free_banks(limits.banks);
    free(wasm);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 4 && strcmp(argv[1], "pattern") == 0) return pattern(argc, argv);
    if (argc > 6 && strcmp(argv[1], "node") == 0) return run_node(argc, argv);
    if (argc > 3 && strcmp(argv[1], "short") == 0) return run_short(argc, argv);
    return 2;
}

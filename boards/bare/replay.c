// Replays one tape on the chip and says what came of it. The command line is `replay PATH`, `each PATH` to
// hear of every call, or `box PATH` to get `crash.tape` of a call that traps or faults, beside the tape.
//
//   call CODE INSTRUCTIONS        one line a call, of `each` alone; CODE as in trace.h
//   trace HEX                     as boards/runtime/trace.h
//   calls N · traps N · records N
//   ram NAME BYTES                where each byte of RAM went, at its high-water mark; `total` is the sum of
//                                 those above it
//   bank1 USED SIZE · bank2 USED SIZE · flash USED SIZE, module BYTES (of the flash)
//   heap USED LARGEST             blocks at the end, the largest that could still be had
//   functions DECLARED COMPILED · wasm-stack USED RESERVED · native-stack USED RESERVED
//   instructions TOTAL LARGEST    executed inside calls, by QEMU's count; in the largest call
//
// Exit status: 0 replayed, 1 the tape or the module is at fault (the reason is printed), 2 RAM ran out, 3 a
// fault.

#include <string.h>

#include "board.h"
#include "replay.h"

#define WASM_STACK 3072u

// All code of a device may outgrow the chip; the code of one call does not. What is left after a call stays
// when it is at most this much, and is dropped otherwise: the next call compiles what it needs. Largest code
// of one call + CODE_KEPT must fit.
#ifndef CODE_KEPT
#define CODE_KEPT (32u * 1024)
#endif

typedef struct tape {
    int32_t file;
    uint32_t at, filled; // what of the buffer is not yet taken
    uint8_t buffer[512];
    uint64_t instructions;
    uint32_t started, largest;
    bool each; // a line for every call
    bool box;  // keep the call under way
} tape;

#define BOX_SIZE (20u * 1024) // of bank 1, with `box` alone

static tape t;
static replay r;
static box black;

// ---- printing ----

static void print_number(uint64_t v) {
    char text[21];
    unsigned at = sizeof text - 1;
    text[at] = 0;
    do {
        uint64_t rest = v / 10;
        text[--at] = (char)('0' + (v - rest * 10));
        v = rest;
    } while (v > 0);
    semihost_print(text + at);
}

static void line(const char *name, uint64_t a) {
    semihost_print(name);
    semihost_print(" ");
    print_number(a);
    semihost_print("\n");
}

static void pair(const char *name, uint64_t a, uint64_t b) {
    semihost_print(name);
    semihost_print(" ");
    print_number(a);
    line("", b);
}

static int fail(int status, const char *reason) {
    semihost_print("error ");
    semihost_print(reason);
    semihost_print("\n");
    return status;
}

// ---- the tape ----

static bool get(void *self, void *p, uint32_t n) {
    tape *t = self;
    uint8_t *to = p;
    while (n > 0) {
        if (t->at == t->filled) {
            t->at = 0, t->filled = semihost_read(t->file, t->buffer, sizeof t->buffer);
            if (t->filled == 0) return false;
        }
        uint32_t take = t->filled - t->at < n ? t->filled - t->at : n;
        memcpy(to, t->buffer + t->at, take);
        t->at += take, to += take, n -= take;
    }
    return true;
}

static void around(void *self, uint8_t call, bool after) {
    tape *t = self;
    uint32_t now = board_instructions();
    if (!after) t->started = now;
    else {
        uint32_t spent = now - t->started;
        t->instructions += spent;
        if (spent > t->largest) t->largest = spent;
        if (t->each) {
            semihost_print("call");
            pair("", call, spent);
        }
    }
}

/** Opens the tape that the command line names. */
static int32_t open_tape(void) {
    static char words[256];
    uint32_t n = semihost_arguments(words, sizeof words - 1);
    if (n >= sizeof words) return -1;
    words[n] = 0;
    t.each = strncmp(words, "each ", 5) == 0;
    t.box = strncmp(words, "box ", 4) == 0;
    const char *path = strchr(words, ' ');
    return path ? semihost_open(path + 1, SEMIHOST_READ) : -1;
}

// ---- the report ----

static uint32_t size_of(const uint8_t *symbol) { return (uint32_t)symbol; }

static void report_ram(node *n) {
    node_native(n, (node_stack){stack_bottom, stack_top});
    node_memory m = node_report(n);
    uint32_t statics = (uint32_t)(bss_end - data_start), heap = m.heap.peak, native = m.native_used;
    uint32_t reserved = m.native, known = m.linear + m.function_ram + m.stack;
    line("ram linear-memory", m.linear);
    line("ram code-in-bank2", m.code_bank[1]);
    line("ram code-in-bank1", m.code_bank[0]);
    line("ram functions", m.function_ram);
    line("ram wasm-stack", m.stack);
    line("ram wasm3", heap - known);
    line("ram static", statics);
    line("ram native-stack", native);
    line("ram total", heap + m.code_bank[0] + m.code_bank[1] + statics + native);
    pair("bank1", heap + m.code_bank[0] + statics + reserved, size_of(bank1_size));
    pair("bank2", m.code_bank[1], size_of(bank2_size));
    pair("heap", m.heap.used, m.heap.largest);
    pair("wasm-stack", m.stack_used, m.stack);
    pair("native-stack", native, reserved);
    pair("functions", m.functions, m.compiled);
    line("code", m.code_peak);
    line("flushes", m.flushes);
}

static int report(bool good) {
    char hex[65];
    trace_hex(&r.trace, hex);
    semihost_print("trace ");
    semihost_print(hex);
    semihost_print("\n");
    line("calls", r.calls);
    line("traps", r.traps);
    line("records", r.records);
    if (r.node.module) report_ram(&r.node);
    pair("flash", size_of(flash_used), size_of(flash_size));
    line("module", (uint32_t)(module_end - module_start));
    pair("instructions", t.instructions, t.largest);
    if (board_stack_overflowed()) return fail(2, "the native stack reached its guard");
    if (r.short_of_ram) return fail(2, r.trapped ? r.trapped : r.error);
    return good ? 0 : fail(1, r.error);
}

// ---- the black box ----

static bool put(void *self, const void *p, uint32_t n) { return semihost_write(*(int32_t *)self, p, n); }

/** Writes crash.tape, when there is a call that did not end well. */
static void dump(const char *why) {
    int32_t file;
    if (!black.under_way || (file = semihost_open("crash.tape", SEMIHOST_WRITE)) < 0) return;
    semihost_print(node_dump(&r.node, why, put, &file) ? "crash.tape\n"
                                                       : "no crash.tape: it cannot be written\n");
}

/** Before a boot, which begins the box anew, and at the end. */
static void alive(void *self) {
    (void)self;
    if (r.node.down) dump("");
}

static void give_room(heap_bank *bank) {
    bank->size -= BOX_SIZE;
    black = (box){.room = (uint8_t *)bank->base + bank->size, .size = BOX_SIZE, .page = true};
    r.box = &black, r.alive = alive;
    board_on_fault(dump);
}

int main(void) {
    node_limits limits = {.stack = WASM_STACK, .code = CODE_KEPT};
    board_banks(limits.banks);
    t.file = open_tape();
    if (t.file < 0) return fail(1, "no tape: run the image with the arguments `replay PATH`");
    if (t.box) give_room(&limits.banks[0]);
    r.get = get, r.around = around, r.self = &t;
    bool good = replay_run(&r, module_start, (uint32_t)(module_end - module_start), &limits);
    return report(good);
}

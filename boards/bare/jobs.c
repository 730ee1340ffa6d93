// Calls exports of any module on the chip, one by one, as a program on the host orders through two pipes in
// the folder that the emulator runs in: it reads `orders` and writes `answers`.
//
//   order   kind, two words, more           answer  kind, five words, more
//   'W'     address, n      n bytes         -
//   'R'     address, n                      'B'     n                       n bytes
//   'C'     n, count        n of a name,    'D'     result (2 words), its bytes (0, 4, 8), instructions,
//   stack
//                           count x 8       'T'     n, 0, 0, instructions, stack     n bytes: why it stopped
//   'H'     -                               'H'     bytes of heap ever taken
//
// While a call runs, the module's questions go the same way: 'E' n (entropy), 'F' region, offset, n (flash),
// 'S' channel (sensor); the host says 'A' and two words (a sensor's value) and the n bytes, 'N' for nothing
// there, or 'X': then the call traps. The first answer is 'H' with the size of memory. A word is 32 bits,
// little-endian. `instructions` are those of the call alone, by board_instructions; `stack` is the native
// stack's high-water mark in it, from the stack's top.
//
// Code is dropped when it has outgrown CODE_KEPT and another export is called than before, so what is called
// twice in a row is compiled once and its second count is that of the work alone.
//
// Exit status: 0 the orders ended, 1 an order makes no sense or the module does not load (the reason is
// printed), 3 a fault.

#include <string.h>

#include "abi.h"
#include "board.h"
#include "engine.h"
#include "sandbox.h"

#define WASM_STACK 4096u
#define CODE_KEPT (20u * 1024)
#define SPARE 12288u           // for constants of functions
#define CONTRACTS_SPARE 32768u // and as much as contracts take
#define NAME 64u

static struct {
    int32_t orders, answers;
    uint32_t at, filled; // what of the buffer is not yet taken
    uint8_t buffer[512];
} host;

static IM3Runtime runtime;
static IM3Module module;
static sandbox contracts;
static char last[NAME];

static _Noreturn void die(const char *reason) {
    semihost_print("error ");
    semihost_print(reason);
    semihost_print("\n");
    semihost_exit(1);
}

// ---- the two pipes ----

/** Takes n bytes of orders. Where they end the program does: the host is gone. */
static void get(void *p, uint32_t n) {
    for (uint8_t *to = p; n > 0;) {
        if (host.at == host.filled) {
            host.at = 0, host.filled = semihost_read(host.orders, host.buffer, sizeof host.buffer);
            if (host.filled == 0) semihost_exit(0);
        }
        uint32_t take = host.filled - host.at < n ? host.filled - host.at : n;
        memcpy(to, host.buffer + host.at, take);
        host.at += take, to += take, n -= take;
    }
}

typedef struct order {
    uint8_t kind;
    uint32_t a, b;
} order;

static order get_order(void) {
    order o;
    get(&o.kind, 1), get(&o.a, 4), get(&o.b, 4);
    return o;
}

typedef struct answer {
    uint32_t word[5];
} answer;

static void put(char kind, answer a, const void *more, uint32_t n) {
    uint8_t head[1 + sizeof a.word];
    head[0] = (uint8_t)kind;
    memcpy(head + 1, a.word, sizeof a.word);
    bool good = semihost_write(host.answers, head, sizeof head);
    if (!good || (n > 0 && !semihost_write(host.answers, more, n))) die("the host does not listen");
}

// ---- memory ----

/** The bytes [p, p+n) of linear memory, or NULL when they are not all there. */
static uint8_t *range(uint32_t p, uint32_t n) {
    uint32_t size;
    uint8_t *memory = engine_memory(runtime, module, &size);
    return memory && p <= size && n <= size - p ? memory + p : NULL;
}

static uint8_t *known(uint32_t p, uint32_t n) {
    uint8_t *at = range(p, n);
    if (!at) die("an order names bytes outside memory");
    return at;
}

// ---- questions ----

static const char refused[] = "[trap] the host does not answer";

static order ask(char kind, uint32_t a, uint32_t b, uint32_t c) {
    put(kind, (answer){{a, b, c}}, NULL, 0);
    return get_order();
}

static m3ApiRawFunction(ask_entropy) {
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    uint8_t *to = range(p, n);
    (void)_ctx, (void)_mem;
    if (!to) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    if (ask('E', n, 0, 0).kind != 'A') m3ApiTrap(refused);
    get(to, n);
    m3ApiSuccess();
}

static m3ApiRawFunction(ask_read) {
    m3ApiReturnType(int32_t);
    m3ApiGetArg(uint32_t, region);
    m3ApiGetArg(uint32_t, offset);
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    uint8_t *to = range(p, n);
    (void)_ctx, (void)_mem;
    if (!to) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    uint8_t kind = ask('F', region, offset, n).kind;
    if (kind == 'X') m3ApiTrap(refused);
    if (kind == 'N') m3ApiReturn(-1);
    get(to, n);
    m3ApiReturn(0);
}

static m3ApiRawFunction(ask_sense) {
    m3ApiReturnType(int64_t);
    m3ApiGetArg(uint32_t, channel);
    (void)_ctx, (void)_mem;
    order o = ask('S', channel, 0, 0);
    if (o.kind == 'X') m3ApiTrap(refused);
    m3ApiReturn((int64_t)(((uint64_t)o.b << 32) | o.a));
}

/** Contracts lie in flash beside the module; the host is not asked. */
static const uint8_t *stored(void *self, uint32_t offset, uint32_t n) {
    uint32_t size = (uint32_t)(contracts_end - contracts_start);
    (void)self;
    return offset <= size && n <= size - offset ? contracts_start + offset : NULL;
}

static m3ApiRawFunction(nothing_offered) {
    m3ApiReturnType(int32_t);
    (void)runtime, (void)_ctx, (void)_mem;
    m3ApiReturn(0);
}

// ---- the module ----

/** Links one import; a module need not name it. */
static void link(const char *name, const char *signature, M3RawCall function) {
    M3Result result = m3_LinkRawFunction(module, SYNOD_IMPORT_MODULE, name, signature, function);
    if (result && result != m3Err_functionLookupFailed) die(result);
}

static void link_all(void) {
    link(SYNOD_IMPORT_ENTROPY, ask_entropy);
    link(SYNOD_IMPORT_READ, ask_read);
    link(SYNOD_IMPORT_SENSE, ask_sense);
    link(SYNOD_IMPORT_ACCELERATE, nothing_offered);
    M3Result result = sandbox_link(&contracts);
    if (result) die(result);
}

static void load(void) {
    heap_bank banks[HEAP_BANKS] = {{0}};
    board_banks(banks);
    if (heap_open(banks)) die("there is no RAM");
    IM3Environment environment = m3_NewEnvironment();
    if (!environment) die(m3Err_mallocFailed);
    if (!(runtime = m3_NewRuntime(environment, WASM_STACK + ENGINE_STACK_GUARD, NULL)))
        die(m3Err_mallocFailed);
    M3Result result = engine_parse(environment, &module, module_start, (uint32_t)(module_end - module_start));
    if (result) die(result);
    engine_prepare(runtime, module);
    if ((result = m3_LoadModule(runtime, module))) die(result);
    contracts.module = contracts_end - contracts_start > 0 ? stored : NULL;
    if ((result = sandbox_open(&contracts, runtime, module))) die(result);
    if ((result = engine_carve(runtime, contracts.module ? CONTRACTS_SPARE : SPARE))) die(result);
    link_all();
    if ((result = m3_RunStart(module))) die(result);
}

// ---- calls ----

static void trapped(const char *why, uint32_t instructions, uint32_t stack) {
    uint32_t n = (uint32_t)strlen(why);
    put('T', (answer){{n, 0, 0, instructions, stack}}, why, n);
}

/** Compiled and ready; NULL when it was said why not. */
static IM3Function find(const char *name, uint32_t count) {
    IM3Function function;
    if (strcmp(name, last) != 0 && engine_code(runtime) > CODE_KEPT) {
        engine_flush(runtime, module);
        link_all();
    }
    strcpy(last, name);
    M3Result result = engine_find(&function, module, name);
    if (!result && !function) result = "there is no such export";
    if (!result) result = engine_ready(function);
    if (!result && count != m3_GetArgCount(function)) result = "the export takes another number of arguments";
    if (!result) return function;
    trapped(result, 0, 0);
    return NULL;
}

static void call(uint32_t length, uint32_t count) {
    uint64_t values[ENGINE_ARGUMENTS], result = 0;
    const void *pointers[ENGINE_ARGUMENTS], *out[1] = {&result};
    char name[NAME];
    get(name, length);
    name[length] = 0;
    get(values, count * 8);
    for (uint32_t i = 0; i < count; i++) pointers[i] = &values[i];
    IM3Function function = find(name, count);
    if (!function) return;
    board_stack_paint();
    uint32_t before = board_instructions();
    M3Result trap = m3_Call(function, count, pointers);
    uint32_t instructions = board_instructions() - before, stack = board_stack_used(), bytes = 0;
    if (trap) {
        trapped(trap, instructions, stack);
        return;
    }
    if (m3_GetRetCount(function) == 1) {
        m3_GetResults(function, 1, out);
        bytes = m3_GetRetType(function, 0) == c_m3Type_i32 ? 4 : 8;
    }
    put('D', (answer){{(uint32_t)result, (uint32_t)(result >> 32), bytes, instructions, stack}}, NULL, 0);
}

int main(void) {
    uint32_t size;
    host.orders = semihost_open("orders", SEMIHOST_READ);
    host.answers = semihost_open("answers", SEMIHOST_WRITE);
    if (host.orders < 0 || host.answers < 0) die("no pipes `orders` and `answers` in this folder");
    load();
    engine_memory(runtime, module, &size);
    put('H', (answer){{size}}, NULL, 0);
    for (;;) {
        order o = get_order();
        if (o.kind == 'W') get(known(o.a, o.b), o.b);
        else if (o.kind == 'R') put('B', (answer){{o.b}}, known(o.a, o.b), o.b);
        else if (o.kind == 'C' && (o.a >= NAME || o.b > ENGINE_ARGUMENTS))
            die("an order with too long a name or too many arguments");
        else if (o.kind == 'C') call(o.a, o.b);
        else if (o.kind == 'H') put('H', (answer){{heap_report().used}}, NULL, 0);
        else die("an order of no known kind");
    }
}

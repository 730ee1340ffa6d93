// Load, link, call, drain. The only traffic with the device is: arguments in, input bytes in, one ring out.

#include "node.h"

#include <stdarg.h>
#include <string.h>

#include "abi.h"
#include "engine.h"

// ---- questions: the imports of firmware/hal.ts ----

/** The bytes [p, p+n) of linear memory, or NULL when they are not all there. */
static uint8_t *range(IM3Runtime runtime, IM3Module module, uint32_t p, uint32_t n) {
    uint32_t size;
    uint8_t *memory = engine_memory(runtime, module, &size);
    return memory && p <= size && n <= size - p ? memory + p : NULL;
}

static m3ApiRawFunction(ask_entropy) {
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    const node *self = _ctx->userdata;
    uint8_t *to = range(runtime, self->module, p, n);
    (void)_mem;
    if (!to) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    self->port->entropy(self->port->self, to, n);
    if (self->box) box_entropy(self->box, to, n);
    m3ApiSuccess();
}

static m3ApiRawFunction(ask_read) {
    m3ApiReturnType(int32_t);
    m3ApiGetArg(uint32_t, region);
    m3ApiGetArg(uint32_t, offset);
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    const node *self = _ctx->userdata;
    uint8_t *to = range(runtime, self->module, p, n);
    (void)_mem;
    if (!to) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    int32_t result = self->port->read(self->port->self, region, offset, to, n);
    if (self->box) box_read(self->box, result, to, n);
    m3ApiReturn(result);
}

static m3ApiRawFunction(ask_sense) {
    m3ApiReturnType(int64_t);
    m3ApiGetArg(uint32_t, channel);
    const node *self = _ctx->userdata;
    (void)runtime, (void)_mem;
    int64_t value = self->port->sense(self->port->self, channel);
    if (self->box) box_sense(self->box, value);
    m3ApiReturn(value);
}

static uint32_t load32(const uint8_t *p) {
    return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

/** Bytes of a, b and c for each operation; of its message the operands themselves say how many there are. */
static const uint8_t operand_sizes[][3] = {
    [SYNOD_ACCELERATE_VERIFY] = {32, 64},        [SYNOD_ACCELERATE_SIGN] = {32, 32, 64},
    [SYNOD_ACCELERATE_PUBLIC_KEY] = {32, 32},    [SYNOD_ACCELERATE_X25519] = {32, 32, 32},
    [SYNOD_ACCELERATE_X25519_PUBLIC] = {32, 32}, [SYNOD_ACCELERATE_SHA256] = {32}};
#define OPERATIONS (sizeof operand_sizes / sizeof *operand_sizes)

/** Reads the operands of op that stand at p. False when one of them is not all in linear memory. */
static bool operands(node_operands *o, IM3Runtime runtime, IM3Module module, uint32_t op, uint32_t p) {
    const uint8_t *record = range(runtime, module, p, SYNOD_ACCELERATE_SIZE);
    uint8_t **const to[] = {&o->a, &o->b, &o->c};
    memset(o, 0, sizeof *o);
    if (!record) return false;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t size = operand_sizes[op][i], at = load32(record + SYNOD_ACCELERATE_A + 4 * i);
        if (size > 0 && !(*to[i] = range(runtime, module, at, size))) return false;
    }
    o->n = load32(record + SYNOD_ACCELERATE_N);
    o->bytes = range(runtime, module, load32(record + SYNOD_ACCELERATE_BYTES), o->n);
    return o->bytes != NULL;
}

static m3ApiRawFunction(ask_accelerate) {
    m3ApiReturnType(int32_t);
    m3ApiGetArg(uint32_t, op);
    m3ApiGetArg(uint32_t, p);
    const node *self = _ctx->userdata;
    const node_port *port = self->port;
    node_operands o;
    (void)_mem;
    if (!port->accelerate || op >= OPERATIONS) m3ApiReturn(0);
    if (op == SYNOD_ACCELERATE_OFFER) m3ApiReturn(port->accelerate(port->self, op, NULL));
    if (!operands(&o, runtime, self->module, op, p)) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    m3ApiReturn(port->accelerate(port->self, op, &o));
}

// ---- loading ----

/** Links one import; a module that does not name it is no error, since compilers drop imports that nothing
 * calls. */
static M3Result link(node *n, const char *name, const char *signature, M3RawCall function) {
    M3Result result = m3_LinkRawFunctionEx(n->module, SYNOD_IMPORT_MODULE, name, signature, function, n);
    return result == m3Err_functionLookupFailed ? m3Err_none : result;
}

static M3Result link_all(node *n) {
    M3Result result;
    if ((result = link(n, SYNOD_IMPORT_ENTROPY, ask_entropy))) return result;
    if ((result = link(n, SYNOD_IMPORT_READ, ask_read))) return result;
    if ((result = link(n, SYNOD_IMPORT_SENSE, ask_sense))) return result;
    if ((result = link(n, SYNOD_IMPORT_ACCELERATE, ask_accelerate))) return result;
    return sandbox_link(&n->sandbox);
}

static bool has_type(IM3Function function, const char *signature) {
    static const char letters[] = {'v', 'i', 'I', 'f', 'F'};
    uint32_t count = m3_GetArgCount(function);
    char result = m3_GetRetCount(function) ? letters[m3_GetRetType(function, 0)] : 'v';
    if (m3_GetRetCount(function) > 1 || result != *signature++ || strlen(++signature) != count + 1)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (letters[m3_GetArgType(function, i)] != signature[i]) return false;
    return true;
}

/** Finds an export of the ABI by name and checks its type, written as in "i(iI)". */
static M3Result find(node *n, IM3Function *function, const char *name, const char *signature) {
    M3Result result = engine_find(function, n->module, name);
    if (result) return result;
    if (!*function) return "an export of the ABI is missing";
    return has_type(*function, signature) ? m3Err_none : "an export of the ABI has another type";
}

/** Calls a function of the ABI, compiling it first when its code was dropped. Arguments as for m3_CallV. */
static M3Result invoke(IM3Function function, ...) {
    va_list arguments;
    M3Result result = engine_ready(function);
    if (result) return result;
    va_start(arguments, function);
    result = m3_CallVL(function, arguments);
    va_end(arguments);
    return result;
}

/** Asks the module for its version of the ABI (wire/abi.ts), which stays in n->value. NULL when this runtime
 * carries it. */
static M3Result compare(node *n) {
    IM3Function abi;
    M3Result result = find(n, &abi, "abi", "i()");
    if (result || (result = invoke(abi)) || (result = m3_GetResultsV(abi, &n->value))) return result;
    uint32_t version = (uint32_t)n->value, minor = version & ((1u << SYNOD_ABI_SHIFT) - 1);
    if (version >> SYNOD_ABI_SHIFT != SYNOD_ABI_MAJOR) return "the module has another ABI than this runtime";
    if (minor > SYNOD_ABI_MINOR) return "the module needs a newer runtime: the minor version of its ABI";
    return m3Err_none;
}

static M3Result load(node *n, const uint8_t *wasm, uint32_t size) {
    M3Result result = heap_open(n->limits.banks);
    if (result) return result;
    n->has_heap = true;
    if (!(n->environment = m3_NewEnvironment())) return m3Err_mallocFailed;
    if (!(n->runtime = m3_NewRuntime(n->environment, n->limits.stack + ENGINE_STACK_GUARD, NULL)))
        return m3Err_mallocFailed;
    if ((result = engine_parse(n->environment, &n->module, wasm, size))) return result;
    engine_prepare(n->runtime, n->module);
    n->start = engine_start(n->module);
    if ((result = m3_LoadModule(n->runtime, n->module))) {
        m3_FreeModule(n->module);
        return result;
    }
    n->sandbox.module = n->port->module, n->sandbox.self = n->port->self;
    if ((result = sandbox_open(&n->sandbox, n->runtime, n->module))) return result;
    if ((result = engine_carve(n->runtime, n->limits.spare))) return result;
    if ((result = link_all(n))) return result;
    if (!range(n->runtime, n->module, 0, SYNOD_LAYOUT_INPUT_MAX)) return "the module has no memory";
    if ((result = compare(n))) return result;
    if ((result = find(n, &n->boot, "boot", "i(I)"))) return result;
    if ((result = find(n, &n->input, "input", "i()"))) return result;
    if ((result = find(n, &n->receive, "receive", "v(iiI)"))) return result;
    if ((result = find(n, &n->request, "request", "i(iI)"))) return result;
    if ((result = find(n, &n->tick, "tick", "i(I)"))) return result;
    if ((result = find(n, &n->output, "output", "i()"))) return result;
    return m3_RunStart(n->module);
}

/** Keeps what went wrong in node.error, in words where RAM ran out: NODE_RAM then, else `status`. */
static node_status broken(node *n, M3Result result, node_status status) {
    const char *shortage = engine_shortage(result);
    n->error = shortage ? shortage : result;
    n->short_of_ram = shortage != NULL;
    n->down = true;
    return shortage ? NODE_RAM : status;
}

node_status node_open(node *n, const node_port *port, const uint8_t *wasm, uint32_t size,
                      const node_limits *limits) {
    memset(n, 0, sizeof *n);
    n->port = port;
    if (limits) n->limits = *limits;
    if (n->limits.stack == 0) n->limits.stack = 4096;
    if (n->limits.spare == 0) n->limits.spare = 12288;
    M3Result result = load(n, wasm, size);
    if (!result) return NODE_OK;
    node_close(n);
    return broken(n, result, NODE_MODULE);
}

void node_close(node *n) {
    engine_free(n->runtime);
    m3_FreeEnvironment(n->environment);
    if (n->has_heap) heap_close();
    n->runtime = NULL, n->environment = NULL, n->module = NULL;
    n->has_heap = false, n->down = true;
}

// ---- code ----

/** Drops all code and links the imports anew, which is code too. */
static M3Result flush(node *n) {
    node_memory peak = node_report(n);
    n->code_peak = peak.code_peak;
    memcpy(n->bank_peak, peak.code_bank, sizeof n->bank_peak);
    n->flushes++;
    engine_flush(n->runtime, n->module);
    return link_all(n);
}

/** Drops all code when it has outgrown its limit. Between calls only. */
static M3Result trim(node *n) {
    if (n->limits.code == 0 || engine_code(n->runtime) <= n->limits.code) return m3Err_none;
    return flush(n);
}

// ---- power ----

/** Where RAM ran out, code goes too: wasm3 may have left a function half made. */
node_status node_restart(node *n) {
    bool drop = n->limits.code > 0 || n->short_of_ram;
    M3Result result = drop ? flush(n) : m3Err_none;
    if (!result) result = engine_restart(n->runtime, n->module, n->start);
    if (result) return broken(n, result, NODE_MODULE);
    n->error = NULL, n->down = false, n->short_of_ram = false;
    return NODE_OK;
}

/** The watchdog's turn. */
static void alive(const node *n) {
    if (n->port->alive) n->port->alive(n->port->self);
}

// ---- effects ----

static uint32_t span(const uint8_t *record) {
    uint32_t length = record[SYNOD_EFFECT_LENGTH] | ((uint32_t)record[SYNOD_EFFECT_LENGTH + 1] << 8);
    return SYNOD_EFFECT_BYTES + ((length + 3) & ~3u);
}

/** Bytes of records at ring, of which `room` exist; UINT32_MAX when they are not a sequence of known records
 * and an end. */
static uint32_t measure(const uint8_t *ring, uint32_t room) {
    uint32_t at = 0;
    for (;;) {
        if (at >= room) return UINT32_MAX;
        uint8_t op = ring[at + SYNOD_EFFECT_OP];
        if (op == SYNOD_EFFECT_END) return at;
        if (op > SYNOD_EFFECT_RESET || room - at < SYNOD_EFFECT_BYTES) return UINT32_MAX;
        if (op == SYNOD_EFFECT_ACT && span(ring + at) != SYNOD_EFFECT_BYTES + 8) return UINT32_MAX;
        at += span(ring + at); // past room: refused at the top
    }
}

static node_status perform(node *n, const uint8_t *record) {
    const node_port *port = n->port;
    uint32_t a = record[SYNOD_EFFECT_A], b = load32(record + SYNOD_EFFECT_B);
    uint32_t length = record[SYNOD_EFFECT_LENGTH] | ((uint32_t)record[SYNOD_EFFECT_LENGTH + 1] << 8);
    const uint8_t *bytes = record + SYNOD_EFFECT_BYTES;
    switch (record[SYNOD_EFFECT_OP]) {
    case SYNOD_EFFECT_STORE: return port->store(port->self, a, b, bytes, length) ? NODE_OK : NODE_STORE;
    case SYNOD_EFFECT_ERASE: return port->erase(port->self, a, b) ? NODE_OK : NODE_STORE;
    case SYNOD_EFFECT_SEND: port->send(port->self, a, b, bytes, length); return NODE_OK;
    case SYNOD_EFFECT_ACT:
        port->act(port->self, a, (int64_t)(load32(bytes) | ((uint64_t)load32(bytes + 4) << 32)));
        return NODE_OK;
    case SYNOD_EFFECT_EVENT: port->event(port->self, a, bytes, length); return NODE_OK;
    default: port->reset(port->self, b); return NODE_RESET;
    }
}

/** The call counts as trapped: nothing of it is carried out. */
static node_status undone(node *n, uint8_t call, M3Result result, node_status status) {
    if (n->trace) trace_call(n->trace, call, TRACE_TRAPPED, NULL, 0);
    status = broken(n, result, status);
    if (n->box) box_end(n->box, n->error);
    return status;
}

/** Carries out what the last call left in the ring, and adds the call to the trace. */
static node_status drain(node *n, uint8_t call) {
    uint32_t size, at = 0;
    const uint8_t *memory = engine_memory(n->runtime, n->module, &size);
    M3Result result = invoke(n->output);
    if (!result) result = m3_GetResultsV(n->output, &at);
    if (result) return undone(n, call, result, NODE_RING);
    uint32_t total = at > size ? UINT32_MAX : measure(memory + at, size - at);
    if (total == UINT32_MAX)
        return undone(n, call, "the effect ring is not a sequence of records", NODE_RING);
    if (n->trace) trace_call(n->trace, call, n->value, memory + at, total);
    if (n->box) box_end(n->box, NULL);
    node_status status = NODE_OK;
    for (const uint8_t *p = memory + at, *end = p + total; p < end && status == NODE_OK; p += span(p)) {
        alive(n);
        status = perform(n, p);
    }
    n->down = status != NODE_OK;
    return status;
}

/** What follows every call of the device: its result is fetched and its ring drained, or the trap is kept. */
static node_status finish(node *n, uint8_t call, IM3Function function, M3Result result) {
    n->error = NULL, n->value = 0;
    if (!result && m3_GetRetCount(function) == 1) result = m3_GetResultsV(function, &n->value);
    node_status status = result ? undone(n, call, result, NODE_TRAP) : drain(n, call);
    if ((result = trim(n)) && status == NODE_OK) status = broken(n, result, NODE_TRAP);
    alive(n);
    return status;
}

// ---- calls ----

/** Where the next input goes; NULL, and why in *result, when there is no such place. */
static uint8_t *find_input(node *n, M3Result *result) {
    uint32_t at = 0;
    *result = invoke(n->input);
    if (!*result) *result = m3_GetResultsV(n->input, &at);
    uint8_t *to = *result ? NULL : range(n->runtime, n->module, at, SYNOD_LAYOUT_INPUT_MAX);
    if (!to && !*result) *result = "input() lies outside memory";
    return to;
}

uint8_t *node_input(node *n) {
    M3Result result;
    return n->down ? NULL : find_input(n, &result);
}

/** Puts an input where the device looks for it: *bytes is there then. */
static node_status put(node *n, const uint8_t **bytes, uint32_t size) {
    M3Result result;
    if (n->down) return NODE_DOWN;
    if (size > SYNOD_LAYOUT_INPUT_MAX) return NODE_INPUT;
    uint8_t *to = find_input(n, &result);
    if (!to) return broken(n, result, NODE_TRAP);
    if (to != *bytes) memmove(to, *bytes, size);
    *bytes = to;
    return NODE_OK;
}

/** A call begins, with its input in place. */
static void begin(node *n, uint8_t call, uint32_t link, uint64_t now, const uint8_t *input, uint32_t size) {
    uint32_t room;
    const uint8_t *memory = engine_memory(n->runtime, n->module, &room);
    alive(n);
    if (n->box) box_begin(n->box, call, link, now, input, size, memory, room);
}

node_status node_boot(node *n, uint64_t now) {
    if (n->down) return NODE_DOWN;
    begin(n, TRACE_BOOT, 0, now, NULL, 0);
    return finish(n, TRACE_BOOT, n->boot, invoke(n->boot, now));
}

node_status node_receive(node *n, uint32_t link, const uint8_t *frame, uint32_t size, uint64_t now) {
    node_status status = put(n, &frame, size);
    if (status) return status;
    begin(n, TRACE_RECEIVE, link, now, frame, size);
    return finish(n, TRACE_RECEIVE, n->receive, invoke(n->receive, link, size, now));
}

node_status node_request(node *n, const uint8_t *request, uint32_t size, uint64_t now) {
    node_status status = put(n, &request, size);
    if (status) return status;
    begin(n, TRACE_REQUEST, 0, now, request, size);
    return finish(n, TRACE_REQUEST, n->request, invoke(n->request, size, now));
}

node_status node_tick(node *n, uint64_t now) {
    if (n->down) return NODE_DOWN;
    begin(n, TRACE_TICK, 0, now, NULL, 0);
    return finish(n, TRACE_TICK, n->tick, invoke(n->tick, now));
}

bool node_dump(const node *n, const char *why, bool (*put)(void *self, const void *p, uint32_t size),
               void *self) {
    uint32_t size;
    if (!n->box || !n->module) return false;
    const uint8_t *memory = engine_memory(n->runtime, n->module, &size);
    return box_dump(n->box, memory, size, why, put, self);
}

// ---- memory ----

void node_native(node *n, node_stack stack) { n->native = stack; }

/** Bytes above the paint. */
static uint32_t depth(node_stack stack) {
    const uint8_t *p = stack.bottom;
    while (p < stack.top && *p == NODE_PAINT) p++;
    return (uint32_t)(stack.top - p);
}

node_memory node_report(const node *n) {
    node_memory m = {0};
    engine_usage u = engine_measure(n->runtime, n->module);
    engine_memory(n->runtime, n->module, &m.linear);
    m.code_peak = u.code > n->code_peak ? u.code : n->code_peak, m.flushes = n->flushes;
    m.code = u.code, m.heap = heap_report();
    for (uint32_t i = 0; i < HEAP_BANKS; i++)
        m.code_bank[i] = u.code_bank[i] > n->bank_peak[i] ? u.code_bank[i] : n->bank_peak[i];
    m.native = (uint32_t)(n->native.top - n->native.bottom), m.native_used = depth(n->native);
    m.stack = n->limits.stack, m.stack_used = engine_stack_used(n->runtime);
    m.functions = u.functions, m.function_ram = u.function_ram, m.compiled = u.compiled;
    return m;
}

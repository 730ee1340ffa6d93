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
    m3ApiReturn(self->port->read(self->port->self, region, offset, to, n));
}

static m3ApiRawFunction(ask_sense) {
    m3ApiReturnType(int64_t);
    m3ApiGetArg(uint32_t, channel);
    const node *self = _ctx->userdata;
    (void)runtime, (void)_mem;
    m3ApiReturn(self->port->sense(self->port->self, channel));
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

static M3Result load(node *n, const uint8_t *wasm, uint32_t size) {
    M3Result result;
    if (!(n->environment = m3_NewEnvironment())) return m3Err_mallocFailed;
    if (!(n->runtime = m3_NewRuntime(n->environment, n->limits.stack + ENGINE_STACK_GUARD, NULL)))
        return m3Err_mallocFailed;
    if (n->limits.arena) engine_arena(n->runtime, n->limits.arena, n->limits.arena_size);
    if ((result = engine_parse(n->environment, &n->module, wasm, size))) return result;
    engine_prepare(n->runtime, n->module);
    n->start = engine_start(n->module);
    if ((result = m3_LoadModule(n->runtime, n->module))) {
        m3_FreeModule(n->module);
        return result;
    }
    n->sandbox.module = n->port->module, n->sandbox.self = n->port->self;
    if ((result = sandbox_open(&n->sandbox, n->runtime, n->module))) return result;
    if ((result = link_all(n))) return result;
    if (!range(n->runtime, n->module, 0, SYNOD_LAYOUT_INPUT_MAX)) return "the module has no memory";
    if ((result = find(n, &n->boot, "boot", "i(I)"))) return result;
    if ((result = find(n, &n->input, "input", "i()"))) return result;
    if ((result = find(n, &n->receive, "receive", "v(iiI)"))) return result;
    if ((result = find(n, &n->request, "request", "i(iI)"))) return result;
    if ((result = find(n, &n->tick, "tick", "i(I)"))) return result;
    if ((result = find(n, &n->output, "output", "i()"))) return result;
    return m3_RunStart(n->module);
}

node_status node_open(node *n, const node_port *port, const uint8_t *wasm, uint32_t size,
                      const node_limits *limits) {
    memset(n, 0, sizeof *n);
    n->port = port;
    if (limits) n->limits = *limits;
    if (n->limits.stack == 0) n->limits.stack = 4096;
    n->error = load(n, wasm, size);
    if (!n->error) return NODE_OK;
    const char *error = n->error;
    node_close(n);
    n->error = error;
    return NODE_MODULE;
}

void node_close(node *n) {
    engine_free(n->runtime, n->limits.arena, n->limits.arena_size);
    m3_FreeEnvironment(n->environment);
    n->runtime = NULL, n->environment = NULL, n->module = NULL;
    n->down = true;
}

// ---- code ----

/** Drops all code and links the imports anew, which is code too. */
static M3Result flush(node *n) {
    node_memory peak = node_report(n);
    n->code_peak = peak.code_peak, n->arena_peak = peak.code_arena;
    n->flushes++;
    engine_flush(n->runtime, n->module);
    return link_all(n);
}

/** Drops all code when it has outgrown its limit. Between calls only. */
static void trim(node *n) {
    if (n->limits.code == 0 || engine_code(n->runtime) <= n->limits.code) return;
    M3Result result = flush(n);
    if (result) n->error = result, n->down = true;
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

// ---- power ----

node_status node_restart(node *n) {
    n->error = n->limits.code > 0 ? flush(n) : NULL;
    if (!n->error) n->error = engine_restart(n->runtime, n->module, n->start);
    n->down = n->error != NULL;
    return n->error ? NODE_MODULE : NODE_OK;
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

/** Carries out what the last call left in the ring, and adds the call to the trace. */
static node_status drain(node *n, uint8_t call) {
    uint32_t size, at = 0;
    const uint8_t *memory = engine_memory(n->runtime, n->module, &size);
    n->error = invoke(n->output);
    if (!n->error) n->error = m3_GetResultsV(n->output, &at);
    uint32_t total = n->error || at > size ? UINT32_MAX : measure(memory + at, size - at);
    if (total == UINT32_MAX) {
        if (!n->error) n->error = "the effect ring is not a sequence of records";
        if (n->trace) trace_call(n->trace, call, TRACE_TRAPPED, memory, 0);
        n->down = true;
        return NODE_RING;
    }
    if (n->trace) trace_call(n->trace, call, n->value, memory + at, total);
    node_status status = NODE_OK;
    for (const uint8_t *p = memory + at, *end = p + total; p < end && status == NODE_OK; p += span(p))
        status = perform(n, p);
    n->down = status != NODE_OK;
    return status;
}

/** What follows every call of the device: its result is fetched and its ring drained, or the trap is kept. */
static node_status finish(node *n, uint8_t call, IM3Function function, M3Result result) {
    n->value = 0;
    if (!result && m3_GetRetCount(function) == 1) result = m3_GetResultsV(function, &n->value);
    node_status status = NODE_TRAP;
    if (!result) status = drain(n, call);
    else {
        n->error = result;
        if (n->trace) trace_call(n->trace, call, TRACE_TRAPPED, NULL, 0);
        n->down = true;
    }
    trim(n);
    return status;
}

// ---- calls ----

uint8_t *node_input(node *n) {
    uint32_t at = 0;
    if (n->down || invoke(n->input) || m3_GetResultsV(n->input, &at)) return NULL;
    return range(n->runtime, n->module, at, SYNOD_LAYOUT_INPUT_MAX);
}

static node_status put(node *n, const uint8_t *bytes, uint32_t size) {
    if (n->down) return NODE_DOWN;
    if (size > SYNOD_LAYOUT_INPUT_MAX) return NODE_INPUT;
    uint8_t *to = node_input(n);
    if (!to) {
        n->error = "input() lies outside memory";
        return NODE_INPUT;
    }
    if (to != bytes) memmove(to, bytes, size);
    return NODE_OK;
}

node_status node_boot(node *n, uint64_t now) {
    if (n->down) return NODE_DOWN;
    return finish(n, TRACE_BOOT, n->boot, invoke(n->boot, now));
}

node_status node_receive(node *n, uint32_t link, const uint8_t *frame, uint32_t size, uint64_t now) {
    node_status status = put(n, frame, size);
    if (status) return status;
    return finish(n, TRACE_RECEIVE, n->receive, invoke(n->receive, link, size, now));
}

node_status node_request(node *n, const uint8_t *request, uint32_t size, uint64_t now) {
    node_status status = put(n, request, size);
    if (status) return status;
    return finish(n, TRACE_REQUEST, n->request, invoke(n->request, size, now));
}

node_status node_tick(node *n, uint64_t now) {
    if (n->down) return NODE_DOWN;
    return finish(n, TRACE_TICK, n->tick, invoke(n->tick, now));
}

node_memory node_report(const node *n) {
    node_memory m = {0};
    engine_usage u = engine_measure(n->runtime, n->module, n->limits.arena, n->limits.arena_size);
    engine_memory(n->runtime, n->module, &m.linear);
    m.code_peak = u.code > n->code_peak ? u.code : n->code_peak, m.flushes = n->flushes;
    m.code = u.code, m.code_heap = u.code_heap,
    m.code_arena = u.code_arena > n->arena_peak ? u.code_arena : n->arena_peak;
    m.stack = n->limits.stack, m.stack_used = engine_stack_used(n->runtime);
    m.functions = u.functions, m.function_ram = u.function_ram, m.compiled = u.compiled;
    return m;
}

// Loading, limiting, running and dropping a contract.
//
// Limits, each of its own: memory by wasm3's memoryLimit; operand stack by its size; native stack by
// m3_Yield, which wasm3 asks at every call; time by the gas that the module's own code counts down; code by
// the shape (shape.h).
//
// Re-entrancy: around a raw function wasm3 moves runtime->stack to the frame under way and restores it. So
// arguments are read before a nested call, which may use that frame, and the result is written after it.

#include "sandbox.h"

#include <stdarg.h>
#include <string.h>

#include "m3_env.h"

#include "abi.h"
#include "engine.h"
#include "shape.h"

/** A contract at work. */
typedef struct contract {
    sandbox *owner;
    IM3Environment environment;
    IM3Runtime runtime;
    IM3Module module;
    uint32_t code; // what it gave to EXIT
} contract;

static const char exited[] = "[trap] the contract is done";

// ---- the native stack ----

/** Below this address no contract may call a function; 0 while none runs. */
static SYNOD_PER_THREAD uintptr_t native_floor;

static uintptr_t here(void) { return (uintptr_t)__builtin_frame_address(0); }

/** What wasm3 calls before each call of a function: stands in for its own, which allows all. */
M3Result m3_Yield(void) { return here() < native_floor ? m3Err_trapStackOverflow : m3Err_none; }

// ---- host calls ----

/** The bytes [p, p+n) of a module's memory, or NULL when they are not all there. */
static uint8_t *range(IM3Runtime runtime, IM3Module module, uint32_t p, uint32_t n) {
    uint32_t size;
    uint8_t *memory = engine_memory(runtime, module, &size);
    return memory && p <= size && n <= size - p ? memory + p : NULL;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/** Calls a function of the device; its result, and arguments as for m3_CallV. No contract's limits hold
 * meanwhile. */
static M3Result call_device(IM3Function function, void *result, ...) {
    va_list arguments;
    uintptr_t before = native_floor;
    native_floor = 0;
    M3Result trap = engine_ready(function);
    va_start(arguments, result);
    if (!trap) trap = m3_CallVL(function, arguments);
    va_end(arguments);
    if (!trap) trap = m3_GetResultsV(function, result);
    native_floor = before;
    return trap;
}

/** Hands n bytes to the device and asks it; its answer goes to the contract's memory at `at`. */
static M3Result ask_device(sandbox *s, uint32_t op, uint8_t *at, uint32_t n, uint32_t room, int64_t *result) {
    uint32_t p = 0;
    M3Result trap = call_device(s->buffer, &p);
    uint8_t *buffer = trap ? NULL : range(s->device, s->firmware, p, SYNOD_CALL_HOST_MAX);
    if (trap) return trap;
    if (!buffer) return m3Err_trapOutOfBoundsMemoryAccess;
    memcpy(buffer, at, n);
    if ((trap = call_device(s->host, result, op, n))) return trap;
    uint32_t length = *result < 0 ? 0 : (uint32_t)(*result >> 32);
    if (length > SYNOD_CALL_HOST_MAX) return m3Err_trapOutOfBoundsMemoryAccess;
    memcpy(at, buffer, smaller(length, room));
    return m3Err_none;
}

static m3ApiRawFunction(ask_host) {
    m3ApiReturnType(int64_t);
    m3ApiGetArg(uint32_t, op);
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    m3ApiGetArg(uint32_t, room);
    contract *c = _ctx->userdata;
    (void)_mem;
    if (op == SYNOD_CALL_EXIT) {
        c->code = p;
        m3ApiTrap(exited);
    }
    uint8_t *at = range(runtime, c->module, p, n > room ? n : room);
    if (!at || n > SYNOD_CALL_HOST_MAX) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    int64_t result = 0;
    if ((c->owner->trap = ask_device(c->owner, op, at, n, room, &result))) m3ApiTrap(c->owner->trap);
    m3ApiReturn(result);
}

// ---- loading ----

/** Grants a module less memory than the page it declares. False: how this wasm3 is told is not known. */
static bool limit_memory(IM3Runtime runtime, uint32_t bytes) {
#if M3_VERSION_MINOR < 9
    runtime->memoryLimit = bytes;
    return true;
#else
    (void)runtime, (void)bytes;
    return false;
#endif
}

/** The global that the head names, or NULL when it is none that the sandbox may set. */
static M3Global *counter(IM3Module module, uint8_t index) {
    M3Global *g = index < module->numGlobals ? &module->globals[index] : NULL;
    return g && g->type == c_m3Type_i32 && g->isMutable && !g->imported ? g : NULL;
}

/** What the head says of the module is true of it. */
static bool matches(IM3Module module, const uint8_t *head) {
    uint8_t run = head[SYNOD_CALL_HEAD_RUN], depth = head[SYNOD_CALL_HEAD_DEPTH];
    if (run < module->numFuncImports || run >= module->numFunctions) return false;
    IM3Function f = &module->functions[run];
    return m3_GetArgCount(f) == 1 && m3_GetArgType(f, 0) == c_m3Type_i32 && m3_GetRetCount(f) == 1 &&
           m3_GetRetType(f, 0) == c_m3Type_i32 && counter(module, head[SYNOD_CALL_HEAD_GAS]) &&
           (depth == SYNOD_CALL_NONE || counter(module, depth));
}

/** Every function is compiled now, so that none can fail to in the middle. */
static M3Result compile(IM3Module module) {
    M3Result result = m3Err_none;
    for (uint32_t i = 0; i < module->numFunctions && !result; i++)
        if (module->functions[i].wasm) result = engine_ready(&module->functions[i]);
        else if (i >= module->numFuncImports) result = m3Err_wasmMalformed;
    return result;
}

static M3Result load(contract *c, const uint8_t *code, uint32_t length) {
    M3Result result;
    IM3Module module;
    if (!(c->environment = m3_NewEnvironment())) return m3Err_mallocFailed;
    if (!(c->runtime = m3_NewRuntime(c->environment, SANDBOX_STACK + ENGINE_STACK_GUARD, NULL)))
        return m3Err_mallocFailed;
    if ((result = m3_ParseModule(c->environment, &module, code + SYNOD_CALL_HEAD, length - SYNOD_CALL_HEAD)))
        return result;
    engine_prepare(c->runtime, module);
    if (!limit_memory(c->runtime, code[SYNOD_CALL_HEAD_MEMORY] * 1024u) || !matches(module, code))
        result = m3Err_wasmMalformed;
    if (result || (result = m3_LoadModule(c->runtime, module))) {
        m3_FreeModule(module);
        return result;
    }
    c->module = module; // the runtime frees it from now on
    if (module->numFuncImports > 0)
        result = m3_LinkRawFunctionEx(module, "synod", "host", "I(iiii)", ask_host, c);
    return result ? result : compile(module);
}

// ---- running ----

static uint32_t status_of_trap(M3Result trap) {
    if (trap == m3Err_trapOutOfBoundsMemoryAccess) return SYNOD_CALL_OUT_OF_BOUNDS;
    if (trap == m3Err_trapDivisionByZero) return SYNOD_CALL_DIVIDED_BY_ZERO;
    if (trap == m3Err_trapIntegerOverflow) return SYNOD_CALL_DIVIDE_OVERFLOW;
    if (trap == m3Err_trapStackOverflow) return SYNOD_CALL_TOO_DEEP;
    if (trap == m3Err_trapIndirectCallTypeMismatch || trap == m3Err_trapTableIndexOutOfRange ||
        trap == m3Err_trapTableElementIsNull)
        return SYNOD_CALL_INDIRECT;
    return SYNOD_CALL_UNREACHABLE;
}

/** Runs a loaded contract; its status, and the gas it used. */
static uint32_t run(contract *c, const uint8_t *head, uint32_t n, uint32_t gas, uint32_t *used) {
    const M3Global *depth = counter(c->module, head[SYNOD_CALL_HEAD_DEPTH]);
    M3Global *left = counter(c->module, head[SYNOD_CALL_HEAD_GAS]);
    IM3Function function = &c->module->functions[head[SYNOD_CALL_HEAD_RUN]];
    uintptr_t before = native_floor, floor = here() - SANDBOX_NATIVE;
    gas = smaller(gas, SYNOD_CALL_GAS_MAX);
    left->i32Value = (int32_t)gas;
    native_floor = floor;
    M3Result trap = m3_CallV(function, n);
    native_floor = before;
    if (!trap) trap = m3_GetResultsV(function, &c->code);
    else if (trap == exited) trap = m3Err_none;
    uint32_t status = trap ? status_of_trap(trap) : smaller(c->code, SYNOD_CALL_REFUSED);
    if (status == SYNOD_CALL_UNREACHABLE && left->i32Value < 0) status = SYNOD_CALL_OUT_OF_GAS;
    else if (status == SYNOD_CALL_UNREACHABLE && depth && depth->i32Value < 0) status = SYNOD_CALL_TOO_DEEP;
    bool all = status == SYNOD_CALL_OUT_OF_GAS || status == SYNOD_CALL_TOO_DEEP || left->i32Value < 0;
    *used = all ? gas : gas - smaller((uint32_t)left->i32Value, gas);
    return status;
}

/** Loads, runs and drops the contract at code. */
static uint32_t attempt(sandbox *s, const uint8_t *code, uint32_t length, const uint8_t *input, uint32_t n,
                        uint32_t gas, uint32_t *used) {
    contract c = {.owner = s};
    uint32_t status;
    M3Result why = load(&c, code, length);
    if (!why) {
        memcpy(range(c.runtime, c.module, 0, n), input, n);
        status = run(&c, code, n, gas, used);
    } else if (why == m3Err_mallocFailed || why == m3Err_mallocFailedCodePage) status = SYNOD_CALL_NO_ROOM;
    else status = SYNOD_CALL_MALFORMED;
    engine_free(c.runtime);
    m3_FreeEnvironment(c.environment);
    return status;
}

static uint32_t call(sandbox *s, uint32_t code, uint32_t length, const uint8_t *input, uint32_t n,
                     uint32_t gas, uint32_t *used) {
    if (!s->host || !s->buffer) return SYNOD_CALL_ABSENT;
    if (s->nested == SYNOD_CALL_NESTED) return SYNOD_CALL_NESTED_TOO_DEEP;
    if (length > SYNOD_CALL_CODE_MAX) return SYNOD_CALL_MALFORMED;
    const uint8_t *stored = s->module ? s->module(s->self, code, length) : NULL;
    if (!stored) return SYNOD_CALL_ABSENT;
    if (!shape_holds(stored, length)) return SYNOD_CALL_MALFORMED;
    if (n > SYNOD_CALL_INPUT_MAX) return SYNOD_CALL_INPUT_LONG;
    s->nested++;
    uint32_t status = attempt(s, stored, length, input, n, gas, used);
    s->nested--;
    return status;
}

static m3ApiRawFunction(ask_call) {
    m3ApiReturnType(int64_t);
    m3ApiGetArg(uint32_t, code);
    m3ApiGetArg(uint32_t, length);
    m3ApiGetArg(uint32_t, input);
    m3ApiGetArg(uint32_t, n);
    m3ApiGetArg(uint32_t, gas);
    sandbox *s = _ctx->userdata;
    const uint8_t *from = range(runtime, s->firmware, input, n);
    uint32_t used = 0;
    (void)_mem;
    if (!from) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    uint32_t status = call(s, code, length, from, n, gas, &used);
    M3Result trap = s->trap;
    s->trap = NULL;
    if (trap) m3ApiTrap(trap);
    m3ApiReturn((int64_t)(((uint64_t)used << 32) | status));
}

// ---- the device ----

static bool takes(IM3Function f, uint32_t arguments, M3ValueType result) {
    bool right = m3_GetArgCount(f) == arguments && m3_GetRetCount(f) == 1 && m3_GetRetType(f, 0) == result;
    for (uint32_t i = 0; i < arguments; i++) right = right && m3_GetArgType(f, i) == c_m3Type_i32;
    return right;
}

M3Result sandbox_open(sandbox *s, IM3Runtime device, IM3Module firmware) {
    M3Result result;
    s->device = device, s->firmware = firmware;
    if ((result = engine_find(&s->host, firmware, "host"))) return result;
    if ((result = engine_find(&s->buffer, firmware, "hostBuffer"))) return result;
    bool right =
        (!s->host || takes(s->host, 2, c_m3Type_i64)) && (!s->buffer || takes(s->buffer, 0, c_m3Type_i32));
    return right ? m3Err_none : "an export of the ABI has another type";
}

M3Result sandbox_link(sandbox *s) {
    s->nested = 0, s->trap = NULL;
    M3Result result = m3_LinkRawFunctionEx(s->firmware, SYNOD_IMPORT_MODULE, SYNOD_IMPORT_CALL, ask_call, s);
    return result == m3Err_functionLookupFailed ? m3Err_none : result;
}

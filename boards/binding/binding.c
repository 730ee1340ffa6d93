// wasm3 inside Node: a Node-API addon. host/device/wasm3.ts is its only user and the place to read about its
// use.
//
//   open(bytes, imports, stackBytes, stored) -> handle     imports: [[module, name, type as in "i(iI)",
//   function], ...]
//                                                  stored: (offset, n) -> stored contracts, a Uint8Array, or
//                                                  null
//   find(handle, name) -> number                   an exported function, for call; -1 when there is none
//   call(handle, number, ...arguments)             number or bigint each; i32 gives a number, i64 a bigint
//   memory(handle) -> ArrayBuffer                  linear memory itself, no copy; detached by close
//   usage(handle) -> {code, codePages, stack, functions, compiled}
//   close(handle)
//   wasm3, compiler                                what this addon was built from
//
// A trap throws an Error with wasm3's message. An import that throws passes its exception through.
// Rule: an instance is freed when its handle and its ArrayBuffer are both unreachable, or on close; never
// before.

#include <stdlib.h>
#include <string.h>

#include <node_api.h>

#include "abi.h"
#include "engine.h"
#include "sandbox.h"

#define MAX_IMPORTS 16
#define MAX_FOUND 1024

typedef struct import {
    struct instance *owner;
    napi_ref function;
    uint8_t arguments; // how many
    char types[ENGINE_ARGUMENTS];
    char result;
} import;

typedef struct instance {
    napi_env env;
    IM3Environment environment;
    IM3Runtime runtime;
    IM3Module module;
    uint8_t *wasm;
    uint8_t *memory;
    uint32_t memory_size;
    napi_ref buffer; // the ArrayBuffer, weakly
    int users;       // handle and ArrayBuffer
    int depth;       // calls under way: an import may call back
    uint32_t imports, found;
    sandbox contracts;
    napi_ref stored;                    // who gives their bytes
    uint8_t *copies[SYNOD_CALL_NESTED]; // of those at work
import import[MAX_IMPORTS];
    IM3Function function[MAX_FOUND];
} instance;

static napi_value fail(napi_env env, const char *message) {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) napi_throw_error(env, NULL, message);
    return NULL;
}

// ---- life ----

/** Frees what wasm3 holds. The struct itself stays until both finalizers have run. */
static void release(instance *i) {
    engine_free(i->runtime);
    m3_FreeEnvironment(i->environment);
    free(i->wasm);
    for (uint32_t k = 0; k < SYNOD_CALL_NESTED; k++) free(i->copies[k]), i->copies[k] = NULL;
    i->runtime = NULL, i->environment = NULL, i->module = NULL, i->wasm = NULL, i->memory = NULL;
}

static void drop_references(napi_env env, instance *i) {
    for (uint32_t k = 0; k < i->imports; k++) napi_delete_reference(env, i->import[k].function);
    i->imports = 0;
    if (i->stored) napi_delete_reference(env, i->stored);
    i->stored = NULL;
    if (i->buffer) napi_delete_reference(env, i->buffer);
    i->buffer = NULL;
}

static void leave(instance *i) {
    if (--i->users > 0) return;
    release(i);
    free(i);
}

static void handle_gone(napi_env env, void *data, void *hint) {
    (void)hint;
    drop_references(env, data);
    leave(data);
}

static void buffer_gone(napi_env env, void *data, void *hint) {
    (void)env, (void)data;
    leave(hint);
}

// ---- values ----

/** Stores a JavaScript number or bigint as a wasm value of type 'i' or 'I'. */
static bool to_wasm(napi_env env, napi_value value, char type, uint64_t *slot) {
    napi_valuetype kind;
    bool lossless;
    int64_t wide = 0;
    if (napi_typeof(env, value, &kind) != napi_ok) return false;
    if (kind == napi_bigint) napi_get_value_bigint_int64(env, value, &wide, &lossless);
    else if (kind == napi_boolean) {
        bool truth;
        napi_get_value_bool(env, value, &truth);
        wide = truth;
    } else if (kind != napi_number) return false;
    else if (type == 'i') {
        int32_t narrow; // as wasm does: the low 32 bits
        napi_get_value_int32(env, value, &narrow);
        wide = narrow;
    } else napi_get_value_int64(env, value, &wide);
    if (type == 'i') *(int32_t *)slot = (int32_t)wide;
    else *(int64_t *)slot = wide;
    return true;
}

static napi_value to_js(napi_env env, char type, const uint64_t *slot) {
    napi_value value = NULL;
    if (type == 'i') napi_create_int32(env, *(const int32_t *)slot, &value);
    else if (type == 'I') napi_create_bigint_int64(env, *(const int64_t *)slot, &value);
    else napi_get_undefined(env, &value);
    return value;
}

static char letter(M3ValueType type) { return type == c_m3Type_i32 ? 'i' : type == c_m3Type_i64 ? 'I' : '?'; }

// ---- imports ----

/** What wasm3 calls when the module calls an import: arguments are read first, the result is written last. */
static const void *ask(IM3Runtime runtime, IM3ImportContext context, uint64_t *sp, void *memory) {
    static const char *const threw = "[trap] an import threw";
    const import *m = context->userdata;
    napi_env env = m->owner->env;
    uint64_t *results = sp, *arguments = sp + (m->result == 'v' ? 0 : 1);
    napi_value function, receiver, result = NULL, values[ENGINE_ARGUMENTS];
    napi_handle_scope scope;
    (void)runtime, (void)memory;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return threw;
    for (uint8_t k = 0; k < m->arguments; k++) values[k] = to_js(env, m->types[k], arguments + k);
    napi_get_undefined(env, &receiver);
    const char *trap = NULL;
    if (napi_get_reference_value(env, m->function, &function) != napi_ok || !function)
        trap = "[trap] an import is gone";
    else if (napi_call_function(env, receiver, function, m->arguments, values, &result) != napi_ok)
        trap = threw;
    else if (m->result != 'v' && !to_wasm(env, result, m->result, results)) {
        fail(env, "an import returned neither number nor bigint");
        trap = threw;
    }
    napi_close_handle_scope(env, scope);
    return trap;
}

/** Copies the bytes of a Uint8Array of n; NULL when it is something else. */
static uint8_t *copy(napi_env env, napi_value array, uint32_t n) {
    bool typed = false;
    size_t length;
    void *bytes;
    napi_typedarray_type kind;
    napi_is_typedarray(env, array, &typed);
    if (!typed) return NULL;
    napi_get_typedarray_info(env, array, &kind, &length, &bytes, NULL, NULL);
    uint8_t *out = kind == napi_uint8_array && length == n ? malloc(n ? n : 1) : NULL;
    if (out && n > 0) memcpy(out, bytes, n);
    return out;
}

/** Stored contracts for the sandbox. What the function throws is thrown when the call has ended. */
static const uint8_t *stored(void *self, uint32_t offset, uint32_t n) {
    instance *i = self;
    uint8_t **to = &i->copies[i->contracts.nested];
    napi_value function, receiver, result, values[2];
    napi_handle_scope scope;
    if (napi_open_handle_scope(i->env, &scope) != napi_ok) return NULL;
    free(*to), *to = NULL;
    napi_create_uint32(i->env, offset, &values[0]), napi_create_uint32(i->env, n, &values[1]);
    napi_get_undefined(i->env, &receiver);
    if (napi_get_reference_value(i->env, i->stored, &function) == napi_ok && function &&
        napi_call_function(i->env, receiver, function, 2, values, &result) == napi_ok)
        *to = copy(i->env, result, n);
    napi_close_handle_scope(i->env, scope);
    return *to;
}

/** Splits a type as "i(iI)" into m. */
static bool parse_type(import *m, const char *text) {
    m->result = text[0];
    if (!m->result || !strchr("viI", m->result) || text[1] != '(') return false;
    for (text += 2; *text == 'i' || *text == 'I'; text++) {
        if (m->arguments == ENGINE_ARGUMENTS) return false;
        m->types[m->arguments++] = *text;
    }
    return text[0] == ')' && text[1] == 0;
}

static const char *link_import(napi_env env, instance *i, napi_value entry) {
    char text[3][64];
    napi_value part;
    import *m = &i->import[i->imports];
    for (uint32_t k = 0; k < 3; k++) {
        size_t length;
        if (napi_get_element(env, entry, k, &part) != napi_ok ||
            napi_get_value_string_utf8(env, part, text[k], sizeof text[k], &length) != napi_ok)
            return "an import is [module, name, type, function]";
    }
    memset(m, 0, sizeof *m);
    m->owner = i;
    if (!parse_type(m, text[2])) return "a type of an import is written as in \"i(iI)\"";
    if (napi_get_element(env, entry, 3, &part) != napi_ok ||
        napi_create_reference(env, part, 0, &m->function) != napi_ok)
        return "an import needs a function";
    i->imports++;
    M3Result result = m3_LinkRawFunctionEx(i->module, text[0], text[1], text[2], ask, m);
    return result == m3Err_functionLookupFailed ? NULL : result; // compilers drop what nothing calls
}

// ---- open ----

static const char *load(napi_env env, instance *i, const void *bytes, size_t size, napi_value imports,
                        uint32_t stack, napi_value modules) {
    uint32_t count = 0;
    M3Result result;
    napi_value entry;
    if (!(i->wasm = malloc(size ? size : 1))) return m3Err_mallocFailed;
    memcpy(i->wasm, bytes, size);
    if (!(i->environment = m3_NewEnvironment())) return m3Err_mallocFailed;
    if (!(i->runtime = m3_NewRuntime(i->environment, stack + ENGINE_STACK_GUARD, NULL)))
        return m3Err_mallocFailed;
    if ((result = engine_parse(i->environment, &i->module, i->wasm, (uint32_t)size))) return result;
    engine_prepare(i->runtime, i->module);
    if ((result = m3_LoadModule(i->runtime, i->module))) {
        m3_FreeModule(i->module);
        return result;
    }
    if (napi_get_array_length(env, imports, &count) != napi_ok || count > MAX_IMPORTS)
        return "at most 16 imports";
    for (uint32_t k = 0; k < count; k++) {
        napi_get_element(env, imports, k, &entry);
        if ((result = link_import(env, i, entry))) return result;
    }
    if (napi_create_reference(env, modules, 0, &i->stored) != napi_ok)
        return "stored contracts come from a function";
    i->contracts.module = stored, i->contracts.self = i;
    if ((result = sandbox_open(&i->contracts, i->runtime, i->module))) return result;
    if ((result = sandbox_link(&i->contracts))) return result;
    if ((result = m3_RunStart(i->module))) return result; // as WebAssembly.Instance does
    i->memory = engine_memory(i->runtime, i->module, &i->memory_size);
    return i->memory ? NULL : "the module has no memory";
}

static napi_value open_module(napi_env env, napi_callback_info info) {
    size_t argc = 4, size;
    napi_value argv[4], handle, buffer;
    void *bytes;
    uint32_t stack;
    bool typed = false;
    napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
    if (argc == 4) napi_is_typedarray(env, argv[0], &typed);
    if (!typed || napi_get_value_uint32(env, argv[2], &stack) != napi_ok)
        return fail(env, "open(bytes, imports, stackBytes, stored)");
    napi_typedarray_type kind;
    napi_get_typedarray_info(env, argv[0], &kind, &size, &bytes, NULL, NULL);
    if (kind != napi_uint8_array) return fail(env, "a module is a Uint8Array");
    instance *i = calloc(1, sizeof *i);
    if (!i) return fail(env, m3Err_mallocFailed);
    i->env = env;
    const char *error = load(env, i, bytes, size, argv[1], stack, argv[3]);
    if (error) {
        drop_references(env, i);
        release(i);
        free(i);
        return fail(env, error);
    }
    i->users = 2;
    if (napi_create_external_arraybuffer(env, i->memory, i->memory_size, buffer_gone, i, &buffer) !=
            napi_ok ||
        napi_create_reference(env, buffer, 0, &i->buffer) != napi_ok ||
        napi_create_external(env, i, handle_gone, NULL, &handle) != napi_ok)
        return fail(env, "this Node gives no external memory");
    return handle;
}

// ---- use ----

/** The instance behind the first of at most *argc arguments, or NULL with an exception. */
static instance *self(napi_env env, napi_callback_info info, size_t *argc, napi_value *argv) {
    void *data = NULL;
    napi_get_cb_info(env, info, argc, argv, NULL, NULL);
    if (*argc < 1 || napi_get_value_external(env, argv[0], &data) != napi_ok || !data) {
        fail(env, "the first argument is a handle from open");
        return NULL;
    }
    instance *i = data;
    if (!i->runtime) {
        fail(env, "the module was closed");
        return NULL;
    }
    return i;
}

static napi_value find(napi_env env, napi_callback_info info) {
    size_t argc = 2, length;
    napi_value argv[2], number;
    char name[256];
    IM3Function function;
    instance *i = self(env, info, &argc, argv);
    if (!i) return NULL;
    if (argc < 2 || napi_get_value_string_utf8(env, argv[1], name, sizeof name, &length) != napi_ok)
        return fail(env, "find(handle, name)");
    M3Result result = engine_find(&function, i->module, name);
    if (!result && function) result = engine_ready(function);
    if (result) return fail(env, result);
    if (function && i->found == MAX_FOUND) return fail(env, "too many functions looked up");
    if (function && m3_GetArgCount(function) > ENGINE_ARGUMENTS) return fail(env, "too many parameters");
    if (function) i->function[i->found] = function;
    napi_create_int32(env, function ? (int32_t)i->found++ : -1, &number);
    return number;
}

static napi_value call(napi_env env, napi_callback_info info) {
    size_t argc = 2 + ENGINE_ARGUMENTS;
    napi_value argv[2 + ENGINE_ARGUMENTS];
    uint64_t values[ENGINE_ARGUMENTS], result = 0;
    const void *pointers[ENGINE_ARGUMENTS], *out[1] = {&result};
    uint32_t number, size;
    instance *i = self(env, info, &argc, argv);
    if (!i) return NULL;
    if (argc < 2 || napi_get_value_uint32(env, argv[1], &number) != napi_ok || number >= i->found)
        return fail(env, "call(handle, number from find, ...arguments)");
    IM3Function function = i->function[number];
    uint32_t count = m3_GetArgCount(function);
    for (uint32_t k = 0; k < count; k++) {
        values[k] = 0; // as in JavaScript, a missing argument is 0
        if (k + 2 < argc && !to_wasm(env, argv[k + 2], letter(m3_GetArgType(function, k)), values + k))
            return fail(env, "arguments are numbers and bigints");
        pointers[k] = values + k;
    }
    i->depth++;
    M3Result trap = m3_Call(function, count, pointers);
    i->depth--;
    if (!trap && m3_GetRetCount(function) == 1) trap = m3_GetResults(function, 1, out);
    bool threw = false; // who gives stored contracts did, and the device went on without them
    napi_is_exception_pending(env, &threw);
    if (trap || threw) return fail(env, trap ? trap : "");
    if (engine_memory(i->runtime, i->module, &size) != i->memory || size != i->memory_size)
        napi_fatal_error("wasm3 binding", NAPI_AUTO_LENGTH, "a module moved its memory", NAPI_AUTO_LENGTH);
    return to_js(env, m3_GetRetCount(function) ? letter(m3_GetRetType(function, 0)) : 'v', &result);
}

static napi_value memory(napi_env env, napi_callback_info info) {
    size_t argc = 1;
    napi_value argv[1], buffer = NULL;
    const instance *i = self(env, info, &argc, argv);
    if (i) napi_get_reference_value(env, i->buffer, &buffer);
    return buffer;
}

static napi_value usage(napi_env env, napi_callback_info info) {
    size_t argc = 1;
    napi_value argv[1], object, number;
    const instance *i = self(env, info, &argc, argv);
    if (!i) return NULL;
    engine_usage u = engine_measure(i->runtime, i->module);
    const struct {
        const char *name;
        uint32_t value;
    } fields[] = {{"code", u.code},
                  {"codePages", u.code_bank[0]},
                  {"stack", engine_stack_used(i->runtime)},
                  {"functions", u.functions},
                  {"compiled", u.compiled}};
    napi_create_object(env, &object);
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        napi_create_uint32(env, fields[k].value, &number);
        napi_set_named_property(env, object, fields[k].name, number);
    }
    return object;
}

static napi_value close_module(napi_env env, napi_callback_info info) {
    size_t argc = 1;
    napi_value argv[1], buffer;
    void *data = NULL;
    napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
    if (argc < 1 || napi_get_value_external(env, argv[0], &data) != napi_ok || !data)
        return fail(env, "close(handle)");
    instance *i = data;
    if (!i->runtime) return NULL;
    if (i->depth > 0) return fail(env, "a module cannot be closed while it runs");
    if (napi_get_reference_value(env, i->buffer, &buffer) == napi_ok && buffer)
        napi_detach_arraybuffer(env, buffer);
    drop_references(env, i);
    release(i);
    return NULL;
}

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

NAPI_MODULE_INIT() {
    const struct {
        const char *name;
        napi_callback function;
    } functions[] = {{"open", open_module}, {"find", find},   {"call", call},
                     {"memory", memory},    {"usage", usage}, {"close", close_module}};
    napi_value value;
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        napi_create_function(env, functions[k].name, NAPI_AUTO_LENGTH, functions[k].function, NULL, &value);
        napi_set_named_property(env, exports, functions[k].name, value);
    }
    napi_create_string_utf8(env, M3_VERSION, NAPI_AUTO_LENGTH, &value);
    napi_set_named_property(env, exports, "wasm3", value);
    napi_create_string_utf8(env, COMPILER, NAPI_AUTO_LENGTH, &value);
    napi_set_named_property(env, exports, "compiler", value);
    return exports;
}

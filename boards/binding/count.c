// Calls an export of a module again and again, so that a counter around this process tells what one call
// costs.
//
//   count MODULE.wasm REPEATS [write:ADDRESS:HEX | call:NAME[:ARGUMENT...]]... -- NAME [ARGUMENT...]
//
// Prints `result N` of the last call, and with COUNT_OPS `op NAME N` for the wasm3 operations of all repeats
// together. tools/count.ts runs it under valgrind with two repeat counts; their difference is free of
// start-up and compilation.
//
// Rule: imports answer the same in every run: entropy counts up, flash is absent, sensors have nothing new,
// nothing is offered.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#ifdef COUNT_OPS
#include "ops.h"
#endif

static _Noreturn void die(const char *what, const char *which) {
    fprintf(stderr, "count: %s: %s\n", what, which);
    exit(1);
}

static m3ApiRawFunction(entropy) {
    static uint8_t counter;
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    uint32_t size;
    uint8_t *memory = engine_memory(runtime, m3_GetFunctionModule(_ctx->function), &size);
    (void)_mem;
    if (p > size || n > size - p) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    for (uint32_t i = 0; i < n; i++) memory[p + i] = counter++;
    m3ApiSuccess();
}

/** Flash holds what keep: put there; any region is it. */
static uint8_t flash[65536];
static uint32_t flash_size;

static m3ApiRawFunction(read_flash) {
    m3ApiReturnType(int32_t);
    m3ApiGetArg(uint32_t, region);
    m3ApiGetArg(uint32_t, offset);
    m3ApiGetArg(uint32_t, p);
    m3ApiGetArg(uint32_t, n);
    uint32_t size;
    uint8_t *memory = engine_memory(runtime, m3_GetFunctionModule(_ctx->function), &size);
    (void)_mem, (void)region;
    if (p > size || n > size - p) m3ApiTrap(m3Err_trapOutOfBoundsMemoryAccess);
    if (offset > flash_size || n > flash_size - offset) m3ApiReturn(-1);
    memcpy(memory + p, flash + offset, n);
    m3ApiReturn(0);
}

static m3ApiRawFunction(no_sensor) {
    m3ApiReturnType(int64_t);
    (void)runtime, (void)_ctx, (void)_mem;
    m3ApiReturn(INT64_MIN);
}

static m3ApiRawFunction(nothing_offered) {
    m3ApiReturnType(int32_t);
    (void)runtime, (void)_ctx, (void)_mem;
    m3ApiReturn(0);
}

static uint8_t *read_file(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) die("cannot read", path);
    long length = ftell(file);
    uint8_t *bytes = malloc(length > 0 ? (size_t)length : 1);
    rewind(file);
    if (length < 0 || !bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length)
        die("cannot read", path);
    fclose(file);
    *size = (uint32_t)length;
    return bytes;
}

static IM3Function find(IM3Module module, const char *name) {
    IM3Function function;
    M3Result result = engine_find(&function, module, name);
    if (!result && !function) die("the module does not export", name);
    if (!result) result = engine_ready(function);
    if (result) die(name, result);
    return function;
}

/** Calls function with `count` arguments in decimal or 0x; returns its result, 0 when it has none. */
static int64_t call(IM3Function function, uint32_t count, char **arguments) {
    uint64_t values[ENGINE_ARGUMENTS], result = 0;
    const void *pointers[ENGINE_ARGUMENTS], *out[1] = {&result};
    const char *name = m3_GetFunctionName(function);
    if (count != m3_GetArgCount(function) || count > ENGINE_ARGUMENTS)
        die("wrong number of arguments for", name);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = arguments[i][0] == '-' ? (uint64_t)strtoll(arguments[i], NULL, 0)
                                           : strtoull(arguments[i], NULL, 0);
        pointers[i] = &values[i];
    }
    M3Result trap = m3_Call(function, count, pointers);
    if (trap) die(name, trap);
    if (m3_GetRetCount(function) == 1) m3_GetResults(function, 1, out);
    return m3_GetRetCount(function) && m3_GetRetType(function, 0) == c_m3Type_i32 ? (int32_t)result
                                                                                  : (int64_t)result;
}

/** write:ADDRESS:HEX */
static void write_bytes(uint8_t *memory, uint32_t size, char *text) {
    uint64_t at = strtoull(strtok(text, ":"), NULL, 0);
    const char *hex = strtok(NULL, ":");
    size_t n = hex ? strlen(hex) / 2 : 0;
    if (at > size || n > size - at) die("outside memory", text);
    for (size_t i = 0; i < n; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) die("not hexadecimal", hex);
        memory[at + i] = (uint8_t)byte;
    }
}

/** keep:ADDRESS:N */
static void keep(const uint8_t *memory, uint32_t size, char *text) {
    uint64_t at = strtoull(strtok(text, ":"), NULL, 0);
    const char *count = strtok(NULL, ":");
    uint64_t n = count ? strtoull(count, NULL, 0) : 0;
    if (at > size || n > size - at || n > sizeof flash) die("outside memory", text);
    memcpy(flash, memory + at, (size_t)n);
    flash_size = (uint32_t)n;
}

/** call:NAME[:ARGUMENT...] */
static void call_once(IM3Module module, char *text) {
    char *arguments[ENGINE_ARGUMENTS];
    uint32_t count = 0;
    const char *name = strtok(text, ":");
    for (char *a; (a = strtok(NULL, ":"));) {
        if (count == ENGINE_ARGUMENTS) die("too many arguments for", name);
        arguments[count++] = a;
    }
    call(find(module, name), count, arguments);
}

int main(int argc, char **argv) {
    if (argc < 5)
        die("usage", "count MODULE.wasm REPEATS [write:..|keep:..|call:..]... -- NAME [ARGUMENT...]");
    uint32_t size;
    uint8_t *wasm = read_file(argv[1], &size);
    IM3Environment environment = m3_NewEnvironment();
    IM3Runtime runtime = m3_NewRuntime(environment, 8192, NULL);
    IM3Module module;
    M3Result result = engine_parse(environment, &module, wasm, size);
    if (result) die(argv[1], result);
    engine_prepare(runtime, module);
    if ((result = m3_LoadModule(runtime, module))) die(argv[1], result);
    m3_LinkRawFunction(module, "synod", "entropy", "v(ii)", entropy);
    m3_LinkRawFunction(module, "synod", "read", "i(iiii)", read_flash);
    m3_LinkRawFunction(module, "synod", "sense", "I(i)", no_sensor);
    m3_LinkRawFunction(module, "synod", "accelerate", "i(ii)", nothing_offered);

    uint32_t memory_size;
    uint8_t *memory = engine_memory(runtime, module, &memory_size);
    int at = 3;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strncmp(argv[at], "write:", 6) == 0) write_bytes(memory, memory_size, argv[at] + 6);
        else if (strncmp(argv[at], "keep:", 5) == 0) keep(memory, memory_size, argv[at] + 5);
        else if (strncmp(argv[at], "call:", 5) == 0) call_once(module, argv[at] + 5);
        else die("neither write:, keep: nor call:", argv[at]);
    }
    if (at + 1 >= argc) die("missing", "-- NAME");
    IM3Function function = find(module, argv[at + 1]);
    int64_t last = 0;
#ifdef COUNT_OPS
    ops_reset();
#endif
    for (unsigned long i = strtoul(argv[2], NULL, 10); i > 0; i--)
        last = call(function, (uint32_t)(argc - at - 2), argv + at + 2);
    printf("result %lld\n", (long long)last);
#ifdef COUNT_OPS
    ops_print();
#endif
    m3_FreeRuntime(runtime);
    m3_FreeEnvironment(environment);
    free(wasm);
    return 0;
}

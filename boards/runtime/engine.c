// What touches the insides of wasm3 at run time. Rule: beside fuse.c and sandbox.c, no other file includes
// m3_env.h.

#include "engine.h"

#include <string.h>

#include "m3_env.h"

#define PAINT 0xA5u
#define ARENA_PAGE 4096u

/** Reads an unsigned LEB128 below 2^32; false when it runs past end. */
static bool leb(const uint8_t **p, const uint8_t *end, uint32_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 35 && *p < end; shift += 7) {
        uint8_t byte = *(*p)++;
        *value |= (uint32_t)(byte & 127) << shift;
        if (byte < 128) return true;
    }
    return false;
}

/** Moves *p over n bytes; false when they run past end. */
static bool skip(const uint8_t **p, const uint8_t *end, uint32_t n) {
    if ((size_t)(end - *p) < n) return false;
    *p += n;
    return true;
}

M3Result engine_parse(IM3Environment environment, IM3Module *module, const uint8_t *wasm, uint32_t size) {
    const uint8_t *p = wasm + 8, *end = wasm + size, *last = end;
    uint32_t length;
    if (size > 8) last = p;
    while (size > 8 && p < end) {
        uint8_t section = *p++;
        if (!leb(&p, end, &length) || !skip(&p, end, length)) return m3Err_wasmUnderrun;
        if (section != 0) last = p;
    }
    return m3_ParseModule(environment, module, wasm, (uint32_t)(last - wasm));
}

static uint32_t used_words(IM3CodePage page) {
    uint32_t sum = 0;
    for (; page; page = page->info.next) sum += page->info.lineIndex;
    return sum;
}

static bool inside(const void *p, const void *base, uint32_t size) {
    return base && (uintptr_t)p - (uintptr_t)base < size;
}

/** Adds the bytes of a list of pages: of arena pages what is written, of heap pages all. */
static void add_pages(engine_usage *u, IM3CodePage page, const void *base, uint32_t size) {
    for (; page; page = page->info.next) {
        uint32_t head = sizeof(M3CodePageHeader), word = sizeof(code_t);
        if (inside(page, base, size)) u->code_arena += head + page->info.lineIndex * word;
        else u->code_heap += head + page->info.numLines * word;
    }
}

void engine_arena(IM3Runtime runtime, void *base, uint32_t size) {
    uint32_t head = sizeof(M3CodePageHeader), at = size - size % ARENA_PAGE;
    memset(base, 0, size);
    if (size - at > head + 16 * sizeof(code_t)) at += ARENA_PAGE; // the rest becomes a short last page
    while (at > 0) {
        at -= ARENA_PAGE;
        IM3CodePage page = (IM3CodePage)(void *)((uint8_t *)base + at);
        uint32_t bytes = size - at < ARENA_PAGE ? size - at : ARENA_PAGE;
        page->info.numLines = (uint32_t)((bytes - head) / sizeof(code_t));
        page->info.sequence = ++runtime->newCodePageSequence;
        page->info.next = runtime->pagesOpen;
        runtime->pagesOpen = page;
        runtime->numCodePages++;
    }
}

static void forget(IM3CodePage *list, const void *base, uint32_t size) {
    while (*list) {
        if (inside(*list, base, size)) *list = (*list)->info.next;
        else list = &(*list)->info.next;
    }
}

void engine_free(IM3Runtime runtime, const void *base, uint32_t size) {
    if (!runtime) return;
    if (base) {
        forget(&runtime->pagesOpen, base, size);
        forget(&runtime->pagesFull, base, size);
    }
    m3_FreeRuntime(runtime);
}

void engine_prepare(IM3Runtime runtime, IM3Module module) {
    runtime->numStackSlots -= ENGINE_STACK_GUARD / (uint32_t)sizeof(m3slot_t);
    memset(runtime->stack, PAINT, runtime->numStackSlots * sizeof(m3slot_t));
#if M3_VERSION_MINOR < 9
    module->memoryInfo.maxPages = module->memoryInfo.initPages;
#else
    (void)module; // 0.9 keeps memories by module and checks growth itself
#endif
}

uint32_t engine_stack_used(IM3Runtime runtime) {
    const uint8_t *stack = runtime->stack;
    uint32_t n = (uint32_t)(runtime->numStackSlots * sizeof(m3slot_t));
    while (n > 0 && stack[n - 1] == PAINT) n--;
    return n;
}

uint8_t *engine_memory(IM3Runtime runtime, IM3Module module, uint32_t *size) {
#if M3_VERSION_MINOR < 9
    (void)module;
    *size = 0;
    return runtime->memory.mallocated ? m3_GetMemory(runtime, size, 0) : NULL;
#else
    size_t n = 0;
    (void)runtime;
    uint8_t *memory = m3_GetMemory(module, &n, 0);
    *size = (uint32_t)n;
    return memory;
#endif
}

/** The index of the function exported as name, or UINT32_MAX. wasm3 itself keeps too few names when functions
 * are merged. */
static uint32_t exported(IM3Module module, const char *name) {
    const uint8_t *p = module->wasmStart + 8, *end = module->wasmEnd;
    uint32_t size, count, length, index;
    for (;; p += size) {
        if (p >= end) return UINT32_MAX;
        uint8_t section = *p++;
        if (!leb(&p, end, &size) || (size_t)(end - p) < size) return UINT32_MAX;
        if (section == 7) break;
    }
    end = p + size;
    if (!leb(&p, end, &count)) return UINT32_MAX;
    while (count-- > 0) {
        if (!leb(&p, end, &length)) return UINT32_MAX;
        const uint8_t *text = p;
        if (!skip(&p, end, length) || p >= end) return UINT32_MAX;
        uint8_t kind = *p++;
        if (!leb(&p, end, &index)) return UINT32_MAX;
        if (kind == 0 && strlen(name) == length && memcmp(text, name, length) == 0) return index;
    }
    return UINT32_MAX;
}

M3Result engine_find(IM3Function *function, IM3Module module, const char *name) {
    *function = NULL;
    if (module->wasmEnd - module->wasmStart < 8) return m3Err_wasmMalformed;
    uint32_t index = exported(module, name);
    if (index >= module->numFunctions) return m3Err_none;
    *function = &module->functions[index];
    return m3Err_none;
}

uint32_t engine_code(IM3Runtime runtime) {
    return (used_words(runtime->pagesOpen) + used_words(runtime->pagesFull)) * (uint32_t)sizeof(code_t);
}

M3Result engine_ready(IM3Function function) {
    return function->compiled ? m3Err_none : CompileFunction(function);
}

/** Makes every page open and empty. */
static void empty_pages(IM3Runtime runtime) {
    IM3CodePage *tail = &runtime->pagesOpen;
    while (*tail) tail = &(*tail)->info.next;
    *tail = runtime->pagesFull;
    runtime->pagesFull = NULL;
    for (IM3CodePage page = runtime->pagesOpen; page; page = page->info.next) page->info.lineIndex = 0;
}

void engine_flush(IM3Runtime runtime, IM3Module module) {
    empty_pages(runtime);
    for (uint32_t i = 0; i < module->numFunctions; i++) {
        IM3Function function = &module->functions[i];
        m3_Free(function->constants); // CompileFunction makes new ones without freeing these
        function->compiled = NULL;
    }
}

int32_t engine_start(IM3Module module) { return module->startFunction; }

M3Result engine_restart(IM3Runtime runtime, IM3Module module, int32_t start) {
    uint32_t size, offset;
    uint8_t *memory = engine_memory(runtime, module, &size);
    if (!memory) return "module has no memory";
    memset(memory, 0, size);
    for (uint32_t i = 0; i < module->numDataSegments; i++) {
        const M3DataSegment *segment = &module->dataSegments[i];
        const uint8_t *p = segment->initExpr, *end = p + segment->initExprSize;
        if (p == end || *p++ != c_waOp_i32_const || !leb(&p, end, &offset))
            return "data segment at no constant address";
        // a signed LEB: addresses of a device lie below 2^16 and below its memory, so bit 31 is never reached
        if (offset > size || segment->size > size - offset) return "data segment out of bounds";
        memcpy(memory + offset, segment->data, segment->size);
    }
    module->startFunction = start; // m3_RunStart forgets it once it ran
    return m3_RunStart(module);
}

engine_usage engine_measure(IM3Runtime runtime, IM3Module module, const void *base, uint32_t size) {
    engine_usage u = {0};
    u.code = engine_code(runtime);
    add_pages(&u, runtime->pagesOpen, base, size);
    add_pages(&u, runtime->pagesFull, base, size);
    u.functions = module->numFunctions;
    u.function_ram = module->numFunctions * (uint32_t)sizeof(M3Function);
    for (uint32_t i = 0; i < module->numFunctions; i++)
        if (module->functions[i].compiled) u.compiled++;
    return u;
}

uint32_t engine_code_bytes(IM3Runtime runtime, IM3Module module, uint32_t index) {
    IM3Function function = &module->functions[index];
    if (!function->wasm || !function->compiled) return 0;
    IM3Runtime owner = module->runtime;
    uint32_t before = used_words(runtime->pagesOpen) + used_words(runtime->pagesFull);
    module->runtime = runtime;
    function->compiled = NULL;
    m3_Free(function->constants); // compiling again makes new ones
    M3Result result = CompileFunction(function);
    module->runtime = owner;
    return result ? 0 : (used_words(runtime->pagesOpen) + used_words(runtime->pagesFull) - before) * 4;
}

uint32_t engine_wasm_bytes(IM3Module module, uint32_t index) {
    const M3Function *function = &module->functions[index];
    return function->wasm ? (uint32_t)(function->wasmEnd - function->wasm) : 0;
}

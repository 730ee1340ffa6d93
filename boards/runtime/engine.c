// What touches the insides of wasm3 at run time. Rule: beside fuse.c and sandbox.c, no other file includes
// m3_env.h.

#include "engine.h"

#include <string.h>

#include "m3_env.h"

#define PAINT 0xA5u
#define PAGE 4096u // bytes of a carved code page
#define PAGE_LEAST 512u

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

/** Bytes of RAM that wasm3 takes at most while it parses this section, heads of blocks included. */
static uint64_t parse_need(uint8_t section, uint32_t length, const uint8_t *p, const uint8_t *end) {
    enum { TYPE = 1, IMPORT, FUNCTION, GLOBAL = 6, EXPORT, DATA = 11 };
    const uint32_t block = 6 * sizeof(void *); // a head, and what rounding adds
    uint32_t count, each = 0, names = 0;
    if (!leb(&p, end, &count) || count > length)
        return 0; // wasm3 finds it malformed before it takes anything
    if (section == TYPE) each = sizeof(M3FuncType) + sizeof(IM3FuncType) + block, names = length;
    if (section == IMPORT) each = sizeof(M3Function) + 2 * (sizeof(M3Global) + block), names = length;
    if (section == FUNCTION) each = sizeof(M3Function);
    if (section == GLOBAL) each = 2 * sizeof(M3Global); // the array moves as it grows
    if (section == EXPORT) each = block, names = length;
    if (section == DATA) each = sizeof(M3DataSegment);
    return (uint64_t)count * each + names + 2 * block;
}

M3Result engine_parse(IM3Environment environment, IM3Module *module, const uint8_t *wasm, uint32_t size) {
    const uint8_t *p = wasm + 8, *end = wasm + size, *last = end;
    uint64_t need = sizeof(M3Module) + 4 * sizeof(void *);
    uint32_t length;
    if (size > 8) last = p;
    while (size > 8 && p < end) {
        uint8_t section = *p++;
        if (!leb(&p, end, &length)) return m3Err_wasmUnderrun;
        const uint8_t *content = p;
        if (!skip(&p, end, length)) return m3Err_wasmUnderrun;
        if (section != 0) last = p, need += parse_need(section, length, content, p);
    }
    // wasm3 follows null pointers when RAM runs out while it parses: what it may need is asked for first
    if (need > UINT32_MAX || !heap_has((size_t)need)) return m3Err_mallocFailed;
    return m3_ParseModule(environment, module, wasm, (uint32_t)(last - wasm));
}

static uint32_t used_words(IM3CodePage page) {
    uint32_t sum = 0;
    for (; page; page = page->info.next) sum += page->info.lineIndex;
    return sum;
}

/** Adds the bytes of a list of pages: of carved pages what is written, of others all. */
static void add_pages(engine_usage *u, IM3CodePage page, bool carved) {
    for (; page; page = page->info.next) {
        uint32_t words = carved ? page->info.lineIndex : page->info.numLines;
        if (words == 0) continue;
        u->code_bank[heap_bank_of(page)] +=
            (uint32_t)sizeof(M3CodePageHeader) + words * (uint32_t)sizeof(code_t);
    }
}

/** Makes empty pages of a stretch, the lowest of them first in the list of open ones. */
static void lay(IM3Runtime runtime, heap_bank stretch) {
    uint32_t head = sizeof(M3CodePageHeader), at = stretch.size - stretch.size % PAGE;
    if (stretch.size - at >= PAGE_LEAST) at += PAGE; // the rest becomes a short last page
    while (at > 0) {
        at -= PAGE;
        IM3CodePage page = (IM3CodePage)(void *)((uint8_t *)stretch.base + at);
        uint32_t bytes = stretch.size - at < PAGE ? stretch.size - at : PAGE;
        memset(page, 0, head);
        page->info.numLines = (uint32_t)((bytes - head) / sizeof(code_t));
        page->info.sequence = ++runtime->newCodePageSequence;
        page->info.next = runtime->pagesOpen;
        runtime->pagesOpen = page;
        runtime->numCodePages++;
    }
}

/** Makes all carved pages anew, those of the last bank first in line, whatever lists wasm3 left: it may lose
 * a page when it fails while it holds two. */
static void lay_all(IM3Runtime runtime) {
    uint32_t count = 0;
    runtime->pagesOpen = runtime->pagesFull = NULL;
    runtime->numCodePages = runtime->numActiveCodePages = 0;
    while (heap_carved(count).size > 0) count++;
    while (count-- > 0) lay(runtime, heap_carved(count));
}

M3Result engine_carve(IM3Runtime runtime, uint32_t spare) {
    FreeCodePages(&runtime->environment->pagesReleased); // of constant expressions
    if (!heap_carve(runtime, spare, PAGE_LEAST)) return m3Err_mallocFailed;
    if (heap_is_carved(runtime)) lay_all(runtime);
    return m3Err_none;
}

void engine_free(IM3Runtime runtime) {
    if (!runtime) return;
    IM3Environment environment = runtime->environment;
    if (heap_is_carved(runtime)) runtime->pagesOpen = runtime->pagesFull = NULL;
    m3_FreeRuntime(runtime);
    FreeCodePages(&environment->pagesReleased); // wasm3 keeps them for the next runtime
}

/** The index of what is exported as name, kind 0 a function and 3 a global, or UINT32_MAX. wasm3 itself keeps
 * too few names when functions are merged. */
static uint32_t exported(IM3Module module, uint8_t wanted, const char *name) {
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
        if (kind == wanted && strlen(name) == length && memcmp(text, name, length) == 0) return index;
    }
    return UINT32_MAX;
}

/** The constant that a module exports as MEMORY_END: how much of its memory it touches; 0 when it says
 * nothing. */
static uint32_t memory_end(IM3Module module) {
    uint32_t value, index = exported(module, 3, "MEMORY_END");
    if (index >= module->numGlobals) return 0;
    const M3Global *global = &module->globals[index];
    const uint8_t *p = global->initExpr, *end = p + global->initExprSize;
    return p != end && *p++ == c_waOp_i32_const && leb(&p, end, &value) ? value : 0;
}

void engine_prepare(IM3Runtime runtime, IM3Module module) {
    runtime->numStackSlots -= ENGINE_STACK_GUARD / (uint32_t)sizeof(m3slot_t);
    memset(runtime->stack, PAINT, runtime->numStackSlots * sizeof(m3slot_t));
#if M3_VERSION_MINOR < 9
    module->memoryInfo.maxPages = module->memoryInfo.initPages;
    runtime->memoryLimit = memory_end(module); // 0: whole pages
#else
    (void)module; // 0.9 keeps memories by module, whole pages of them, and checks growth itself
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

M3Result engine_find(IM3Function *function, IM3Module module, const char *name) {
    *function = NULL;
    if (module->wasmEnd - module->wasmStart < 8) return m3Err_wasmMalformed;
    uint32_t index = exported(module, 0, name);
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
    if (heap_is_carved(runtime)) {
        lay_all(runtime);
        return;
    }
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

engine_usage engine_measure(IM3Runtime runtime, IM3Module module) {
    engine_usage u = {0};
    bool carved = heap_is_carved(runtime);
    u.code = engine_code(runtime);
    add_pages(&u, runtime->pagesOpen, carved);
    add_pages(&u, runtime->pagesFull, carved);
    u.functions = module->numFunctions;
    u.function_ram = module->numFunctions * (uint32_t)sizeof(M3Function);
    for (uint32_t i = 0; i < module->numFunctions; i++)
        if (module->functions[i].compiled) u.compiled++;
    return u;
}

const char *engine_shortage(M3Result result) {
    if (result == m3Err_mallocFailedCodePage) return "out of RAM: all code pages are full";
    if (result == m3Err_mallocFailed) return "out of RAM: no block of the size asked for is left";
    return NULL;
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

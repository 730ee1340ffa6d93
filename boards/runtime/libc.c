// Memory from the C library, for hosts: wasm3's own m3_core.c calls it, and this file says that there are no
// banks. Linked in place of heap.c and core.c.
//
// Rule: no board links this file; test/boards/heap.test.ts looks at the images.

#include "heap.h"

#include <stdlib.h>

const char *heap_open(const heap_bank banks[HEAP_BANKS]) {
    for (uint32_t i = 0; i < HEAP_BANKS; i++)
        if (banks[i].size > 0)
            return "this build takes its RAM from the C library: node_limits.banks must be empty";
    return NULL;
}

void heap_close(void) {}

void *heap_take(size_t size) { return calloc(size, 1); }

bool heap_has(size_t size) {
    (void)size;
    return true;
}

void *heap_resize(void *p, size_t size) { return realloc(p, size); }

void heap_give(void *p) { free(p); }

bool heap_carve(const void *owner, uint32_t spare, uint32_t least) {
    (void)owner, (void)spare, (void)least;
    return true;
}

heap_bank heap_carved(uint32_t i) {
    (void)i;
    return (heap_bank){NULL, 0};
}

bool heap_is_carved(const void *owner) {
    (void)owner;
    return false;
}

uint32_t heap_bank_of(const void *p) {
    (void)p;
    return 0;
}

heap_usage heap_report(void) { return (heap_usage){0}; }

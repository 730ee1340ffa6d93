// The banks: first fit over free lists in the order of addresses, neighbours merged.
//
//   block   size, this head included · next free block; of a block in use: the block itself · bytes
//
// A bank's last head stays unused, so that two banks that touch never become one.
//
// Why first fit suffices: what comes and goes after boot are constants of 4 to 256 bytes, all given back at
// once when code is dropped, and a sandbox, all given back when its call ends: the heap returns to one state.

#include "heap.h"

#include <string.h>

typedef struct block {
    size_t size;
    struct block *next;
} block;

#define HEAD sizeof(block)
#define STRETCHES 8u

typedef struct bank {
    uint8_t *start, *end;
    block *free;
} bank;

static struct {
    bool open;
    bank banks[HEAP_BANKS];
    heap_bank carved[STRETCHES];
    uint32_t stretches;
    const void *owner; // of the stretches
    heap_usage usage;
} heap;

// ---- banks ----

static bool add_bank(bank *to, heap_bank from) {
    uintptr_t mask = HEAD - 1;
    uintptr_t start = ((uintptr_t)from.base + mask) & ~mask, end = ((uintptr_t)from.base + from.size) & ~mask;
    if (from.size < 4 * HEAD || end < start + 3 * HEAD) return false;
    to->start = (uint8_t *)from.base + (start - (uintptr_t)from.base);
    to->end = to->start + (end - start) - HEAD;
    to->free = (block *)(void *)to->start;
    to->free->size = (size_t)(to->end - to->start);
    to->free->next = NULL;
    return true;
}

const char *heap_open(const heap_bank banks[HEAP_BANKS]) {
    uint32_t count = 0;
    if (heap.open) return "the banks of RAM are in use: one node at a time";
    memset(&heap, 0, sizeof heap);
    for (uint32_t i = 0; i < HEAP_BANKS; i++)
        if (banks[i].size > 0 && !add_bank(&heap.banks[count++], banks[i]))
            return "a bank of RAM is too small";
    if (count == 0) return "there is no RAM: node_limits.banks is empty";
    heap.open = true;
    return NULL;
}

void heap_close(void) { memset(&heap, 0, sizeof heap); }

static bank *bank_with(const void *p) {
    for (uint32_t i = 0; i < HEAP_BANKS; i++)
        if ((const uint8_t *)p >= heap.banks[i].start && (const uint8_t *)p < heap.banks[i].end)
            return &heap.banks[i];
    return NULL;
}

uint32_t heap_bank_of(const void *p) {
    const bank *b = bank_with(p);
    return b ? (uint32_t)(b - heap.banks) : 0;
}

// ---- blocks ----

/** Takes `size` bytes, head included, off the free block at *link. */
static block *cut(block **link, size_t size) {
    block *b = *link, *rest = (block *)(void *)((uint8_t *)b + size);
    if (b->size - size >= HEAD) {
        rest->size = b->size - size, rest->next = b->next;
        *link = rest, b->size = size;
    } else *link = b->next;
    b->next = b;
    return b;
}

/** Where the first free block hangs that has `size` bytes beside its head; NULL when none has. */
static block **find(size_t size) {
    for (uint32_t i = 0; i < HEAP_BANKS; i++)
        for (block **link = &heap.banks[i].free; *link; link = &(*link)->next)
            if ((*link)->size - HEAD >= size) return link;
    return NULL;
}

bool heap_has(size_t size) { return find(size) != NULL; }

void *heap_take(size_t size) {
    block **link = find(size);
    if (!link) {
        heap.usage.refused = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
        return NULL;
    }
    block *b = cut(link, (size + 2 * HEAD - 1) & ~(HEAD - 1)); // sizes of blocks are multiples of HEAD
    heap.usage.used += (uint32_t)b->size;
    if (heap.usage.used > heap.usage.peak) heap.usage.peak = heap.usage.used;
    return memset(b + 1, 0, b->size - HEAD);
}

/** The block in use whose bytes start at p; NULL when there is none. */
static block *in_use(void *p) {
    block *b = (block *)p - 1;
    if (bank_with(p) && bank_with(b) && ((uintptr_t)p & (HEAD - 1)) == 0 && b->next == b) return b;
    heap.usage.damaged++;
    return NULL;
}

static void merge(block *b) {
    block *after = (block *)(void *)((uint8_t *)b + b->size);
    if (b->next != after) return;
    b->size += after->size, b->next = after->next;
}

void heap_give(void *p) {
    block *b = p ? in_use(p) : NULL, *before = NULL;
    if (!b) return;
    bank *home = bank_with(b);
    heap.usage.used -= (uint32_t)b->size;
    for (block *f = home->free; f && f < b; f = f->next) before = f;
    block **link = before ? &before->next : &home->free;
    b->next = *link, *link = b;
    merge(b);
    if (before) merge(before);
}

void *heap_resize(void *p, size_t size) {
    if (!p) return heap_take(size);
    const block *b = in_use(p);
    if (!b) return NULL;
    size_t had = b->size - HEAD;
    void *moved = heap_take(size);
    if (!moved) return NULL;
    memcpy(moved, p, had < size ? had : size);
    heap_give(p);
    return moved;
}

// ---- pages ----

bool heap_carve(const void *owner, uint32_t spare, uint32_t least) {
    uint32_t peak = heap.usage.peak;
    void *kept = heap_take(spare);
    if (!kept) return false;
    heap.owner = owner, heap.usage.peak = peak; // nobody used it
    for (uint32_t i = HEAP_BANKS; i-- > 0;)
        for (block **link = &heap.banks[i].free; *link && heap.stretches < STRETCHES;) {
            block *b = *link;
            if (b->size < least) {
                link = &b->next;
                continue;
            }
            *link = b->next;
            heap.carved[heap.stretches++] = (heap_bank){.base = b, .size = (uint32_t)b->size};
        }
    heap_give(kept);
    return true;
}

heap_bank heap_carved(uint32_t i) { return i < heap.stretches ? heap.carved[i] : (heap_bank){NULL, 0}; }

bool heap_is_carved(const void *owner) { return owner && owner == heap.owner; }

heap_usage heap_report(void) {
    heap_usage u = heap.usage;
    for (uint32_t i = 0; i < HEAP_BANKS; i++)
        for (const block *b = heap.banks[i].free; b; b = b->next)
            if (b->size - HEAD > u.largest) u.largest = (uint32_t)(b->size - HEAD);
    return u;
}

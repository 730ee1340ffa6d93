// Where wasm3's memory comes from. One of two files is linked, and that is the whole choice:
//
//   heap.c   the banks of RAM that the port lists; with it core.c in place of wasm3's m3_core.c and m3_code.c
//   libc.c   the C library's heap, for hosts; with it wasm3's own files, as they are
//
//   bank 1   [ runtime · stack · linear memory · functions · spare: small blocks ][ pages ... ]
//   bank 2   [ pages ................................................................. ]
//
// Blocks come from the first bank with room, the lowest address first, and freed neighbours become one. When
// the module is loaded, heap_carve takes all that is left but `spare` for pages of code, last bank first:
// code compiles into pages that exist already, and what still comes and goes are a function's constants and
// what a contract's sandbox needs.
//
// Rule: a block lies in one bank whole. Nothing here calls the C library's malloc, waits, or prints. One task
// at a time; never from an interrupt.

#ifndef SYNOD_HEAP_H
#define SYNOD_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Banks that a port may list. */
#define HEAP_BANKS 4u

/** A stretch of RAM: its start, and its bytes. They need not touch one another, nor be aligned. */
typedef struct heap_bank {
    void *base;
    uint32_t size;
} heap_bank;

/** Bytes, heads of blocks included, pages of code left out. The C library tells nothing: all 0. */
typedef struct heap_usage {
    uint32_t used;    // taken now
    uint32_t peak;    // the most that was ever taken
    uint32_t largest; // the largest block that could be taken now
    uint32_t refused; // size of the last block that could not be had; 0: none so far
    uint32_t damaged; // blocks given back that were none: somebody wrote where it may not
} heap_usage;

/** Takes over these banks, those of size 0 left out; NULL, or why not. They belong to one node until
 * heap_close. The C library's wants no banks, and any number of nodes. */
const char *heap_open(const heap_bank banks[HEAP_BANKS]);

/** Forgets all blocks and pages; the banks are the caller's again. */
void heap_close(void);

/** size bytes of zeros, aligned to 8; NULL when no bank has them in one piece. */
void *heap_take(size_t size);

/** True when heap_take would find so many bytes. The C library says so always. */
bool heap_has(size_t size);

/** The bytes at p in a block of another size, what it gained being anything; NULL, and p as it was, when
 * there is no room. p may be NULL. */
void *heap_resize(void *p, size_t size);

/** Gives a block back. p may be NULL. */
void heap_give(void *p);

/** Takes every free stretch of `least` bytes or more out of the heap, for the code of `owner` alone, but
 * leaves `spare` bytes in one piece. False when there are no such bytes. */
bool heap_carve(const void *owner, uint32_t spare, uint32_t least);

/** Stretch i of those that were carved, those of the last bank first; size 0: there are no more. */
heap_bank heap_carved(uint32_t i);

/** True when all pages that this owner may have were carved. */
bool heap_is_carved(const void *owner);

/** The index of the bank in which p lies; 0 when it lies in none. */
uint32_t heap_bank_of(const void *p);

heap_usage heap_report(void);

#endif

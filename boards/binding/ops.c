// The profiling hooks of wasm3, in place of its m3_info.c: that one prints on stderr and forgets.
//
// wasm3 calls ProfileHit as an operation hands over to the next one. Not seen are operations that jump: taken
// branches, returns, and the entry of a function. The figure is therefore a little low where code is full of
// calls and branches.

#include "ops.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096u

static struct {
    const char *name;
    uint64_t count;
} slots[SLOTS];

void ProfileHit(const char *name);
void m3_PrintProfilerInfo(void);

void ProfileHit(const char *name) {
    uintptr_t at = ((uintptr_t)name >> 3) % SLOTS;
    for (unsigned tries = 0; slots[at].name && slots[at].name != name; at = (at + 1) % SLOTS)
        if (++tries == SLOTS) abort();
    slots[at].name = name;
    slots[at].count++;
}

void m3_PrintProfilerInfo(void) {}

void ops_reset(void) { memset(slots, 0, sizeof slots); }

void ops_print(void) {
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].name) printf("op %s %llu\n", slots[i].name, (unsigned long long)slots[i].count);
}

// Memory of a bare image: data and bss before main, a heap for wasm3, a painted stack, and what is said of a
// fault.
//
// Rule: the C library's heap grows by sbrk alone, up to the linker script's heap_end; beyond it malloc fails.

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "board.h"

#define PAINT 0xA5A5A5A5u
#define GUARD 128u  // bytes at the stack's end that nobody may ever touch
#define MARGIN 256u // of board_stack_paint itself

int main(void);
void *sbrk(ptrdiff_t n);
void *_sbrk(ptrdiff_t n);

static uint8_t *heap;

_Noreturn void begin(void) {
    memmove(data_start, data_load, (size_t)(data_end - data_start)); // where they are one, in place
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    heap = heap_start;
    board_init();
    semihost_exit(main());
}

static void print_hex(uint32_t v) {
    char text[9] = {0};
    for (unsigned i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(v >> (28 - 4 * i)) & 15];
    semihost_print(text);
}

_Noreturn void fault(uint32_t pc) {
    semihost_print(board_stack_overflowed() ? "fault: native stack overflow" : "fault");
    if (pc != 0) {
        semihost_print(" at ");
        print_hex(pc);
    }
    semihost_print("\n");
    semihost_exit(3);
}

void *sbrk(ptrdiff_t n) {
    uint8_t *before = heap;
    if (n < 0 || (uintptr_t)n > (uintptr_t)heap_end - (uintptr_t)heap) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap += n;
    return before;
}

/** newlib's name for it; picolibc's is the other. */
void *_sbrk(ptrdiff_t n) { return sbrk(n); }

uint32_t board_heap_used(void) { return (uint32_t)(heap - heap_start); }

bool board_stack_overflowed(void) {
    for (const uint32_t *p = (const uint32_t *)(void *)stack_bottom, *end = p + GUARD / 4; p < end; p++)
        if (*p != PAINT) return true;
    return false;
}

void board_stack_paint(void) {
    uint8_t *end = (uint8_t *)__builtin_frame_address(0) - MARGIN;
    for (volatile uint32_t *p = (uint32_t *)(void *)stack_bottom; (uint8_t *)p < end; p++)
        *p = PAINT; // no call of memset
}

uint32_t board_stack_used(void) {
    const uint32_t *p = (const uint32_t *)(void *)stack_bottom, *end = (const uint32_t *)(void *)stack_top;
    while (p < end && *p == PAINT) p++;
    return (uint32_t)((end - p) * 4);
}

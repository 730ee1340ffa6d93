// Memory of a bare image: data and bss before main, the banks for the node, a painted stack, and what is said
// of a fault.
//
// Rule: there is no heap of the C library; what calls malloc does not link.

#include <stddef.h>
#include <string.h>

#include "board.h"

#define PAINT 0xA5A5A5A5u
#define GUARD 128u  // bytes at the stack's end that nobody may ever touch
#define MARGIN 256u // of board_stack_paint itself

int main(void);

_Noreturn void begin(void) {
    memmove(data_start, data_load, (size_t)(data_end - data_start)); // where they are one, in place
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    board_init();
    semihost_exit(main());
}

static void print_hex(uint32_t v) {
    char text[9] = {0};
    for (unsigned i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(v >> (28 - 4 * i)) & 15];
    semihost_print(text);
}

static void (*on_fault)(const char *what);

void board_on_fault(void (*f)(const char *what)) { on_fault = f; }

_Noreturn void fault(uint32_t pc) {
    const char *what = board_stack_overflowed() ? "fault: native stack overflow" : "fault";
    void (*f)(const char *) = on_fault;
    semihost_print(what);
    if (pc != 0) {
        semihost_print(" at ");
        print_hex(pc);
    }
    semihost_print("\n");
    on_fault = NULL; // a fault within does not come back here
    if (f) f(what);
    semihost_exit(3);
}

void board_banks(heap_bank banks[HEAP_BANKS]) {
    banks[0] = (heap_bank){.base = heap_start, .size = (uint32_t)(heap_end - heap_start)};
    banks[1] = (heap_bank){.base = bank2_start, .size = (uint32_t)bank2_size};
}

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

// From reset to main: vectors, memory, heap, faults. Bare metal; newlib gives malloc and memcpy, nothing
// else.
//
// Rule: a fault never hangs. It says what happened where and ends with status 3.

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "board.h"

#define PAINT 0xA5A5A5A5u
#define GUARD 128u // bytes at the stack's end that nobody may ever touch
#define HEAP_LIMIT ((uintptr_t)heap_end)

#define RCC_APB1ENR (*(volatile uint32_t *)0x40023840u)
#define TIM2_CR1 (*(volatile uint32_t *)0x40000000u)
#define TIM2_CNT (*(volatile uint32_t *)0x40000024u)

extern uint8_t data_end[], data_load[], bss_start[];
int main(void);
void start(void);
void fault(const uint32_t *frame);
void *_sbrk(ptrdiff_t n);

static uint8_t *heap = heap_start;

// ---- reset ----

__attribute__((naked, used)) void start(void) {
    // the stack is painted before C uses it: only registers here
    __asm volatile("ldr r0, =stack_bottom\n"
                   "ldr r1, =stack_top\n"
                   "ldr r2, =0xA5A5A5A5\n"
                   "1: str r2, [r0], #4\n"
                   "cmp r0, r1\n"
                   "bne 1b\n"
                   "b begin\n");
}

__attribute__((used)) static void begin(void) {
    memcpy(data_start, data_load, (size_t)(data_end - data_start));
    memset(bss_start, 0, (size_t)(bss_end - bss_start));
    RCC_APB1ENR |= 1; // TIM2's clock
    TIM2_CR1 = 1;     // runs
    semihost_exit(main());
}

/** Where the stack pointer is and the program counter was, for the message. */
__attribute__((naked, used)) static void trampoline(void) {
    __asm volatile("mrs r0, msp\n"
                   "ldr r1, =stack_top\n"
                   "mov sp, r1\n" // the old stack may be what failed
                   "b fault\n");
}

static void print_hex(uint32_t v) {
    char text[9] = {0};
    for (unsigned i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(v >> (28 - 4 * i)) & 15];
    semihost_print(text);
}

__attribute__((used)) void fault(const uint32_t *frame) {
    bool known = (uintptr_t)frame >= (uintptr_t)stack_bottom && (uintptr_t)frame < (uintptr_t)stack_top;
    semihost_print(board_stack_overflowed() ? "fault: native stack overflow" : "fault");
    if (known) {
        semihost_print(" at ");
        print_hex(frame[6]);
    }
    semihost_print("\n");
    semihost_exit(3);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_top,
    start,
    trampoline,
    trampoline,
    trampoline,
    trampoline,
    trampoline,
    NULL,
    NULL,
    NULL,
    NULL,
    trampoline,
    trampoline,
    NULL,
    trampoline,
    trampoline,
};

// ---- memory ----

void *_sbrk(ptrdiff_t n) {
    uint8_t *before = heap;
    if (n < 0 || (uintptr_t)n > HEAP_LIMIT - (uintptr_t)heap) {
        errno = ENOMEM;
        return (void *)-1;
    }
    heap += n;
    return before;
}

uint32_t board_heap_used(void) { return (uint32_t)(heap - heap_start); }

bool board_stack_overflowed(void) {
    for (const uint32_t *p = (const uint32_t *)(void *)stack_bottom, *end = p + GUARD / 4; p < end; p++)
        if (*p != PAINT) return true;
    return false;
}

void board_stack_paint(void) {
    uint32_t *end;
    __asm volatile("mov %0, sp" : "=r"(end));
    for (volatile uint32_t *p = (uint32_t *)(void *)stack_bottom; p < end; p++)
        *p = PAINT; // no call of memset
}

uint32_t board_stack_used(void) {
    const uint32_t *p = (const uint32_t *)(void *)stack_bottom, *end = (const uint32_t *)(void *)stack_top;
    while (p < end && *p == PAINT) p++;
    return (uint32_t)((end - p) * 4);
}

uint32_t board_instructions(void) { return TIM2_CNT; }

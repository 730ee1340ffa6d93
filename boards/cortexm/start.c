// Cortex-M: vectors, the way from reset to begin(), faults, and the semihosting trap. Bare metal.
//
// Rule: a fault never hangs. It says what happened where and ends with status 3.

#include <stddef.h>

#include "board.h"

void start(void);
void systick(void);
void interrupt(void);
_Noreturn void stopped(const uint32_t *frame);

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

/** Where the stack pointer is and the program counter was, for the message. */
__attribute__((naked, used)) static void trampoline(void) {
    __asm volatile("mrs r0, msp\n"
                   "ldr r1, =stack_top\n"
                   "mov sp, r1\n" // the old stack may be what failed
                   "b stopped\n");
}

__attribute__((used)) _Noreturn void stopped(const uint32_t *frame) {
    bool known = (uintptr_t)frame >= (uintptr_t)stack_bottom && (uintptr_t)frame < (uintptr_t)stack_top;
    fault(known ? frame[6] : 0);
}

int32_t semihost_request(uint32_t number, const void *block) {
    register uint32_t r0 __asm("r0") = number;
    register const void *r1 __asm("r1") = block;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

/** Images that run a device have these in cortexlive.c and the chip's folder; in others an interrupt is a
 * fault. */
__attribute__((weak)) void systick(void) { fault(0); }
__attribute__((weak)) void interrupt(void) { fault(0); }

#define FOUR interrupt, interrupt, interrupt, interrupt
#define SIXTEEN FOUR, FOUR, FOUR, FOUR

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 96])(void) = {
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
    systick,
    SIXTEEN,
    SIXTEEN,
    SIXTEEN,
    SIXTEEN,
    SIXTEEN,
    SIXTEEN,
};

// Cortex-M: vectors, the way from reset to begin(), faults, and the semihosting trap. Bare metal.
//
// Rule: a fault never hangs. It says what happened where and ends with status 3.

#include <stddef.h>

#include "board.h"

void start(void);
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

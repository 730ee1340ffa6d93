// The STM32F405's random number generator (RM0090 chapter 24): 32 bits every 40 of its clocks, from ring
// oscillators.
//
// Rule: no key is ever made of anything else. A seed or clock error, the same word twice in a row, or a
// generator that stays silent restarts it, and then the board.

#include "cortexm.h"
#include "live.h"

#define RCC_AHB2ENR (*(volatile uint32_t *)0x40023834u)
#define RNG_CR (*(volatile uint32_t *)0x50060800u)
#define RNG_SR (*(volatile uint32_t *)0x50060804u)
#define RNG_DR (*(volatile uint32_t *)0x50060808u)

#define ON 4u
#define READY 1u
#define ERRORS 0x66u // seed and clock errors, now and since they were cleared
#define PATIENCE 100000u
#define TRIES 8u

static uint32_t last;
static bool begun;

/** The next word; false when the generator does not give one. */
static bool word(uint32_t *to) {
    for (uint32_t i = 0; i < PATIENCE; i++) {
        if (RNG_SR & ERRORS) return false;
        if (!(RNG_SR & READY)) continue;
        uint32_t now = RNG_DR;
        bool same =
            begun && now == last; // FIPS 140-2, 4.9.2: continuous test; the first word is for comparison only
        bool first = !begun;
        last = now, begun = true;
        if (same) return false;
        if (first) continue;
        *to = now;
        return true;
    }
    return false;
}

static void restart(void) {
    RCC_AHB2ENR |= 1u << 6;
    RNG_CR = 0;
    RNG_SR = 0;
    RNG_CR = ON;
    begun = false;
}

void random_bytes(void *self, uint8_t *p, uint32_t n) {
    uint32_t now = 0, failed = 0;
    (void)self;
    if (!(RNG_CR & ON)) restart();
    for (uint32_t i = 0; i < n; i++) {
        while (i % 4 == 0 && !word(&now)) {
            if (++failed == TRIES) live_end(1);
            restart();
        }
        p[i] = (uint8_t)(now >> (8 * (i % 4)));
    }
}

// The live part that Cortex-M chips share: SysTick counts milliseconds, the line's interrupt fills a ring,
// rest is WFI.
//
//   line ──interrupt──▶ ring ──live_read──▶ device.c
//
// Rule: the ring is the only thing that interrupt and program share; the one writes `head`, the other `tail`.
// A full ring masks the interrupt, and reading unmasks it whether it was or not: there is no state to lose.

#include "live.h"
#include "cortexm.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define TICK_MS 2u
#define RING 2048u // a power of two: the longest record, and what comes while a call runs

void systick(void);

static volatile uint32_t ticks; // wraps after 99 days: live_now counts on
static uint32_t period, per_ms, seen;
static uint64_t passed; // milliseconds of the ticks seen so far

static uint8_t ring[RING];
static volatile uint32_t head, tail;

void systick(void) { ticks = ticks + 1; }

const char *live_open(void) {
    uint32_t hz = chip_clock();
    per_ms = hz / 1000;
    period = per_ms * TICK_MS;
    SYST_RVR = period - 1;
    SYST_CVR = 0;
    SYST_CSR = 7; // the core's clock, interrupting, running
    chip_line();
    return 0;
}

uint64_t live_now(void) {
    uint32_t now, left;
    do {
        now = ticks;
        left = SYST_CVR;
    } while (now != ticks);
    passed += (uint64_t)(now - seen) * TICK_MS;
    seen = now;
    return passed + (period - 1 - left) / per_ms;
}

bool line_room(void) {
    if (head - tail < RING) return true;
    NVIC_DISABLE(chip_line_irq);
    return false;
}

void line_came(uint8_t byte) {
    ring[head % RING] = byte;
    head = head + 1;
}

uint32_t live_read(uint8_t *p, uint32_t room) {
    uint32_t n = 0;
    while (n < room && tail != head) {
        p[n++] = ring[tail % RING];
        tail = tail + 1;
    }
    if (n > 0) NVIC_ENABLE(chip_line_irq);
    return n;
}

void live_rest(uint64_t until) {
    __asm volatile("cpsid i" ::: "memory"); // what comes from here on is pending, and ends the wait
    if (head == tail && live_now() < until) __asm volatile("wfi");
    __asm volatile("cpsie i" ::: "memory");
}

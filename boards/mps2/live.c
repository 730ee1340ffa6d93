// MPS2's serial line: CMSDK UART 0. The console of a device whose radio is Ethernet (lan9118.c).

#include "live.h"
#include "board.h"
#include "cortexm.h"
#include "lan9118.h"

#define KIB 1024u
#define DATA (*(volatile uint32_t *)0x40004000u)
#define STATE (*(volatile uint32_t *)0x40004004u)
#define CTRL (*(volatile uint32_t *)0x40004008u)
#define INTCLEAR (*(volatile uint32_t *)0x4000400Cu)
#define BAUDDIV (*(volatile uint32_t *)0x40004010u)

#define TX_FULL 1u
#define RX_FULL 2u
#define RX_INTERRUPT 2u
#define ON 3u // both directions
#define LISTEN 8u
#define CLOCK_HZ 25000000u
#define BAUD 921600u

const char live_name[] = "an386";
const uint32_t chip_line_irq = 0;

/** As an external NOR chip with sectors of 4 KiB has them. */
const flash_region live_regions[SYNOD_RECORD_REGIONS + 1] = {{0, 0, 0},
                                                             {8 * KIB, 4 * KIB, 1},
                                                             {32 * KIB, 4 * KIB, 1},
                                                             {512 * KIB, 4 * KIB, 1},
                                                             {64 * KIB, 4 * KIB, 1},
                                                             {64 * KIB, 4 * KIB, 1}};

uint32_t chip_clock(void) { return CLOCK_HZ; }

void chip_line(void) {
    BAUDDIV = CLOCK_HZ / BAUD;
    CTRL = ON | LISTEN;
    NVIC_ENABLE(chip_line_irq);
}

void interrupt(void) {
    lan9118_interrupt();
    if (!(STATE & RX_FULL) || !line_room()) return;
    INTCLEAR = RX_INTERRUPT; // before the byte is taken: the next may come with the reading
    line_came((uint8_t)DATA);
}

void live_write(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    for (uint32_t i = 0; i < n; i++) {
        while (STATE & TX_FULL) continue;
        DATA = p[i];
    }
}

_Noreturn void live_end(int status) { semihost_exit(status); }

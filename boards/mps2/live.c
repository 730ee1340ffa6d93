// MPS2's serial line: CMSDK UART 0. The console of a device whose radio is Ethernet (lan9118.c).

#include "live.h"
#include "board.h"
#include "cortexm.h"
#include "lan9118.h"
#include "mps2.h"

#define KIB 1024u
#define REGISTER(offset) (*(volatile uint32_t *)(MPS2_UART + (offset)))
#define DATA REGISTER(0x0u)
#define STATE REGISTER(0x4u)
#define CTRL REGISTER(0x8u)
#define INTCLEAR REGISTER(0xCu)
#define BAUDDIV REGISTER(0x10u)

#define TX_FULL 1u
#define RX_FULL 2u
#define RX_INTERRUPT 2u
#define ON 3u // both directions
#define LISTEN 8u
#define BAUD 921600u

#define TEXT(x) #x
#define NAMED(x) TEXT(x)

const char live_name[] = "an" NAMED(AN);
const uint32_t chip_line_irq = MPS2_UART_IRQ;

/** As an external NOR chip with sectors of 4 KiB has them. */
const flash_region live_regions[SYNOD_RECORD_REGIONS + 1] = {{0, 0, 0},
                                                             {8 * KIB, 4 * KIB, 1},
                                                             {32 * KIB, 4 * KIB, 1},
                                                             {512 * KIB, 4 * KIB, 1},
                                                             {64 * KIB, 4 * KIB, 1},
                                                             {64 * KIB, 4 * KIB, 1}};

uint32_t chip_clock(void) { return MPS2_HZ; }

void chip_line(void) {
    BAUDDIV = MPS2_HZ / BAUD;
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

// QEMU's `virt` machine alive: clock of the CLINT, serial line 16550. By polling: this machine holds bytes
// back as long as nobody reads.

#include "live.h"
#include "board.h"

#define KIB 1024u
#define UART(register) (*(volatile uint8_t *)(0x10000000u + (register)))
#define DATA UART(0)
#define ENABLE UART(1)
#define FIFO UART(2)
#define STATE UART(5)
#define FIFO_OF_14 0xC1u // on, interrupting at 14 bytes or when no more come
#define CAME 1u
#define ROOM 32u

#define MTIME_LOW (*(volatile uint32_t *)0x0200bff8u)
#define MTIME_HIGH (*(volatile uint32_t *)0x0200bffcu)
#define MTIMECMP_LOW (*(volatile uint32_t *)0x02004000u)
#define MTIMECMP_HIGH (*(volatile uint32_t *)0x02004004u)
#define PER_MS 10000u // of mtime

#define PLIC_PRIORITY(irq) (*(volatile uint32_t *)(0x0c000000u + 4 * (irq)))
#define PLIC_ENABLE (*(volatile uint32_t *)0x0c002000u)
#define PLIC_THRESHOLD (*(volatile uint32_t *)0x0c200000u)
#define PLIC_CLAIM (*(volatile uint32_t *)0x0c200004u)
#define IRQ 10u

void riscv_wake_on(void); // start.S: timer and external interrupts end a wait, and interrupt nothing
void riscv_wait(void);

const char live_name[] = "riscv";

const flash_region live_regions[SYNOD_RECORD_REGIONS + 1] = {{0, 0, 0},
                                                             {8 * KIB, 4 * KIB, 1},
                                                             {32 * KIB, 4 * KIB, 1},
                                                             {512 * KIB, 4 * KIB, 1},
                                                             {64 * KIB, 4 * KIB, 1},
                                                             {64 * KIB, 4 * KIB, 1}};

static uint64_t zero;

static uint64_t mtime(void) {
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return ((uint64_t)high << 32) | low;
}

const char *live_open(void) {
    zero = mtime();
    FIFO = FIFO_OF_14;
    ENABLE = CAME;
    PLIC_PRIORITY(IRQ) = 1;
    PLIC_ENABLE = 1u << IRQ;
    PLIC_THRESHOLD = 0;
    riscv_wake_on();
    return NULL;
}

uint64_t live_now(void) { return (mtime() - zero) / PER_MS; }

void live_rest(uint64_t until) {
    uint64_t at = until > UINT64_MAX / PER_MS - zero ? UINT64_MAX : zero + until * PER_MS;
    MTIMECMP_HIGH = 0xffffffffu;
    MTIMECMP_LOW = (uint32_t)at;
    MTIMECMP_HIGH = (uint32_t)(at >> 32);
    if (!(STATE & CAME)) riscv_wait();
    uint32_t irq = PLIC_CLAIM;
    if (irq != 0) PLIC_CLAIM = irq;
}

uint32_t live_read(uint8_t *p, uint32_t room) {
    uint32_t n = 0;
    while (n < room && (STATE & CAME)) p[n++] = DATA;
    return n;
}

void live_write(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    for (uint32_t i = 0; i < n; i++) {
        while (!(STATE & ROOM)) continue;
        DATA = p[i];
    }
}

_Noreturn void live_end(int status) { semihost_exit(status); }

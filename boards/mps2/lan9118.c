// The driver: both FIFOs by polling; an interrupt ends a rest.

#include "lan9118.h"

#include <string.h>

#include "cortexm.h"
#include "live.h"
#include "mps2.h"

#define REGISTER(offset) (*(volatile uint32_t *)(MPS2_ETHERNET + (offset)))
#define RX_DATA REGISTER(0x00u)
#define TX_DATA REGISTER(0x20u)
#define RX_STATUS REGISTER(0x40u)
#define ID_REV REGISTER(0x50u)
#define IRQ_CFG REGISTER(0x54u)
#define INT_STS REGISTER(0x58u)
#define INT_EN REGISTER(0x5Cu)
#define FIFO_INT REGISTER(0x68u)
#define TX_CFG REGISTER(0x70u)
#define HW_CFG REGISTER(0x74u)
#define RX_FIFO_INF REGISTER(0x7Cu)
#define TX_FIFO_INF REGISTER(0x80u)
#define MAC_CSR_CMD REGISTER(0xA4u)
#define MAC_CSR_DATA REGISTER(0xA8u)

#define CHIP 0x0118u                  // upper half of ID_REV
#define SOFT_RESET 1u                 // HW_CFG
#define STORE_AND_FORWARD 0x00050000u // HW_CFG: must be one, and 5 KiB of FIFO for transmission
#define TX_ON 2u                      // TX_CFG
#define IRQ_PUSH_PULL 0x111u          // IRQ_CFG: enabled, active high, push-pull
#define RX_STATUS_LEVEL 8u            // INT_STS, INT_EN: more entries of RX_STATUS than FIFO_INT says
#define CSR_BUSY 0x80000000u
#define MAC_CR 1u
#define MAC_ON 0x001C000Cu // both directions, full duplex, all multicast, promiscuous
#define RX_ERROR 0x8000u   // RX_STATUS
#define WHOLE 0x3000u      // TX command A: first and last segment
#define PATIENCE 100000u

#define TYPE_HIGH 0x88u
#define TYPE_LOW 0xB5u
#define HEAD 16u     // addresses, type, length
#define SHORTEST 60u // of a frame without its check sequence
#define LONGEST 1514u
#define CHECK 4u // its check sequence, which is counted by RX_STATUS

static uint8_t address[6] = {0x02, 0x53};

static void mac_write(uint32_t csr, uint32_t value) {
    for (uint32_t i = 0; i < PATIENCE && (MAC_CSR_CMD & CSR_BUSY); i++) continue;
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = CSR_BUSY | csr;
}

bool radio_open(const char **error) {
    *error = NULL;
    if (ID_REV >> 16 != CHIP) {
        *error = "no LAN9118 answers";
        return false;
    }
    HW_CFG = SOFT_RESET;
    for (uint32_t i = 0; i < PATIENCE && (HW_CFG & SOFT_RESET); i++) continue;
    HW_CFG = STORE_AND_FORWARD;
    TX_CFG = TX_ON;
    mac_write(MAC_CR, MAC_ON);
    random_bytes(NULL, address + 2, 4); // a locally administered address of its own at each start
    FIFO_INT = 0;
    INT_STS = 0xffffffffu;
    INT_EN = RX_STATUS_LEVEL;
    IRQ_CFG = IRQ_PUSH_PULL;
    NVIC_ENABLE(MPS2_ETHERNET_IRQ);
    return true;
}

void lan9118_interrupt(void) {
    if (INT_STS & RX_STATUS_LEVEL)
        NVIC_DISABLE(MPS2_ETHERNET_IRQ); // it ended the rest; radio_hear listens again
}

static void put(const uint8_t *p, uint32_t n) { // n: whole words
    for (uint32_t i = 0; i < n; i += 4) {
        uint32_t word;
        memcpy(&word, p + i, 4);
        TX_DATA = word;
    }
}

void radio_send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    uint8_t head[HEAD], rest[4] = {0};
    (void)self, (void)link, (void)peer;
    if (n > LONGEST - HEAD) return;
    uint32_t size = HEAD + n < SHORTEST ? SHORTEST : HEAD + n, words = (size + 3) & ~3u;
    for (uint32_t i = 0; i < PATIENCE && (TX_FIFO_INF & 0xffffu) < words + 8; i++) continue;
    if ((TX_FIFO_INF & 0xffffu) < words + 8) return; // a radio may drop
    memset(head, 0xff, 6);
    memcpy(head + 6, address, 6);
    head[12] = TYPE_HIGH, head[13] = TYPE_LOW;
    head[14] = (uint8_t)(n >> 8), head[15] = (uint8_t)n;
    TX_DATA = WHOLE | size;
    TX_DATA = size;
    put(head, HEAD);
    put(p, n & ~3u);
    memcpy(rest, p + (n & ~3u), n & 3u);
    uint32_t at = HEAD + (n & ~3u);
    for (; at < words; at += 4) {
        put(rest, 4);
        memset(rest, 0, 4);
    }
}

/** Takes `words` from the FIFO: those from word `from` on go to p, at most `room` bytes, the rest nowhere. */
static void get(uint32_t words, uint32_t from, uint8_t *p, uint32_t room) {
    for (uint32_t i = 0; i < words; i++) {
        uint32_t word = RX_DATA, at = (i - from) * 4;
        if (i < from || at >= room) continue;
        memcpy(p + at, &word, room - at < 4 ? room - at : 4);
    }
}

/** The frame that waits first: its length when it is ours, 0 when not. */
static uint32_t take(uint32_t status, uint8_t *p, uint32_t room) {
    uint32_t size = (status >> 16) & 0x3fffu, words = (size + 3) / 4;
    uint8_t head[HEAD];
    bool whole = !(status & RX_ERROR) && size >= HEAD + CHECK && words >= HEAD / 4;
    if (!whole) {
        get(words, words, p, 0);
        return 0;
    }
    get(HEAD / 4, 0, head, HEAD);
    uint32_t n = ((uint32_t)head[14] << 8) | head[15];
    bool ours = head[12] == TYPE_HIGH && head[13] == TYPE_LOW && n <= size - HEAD - CHECK && n <= room;
    get(words - HEAD / 4, 0, p, ours ? n : 0);
    return ours ? n : 0;
}

uint32_t radio_hear(uint8_t *p, uint32_t room) {
    uint32_t n = 0;
    while (n == 0 && (RX_FIFO_INF >> 16 & 0xffu) > 0) n = take(RX_STATUS, p, room);
    if (n == 0) {
        INT_STS = RX_STATUS_LEVEL;
        NVIC_ENABLE(MPS2_ETHERNET_IRQ);
    }
    return n;
}

// The STM32F405's serial line: USART1 at PA9 (TX), PA10 (RX), with RTS and CTS at PA12 and PA11.

#include "live.h"
#include "cortexm.h"

#define RCC_AHB1ENR (*(volatile uint32_t *)0x40023830u)
#define RCC_APB2ENR (*(volatile uint32_t *)0x40023844u)
#define GPIOA_MODER (*(volatile uint32_t *)0x40020000u)
#define GPIOA_AFRH (*(volatile uint32_t *)0x40020024u)
#define USART_SR (*(volatile uint32_t *)0x40011000u)
#define USART_DR (*(volatile uint32_t *)0x40011004u)
#define USART_BRR (*(volatile uint32_t *)0x40011008u)
#define USART_CR1 (*(volatile uint32_t *)0x4001100Cu)
#define USART_CR3 (*(volatile uint32_t *)0x40011014u)

#define RXNE (1u << 5)
#define TXE (1u << 7)
#define CR1_ON 0x200Cu // enabled, both directions
#define CR1_RXNEIE (1u << 5)
#define CR3_FLOW 0x300u // RTS and CTS
#define BAUD 921600u
#define APB2_HZ 84000000u

const char live_name[] = "stm32f405";
const uint32_t chip_line_irq = 37;

void chip_line(void) {
    RCC_AHB1ENR |= 1;           // GPIOA
    RCC_APB2ENR |= 1u << 4;     // USART1
    GPIOA_MODER |= 0xAAu << 18; // PA9 to PA12: alternate function
    GPIOA_AFRH |= 0x77770u;     // 7: USART1
    USART_BRR = (APB2_HZ + BAUD / 2) / BAUD;
    USART_CR3 = CR3_FLOW;
    USART_CR1 = CR1_ON | CR1_RXNEIE;
    NVIC_ENABLE(chip_line_irq);
}

void interrupt(void) {
    if ((USART_SR & RXNE) && line_room()) line_came((uint8_t)USART_DR);
}

void live_write(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    for (uint32_t i = 0; i < n; i++) {
        while (!(USART_SR & TXE)) continue;
        USART_DR = p[i];
    }
}

// The STM32F405: TIM2, which counts instructions in QEMU.

#include "board.h"

#define RCC_APB1ENR (*(volatile uint32_t *)0x40023840u)
#define TIM2_CR1 (*(volatile uint32_t *)0x40000000u)
#define TIM2_CNT (*(volatile uint32_t *)0x40000024u)

void board_init(void) {
    RCC_APB1ENR |= 1; // TIM2's clock
    TIM2_CR1 = 1;     // runs
}

uint32_t board_instructions(void) { return TIM2_CNT; }

// The STM32F405's clocks on the chip: 168 MHz from a crystal of 8 MHz, by the PLL; without a crystal from the
// internal 16 MHz, which is as fast but too inexact for a serial line at the ends of its temperature range.
//
//   crystal 8 MHz / 8 (or internal 16 MHz / 16) x 336 / 2 = 168 MHz      APB1 42 MHz, APB2 84 MHz, flash with
//   five wait states

#include "cortexm.h"

#define RCC_CR (*(volatile uint32_t *)0x40023800u)
#define RCC_PLLCFGR (*(volatile uint32_t *)0x40023804u)
#define RCC_CFGR (*(volatile uint32_t *)0x40023808u)
#define FLASH_ACR (*(volatile uint32_t *)0x40023C00u)

#define HSEON (1u << 16)
#define HSERDY (1u << 17)
#define PLLON (1u << 24)
#define PLLRDY (1u << 25)
#define PLL_HSE (1u << 22)
#define PLL_Q7 (7u << 24)    // 48 MHz for the random number generator
#define PLL_N336 (336u << 6) // P is 2 when its field is 0
#define CACHES_5_WAITS 0x705u
#define SW_PLL 2u
#define SWS_PLL 8u
#define APB1_BY_4 (5u << 10)
#define APB2_BY_2 (4u << 13)
#define PATIENCE 1000000u

/** Waits for these bits of a register. */
static bool await_bits(volatile uint32_t *reg, uint32_t mask, uint32_t wanted) {
    for (uint32_t i = 0; i < PATIENCE; i++)
        if ((*reg & mask) == wanted) return true;
    return false;
}

uint32_t chip_clock(void) {
    RCC_CR |= HSEON;
    bool crystal = await_bits(&RCC_CR, HSERDY, HSERDY);
    RCC_PLLCFGR = PLL_Q7 | PLL_N336 | (crystal ? PLL_HSE | 8u : 16u);
    RCC_CR |= PLLON;
    if (!await_bits(&RCC_CR, PLLRDY, PLLRDY)) return 16000000u; // goes on at the internal clock
    FLASH_ACR = CACHES_5_WAITS;
    RCC_CFGR = APB1_BY_4 | APB2_BY_2 | SW_PLL;
    return await_bits(&RCC_CFGR, 12u, SWS_PLL) ? 168000000u : 16000000u;
}

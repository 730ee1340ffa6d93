// MPS2's CMSDK timer 0, which counts down at 25 MHz: 40 of QEMU's instructions a step.

#include "board.h"

#define CTRL (*(volatile uint32_t *)0x40000000u)
#define VALUE (*(volatile uint32_t *)0x40000004u)
#define RELOAD (*(volatile uint32_t *)0x40000008u)
#define ENABLE 1u
#define STEP 40u

void board_init(void) {
    RELOAD = 0xffffffffu;
    VALUE = 0xffffffffu;
    CTRL = ENABLE;
}

uint32_t board_instructions(void) { return (0xffffffffu - VALUE) * STEP; }

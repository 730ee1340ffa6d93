// MPS2's CMSDK timer 0, which counts down at the board's clock: 40 or 50 of QEMU's instructions a step.

#include "board.h"
#include "mps2.h"

#define REGISTER(offset) (*(volatile uint32_t *)(MPS2_TIMER + (offset)))
#define CTRL REGISTER(0x0u)
#define VALUE REGISTER(0x4u)
#define RELOAD REGISTER(0x8u)
#define ENABLE 1u
#define STEP (1000000000u / MPS2_HZ)

void board_init(void) {
    RELOAD = 0xffffffffu;
    VALUE = 0xffffffffu;
    CTRL = ENABLE;
}

uint32_t board_instructions(void) { return (0xffffffffu - VALUE) * STEP; }

// What QEMU's netduinoplus2 needs in place of clock.c, flash.c and rng.c: it runs the core at 168 MHz at
// once; flash and randomness are bare/filed.c.

#include "board.h"
#include "cortexm.h"
#include "live.h"
#include "regions.h"

const flash_region live_regions[SYNOD_RECORD_REGIONS + 1] = {STM32F405_REGIONS};

uint32_t chip_clock(void) { return 168000000u; }

_Noreturn void live_end(int status) { semihost_exit(status); }

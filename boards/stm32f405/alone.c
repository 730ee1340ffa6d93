// What a chip without a probe has in place of semihosting: the last words go out on the serial line, and an
// end is a reset.

#include "board.h"
#include "cortexm.h"
#include "live.h"

#define AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define RESET 0x05FA0004u

void semihost_print(const char *text) {
    uint32_t n = 0;
    while (text[n]) n++;
    live_write(0, (const uint8_t *)text, n);
}

_Noreturn void live_end(int status) {
    (void)status; // the line was told
    AIRCR = RESET;
    for (;;) continue;
}

_Noreturn void semihost_exit(int status) { live_end(status); }

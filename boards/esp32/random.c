// True random bytes. The chip's generator gives them while the radio is on, or while the SAR ADC's noise is
// mixed into it; else its output is a pseudo-random sequence, and no key may be made of that.
//
// Rule: no byte leaves here while neither source is on. An image without a radio therefore cannot have ADC
// channels (Kconfig): the source takes the ADC.

#include <bootloader_random.h>
#include <esp_random.h>

#include "esp32.h"

void random_bytes(void *self, uint8_t *p, uint32_t n) {
    (void)self;
    if (!radio_linked) bootloader_random_enable();
    esp_fill_random(p, n);
    if (!radio_linked) bootloader_random_disable();
}

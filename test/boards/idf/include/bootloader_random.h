// A stand-in for ESP-IDF's bootloader_random.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_BOOTLOADER_RANDOM
#define SYNOD_IDF_BOOTLOADER_RANDOM

void bootloader_random_enable(void);
void bootloader_random_disable(void);

#endif

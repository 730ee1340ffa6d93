// A stand-in for ESP-IDF's esp_random.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_ESP_RANDOM
#define SYNOD_IDF_ESP_RANDOM

#include <stddef.h>

void esp_fill_random(void *buf, size_t len);

#endif

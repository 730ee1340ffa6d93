// A stand-in for ESP-IDF's esp_timer.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_ESP_TIMER
#define SYNOD_IDF_ESP_TIMER

#include <stdint.h>

int64_t esp_timer_get_time(void);

#endif

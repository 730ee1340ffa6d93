// A stand-in for ESP-IDF's esp_system.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_ESP_SYSTEM
#define SYNOD_IDF_ESP_SYSTEM

void esp_restart(void) __attribute__((__noreturn__));

#endif

// A stand-in for ESP-IDF's esp_err.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_ESP_ERR
#define SYNOD_IDF_ESP_ERR

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int esp_err_t;

#define ESP_OK 0
#define ESP_FAIL (-1)
#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_INVALID_SIZE 0x104

#endif

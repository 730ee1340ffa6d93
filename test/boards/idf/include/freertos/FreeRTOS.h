// A stand-in for ESP-IDF's freertos/FreeRTOS.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_FREERTOS_FREERTOS
#define SYNOD_IDF_FREERTOS_FREERTOS

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t TickType_t;
typedef int BaseType_t;
typedef unsigned int UBaseType_t;

#define pdTRUE 1
#define pdPASS 1
#define portMAX_DELAY 0xffffffffu
#define configTICK_RATE_HZ 1000u
#define pdMS_TO_TICKS(ms) ((TickType_t)(((TickType_t)(ms)*configTICK_RATE_HZ) / 1000u))

#endif

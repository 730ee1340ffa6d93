// A stand-in for ESP-IDF's esp_task_wdt.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_ESP_TASK_WDT
#define SYNOD_IDF_ESP_TASK_WDT

#include "esp_err.h"
#include "freertos/task.h"

esp_err_t esp_task_wdt_add(TaskHandle_t task);
esp_err_t esp_task_wdt_delete(TaskHandle_t task);
esp_err_t esp_task_wdt_reset(void);

#endif

// A stand-in for ESP-IDF's nvs_flash.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_NVS_FLASH
#define SYNOD_IDF_NVS_FLASH

#include "esp_err.h"

#define ESP_ERR_NVS_NO_FREE_PAGES 0x110d
#define ESP_ERR_NVS_NEW_VERSION_FOUND 0x1110

esp_err_t nvs_flash_init(void);
esp_err_t nvs_flash_erase(void);

#endif

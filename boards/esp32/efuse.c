// The chip's own secret: a key block in eFuses with purpose HMAC_UP, read-protected; only the HMAC peripheral
// sees it.

#include <esp_hmac.h>
#include <sdkconfig.h>

#include "seal.h"

bool chip_secret(const uint8_t *message, uint32_t n, uint8_t out[32]) {
    return esp_hmac_calculate((hmac_key_id_t)CONFIG_SYNOD_SEAL_KEY, message, n, out) == ESP_OK;
}

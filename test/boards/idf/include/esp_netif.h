// A stand-in for ESP-IDF's esp_netif.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_ESP_NETIF
#define SYNOD_IDF_ESP_NETIF

#include "esp_err.h"

typedef struct esp_netif_obj esp_netif_t;
typedef struct {
    uint32_t addr;
} esp_ip4_addr_t;
typedef struct {
    esp_ip4_addr_t ip;
    esp_ip4_addr_t netmask;
    esp_ip4_addr_t gw;
} esp_netif_ip_info_t;

esp_err_t esp_netif_init(void);
esp_netif_t *esp_netif_create_default_wifi_sta(void);
esp_err_t esp_netif_get_ip_info(esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info);

#endif

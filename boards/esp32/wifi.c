// Wi-Fi as a station, for both links: on and on one channel for ESP-NOW; connected as well when a network is
// named.

#include <esp_event.h>
#include <esp_netif.h>
#include <esp_wifi.h>
#include <nvs_flash.h>
#include <sdkconfig.h>
#include <string.h>

#include "esp32.h"

static esp_netif_t *station;
static bool on;

/** Connects, and again whenever the network is lost. */
static void happened(void *self, esp_event_base_t base, int32_t id, void *data) {
    (void)self, (void)base, (void)data;
    if (id == WIFI_EVENT_STA_START || id == WIFI_EVENT_STA_DISCONNECTED) esp_wifi_connect();
}

/** The driver keeps its calibration there. */
static bool storage(void) {
    esp_err_t error = nvs_flash_init();
    if (error == ESP_ERR_NVS_NO_FREE_PAGES || error == ESP_ERR_NVS_NEW_VERSION_FOUND)
        error = nvs_flash_erase() == ESP_OK ? nvs_flash_init() : ESP_FAIL;
    return error == ESP_OK;
}

static bool named(void) {
    wifi_config_t config;
    const char *ssid = CONFIG_SYNOD_WIFI_SSID, *password = CONFIG_SYNOD_WIFI_PASSWORD;
    memset(&config, 0, sizeof config);
    if (*ssid == 0) return true;
    if (strlen(ssid) > sizeof config.sta.ssid || strlen(password) > sizeof config.sta.password) return false;
    memcpy(config.sta.ssid, ssid, strlen(ssid));
    memcpy(config.sta.password, password, strlen(password));
    return esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK &&
           esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, happened, NULL) == ESP_OK;
}

const char *wifi_open(void) {
    const wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    if (on) return NULL;
    if (!storage()) return "957 partition nvs cannot be used; Wi-Fi needs it";
    if (esp_netif_init() != ESP_OK || esp_event_loop_create_default() != ESP_OK ||
        !(station = esp_netif_create_default_wifi_sta()) || esp_wifi_init(&config) != ESP_OK ||
        esp_wifi_set_storage(WIFI_STORAGE_RAM) != ESP_OK || esp_wifi_set_mode(WIFI_MODE_STA) != ESP_OK)
        return "957 Wi-Fi does not start";
    if (!named()) return "957 the name or the password of the Wi-Fi network is too long";
    if (esp_wifi_start() != ESP_OK) return "957 Wi-Fi does not start";
    // A device hears its neighbours at any time; and the random number generator lives on the radio's noise.
    if (esp_wifi_set_ps(WIFI_PS_NONE) != ESP_OK) return "957 Wi-Fi cannot be kept awake";
    if (*CONFIG_SYNOD_WIFI_SSID == 0 &&
        esp_wifi_set_channel(CONFIG_SYNOD_WIFI_CHANNEL, WIFI_SECOND_CHAN_NONE) != ESP_OK)
        return "957 this Wi-Fi channel cannot be used here";
    on = true;
    return NULL;
}

uint32_t wifi_address(void) {
    esp_netif_ip_info_t info;
    return station && esp_netif_get_ip_info(station, &info) == ESP_OK ? info.ip.addr : 0;
}

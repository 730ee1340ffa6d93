// ESP-NOW: frames as they are, to everybody in reach; no access point, no addresses.
//
// A frame has at most 250 bytes where one of the two ends speaks version 1, so a cell with such boards has a
// genesis with MTU 250. Not encrypted by ESP-NOW: the cell's own MAC is on every frame.

#include <esp_now.h>
#include <string.h>

#include "esp32.h"

static uint32_t most = ESP_NOW_MAX_DATA_LEN;
static const uint8_t everybody[ESP_NOW_ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/** In the task of Wi-Fi. */
static void came(const esp_now_recv_info_t *from, const uint8_t *p, int n) {
    (void)from;
    if (n > 0) radio_heard(&espnow_link, p, (uint32_t)n);
}

static const char *open_link(void) {
    esp_now_peer_info_t peer;
    uint32_t version = 1;
    const char *why = wifi_open();
    if (why) return why;
    memset(&peer, 0, sizeof peer);
    memcpy(peer.peer_addr, everybody, sizeof everybody);
    peer.ifidx = WIFI_IF_STA;
    if (esp_now_init() != ESP_OK || esp_now_add_peer(&peer) != ESP_OK ||
        esp_now_register_recv_cb(came) != ESP_OK)
        return "957 ESP-NOW does not start";
    if (esp_now_get_version(&version) == ESP_OK && version >= 2) most = ESP_NOW_MAX_DATA_LEN_V2;
    return NULL;
}

static void send_frame(const uint8_t *p, uint32_t n) {
    if (n <= most) esp_now_send(everybody, p, n);
}

const radio_link espnow_link = {.open = open_link, .send = send_frame};

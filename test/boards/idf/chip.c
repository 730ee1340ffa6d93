// A fake chip's peripherals: UART on stdin and stdout, random numbers, the HMAC peripheral, pins, Wi-Fi.

#include <bootloader_random.h>
#include <driver/gpio.h>
#include <driver/i2c_master.h>
#include <driver/uart.h>
#include <esp_adc/adc_oneshot.h>
#include <esp_hmac.h>
#include <esp_netif.h>
#include <esp_now.h>
#include <esp_random.h>
#include <esp_system.h>
#include <esp_wifi.h>
#include <fcntl.h>
#include <freertos/task.h>
#include <lwip/sockets.h>
#include <nvs_flash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fake.h"
#include "trace.h"

#define RESTARTED 3 // exit status of a fake that was told to start again

const char *fake_udp_address = "127.0.0.1";
uint16_t fake_udp_port;
uint16_t fake_now_own, fake_now_peer;
uint8_t fake_key[32];
bool fake_key_burnt;

void fake_wrong(const char *words) {
    fprintf(stderr, "fake: %s\n", words);
    abort();
}

void esp_restart(void) { exit(RESTARTED); }

// ---- UART 0 ----

esp_err_t uart_driver_install(uart_port_t port, int rx, int tx, int queue, QueueHandle_t *events, int flags) {
    (void)port, (void)rx, (void)tx, (void)queue, (void)events, (void)flags;
    return fcntl(0, F_SETFL, O_NONBLOCK) == 0 ? ESP_OK : ESP_FAIL;
}

esp_err_t uart_param_config(uart_port_t port, const uart_config_t *config) {
    (void)port;
    return config->baud_rate == 921600 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

int uart_read_bytes(uart_port_t port, void *to, uint32_t n, TickType_t ticks) {
    (void)port, (void)ticks;
    ssize_t got = read(0, to, n);
    if (got == 0) exit(0); // nobody holds the other end any more
    return got < 0 ? 0 : (int)got;
}

int uart_write_bytes(uart_port_t port, const void *from, size_t n) {
    (void)port;
    if (write(1, from, n) != (ssize_t)n) exit(0);
    return (int)n;
}

esp_err_t uart_wait_tx_done(uart_port_t port, TickType_t ticks) {
    (void)port, (void)ticks;
    return ESP_OK;
}

// ---- randomness, which knows whether it is true, and the eFuse's secret ----

static bool radio_on, source_on;

void bootloader_random_enable(void) { source_on = true; }
void bootloader_random_disable(void) { source_on = false; }

void esp_fill_random(void *to, size_t n) {
    if (!radio_on && !source_on) fake_wrong("random bytes are drawn while no source of them is on");
    if (getentropy(to, n) != 0) fake_wrong("this machine has no random bytes");
}

static void hash(const uint8_t *pad, const void *p, size_t n, uint8_t out[32]) {
    trace t;
    trace_begin(&t);
    trace_add(&t, pad, 64);
    trace_add(&t, p, (uint32_t)n);
    trace_digest(&t, out);
}

/** RFC 2104. */
esp_err_t esp_hmac_calculate(hmac_key_id_t id, const void *message, size_t n, uint8_t *out) {
    uint8_t inner[64], outer[64], digest[32];
    if (!fake_key_burnt || id != HMAC_KEY5) return ESP_FAIL;
    for (unsigned i = 0; i < 64; i++) {
        uint8_t k = i < 32 ? fake_key[i] : 0;
        inner[i] = k ^ 0x36, outer[i] = k ^ 0x5c;
    }
    hash(inner, message, n, digest);
    hash(outer, digest, sizeof digest, out);
    return ESP_OK;
}

// ---- pins: each input has a value that a test knows ----

esp_err_t gpio_config(const gpio_config_t *config) {
    return config->pin_bit_mask ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level) {
    fprintf(stderr, "pin %d %u\n", pin, level);
    return ESP_OK;
}

int gpio_get_level(gpio_num_t pin) { return pin == 3; }

esp_err_t adc_oneshot_io_to_channel(int pin, adc_unit_t *unit, adc_channel_t *channel) {
    *unit = ADC_UNIT_1, *channel = ADC_CHANNEL_0;
    return pin == 2 ? ESP_OK : ESP_FAIL;
}

esp_err_t adc_oneshot_new_unit(const adc_oneshot_unit_init_cfg_t *config, adc_oneshot_unit_handle_t *unit) {
    static int it;
    (void)config;
    *unit = (adc_oneshot_unit_handle_t)(void *)&it;
    return ESP_OK;
}

esp_err_t adc_oneshot_config_channel(adc_oneshot_unit_handle_t unit, adc_channel_t channel,
                                     const adc_oneshot_chan_cfg_t *config) {
    (void)unit, (void)channel, (void)config;
    return ESP_OK;
}

esp_err_t adc_oneshot_read(adc_oneshot_unit_handle_t unit, adc_channel_t channel, int *raw) {
    (void)unit, (void)channel;
    *raw = 4095 / 4;
    return ESP_OK;
}

esp_err_t i2c_new_master_bus(const i2c_master_bus_config_t *config, i2c_master_bus_handle_t *bus) {
    static int it;
    *bus = (i2c_master_bus_handle_t)(void *)&it;
    return config->sda_io_num == 4 && config->scl_io_num == 5 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t i2c_master_bus_add_device(i2c_master_bus_handle_t bus, const i2c_device_config_t *config,
                                    i2c_master_dev_handle_t *device) {
    *device = (i2c_master_dev_handle_t)(void *)bus;
    return config->device_address == 0x48 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

/** An LM75 at minus 10.5 degrees. */
esp_err_t i2c_master_transmit_receive(i2c_master_dev_handle_t device, const uint8_t *out, size_t written,
                                      uint8_t *in, size_t wanted, int ms) {
    (void)device, (void)ms;
    if (written != 1 || *out != 0 || wanted != 2) return ESP_ERR_INVALID_ARG;
    in[0] = 0xf5, in[1] = 0x80;
    return ESP_OK;
}

// ---- Wi-Fi: connected at once, at 127.0.0.1 ----

esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";
static esp_event_handler_t handler;
static bool connected;

esp_err_t nvs_flash_init(void) {
    static bool erased;
    if (erased) return ESP_OK;
    erased = true;
    return ESP_ERR_NVS_NO_FREE_PAGES;
}
esp_err_t nvs_flash_erase(void) { return ESP_OK; }
esp_err_t esp_netif_init(void) { return ESP_OK; }
esp_err_t esp_event_loop_create_default(void) { return ESP_OK; }
esp_netif_t *esp_netif_create_default_wifi_sta(void) {
    static int it;
    return (esp_netif_t *)(void *)&it;
}
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *info) {
    (void)netif;
    memset(info, 0, sizeof *info);
    if (connected) info->ip.addr = htonl(INADDR_LOOPBACK);
    return ESP_OK;
}
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t to, void *arg) {
    (void)base, (void)id, (void)arg;
    handler = to;
    return ESP_OK;
}
esp_err_t esp_wifi_init(const wifi_init_config_t *config) {
    return config->magic == 0x1f2f3f4f ? ESP_OK : ESP_ERR_INVALID_ARG;
}
esp_err_t esp_wifi_set_storage(wifi_storage_t storage) {
    return storage == WIFI_STORAGE_RAM ? ESP_OK : ESP_FAIL;
}
esp_err_t esp_wifi_set_mode(wifi_mode_t mode) { return mode == WIFI_MODE_STA ? ESP_OK : ESP_FAIL; }
esp_err_t esp_wifi_set_config(wifi_interface_t i, wifi_config_t *c) {
    return i == WIFI_IF_STA && memcmp(c->sta.ssid, "fake", 5) == 0 ? ESP_OK : ESP_FAIL;
}
esp_err_t esp_wifi_start(void) {
    radio_on = true;
    if (handler) handler(NULL, WIFI_EVENT, WIFI_EVENT_STA_START, NULL);
    return ESP_OK;
}
esp_err_t esp_wifi_connect(void) {
    connected = true;
    return ESP_OK;
}
esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) { return type == WIFI_PS_NONE ? ESP_OK : ESP_FAIL; }
esp_err_t esp_wifi_set_channel(uint8_t primary, wifi_second_chan_t second) {
    (void)second;
    return primary >= 1 && primary <= 13 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

// ---- ESP-NOW: a datagram is a frame ----

static int air = -1;
static esp_now_recv_cb_t hear;

static struct sockaddr_in at(uint16_t port) {
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static void listen_on_air(void *unused) {
    uint8_t frame[2048];
    const esp_now_recv_info_t info = {0};
    (void)unused;
    for (;;) {
        ssize_t n = recv(air, frame, sizeof frame, 0);
        if (n > 0 && hear) hear(&info, frame, (int)n);
    }
}

esp_err_t esp_now_init(void) {
    if (!radio_on) fake_wrong("ESP-NOW starts before Wi-Fi");
    if (fake_now_own == 0) return ESP_OK;
    struct sockaddr_in own = at(fake_now_own);
    air = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(air, (const struct sockaddr *)&own, sizeof own) != 0)
        fake_wrong("the port of the fake air is taken");
    return xTaskCreate(listen_on_air, "air", 4096, NULL, 5, NULL) == pdPASS ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_now_get_version(uint32_t *version) {
    *version = 1;
    return ESP_OK;
}

esp_err_t esp_now_register_recv_cb(esp_now_recv_cb_t to) {
    hear = to;
    return ESP_OK;
}

esp_err_t esp_now_add_peer(const esp_now_peer_info_t *peer) {
    return peer->peer_addr[0] == 0xff && peer->ifidx == WIFI_IF_STA ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_now_send(const uint8_t *to, const uint8_t *p, size_t n) {
    (void)to;
    if (n > ESP_NOW_MAX_DATA_LEN) fake_wrong("a frame is longer than ESP-NOW carries");
    if (air < 0) return ESP_OK;
    struct sockaddr_in peer = at(fake_now_peer);
    sendto(air, p, n, 0, (const struct sockaddr *)&peer, sizeof peer);
    return ESP_OK;
}

// Sensors and an output, each on the channel that menuconfig gives it; a pin of -1 is none, and its channel
// the host's.
//
//   ADC    thousandths of full scale, 0 to 1000          GPIO    0 or 1000
//   I2C    a big-endian 16-bit register, scaled; as set, the temperature of an LM75 or TMP102 in thousandths
//   of a degree output a GPIO: high while the value is positive
//
// Rule: a channel has something new once in CONFIG_SYNOD_SENSE_MS, and never what could not be read.

#include <driver/gpio.h>
#include <driver/i2c_master.h>
#include <esp_adc/adc_oneshot.h>
#include <sdkconfig.h>

#include "esp32.h"

#define NOTHING INT64_MIN
#define FULL_SCALE 4095
#define I2C_MS 50

static adc_oneshot_unit_handle_t adc;
static adc_channel_t adc_channel;
static i2c_master_dev_handle_t i2c;

static void pin(int number, gpio_mode_t mode) {
    const gpio_config_t config = {.pin_bit_mask = 1ull << number,
                                  .mode = mode,
                                  .pull_up_en = GPIO_PULLUP_DISABLE,
                                  .pull_down_en = GPIO_PULLDOWN_DISABLE,
                                  .intr_type = GPIO_INTR_DISABLE};
    gpio_config(&config);
}

static void open_adc(void) {
    adc_unit_t unit;
    if (adc_oneshot_io_to_channel(CONFIG_SYNOD_ADC_PIN, &unit, &adc_channel) != ESP_OK) return;
    const adc_oneshot_unit_init_cfg_t config = {.unit_id = unit, .ulp_mode = ADC_ULP_MODE_DISABLE};
    const adc_oneshot_chan_cfg_t channel = {.atten = ADC_ATTEN_DB_12, .bitwidth = ADC_BITWIDTH_12};
    if (adc_oneshot_new_unit(&config, &adc) == ESP_OK &&
        adc_oneshot_config_channel(adc, adc_channel, &channel) != ESP_OK)
        adc = NULL;
}

static void open_i2c(void) {
    const i2c_master_bus_config_t config = {.i2c_port = -1,
                                            .sda_io_num = (gpio_num_t)CONFIG_SYNOD_I2C_SDA,
                                            .scl_io_num = (gpio_num_t)CONFIG_SYNOD_I2C_SCL,
                                            .clk_source = I2C_CLK_SRC_DEFAULT,
                                            .glitch_ignore_cnt = 7,
                                            .flags = {.enable_internal_pullup = 1}};
    const i2c_device_config_t device = {.dev_addr_length = I2C_ADDR_BIT_LEN_7,
                                        .device_address = CONFIG_SYNOD_I2C_ADDRESS,
                                        .scl_speed_hz = 100000};
    i2c_master_bus_handle_t bus;
    if (i2c_new_master_bus(&config, &bus) == ESP_OK &&
        i2c_master_bus_add_device(bus, &device, &i2c) != ESP_OK)
        i2c = NULL;
}

void sense_open(void) {
    if (CONFIG_SYNOD_ADC_PIN >= 0) open_adc();
    if (CONFIG_SYNOD_I2C_SDA >= 0) open_i2c();
    if (CONFIG_SYNOD_INPUT_PIN >= 0) pin(CONFIG_SYNOD_INPUT_PIN, GPIO_MODE_INPUT);
    if (CONFIG_SYNOD_OUTPUT_PIN >= 0) pin(CONFIG_SYNOD_OUTPUT_PIN, GPIO_MODE_OUTPUT);
}

static int64_t read_adc(void) {
    int raw;
    if (!adc || adc_oneshot_read(adc, adc_channel, &raw) != ESP_OK) return NOTHING;
    return (int64_t)raw * 1000 / FULL_SCALE;
}

static int64_t read_i2c(void) {
    const uint8_t which = CONFIG_SYNOD_I2C_REGISTER;
    uint8_t got[2];
    if (!i2c || i2c_master_transmit_receive(i2c, &which, 1, got, sizeof got, I2C_MS) != ESP_OK)
        return NOTHING;
    int16_t value = (int16_t)(uint16_t)((got[0] << 8) | got[1]);
    return (int64_t)value * CONFIG_SYNOD_I2C_MULTIPLY / CONFIG_SYNOD_I2C_DIVIDE;
}

int64_t sense_read(void *self, uint32_t channel) {
    static uint64_t next[3];
    uint64_t now = device_now(self);
    uint32_t which;
    if (CONFIG_SYNOD_ADC_PIN >= 0 && channel == CONFIG_SYNOD_ADC_CHANNEL) which = 0;
    else if (CONFIG_SYNOD_INPUT_PIN >= 0 && channel == CONFIG_SYNOD_INPUT_CHANNEL) which = 1;
    else if (CONFIG_SYNOD_I2C_SDA >= 0 && channel == CONFIG_SYNOD_I2C_CHANNEL) which = 2;
    else return NOTHING;
    if (now < next[which]) return NOTHING;
    next[which] = now + CONFIG_SYNOD_SENSE_MS;
    if (which == 0) return read_adc();
    if (which == 2) return read_i2c();
    return gpio_get_level((gpio_num_t)CONFIG_SYNOD_INPUT_PIN) ? 1000 : 0;
}

void sense_act(void *self, uint32_t channel, int64_t value) {
    (void)self;
    if (CONFIG_SYNOD_OUTPUT_PIN >= 0 && channel == CONFIG_SYNOD_OUTPUT_CHANNEL)
        gpio_set_level((gpio_num_t)CONFIG_SYNOD_OUTPUT_PIN, value > 0);
}

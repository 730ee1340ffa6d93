// A stand-in for what menuconfig writes: every link and every sensor is chosen, so that all of boards/esp32
// compiles. What a test varies are variables of test/boards/idf/fake.c.

#ifndef SYNOD_IDF_SDKCONFIG
#define SYNOD_IDF_SDKCONFIG

#include <stdint.h>

extern const char *fake_udp_address;
extern uint16_t fake_udp_port;

#define CONFIG_IDF_TARGET "esp32c3"
#define CONFIG_SYNOD_ESPNOW 1
#define CONFIG_SYNOD_UDP 1
#define CONFIG_SYNOD_WIFI_SSID "fake"
#define CONFIG_SYNOD_WIFI_PASSWORD "password"
#define CONFIG_SYNOD_WIFI_CHANNEL 6
#define CONFIG_SYNOD_UDP_ADDRESS fake_udp_address
#define CONFIG_SYNOD_UDP_PORT fake_udp_port
#define CONFIG_SYNOD_BAUD 921600
#define CONFIG_SYNOD_SEAL_KEY 5
#define CONFIG_SYNOD_STACK 32768
#define CONFIG_SYNOD_CODE_KEPT 64
#define CONFIG_SYNOD_BOX 68
#define CONFIG_SYNOD_BANK_1 160 // pointers here are twice as long
#define CONFIG_SYNOD_BANK_2 256
#define CONFIG_SYNOD_SENSE_MS 1000
#define CONFIG_SYNOD_ADC_PIN 2
#define CONFIG_SYNOD_ADC_CHANNEL 2
#define CONFIG_SYNOD_INPUT_PIN 3
#define CONFIG_SYNOD_INPUT_CHANNEL 3
#define CONFIG_SYNOD_I2C_SDA 4
#define CONFIG_SYNOD_I2C_SCL 5
#define CONFIG_SYNOD_I2C_CHANNEL 0
#define CONFIG_SYNOD_I2C_ADDRESS 0x48
#define CONFIG_SYNOD_I2C_REGISTER 0x00
#define CONFIG_SYNOD_I2C_MULTIPLY 1000
#define CONFIG_SYNOD_I2C_DIVIDE 256
#define CONFIG_SYNOD_OUTPUT_PIN 7
#define CONFIG_SYNOD_OUTPUT_CHANNEL 0

#endif

// The line over UART 0: the USB socket of boards with a bridge chip.

#include <driver/uart.h>
#include <freertos/FreeRTOS.h>
#include <sdkconfig.h>

#include "esp32.h"

#define PORT UART_NUM_0
#define BUFFER 4096

void serial_open(void) {
    const uart_config_t config = {.baud_rate = CONFIG_SYNOD_BAUD,
                                  .data_bits = UART_DATA_8_BITS,
                                  .parity = UART_PARITY_DISABLE,
                                  .stop_bits = UART_STOP_BITS_1,
                                  .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
                                  .source_clk = UART_SCLK_DEFAULT};
    const uint8_t end = 0; // of whatever the boot ROM printed
    uart_driver_install(PORT, BUFFER, BUFFER, 0, NULL, 0);
    uart_param_config(PORT, &config);
    uart_write_bytes(PORT, &end, 1);
}

uint32_t serial_read(uint8_t *p, uint32_t room) {
    int n = uart_read_bytes(PORT, p, room, 0);
    return n > 0 ? (uint32_t)n : 0;
}

void serial_write(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    uart_write_bytes(PORT, p, n);
}

void serial_flush(void) { uart_wait_tx_done(PORT, pdMS_TO_TICKS(200)); }

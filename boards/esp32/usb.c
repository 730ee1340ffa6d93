// The line over the chip's own USB serial port (ESP32-S3, C3, C6).
//
// Rule: a board that nobody listens to must go on: what cannot be sent within PATIENCE is dropped, and until
// somebody reads again everything is.

#include <driver/usb_serial_jtag.h>
#include <freertos/FreeRTOS.h>

#include "esp32.h"

#define BUFFER 4096u
#define PATIENCE_MS 50

static bool heard = true;

void serial_open(void) {
    usb_serial_jtag_driver_config_t config = {.tx_buffer_size = BUFFER, .rx_buffer_size = BUFFER};
    const uint8_t end = 0; // of whatever the boot ROM printed
    usb_serial_jtag_driver_install(&config);
    serial_write(NULL, &end, 1);
}

uint32_t serial_read(uint8_t *p, uint32_t room) {
    int n = usb_serial_jtag_read_bytes(p, room, 0);
    return n > 0 ? (uint32_t)n : 0;
}

void serial_write(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    int sent = usb_serial_jtag_write_bytes(p, n, heard ? pdMS_TO_TICKS(PATIENCE_MS) : 0);
    heard = sent == (int)n;
}

void serial_flush(void) { usb_serial_jtag_wait_tx_done(pdMS_TO_TICKS(200)); }

// An image without a radio: its frames go over the line, and the host is its radio.

#include "esp32.h"

const bool radio_linked = false;

const char *radio_open(void) { return NULL; }

void radio_send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    (void)self, (void)link, (void)peer, (void)p, (void)n;
}

uint32_t radio_hear(uint32_t *link, uint8_t *p, uint32_t room) {
    (void)link, (void)p, (void)room;
    return 0;
}

// The links of this image side by side: every frame goes out on each, and what each hears waits here for the
// device.
//
//   ESP-NOW task ──▶ buffer 0 ─┐
//   UDP task ──────▶ buffer 1 ─┴──▶ device task
//
// Rule: one writer and one reader a buffer, and neither waits: a frame that finds no room is lost, as on any
// radio.

#include <freertos/FreeRTOS.h>
#include <freertos/message_buffer.h>
#include <sdkconfig.h>
#include <string.h>

#include "esp32.h"

#define ROOM 6144u // bytes of frames that wait, a link

static const radio_link *const links[] = {
#ifdef CONFIG_SYNOD_ESPNOW
    &espnow_link,
#endif
#ifdef CONFIG_SYNOD_UDP
    &udp_link,
#endif
};
#define LINKS (sizeof links / sizeof *links)

static MessageBufferHandle_t buffers[LINKS];

const bool radio_linked = true;

const char *radio_open(void) {
    for (uint32_t i = 0; i < LINKS; i++)
        if (!(buffers[i] = xMessageBufferCreate(ROOM))) return "957 no memory for frames that wait";
    for (uint32_t i = 0; i < LINKS; i++) {
        const char *why = links[i]->open();
        if (why) return why;
    }
    return NULL;
}

/** The device has one neighbourhood and tells everybody in it. */
void radio_send(void *self, uint32_t link, uint32_t peer, const uint8_t *p, uint32_t n) {
    (void)self, (void)link, (void)peer;
    for (uint32_t i = 0; i < LINKS; i++) links[i]->send(p, n);
}

void radio_heard(const radio_link *link, const uint8_t *p, uint32_t n) {
    for (uint32_t i = 0; i < LINKS; i++)
        if (links[i] == link && n > 0 && n <= SYNOD_LAYOUT_INPUT_MAX &&
            xMessageBufferSend(buffers[i], p, n, 0) == n)
            device_wake();
}

uint32_t radio_hear(uint32_t *link, uint8_t *p, uint32_t room) {
    for (uint32_t i = 0; i < LINKS; i++) {
        size_t n = xMessageBufferReceive(buffers[i], p, room, 0);
        if (n > 0) {
            *link = i;
            return (uint32_t)n;
        }
    }
    return 0;
}

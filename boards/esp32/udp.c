// UDP: a frame a datagram, to one address: a multicast group, a broadcast address, or a peer. The same on the
// air as `synod-node --multicast`, so boards and processes are of one cell.
//
// The socket is made when there is an address and made anew when it changes. Rule: own datagrams, which a
// group gives back, are dropped by where they come from.

#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <lwip/sockets.h>
#include <sdkconfig.h>
#include <string.h>

#include "esp32.h"

#define STACK 4096u
#define PRIORITY 5u
#define LOOK_MS 500u // how often the own address is looked at

static volatile int out = -1;
static struct sockaddr_in to;

/** A socket at this address; -1 when there is none. */
static int make(uint32_t own) {
    const struct timeval patience = {.tv_sec = 0, .tv_usec = LOOK_MS * 1000};
    const int on = 1;
    struct sockaddr_in at;
    struct ip_mreq member;
    int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (fd < 0) return -1;
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons(CONFIG_SYNOD_UDP_PORT);
    at.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool good = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (good && IN_MULTICAST(ntohl(to.sin_addr.s_addr))) {
        member.imr_multiaddr = to.sin_addr;
        member.imr_interface.s_addr = own;
        good = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == 0 &&
               setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &member.imr_interface,
                          sizeof member.imr_interface) == 0;
    }
    if (good) return fd;
    close(fd);
    return -1;
}

/** Hears frames for as long as the own address stays what it is. */
static void hear(int fd, uint32_t own) {
    static uint8_t frame[SYNOD_LAYOUT_INPUT_MAX + 1];
    while (wifi_address() == own) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &size);
        if (n <= 0 || n == (ssize_t)sizeof frame) continue;
        if (from.sin_addr.s_addr == own && from.sin_port == htons(CONFIG_SYNOD_UDP_PORT)) continue;
        radio_heard(&udp_link, frame, (uint32_t)n);
    }
}

static void task(void *unused) {
    (void)unused;
    for (;;) {
        uint32_t own = wifi_address();
        int fd = own == 0 ? -1 : make(own);
        if (fd < 0) {
            vTaskDelay(pdMS_TO_TICKS(LOOK_MS));
            continue;
        }
        out = fd;
        hear(fd, own);
        out = -1;
        close(fd);
    }
}

static const char *open_link(void) {
    const char *why = wifi_open();
    if (why) return why;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(CONFIG_SYNOD_UDP_PORT);
    if (inet_pton(AF_INET, CONFIG_SYNOD_UDP_ADDRESS, &to.sin_addr) != 1)
        return "957 the UDP address of this image is no IPv4 address";
    return xTaskCreate(task, "synod-udp", STACK, NULL, PRIORITY, NULL) == pdPASS
               ? NULL
               : "957 no memory for the UDP task";
}

static void send_frame(const uint8_t *p, uint32_t n) {
    int fd = out;
    if (fd >= 0) sendto(fd, p, n, 0, (const struct sockaddr *)&to, sizeof to);
}

const radio_link udp_link = {.open = open_link, .send = send_frame};

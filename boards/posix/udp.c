// The sockets. A board with a radio replaces udp_send and udp_hear by its driver.

#define _DEFAULT_SOURCE // struct ip_mreq

#include "udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DRAIN 64 // frames of strangers dropped in one go, so that a flood of them leaves time for all else

/** Keeps the words; false, so that a caller can return it. */
static bool fail(udp *u, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(u->error, sizeof u->error, format, arguments);
    va_end(arguments);
    return false;
}

/** Reads ADDRESS:PORT of n characters. */
static bool parse(const char *text, size_t n, struct sockaddr_in *to) {
    char address[INET_ADDRSTRLEN];
    uint32_t port = 0;
    const char *colon = memchr(text, ':', n);
    if (!colon || (size_t)(colon - text) >= sizeof address) return false;
    memcpy(address, text, (size_t)(colon - text));
    address[colon - text] = 0;
    size_t digits = n - (size_t)(colon - text) - 1;
    if (digits == 0 || digits > 5) return false;
    for (const char *p = colon + 1; p < text + n; p++) {
        if (*p < '0' || *p > '9') return false;
        port = 10 * port + (uint32_t)(*p - '0');
    }
    memset(to, 0, sizeof *to);
    to->sin_family = AF_INET;
    to->sin_port = htons((uint16_t)port);
    return port != 0 && port <= 65535 && inet_pton(AF_INET, address, &to->sin_addr) == 1;
}

static bool same(const struct sockaddr_in *a, const struct sockaddr_in *b) {
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/** A datagram socket that never blocks; -1 and words when there is none. */
static int make(udp *u) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0) return fd;
    fail(u, "no socket: %s", strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

bool udp_open(udp *u, const char *address, uint16_t port) {
    socklen_t size = sizeof u->own;
    memset(u, 0, sizeof *u);
    u->group = -1;
    u->own.sin_family = AF_INET;
    u->own.sin_port = htons(port);
    if ((u->fd = make(u)) < 0) return false;
    if (inet_pton(AF_INET, address, &u->own.sin_addr) != 1)
        return fail(u, "%.40s is no IPv4 address; say 127.0.0.1", address);
    if (bind(u->fd, (const struct sockaddr *)&u->own, size) != 0)
        return fail(u, "cannot listen at %.40s:%u: %s", address, port, strerror(errno));
    return getsockname(u->fd, (struct sockaddr *)&u->own, &size) == 0 || fail(u, "the socket has no name");
}

bool udp_peers(udp *u, const char *list) {
    struct sockaddr_in peers[UDP_PEERS];
    uint32_t count = 0;
    if (u->group >= 0) return fail(u, "a device in a multicast group has no list of peers");
    for (const char *at = list + strspn(list, " ,"); *at; at += strspn(at, " ,")) {
        size_t n = strcspn(at, " ,");
        if (count == UDP_PEERS) return fail(u, "a device has at most %u peers", UDP_PEERS);
        if (!parse(at, n, &peers[count])) return fail(u, "a peer is written as 127.0.0.1:7001");
        if (!same(&peers[count], &u->own)) count++;
        at += n;
    }
    memcpy(u->peers, peers, count * sizeof *peers);
    u->count = count;
    return true;
}

bool udp_join(udp *u, const char *group) {
    struct ip_mreq member;
    const int on = 1;
    if (!parse(group, strlen(group), &u->peers[0]) || !IN_MULTICAST(ntohl(u->peers[0].sin_addr.s_addr)))
        return fail(u, "a multicast group is written as 239.0.0.1:7000");
    if ((u->group = make(u)) < 0) return false;
    member.imr_multiaddr = u->peers[0].sin_addr;
    member.imr_interface = u->own.sin_addr;
    u->count = 1;
    if (setsockopt(u->group, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(u->group, (const struct sockaddr *)&u->peers[0], sizeof u->peers[0]) == 0 &&
        setsockopt(u->group, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == 0 &&
        setsockopt(u->fd, IPPROTO_IP, IP_MULTICAST_IF, &member.imr_interface, sizeof member.imr_interface) ==
            0)
        return true;
    return fail(u, "cannot join %.40s: %s", group, strerror(errno));
}

int udp_ear(const udp *u) { return u->group >= 0 ? u->group : u->fd; }

uint16_t udp_port(const udp *u) { return ntohs(u->own.sin_port); }

void udp_send(const udp *u, const uint8_t *p, uint32_t n) {
    for (uint32_t i = 0; i < u->count; i++)
        sendto(u->fd, p, n, 0, (const struct sockaddr *)&u->peers[i], sizeof u->peers[i]);
}

/** True when a frame from this address is for us. */
static bool known(const udp *u, const struct sockaddr_in *from) {
    if (u->group >= 0) return !same(from, &u->own);
    for (uint32_t i = 0; i < u->count; i++)
        if (same(from, &u->peers[i])) return true;
    return false;
}

uint32_t udp_hear(const udp *u, uint8_t *p, uint32_t room, uint16_t *port) {
    struct sockaddr_in from;
    for (int i = 0; i < DRAIN; i++) {
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(udp_ear(u), p, room, 0, (struct sockaddr *)&from, &size);
        if (n < 0) return 0;
        if (n == 0 || n == (ssize_t)room || size != sizeof from || !known(u, &from)) continue;
        *port = ntohs(from.sin_port);
        return (uint32_t)n;
    }
    return 0;
}

void udp_close(udp *u) {
    if (u->fd >= 0) close(u->fd);
    if (u->group >= 0) close(u->group);
    u->fd = u->group = -1;
}

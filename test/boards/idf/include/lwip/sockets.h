// A stand-in for ESP-IDF's lwip/sockets.h: what boards/esp32 uses of it, with the documented signatures.

#ifndef SYNOD_IDF_LWIP_SOCKETS
#define SYNOD_IDF_LWIP_SOCKETS

// lwIP's calls are those of POSIX. Where there is a system with sockets they are its own; a cross compiler,
// which only checks, gets declarations.
#ifdef __linux__
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#else
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint32_t socklen_t, in_addr_t;
struct in_addr {
    in_addr_t s_addr;
};
struct sockaddr {
    uint8_t sa_len, sa_family;
    char sa_data[14];
};
struct sockaddr_in {
    uint8_t sin_len, sin_family;
    uint16_t sin_port;
    struct in_addr sin_addr;
    char sin_zero[8];
};
struct ip_mreq {
    struct in_addr imr_multiaddr, imr_interface;
};
struct timeval {
    long tv_sec, tv_usec;
};

#define AF_INET 2
#define SOCK_DGRAM 2
#define IPPROTO_IP 0
#define IPPROTO_UDP 17
#define SOL_SOCKET 0xfff
#define SO_REUSEADDR 0x0004
#define SO_BROADCAST 0x0020
#define SO_RCVTIMEO 0x1006
#define IP_ADD_MEMBERSHIP 3
#define IP_MULTICAST_IF 6
#define INADDR_ANY 0u
#define IN_MULTICAST(a) (((a)&0xf0000000u) == 0xe0000000u)

uint16_t htons(uint16_t v);
uint32_t htonl(uint32_t v);
uint32_t ntohl(uint32_t v);
int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *name, socklen_t size);
int setsockopt(int fd, int level, int name, const void *value, socklen_t size);
ssize_t recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *from, socklen_t *size);
ssize_t sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t size);
int close(int fd);
int inet_pton(int family, const char *text, void *to);
#endif

#endif

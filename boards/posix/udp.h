// The radio as UDP datagrams, one frame each: to a list of peers, or to a multicast group that all devices
// are in.
//
//   list    one socket; a frame goes to each peer          heard from those addresses alone
//   group   a second socket listens to the group           heard from everybody in it but oneself
//
// Rule: it is a radio. Frames may be lost, doubled, reordered; nothing here retries, waits or reports.

#ifndef SYNOD_POSIX_UDP_H
#define SYNOD_POSIX_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define UDP_PEERS 64u

typedef struct udp {
    int fd;    // sends; with a list it hears too
    int group; // hears the group, -1 without one
    struct sockaddr_in own;
    struct sockaddr_in peers[UDP_PEERS]; // with a group: the group alone
    uint32_t count;
    char error[120]; // what went wrong last, in words
} udp;

/** Opens a socket at address (IPv4, as 127.0.0.1) and port (0: any). False: see u->error. */
bool udp_open(udp *u, const char *address, uint16_t port);

/** Replaces the peers by a list HOST:PORT HOST:PORT..., separated by blanks or commas; own address is left
 * out, an empty list is nobody. False, and nothing changed, when the list is malformed. */
bool udp_peers(udp *u, const char *list);

/** Joins a multicast group ADDRESS:PORT on the own interface. False: see u->error. */
bool udp_join(udp *u, const char *group);

/** The socket that frames are heard on, for poll. */
int udp_ear(const udp *u);

/** The port that own frames come from. */
uint16_t udp_port(const udp *u);

/** Sends a frame to all peers. */
void udp_send(const udp *u, const uint8_t *p, uint32_t n);

/** Takes the next frame that somebody in reach sent: its length, and the sender's port; 0 when none waits.
 * Frames of strangers, of oneself, and those that fill the whole room are dropped. Never blocks. */
uint32_t udp_hear(const udp *u, uint8_t *p, uint32_t room, uint16_t *port);

void udp_close(udp *u);

#endif

// The command line.

#ifndef SYNOD_POSIX_OPTIONS_H
#define SYNOD_POSIX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct options {
    const char *wasm, *flash;  // files
    const char *bind;          // IPv4 address
    const char *peers, *group; // of these one at most; NULL: not given
    const char *tape, *crash;  // files, or NULL
    uint16_t port;             // 0: any
    bool watch, no_sync, accelerate;
} options;

/** Reads the command line. -1: run; otherwise the exit status (0 after --help, 2 after a mistake, which it
 * told on stderr). */
int options_read(options *o, int argc, char **argv);

#endif

// Files, printing and exit through semihosting as Arm defined it.

#include <string.h>

#include "board.h"

#define SYS_OPEN 0x01u
#define SYS_WRITE0 0x04u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_SEEK 0x0Au
#define SYS_FLEN 0x0Cu
#define SYS_GET_CMDLINE 0x15u
#define SYS_EXIT 0x18u
#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u

int32_t semihost_open(const char *path, uint32_t mode) {
    const uint32_t block[3] = {(uint32_t)path, mode, (uint32_t)strlen(path)};
    return semihost_request(SYS_OPEN, block);
}

uint32_t semihost_read(int32_t file, void *p, uint32_t n) {
    const uint32_t block[3] = {(uint32_t)file, (uint32_t)p, n};
    uint32_t missing =
        (uint32_t)semihost_request(SYS_READ, block); // it answers with the number of bytes not read
    return missing <= n ? n - missing : 0;
}

bool semihost_write(int32_t file, const void *p, uint32_t n) {
    const uint32_t block[3] = {(uint32_t)file, (uint32_t)p, n};
    return semihost_request(SYS_WRITE, block) == 0; // it answers with the number of bytes not written
}

bool semihost_seek(int32_t file, uint32_t at) {
    const uint32_t block[2] = {(uint32_t)file, at};
    return semihost_request(SYS_SEEK, block) == 0;
}

uint32_t semihost_length(int32_t file) {
    const uint32_t block[1] = {(uint32_t)file};
    int32_t length = semihost_request(SYS_FLEN, block);
    return length < 0 ? 0 : (uint32_t)length;
}

uint32_t semihost_arguments(char *text, uint32_t size) {
    uint32_t block[2] = {(uint32_t)text, size};
    return semihost_request(SYS_GET_CMDLINE, block) == 0 ? block[1] : 0;
}

void semihost_print(const char *text) { semihost_request(SYS_WRITE0, text); }

_Noreturn void semihost_exit(int status) {
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
    semihost_request(SYS_EXIT_EXTENDED, block);
    semihost_request(SYS_EXIT, (const void *)APPLICATION_EXIT); // probes that know only the older form
    for (;;) continue;
}

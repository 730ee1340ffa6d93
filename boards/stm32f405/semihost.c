// Semihosting of Arm M-profile cores: the request number in r0, its block in r1, `bkpt 0xab`.

#include <string.h>

#include "board.h"

#define SYS_OPEN 0x01u
#define SYS_WRITE0 0x04u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_GET_CMDLINE 0x15u
#define SYS_EXIT 0x18u
#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u

static int32_t request(uint32_t number, const void *block) {
    register uint32_t r0 __asm("r0") = number;
    register const void *r1 __asm("r1") = block;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

int32_t semihost_open(const char *path, uint32_t mode) {
    const uint32_t block[3] = {(uint32_t)path, mode, (uint32_t)strlen(path)};
    return request(SYS_OPEN, block);
}

uint32_t semihost_read(int32_t file, void *p, uint32_t n) {
    const uint32_t block[3] = {(uint32_t)file, (uint32_t)p, n};
    uint32_t missing = (uint32_t)request(SYS_READ, block); // it answers with the number of bytes not read
    return missing <= n ? n - missing : 0;
}

bool semihost_write(int32_t file, const void *p, uint32_t n) {
    const uint32_t block[3] = {(uint32_t)file, (uint32_t)p, n};
    return request(SYS_WRITE, block) == 0; // it answers with the number of bytes not written
}

uint32_t semihost_arguments(char *text, uint32_t size) {
    uint32_t block[2] = {(uint32_t)text, size};
    return request(SYS_GET_CMDLINE, block) == 0 ? block[1] : 0;
}

void semihost_print(const char *text) { request(SYS_WRITE0, text); }

_Noreturn void semihost_exit(int status) {
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
    request(SYS_EXIT_EXTENDED, block);
    request(SYS_EXIT, (const void *)APPLICATION_EXIT); // probes that know only the older form
    for (;;) continue;
}

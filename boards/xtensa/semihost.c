// Files, printing and exit by `simcall`, the simulator's own call: its number in a2, arguments in a3 to a5.

#include <string.h>

#include "board.h"

#define EXIT 1
#define READ 3
#define WRITE 4
#define OPEN 5
#define ARGC 1000
#define ARGV_SIZE 1001
#define ARGV 1002
#define CONSOLE 1

static int32_t simcall(int32_t number, int32_t a, int32_t b, int32_t c) {
    register int32_t a2 __asm("a2") = number;
    register int32_t a3 __asm("a3") = a;
    register int32_t a4 __asm("a4") = b;
    register int32_t a5 __asm("a5") = c;
    __asm volatile("simcall" : "+r"(a2), "+r"(a3) : "r"(a4), "r"(a5) : "memory");
    return a2;
}

int32_t semihost_open(const char *path, uint32_t mode) {
    return simcall(OPEN, (int32_t)path, mode == SEMIHOST_READ ? 0 : 1, 0);
}

uint32_t semihost_read(int32_t file, void *p, uint32_t n) {
    int32_t got = simcall(READ, file, (int32_t)p, (int32_t)n);
    return got > 0 ? (uint32_t)got : 0;
}

bool semihost_write(int32_t file, const void *p, uint32_t n) {
    return simcall(WRITE, file, (int32_t)p, (int32_t)n) == (int32_t)n;
}

uint32_t semihost_arguments(char *text, uint32_t size) {
    static uint32_t block[64]; // pointers, then the words one behind the other
    if (simcall(ARGV_SIZE, 0, 0, 0) > (int32_t)sizeof block) return 0;
    simcall(ARGV, (int32_t)block, 0, 0);
    uint32_t at = 0;
    for (int32_t i = 0, count = simcall(ARGC, 0, 0, 0); i < count; i++) {
        const char *word = (const char *)block[i];
        uint32_t n = (uint32_t)strlen(word);
        if (at + n + 1 > size) return 0;
        if (i > 0) text[at++] = ' ';
        memcpy(text + at, word, n);
        at += n;
    }
    return at;
}

void semihost_print(const char *text) { semihost_write(CONSOLE, text, (uint32_t)strlen(text)); }

_Noreturn void semihost_exit(int status) {
    simcall(EXIT, status, 0, 0);
    for (;;) continue;
}

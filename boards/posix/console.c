// Lines in, lines out. A board has a UART here.

#include "console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- in ----

/** Takes one byte in; false when `take` wants no more. */
static bool add(console *c, char byte, console_line *take, void *self) {
    if (byte != '\n') {
        if (c->length == CONSOLE_LINE - 1) c->skipping = true;
        else c->line[c->length++] = byte;
        return true;
    }
    bool whole = !c->skipping;
    if (c->length > 0 && c->line[c->length - 1] == '\r') c->length--;
    c->line[c->length] = 0;
    uint32_t length = c->length;
    c->length = 0, c->skipping = false;
    if (!whole) console_say("error a line has at most %u bytes", CONSOLE_LINE - 1);
    else if (strlen(c->line) != length) console_say("error a line has no byte 0");
    else return take(self, c->line);
    return true;
}

bool console_read(console *c, console_line *take, void *self) {
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    if (n == 0) return false;
    for (ssize_t i = 0; i < n; i++)
        if (!add(c, bytes[i], take, self)) return false;
    return true;
}

int32_t console_bytes(char *hex) {
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(hex);
    if (n == 0 || n % 2 != 0) return -1;
    for (size_t i = 0; i < n; i++) {
        char lower = hex[i] >= 'A' && hex[i] <= 'F' ? (char)(hex[i] + ('a' - 'A')) : hex[i];
        const char *digit = memchr(digits, lower, 16);
        if (!digit) return -1;
        unsigned value = (unsigned)(digit - digits);
        hex[i / 2] = (char)(unsigned char)(i % 2 == 0 ? value << 4 : (unsigned char)hex[i / 2] | value);
    }
    return (int32_t)(n / 2);
}

bool console_number(const char **at, int64_t min, int64_t max, int64_t *value) {
    char *end;
    if (**at != '-' && (**at < '0' || **at > '9')) return false;
    errno = 0;
    long long number = strtoll(*at, &end, 10);
    if (end == *at || errno != 0 || number < min || number > max) return false;
    *at = end;
    *value = number;
    return true;
}

// ---- out ----

void console_say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void console_hex(const char *head, const uint8_t *p, uint32_t n, const char *tail) {
    static const char digits[] = "0123456789abcdef";
    fputs(head, stdout);
    for (uint32_t i = 0; i < n; i++) {
        putchar(digits[p[i] >> 4]);
        putchar(digits[p[i] & 15]);
    }
    puts(tail);
}

bool console_flush(void) { return fflush(stdout) == 0 && !ferror(stdout); }

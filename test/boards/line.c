// The C end of a line as a filter, for test/live/line.test.ts: stdin is what comes in on the line. Without
// arguments each record that arrives whole becomes a line of text `KIND A HEX`, and at the end `taken N` and
// `dropped N`; with `echo` it is said again.

#include <stdio.h>
#include <string.h>

#include "line.h"

static void put(void *self, const uint8_t *p, uint32_t n) {
    (void)self;
    if (n < 1 || n > 256) fprintf(stderr, "a write of %u bytes\n", n);
    fwrite(p, 1, n, stdout);
}

int main(int argc, char **argv) {
    static line l;
    (void)argv;
    line_open(&l, put, NULL);
    for (int byte = getchar(); byte != EOF; byte = getchar()) {
        if (!line_take(&l, (uint8_t)byte)) continue;
        const uint8_t *bytes = l.record + SYNOD_LINE_BYTES;
        uint32_t n = l.size - SYNOD_LINE_BYTES;
        if (argc > 1) {
            line_say(&l, l.record[SYNOD_LINE_KIND], l.record[SYNOD_LINE_A], bytes, n);
            continue;
        }
        printf("%u %u ", l.record[SYNOD_LINE_KIND], l.record[SYNOD_LINE_A]);
        for (uint32_t i = 0; i < n; i++) printf("%02x", bytes[i]);
        printf("\n");
    }
    if (argc == 1) printf("taken %u\ndropped %u\n", l.taken, l.dropped);
    return 0;
}

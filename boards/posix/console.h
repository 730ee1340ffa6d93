// The console: one message a line, in on stdin, out on stdout.
//
//   in    request HEX | peers HOST:PORT... | sense CHANNEL VALUE | page | quit
//   out   port N | boot REASON | event KIND HEX | asked N | reply REASON | act CHANNEL VALUE | reset REASON |
//   trap MESSAGE
//         page HEX | error WORDS | (watched) sent HEX LENGTH, heard PORT HEX LENGTH
//
// A line that is too long or not understood is answered `error WORDS`; a line without its end when the input
// ends is not read. Rule: nothing that comes in changes more than the line says, and nothing that comes in
// ends the process but `quit`.

#ifndef SYNOD_POSIX_CONSOLE_H
#define SYNOD_POSIX_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#define CONSOLE_LINE 4096u // bytes of a line, its end included

typedef struct console {
    char line[CONSOLE_LINE];
    uint32_t length;
    bool skipping; // inside a line that is too long
} console;

/** What happens with a line, without its end. False: the console reads no further. */
typedef bool console_line(void *self, char *line);

/** Reads once from stdin and hands over each line that is whole now. False at the end of the input, or when
 * `take` said so. */
bool console_read(console *c, console_line *take, void *self);

/** Says a line, as printf. */
void console_say(const char *format, ...);

/** Says `head`, n bytes in hex, and `tail`, as a line. */
void console_hex(const char *head, const uint8_t *p, uint32_t n, const char *tail);

/** Hands what was said to whoever reads it. False when nobody does any more. */
bool console_flush(void);

/** The bytes that hex digits spell, written over them; their number, or -1 when these are no bytes in hex. */
int32_t console_bytes(char *hex);

/** Reads a decimal number from min to max at *at and moves *at behind it. */
bool console_number(const char **at, int64_t min, int64_t max, int64_t *value);

#endif

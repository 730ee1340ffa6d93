// What may be said on the command line, and the words for it.

#include "options.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "native.h"

static const char help[] =
    "synod-node: one Synod device as a process\n"
    "\n"
    "  synod-node --wasm FILE --flash FILE [options]\n"
    "\n"
    "  --wasm FILE        the module that the device runs, as build/device.wasm\n"
    "  --flash FILE       its flash; made blank where there is none\n"
    "  --port N           UDP port that frames come from (default 0: any; `port N` says which)\n"
    "  --bind ADDRESS     own IPv4 address (default 127.0.0.1)\n"
    "  --peers LIST       HOST:PORT,HOST:PORT,...: frames go to these and are heard from these alone\n"
    "  --multicast GROUP  ADDRESS:PORT, as 239.0.0.1:7000: everybody in this group hears everybody\n"
    "  --watch            say each frame that is sent and heard\n"
    "  --tape FILE        record all that goes in, for `synod replay FILE`\n"
    "  --crash FILE       the tape of a call that traps, and of nothing else\n"
    "  --accelerate       let libsodium check and make signatures, and hash: the same, only sooner\n"
    "  --no-sync          do not wait for the disk after each write: a power cut may then cost what was\n"
    "                     promised to others; killing the process does not\n"
    "  --help             this\n"
    "\n"
    "Console, a line each: request HEX | peers HOST:PORT... | sense CHANNEL VALUE | page | quit\n"
    "The end of the input ends it too. Exit status: 0 ended so, 1 cannot start, 2 the command line is "
    "wrong,\n"
    "70 the device trapped, 74 the flash file cannot be written.\n";

/** Help, and whether --accelerate is there. */
static int say_help(void) {
    const char *name = native_name();
    return printf("%s\nBuilt with%s%s.\n", help, name ? " " : "out libsodium: no --accelerate",
                  name ? name : "") < 0;
}

static int wrong(const char *words, const char *what) {
    fprintf(stderr, "synod-node: %s %s; synod-node --help says what may be said\n", words, what);
    return 2;
}

/** Where an option's value goes; NULL for one that has none. */
static const char **place(options *o, const char *name) {
    if (strcmp(name, "--wasm") == 0) return &o->wasm;
    if (strcmp(name, "--flash") == 0) return &o->flash;
    if (strcmp(name, "--bind") == 0) return &o->bind;
    if (strcmp(name, "--peers") == 0) return &o->peers;
    if (strcmp(name, "--multicast") == 0) return &o->group;
    if (strcmp(name, "--tape") == 0) return &o->tape;
    if (strcmp(name, "--crash") == 0) return &o->crash;
    return NULL;
}

int options_read(options *o, int argc, char **argv) {
    const char *port = "0";
    int64_t number;
    *o = (options){.bind = "127.0.0.1"};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], **to = strcmp(name, "--port") == 0 ? &port : place(o, name);
        if (strcmp(name, "--help") == 0) return say_help();
        if (strcmp(name, "--watch") == 0) o->watch = true;
        else if (strcmp(name, "--no-sync") == 0) o->no_sync = true;
        else if (strcmp(name, "--accelerate") == 0) o->accelerate = true;
        else if (!to) return wrong("there is no option", name);
        else if (i + 1 == argc) return wrong("a value is missing after", name);
        else *to = argv[++i];
    }
    if (!console_number(&port, 0, 65535, &number) || *port) return wrong("no port:", port);
    o->port = (uint16_t)number;
    if (!o->wasm) return wrong("missing:", "--wasm FILE");
    if (!o->flash) return wrong("missing:", "--flash FILE");
    if (o->peers && o->group) return wrong("of these one at most:", "--peers, --multicast");
    return -1;
}

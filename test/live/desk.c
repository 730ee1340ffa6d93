// A board on a desk, for test/live/desk.test.ts: a pseudo terminal with a program at its other end, which
// runs whether anybody has the terminal open or not, and again when it ends with status 0, as a chip that
// resets itself does.
//
//   desk PROGRAM ARGUMENT ...     prints the terminal's path; ends when its own input does, or with the
//   program
//
//   host ──terminal──▶ program's stdin      program's stdout ──▶ terminal
//
// Rule: who has the terminal open gets every byte, at the pace that he takes them, as by RTS and CTS; what is
// said while nobody has it open is lost.

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define BUFFER 4096
#define LOOK_MS 10 // how often it looks whether a host came

static int master, in, out;
static pid_t child;

static void start(char **program) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) exit(2);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(to[0], 0), dup2(from[1], 1);
        for (int fd = 3; fd < 64; fd++) close(fd);
        execvp(program[0], program);
        _exit(127);
    }
    close(to[0]), close(from[1]);
    in = to[1], out = from[0];
    fcntl(in, F_SETFL, O_NONBLOCK);
}

/** True while the program goes on, or begins anew. */
static int again(char **program) {
    int status = 0;
    waitpid(child, &status, 0);
    close(in), close(out);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 0;
    start(program);
    return 1;
}

/** Opens the terminal, raw; it stays so when the host opens and closes it. */
static int terminal(void) {
    struct termios raw;
    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return 0;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0 || tcgetattr(slave, &raw) != 0) return 0;
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    close(slave); // from now on the master hears whether somebody has it open
    fcntl(master, F_SETFL, O_NONBLOCK);
    printf("%s\n", ptsname(master));
    return fflush(stdout) == 0;
}

/** Bytes on their way. */
typedef struct bytes {
    unsigned char at[BUFFER];
    ssize_t from, to;
} bytes;

static int some(const bytes *b) { return b->from < b->to; }

static void get(bytes *b, int fd) {
    b->from = 0;
    b->to = read(fd, b->at, BUFFER);
}

static void put(bytes *b, int fd) {
    ssize_t n = write(fd, b->at + b->from, (size_t)(b->to - b->from));
    if (n > 0) b->from += n;
}

/** True when a host has the terminal open. */
static int heard(void) {
    struct pollfd fd = {.fd = master};
    poll(&fd, 1, 0);
    return !(fd.revents & POLLHUP);
}

int main(int argc, char **argv) {
    static bytes down, up; // to the program, and from it
    char byte;
    if (argc < 2 || !terminal()) return 2;
    signal(SIGPIPE, SIG_IGN);
    start(argv + 1);
    for (;;) {
        int open = heard();
        if (!open) up.from = up.to = 0;
        short ask = (short)((some(&down) ? 0 : POLLIN) | (some(&up) ? POLLOUT : 0));
        struct pollfd fds[] = {{.fd = 0, .events = POLLIN},
                               {.fd = some(&up) ? -1 : out, .events = POLLIN},
                               {.fd = open && ask ? master : -1, .events = ask},
                               {.fd = some(&down) ? in : -1, .events = POLLOUT}};
        poll(fds, 4, open ? -1 : LOOK_MS);
        if (fds[0].revents && read(0, &byte, 1) <= 0) break;
        if (fds[1].revents) get(&up, out);
        if (fds[1].revents && up.to <= 0) {
            down.from = down.to = 0;
            if (!again(argv + 1)) return 1;
            continue;
        }
        if (fds[2].revents & POLLIN) get(&down, master);
        if (fds[2].revents & POLLOUT) put(&up, master);
        if (fds[3].revents) put(&down, in);
    }
    kill(child, SIGKILL);
    return 0;
}

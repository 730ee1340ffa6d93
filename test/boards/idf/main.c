// A fake ESP32 as a process: boots boards/esp32's example on a flash file.
//
//   fake-esp32 FLASH [key=HEX | nokey] [udp=ADDRESS:PORT] [now=OWN,PEER] | fake-esp32 FLASH sense
//
// Its line is stdin and stdout. Ends with 3 when the port restarts the chip, 0 when nobody holds its line.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esp32.h"
#include "fake.h"

extern const char *fake_udp_address;
extern uint16_t fake_udp_port;

void app_main(void);

/** Reads every channel twice at once, and sets the output: what menuconfig's channels do. */
static void sense(void) {
    sense_open();
    for (unsigned i = 0; i < 10; i++) {
        int64_t value = sense_read(NULL, i % 5);
        if (value != INT64_MIN) fprintf(stderr, "channel %u %lld\n", i % 5, (long long)value);
    }
    sense_act(NULL, 0, 5);
    sense_act(NULL, 1, 5);
    sense_act(NULL, 0, -1);
    exit(0);
}

static void option(char *word) {
    char *colon = strrchr(word, ':');
    unsigned own, peer;
    if (strncmp(word, "key=", 4) == 0) {
        for (unsigned i = 0; i < sizeof fake_key; i++) {
            const char digits[3] = {word[4 + 2 * i], word[5 + 2 * i], 0};
            fake_key[i] = (uint8_t)strtoul(digits, NULL, 16);
        }
        fake_key_burnt = true;
    } else if (strcmp(word, "sense") == 0) {
        sense();
    } else if (strcmp(word, "nokey") == 0) {
        fake_key_burnt = false;
    } else if (strncmp(word, "udp=", 4) == 0 && colon) {
        *colon = 0;
        fake_udp_address = word + 4, fake_udp_port = (uint16_t)atoi(colon + 1);
    } else if (sscanf(word, "now=%u,%u", &own, &peer) == 2) {
        fake_now_own = (uint16_t)own, fake_now_peer = (uint16_t)peer;
    } else {
        fake_wrong("no such option");
    }
}

int main(int argc, char **argv) {
    struct stat s;
    int fd = argc > 1 ? open(argv[1], O_RDWR) : -1;
    if (fd < 0 || fstat(fd, &s) != 0 || s.st_size != FAKE_FLASH_SIZE) fake_wrong("no flash file of 4 MB");
    fake_cells = mmap(NULL, FAKE_FLASH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fake_cells == MAP_FAILED) fake_wrong("the flash file cannot be mapped");
    for (int i = 2; i < argc; i++) option(argv[i]);
    fake_table();
    app_main();
    for (;;) pause();
}

// A device on an ESP32: one task, the loop around a station (runtime/station.h).
//
//   line ──bytes──┐
//   radio ─frame──┼──▶ station ──▶ flash, radio, line          a turn: one frame, a burst of bytes, a tick
//   that is due clock ────────┘
//
//   something is missing ──▶ a NOTICE with its number, every few seconds and to each HELLO, until the board
//   is reset the device is down ────▶ the board starts again
//
// Rule: nobody feeds the watchdog while the device computes, so a call that never ends resets the board. RAM
// is taken once, before the device boots.

#include <esp_system.h>
#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <sdkconfig.h>
#include <stdlib.h>
#include <string.h>

#include "esp32.h"
#include "station.h"
#include "synod.h"

#define WASM_STACK 3072u
#define PRIORITY 3u
#define BURST 64u       // bytes of the line in one turn
#define LOOK_MS 10u     // how often the line is looked at while nothing happens
#define BREATH_MS 500u  // how long the device may compute before it lets other tasks run
#define REPEAT_MS 5000u // how often a board that cannot start says why
#define AGAIN_MS 1000u  // what a device that went down waits, so that its last words arrive

static TaskHandle_t self_task;

uint64_t device_now(void *self) {
    (void)self;
    return (uint64_t)esp_timer_get_time() / 1000;
}

void device_wake(void) {
    if (self_task) xTaskNotifyGive(self_task);
}

/** The one place where the watchdog is fed: within calls by node_port.alive, between them by the loop. */
static void feed(void *self) {
    (void)self;
    esp_task_wdt_reset();
}

static _Noreturn void again(void) {
    serial_flush();
    esp_restart();
}

// ---- a board that cannot start ----

static void notice(line *l, const char *words) {
    line_say(l, SYNOD_LINE_NOTICE, 0, (const uint8_t *)words, (uint32_t)strlen(words));
}

/** Says why, again and again. The one way on is a reset: by the host's RESTART, or by who writes what is
 * missing. */
static _Noreturn void wait_for_help(const char *why) {
    static line l;
    uint8_t bytes[BURST];
    line_open(&l, serial_write, NULL);
    for (uint64_t next = 0;;) {
        bool asked = false;
        uint32_t n = serial_read(bytes, sizeof bytes);
        for (uint32_t i = 0; i < n; i++) {
            if (!line_take(&l, bytes[i])) continue;
            if (l.record[SYNOD_LINE_KIND] == SYNOD_LINE_RESTART) again();
            asked = true;
        }
        uint64_t now = device_now(NULL);
        if (asked || now >= next) {
            notice(&l, why);
            next = now + REPEAT_MS;
        }
        if (n == 0) vTaskDelay(pdMS_TO_TICKS(LOOK_MS));
    }
}

// ---- a device that lives ----

/** Rests until then, or until something comes in. */
static void rest(uint64_t until) {
    uint64_t now = device_now(NULL), wait = until > now ? until - now : 0;
    if (wait > LOOK_MS) wait = LOOK_MS;
    TickType_t ticks = pdMS_TO_TICKS((uint32_t)wait);
    ulTaskNotifyTake(pdTRUE, ticks > 0 ? ticks : 1);
}

static void live(station *s) {
    static uint8_t frame[SYNOD_LAYOUT_INPUT_MAX], bytes[BURST];
    uint64_t rested = device_now(NULL);
    station_boot(s);
    while (station_up(s)) {
        uint32_t link = 0, n = serial_read(bytes, sizeof bytes);
        feed(NULL);
        for (uint32_t i = 0; i < n && station_up(s); i++) station_byte(s, bytes[i]);
        uint32_t heard = radio_hear(&link, frame, sizeof frame);
        if (heard > 0) station_hear(s, link, frame, heard);
        uint64_t due = station_step(s);
        if ((due == 0 || n > 0 || heard > 0) && device_now(NULL) - rested < BREATH_MS) continue;
        if (station_up(s)) rest(due);
        rested = device_now(NULL);
    }
}

/** What must be there before a device can be. NULL, or what is not. */
static const char *prepare(const uint8_t **wasm, uint32_t *size) {
    const char *why = radio_open(); // first: true random bits come from it
    if (!why) why = flash_open();
    if (!why) why = module_open(wasm, size);
    sense_open();
    return why;
}

/** The RAM of the node, in stretches that the heap of the C library still has after the radio's; false when
 * it has not. */
static bool take_ram(node_limits *limits) {
    static const uint32_t sizes[] = {CONFIG_SYNOD_BANK_1 * 1024u, CONFIG_SYNOD_BANK_2 * 1024u};
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i] == 0) continue;
        limits->banks[i] = (heap_bank){.base = malloc(sizes[i]), .size = sizes[i]};
        if (!limits->banks[i].base) return false;
    }
    return true;
}

static void task(void *unused) {
    static station s;
    static station_port port;
    static uint8_t room[CONFIG_SYNOD_BOX * 1024];
    node_limits limits = {.stack = WASM_STACK, .code = CONFIG_SYNOD_CODE_KEPT * 1024u};
    const uint8_t *wasm = NULL;
    uint32_t size = 0;
    (void)unused;
    self_task = xTaskGetCurrentTaskHandle();
    serial_open();
    const char *why = prepare(&wasm, &size);
    if (why) wait_for_help(why);
    if (!take_ram(&limits))
        wait_for_help("953 there is no RAM for the module's banks; make them smaller in menuconfig");
    esp_task_wdt_add(NULL);
    port = (station_port){.name = CONFIG_IDF_TARGET,
                          .board = {.entropy = random_bytes,
                                    .read = flash_read,
                                    .store = flash_store,
                                    .erase = flash_erase,
                                    .sense = sense_read,
                                    .act = sense_act,
                                    .alive = feed},
                          .now = device_now,
                          .write = serial_write,
                          .room = room,
                          .room_size = sizeof room};
    if (radio_linked) port.board.send = radio_send;
    if (station_open(&s, &port, wasm, size, &limits)) {
        esp_task_wdt_delete(NULL);
        wait_for_help("953 the module does not load: another ABI, or no memory for it");
    }
    live(&s);
    if (!s.restart) vTaskDelay(pdMS_TO_TICKS(AGAIN_MS));
    again();
}

void synod_start(void) { xTaskCreate(task, "synod", CONFIG_SYNOD_STACK, NULL, PRIORITY, NULL); }

// A device on a board without an operating system: the loop around a station (runtime/station.h).
//
//   line ──bytes──┐
//   radio ─frame──┼──▶ station ──▶ flash, radio, line          one frame or a burst of bytes a turn, then a
//   tick that is due, then rest clock ────────┘
//
// Ends as live_end does: status 0 the host asked for a restart, 70 the device is down, 1 it never came up
// (the reason is printed).

#include "board.h"
#include "live.h"
#include "station.h"

#define WASM_STACK 3072u
#define CODE_KEPT (32u * 1024) // as in replay.c
#define BURST 64u              // bytes of the line in one turn
#define DOWN 70                // as EX_SOFTWARE

static station s;

static uint64_t now(void *self) {
    (void)self;
    return live_now();
}

static _Noreturn void refuse(const char *why) {
    semihost_print("error ");
    semihost_print(why);
    semihost_print("\n");
    live_end(1);
}

static void faulted(const char *what) { station_fault(&s, what); }

int main(void) {
    static station_port port;
    static uint8_t frame[SYNOD_LAYOUT_INPUT_MAX], bytes[BURST], room[BOX_LEAST];
    node_limits limits = {.stack = WASM_STACK, .code = CODE_KEPT};
    const char *error = live_open();
    board_banks(limits.banks);
    if (error || (error = flash_open())) refuse(error);
    bool radio = radio_open(&error);
    if (error) refuse(error);
    port = (station_port){
        .name = live_name,
        .board = {.entropy = random_bytes, .read = flash_read, .store = flash_store, .erase = flash_erase},
        .now = now,
        .write = live_write,
        .room = room,
        .room_size = sizeof room};
    if (radio) port.board.send = radio_send;
    if (station_open(&s, &port, module_start, (uint32_t)(module_end - module_start), &limits))
        refuse(s.node.error);
    board_on_fault(faulted);
    station_boot(&s);
    while (station_up(&s)) {
        uint32_t n = live_read(bytes, sizeof bytes);
        for (uint32_t i = 0; i < n && station_up(&s); i++) station_byte(&s, bytes[i]);
        uint32_t heard = radio ? radio_hear(frame, sizeof frame) : 0;
        if (heard > 0) station_hear(&s, 0, frame, heard);
        uint64_t due = station_step(&s);
        if (due > 0 && n == 0 && heard == 0 && station_up(&s)) live_rest(due);
    }
    live_end(s.restart || s.status == NODE_RESET ? 0 : DOWN);
}

// device.wasm in a partition of its own (type 0x53, subtype 0), mapped into memory and run from there: the
// image of this port is built once, a new module is written in seconds.
//
//   empty ──▶ 951      torn, cut short, rotten ──▶ 952      whole ──▶ mapped, its SHA-256 compared
//
// Rule: nothing but a whole module is run. firmware/wire/slot.ts draws the slot.

#include <esp_partition.h>
#include <string.h>

#include "esp32.h"
#include "trace.h"

#define TYPE ((esp_partition_type_t)0x53)
#define SUBTYPE ((esp_partition_subtype_t)0)

static uint32_t load32(const uint8_t *p) {
    return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static bool blank(const uint8_t *p, uint32_t n) {
    while (n > 0 && p[n - 1] == 0xff) n--;
    return n == 0;
}

const char *module_open(const uint8_t **wasm, uint32_t *size) {
    static const char torn[] = "952 the module is torn; write it again: npx synod flash";
    const esp_partition_t *p = esp_partition_find_first(TYPE, SUBTYPE, NULL);
    uint8_t head[SYNOD_SLOT_MODULE], digest[32];
    const void *mapped;
    esp_partition_mmap_handle_t handle;
    trace hash;
    if (!p) return "950 there is no partition for a module; write this project's partition table";
    if (esp_partition_read(p, 0, head, sizeof head) != ESP_OK) return torn;
    if (blank(head, sizeof head)) return "951 there is no module yet; write one: npx synod flash";
    uint32_t length = load32(head + SYNOD_SLOT_LENGTH);
    if (load32(head + SYNOD_SLOT_MAGIC) != SYNOD_SLOT_MAGIC_1 ||
        load32(head + SYNOD_SLOT_VERSION) != SYNOD_SLOT_VERSION_1 || length == 0 ||
        length > p->size - SYNOD_SLOT_MODULE)
        return torn;
    if (esp_partition_mmap(p, SYNOD_SLOT_MODULE, length, ESP_PARTITION_MMAP_DATA, &mapped, &handle) != ESP_OK)
        return "953 the module cannot be mapped into memory";
    trace_begin(&hash);
    trace_add(&hash, mapped, length);
    trace_digest(&hash, digest);
    if (memcmp(digest, head + SYNOD_SLOT_HASH, sizeof digest) != 0) {
        esp_partition_munmap(handle);
        return torn;
    }
    *wasm = mapped, *size = length;
    return NULL;
}

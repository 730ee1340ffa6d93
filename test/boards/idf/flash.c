// A fake flash chip: NOR cells, and a power supply that fails at a byte.

#include <esp_partition.h>
#include <string.h>

#include "fake.h"

#define TABLE 0x8000u
#define ENTRY 32u
#define MAGIC 0x50aau
#define MOST 32u

uint8_t *fake_cells;
long fake_power = -1;
void (*fake_dark)(void);

static esp_partition_t parts[MOST];
static uint32_t count;

static uint32_t load32(const uint8_t *p) {
    return p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

void fake_table(void) {
    const uint8_t *p = fake_cells + TABLE;
    for (count = 0; count < MOST && (load32(p) & 0xffff) == MAGIC; count++, p += ENTRY) {
        esp_partition_t *part = &parts[count];
        memset(part, 0, sizeof *part);
        part->type = (esp_partition_type_t)p[2], part->subtype = (esp_partition_subtype_t)p[3];
        part->address = load32(p + 4), part->size = load32(p + 8), part->erase_size = FAKE_SECTOR;
        memcpy(part->label, p + 12, 16);
        part->encrypted = load32(p + 28) & 1;
        if (part->address > FAKE_FLASH_SIZE || part->size > FAKE_FLASH_SIZE - part->address)
            fake_wrong("a partition lies beyond the flash");
    }
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
                                                const char *label) {
    for (uint32_t i = 0; i < count; i++)
        if (parts[i].type == type && parts[i].subtype == subtype &&
            (!label || strcmp(label, parts[i].label) == 0))
            return &parts[i];
    return NULL;
}

static bool within(const esp_partition_t *p, size_t at, size_t n) {
    return at <= p->size && n <= p->size - at;
}

/** Takes a byte's worth of power. */
static void spend(void) {
    if (fake_power == 0) fake_dark();
    if (fake_power > 0) fake_power--;
}

esp_err_t esp_partition_read(const esp_partition_t *p, size_t at, void *to, size_t n) {
    if (!within(p, at, n)) return ESP_ERR_INVALID_SIZE;
    memcpy(to, fake_cells + p->address + at, n);
    return ESP_OK;
}

/** Programming clears bits, a byte after the other. */
esp_err_t esp_partition_write(const esp_partition_t *p, size_t at, const void *from, size_t n) {
    const uint8_t *bytes = from;
    if (!within(p, at, n)) return ESP_ERR_INVALID_SIZE;
    if (p->encrypted) fake_wrong("an encrypted partition is written as if it were none");
    for (size_t i = 0; i < n; i++) {
        spend();
        fake_cells[p->address + at + i] &= bytes[i];
    }
    return ESP_OK;
}

/** An erase that is cut leaves noise behind it. */
esp_err_t esp_partition_erase_range(const esp_partition_t *p, size_t at, size_t n) {
    if (!within(p, at, n)) return ESP_ERR_INVALID_SIZE;
    if (at % FAKE_SECTOR != 0 || n % FAKE_SECTOR != 0) return ESP_ERR_INVALID_ARG;
    uint8_t *cells = fake_cells + p->address + at;
    if (fake_power >= 0)
        for (size_t i = 0; i < n; i++) cells[i] = (uint8_t)(i * 167 + 13);
    for (size_t i = 0; i < n; i++) {
        if (i % 64 == 0) spend();
        cells[i] = 0xff;
    }
    return ESP_OK;
}

esp_err_t esp_partition_mmap(const esp_partition_t *p, size_t at, size_t n,
                             esp_partition_mmap_memory_t memory, const void **to,
                             esp_partition_mmap_handle_t *handle) {
    if (!within(p, at, n) || memory != ESP_PARTITION_MMAP_DATA) return ESP_ERR_INVALID_ARG;
    *to = fake_cells + p->address + at;
    *handle = 1;
    return ESP_OK;
}

void esp_partition_munmap(esp_partition_mmap_handle_t handle) { (void)handle; }
